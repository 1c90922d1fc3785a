//! A mapping: how a problem's loops are tiled over the levels of an architecture, and what each level keeps.
//!
//! Loops are stored from the innermost outwards, as everything in this crate; unit loops are left out. The spatial loops of
//! a level are the fan-out from one of its instances to the next inner level: they sit inside its temporal loops.

mod check;
mod order;
mod policy;
mod set;

pub use check::MappingError;
pub(crate) use check::no_fan_out;
pub use order::{LevelOrder, LoopOrder};
pub use policy::LevelPolicy;
pub use set::DataSpaceSet;

/// How often a loop runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Loop {
    /// Index of the dimension in the problem.
    pub dimension: usize,
    /// Number of iterations.
    pub bound: u64,
    /// Iterations of the last pass, when every outer loop of the dimension is at its last iteration; equal to `bound`
    /// unless the factors are imperfect.
    pub residual: u64,
}

impl Loop {
    /// A loop that always runs `bound` times.
    pub fn perfect(dimension: usize, bound: u64) -> Self {
        Self { dimension, bound, residual: bound }
    }

    /// Whether the last pass runs as often as the others.
    pub fn is_perfect(self) -> bool {
        self.bound == self.residual
    }
}

/// Axis of the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// The axis of the columns.
    X,
    /// The axis of the rows.
    Y,
}

/// A loop over instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpatialLoop {
    /// The loop over the instances.
    pub iteration: Loop,
    /// The axis along which its instances lie.
    pub axis: Axis,
}

/// What a mapping says of one level.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LevelMapping {
    /// Temporal loops, innermost first.
    pub temporal: Vec<Loop>,
    /// Spatial loops, innermost first: X loops, then Y loops.
    pub spatial: Vec<SpatialLoop>,
    /// What it keeps, and how it treats the data spaces.
    pub policy: LevelPolicy,
}

/// A mapping of one problem onto one architecture.
///
/// Plain data: [`Mapping::check`] says whether it fits, and [`crate::model::evaluate`] asks it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mapping {
    /// One entry per storage level, innermost first.
    pub levels: Vec<LevelMapping>,
}

impl Mapping {
    /// Whether no loop has a residual.
    pub fn is_perfect(&self) -> bool {
        self.levels.iter().all(|level| {
            level.temporal.iter().all(|iteration| iteration.is_perfect())
                && level.spatial.iter().all(|spatial| spatial.iteration.is_perfect())
        })
    }
}
