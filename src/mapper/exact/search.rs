//! The search of subspaces, by their bounds, and the evaluation of complete mappings.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;
use std::time::Instant;

use super::bound::{Bounds, PartialTiling};
use super::cost_to_go::CostToGo;
use super::counted::Counted;
use super::counts::SearchCounts;
use super::evaluate::{Evaluator, Parts};
use super::frames::{Frame, KeepFrame};
use super::local::{Limit, LocalSearch};
use super::objective::{LowerBounds, NOISE};
use super::orders::ReuseState;
use super::portion::Portion;
use super::prepared_job::PreparedJob;
use super::rests::Rests;
use super::spatial::SpatialFactors;
use super::subspace::Subspace;
use super::tilings::Candidate;
use crate::mapper::incumbent::{Archive, ByRank, Comparison, Incumbent, Scored};
use crate::mapper::objective::Rank;
use crate::mapper::{Budget, Metric, Progress, StopReason};
use crate::mapping::{LevelPolicy, SpatialLoop};
use crate::mapspace::{KeepChoice, Mapspace};
use crate::model::Cost;

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
    /// What some mapping is known to rank as: nothing that comes after it is of interest.
    pub(super) known: Rank,
    by_rank: ByRank,
    /// Whether the value of the metric decides alone: of mappings of equal value any is as good.
    pub(super) value_alone: bool,
    /// What finds good mappings early.
    pub(super) local: Option<LocalSearch<'a>>,
    frames: Portion<Frame>,
    pub(super) keeps: Portion<KeepFrame>,
    /// Per level.
    pub(super) candidates: Vec<Portion<Candidate>>,
    pub(super) partials: Vec<PartialTiling>,
    /// Per level: what the subspace keeps, with the level's exceptions.
    policies: Vec<LevelPolicy>,
    /// Spatial loops of the subspace's spatial factors: first places, and per level all of them once they are asked for.
    places: Vec<Vec<SpatialLoop>>,
    all_places: Option<Vec<Vec<Vec<SpatialLoop>>>>,
    spatial_factors: SpatialFactors,
    /// Of the subspace, once its search has taken as long as the tables take.
    pub(super) cost_to_go: Option<CostToGo>,
    /// Ticks when the search of the subspace began, and when the tables are due.
    subspace_began: u64,
    tables_due: u64,
    /// Orders under construction; per level, innermost first.
    pub(super) temporal: Vec<Vec<(usize, u64)>>,
    pub(super) reuse_states: Vec<Vec<ReuseState>>,
    budget: Budget,
    deadline: Option<Instant>,
    ticks: u64,
    /// Why the search is to end early.
    pub(super) stop: Option<StopReason>,
    pub(super) mode: Mode,
    /// The answer to [`Mode::Feasibility`].
    pub(super) is_feasible: bool,
}

/// Subspaces that are probed for a first good value.
const PROBES: usize = 24;

/// Bounds of tilings that take about as long as one tile of a table.
const TICKS_OF_A_TILE: u64 = 2;

/// Ticks of a subspace's search before it is asked whether tables pay, and most entries that they may have.
const TICKS_BEFORE_TABLES: u64 = 256;
const MOST_ENTRIES: usize = 1 << 20;

/// Whether a value or a bound is above a value that is known, by more than rounding.
pub(super) fn is_above(bound: f64, known: f64) -> bool {
    bound > known * (1.0 + 2.0 * NOISE)
}

/// Most choices of what is kept that are all looked at: of all data spaces together where mappings are tried one by one, and of each
/// data space where bounds decide.
pub(super) const MAX_BYPASS_MASKS: usize = 1 << 16;
const MAX_CHOICES_OF_A_SPACE: usize = 1 << 12;

/// Most subspaces and most temporal factors of a level that are held at a time.
const PORTION: (usize, usize) = (1 << 14, 1 << 17);

/// Of each data space, the choices of the levels that keep it; `None` if there are too many.
pub(super) fn keep_choices(space: &Mapspace) -> Option<Vec<Vec<KeepChoice>>> {
    (0..space.spaces).map(|data_space| space.keep_choices(data_space, MAX_CHOICES_OF_A_SPACE)).collect()
}

/// What is known of a rank of which only the value is known.
pub(super) fn rank_of_value(value: f64) -> Rank {
    Rank { value, cost: Cost { energy_pj: f64::INFINITY, cycles: u64::MAX } }
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
            known: rank_of_value(f64::INFINITY),
            by_rank: ByRank::of(prepared.objective.metric),
            value_alone: false,
            mode: Mode::All,
            is_feasible: false,
            local: None,
            frames: Portion::of(PORTION.0),
            keeps: Portion::of(PORTION.0),
            candidates: vec![Portion::of(PORTION.1); levels],
            partials: vec![PartialTiling::default(); levels + 1],
            policies: prepared.space.policies.clone(),
            places: Vec::new(),
            all_places: None,
            spatial_factors: SpatialFactors::none(prepared),
            cost_to_go: None,
            subspace_began: 0,
            tables_due: u64::MAX,
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
        let choices = keep_choices(self.prepared.space);
        let is_complete = choices.is_some();
        let choices = choices.unwrap_or_else(|| self.prepared.space.fixed_choices());
        if choices.iter().any(Vec::is_empty) {
            return None;
        }
        let mut frames = std::mem::replace(&mut self.frames, Portion::of(1));
        frames.restart();
        let left = self.search_frames(&choices, &mut frames);
        self.frames = frames;
        // Of choices that were not looked at, nothing is known but that they cost something.
        if is_complete { left } else { Some(0.0) }
    }

    /// Searches all subspaces, portion by portion; the least bound of what was left, if it ended early.
    fn search_frames(&mut self, choices: &[Vec<KeepChoice>], frames: &mut Portion<Frame>) -> Option<f64> {
        let mut done = 0.0;
        let mut fallback = None;
        loop {
            self.list_frames(choices, frames);
            // A list that was cut short has no line for the rest.
            if self.stop.is_some() {
                self.keep_better(fallback);
                let units = self.prepared.placements.iter().map(|(_, placement)| placement.fan_out.product());
                let bound = self.bound_of_units(units.fold(1, u64::saturating_mul)).value;
                return Some(frames.after().map_or(bound, |after| after.bound.value.max(bound)));
            }
            if self.mode == Mode::All && frames.after().is_none() {
                fallback = self.probe(&frames.items, choices);
            }
            let is_last = frames.ceiling().is_none();
            let share = if is_last { 1.0 - done } else { (1.0 - done) / 2.0 };
            let left = self.search_portion_of_frames(&frames.items, choices, |part| done + share * part);
            if left.is_some() || !frames.go_on() {
                self.keep_better(fallback);
                return left;
            }
            done += share;
        }
    }

    /// Searches the first subspaces for one valid mapping each, unless a good value is known, and looks past what comes after the
    /// best of these from then on. It is found again, or one that is as good and comes first, unless the search ends early.
    fn probe(&mut self, frames: &[Frame], choices: &[Vec<KeepChoice>]) -> Option<Scored<Rank>> {
        if self.known.value < f64::INFINITY {
            return None;
        }
        self.mode = Mode::Probe;
        for frame in frames.iter().take(PROBES) {
            if self.stop.is_some() || self.is_refused(&frame.bound) {
                break;
            }
            let _ = self.search_frame(frame, choices);
        }
        self.mode = Mode::All;
        if self.value_alone {
            return None;
        }
        let found = std::mem::replace(&mut self.best, Incumbent::new(self.by_rank)).into_best()?;
        self.known = found.score;
        Some(found)
    }

    /// Takes a mapping that is better than what was found.
    fn keep_better(&mut self, found: Option<Scored<Rank>>) {
        if let Some(found) = found {
            self.best.offer(found);
        }
    }

    /// Searches a portion of subspaces. A subspace whose turn comes gets a sharper bound first, and waits until none that is left
    /// has a smaller one.
    fn search_portion_of_frames(
        &mut self,
        frames: &[Frame],
        choices: &[Vec<KeepChoice>],
        progress: impl Fn(f64) -> f64,
    ) -> Option<f64> {
        let mut waiting: BinaryHeap<Reverse<Frame>> = BinaryHeap::new();
        let mut index = 0;
        loop {
            let is_next = |Reverse(waiting): &&Reverse<Frame>| frames.get(index).is_none_or(|frame| waiting <= frame);
            let next = waiting.peek().filter(is_next).map(|Reverse(frame)| frame.clone());
            let frame = next.as_ref().or(frames.get(index))?;
            if self.stop.is_some() {
                return Some(frame.bound.value);
            }
            if self.is_beyond(&frame.bound) {
                self.counts.subspaces_by_bound += (frames.len() - index + waiting.len()) as u64;
                return None;
            }
            if next.is_some() {
                waiting.pop();
            } else {
                index += 1;
            }
            if self.is_refused(&frame.bound) {
                self.counts.subspaces_by_bound += 1;
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            self.progress.advanced(progress((index - waiting.len()) as f64 / frames.len() as f64));
            if next.is_none() {
                let bound = self.sharper_bound(frame, choices);
                if self.is_refused(&bound) {
                    self.counts.subspaces_by_bound += 1;
                } else {
                    waiting.push(Reverse(Frame { bound, ..frame.clone() }));
                }
                continue;
            }
            if let ControlFlow::Break(left) = self.search_frame(frame, choices) {
                let others = waiting.peek().map(|Reverse(frame)| frame).into_iter().chain(frames.get(index));
                let next = others.map(|next| next.bound.value).fold(f64::INFINITY, f64::min);
                return Some(left.max(frame.bound.value).min(next));
            }
        }
    }

    /// The rank of a bound; its value is infinite where a limit refuses it.
    pub(super) fn rank(&self, subspace: &Subspace, counted: Counted) -> Rank {
        self.rank_with(subspace, counted, subspace.min_cycles)
    }

    pub(super) fn rank_with(&self, subspace: &Subspace, counted: Counted, cycles: f64) -> Rank {
        self.rank_of(&subspace.machine.lower_bounds(self.prepared, counted, cycles))
    }

    pub(super) fn rank_of(&self, bounds: &LowerBounds) -> Rank {
        self.prepared.objective.bound(bounds, NOISE)
    }

    /// Whether nothing with this bound can be better than what is known.
    #[inline]
    pub(super) fn is_refused(&self, bound: &Rank) -> bool {
        if self.value_alone && self.best.best().is_some_and(|best| bound.value >= best.score.value) {
            return true;
        }
        self.is_excluded(bound) || self.best.refuses(bound)
    }

    /// Whether that holds for the value alone, and so for all that come later in a list sorted by bounds.
    pub(super) fn is_beyond(&self, bound: &Rank) -> bool {
        let is_above_best = || self.best.best().is_some_and(|best| is_above(bound.value, best.score.value));
        bound.value == f64::INFINITY || is_above(bound.value, self.known.value) || is_above_best()
    }

    /// Whether a limit or what is known beforehand excludes it. What comes as early as what is known is looked at: the first in the
    /// order of the search is the result, whatever is known.
    #[inline]
    fn is_excluded(&self, bound: &Rank) -> bool {
        let Rank { value, cost } = self.known;
        bound.value == f64::INFINITY
            || is_above(bound.value, value)
            || (is_above(bound.cost.edp(), cost.edp()) && !is_above(value, bound.value))
    }

    /// Prepares for subspaces with these spatial factors.
    pub(super) fn enter(&mut self, factors: &SpatialFactors) {
        self.spatial_factors = factors.clone();
        self.places = factors.first_places(self.prepared);
        self.all_places = None;
    }

    /// Searches subspaces with the same spatial factors, which are in order.
    pub(super) fn search_kept(&mut self, factors: &SpatialFactors, kept: &[KeepFrame]) -> Flow {
        for (index, frame) in kept.iter().enumerate() {
            if self.stop.is_some() {
                return ControlFlow::Break(frame.bound.value);
            }
            if self.is_beyond(&frame.bound) {
                self.counts.subspaces_by_bound += (kept.len() - index) as u64;
                break;
            }
            if self.is_refused(&frame.bound) {
                self.counts.subspaces_by_bound += 1;
                continue;
            }
            if let ControlFlow::Break(left) = self.search_subspace(factors, frame) {
                let next = kept.get(index + 1).map_or(frame.bound.value, |next| next.bound.value);
                return ControlFlow::Break(left.max(frame.bound.value).min(next));
            }
        }
        ControlFlow::Continue(())
    }

    /// Searches one subspace.
    fn search_subspace(&mut self, factors: &SpatialFactors, frame: &KeepFrame) -> Flow {
        let keep = self.prepared.space.kept_by(frame.code);
        let Some(subspace) = Subspace::new(self.prepared, factors, keep) else {
            return ControlFlow::Continue(());
        };
        for (policy, keep) in self.policies.iter_mut().zip(&subspace.keep) {
            policy.keep = *keep;
        }
        let bounds = Bounds { prepared: self.prepared, subspace: &subspace, spatial: &factors.spatial };
        self.cost_to_go = None;
        self.subspace_began = self.ticks;
        self.tables_due = if self.mode == Mode::All { self.ticks + TICKS_BEFORE_TABLES } else { u64::MAX };
        bounds.root(&factors.rest, &mut self.partials[0]);
        self.search_tilings(&bounds, 0)
    }

    /// Finds what the levels outside of each tiling count, if the search of the subspace has taken about as long as that takes: most
    /// searches are over before. It changes the time of a search, not its result.
    pub(super) fn prepare_tables(&mut self, bounds: &Bounds) {
        if self.ticks < self.tables_due {
            return;
        }
        let rests = Rests::of_levels(self.prepared, bounds.spatial);
        let entries = rests.iter().fold(0usize, |sum, rests| sum.saturating_add(rests.entries));
        let due = self.subspace_began.saturating_add(entries as u64 * TICKS_OF_A_TILE);
        if entries > MOST_ENTRIES {
            self.tables_due = u64::MAX;
        } else if self.ticks < due {
            self.tables_due = due;
        } else {
            self.tables_due = u64::MAX;
            let counted = self.prepared.counted_level().map(Metric::Accesses);
            let limits = self.prepared.objective.limits.iter().filter(|(metric, _)| Some(*metric) == counted);
            let most_load = limits.map(|limit| limit.1).fold(f64::INFINITY, f64::min) * (1.0 + NOISE);
            self.cost_to_go = Some(CostToGo::new(bounds, &rests, most_load));
            self.work(entries);
        }
    }

    /// Tells the clock and the local search of work on so many tiles.
    pub(super) fn work(&mut self, tiles: usize) {
        for _ in 0..tiles as u64 * TICKS_OF_A_TILE {
            self.tick();
        }
    }

    /// Evaluates the mapping whose orders are complete. `any_place`: whether the places of the spatial loops matter.
    pub(super) fn evaluate(&mut self, bound: Rank, any_place: bool) -> Flow {
        let is_valid = if any_place { self.evaluate_places(bound) } else { self.evaluate_one(bound) };
        self.tick();
        if self.stop.is_some() || (self.mode == Mode::Probe && is_valid) {
            return ControlFlow::Break(bound.value);
        }
        ControlFlow::Continue(())
    }

    /// Evaluates the mapping in all places of its spatial loops; whether some are valid. The places of each level are held, those of
    /// all levels together are counted through.
    fn evaluate_places(&mut self, bound: Rank) -> bool {
        let all = self.all_places.take().unwrap_or_else(|| self.spatial_factors.all_places(self.prepared));
        let first = self.places.clone();
        let mut at = vec![0; all.len()];
        let mut is_valid = false;
        'places: loop {
            for (level, place) in at.iter().enumerate() {
                if let Some(loops) = all[level].get(*place) {
                    self.places[level].clone_from(loops);
                }
            }
            is_valid |= self.evaluate_one(bound);
            self.tick();
            if self.stop.is_some() {
                break;
            }
            for (place, all) in at.iter_mut().zip(&all).rev() {
                *place += 1;
                if *place < all.len() {
                    continue 'places;
                }
                *place = 0;
            }
            break;
        }
        (self.places, self.all_places) = (first, Some(all));
        is_valid
    }

    /// Evaluates the mapping with the spatial loops in these places; whether it is valid.
    fn evaluate_one(&mut self, bound: Rank) -> bool {
        let parts = Parts { spatial: &self.places, temporal: &self.temporal, policies: &self.policies };
        self.counts.evaluations += 1;
        if self.budget.evaluations.is_some_and(|limit| self.counts.evaluations >= limit) {
            self.stop = Some(StopReason::Evaluations);
        }
        let Some(figures) = self.evaluator.parts(parts) else { return false };
        self.counts.valid += 1;
        let objective = &self.prepared.objective;
        let rank = objective.rank(&figures);
        debug_assert!(bound.is_below(&rank), "bound {bound:?} above {rank:?}: {:?}", parts.mapping());
        if objective.admits(&figures) && !self.best.refuses(&rank) {
            let mapping = parts.mapping();
            if !self.by_rank.is_better(&self.known, &rank) {
                self.progress.improved(&mapping, figures.cost);
            }
            self.best.offer(Scored { mapping, figures, score: rank });
        }
        true
    }

    /// Looks at the clock now and then, and lets the local search have its rounds.
    pub(super) fn tick(&mut self) {
        self.ticks = self.ticks.wrapping_add(1);
        if self.local.as_mut().is_some_and(LocalSearch::is_due) {
            self.search_locally();
        }
        if self.ticks.is_multiple_of(256) {
            if self.progress.is_cancelled() {
                self.stop = Some(StopReason::Cancelled);
            } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                self.stop = Some(StopReason::Time);
            }
        }
    }

    /// One round of the local search. What it finds is known from then on: that changes the time of a complete search, not its
    /// result.
    fn search_locally(&mut self) {
        let Some(mut local) = self.local.take() else { return };
        let (evaluations, valid) = (local.evaluations, local.valid);
        let left = self.budget.evaluations.map_or(u64::MAX, |limit| limit.saturating_sub(self.counts.evaluations));
        let is_stopped =
            || self.progress.is_cancelled() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        local.round(&Limit { evaluations: left, is_stopped: &is_stopped });
        self.counts.evaluations += local.evaluations - evaluations;
        self.counts.valid += local.valid - valid;
        if self.budget.evaluations.is_some_and(|limit| self.counts.evaluations >= limit) {
            self.stop = Some(StopReason::Evaluations);
        }
        // Where the value alone decides, what the local search finds is as good as what this one finds.
        if let Some(best) = local.best.best().filter(|_| self.value_alone) {
            self.best.offer(best.clone());
        }
        if let Some(best) = local.best.best()
            && self.by_rank.is_better(&best.score, &self.known)
        {
            self.known = best.score;
            self.progress.improved(&best.mapping, best.figures.cost);
        }
        self.local = Some(local);
    }
}

#[cfg(test)]
impl Search<'_> {
    /// Holds so few subspaces and factors of a level at a time.
    pub(super) fn with_portions(mut self, frames: usize, candidates: usize) -> Self {
        self.frames = Portion::of(frames);
        self.keeps = Portion::of(frames);
        self.candidates.fill(Portion::of(candidates));
        self
    }
}
