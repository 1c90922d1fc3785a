//! What people and programs read of networks, evaluations and results.
//!
//! * [`layers`]: the layers of a network, and expectations of them.
//! * [`evaluation`], [`search`]: one mapping and what it costs; how it was found.
//! * [`totals`]: the totals of a run.
//! * [`charts`], [`page`]: pictures, and the page of a run.
//! * [`comparison`], [`dilation`]: two results side by side, and what dilation costs.

pub mod charts;
pub mod comparison;
pub mod dilation;
pub mod evaluation;
pub mod layers;
pub mod page;
mod phrases;
pub mod search;
pub(crate) mod table;
pub mod totals;
