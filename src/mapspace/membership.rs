//! Which mappings with perfect factors a mapspace has, by its definition: what the tests hold searches and
//! [`Constraints::admits`](super::Constraints::admits) against.

use super::Mapspace;
use super::space::Kind;
use crate::mapping::{LevelMapping, Loop, Mapping};

impl Mapspace {
    /// Whether a mapping with perfect factors is one of these. Whether it fits the hardware is the model's business, but for
    /// the fan-out of each level, which Timeloop's mapper looks at itself.
    pub(crate) fn contains(&self, mapping: &Mapping) -> bool {
        let loops =
            mapping.levels.iter().map(|level| level.temporal.iter().filter(|iteration| iteration.bound > 1).count());
        mapping.levels.len() == self.orders.len()
            && mapping.is_perfect()
            && loops.sum::<usize>() <= self.max_temporal_loops
            && self
                .tiling
                .iter()
                .enumerate()
                .all(|(position, tiling)| self.allows_factors(position, &mapping.levels[tiling.level]))
            && (0..self.orders.len()).all(|level| self.allows_level(mapping, level))
            && (0..self.orders.len()).all(|level| self.allows_kept(mapping, level))
    }

    /// Whether the factors of one tiling level are within its limits.
    fn allows_factors(&self, position: usize, level: &LevelMapping) -> bool {
        let factor = |dimension: usize| {
            let bound_of = |iteration: &Loop| (iteration.dimension == dimension).then_some(iteration.bound);
            let found = match self.tiling[position].kind {
                Kind::Spatial => level.spatial.iter().find_map(|spatial| bound_of(&spatial.iteration)),
                Kind::Temporal => level.temporal.iter().find_map(bound_of),
            };
            found.unwrap_or(1)
        };
        self.factors.iter().enumerate().all(|(dimension, factors)| factors.limits[position].allow(factor(dimension)))
    }

    /// Whether the loops of one level stand in an allowed order and at allowed places.
    pub(crate) fn allows_level(&self, mapping: &Mapping, level: usize) -> bool {
        let mapped = &mapping.levels[level];
        let order: Vec<usize> = mapped
            .temporal
            .iter()
            .filter(|iteration| iteration.bound > 1)
            .map(|iteration| iteration.dimension)
            .collect();
        let is_placed = match &self.placements[level] {
            Some(placement) => placement.allows(&mapped.spatial),
            None => mapped.spatial.is_empty(),
        };
        is_placed && self.orders[level].allows(&order)
    }

    /// Whether a level keeps what it may, with the exceptions that are stated.
    pub(crate) fn allows_kept(&self, mapping: &Mapping, level: usize) -> bool {
        let (policy, fixed, free) = (mapping.levels[level].policy, self.policies[level], self.free[level]);
        let keep = policy.keep;
        let is_allowed = |space: usize| keep.contains(space) == fixed.keep.contains(space) || free.contains(space);
        policy == fixed.with_keep(keep) && (0..self.spaces).all(is_allowed)
    }
}
