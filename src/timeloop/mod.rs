//! Timeloop's and Accelergy's side: their files, their front end, their programs, their outputs.
//!
//! * [`files`]: problems, architectures, constraints, mappings, statistics, tables, read and written.
//! * [`frontend`]: version 0.4 descriptions to the processed form that Timeloop reads.
//! * [`program`]: the real `timeloop-mapper` as a [`Mapper`](crate::mapper::Mapper).
//! * [`outputs`]: folders that timeloop-model and timeloop-mapper wrote, as results.

pub mod files;
pub mod frontend;
pub mod outputs;
pub mod program;
