//! The bounds that lie on the way to a given mapping.

use super::super::bound::Bounds;
use super::super::cost_to_go::CostToGo;
use super::super::frames::Listing;
use super::super::keep_bounds::KeepBounds;
use super::super::rests::Rests;
use super::super::search::{Search, keep_choices};
use super::super::spatial::SpatialFactors;
use super::super::subspace::Subspace;
use crate::mapper::objective::Rank;
use crate::mapping::{DataSpaceSet, Loop, Mapping};
use crate::mapspace::KeepChoice;

impl Search<'_> {
    /// All bounds that lie on the way to a mapping.
    pub(super) fn trace(&mut self, mapping: &Mapping) -> Vec<(&'static str, Rank)> {
        let prepared = self.prepared;
        let index = |dimension: usize, value: u64| {
            u32::try_from(prepared.choices.divisors[dimension].iter().position(|divisor| *divisor == value).unwrap())
                .unwrap()
        };
        let factor = |loops: &[Loop], dimension: usize| {
            loops
                .iter()
                .find(|iteration| iteration.dimension == prepared.dimensions[dimension])
                .map_or(1, |iteration| iteration.bound)
        };
        let mut rest = prepared.bounds.clone();
        let mut spatial = Vec::new();
        for level in &mapping.levels {
            let loops: Vec<Loop> = level.spatial.iter().map(|spatial_loop| spatial_loop.iteration).collect();
            spatial.push((0..prepared.count()).map(|dimension| factor(&loops, dimension)).collect::<Vec<u64>>());
            rest.iter_mut().zip(&spatial[spatial.len() - 1]).for_each(|(rest, factor)| *rest /= factor);
        }
        let units = spatial.iter().flatten().product();
        let indices = rest.iter().enumerate().map(|(dimension, rest)| index(dimension, *rest)).collect();
        let spatial_factors = SpatialFactors { spatial: spatial.clone(), units, rest: indices };
        let keep: Vec<DataSpaceSet> = mapping.levels.iter().map(|level| level.policy.keep).collect();
        let subspace = Subspace::new(prepared, &spatial_factors, keep).unwrap();
        let bounds = Bounds { prepared, subspace: &subspace, spatial: &spatial };
        bounds.root(&spatial_factors.rest, &mut self.partials[0]);
        let mut found = vec![("spatial factors", self.rank(&subspace, bounds.partial(0, &self.partials)))];
        let to_go = CostToGo::new(&bounds, &Rests::of_levels(prepared, &spatial), f64::INFINITY);
        let outer =
            |search: &Self, levels: usize| search.rank(&subspace, to_go.counted(&bounds, levels, &search.partials));
        found.push(("all levels", outer(self, 0)));
        if let Some(choices) = keep_choices(prepared.space) {
            let listing = Listing::new(self, &spatial_factors, &choices);
            let chosen = |(space, choices): (usize, &Vec<KeepChoice>)| {
                let kept = (0..subspace.keep.len()).filter(|level| subspace.keep[*level].contains(space));
                let kept: Vec<usize> = kept.collect();
                choices.iter().position(|choice| choice.levels == kept).unwrap()
            };
            let chosen: Vec<usize> = choices.iter().enumerate().map(chosen).collect();
            let joint = KeepBounds::new(prepared, &listing).unwrap();
            found.push(("each level", self.rank(&subspace, bounds.root_counted() + joint.of(&chosen))));
            let least = joint.least(prepared, &listing);
            let least = listing.machine.lower_bounds(prepared, least, listing.cycles);
            found.push(("each level, any choice", self.rank_of(&least)));
        }
        for (level, mapped) in mapping.levels.iter().enumerate() {
            let partial = &mut self.partials[level + 1];
            partial.factors = (0..prepared.count()).map(|dimension| factor(&mapped.temporal, dimension)).collect();
            rest.iter_mut().zip(&partial.factors).for_each(|(rest, factor)| *rest /= factor);
            partial.rest = rest.iter().enumerate().map(|(dimension, rest)| index(dimension, *rest)).collect();
            self.derive_extents(&bounds, level);
            found.push(("factors of a level", self.rank_of_partial(&bounds, level + 1)));
            if level + 1 < mapping.levels.len() - 1 {
                found.push(("outer levels", outer(self, level + 1)));
            }
        }
        found.extend(self.trace_orders(&bounds, mapping));
        found
    }
}
