//! Finished runs, of this tool or of Timeloop, read from their folders.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::Error;
use crate::results::{FolderError, LayerOutcome, NetworkResults, distinct_layers, read_files};
use crate::run::JOB_PREFIX;
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
    /// Where printed statistics are: index of the results, distinct problem, file.
    pub statistics: Vec<(usize, String, PathBuf)>,
}

/// Results of a folder, and where the statistics of their distinct problems are.
type FoundResults = (NetworkResults, Vec<(String, PathBuf)>);

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
        all.extend(read.into_iter().map(|found| (folder.display().to_string(), found)));
    }
    let key = |results: &NetworkResults| (results.network.clone(), results.label());
    let mut seen: HashMap<_, usize> = HashMap::new();
    for (_, (results, _)) in &all {
        *seen.entry(key(results)).or_default() += 1;
    }
    for (index, (folder, (mut results, statistics))) in all.into_iter().enumerate() {
        if seen.get(&key(&results)).is_some_and(|count| *count > 1) {
            results.network = format!("{} ({folder})", results.network);
        }
        opened.results.push(results);
        opened.statistics.extend(statistics.into_iter().map(|(problem, file)| (index, problem, file)));
    }
    Ok(opened)
}

impl OpenedResults {
    /// Reads a folder; what cannot be read is added to the errors.
    fn read(&mut self, folder: &Path) -> Result<Vec<FoundResults>, Error> {
        let found = read_files(folder)?;
        if found.is_empty() {
            return self.read_outputs(folder);
        }
        let mut all = Vec::new();
        for (file, read) in found {
            match read {
                Ok(results) => {
                    let statistics = statistics(&results, file.parent().unwrap_or(folder));
                    all.push((results, statistics));
                }
                Err(error) => self.errors.push(error),
            }
        }
        Ok(all)
    }

    /// Reads what Timeloop's programs have left.
    fn read_outputs(&mut self, folder: &Path) -> Result<Vec<FoundResults>, Error> {
        let TimeloopOutputs { networks, warnings, unreadable, statistics } = outputs::read(folder)?;
        self.warnings.extend(warnings);
        self.errors.extend(unreadable.into_iter().map(|(path, reason)| FolderError::Statistics { path, reason }));
        let with_statistics = |results: NetworkResults| {
            let own = statistics.iter().filter(|(network, architecture, ..)| {
                *network == results.network && *architecture == results.architecture
            });
            let own = own.map(|(_, _, layer, file)| (layer.clone(), file.clone())).collect();
            (results, own)
        };
        Ok(networks.into_iter().map(with_statistics).collect())
    }
}

/// The statistics of the distinct problems of a run, whose results are in this folder.
pub(super) fn statistics(results: &NetworkResults, folder: &Path) -> Vec<(String, PathBuf)> {
    let mapped = distinct_layers(results).into_iter().map(|(layer, _)| layer);
    let mapped = mapped.filter(|layer| matches!(layer.outcome, LayerOutcome::Mapped(_)));
    let file = |problem: &String| folder.join(problem).join(format!("{JOB_PREFIX}.stats.txt"));
    mapped.map(|layer| (layer.problem.clone(), file(&layer.problem))).collect()
}
