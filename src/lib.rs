//! placeholder
pub mod import;
pub mod workload;
