//! Results that Timeloop's programs have left in folders: those of the exercises' scripts (`DESIGN/outputs/PROBLEM/`, often renamed to
//! `outputs_NETWORK`), and any others with a folder for each layer.
//!
//! A layer's folder has statistics of any version (`timeloop-mapper.stats.txt`), and more or less beside them: the loop nest
//! (`.map.txt`), what the tool was given (`parsed-processed-input.yaml`), areas (`.ART.yaml`), how often a run of the network
//! executes it ([`COUNT_FILE`]). What is not there stays unknown.

mod component;
mod layer;
mod natural_order;
mod nest;
mod place;
mod scan;

use std::io;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use thiserror::Error;

use self::layer::Layer;
use self::place::Place;
use crate::model::Footprint;
use crate::results::{NetworkResults, Totals};

/// The file in the folder of a distinct problem that says how often one run of the network executes it, in its first line, and in
/// the others the names of the layers that are it.
pub const COUNT_FILE: &str = "count.txt";

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeloopOutputs {
    /// One for each network on each architecture, in the order of their names.
    pub networks: Vec<NetworkResults>,
    /// What could not be read, or is not what it seems.
    pub warnings: Vec<String>,
    /// Statistics that cannot be read: the file, and why. Their layers have no mapping.
    pub unreadable: Vec<(PathBuf, String)>,
    /// Where the statistics of layers are: network, architecture, layer, file.
    pub statistics: Vec<(String, String, String, PathBuf)>,
}

/// Why nothing was read.
#[derive(Debug, Error)]
pub enum ForeignError {
    /// The folder cannot be read.
    #[error("cannot read the folder `{folder}`: {error}")]
    Read {
        /// The folder that could not be listed.
        folder: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// There are no results.
    #[error(
        "there are no results of Timeloop in `{0}`\nhint: a layer has a folder of its own, with a file \
         `timeloop-mapper.stats.txt`"
    )]
    Nothing(PathBuf),
}

/// Reads all results in a folder and below it. A layer whose run has failed is one with its reason.
///
/// # Errors
///
/// If the folder cannot be read, or has no results.
pub fn read(folder: &Path) -> Result<TimeloopOutputs, ForeignError> {
    let unreadable = |error| ForeignError::Read { folder: folder.to_owned(), error };
    let root = folder.canonicalize().map_err(unreadable)?;
    root.read_dir().map_err(unreadable)?;
    let mut warnings = Vec::new();
    let (mut unreadable, mut statistics) = (Vec::new(), Vec::new());
    let mut groups: IndexMap<(String, String), Vec<(Place, Layer)>> = IndexMap::new();
    for found in scan::folders(&root, &mut warnings) {
        let place = Place::of(&root, &found.path);
        let layer = Layer::read(&found, &mut warnings);
        if let Some(stats) = found.stats {
            match layer.failure() {
                // As the user named the folder, not as it was looked for.
                Some(reason) => unreadable.push((folder.join(stats.strip_prefix(&root).unwrap_or(&stats)), reason)),
                None => {
                    statistics.push((place.network.clone(), place.architecture.clone(), place.layer.clone(), stats));
                }
            }
        }
        groups.entry((place.network.clone(), place.architecture.clone())).or_default().push((place, layer));
    }
    if groups.is_empty() {
        return Err(ForeignError::Nothing(folder.to_owned()));
    }
    groups.sort_by(|a, _, b, _| natural_order::compare(&a.0, &b.0).then_with(|| natural_order::compare(&a.1, &b.1)));
    let networks = groups.into_iter().map(|((network, architecture), layers)| {
        let (results, doubtful) = results(network, architecture, layers);
        warnings.extend(doubtful);
        results
    });
    Ok(TimeloopOutputs { networks: networks.collect(), warnings, unreadable, statistics })
}

fn results(network: String, architecture: String, mut layers: Vec<(Place, Layer)>) -> (NetworkResults, Vec<String>) {
    layers.sort_by(|a, b| natural_order::compare(&a.0.layer, &b.0.layer));
    let twice = layers.windows(2).filter(|pair| pair[0].0.layer == pair[1].0.layer);
    let twice = twice.map(|pair| {
        let name = &pair[0].0.layer;
        format!("{network} on {architecture}: two folders hold a layer `{name}`; both are counted")
    });
    let warnings = twice.collect();
    let sources: Vec<&str> =
        layers.iter().flat_map(|(_, layer)| layer.energy_sources.iter().map(String::as_str)).collect();
    let energy_source = energy_source(&sources);
    let mapper = layers.first().map_or_else(String::new, |(_, layer)| layer.mapper.clone());
    let cycle_seconds = layers.iter().find_map(|(_, layer)| layer.cycle_seconds);
    let mut layers: Vec<_> = layers.into_iter().flat_map(|(place, layer)| layer.results(&place.layer)).collect();
    layers.iter_mut().enumerate().for_each(|(index, layer)| layer.index = index);
    let totals = Totals::of(&layers, cycle_seconds);
    let footprint = Footprint::BoundingBox.name().to_owned();
    let results = NetworkResults {
        schema: crate::results::SCHEMA,
        network,
        architecture,
        mapper,
        energy_source,
        footprint,
        datawidth: None,
        metric: None,
        cycle_seconds,
        layers,
        totals,
        mac_coverage: None,
        warnings: Vec::new(),
    };
    (results, warnings)
}

/// Timeloop's words for its sources, each once.
fn energy_source(stated: &[&str]) -> String {
    let mut sources: Vec<&str> = stated.to_vec();
    sources.sort_unstable();
    sources.dedup();
    if sources.is_empty() {
        "Timeloop's statistics".to_owned()
    } else {
        format!("Timeloop's statistics ({})", sources.join(", "))
    }
}
