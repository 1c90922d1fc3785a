//! The mapspace: which mappings a problem has on an architecture under the user's constraints (specification 6.1).

mod admits;
mod axes;
mod constraints;

pub use admits::Violation;
pub use constraints::{Constraints, FactorLimits, LevelConstraints, LoopConstraints, SpatialConstraints};
