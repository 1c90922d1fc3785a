//! What constraints say, resolved against an architecture and a problem. Levels and loops innermost first, as everywhere.

use crate::architecture::Architecture;
use crate::mapping::{DataSpaceSet, LevelPolicy};
use crate::workload::Problem;

/// What the factor of one dimension at one tiling level may be. Nothing stated: anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FactorLimits {
    /// `D=k`, with 0 replaced by the dimension's bound.
    pub exact: Option<u64>,
    /// `D<=k`.
    pub at_most: Option<u64>,
    /// `D>=k`.
    pub at_least: Option<u64>,
}

/// Loops of one tiling level.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LoopConstraints {
    /// One per dimension of the problem; may be shorter: the others are free.
    pub factors: Vec<FactorLimits>,
    /// Dimensions that stand innermost, in this order from the innermost.
    pub innermost: Vec<usize>,
    /// Dimensions that stand outermost, in this order from the innermost of them.
    pub outermost: Vec<usize>,
}

/// Loops over instances below one level.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SpatialConstraints {
    /// Factors and order.
    pub loops: LoopConstraints,
    /// How many positions of the order (all dimensions, unit loops included) lie along X; the others lie along Y.
    pub split: Option<usize>,
}

/// One storage level.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LevelConstraints {
    /// Factors and order of its temporal loops.
    pub temporal: LoopConstraints,
    /// Spatial loops to the next inner level.
    pub spatial: SpatialConstraints,
    /// The data spaces that must be kept, and the exceptions that every mapping has.
    pub policy: LevelPolicy,
    /// Data spaces that must pass through. Neither here nor kept: free; at the outermost level a mapspace keeps them.
    pub bypass: DataSpaceSet,
}

/// All constraints on the mappings of one problem on one architecture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraints {
    /// One per storage level, innermost first.
    pub levels: Vec<LevelConstraints>,
    /// Smallest share of the compute units that must work (`utilization: {min}`, `parallelism`).
    pub min_parallelism: f64,
    /// `max_temporal_loops_in_a_mapping` of the mapper, if it is stated.
    pub max_temporal_loops: Option<usize>,
}

impl Constraints {
    /// Constraints that every mapping meets.
    pub fn none(architecture: &Architecture, problem: &Problem) -> Self {
        let loops = LoopConstraints {
            factors: vec![FactorLimits::default(); problem.dimensions().len()],
            ..LoopConstraints::default()
        };
        let spatial = SpatialConstraints { loops: loops.clone(), split: None };
        let level = LevelConstraints { temporal: loops, spatial, ..LevelConstraints::default() };
        Self { levels: vec![level; architecture.levels().len()], min_parallelism: 0.0, max_temporal_loops: None }
    }
}
