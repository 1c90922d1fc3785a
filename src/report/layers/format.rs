//! The formats in which layers are exported: one file and one row each.

use thiserror::Error;

use super::{NetworkRecord, csv, json, problems, table, yaml};
use crate::timeloop::files::TimeloopVersion;
use crate::workload::{DistinctProblem, Network};

/// A network as exporters take it.
#[derive(Clone, Copy, Debug)]
pub struct ExportedNetwork<'a> {
    /// Network that is exported.
    pub network: &'a Network,
    /// Its distinct problems.
    pub problems: &'a [DistinctProblem],
    /// Its layers as `layers.json` has them.
    pub record: &'a NetworkRecord,
    /// The form of Timeloop's files.
    pub version: TimeloopVersion,
}

/// How the text of an export looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextOptions {
    /// Whether one network, too, is a list.
    pub as_list: bool,
    /// Columns that a table may have.
    pub width: Option<usize>,
}

/// A file of an export: its path below the network's folder, and its text.
pub type ExportedFile = (String, String);

/// A format in which layers are exported.
#[derive(Clone, Copy, Debug)]
pub struct LayerFormat {
    /// Name on the command line, such as `csv`.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// Networks as one text.
    pub text: fn(&[ExportedNetwork<'_>], TextOptions) -> Result<String, ExportError>,
    /// The files of a network.
    pub files: fn(&ExportedNetwork<'_>) -> Result<Vec<ExportedFile>, ExportError>,
}

/// Why layers cannot be exported.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ExportError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Yaml(#[from] serde_yaml::Error),
    #[error(transparent)]
    Csv(#[from] ::csv::Error),
}

/// All formats, that of a terminal first.
pub const FORMATS: [LayerFormat; 5] = [table::FORMAT, json::FORMAT, csv::FORMAT, yaml::FORMAT, problems::FORMAT];

/// The format of a name.
pub fn format(name: &str) -> Option<&'static LayerFormat> {
    FORMATS.iter().find(|format| format.name == name)
}
