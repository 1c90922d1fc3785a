//! What the tests share: one way to start the binary, to make jobs, networks, mappings and random numbers.

mod cases;
mod files;
mod jobs;
pub(crate) mod mappings;
pub(crate) mod onnx;
mod program;
mod random;
mod results;
mod sparse;

pub(crate) use cases::{Case, architecture, architectures, cases};
pub(crate) use files::{data, folder, json, model, names, path, read};
pub(crate) use jobs::{Input, RecordedJob, RecordedRun, recorded_jobs, recorded_runs};
pub(crate) use program::{Ran, program, program_in, without_paths};
pub(crate) use random::Random;
pub(crate) use results::sample;
pub(crate) use sparse::{PrintedDesign, printed_design, sparse_architectures, sparse_cases, sparse_input};
