//! The v0.4 front end: from a user's YAML files to the processed specification that Timeloop reads.
//!
//! ```
//! use onnx2timeloop::architecture::presets;
//! use onnx2timeloop::timeloop::frontend::{LoadOptions, ProcessOptions, Source, load_sources, process};
//!
//! let problem = "
//! problem:
//!   version: 0.4
//!   instance: {C: 64, M: 128, R: 3, S: 3, N: 1, P: 65, Q: 65}
//!   shape:
//!     name: conv
//!     dimensions: [C, M, R, S, N, P, Q]
//!     data_spaces:
//!     - {name: Weights, projection: [[[C]], [[M]], [[R]], [[S]]]}
//!     - {name: Inputs, projection: [[[N]], [[C]], [[R], [P]], [[S], [Q]]]}
//!     - {name: Outputs, projection: [[[N]], [[M]], [[Q]], [[P]]], read_write: true}
//! ";
//! let preset = presets::find("eyeriss_like").unwrap();
//! let text = |name: &str, text: &str| Source::Text { name: name.into(), text: text.into() };
//! let sources = [text("eyeriss_like", preset.text), text("problem", problem)];
//! let document = load_sources(&sources, &LoadOptions::default())?;
//! let processed = process(&document, ProcessOptions::default())?;
//! assert_eq!(processed.value["architecture"]["subtree"][0]["local"][0]["name"], "DRAM[1..1]");
//! # Ok::<(), onnx2timeloop::timeloop::frontend::Errors>(())
//! ```

pub mod error;
pub mod expression;
pub mod load;
pub mod process;

pub use error::{ErrorKind, Errors, FrontendError, Place};
pub use load::{Document, LoadOptions, Source, Variables, load_files, load_sources};
pub use process::{ProcessOptions, Processed, process};

/// JSON Schema (draft 2020-12) of the files that this front end reads, one at a time, for editors. Tags of nodes are not part of it.
pub const SCHEMA: &str = include_str!("../../../docs/schema/architecture.schema.json");
