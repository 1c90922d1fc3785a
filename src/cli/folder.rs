//! The folder of results: what `-o DIR` writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::output::write_whole;
use crate::report::page::Provenance;
use crate::report::{self, layers::NetworkRecord};
use crate::timeloop::files::{ProblemHeader, TimeloopVersion, write_problem};
use crate::workload::{DistinctProblem, Network};

/// What one conversion leaves in the folder's `manifest.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ManifestEntry {
    /// The file, as it was given.
    pub(super) source: String,
    /// BLAKE3 of its bytes.
    pub(super) blake3: Option<String>,
    pub(super) tool: String,
    pub(super) options: IndexMap<String, serde_json::Value>,
    pub(super) layers: usize,
    pub(super) problems: usize,
    pub(super) macs: u64,
    /// By folder below the network's: what lies there, and where it comes from.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub(super) results: IndexMap<String, ResultsEntry>,
}

/// Where the results of a network on one accelerator come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ResultsEntry {
    pub(super) architecture: String,
    /// The description and everything that it includes; the name of a shipped design.
    pub(super) description: Vec<InputEntry>,
    pub(super) frontend_quirks: bool,
    pub(super) energy_source: String,
    /// Tables given one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) energy_tables: Vec<InputEntry>,
    pub(super) mapper: String,
    pub(super) mapper_settings: String,
    pub(super) footprint: String,
}

/// An input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct InputEntry {
    pub(super) source: String,
    pub(super) blake3: Option<String>,
}

impl ManifestEntry {
    /// Whether results of both are results of the same network.
    fn is_same_network(&self, other: &Self) -> bool {
        (&self.blake3, &self.tool, &self.options) == (&other.blake3, &other.tool, &other.options)
            && self.blake3.is_some()
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    schema: u32,
    networks: IndexMap<String, ManifestEntry>,
}

/// Writes a network's files into its folder. Returns files of an earlier run that lie there still and are not of this one.
pub(super) fn write_network(
    folder: &Path,
    network: &Network,
    problems: &[DistinctProblem],
    record: &NetworkRecord,
    version: TimeloopVersion,
) -> anyhow::Result<Vec<PathBuf>> {
    let networks = std::slice::from_ref(record);
    let problem_folder = folder.join("problems");
    let mut written = BTreeSet::new();
    for distinct in problems {
        let header = ProblemHeader::of(&network.name, distinct, &network.layers);
        let name = format!("{}.yaml", distinct.id);
        write_whole(&problem_folder.join(&name), write_problem(&distinct.problem, &header, version).as_bytes())?;
        written.insert(name);
    }
    write_whole(&folder.join("layers.csv"), report::layers::csv(networks)?.as_bytes())?;
    write_whole(&folder.join("layers.json"), report::layers::json(networks, false)?.as_bytes())?;
    let Ok(entries) = fs::read_dir(&problem_folder) else { return Ok(Vec::new()) };
    let mut others: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .filter(|path| !path.file_name().and_then(|name| name.to_str()).is_some_and(|name| written.contains(name)))
        .collect();
    others.sort();
    Ok(others)
}

/// Fails early if the folder cannot be written to, or holds a manifest of something else.
pub(super) fn check(folder: &Path) -> anyhow::Result<()> {
    crate::output::check_folder(folder)?;
    read_manifest(folder).map(|_| ())
}

fn read_manifest(folder: &Path) -> anyhow::Result<Manifest> {
    let path = folder.join("manifest.json");
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| {
            format!("`{}` is no manifest of this tool; choose another folder or move it away", path.display())
        }),
        Err(_) => Ok(Manifest::default()),
    }
}

/// Adds entries to the folder's manifest; those of other networks stay, and so do other results of the same network.
pub(super) fn write_manifest(folder: &Path, entries: IndexMap<String, ManifestEntry>) -> anyhow::Result<()> {
    let mut manifest = read_manifest(folder)?;
    manifest.schema = 1;
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
    let mut text = serde_json::to_string_pretty(&manifest)?;
    text.push('\n');
    write_whole(&folder.join("manifest.json"), text.as_bytes())?;
    Ok(())
}

/// Where the results in folders of `run` come from, if manifests say it: inputs with their hashes, and settings of mappers.
pub(super) fn provenance(folders: &[PathBuf]) -> Provenance {
    let mut provenance = Provenance::default();
    let shown = |folder: &PathBuf| folder.display().to_string();
    provenance.facts.push(("folders".into(), folders.iter().map(shown).collect::<Vec<_>>().join(", ")));
    let manifests: Vec<Manifest> = folders.iter().map(|folder| read_manifest(folder).unwrap_or_default()).collect();
    let networks = || manifests.iter().flat_map(|manifest| manifest.networks.values());
    let mut input = |source: &str, blake3: &Option<String>| {
        let input = (source.to_owned(), blake3.clone().unwrap_or_default());
        if !provenance.inputs.contains(&input) {
            provenance.inputs.push(input);
        }
    };
    for entry in networks() {
        input(&entry.source, &entry.blake3);
        for of in entry.results.values().flat_map(|results| results.description.iter().chain(&results.energy_tables)) {
            input(&of.source, &of.blake3);
        }
    }
    for results in networks().flat_map(|entry| entry.results.values()) {
        let fact = (format!("mapper {}", results.mapper), results.mapper_settings.clone());
        if !provenance.facts.contains(&fact) {
            provenance.facts.push(fact);
        }
    }
    provenance
}

/// BLAKE3 of a file's bytes.
pub(super) fn hash(path: &Path) -> Option<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_mmap_rayon(path).ok()?;
    Some(hasher.finalize().to_hex().to_string())
}
