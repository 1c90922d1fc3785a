//! Factors that do not divide (Timeloop's `ruby`: Horeni et al., "Ruby: Improving Hardware Efficiency for Tensor Algebra
//! Accelerators Through Imperfect Factorization", ISPASS 2022): loops whose last pass is shorter.
//!
//! There are too many of them to look at all. Here a dimension of `N` iterations is padded to multiples `f * ceil(N / f)`, the
//! padded problem is searched as any other for a while, and its best mapping is given back the true bounds: the loops keep their
//! factors, from the innermost outwards, and the last pass of each ends where the dimension does. Such a mapping takes the same
//! cycles as the padded one, and moves less. First every dimension is padded alone; from the best of these, one dimension after
//! the other, each to what is best while the others stay, until nothing helps any more. The best mapping with perfect factors
//! is one of the candidates, so that the result is never worse.
//!
//! # The gap
//!
//! Nothing above proves optimality. The gap is told against the least that any mapping can cost (`imperfect/relaxed.rs`), or where that cannot
//! be had, against operations, cycles of all units and leakage.

use std::collections::HashMap;
use std::time::Instant;

use super::computes::counted_share;
use super::evaluate::Evaluator;
use super::imperfect::relaxed::Relaxed;
use super::imperfect::walk::Walk;
use super::imperfect::{Exhaustive, lower_bound};
use super::objective::Objective;
use super::passes::{Best, Pass, Runner, pass};
use super::prepared_job::PreparedJob;
use crate::mapper::incumbent::{Archive, ByRank, Comparison, Incumbent, Scored};
use crate::mapper::progress::SilentProgress;
use crate::mapper::{Budget, Job, Metric};
use crate::mapping::{LevelMapping, Loop, Mapping, SpatialLoop};
use crate::mapspace::{Factors, Mapspace, next_loop};
use crate::numbers::real;
use crate::workload::Problem;

/// Dimensions are padded to multiples of the whole length of a mesh's axis, of half of it, and so on down to this part.
const PARTS: u64 = 4;

/// Most of a padded dimension that is padding: a third of its true iterations.
const PADDING: (u64, u64) = (4, 3);

/// Mappings evaluated for one padding: subspaces come by ascending bound, so that the good ones come early.
const EVALUATIONS: u64 = 4_000;

/// What is expected of better tiles at most, where a padding does not lessen the cycles.
const TILES: f64 = 1.1;

/// Paddings of one dimension from which others are tried.
const STARTS: usize = 2;

/// Rounds over all dimensions.
const ROUNDS: usize = 3;

/// Rounds of small changes, and evaluations of each.
const WALKS: (usize, u64) = (2, 400);

/// Tilings of a mapspace with any factors that is searched to the end, and mappings evaluated then; and partial tilings looked at.
const EVERY: (f64, u64) = (3e6, 20_000);
const MOST_TILINGS: u64 = 100_000;

/// Bounds computed of what no mapping can be below.
const BOUNDS: u64 = 100_000;

/// Numbers of units in use that the bound tells apart.
const MAX_UNITS: u64 = 64;

/// The least value that any mapping can have (docs/search.md section 7.3). The average of the units in use lies between two whole
/// numbers: the lower one counts, and with few units the run is long.
pub(super) fn bound(job: Job, objective: &Objective) -> f64 {
    let units = job.architecture.arithmetic().instances.max(1);
    let macs = real(job.problem.macs());
    let operations = macs * counted_share(job.problem.dimensions().iter().map(|dimension| dimension.1), units);
    let least_cycles = macs / real(units);
    let with_units = |whole: u64| {
        let average = real((whole + 1).min(units));
        let computes = operations * real(whole) / average - 1.0;
        // The first unit's operations are at most the cycles.
        let own = if whole < MAX_UNITS { operations / average } else { 0.0 };
        let cycles = (least_cycles.max(own) * (1.0 - 1e-9)).floor();
        lower_bound(job, objective, cycles, computes).value
    };
    (1..=units.min(MAX_UNITS)).map(with_units).fold(f64::INFINITY, f64::min)
}

/// What is best for paddings that were tried: `None` if that is of no interest.
type Tried = HashMap<Vec<u64>, Option<Best>>;

/// The search for a padding.
struct Padding<'a> {
    objective: &'a Objective,
    /// Sizes of each dimension.
    sizes: Vec<Vec<u64>>,
    tried: Tried,
    best: Incumbent<ByRank>,
}

impl Runner<'_> {
    /// The least value that any mapping can have, or `best` if none is lower (docs/search.md section 7.5).
    pub(super) fn least(&self, objective: &Objective, best: f64) -> f64 {
        let prepared = PreparedJob::new(self.job, self.space, objective.clone());
        let is_stopped = self.is_stopped();
        let relaxed = Relaxed::new(&prepared);
        let least = relaxed.map(|mut relaxed| relaxed.least(objective.metric, best, BOUNDS, &is_stopped));
        let of_units = bound(self.job, objective);
        least.map_or(of_units, |least| least.max(of_units))
    }

    /// Where fixed factors do not divide: the best mapping of the problem padded until they do, with its true bounds, if it is
    /// better than `known`.
    pub(super) fn of_fixed(&mut self, objective: &Objective, known: Option<Best>) -> Option<Best> {
        let bounds: Vec<u64> = self.space.factors.iter().map(|factors| factors.bound).collect();
        let padded: Option<Vec<u64>> = self.space.factors.iter().map(Factors::padded).collect();
        let found = self.of_padded(objective, &bounds, &padded?, None);
        let found = found.filter(|best| objective.admits(&best.figures));
        match (found, known) {
            (Some(found), Some(known)) => {
                let is_better = ByRank::of(objective.metric).is_better(&found.score, &known.score);
                Some(if is_better { found } else { known })
            }
            (found, known) => found.or(known),
        }
    }

    /// Looks for a better mapping than `best` with imperfect factors.
    pub(super) fn improve(&mut self, objective: &Objective, best: Option<Best>) -> Option<Best> {
        let bounds: Vec<u64> = self.job.problem.dimensions().iter().map(|(_, bound)| *bound).collect();
        let sizes: Vec<Vec<u64>> =
            bounds.iter().enumerate().map(|(dimension, bound)| self.sizes(dimension, *bound)).collect();
        let mut tried = Tried::new();
        tried.insert(bounds.clone(), best.clone());
        let mut incumbent = Incumbent::new(ByRank::of(objective.metric));
        best.map(|best| incumbent.offer(best));
        let mut padding = Padding { objective, sizes, tried, best: incumbent };
        // Every dimension alone.
        let mut alone: Vec<(f64, Vec<u64>)> = Vec::new();
        for dimension in 0..bounds.len() {
            for index in 0..padding.sizes[dimension].len() {
                let mut trial = bounds.clone();
                trial[dimension] = padding.sizes[dimension][index];
                if trial != bounds
                    && let Some(value) = self.tried(&mut padding, &bounds, &trial)
                {
                    alone.push((value, trial));
                }
            }
            self.progress.advanced(0.5 * real(dimension as u64 + 1) / real(bounds.len() as u64));
        }
        alone.sort_by(|left, right| left.0.total_cmp(&right.0).then_with(|| left.1.cmp(&right.1)));
        alone.truncate(STARTS);
        for (index, (value, start)) in alone.iter().enumerate() {
            self.descend(&mut padding, &bounds, start.clone(), *value);
            self.progress.advanced(0.5 + 0.5 * real(index as u64 + 1) / real(STARTS as u64));
        }
        padding.best.into_best()
    }

    /// Looks for a better mapping near one.
    pub(super) fn walk(&mut self, objective: &Objective, best: Best) -> Best {
        let job = self.job;
        let prepared = PreparedJob::new(job, self.space, objective.clone());
        let mut walk = Walk::new(&prepared, best.clone());
        for _ in 0..WALKS.0 {
            if self.stop().is_some() {
                break;
            }
            let before = walk.evaluations;
            let evaluations = self.budget.evaluations.map_or(WALKS.1, |left| left.min(WALKS.1));
            walk.round(evaluations, &self.is_stopped());
            self.spend(walk.evaluations - before);
        }
        self.counts.evaluations += walk.evaluations;
        self.counts.valid += walk.valid;
        let found = walk.best.into_best().unwrap_or(best);
        self.progress.improved(&found.mapping, found.figures.cost);
        found
    }

    /// Looks at every mapping with any factors, but for those that bounds refuse, if they are few: the best one if none is better.
    pub(super) fn every(&mut self, objective: &Objective, best: &Best) -> Option<Best> {
        let few = Budget {
            evaluations: Some(self.budget.evaluations.map_or(EVERY.1, |left| left.min(EVERY.1))),
            ..self.budget
        };
        let mut search = Exhaustive::of_any(self.job, self.space, objective, few, self.progress)?;
        if self.stop().is_some() || search.tilings() > EVERY.0 {
            return None;
        }
        search.known = best.score.value;
        search.most_tilings = Some(MOST_TILINGS);
        search.best.offer(best.clone());
        let left = search.run();
        self.counts.add(&search.counts);
        self.spend(search.counts.evaluations);
        search.best.into_best().filter(|_| left.is_none())
    }

    /// Whether the search shall end.
    fn is_stopped(&self) -> impl Fn() -> bool + use<'_> {
        let deadline = self.budget.deadline();
        move || self.progress.is_cancelled() || deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Pads one dimension after the other to what is best while the others stay.
    fn descend(&mut self, padding: &mut Padding, bounds: &[u64], mut padded: Vec<u64>, mut value: f64) {
        for _ in 0..ROUNDS {
            let before = value;
            for dimension in 0..bounds.len() {
                for index in 0..padding.sizes[dimension].len() {
                    let mut trial = padded.clone();
                    trial[dimension] = padding.sizes[dimension][index];
                    if let Some(found) = self.tried(padding, bounds, &trial).filter(|found| *found < value) {
                        (padded, value) = (trial, found);
                    }
                }
            }
            if value >= before {
                break;
            }
        }
    }

    /// The value of a padding, if it is of interest.
    fn tried(&mut self, padding: &mut Padding, bounds: &[u64], padded: &[u64]) -> Option<f64> {
        if !padding.tried.contains_key(padded) {
            if self.stop().is_some() {
                return None;
            }
            let found = self.of_padded(padding.objective, bounds, padded, padding.best.best());
            if let Some(found) = &found
                && padding.best.offer(found.clone())
            {
                self.progress.improved(&found.mapping, found.figures.cost);
            }
            padding.tried.insert(padded.to_vec(), found);
        }
        padding.tried[padded].as_ref().map(|best| best.score.value)
    }

    /// The true size of a dimension and those it may be padded to. A factor that is fixed to the whole dimension would not
    /// follow its padding.
    fn sizes(&self, dimension: usize, bound: u64) -> Vec<u64> {
        let is_fixed = self.space.factors[dimension].limits.iter().any(|limits| limits.exact == Some(bound));
        let axes = (0..self.space.orders.len()).map(|level| self.job.architecture.fan_out(level));
        let axes = axes.flat_map(|fan_out| [fan_out.x, fan_out.y]);
        let factors = axes.flat_map(|axis| (1..=PARTS).map(move |part| axis.div_ceil(part)));
        let factors = factors.filter(|factor| bound > 1 && !is_fixed && *factor > 1);
        let padded = factors.filter_map(|factor| bound.div_ceil(factor).checked_mul(factor));
        let mut sizes: Vec<u64> = std::iter::once(bound).chain(padded).collect();
        sizes.retain(|size| u128::from(*size) * u128::from(PADDING.1) <= u128::from(bound) * u128::from(PADDING.0));
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    /// What is best for a padded problem, with its true bounds.
    fn of_padded(
        &mut self,
        objective: &Objective,
        bounds: &[u64],
        padded: &[u64],
        known: Option<&Best>,
    ) -> Option<Best> {
        let problem = with_bounds(self.job.problem, padded)?;
        let job = Job { problem: &problem, ..self.job };
        let space = Mapspace::new(job.architecture, &problem, job.constraints);
        if !space.is_perfect() {
            return None;
        }
        // A padded mapping that is dearer than the known one by more than its share of padding is of no interest: without the
        // padding it is cheaper by about that share. Nor are more cycles than other tiles can make up for.
        let share = real(problem.macs()) / real(self.job.problem.macs());
        let limit = known.map_or(f64::INFINITY, |known| known.score.value * share.min(TILES));
        let cycles = real(problem.macs()) / real(job.architecture.arithmetic().instances.max(1));
        let max_cycles = known.map_or(f64::INFINITY, |known| real(known.figures.cost.cycles) * TILES);
        if matches!(objective.metric, Metric::Edp | Metric::Delay) && cycles > max_cycles {
            return None;
        }
        // Mappings of padded problems are not ours.
        let silent = SilentProgress { progress: self.progress, deadline: None };
        let evaluations = self.budget.evaluations.map_or(EVALUATIONS, |left| left.min(EVALUATIONS));
        let budget = Budget { evaluations: Some(evaluations), ..self.budget };
        let Pass { best, left: _, counts } = pass(job, &space, objective, budget, &silent, limit, None, false);
        self.counts.add(&counts);
        self.spend(counts.evaluations);
        let mapping = with_true_bounds(&best?.mapping, bounds);
        self.job.admits(&mapping).ok()?;
        let figures = Evaluator::new(self.job, objective).mapping(&mapping)?;
        Some(Scored { score: objective.rank(&figures), mapping, figures })
    }
}

pub(super) fn with_bounds(problem: &Problem, bounds: &[u64]) -> Option<Problem> {
    let dimensions = problem.dimensions().iter().zip(bounds).map(|((letter, _), bound)| (*letter, *bound));
    let (coefficients, spaces) = (problem.coefficients().to_vec(), problem.data_spaces().to_vec());
    Problem::new(problem.name().to_owned(), dimensions.collect(), coefficients, spaces).ok()
}

/// The same loops, innermost first, each with what is left for its last pass (docs/search.md section 1, "residual").
pub(super) fn with_true_bounds(padded: &Mapping, bounds: &[u64]) -> Mapping {
    let mut left = bounds.to_vec();
    let mut cut = |padded: Loop| {
        let (bound, residual) = next_loop(padded.bound, &mut left[padded.dimension]);
        Loop { bound, residual, ..padded }
    };
    let mut level = |mapped: &LevelMapping| {
        let spatial: Vec<SpatialLoop> = mapped
            .spatial
            .iter()
            .map(|spatial| SpatialLoop { iteration: cut(spatial.iteration), ..*spatial })
            .collect();
        let temporal: Vec<Loop> = mapped.temporal.iter().map(|iteration| cut(*iteration)).collect();
        LevelMapping {
            spatial: spatial.into_iter().filter(|spatial| spatial.iteration.bound > 1).collect(),
            temporal: temporal.into_iter().filter(|iteration| iteration.bound > 1).collect(),
            policy: mapped.policy,
        }
    };
    Mapping { levels: padded.levels.iter().map(&mut level).collect() }
}
