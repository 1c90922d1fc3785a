//! `manifest.json`: what lies in a folder of results, and where it comes from.

use std::fs;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{Error, ErrorKind, Network};
use crate::output::write_whole;
use crate::report::Provenance;
use crate::timeloop::files::TimeloopVersion;
use crate::workload::Datawidth;

/// The file's name.
const FILE: &str = "manifest.json";

/// Version of its form.
const SCHEMA: u32 = 1;

/// Name and version of this tool.
pub(super) const TOOL: &str = concat!("onnx2timeloop ", env!("CARGO_PKG_VERSION"));

/// What was read: a file or a preset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// As the user named it.
    pub source: String,
    /// BLAKE3 of its bytes, unless it cannot be read twice.
    pub blake3: Option<String>,
}

impl InputFile {
    /// A file under the name `shown`.
    pub(super) fn of(path: &Path, shown: &Path) -> Self {
        Self { source: shown.display().to_string(), blake3: Self::hash(path) }
    }

    /// BLAKE3 of a file's bytes.
    pub(super) fn hash(path: &Path) -> Option<String> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_mmap_rayon(path).ok()?;
        Some(hasher.finalize().to_hex().to_string())
    }
}

/// What the manifest says of a network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ManifestEntry {
    /// The file, as it was given.
    source: String,
    /// BLAKE3 of its bytes.
    blake3: Option<String>,
    tool: String,
    options: IndexMap<String, serde_json::Value>,
    layers: usize,
    problems: usize,
    macs: u64,
    /// As in `layers.json`.
    #[serde(default)]
    mac_coverage: Option<f64>,
    #[serde(default)]
    warnings: Vec<String>,
    /// By folder below the network's: what lies there, and where it comes from.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub(super) results: IndexMap<String, ResultsEntry>,
}

/// Where the results of a network on one architecture come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ResultsEntry {
    pub(super) architecture: String,
    /// The description and everything that it includes; the name of a preset.
    pub(super) description: Vec<InputFile>,
    pub(super) frontend_quirks: bool,
    pub(super) energy_source: String,
    /// Tables given one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) energy_tables: Vec<InputFile>,
    pub(super) mapper: String,
    pub(super) mapper_settings: String,
    pub(super) footprint: String,
}

impl ManifestEntry {
    /// The entry of a network whose problems are written in this form.
    pub(super) fn of(network: &Network, version: TimeloopVersion) -> Result<Self, Error> {
        let option = |name: &str, value: serde_json::Value| (name.to_owned(), value);
        let InputFile { source, blake3 } = network.input();
        let mut options = IndexMap::from([
            option("variant", network.variant.name().into()),
            option("timeloop_version", version.name().into()),
            option("problem_shape", network.problem_style.name().into()),
            option("inputs", serde_json::to_value(&network.record().inputs)?),
        ]);
        // Results of earlier versions do not say it: they are those of the machine's widths.
        if network.datawidth != Datawidth::Machine {
            options.insert("datawidth".to_owned(), network.datawidth.name().into());
        }
        if let Some(densities) = network.densities.record() {
            options.insert("densities".to_owned(), densities);
        }
        Ok(Self {
            source,
            blake3,
            tool: TOOL.to_owned(),
            options,
            layers: network.layers().len(),
            problems: network.problems().len(),
            macs: network.network().macs,
            mac_coverage: network.network().mac_coverage,
            warnings: network.warnings().to_vec(),
            results: IndexMap::new(),
        })
    }

    /// Whether results of both are results of the same network.
    pub(super) fn is_same_network(&self, other: &Self) -> bool {
        let identity = |entry: &Self| (entry.blake3.clone(), entry.tool.clone(), entry.options.clone());
        // Equal options may come with other values of inputs: then the work differs.
        let work = |entry: &Self| (entry.layers, entry.problems, entry.macs);
        identity(self) == identity(other) && work(self) == work(other) && self.blake3.is_some()
    }
}

impl ResultsEntry {
    /// What is not the same in another entry, with both values where they are short.
    pub(super) fn difference(&self, other: &Self) -> String {
        let settings = (&self.mapper_settings, &other.mapper_settings);
        if settings.0 != settings.1 {
            return format!("{} instead of {}", settings.0, settings.1);
        }
        if self.footprint != other.footprint {
            return format!("footprint {} instead of {}", self.footprint, other.footprint);
        }
        if self.energy_tables == other.energy_tables { "of another description" } else { "of other energy tables" }
            .to_owned()
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Manifest {
    schema: u32,
    networks: IndexMap<String, ManifestEntry>,
}

impl Manifest {
    /// The manifest of a folder; an empty one where the file does not exist.
    pub(super) fn read(folder: &Path) -> Result<Self, Error> {
        let file = folder.join(FILE);
        match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|source| ErrorKind::Manifest { file, source }.into()),
            Err(_) => Ok(Self::default()),
        }
    }

    /// What it says of a network, and of its results in a folder below that of the network.
    pub(super) fn results(&self, network: &str, folder: &str) -> Option<(&ManifestEntry, &ResultsEntry)> {
        let entry = self.networks.get(network)?;
        Some((entry, entry.results.get(folder)?))
    }

    /// `NETWORK/ARCHITECTURE` of all results.
    pub(super) fn folders(&self) -> impl Iterator<Item = String> {
        let networks = self.networks.iter();
        networks.flat_map(|(network, entry)| entry.results.keys().map(move |folder| format!("{network}/{folder}")))
    }

    /// Adds entries to a folder's manifest; those of other networks stay, and so do other results of the same network.
    pub(super) fn add(folder: &Path, entries: IndexMap<String, ManifestEntry>) -> Result<(), Error> {
        let mut manifest = Self::read(folder)?;
        manifest.schema = SCHEMA;
        for (name, mut entry) in entries {
            if let Some(known) = manifest.networks.get(&name).filter(|known| known.is_same_network(&entry)) {
                for (folder, results) in &known.results {
                    entry.results.entry(folder.clone()).or_insert_with(|| results.clone());
                }
            }
            entry.results.sort_keys();
            manifest.networks.insert(name, entry);
        }
        manifest.networks.sort_keys();
        let text = serde_json::to_string_pretty(&manifest)? + "\n";
        write_whole(&folder.join(FILE), text.as_bytes())?;
        Ok(())
    }
}

/// Where the results in folders come from, if manifests say it: inputs with their hashes, and settings of mappers.
pub fn provenance(folders: &[PathBuf]) -> Provenance {
    let mut provenance = Provenance { tool: TOOL.to_owned(), ..Provenance::default() };
    let shown = |folder: &PathBuf| folder.display().to_string();
    provenance.facts.push(("folders".into(), folders.iter().map(shown).collect::<Vec<_>>().join(", ")));
    let manifests: Vec<Manifest> = folders.iter().map(|folder| Manifest::read(folder).unwrap_or_default()).collect();
    for entry in manifests.iter().flat_map(|manifest| manifest.networks.values()) {
        provenance.add_input(&entry.source, entry.blake3.as_deref());
        for results in entry.results.values() {
            for input in results.description.iter().chain(&results.energy_tables) {
                provenance.add_input(&input.source, input.blake3.as_deref());
            }
            provenance.add_fact(&format!("mapper {}", results.mapper), &results.mapper_settings);
        }
    }
    provenance
}
