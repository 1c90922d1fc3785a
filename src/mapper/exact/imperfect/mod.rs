//! Mapspaces whose factors do not divide: fixed ones (`M=16` of 24), or any (`ruby`). Their loops have shorter last passes, which the closed
//! form and its bounds do not cover.
//!
//! Mappings are tried one by one with the full model, except where bounds refuse them: those of their operations, cycles and leakage, and
//! those of their words (`traffic.rs`). Small mapspaces are searched to the end; of large ones the best of what the budget allows is found,
//! tilings with few cycles first, and the gap to the least that any mapping can cost is told (`relaxed.rs`).

mod chains;
mod part;
pub(super) mod relaxed;
mod traffic;
pub(super) mod walk;

use std::ops::ControlFlow;
use std::time::Instant;

use super::computes::{DimensionCount, truncated_share};
use super::counts::SearchCounts;
use super::evaluate::Evaluator;
use super::objective::{LowerBounds, Objective};
use super::prepared_job::PreparedJob;
use super::search::{MAX_BYPASS_MASKS, is_above, keep_choices};
use crate::mapper::incumbent::{Archive, ByRank, Incumbent, Scored};
use crate::mapper::objective::Rank;
use crate::mapper::{Budget, Job, Progress, StopReason};
use crate::mapping::{DataSpaceSet, LevelMapping, Loop, Mapping, SpatialLoop};
use crate::mapspace::{Factors, KeepChoice, Kind, Mapspace, divisors, next_loop, parallelism};
use crate::model::Cost;
use crate::numbers::{count, real, truncated};
use part::{Layout, Part};
use traffic::Traffic;

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

/// Factorisations of one dimension that are listed where any factor is tried.
const MOST_FACTORIZATIONS: usize = 3_000;

/// Bounds of words, by the factors of each dimension of the search.
struct Words<'a> {
    prepared: PreparedJob<'a>,
    layout: Layout,
    choices: Vec<Vec<KeepChoice>>,
    /// Per dimension of the search and factorisation, and the least of all.
    parts: Vec<Vec<Part>>,
    least: Vec<Part>,
    /// Per choice of what levels keep: the choice of each data space.
    masks: Vec<Vec<Option<usize>>>,
}

impl<'a> Words<'a> {
    fn new(job: Job<'a>, space: &'a Mapspace, objective: &Objective, lists: &[Vec<Factorization>]) -> Option<Self> {
        let prepared = PreparedJob::new(job, space, objective.clone());
        let choices = keep_choices(space).filter(|choices| choices.iter().all(|choices| !choices.is_empty()))?;
        let layout = Layout::new(space, &choices);
        let part = |dimension: usize, factorization: &Factorization| {
            Part::of(space.factors[dimension].bound, &factorization.parts, &layout)
        };
        let of_dimension = |dimension: &usize| -> Vec<Part> {
            lists[*dimension].iter().map(|factorization| part(*dimension, factorization)).collect()
        };
        let parts: Vec<Vec<Part>> = prepared.dimensions.iter().map(of_dimension).collect();
        let least: Option<Vec<Part>> = parts.iter().map(Part::least).collect();
        Some(Self { layout, choices, least: least?, parts, masks: Vec::new(), prepared })
    }

    /// The choices that these levels make.
    fn mask(&self, keep: &[DataSpaceSet]) -> Vec<Option<usize>> {
        let of_space = |(space, choices): (usize, &Vec<KeepChoice>)| {
            let levels: Vec<usize> = (0..keep.len()).filter(|level| keep[*level].contains(space)).collect();
            choices.iter().position(|choice| choice.levels == levels)
        };
        self.choices.iter().enumerate().map(of_space).collect()
    }

    /// A bound of all mappings with the factors chosen so far, and what is kept, if that is known.
    fn bound(&self, objective: &Objective, chosen: &[usize], mask: Option<usize>) -> Rank {
        let part = |(index, dimension): (usize, &usize)| match chosen.get(*dimension) {
            Some(choice) => &self.parts[index][*choice],
            None => &self.least[index],
        };
        let parts: Vec<&Part> = self.prepared.dimensions.iter().enumerate().map(part).collect();
        let traffic = Traffic { prepared: &self.prepared, layout: &self.layout, choices: &self.choices };
        let open = vec![None; self.choices.len()];
        traffic.bound(mask.map_or(&open, |mask| &self.masks[mask]), &parts).rank(objective)
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
    /// Bounds of words, unless there are too many choices of what is kept.
    words: Option<Words<'a>>,
    /// Per dimension.
    minima: Vec<Minima>,
    bypass_masks: Vec<Vec<DataSpaceSet>>,
    /// Those whose bound refuses nothing with the factors chosen.
    open_masks: Vec<usize>,
    /// Chosen so far, per dimension.
    chosen: Vec<usize>,
    /// Only some orders of each tiling, for a first good value, and as many evaluations more.
    is_probe: bool,
    probes: u64,
    /// Partial tilings that are looked at, at most.
    pub(super) most_tilings: Option<u64>,
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
        let lists = space.factors.iter().map(|factors| factorizations(space, factors)).collect();
        Self::of_lists(job, space, objective, budget, progress, lists)
    }

    /// The same of a mapspace with any factors; `None` if there are too many.
    pub(super) fn of_any(
        job: Job<'a>,
        space: &'a Mapspace,
        objective: &'a Objective,
        budget: Budget,
        progress: &'a dyn Progress,
    ) -> Option<Self> {
        let lists = space.factors.iter().map(|factors| all_factorizations(space, factors));
        Some(Self::of_lists(job, space, objective, budget, progress, lists.collect::<Option<_>>()?))
    }

    /// The number of tilings.
    pub(super) fn tilings(&self) -> f64 {
        self.factorizations.iter().map(|all| real(count(all.len()))).product()
    }

    fn of_lists(
        job: Job<'a>,
        space: &'a Mapspace,
        objective: &'a Objective,
        budget: Budget,
        progress: &'a dyn Progress,
        factorizations: Vec<Vec<Factorization>>,
    ) -> Self {
        Self {
            words: Words::new(job, space, objective, &factorizations),
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
            open_masks: Vec::new(),
            chosen: Vec::new(),
            is_probe: false,
            probes: 0,
            most_tilings: None,
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
        if let Some(words) = &mut self.words {
            words.masks = bypass_masks.iter().map(|keep| words.mask(keep)).collect();
        }
        self.bypass_masks = bypass_masks;
        self.is_probe = self.known == f64::INFINITY && self.best.best().is_none();
        if self.is_probe {
            let _ = self.tiling();
        }
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
        let plain = lower_bound(self.job, self.objective, cycles, computes);
        match &self.words {
            Some(words) => plain.and(words.bound(self.objective, &self.chosen, None)),
            None => plain,
        }
    }

    /// Whether nothing with a bound is of interest.
    fn is_refused(&self, bound: &Rank) -> bool {
        bound.value == f64::INFINITY || is_above(bound.value, self.known) || self.best.refuses(bound)
    }

    /// The choices of what is kept that a bound does not refuse.
    fn masks(&self) -> Vec<usize> {
        let all = 0..self.bypass_masks.len();
        let Some(words) = &self.words else { return all.collect() };
        let is_open = |mask: &usize| !self.is_refused(&words.bound(self.objective, &self.chosen, Some(*mask)));
        all.filter(is_open).collect()
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
            if self.most_tilings.is_some_and(|most| self.counts.tilings > most) {
                self.stop = Some(StopReason::OwnLimit);
                return ControlFlow::Break(());
            }
            let flow = if self.is_refused(&bound) {
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
        self.open_masks = self.masks();
        if self.open_masks.is_empty() {
            self.counts.tilings_by_bound += 1;
            return ControlFlow::Continue(());
        }
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
        for place in 0..self.open_masks.len() {
            let index = self.open_masks[place];
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

/// All factorisations of one dimension with any factors, those with few temporal iterations first; `None` if there are too many.
fn all_factorizations(space: &Mapspace, factors: &Factors) -> Option<Vec<Factorization>> {
    let mut lists = vec![(Vec::new(), factors.bound)];
    for (index, limits) in factors.limits.iter().enumerate() {
        let mut next = Vec::new();
        for (list, left) in lists {
            let fan_out =
                space.placements[space.tiling[index].level].as_ref().map_or(1, |placement| placement.fan_out.product());
            let most = if space.tiling[index].kind == Kind::Spatial { fan_out.min(left) } else { left };
            let choices = match limits.exact {
                Some(exact) => exact.min(left)..=exact.min(left),
                None if index + 1 == factors.limits.len() => left..=left,
                None => 1..=most,
            };
            for factor in choices.filter(|factor| limits.allow_of(*factor, left)) {
                next.push(([list.as_slice(), &[factor]].concat(), left.div_ceil(factor)));
            }
            if next.len() > MOST_FACTORIZATIONS {
                return None;
            }
        }
        lists = next;
    }
    let whole = lists.into_iter().filter(|(_, left)| *left == 1);
    let mut all: Vec<Factorization> = whole.filter_map(|(list, _)| with_residuals(space, factors, &list)).collect();
    all.sort_by(|left, right| left.cycles.total_cmp(&right.cycles).then_with(|| left.parts.cmp(&right.parts)));
    all.dedup_by(|left, right| left.parts == right.parts);
    Some(all)
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
