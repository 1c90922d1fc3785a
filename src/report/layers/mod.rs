//! The layers of a network as table, JSON, YAML and CSV, and the expectations that `check` compares them with.

mod csv;
mod expectation;
mod json;
mod record;
mod table;

pub use csv::csv;
pub use expectation::{Difference, Expectation, write_expectation};
pub use json::{json, yaml};
pub use record::{LayerRecord, NetworkRecord, records};
pub use table::{human, layer_table, summary};
