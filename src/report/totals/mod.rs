//! The totals of a run as table and CSV.

mod csv;
mod table;

pub use csv::{layers_csv, totals_csv};
pub use table::totals_table;
