//! The layers of a network in the forms that people and programs read.

mod csv;
pub mod evaluation;
mod json;
mod record;
pub mod search;
mod table;

pub use csv::csv;
pub use json::{json, yaml};
pub use record::{LayerRecord, NetworkRecord, records};
pub(crate) use table::{STYLE, flush_left, shortened};
pub use table::{human, layer_table, summary};
