//! The layers of a network as table, JSON, YAML and CSV, and the expectations that `check` compares them with.

mod csv;
mod expectation;
mod graph;
mod json;
mod record;
mod table;

pub use csv::csv;
pub use expectation::{Difference, Expectation, write_expectation};
pub use graph::{GraphRecord, NodeRecord, OperandsRecord, TensorRecord};
pub use json::{json, yaml};
pub use record::{LayerRecord, NetworkRecord, SCHEMA, records};
pub(crate) use table::{STYLE, flush_left, shortened};
pub use table::{human, layer_table, summary};
