//! The mapspace: which mappings a problem has on an architecture under the user's constraints (docs/search.md section 1).

mod admits;
mod axes;
mod constraints;
mod factors;
#[cfg(test)]
mod membership;
mod order;
mod parallelism;
mod placement;
mod size;
mod space;

pub use admits::Violation;
pub use constraints::{Constraints, FactorLimits, LevelConstraints, LoopConstraints, SpatialConstraints};
pub(crate) use factors::{Factors, divisors, next_loop};
pub(crate) use order::Order;
pub(crate) use parallelism::{parallelism, parallelism_of};
pub(crate) use placement::Placement;
pub(crate) use space::{KeepChoice, Kind, TilingLevel};
pub use space::{Mapspace, MapspaceSize};
