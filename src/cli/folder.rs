//! The folder of results: what `-o DIR` writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::formats::{ProblemHeader, TimeloopVersion, write_problem};
use crate::output::write_whole;
use crate::report::{self, NetworkRecord};
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
    write_whole(&folder.join("layers.csv"), report::csv(networks)?.as_bytes())?;
    write_whole(&folder.join("layers.json"), report::json(networks, false)?.as_bytes())?;
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

/// Adds entries to the folder's manifest; those of other networks stay.
pub(super) fn write_manifest(folder: &Path, entries: IndexMap<String, ManifestEntry>) -> anyhow::Result<()> {
    let mut manifest = read_manifest(folder)?;
    manifest.schema = 1;
    manifest.networks.extend(entries);
    manifest.networks.sort_keys();
    let mut text = serde_json::to_string_pretty(&manifest)?;
    text.push('\n');
    write_whole(&folder.join("manifest.json"), text.as_bytes())?;
    Ok(())
}

/// BLAKE3 of a file's bytes.
pub(super) fn hash(path: &Path) -> Option<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_mmap_rayon(path).ok()?;
    Some(hasher.finalize().to_hex().to_string())
}
