//! The exact search: branch and bound over the whole `uber` mapspace (docs/search.md).
//!
//! # The search
//!
//! 1. *Frames*: factors of all spatial levels that fit the meshes, with every choice of what each level keeps. What follows
//!    from them is computed once: instances in use, compute cycles, and what a word costs on its way from one level that
//!    keeps a data space to the next inner one. Frames are searched by ascending bound; the search ends at the first whose
//!    bound is not below the best value.
//! 2. *Tilings*: temporal factors, level by level from the innermost, cut by capacity, sorted by their bound. The outermost
//!    level takes what remains.
//! 3. *Orders* of the loops of each tiling that is left: loop by loop from the innermost, with bounds that become exact as
//!    loops are placed. Where no loop that is left can change anything, one order stands for all; where tiles overlap in a way
//!    that loops further out may meet again, or neighbours may help, every order (and then every place of the spatial loops)
//!    is tried. So the result is the best of the whole mapspace, not only of one order per class.
//! 4. What is left is evaluated exactly, by [`FastModel`](crate::model::FastModel), or by the full
//!    [`Model`](crate::model::Model) where networks cost energy or power is switched elsewhere.
//!
//! Everything is done in one fixed order: of several best mappings the first is found, whatever value is known beforehand and
//! whatever else runs.
//!
//! # The bounds
//!
//! Let `v` be a data space, kept at a level `k` and at the next outer level `p`. `T` is its tile at `k` with `|T|` words, `vol`
//! the operations on it, and `F` the words that arrive in all instances of `k` together. From docs/model.md sections 4.6 and 4.9:
//!
//! * (a) If nothing were reused, every visit would bring the whole tile: `F = MACs |T| / vol`, whether the loops outside are
//!   spatial or temporal. The parent sends `F / m`, where `m` is the number of children that share a word: the irrelevant
//!   spatial loops between. So the objective of the boundary is `F` times a constant of the frame. If the tile is forgotten
//!   (`no_temporal_reuse`), this is exact.
//! * (b) Temporal loops directly outside the tile that do not move it bring nothing: `F` is divided by their product, up to the
//!   first loop that moves it (`r1` of 4.9). That loop stands in the first level, from the tile outwards, that has any relevant
//!   loop, whatever the orders. So each boundary is decided by the order of *one* level, and with all factors known the least
//!   objective is the sum over the levels of the least over their orders; it is bounded by the least over their innermost
//!   loops `d`: to a data space that `d` moves, nothing more is saved; to another one at most all irrelevant loops of that level.
//! * (c) If `r1` moves a window of `v` (a rank such as `R + 2 P`), only the share `f` of the tile is new at a step: of `n` visits
//!   the words are `(1 + (n - 1) f) / n`. Starts again of `r1` bring whole tiles, except where the extrapolation of 4.9 meets
//!   the tile where it was. A loop `l` does so only if it and all relevant loops inside it (outside the tile) move along the
//!   same window as `r1`: translations are not negative, so that a component along any other rank, or the one of `r1` itself,
//!   would remain. With one dimension in the window, translations `t, n1 t, n1 n2 t, ...` meet only where `n1 = 2`, as one
//!   longer loop would: then `n` is the product of all loops of the dimension outside the tile. With several, steps of `r1` are
//!   always paid, and one start for every iteration of the loops that are not of the window: `(1 / N + (n - 1) f) / n` with `N`
//!   the product of all other loops of the window outside the tile. `f` grows with the step, so the least possible step is
//!   taken while it is not known.
//! * (d) Neighbours (4.5): a delivery that lies `tau` from the one before leaves unserved at least the last child of every chain
//!   of children that lie `tau` apart, so at least one of the children along the windows: words are divided at most by the
//!   product `w` of the window's spatial loops. It takes a loop that moves the tile directly outside, one whose step is within
//!   the spread of the children or that shares its window with others. Compute units and forgetful levels hear every
//!   iteration, and neighbours may serve all of those that do not move the tile: for them the rule of reuse (b) bounds what
//!   remains, divided by `w`. If words pass further levels, a child there asks for at least the share that its multicast
//!   leaves: the number of children over the largest group, which is at most all but the longest loop along each window. What
//!   is rounded down per instance is subtracted. Groups of unequal size make what is asked depend on who is served, so on
//!   orders and places, also where the words come from compute units.
//! * (e) A tile that is not known yet: every point that any operation touches arrives at least once in every copy, of which
//!   there is one for every iteration of the irrelevant spatial loops outside. Holes are not counted. This needs deliveries
//!   that are true differences: where two dimensions of one window have loops outside the tiles, 0 is taken.
//! * (f) Partial sums: what is kept first time is neither read nor filled (4.6): the partition of each level is subtracted, taken
//!   as large as the relevant spatial loops outside leave it.
//! * (g) Known tiles whose moving loop is not known yet: some dimension has the innermost of all loops left; as (b) with the
//!   remaining factors of all levels, the least over that dimension.
//! * (h) Cycles: those of the temporal loops, which the spatial ones determine; and the words of a level per instance over its
//!   bandwidth, from the same bounds. Energies: those of the words divided by the block (a vector holds no more), the compute
//!   units, and leakage over the least cycles. The product of both bounds the energy-delay product.
//!
//! A data space with differences of indices or one dimension twice has the bound 0, and no order is left out.
//!
//! # Factors that do not divide
//!
//! With [`Template::Ruby`] the search goes on in `ruby.rs`, whose results have a gap instead of a proof; where constraints fix
//! factors that do not divide a bound, in `imperfect.rs`.
//!
//! # Lists of metrics
//!
//! Timeloop compares by the first metric that differs by more than 0.1 % (6.2), which is no order: of three mappings each may
//! beat the next. Here the first metric is minimised; then the second, among all mappings within 0.1 % of the least first one;
//! and so on; at last the first metric again, within 0.1 % of every least. Each step is exact.

mod bound;
mod evaluate;
mod frame;
mod geometry;
mod imperfect;
mod infeasible;
mod objective;
mod orders;
mod ruby;
mod search;
mod setting;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use super::{
    Budget, Effort, FoundMapping, Job, MapError, Mapper, Metric, Outcome, Progress, Status, StopReason, Template,
};
use crate::mapper::incumbent::Scored;
use crate::mapping::Mapping;
use crate::mapspace::Mapspace;
use evaluate::Evaluator;
use imperfect::Exhaustive;
use objective::{Objective, TOLERANCE};
use search::{MOST_KEEPS, Search};
use setting::Setting;

/// Mappings of a space with factors that do not divide, which are evaluated one by one, if no budget says otherwise; and if none
/// is valid yet.
const IMPERFECT_EVALUATIONS: (u64, u64) = (5_000, 2_000_000);

/// Seconds that are spent on the reason why nothing is valid.
const EXPLANATION_SECONDS: f64 = 10.0;

/// Finds the best mapping of the whole mapspace, with a proof.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactMapper {
    /// What is minimised: the first; the later ones decide among mappings within 0.1 % of the best by the earlier ones.
    pub metrics: Vec<Metric>,
    /// When it ends early.
    pub budget: Budget,
    /// Which factors there are. With imperfect ones nothing is proved, and the first metric alone decides.
    pub template: Template,
}

impl Default for ExactMapper {
    fn default() -> Self {
        Self { metrics: vec![Metric::Edp], budget: Budget::default(), template: Template::default() }
    }
}

/// What was done, and what was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    evaluations: u64,
    valid: u64,
    /// Spatial factors beyond the meshes.
    by_mesh: u64,
    by_capacity: u64,
    /// More loops than the mapper's settings allow.
    by_loops: u64,
    /// Bounds computed of temporal factors of one level, and how many were refused.
    tilings: u64,
    tilings_by_bound: u64,
    /// Bounds computed of orders, and how many were refused.
    orders: u64,
    orders_by_bound: u64,
    /// Spatial factors with what is kept, and how many were refused.
    frames: u64,
    frames_by_bound: u64,
}

impl Counts {
    fn effort(&self, space: &Mapspace) -> Effort {
        let named = |parts: &[(&str, u64)]| parts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Effort {
            mapspace: space.size().parts().map(|(name, size)| (name.to_owned(), size)).to_vec(),
            evaluations: self.evaluations,
            valid: self.valid,
            cuts: named(&[
                ("spatial factors beyond the mesh", self.by_mesh),
                ("tiles beyond a capacity", self.by_capacity),
                ("too many loops", self.by_loops),
                ("spatial factors and bypass choices, by bound", self.frames_by_bound),
                ("tilings, by bound", self.tilings_by_bound),
                ("orders, by bound", self.orders_by_bound),
            ]),
        }
    }
}

/// The best mapping of a pass; its score is the value of the objective.
type Best = Scored<f64>;

/// One pass with one objective.
struct Pass {
    best: Option<Best>,
    /// The least bound of what was left, if it ended early, and why it did.
    left: Option<(f64, StopReason)>,
    counts: Counts,
}

/// The parts of a run that all passes share.
struct Runner<'a> {
    job: Job<'a>,
    space: &'a Mapspace,
    progress: &'a dyn Progress,
    budget: Budget,
    started: Instant,
    counts: Counts,
}

impl Mapper for ExactMapper {
    fn name(&self) -> &'static str {
        "exact"
    }

    fn settings(&self) -> String {
        let Self { metrics, budget: Budget { seconds, evaluations }, template } = self;
        let metrics: Vec<String> = metrics.iter().map(ToString::to_string).collect();
        let mut limits: Vec<String> = seconds.iter().map(|seconds| format!("{seconds} s")).collect();
        limits.extend(evaluations.iter().map(|evaluations| format!("{evaluations} evaluations")));
        let limit = if limits.is_empty() { "no limit".to_owned() } else { format!("at most {}", limits.join(" and ")) };
        format!("mapspace {}, metric {}, {limit}", template.name(), metrics.join(" then "))
    }

    fn search(&self, job: Job, progress: &dyn Progress) -> Result<Outcome, MapError> {
        job.check()?;
        let metrics = self.metrics_of(job)?;
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        let counts = Counts::default();
        let mut runner = Runner { job, space: &space, progress, budget: self.budget, started: Instant::now(), counts };
        let mut objective = Objective::of(metrics[0]);
        let again = if metrics.len() > 1 { &metrics[..1] } else { &[] };
        let mut found: Option<Best> = None;
        let (mut status, mut stop) = (Status::Optimal, StopReason::Complete);
        for (index, &metric) in metrics.iter().chain(again).enumerate() {
            objective.metric = metric;
            let pass = match job.upper_bound.filter(|_| index == 0 && self.uses_upper_bound(&space)) {
                Some(upper_bound) => runner.bounded_pass(&objective, upper_bound),
                None => runner.pass(&objective, found.as_ref().map(|best| &best.mapping), f64::INFINITY),
            };
            stop = pass.left.map_or(StopReason::Complete, |(_, reason)| reason);
            let Some(best) = pass.best else { break };
            let value = best.score;
            found = Some(best);
            if let Some((left, _)) = pass.left {
                status = Status::Gap(if value > 0.0 { (1.0 - left / value).clamp(0.0, 1.0) } else { 0.0 });
                break;
            }
            objective.limits.push((metric, value * (1.0 + TOLERANCE)));
        }
        if self.template == Template::Ruby {
            let objective = Objective::of(metrics[0]);
            let reason = stop;
            found = runner.improve(&objective, found);
            let gap = |best: &Best| 1.0 - ruby::bound(job, &objective) / objective.value(&best.figures);
            let gap = found.as_ref().map(gap).filter(|gap| gap.is_finite());
            status = gap.map_or(Status::Unknown, |gap| Status::Gap(gap.clamp(0.0, 1.0)));
            stop = runner.stop().unwrap_or(reason.max(StopReason::Exhausted));
        }
        let effort = runner.counts.effort(&space);
        let Some(Best { mapping, figures, .. }) = found else { return Ok(runner.nothing(stop, effort)) };
        Ok(Outcome::found(FoundMapping { mapping, cost: figures.cost }, status, stop, effort))
    }
}

impl ExactMapper {
    /// The metrics, in the form that the search takes.
    fn metrics_of(&self, job: Job) -> Result<Vec<Metric>, MapError> {
        let levels = job.architecture.levels().len();
        let plain = |metric: &Metric| match *metric {
            Metric::LastLevelAccesses => Ok(Metric::Accesses(levels - 1)),
            Metric::Accesses(level) if level >= levels => Err(MapError::Metric { level, levels }),
            other => Ok(other),
        };
        if self.metrics.is_empty() { Ok(vec![Metric::Edp]) } else { self.metrics.iter().map(plain).collect() }
    }

    /// Whether a bound known beforehand changes the time of a search only, not its result: a number of evaluations would reach
    /// further with it.
    fn uses_upper_bound(&self, space: &Mapspace) -> bool {
        space.is_perfect() && self.template == Template::Uber && self.budget.evaluations.is_none()
    }
}

impl Runner<'_> {
    /// A pass that looks past everything above `upper_bound`; if that is below the optimum, a pass over everything.
    fn bounded_pass(&mut self, objective: &Objective, upper_bound: f64) -> Pass {
        let pass = self.pass(objective, None, upper_bound);
        match pass.left {
            // What was looked past is above the bound.
            Some((left, reason)) => Pass { left: Some((left.min(upper_bound), reason)), ..pass },
            None if pass.best.as_ref().is_some_and(|best| best.score <= upper_bound * (1.0 + 1e-9)) => pass,
            None => self.pass(objective, None, f64::INFINITY),
        }
    }

    /// One search. `known` is a mapping whose value is an upper bound, if it is within the limits; `upper_bound` is another.
    fn pass(&mut self, objective: &Objective, known: Option<&Mapping>, upper_bound: f64) -> Pass {
        let known = known.and_then(|mapping| {
            let figures = Evaluator::new(self.job, objective).mapping(mapping)?;
            let score = objective.value(&figures);
            objective.admits(&figures).then(|| Best { mapping: mapping.clone(), figures, score })
        });
        let known = if self.space.is_perfect() { known } else { self.of_fixed(objective, known) };
        let least = known.as_ref().map_or(upper_bound, |known| known.score);
        let mut budget = self.budget;
        let is_own_limit = !self.space.is_perfect() && budget == Budget::default();
        if is_own_limit {
            let (few, many) = IMPERFECT_EVALUATIONS;
            budget.evaluations = Some(if known.is_some() { few } else { many });
        }
        let Pass { best, mut left, counts } = pass(self.job, self.space, objective, budget, self.progress, least);
        self.counts.add(&counts);
        self.spend(counts.evaluations);
        if let Some((_, reason @ StopReason::Evaluations)) = &mut left
            && is_own_limit
        {
            *reason = StopReason::OwnLimit;
        }
        // What is known is found again unless the search ends early.
        let is_worse = |best: &Best| known.as_ref().is_some_and(|known| known.score < best.score * (1.0 - 1e-9));
        Pass { best: best.filter(|best| !is_worse(best)).or(known), left, counts }
    }

    /// Why there is no mapping. Only a search of the whole space shows that there is none.
    fn nothing(&self, stop: StopReason, effort: Effort) -> Outcome {
        if let Some(stop) = self.stop().filter(|stop| *stop != StopReason::Evaluations) {
            let text = "the search ended before it found a valid mapping: give it more time";
            return Outcome::nothing(text.to_owned(), stop, effort);
        }
        if self.space.keeps(MOST_KEEPS).is_none() {
            let text = "there are too many choices of what the levels keep: decide some with `keep` and `bypass`";
            return Outcome::nothing(text.to_owned(), StopReason::OwnLimit, effort);
        }
        let seconds = self.budget.seconds.unwrap_or(f64::INFINITY).min(EXPLANATION_SECONDS);
        let reason = infeasible::Explanation::new(self.job, self.space, self.progress, seconds).text();
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
    fn spend(&mut self, evaluations: u64) {
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
    fn stop(&self) -> Option<StopReason> {
        if self.progress.is_cancelled() {
            return Some(StopReason::Cancelled);
        }
        let is_late = (self.budget.seconds == Some(0.0)).then_some(StopReason::Time);
        is_late.or((self.budget.evaluations == Some(0)).then_some(StopReason::Evaluations))
    }
}

/// One search of a space; `known` is a value above which nothing is of interest.
fn pass(
    job: Job,
    space: &Mapspace,
    objective: &Objective,
    budget: Budget,
    progress: &dyn Progress,
    known: f64,
) -> Pass {
    if space.is_perfect() {
        let setting = Setting::new(job, space, objective.clone());
        let mut search = Search::new(&setting, budget, progress);
        search.known = known;
        let left = search.run();
        return Pass { best: search.best.into_best(), left, counts: search.counts };
    }
    let mut search = Exhaustive::new(job, space, objective, budget, progress);
    search.known = known;
    let left = search.run();
    Pass { best: search.best.into_best(), left, counts: search.counts }
}

impl Budget {
    /// The moment at which the seconds end.
    fn deadline(&self) -> Option<Instant> {
        let seconds = self.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
        seconds.and_then(|seconds| Instant::now().checked_add(seconds))
    }
}

impl Counts {
    fn add(&mut self, other: &Self) {
        let Self {
            evaluations,
            valid,
            by_mesh,
            by_capacity,
            by_loops,
            tilings,
            tilings_by_bound,
            orders,
            orders_by_bound,
            frames,
            frames_by_bound,
        } = *other;
        self.evaluations += evaluations;
        self.valid += valid;
        self.by_mesh += by_mesh;
        self.by_capacity += by_capacity;
        self.by_loops += by_loops;
        self.tilings += tilings;
        self.tilings_by_bound += tilings_by_bound;
        self.orders += orders;
        self.orders_by_bound += orders_by_bound;
        self.frames += frames;
        self.frames_by_bound += frames_by_bound;
    }
}
