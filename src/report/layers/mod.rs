//! The layers of a network in several [formats](FORMATS), and the expectations that `check` compares them with.

mod csv;
mod expectation;
mod format;
mod graph;
mod json;
mod problems;
mod record;
mod table;
mod yaml;

pub use csv::csv;
pub use expectation::{Difference, Expectation, write_expectation};
pub use format::{ExportError, ExportedFile, ExportedNetwork, FORMATS, LayerFormat, TextOptions, format};
pub use graph::{GraphRecord, NodeRecord, OperandsRecord, TensorRecord};
pub use json::json;
pub use record::{LayerRecord, NetworkRecord, SCHEMA, records};
pub use table::{human, layer_table, summary};
pub use yaml::yaml;
