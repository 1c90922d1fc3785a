//! What people and programs read of networks, evaluations and results.
//!
//! * [`layers`]: the layers of a network, and expectations of them.
//! * [`evaluation`], [`search`]: one mapping and what it costs; how it was found.
//! * [`components`], [`energies`], [`energy_table`]: the parts of a design, where their energies and areas come from, and both as a
//!   table for Timeloop.
//! * [`totals`]: the totals of a run.
//! * [`charts`], [`page`]: pictures, and the page of a run.
//! * [`sweep`]: charts, findings and the page of a sweep.
//! * [`comparison`], [`dilation`]: two results side by side, and what dilation costs.

#[cfg(any(feature = "charts", feature = "page"))]
#[cfg_attr(
    not(all(feature = "charts", feature = "page")),
    allow(
        dead_code,
        unused_imports,
        reason = "pictures and the page share the drawing kit, and either needs part of it"
    )
)]
pub mod charts;
pub mod comparison;
pub mod components;
pub mod dilation;
pub mod energies;
pub mod energy_table;
pub mod evaluation;
pub mod layers;
#[cfg(feature = "page")]
pub mod page;
pub(crate) mod phrases;
mod provenance;
pub mod search;
pub mod sweep;
pub(crate) mod table;
pub mod totals;

pub use provenance::Provenance;
