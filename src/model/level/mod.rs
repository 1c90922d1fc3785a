//! The accounting of a storage level: the seam between counts and costs (docs/model.md section 5.6).
//!
//! ```text
//! nest analysis --> Words --> Accesses --> LevelCosts --> energy, bandwidth, cycles
//! (4.1 to 4.5)      (4.6, ../accesses.rs)     (5.1 to 5.3, costs.rs, bandwidth.rs)
//! ```
//!
//! [`Words::accesses`](super::accesses::Words::accesses) makes the counts: words that one instance reads, is filled with and updates, per data space and level.
//! [`LevelCosts`] prices them, and knows nothing of loops. Whatever prices words does it here: the full model
//! ([`usage`](self::usage)), the fast model, the bounds of the search (with fractions in place of integers, through
//! [`CostPerWord`] and [`Demand`]) and the printed limits.
//!
//! The one rule to keep: more accesses never cost less, or the bounds of the search do not hold (docs/search.md section 6).
//! Sparse designs have an accounting of their own (`../sparse/`), in which it does not hold of everything: bounds count the shares of
//! dense accesses that are left at least (docs/search.md section 11).

mod bandwidth;
mod costs;
pub(super) mod usage;

pub use bandwidth::Bandwidth;
pub(crate) use bandwidth::{BandwidthLimits, Demand, MARGIN};
pub(crate) use costs::{CostPerWord, InUse, LeftShare, LevelCosts, Room};
