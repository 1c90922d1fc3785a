//! Any ONNX network as exact Timeloop problems, and what they cost on an accelerator.
//!
//! ```
//! use onnx2timeloop::api::{Architecture, ExactMapper, Network, Status};
//!
//! let network = Network::open(concat!(env!("CARGO_MANIFEST_DIR"), "/models/resnet18__ts_rbn.onnx"))?;
//! assert_eq!((network.layers().len(), network.problems().len()), (21, 12));
//!
//! let problem = &network.problems()[0].problem;
//! let best = Architecture::open("eyeriss_like")?.for_problem(problem)?.search(&ExactMapper::default())?;
//! assert_eq!(best.status, Status::Optimal);
//! println!("{} cycles, {} pJ", best.evaluation.cycles, best.evaluation.energy_pj);
//! # Ok::<(), onnx2timeloop::api::Error>(())
//! ```
//!
//! The programs in `examples/` show more: the layers of a network, the cost of a mapping, the best mappings on an own architecture,
//! a run with charts.
//!
//! # The public boundary
//!
//! [`api`] is the promise, with the nouns that it hands out: [`workload`], [`architecture`], [`mapping`], [`results`]. Everything else
//! is public for the tests of this crate and may change with any release.
//!
//! # Features
//!
//! * `cli`: the command line tool. `charts`: charts in SVG and PNG. `page`: the report as a page. `templates`: templates (Jinja) in
//!   Timeloop's files. All are on by default; with `default-features = false` a user of the library links the crates of none.
//!
//! # Folders, from low to high
//!
//! No import runs from a lower folder to a higher one.
//!
//! * [`output`]: files written whole or not at all.
//! * [`workload`]: layers, windows, Timeloop problems, variants of dilated layers.
//! * [`architecture`]: storage levels, compute units, energies; the presets.
//! * [`mapping`]: loop nests.
//! * [`mapspace`]: which mappings there are under constraints.
//! * [`model`]: what a mapping costs: Timeloop's numbers.
//! * [`mapper`]: the search for the best mapping.
//! * [`results`]: what a run found, per network, architecture and layer.
//! * [`onnx`]: an ONNX file to layers. Shapes are those that the framework executed.
//! * [`timeloop`]: Timeloop's files, its front end, its programs, and what they leave in folders.
//! * [`energy`]: energies and areas of components, as Accelergy estimates them.
//! * [`report`]: tables, charts, the page, comparisons, and what dilation costs.
//! * [`run`]: networks x architectures x mappers: jobs, cache, files.
//! * [`sweep`]: networks on many designs: values set by path, what needs no search, shards.
//! * [`api`]: the library's face.
//! * `cli`: the command line; the only place that prints.

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
pub mod energy;
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
pub mod sweep;
pub mod timeloop;
mod warned;
pub mod workload;

/// The generator of the tests.
#[cfg(test)]
#[allow(dead_code, reason = "integration tests use the rest")]
#[path = "../tests/it/kit/random.rs"]
mod random;
