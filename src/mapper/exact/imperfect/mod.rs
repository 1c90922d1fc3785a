//! Mapspaces whose fixed factors do not divide a bound (`M=16` of 24; docs/search.md section 1): their loops have shorter last passes,
//! which the closed form and its bounds do not cover.
//!
//! Every mapping is tried, by the full model, except where cycles refuse it: the temporal loops take at least the product of
//! their iterations, and leakage and the compute units cost at least what that takes. Small mapspaces are searched to the end;
//! of large ones the best of what the budget allows is found, tilings with few cycles first, and the gap that is left is told.

mod chains;
mod part;
pub(super) mod relaxed;
mod traffic;

use std::ops::ControlFlow;
use std::time::Instant;

use super::computes::{DimensionCount, truncated_share};
use super::counts::SearchCounts;
use super::evaluate::Evaluator;
use super::objective::{LowerBounds, Objective};
use super::search::{MAX_BYPASS_MASKS, is_above};
use crate::mapper::incumbent::{Archive, ByRank, Incumbent, Scored};
use crate::mapper::objective::Rank;
use crate::mapper::{Budget, Job, Progress, StopReason};
use crate::mapping::{DataSpaceSet, LevelMapping, Loop, Mapping, SpatialLoop};
use crate::mapspace::{Factors, Kind, Mapspace, divisors, next_loop, parallelism};
use crate::model::Cost;
use crate::numbers::{real, truncated};

/// Iterations and those of the last pass, per tiling level.
#[derive(Clone, Debug)]
struct Factorization {
    parts: Vec<(u64, u64)>,
    /// Product of the temporal ones.
    cycles: f64,
    /// What they contribute to the operations.
    count: DimensionCount,
}

/// The least of all factorisations of one dimension.
#[derive(Clone, Copy, Debug)]
struct Minima {
    cycles: f64,
    /// Operations before averages are truncated.
    operations: f64,
    /// Average compute units.
    units: f64,
    /// Whether every factorisation has a whole number of them.
    is_whole: bool,
}

impl Minima {
    fn of(factorizations: &[Factorization]) -> Self {
        let min =
            |quantity: fn(&Factorization) -> f64| factorizations.iter().map(quantity).fold(f64::INFINITY, f64::min);
        Self {
            cycles: min(|factorization| factorization.cycles),
            operations: min(|factorization| factorization.count.product()),
            units: min(|factorization| factorization.count.units),
            is_whole: factorizations.iter().all(|factorization| factorization.count.is_whole),
        }
    }
}

/// One search of a mapspace with shorter last passes.
pub(super) struct Exhaustive<'a> {
    job: Job<'a>,
    space: &'a Mapspace,
    objective: &'a Objective,
    progress: &'a dyn Progress,
    evaluator: Evaluator<'a>,
    budget: Budget,
    deadline: Option<Instant>,
    pub(super) known: f64,
    pub(super) best: Incumbent<ByRank>,
    pub(super) counts: SearchCounts,
    factorizations: Vec<Vec<Factorization>>,
    /// Per dimension.
    minima: Vec<Minima>,
    bypass_masks: Vec<Vec<DataSpaceSet>>,
    /// Chosen so far, per dimension.
    chosen: Vec<usize>,
    /// Only some orders of each tiling, for a first good value, and as many evaluations more.
    is_probe: bool,
    probes: u64,
    /// Why the search is to end early.
    stop: Option<StopReason>,
}

/// Evaluations spent on a first good value.
const PROBES: u64 = 5_000;

impl<'a> Exhaustive<'a> {
    pub(super) fn new(
        job: Job<'a>,
        space: &'a Mapspace,
        objective: &'a Objective,
        budget: Budget,
        progress: &'a dyn Progress,
    ) -> Self {
        let factorizations: Vec<_> = space.factors.iter().map(|factors| factorizations(space, factors)).collect();
        Self {
            job,
            space,
            objective,
            progress,
            evaluator: Evaluator::new(job, objective),
            budget,
            deadline: budget.deadline(),
            known: f64::INFINITY,
            best: Incumbent::new(ByRank::of(objective.metric)),
            counts: SearchCounts::default(),
            minima: factorizations.iter().map(|all| Minima::of(all)).collect(),
            factorizations,
            bypass_masks: Vec::new(),
            chosen: Vec::new(),
            is_probe: false,
            probes: 0,
            stop: (budget.evaluations == Some(0)).then_some(StopReason::Evaluations),
        }
    }

    /// Searches everything; the least bound of what was left, if it ended early, and why it did.
    pub(super) fn run(&mut self) -> Option<(f64, StopReason)> {
        if self.factorizations.iter().any(Vec::is_empty) {
            return None;
        }
        let Some(bypass_masks) = self.space.bypass_masks(MAX_BYPASS_MASKS) else {
            return Some((self.bound().value, StopReason::OwnLimit));
        };
        self.bypass_masks = bypass_masks;
        self.is_probe = true;
        let _ = self.tiling();
        self.is_probe = false;
        self.stop = self.stop.filter(|_| self.probes < PROBES);
        self.chosen.clear();
        let flow = if self.stop.is_some() { ControlFlow::Break(()) } else { self.tiling() };
        if flow.is_continue() {
            return None;
        }
        self.chosen.clear();
        Some((self.bound().value, self.stop.unwrap_or(StopReason::OwnLimit)))
    }

    /// A bound of all mappings with the factors chosen so far.
    fn bound(&self) -> Rank {
        let chosen = self.chosen.iter().zip(&self.factorizations).map(|(index, all)| &all[*index]);
        let open = &self.minima[self.chosen.len()..];
        let cycles = chosen.clone().map(|factorization| factorization.cycles).product::<f64>();
        let cycles = open.iter().fold(cycles, |cycles, open| cycles * open.cycles);
        let count = chosen.fold(DimensionCount::ONE, |count, factorization| count.and(factorization.count));
        let computes = if open.is_empty() {
            count.computes()
        } else {
            let units = open.iter().fold(count.units, |units, open| units * open.units);
            let is_whole = open.iter().fold(count.is_whole, |is_whole, open| is_whole && open.is_whole);
            let operations = open.iter().fold(count.product(), |operations, open| operations * open.operations);
            operations * if is_whole { 1.0 } else { truncated_share(units) } - 1.0
        };
        lower_bound(self.job, self.objective, cycles, computes)
    }

    /// Chooses factors for the dimensions that have none.
    fn tiling(&mut self) -> ControlFlow<()> {
        let dimension = self.chosen.len();
        if dimension == self.factorizations.len() {
            return self.places();
        }
        for index in 0..self.factorizations[dimension].len() {
            self.chosen.push(index);
            let bound = self.bound();
            self.counts.tilings += 1;
            let is_excluded = bound.value == f64::INFINITY || is_above(bound.value, self.known);
            let is_refused = is_excluded || self.best.refuses(&bound);
            let flow = if is_refused {
                self.counts.tilings_by_bound += 1;
                ControlFlow::Continue(())
            } else if self.fits() {
                self.tiling()
            } else {
                self.counts.by_capacity += 1;
                ControlFlow::Continue(())
            };
            self.chosen.pop();
            flow?;
        }
        ControlFlow::Continue(())
    }

    /// Whether the spatial factors chosen so far can fit, whatever their places.
    fn fits(&self) -> bool {
        let tilings = self.space.tiling.iter().enumerate().filter(|(_, tiling)| tiling.kind == Kind::Spatial);
        tilings.into_iter().all(|(position, tiling)| {
            let used = self
                .chosen
                .iter()
                .enumerate()
                .map(|(dimension, index)| self.factorizations[dimension][*index].parts[position].0);
            let used = used.fold(1u64, u64::saturating_mul);
            used <= self.job.architecture.fan_out(tiling.level).product()
        })
    }

    /// Tries the places of the spatial loops.
    fn places(&mut self) -> ControlFlow<()> {
        let space = self.space;
        let blank = LevelMapping::default();
        let mut all = vec![Mapping { levels: vec![blank; space.orders.len()] }];
        let mut used = Vec::new();
        for (position, tiling) in space.tiling.iter().enumerate().filter(|(_, tiling)| tiling.kind == Kind::Spatial) {
            let parts: Vec<(u64, u64)> = self.parts(position);
            let factors: Vec<u64> = parts.iter().map(|part| part.0).collect();
            let fan_out = self.job.architecture.fan_out(tiling.level).product();
            used.push((factors.iter().fold(1, |used: u64, factor| used.saturating_mul(*factor)), fan_out));
            let placed = space.placements[tiling.level].as_ref().map(|placement| placement.all(&factors));
            let with_residuals = |loops: &Vec<SpatialLoop>| -> Vec<SpatialLoop> {
                let residual = |spatial: &SpatialLoop| parts[spatial.iteration.dimension].1;
                let shortened = |spatial: &SpatialLoop| Loop { residual: residual(spatial), ..spatial.iteration };
                loops.iter().map(|spatial| SpatialLoop { iteration: shortened(spatial), ..*spatial }).collect()
            };
            let placed: Vec<_> = placed.unwrap_or_default().iter().map(with_residuals).collect();
            if placed.is_empty() {
                self.counts.by_mesh += 1;
                return ControlFlow::Continue(());
            }
            let take = if self.is_probe { 1 } else { placed.len() };
            all = all
                .iter()
                .flat_map(|mapping| {
                    placed[..take].iter().map(move |loops| {
                        let mut mapping = mapping.clone();
                        mapping.levels[tiling.level].spatial.clone_from(loops);
                        mapping
                    })
                })
                .collect();
        }
        if parallelism(used) < space.min_parallelism {
            self.counts.by_mesh += 1;
            return ControlFlow::Continue(());
        }
        let temporal = space.tiling.iter().enumerate().filter(|(_, tiling)| tiling.kind == Kind::Temporal);
        let loops: usize =
            temporal.map(|(position, _)| self.parts(position).iter().filter(|part| part.0 > 1).count()).sum();
        if loops > space.max_temporal_loops {
            self.counts.by_loops += 1;
            return ControlFlow::Continue(());
        }
        for mut mapping in all {
            self.orders(&mut mapping, 0)?;
        }
        ControlFlow::Continue(())
    }

    /// Per dimension, the factor at one tiling level.
    fn parts(&self, position: usize) -> Vec<(u64, u64)> {
        self.chosen
            .iter()
            .enumerate()
            .map(|(dimension, index)| self.factorizations[dimension][*index].parts[position])
            .collect()
    }

    /// Tries the orders of the levels from `level` on.
    fn orders(&mut self, mapping: &mut Mapping, level: usize) -> ControlFlow<()> {
        let space = self.space;
        if level == space.orders.len() {
            return self.evaluate_bypass_masks(mapping);
        }
        let position =
            space.tiling.iter().position(|tiling| tiling.level == level && tiling.kind == Kind::Temporal).unwrap_or(0);
        let parts = self.parts(position);
        let is_loop = |dimension: usize| parts[dimension].0 > 1;
        let mut orders = space.orders[level].all(is_loop);
        if self.is_probe {
            // One for each innermost loop.
            orders.dedup_by_key(|order| order.first().copied());
        }
        for order in orders {
            let loop_over = |dimension: &usize| {
                let (bound, residual) = parts[*dimension];
                Loop { dimension: *dimension, bound, residual }
            };
            mapping.levels[level].temporal = order.iter().map(loop_over).collect();
            self.orders(mapping, level + 1)?;
        }
        ControlFlow::Continue(())
    }

    /// Tries what the levels may keep, and evaluates.
    fn evaluate_bypass_masks(&mut self, mapping: &mut Mapping) -> ControlFlow<()> {
        for index in 0..self.bypass_masks.len() {
            for (level, mapped) in mapping.levels.iter_mut().enumerate() {
                mapped.policy = self.space.policies[level].with_keep(self.bypass_masks[index][level]);
            }
            self.counts.evaluations += 1;
            if let Some(figures) = self.evaluator.mapping(mapping) {
                self.counts.valid += 1;
                let (score, cost) = (self.objective.rank(&figures), figures.cost);
                debug_assert!(self.bound().is_below(&score), "bound {:?} above {score:?}: {mapping:?}", self.bound());
                let is_of_interest = self.objective.admits(&figures) && !is_above(score.value, self.known);
                if is_of_interest && self.best.offer(Scored { mapping: mapping.clone(), figures, score }) {
                    self.progress.improved(mapping, cost);
                }
            }
            if self.budget.evaluations.is_some_and(|limit| self.counts.evaluations >= limit) {
                self.stop = Some(StopReason::Evaluations);
            }
            if self.counts.evaluations.is_multiple_of(64) {
                if self.progress.is_cancelled() {
                    self.stop = Some(StopReason::Cancelled);
                } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                    self.stop = Some(StopReason::Time);
                }
            }
            if self.is_probe {
                self.probes += 1;
            }
            if self.stop.is_some() || (self.is_probe && self.probes >= PROBES) {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }
}

/// A bound of all mappings with at least these cycles and operations: what the operations and the leakage cost.
pub(super) fn lower_bound(job: Job, objective: &Objective, cycles: f64, computes: f64) -> Rank {
    let levels = job.architecture.levels();
    let leak: f64 = levels.iter().map(|level| level.energy.leak.pj).sum();
    let units = job.architecture.arithmetic();
    let energy_pj = computes.max(0.0) * units.energy.pj + leak * cycles * (1.0 - 1e-9);
    let bounds = LowerBounds { cost: Cost { energy_pj, cycles: truncated(cycles) }, accesses: None };
    objective.bound(&bounds, 0.0)
}

/// All factorisations of one dimension, those with few temporal iterations first (docs/search.md section 1, "residual").
fn factorizations(space: &Mapspace, factors: &Factors) -> Vec<Factorization> {
    let mut lists = vec![(Vec::new(), factors.shared)];
    for limits in &factors.limits {
        lists = lists
            .into_iter()
            .flat_map(|(list, rest)| {
                let parts = match limits.exact {
                    Some(exact) => vec![(exact, rest)],
                    None => divisors(rest).into_iter().map(|factor| (factor, rest / factor)).collect(),
                };
                let allowed = parts.into_iter().filter(|(factor, _)| limits.allow(*factor));
                allowed
                    .map(|(factor, rest)| ([list.as_slice(), &[factor]].concat(), rest))
                    .collect::<Vec<(Vec<u64>, u64)>>()
            })
            .collect();
    }
    let whole = lists.into_iter().filter(|(_, rest)| *rest == 1);
    let mut all: Vec<Factorization> = whole.filter_map(|(list, _)| with_residuals(space, factors, &list)).collect();
    all.sort_by(|left, right| left.cycles.total_cmp(&right.cycles).then_with(|| left.parts.cmp(&right.parts)));
    all.dedup_by(|left, right| left.parts == right.parts);
    all
}

/// Iterations of each loop, from the innermost, and what is left for the last pass; `None` if a loop is cut so short that a
/// constraint does not allow it.
fn with_residuals(space: &Mapspace, factors: &Factors, list: &[u64]) -> Option<Factorization> {
    let mut rest = factors.bound;
    let mut parts = Vec::new();
    let mut cycles = 1.0;
    for ((factor, tiling), limits) in list.iter().zip(&space.tiling).zip(&factors.limits) {
        let left = rest;
        let (iterations, residual) = next_loop(*factor, &mut rest);
        if !limits.allow_of(iterations, left) {
            return None;
        }
        parts.push((iterations, residual));
        if tiling.kind == Kind::Temporal {
            cycles *= real(iterations);
        }
    }
    let count = DimensionCount::of(&parts, &space.tiling);
    Some(Factorization { parts, cycles, count })
}
