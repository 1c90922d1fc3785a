//! The passes of a search: one for each metric of a list, and those of imperfect factors.

use std::time::Instant;

use super::counts::SearchCounts;
use super::evaluate::Evaluator;
use super::imperfect::Exhaustive;
use super::imperfect::relaxed::Relaxed;
use super::infeasible::Explanation;
use super::local::LocalSearch;
use super::objective::Objective;
use super::prepared_job::PreparedJob;
use super::search::{MAX_BYPASS_MASKS, Search, is_above, keep_choices, rank_of_value};
use crate::mapper::incumbent::{ByRank, Comparison, Scored};
use crate::mapper::objective::Rank;
use crate::mapper::{Budget, Effort, Job, Metric, Outcome, Progress, StopReason};
use crate::mapping::Mapping;
use crate::mapspace::Mapspace;

/// Mappings of a space with factors that do not divide, which are evaluated one by one, if no budget says otherwise; and if none
/// is valid yet.
const IMPERFECT_EVALUATIONS: (u64, u64) = (5_000, 2_000_000);

/// Bounds computed of what they cannot be below, where they are not searched to the end.
const IMPERFECT_BOUNDS: u64 = 50_000;

/// Seconds that are spent on the reason why nothing is valid.
const EXPLANATION_SECONDS: f64 = 10.0;

/// The best mapping of a pass; its score is its rank by the objective.
pub(super) type Best = Scored<Rank>;

/// One pass with one objective.
pub(super) struct Pass {
    pub(super) best: Option<Best>,
    /// The least bound of what was left, if it ended early, and why it did.
    pub(super) left: Option<(f64, StopReason)>,
    pub(super) counts: SearchCounts,
}

/// The parts of a run that all passes share.
pub(super) struct Runner<'a> {
    pub(super) job: Job<'a>,
    pub(super) space: &'a Mapspace,
    pub(super) progress: &'a dyn Progress,
    pub(super) budget: Budget,
    pub(super) started: Instant,
    pub(super) counts: SearchCounts,
}

impl Runner<'_> {
    /// A pass that looks past everything above `upper_bound`; if that is below the optimum, a pass over everything.
    pub(super) fn bounded_pass(&mut self, objective: &Objective, upper_bound: f64) -> Pass {
        let pass = self.pass(objective, None, upper_bound);
        match pass.left {
            // What was looked past is above the bound.
            Some((left, reason)) => Pass { left: Some((left.min(upper_bound), reason)), ..pass },
            None if pass.best.as_ref().is_some_and(|best| !is_above(best.score.value, upper_bound)) => pass,
            None => self.pass(objective, None, f64::INFINITY),
        }
    }

    /// One search. `known` is a mapping whose value is an upper bound, if it is within the limits; `upper_bound` is another.
    pub(super) fn pass(&mut self, objective: &Objective, known: Option<&Mapping>, upper_bound: f64) -> Pass {
        let known = known.and_then(|mapping| {
            let figures = Evaluator::new(self.job, objective).mapping(mapping)?;
            let score = objective.rank(&figures);
            objective.admits(&figures).then(|| Best { mapping: mapping.clone(), figures, score })
        });
        let known = if self.space.is_perfect() { known } else { self.of_fixed(objective, known) };
        let upper_bound = known.as_ref().map_or(upper_bound, |known| known.score.value);
        let mut budget = self.budget;
        let is_own_limit = !self.space.is_perfect() && budget == Budget::default();
        if is_own_limit {
            let (few, many) = IMPERFECT_EVALUATIONS;
            budget.evaluations = Some(if known.is_some() { few } else { many });
        }
        let start = known.as_ref().map(|known| &known.mapping);
        let Pass { best, mut left, counts } = self.ranked(objective, budget, upper_bound, start);
        if let Some((_, reason @ StopReason::Evaluations)) = &mut left
            && is_own_limit
        {
            *reason = StopReason::OwnLimit;
        }
        // What is known, or an equal mapping, is found again unless the search ends early.
        let by_rank = ByRank::of(objective.metric);
        let is_worse = |best: &Best| known.as_ref().is_some_and(|known| by_rank.is_better(&known.score, &best.score));
        Pass { best: best.filter(|best| !is_worse(best)).or(known), left, counts }
    }

    /// A pass, what it used taken from the budget. Counts have many mappings of equal value: the least value is found first, then
    /// the best by cost of all that have it. So each part cuts what it need not tell apart.
    fn ranked(&mut self, objective: &Objective, budget: Budget, upper_bound: f64, start: Option<&Mapping>) -> Pass {
        let in_parts = self.space.is_perfect() && objective.metric.noise() == 0.0;
        let first = pass(self.job, self.space, objective, budget, self.progress, upper_bound, start, in_parts);
        self.counts.add(&first.counts);
        self.spend(first.counts.evaluations);
        let Some(found) = first.best.as_ref().filter(|_| in_parts && first.left.is_none()) else { return first };
        let value = found.score.value;
        // The first limit that counts accesses is the one that has bounds.
        let mut limits = vec![(objective.metric, value)];
        limits.extend_from_slice(&objective.limits);
        let of_equals = Objective { metric: Metric::Edp, limits };
        let known = of_equals.rank(&found.figures).value;
        let Pass { best, left, counts } =
            pass(self.job, self.space, &of_equals, self.budget, self.progress, known, Some(&found.mapping), false);
        self.counts.add(&counts);
        self.spend(counts.evaluations);
        // What is left has no lower value.
        let left = left.map(|(_, reason)| (value, reason));
        let ranked = |best: Best| Best { score: objective.rank(&best.figures), ..best };
        let by_rank = ByRank::of(objective.metric);
        let best = best.map(ranked).filter(|best| !by_rank.is_better(&found.score, &best.score));
        Pass { best: best.or(first.best), left, counts }
    }

    /// Why the search found no mapping. Only a search of the whole space shows that none is valid.
    pub(super) fn nothing(&self, stop: StopReason, effort: Effort) -> Outcome {
        if let Some(stop) = self.stop().filter(|stop| *stop != StopReason::Evaluations) {
            let text = "the search ended before it found a valid mapping: give it more time";
            return Outcome::nothing(text.to_owned(), stop, effort);
        }
        let is_too_many = if self.space.is_perfect() {
            keep_choices(self.space).is_none()
        } else {
            self.space.bypass_masks(MAX_BYPASS_MASKS).is_none()
        };
        if is_too_many {
            let text = "the levels have too many choices of what they keep to search them all, and none was found: decide some with `keep` and \
                        `bypass`";
            return Outcome::nothing(text.to_owned(), StopReason::OwnLimit, effort);
        }
        let seconds = self.budget.seconds.unwrap_or(f64::INFINITY).min(EXPLANATION_SECONDS);
        let reason = Explanation::new(self.job, self.space, self.progress, seconds);
        let reason = reason.text(stop == StopReason::Complete);
        match stop {
            StopReason::Complete => Outcome::infeasible(format!("no mapping is valid{reason}"), effort),
            StopReason::Exhausted => {
                let text = "neither factors that divide nor the paddings that were tried give a valid mapping";
                Outcome::nothing(format!("{text}{reason}"), stop, effort)
            }
            _ => {
                let text = format!("the search ended before it found a valid mapping{reason}");
                Outcome::nothing(text, stop, effort)
            }
        }
    }

    /// Takes what a pass used from the budget.
    pub(super) fn spend(&mut self, evaluations: u64) {
        if let Some(left) = &mut self.budget.evaluations {
            *left = left.saturating_sub(evaluations);
        }
        if let Some(left) = &mut self.budget.seconds {
            let now = Instant::now();
            *left = (*left - now.duration_since(self.started).as_secs_f64()).max(0.0);
            self.started = now;
        }
    }

    /// Why no further pass may begin.
    pub(super) fn stop(&self) -> Option<StopReason> {
        if self.progress.is_cancelled() {
            return Some(StopReason::Cancelled);
        }
        let is_late = (self.budget.seconds == Some(0.0)).then_some(StopReason::Time);
        is_late.or((self.budget.evaluations == Some(0)).then_some(StopReason::Evaluations))
    }
}

/// One search of a space; `known` is a value above which nothing is of interest, `start` a mapping that the local search begins with.
#[expect(clippy::too_many_arguments, reason = "a job, what is asked of it, and what is known")]
pub(super) fn pass(
    job: Job,
    space: &Mapspace,
    objective: &Objective,
    budget: Budget,
    progress: &dyn Progress,
    known: f64,
    start: Option<&Mapping>,
    value_alone: bool,
) -> Pass {
    if space.is_perfect() {
        let prepared = PreparedJob::new(job, space, objective.clone());
        let mut search = Search::new(&prepared, budget, progress);
        search.known = rank_of_value(known);
        search.value_alone = value_alone;
        let mut local = LocalSearch::new(&prepared);
        if let Some(start) = start {
            local.begin_with(start);
        }
        search.local = Some(local);
        let left = search.run();
        let best = search.best.into_best();
        // A search that is complete has found a mapping that is no worse.
        let by_rank = ByRank::of(objective.metric);
        let is_worse = |local: &Best| best.as_ref().is_some_and(|best| !by_rank.is_better(&local.score, &best.score));
        let local = search.local.filter(|_| left.is_some()).and_then(|local| local.best.into_best());
        let local = local.filter(|local| !is_worse(local));
        return Pass { best: local.or(best), left, counts: search.counts };
    }
    let mut search = Exhaustive::new(job, space, objective, budget, progress);
    search.known = known;
    let mut left = search.run();
    let best = search.best.into_best();
    if let Some((bound, _)) = &mut left {
        let prepared = PreparedJob::new(job, space, objective.clone());
        let value = best.as_ref().map_or(known, |best| best.score.value);
        let is_stopped = || progress.is_cancelled();
        let least = Relaxed::new(&prepared)
            .map(|mut relaxed| relaxed.least(objective.metric, value, IMPERFECT_BOUNDS, &is_stopped));
        *bound = least.map_or(*bound, |least| least.max(*bound));
    }
    Pass { best, left, counts: search.counts }
}
