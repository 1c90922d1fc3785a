//! Which axes of meshes the constraints let something be spread along.

use super::{Constraints, FactorLimits, SpatialConstraints};
use crate::architecture::Architecture;
use crate::mapping::Axis;
use crate::workload::Problem;

impl Constraints {
    /// Axes with more than one instance along which no dimension can be spread, with the level above them.
    pub fn unusable_axes(&self, architecture: &Architecture, problem: &Problem) -> Vec<(usize, Axis)> {
        let bounds: Vec<u64> = problem.dimensions().iter().map(|(_, bound)| *bound).collect();
        let mut found = Vec::new();
        for (index, level) in self.levels.iter().enumerate() {
            let fan_out = architecture.fan_out(index);
            for (axis, size) in [(Axis::X, fan_out.x), (Axis::Y, fan_out.y)] {
                if size > 1 && !level.spatial.can_spread(axis, &bounds) {
                    found.push((index, axis));
                }
            }
        }
        found
    }
}

impl SpatialConstraints {
    /// Whether some dimension of more than one iteration can stand at a position of this axis.
    fn can_spread(&self, axis: Axis, bounds: &[u64]) -> bool {
        let loops = &self.loops;
        let (prefix, suffix) = (&loops.innermost, &loops.outermost);
        let can_loop = |dimension: usize| {
            let limits = loops.factors.get(dimension).copied().unwrap_or_default();
            bounds.get(dimension).is_some_and(|bound| *bound > 1) && limits.allow_more_than_one()
        };
        let count = bounds.len();
        let split = self.split.unwrap_or(usize::MAX);
        let is_on_axis = |position: usize| self.split.is_none() || (position < split) == (axis == Axis::X);
        let last = count.saturating_sub(suffix.len());
        let fixed = prefix
            .iter()
            .enumerate()
            .chain(suffix.iter().enumerate().map(|(position, dimension)| (last + position, dimension)));
        let free = || (0..count).filter(|dimension| !prefix.contains(dimension) && !suffix.contains(dimension));
        // Those that no order fixes can stand at every position between.
        let mut between = prefix.len()..last;
        fixed.into_iter().any(|(position, dimension)| is_on_axis(position) && can_loop(*dimension))
            || (between.any(is_on_axis) && free().any(can_loop))
    }
}

impl FactorLimits {
    /// Whether a loop of more than one iteration is within the limits.
    fn allow_more_than_one(self) -> bool {
        self.exact.is_none_or(|exact| exact > 1) && self.at_most.is_none_or(|most| most > 1)
    }
}
