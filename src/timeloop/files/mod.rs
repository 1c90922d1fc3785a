//! Timeloop's and Accelergy's files, read and written.

pub mod architecture;
mod clock;
pub mod constraints;
mod keys;
pub mod map_txt;
pub mod mapper_settings;
pub mod mapping;
pub mod mapping_files;
pub mod nest_text;
mod node;
pub mod problem;
mod problem_writer;
pub mod processed;
pub mod sparse;
pub mod specification;
pub mod stats;
pub mod stats_reader;
mod tables;
mod terms;
mod warning;
pub(crate) mod yaml;

pub use clock::cycle_seconds;
pub use node::{FormatError, parse_document};
pub use problem::read_problem;
pub use problem_writer::{ProblemHeader, TimeloopVersion, write_problem};
pub use tables::{EnergyTables, EstimatedComponent};
pub use warning::Warning;
