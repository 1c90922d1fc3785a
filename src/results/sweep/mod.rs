//! What a sweep over designs found: a row for each design, and which designs no other one dominates.
//!
//! ```text
//! SweepDesign --(energy, cycles, area)--> DesignCost --dominance--> fronts, which designs need no search
//! ```
//!
//! * [`SweepResults`]: the record, as `sweep.json` has it ([`to_json`], [`from_json`]).
//! * [`DesignCost`]: the three quantities of a design and their partial order; `dominance` has the fronts and the rule by which designs
//!   are skipped.
//! * [`SweepObjective`]: which designs are the best.

mod dominance;
mod json;
mod objective;
mod record;
mod row;
mod value;

pub use dominance::{DesignCost, Incumbents, PairFronts, front, pair_fronts, settle};
pub use json::{SweepReadError, from_json, to_json};
pub use objective::{SweepObjective, UnknownObjective};
pub use record::{
    BestDesign, DesignNetwork, DesignOutcome, FrontDesign, SearchedDesign, Shard, SweepDesign, SweepInput,
    SweepParameter, SweepResults,
};
pub use value::SweepValue;

/// The file of a sweep.
pub const SWEEP_FILE: &str = "sweep.json";

/// Version of the form of [`SweepResults`].
pub const SWEEP_SCHEMA: u32 = 1;
