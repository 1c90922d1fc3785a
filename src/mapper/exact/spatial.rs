//! Factors of all spatial levels: enumerated one after the other, never held as a list.

use super::objective::NOISE;
use super::prepared_job::PreparedJob;
use super::search::Search;
use super::subspace::Machine;
use crate::mapping::SpatialLoop;
use crate::mapspace::parallelism;
use crate::numbers::real;

/// Factors of all spatial levels.
#[derive(Clone, Debug)]
pub(super) struct SpatialFactors {
    /// Per level; over the dimensions of the search.
    pub(super) spatial: Vec<Vec<u64>>,
    /// Compute units in use.
    pub(super) units: u64,
    /// Per dimension: index of what remains for temporal loops.
    pub(super) rest: Vec<u32>,
}

/// Spatial factors in few words, in the order in which they are enumerated: per spatial step and dimension the place of the factor
/// among the divisors of the bound.
pub(super) type SpatialCode = Box<[u32]>;

/// What is done with each.
type Visit<'v, 's> = dyn FnMut(&mut Search<'s>, &SpatialFactors) + 'v;

impl SpatialFactors {
    /// All units idle but one.
    pub(super) fn none(prepared: &PreparedJob) -> Self {
        let spatial = vec![vec![1; prepared.count()]; prepared.levels.len()];
        Self { spatial, units: 1, rest: prepared.whole.clone() }
    }

    /// In few words.
    pub(super) fn code(&self, prepared: &PreparedJob) -> SpatialCode {
        let place = |dimension: usize, factor: &u64| {
            let found = prepared.choices.divisors[dimension].binary_search(factor);
            u32::try_from(found.unwrap_or_default()).unwrap_or(u32::MAX)
        };
        let factors = prepared.placements.iter().flat_map(|(level, _)| self.spatial[*level].iter().enumerate());
        factors.map(|(dimension, factor)| place(dimension, factor)).collect()
    }

    /// Those of a code.
    pub(super) fn of_code(prepared: &PreparedJob, code: &[u32]) -> Self {
        let mut factors = Self::none(prepared);
        for ((level, _), places) in prepared.placements.iter().zip(code.chunks(prepared.count().max(1))) {
            for (dimension, place) in places.iter().enumerate() {
                let factor = prepared.choices.divisors[dimension][*place as usize];
                factors.spatial[*level][dimension] = factor;
                factors.units *= factor;
            }
        }
        factors.rest = prepared.temporal_rest(&factors.spatial);
        factors
    }

    /// Loops of all levels, each in its first allowed place.
    pub(super) fn first_places(&self, prepared: &PreparedJob) -> Vec<Vec<SpatialLoop>> {
        let mut places = vec![Vec::new(); self.spatial.len()];
        for (level, placement) in &prepared.placements {
            places[*level] = placement.first(&prepared.all_dimensions(&self.spatial[*level])).unwrap_or_default();
        }
        places
    }

    /// Per level, its loops in all allowed places.
    pub(super) fn all_places(&self, prepared: &PreparedJob) -> Vec<Vec<Vec<SpatialLoop>>> {
        let mut places = vec![vec![Vec::new()]; self.spatial.len()];
        for (level, placement) in &prepared.placements {
            let mut all = placement.all(&prepared.all_dimensions(&self.spatial[*level]));
            if prepared.axes_are_equal() {
                let mut known = std::collections::HashSet::new();
                let order = |loops: &Vec<SpatialLoop>| -> Vec<usize> {
                    loops.iter().map(|spatial| spatial.iteration.dimension).collect()
                };
                all.retain(|loops| known.insert(order(loops)));
            }
            places[*level] = all;
        }
        places
    }
}

impl<'a> Search<'a> {
    /// Visits all spatial factors that fit the meshes and use enough units, but for those that take too many cycles to be of
    /// interest.
    pub(super) fn visit_spatial_factors(&mut self, visit: &mut Visit<'_, 'a>) {
        let mut factors = SpatialFactors::none(self.prepared);
        self.visit_step(0, 0, 1, &mut factors, visit);
    }

    /// Visits those of a spatial step, from a dimension on; the dimensions before it use so many units.
    fn visit_step(
        &mut self,
        step: usize,
        dimension: usize,
        used: u64,
        factors: &mut SpatialFactors,
        visit: &mut Visit<'_, 'a>,
    ) {
        let prepared = self.prepared;
        let Some((level, placement)) = prepared.placements.get(step) else {
            if dimension == 0 && self.is_parallel(factors) {
                visit(self, factors);
            }
            return;
        };
        self.tick();
        if self.stop.is_some() {
            return;
        }
        let fan_out = placement.fan_out.product();
        if dimension == prepared.count() {
            let later: u64 = prepared.placements[step + 1..]
                .iter()
                .fold(1, |units, (_, placement)| u64::saturating_mul(units, placement.fan_out.product()));
            if self.is_too_slow(factors.units.saturating_mul(later)) {
                self.counts.subspaces_by_bound += 1;
            } else if placement.fits(&prepared.all_dimensions(&factors.spatial[*level])) {
                self.visit_step(step + 1, 0, 1, factors, visit);
            } else {
                self.counts.by_mesh += 1;
            }
            return;
        }
        if self.is_too_slow(self.most_units(step, dimension, used, factors)) {
            self.counts.subspaces_by_bound += 1;
            return;
        }
        let (rest, units) = (factors.rest[dimension], factors.units);
        for choice in prepared.choices.at(step, dimension, rest) {
            if used.saturating_mul(choice.factor) > fan_out {
                self.counts.by_mesh += 1;
                break;
            }
            factors.spatial[*level][dimension] = choice.factor;
            factors.rest[dimension] = choice.rest;
            factors.units = units * choice.factor;
            self.visit_step(step, dimension + 1, used * choice.factor, factors, visit);
        }
        factors.spatial[*level][dimension] = 1;
        (factors.rest[dimension], factors.units) = (rest, units);
    }

    /// Most units that the factors of a spatial step from a dimension on, and of later steps, can put to use.
    fn most_units(&self, step: usize, dimension: usize, used: u64, factors: &SpatialFactors) -> u64 {
        let prepared = self.prepared;
        let room = prepared.placements[step].1.fan_out.product() / used.max(1);
        let left = (dimension..prepared.count()).map(|dimension| {
            let choices = prepared.choices.at(step, dimension, factors.rest[dimension]);
            choices.last().map_or(1, |choice| choice.factor)
        });
        let later = prepared.placements[step + 1..].iter().map(|(_, placement)| placement.fan_out.product());
        let of_step = left.fold(1, u64::saturating_mul).min(room);
        later.fold(factors.units.saturating_mul(of_step), u64::saturating_mul)
    }

    /// Whether enough of the units are in use.
    fn is_parallel(&self, factors: &SpatialFactors) -> bool {
        let levels = self.prepared.placements.iter();
        let used = |level: usize| factors.spatial[level].iter().product::<u64>();
        let used = levels.map(|(level, placement)| (used(*level), placement.fan_out.product()));
        parallelism(used) >= self.prepared.space.min_parallelism
    }

    /// Whether nothing with at most so many units can be of interest: the operations cost what they cost, and take their time.
    fn is_too_slow(&self, units: u64) -> bool {
        self.is_refused(&self.bound_of_units(units))
    }

    /// A bound of everything that uses at most so many units.
    pub(super) fn bound_of_units(&self, units: u64) -> crate::mapper::objective::Rank {
        let prepared = self.prepared;
        let cycles = prepared.macs * prepared.busy / real(units) * (1.0 - NOISE);
        let bounds = prepared.lower_bounds(Machine::constant(prepared) + prepared.compulsory, cycles, 0.0);
        prepared.objective.bound(&bounds, NOISE)
    }
}
