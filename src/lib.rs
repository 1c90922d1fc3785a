//! Any ONNX network as exact Timeloop problems, and what they cost on an accelerator.
//!
//! ```text
//! bytes --import--> Network { [Layer] } --workload--> [Problem] --formats, report--> files and tables
//! ```
//!
//! * [`import`]: an ONNX file to layers. Shapes are those that the framework executed.
//! * [`workload`]: layers, windows, Timeloop problems, variants of dilated layers.
//! * [`formats`]: Timeloop's files, read and written.
//! * [`architecture`], [`mapping`], [`model`]: accelerators, loop nests, and what they cost: Timeloop's numbers.
//! * [`mapspace`], [`mapper`]: which mappings there are, and the search for the best.
//! * [`results`]: what a run found, per network, architecture and layer.
//! * [`run`]: the whole pipeline: jobs, cache, files.
//! * [`charts`], [`html`], [`comparison`], [`study`]: pictures, the page of a run, two results side by side, and what dilation
//!   costs.
//! * [`frontend`]: v0.4 descriptions to the processed form that Timeloop reads.
//! * [`report`]: layers as table, JSON, CSV, YAML.
//! * [`output`]: files written whole or not at all.
//! * [`cli`]: the command line; the only place that prints.
//!
//! ```
//! use onnx2timeloop::onnx::{Bindings, Source, import};
//! use onnx2timeloop::workload::{ProblemStyle, distinct_problems};
//!
//! let file = concat!(env!("CARGO_MANIFEST_DIR"), "/models/deeplabv3_resnet50_513__ts_rbn.onnx");
//! let network = import(&Source::Path(file.into()), "deeplabv3", &Bindings::default())?;
//! assert_eq!((network.layers.len(), network.macs), (61, 168_652_962_240));
//! let problems = distinct_problems(&network.layers, ProblemStyle::Native)?;
//! assert_eq!(problems[0].problem.bound('P'), Some(257));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(
    test,
    allow(
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::format_collect,
        reason = "test arithmetic is small"
    )
)]

pub mod api;
pub mod architecture;
#[cfg(feature = "cli")]
pub mod cli;
pub mod mapper;
pub mod mapping;
pub mod mapspace;
pub mod model;
mod names;
mod numbers;
pub mod onnx;
pub mod output;
pub mod report;
pub mod results;
pub mod run;
pub mod timeloop;
mod warned;
pub mod workload;

/// The generator of the tests.
#[cfg(test)]
#[allow(dead_code, reason = "integration tests use the rest")]
#[path = "../tests/it/kit/random.rs"]
mod random;
