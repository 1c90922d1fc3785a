//! The estimator: energies and area of a component from its class and attributes, as Accelergy and its usual plug-ins compute them
//! (docs/energy.md is the law). Everything is inside: no program is started and no file is read.
//!
//! ```
//! use onnx2timeloop::energy::Estimator;
//!
//! let processed = serde_yaml::from_str("
//! architecture:
//!   subtree:
//!   - name: system
//!     attributes: {technology: 45nm, global_cycle_seconds: 1e-9}
//!     local:
//!     - name: buffer[1..1]
//!       class: smartbuffer_SRAM
//!       attributes: {depth: 2048, width: 64}
//!       required_actions: [read, write, update, leak]
//! ").unwrap();
//! let estimates = Estimator::default().components(&processed);
//! let buffer = estimates[0].as_ref().unwrap();
//! assert_eq!(buffer.actions["read"].value, 11.6819);
//! assert_eq!(
//!     buffer.actions["read"].source.to_string(),
//!     "CACTI table, same organisation, about 0.2 % + Aladdin tables, 40 and 45 nm"
//! );
//! ```
//!
//! * [`Estimator`]: `estimator.rs`, a component to an [`Estimate`] or a [`Refusal`].
//! * Classes that are made of parts: `class.rs` reads them, `compound.rs` adds their parts up, `classes.yaml` has the built-in ones.
//! * Primitive components: `primitive/`, one file for each of Accelergy's plug-ins, and the table of CACTI's runs.
//! * [`DesignEstimates`]: `design.rs`, all components of a design, as tables.
//! * [`Source`]: where a number is from and how good it is.
//!
//! A design's networks (classes such as `XY_NoC`) are no components of this kind: their energies stand in their attributes. What
//! [`Component::path`] and [`Refusal::path`] say are paths of the processed document, or `compound_components.classes[0]...`.
//! Texts among a component's attributes are taken as texts, since the front end has evaluated expressions; in classes expressions
//! are told from quoted texts, so classes are given as a tree that remembers quotes.

mod attributes;
mod class;
mod component;
mod compound;
mod design;
mod estimate;
mod estimator;
mod primitive;
mod refusal;
mod source;

pub use crate::timeloop::frontend::expression::Value;
pub use attributes::Attributes;
pub use component::Component;
pub use design::DesignEstimates;
pub(crate) use estimate::six_digits;
pub use estimate::{Estimate, Figure, Note};
pub use estimator::Estimator;
pub use primitive::{Answer, Fit, Query, Tried, Unanswered, Wanted, ask};
pub use refusal::{Reason, Refusal};
pub use source::{Origin, Source};

/// Whose numbers are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Those of today's plug-ins (docs/energy.md section 10).
    #[default]
    Today,
    /// Those of May 2024, of which the presets' recorded tables are made.
    May2024,
}
