//! The search of subspaces, by their bounds, and the evaluation of complete mappings.

use std::ops::ControlFlow;
use std::time::Instant;

use super::bound::{Bounds, PartialTiling};
use super::counted::Counted;
use super::counts::SearchCounts;
use super::evaluate::{Evaluator, Parts};
use super::objective::NOISE;
use super::orders::ReuseState;
use super::prepared_job::PreparedJob;
use super::subspace::{SpatialFactors, Subspace};
use super::tilings::Candidates;
use crate::mapper::incumbent::{Archive, ByRank, Incumbent, Scored};
use crate::mapper::objective::Rank;
use crate::mapper::{Budget, Progress, StopReason};
use crate::mapping::{DataSpaceSet, LevelPolicy, SpatialLoop};
use crate::mapspace::parallelism;
use crate::model::level::Room;

/// Why the search ended early, and the least bound of what was left.
pub(super) type Flow = ControlFlow<f64>;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// The best mapping.
    All,
    /// One mapping of a subspace.
    Probe,
    /// Whether anything fits.
    Feasibility,
}

/// One branch-and-bound search of a mapspace with perfect factors.
pub(super) struct Search<'a> {
    pub(super) prepared: &'a PreparedJob<'a>,
    pub(super) evaluator: Evaluator<'a>,
    pub(super) progress: &'a dyn Progress,
    pub(super) counts: SearchCounts,
    pub(super) best: Incumbent<ByRank>,
    /// A value that some mapping is known to have: nothing above it is of interest.
    pub(super) known: f64,
    all_spatial_factors: Vec<SpatialFactors>,
    bypass_masks: Vec<Vec<DataSpaceSet>>,
    pub(super) candidates: Vec<Candidates>,
    pub(super) partials: Vec<PartialTiling>,
    /// Per level: what the subspace keeps, with the level's exceptions.
    policies: Vec<LevelPolicy>,
    /// Spatial loops of the subspace's spatial factors: first places, and all of them once they are asked for.
    places: Vec<Vec<SpatialLoop>>,
    all_places: Option<Vec<Vec<Vec<SpatialLoop>>>>,
    /// Orders under construction; per level, innermost first.
    pub(super) temporal: Vec<Vec<(usize, u64)>>,
    pub(super) reuse_states: Vec<Vec<ReuseState>>,
    budget: Budget,
    deadline: Option<Instant>,
    ticks: u32,
    /// Why the search is to end early.
    pub(super) stop: Option<StopReason>,
    pub(super) mode: Mode,
    /// The answer to [`Mode::Feasibility`].
    pub(super) is_feasible: bool,
}

/// Subspaces that are probed for a first good value.
const PROBES: usize = 24;

/// Whether a value or a bound is above a value that is known, by more than rounding.
pub(super) fn is_above(bound: f64, known: f64) -> bool {
    bound > known * (1.0 + 2.0 * NOISE)
}

/// Most choices of what is kept that are all looked at.
pub(super) const MAX_BYPASS_MASKS: usize = 1 << 16;

/// A subspace by its parts: few words, as there may be many.
#[derive(Clone, Copy, Debug)]
struct ListedSubspace {
    bound: Rank,
    spatial_factors: usize,
    keep: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(prepared: &'a PreparedJob<'a>, budget: Budget, progress: &'a dyn Progress) -> Self {
        let levels = prepared.levels.len();
        Self {
            prepared,
            evaluator: Evaluator::new(prepared.job, &prepared.objective),
            progress,
            counts: SearchCounts::default(),
            best: Incumbent::new(ByRank::of(prepared.objective.metric)),
            known: f64::INFINITY,
            all_spatial_factors: Vec::new(),
            bypass_masks: Vec::new(),
            mode: Mode::All,
            is_feasible: false,
            candidates: vec![Candidates::default(); levels],
            partials: vec![PartialTiling::default(); levels + 1],
            policies: prepared.space.policies.clone(),
            places: Vec::new(),
            all_places: None,
            temporal: vec![Vec::new(); levels],
            reuse_states: Vec::new(),
            budget,
            deadline: budget.deadline(),
            stop: (budget.evaluations == Some(0)).then_some(StopReason::Evaluations),
            ticks: 0,
        }
    }

    /// Searches everything; the least bound of what was left, if it ended early, and why it did.
    pub(super) fn run(&mut self) -> Option<(f64, StopReason)> {
        let left = self.search()?;
        Some((left, self.stop.unwrap_or(StopReason::OwnLimit)))
    }

    fn search(&mut self) -> Option<f64> {
        // Dimensions of one iteration are not searched, but a constraint may ask for more of them.
        if self.prepared.space.factors.iter().any(|factors| factors.count() == 0) {
            return None;
        }
        self.enumerate_spatial_factors();
        let is_complete = self.enumerate_bypass();
        let mut subspaces = self.list();
        subspaces.sort_by(|left, right| left.bound.total_cmp(&right.bound));
        let min_bound = subspaces.first().map_or(0.0, |subspace| subspace.bound.value);
        if self.mode == Mode::All {
            self.mode = Mode::Probe;
            for listed in subspaces.iter().take(PROBES) {
                if self.stop.is_some() || self.is_refused(&listed.bound) {
                    break;
                }
                let _ = self.search_subspace(listed);
            }
            self.mode = Mode::All;
        }
        let count = subspaces.len();
        for (index, listed) in subspaces.iter().enumerate() {
            if self.stop.is_some() {
                return Some(listed.bound.value);
            }
            if self.is_beyond(&listed.bound) {
                self.counts.subspaces_by_bound += (count - index) as u64;
                break;
            }
            if self.is_refused(&listed.bound) {
                self.counts.subspaces_by_bound += 1;
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            self.progress.advanced(index as f64 / count as f64);
            if let ControlFlow::Break(left) = self.search_subspace(listed) {
                let next = subspaces.get(index + 1).map_or(f64::INFINITY, |next| next.bound.value);
                return Some(left.max(listed.bound.value).min(next));
            }
        }
        // Of choices that were not looked at, nothing is known but that they cost something.
        if is_complete && self.stop.is_none() { None } else { Some(min_bound.min(0.0)) }
    }

    /// All spatial factors that fit.
    fn enumerate_spatial_factors(&mut self) {
        let levels = self.prepared.levels.len();
        let start = SpatialFactors {
            spatial: vec![vec![1; self.prepared.count()]; levels],
            units: 1,
            rest: self.prepared.whole.clone(),
        };
        let mut found = Vec::new();
        self.enumerate_spatial_level(0, 0, start, &mut found);
        let prepared = self.prepared;
        let used =
            |spatial_factors: &SpatialFactors, level: usize| spatial_factors.spatial[level].iter().product::<u64>();
        found.retain(|spatial_factors| {
            let levels = prepared.placements.iter();
            let levels = levels.map(|(level, placement)| (used(spatial_factors, *level), placement.fan_out.product()));
            parallelism(levels) >= prepared.space.min_parallelism
        });
        self.all_spatial_factors = found;
    }

    fn enumerate_spatial_level(
        &mut self,
        step: usize,
        dimension: usize,
        spatial_factors: SpatialFactors,
        found: &mut Vec<SpatialFactors>,
    ) {
        let prepared = self.prepared;
        let Some((level, placement)) = prepared.placements.get(step) else {
            found.push(spatial_factors);
            return;
        };
        self.tick();
        if self.stop.is_some() {
            return;
        }
        let used: u64 = spatial_factors.spatial[*level].iter().product();
        if dimension == prepared.count() {
            if placement.fits(&prepared.all_dimensions(&spatial_factors.spatial[*level])) {
                self.enumerate_spatial_level(step + 1, 0, spatial_factors, found);
            } else {
                self.counts.by_mesh += 1;
            }
            return;
        }
        for choice in prepared.choices.at(step, dimension, spatial_factors.rest[dimension]) {
            if used.saturating_mul(choice.factor) > placement.fan_out.product() {
                self.counts.by_mesh += 1;
                break;
            }
            let mut next = spatial_factors.clone();
            next.spatial[*level][dimension] = choice.factor;
            next.rest[dimension] = choice.rest;
            next.units *= choice.factor;
            self.enumerate_spatial_level(step, dimension + 1, next, found);
        }
    }

    /// Lists what levels may keep; whether these are all choices.
    fn enumerate_bypass(&mut self) -> bool {
        let bypass_masks = self.prepared.space.bypass_masks(MAX_BYPASS_MASKS);
        let is_complete = bypass_masks.is_some();
        let fixed = || self.prepared.space.policies.iter().map(|policy| policy.keep).collect();
        self.bypass_masks = bypass_masks.unwrap_or_else(|| vec![fixed()]);
        is_complete
    }

    /// All subspaces that may be of interest, with their bounds.
    fn list(&mut self) -> Vec<ListedSubspace> {
        let mut subspaces = Vec::new();
        let mut partial = vec![PartialTiling::default()];
        for spatial_factors in 0..self.all_spatial_factors.len() {
            for keep in 0..self.bypass_masks.len() {
                self.tick();
                if self.stop.is_some() {
                    return subspaces;
                }
                let (factors, kept) = (&self.all_spatial_factors[spatial_factors], &self.bypass_masks[keep]);
                let Some(subspace) = Subspace::new(self.prepared, factors, spatial_factors, kept) else { continue };
                if !self.smallest_tiles_fit(factors, kept) {
                    self.counts.by_capacity += 1;
                    continue;
                }
                let bounds = Bounds { prepared: self.prepared, subspace: &subspace, spatial: &factors.spatial };
                bounds.root(&factors.rest, &mut partial[0]);
                let bound = self.rank(&subspace, bounds.partial(0, &partial));
                self.counts.subspaces += 1;
                if bound.value.is_finite() {
                    subspaces.push(ListedSubspace { bound, spatial_factors, keep });
                } else {
                    self.counts.subspaces_by_bound += 1;
                }
            }
        }
        subspaces
    }

    /// Whether the smallest tiles fit every level.
    fn smallest_tiles_fit(&self, spatial_factors: &SpatialFactors, keep: &[DataSpaceSet]) -> bool {
        let prepared = self.prepared;
        let mut extents = vec![1; prepared.count()];
        let last = prepared.levels.len() - 1;
        for (level, kept) in keep.iter().enumerate().take(last) {
            for (extent, factor) in extents.iter_mut().zip(&spatial_factors.spatial[level]) {
                *extent *= factor;
            }
            if prepared.words(level, *kept, &extents) > prepared.levels[level].capacity {
                return false;
            }
        }
        let words = prepared.words(last, keep[last], &prepared.bounds);
        prepared.levels[last].room(words) == Room::Fits
    }

    /// The rank of a bound; its value is infinite where a limit refuses it.
    pub(super) fn rank(&self, subspace: &Subspace, counted: Counted) -> Rank {
        self.rank_with(subspace, counted, subspace.min_cycles)
    }

    pub(super) fn rank_with(&self, subspace: &Subspace, counted: Counted, cycles: f64) -> Rank {
        self.prepared.objective.bound(&subspace.lower_bounds(self.prepared, counted, cycles), NOISE)
    }

    /// Whether nothing with this bound can be better than what is known.
    #[inline]
    pub(super) fn is_refused(&self, bound: &Rank) -> bool {
        self.is_excluded(bound) || self.best.refuses(bound)
    }

    /// Whether that holds for the value alone, and so for all that come later in a list sorted by bounds.
    pub(super) fn is_beyond(&self, bound: &Rank) -> bool {
        let is_above_best = || self.best.best().is_some_and(|best| is_above(bound.value, best.score.value));
        self.is_excluded(bound) || is_above_best()
    }

    /// Whether a limit or a value that is known beforehand excludes it. Probes find the same mappings whatever is known.
    #[inline]
    fn is_excluded(&self, bound: &Rank) -> bool {
        bound.value == f64::INFINITY || (self.mode != Mode::Probe && is_above(bound.value, self.known))
    }

    /// Searches one subspace.
    fn search_subspace(&mut self, listed: &ListedSubspace) -> Flow {
        let spatial_factors = &self.all_spatial_factors[listed.spatial_factors];
        let keep = &self.bypass_masks[listed.keep];
        let Some(subspace) = Subspace::new(self.prepared, spatial_factors, listed.spatial_factors, keep) else {
            return ControlFlow::Continue(());
        };
        for (policy, keep) in self.policies.iter_mut().zip(&subspace.keep) {
            policy.keep = *keep;
        }
        self.places = spatial_factors.first_places(self.prepared);
        self.all_places = None;
        let spatial = spatial_factors.spatial.clone();
        let bounds = Bounds { prepared: self.prepared, subspace: &subspace, spatial: &spatial };
        bounds.root(&spatial_factors.rest, &mut self.partials[0]);
        self.search_tilings(&bounds, 0)
    }

    /// Evaluates the mapping whose orders are complete. `any_place`: whether the places of the spatial loops matter.
    pub(super) fn evaluate(&mut self, bounds: &Bounds, bound: Rank, any_place: bool) -> Flow {
        if any_place && self.all_places.is_none() {
            self.all_places = Some(self.all_spatial_factors[bounds.subspace.spatial_factors].all_places(self.prepared));
        }
        let all = if any_place { self.all_places.take() } else { None };
        let mut flow = ControlFlow::Continue(());
        let mut is_valid = false;
        for places in all.as_deref().unwrap_or(std::slice::from_ref(&self.places)) {
            let parts = Parts { spatial: places, temporal: &self.temporal, policies: &self.policies };
            self.counts.evaluations += 1;
            if let Some(figures) = self.evaluator.parts(parts) {
                self.counts.valid += 1;
                is_valid = true;
                let objective = &self.prepared.objective;
                let rank = objective.rank(&figures);
                debug_assert!(bound.is_below(&rank), "bound {bound:?} above {rank:?}: {:?}", parts.mapping());
                if objective.admits(&figures) && !self.best.refuses(&rank) {
                    let mapping = parts.mapping();
                    self.progress.improved(&mapping, figures.cost);
                    self.best.offer(Scored { mapping, figures, score: rank });
                }
            }
            if self.budget.evaluations.is_some_and(|limit| self.counts.evaluations >= limit) {
                self.stop = Some(StopReason::Evaluations);
            }
        }
        if any_place {
            self.all_places = all;
        }
        self.tick();
        if self.stop.is_some() || (self.mode == Mode::Probe && is_valid) {
            flow = ControlFlow::Break(bound.value);
        }
        flow
    }

    /// Looks at the clock now and then.
    pub(super) fn tick(&mut self) {
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks.is_multiple_of(256) {
            if self.progress.is_cancelled() {
                self.stop = Some(StopReason::Cancelled);
            } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                self.stop = Some(StopReason::Time);
            }
        }
    }
}
