//! The bounds that lie on the way to a given mapping.

use super::super::bound::Bounds;
use super::super::search::Search;
use super::super::subspace::{SpatialFactors, Subspace};
use crate::mapping::{DataSpaceSet, Loop, Mapping};

impl Search<'_> {
    /// All bounds that lie on the way to a mapping.
    pub(super) fn trace(&mut self, mapping: &Mapping) -> Vec<(&'static str, f64)> {
        let prepared = self.prepared;
        let index = |dimension: usize, value: u64| {
            u32::try_from(prepared.choices.divisors[dimension].iter().position(|each| *each == value).unwrap()).unwrap()
        };
        let factor = |loops: &[Loop], at: usize| {
            loops.iter().find(|each| each.dimension == prepared.dimensions[at]).map_or(1, |each| each.bound)
        };
        let mut rest = prepared.bounds.clone();
        let mut spatial = Vec::new();
        for level in &mapping.levels {
            let loops: Vec<Loop> = level.spatial.iter().map(|each| each.iteration).collect();
            spatial.push((0..prepared.count()).map(|at| factor(&loops, at)).collect::<Vec<u64>>());
            rest.iter_mut().zip(&spatial[spatial.len() - 1]).for_each(|(rest, factor)| *rest /= factor);
        }
        let units = spatial.iter().flatten().product();
        let indices = rest.iter().enumerate().map(|(at, rest)| index(at, *rest)).collect();
        let spatial_factors = SpatialFactors { spatial: spatial.clone(), units, rest: indices };
        let keep: Vec<DataSpaceSet> = mapping.levels.iter().map(|level| level.policy.keep).collect();
        let subspace = Subspace::new(prepared, &spatial_factors, 0, &keep).unwrap();
        let bounds = Bounds { prepared, subspace: &subspace, spatial: &spatial };
        bounds.root(&spatial_factors.rest, &mut self.partials[0]);
        let mut found = vec![("spatial factors", self.value(&subspace, bounds.partial(0, &self.partials)))];
        for (level, of) in mapping.levels.iter().enumerate() {
            let partial = &mut self.partials[level + 1];
            partial.factors = (0..prepared.count()).map(|at| factor(&of.temporal, at)).collect();
            rest.iter_mut().zip(&partial.factors).for_each(|(rest, factor)| *rest /= factor);
            partial.rest = rest.iter().enumerate().map(|(at, rest)| index(at, *rest)).collect();
            self.derive_extents(&bounds, level);
            found.push(("factors of a level", self.value(&subspace, bounds.partial(level + 1, &self.partials))));
        }
        found.extend(self.trace_orders(&bounds, mapping));
        found
    }
}
