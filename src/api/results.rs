//! Finished runs, of this tool or of Timeloop, read from their folders.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::Error;
use crate::results::{FolderError, NetworkResults, read_folder};
use crate::timeloop::outputs::{self, TimeloopOutputs};

/// What was read from folders.
#[derive(Debug, Default)]
pub struct OpenedResults {
    /// The results. Where two are of the same network under the same label, the network's name is followed by that of the
    /// folder.
    pub results: Vec<NetworkResults>,
    /// Files that cannot be read.
    pub errors: Vec<FolderError>,
    /// What could not be read of Timeloop's outputs, or is not what it seems.
    pub warnings: Vec<String>,
}

/// The results in folders that [`Run::write_results`](super::Run::write_results) wrote, or else Timeloop's own programs.
///
/// # Errors
///
/// If a folder cannot be read, or has no results.
pub fn open_results(folders: &[PathBuf]) -> Result<OpenedResults, Error> {
    let mut opened = OpenedResults::default();
    let mut all = Vec::new();
    for folder in folders {
        let read = opened.read(folder).map_err(|error| error.after(&opened.warnings))?;
        all.extend(read.into_iter().map(|results| (folder.display().to_string(), results)));
    }
    let key = |results: &NetworkResults| (results.network.clone(), results.label());
    let mut seen: HashMap<_, usize> = HashMap::new();
    for (_, results) in &all {
        *seen.entry(key(results)).or_default() += 1;
    }
    let told_apart = |(folder, mut results): (String, NetworkResults)| {
        if seen.get(&key(&results)).is_some_and(|count| *count > 1) {
            results.network = format!("{} ({folder})", results.network);
        }
        results
    };
    opened.results = all.into_iter().map(told_apart).collect();
    Ok(opened)
}

impl OpenedResults {
    /// Reads a folder; what cannot be read is added to the errors.
    fn read(&mut self, folder: &Path) -> Result<Vec<NetworkResults>, Error> {
        let found = read_folder(folder)?;
        if found.is_empty() {
            let TimeloopOutputs { networks, warnings } = outputs::read(folder)?;
            self.warnings.extend(warnings);
            return Ok(networks);
        }
        let add = |result: Result<NetworkResults, FolderError>| result.map_err(|error| self.errors.push(error)).ok();
        Ok(found.into_iter().filter_map(add).collect())
    }
}
