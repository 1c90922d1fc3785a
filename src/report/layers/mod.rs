//! The layers of a network in several [formats](FORMATS), and the expectations that `check` compares them with.

mod csv;
mod expectation;
mod format;
mod json;
mod problems;
mod record;
mod table;
mod yaml;

pub use csv::csv;
pub use expectation::{Difference, Expectation, write_expectation};
pub use format::{ExportError, ExportedFile, ExportedNetwork, FORMATS, LayerFormat, TextOptions, format};
pub use json::json;
pub use record::{LayerRecord, NetworkRecord, records};
pub use table::{human, layer_table, summary};
pub use yaml::yaml;
