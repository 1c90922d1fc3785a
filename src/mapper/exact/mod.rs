//! The exact search: branch and bound over the whole `uber` mapspace (docs/search.md).
//!
//! # The search
//!
//! 1. *Subspaces*: factors of all spatial levels that fit the meshes, with every choice of what each level keeps. What follows
//!    from them is computed once: instances in use, compute cycles, and what a word costs on its way from one level that
//!    keeps a data space to the next inner one. Subspaces are searched by ascending bound; the search ends at the first whose
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
//! A *boundary* is what goes of one data space from a level that keeps it to the next inner one that does, or to the compute
//! units; `r1` is the innermost loop that moves its tile. Derived in docs/search.md section 5, in short:
//!
//! * (a) Without reuse every visit brings the whole tile: `MACs |T| / vol` words arrive, whatever loops are outside.
//! * (b) Loops inside `r1` do not move the tile and bring nothing. The order of *one* level decides that for each boundary.
//! * (c) Along a window (a rank such as `R + 2 P`) only part of the tile is new at a step of `r1`.
//! * (d) Neighbours hand words on; at least one child along each window still asks its parent, and more where steps are long.
//! * (e) Every point of the whole arrives at least once in every copy, whatever the tile.
//! * (f) The first visit of a partial sum is neither read nor filled.
//! * (g) A known tile whose `r1` is not known: the least over the dimensions that may have it.
//! * (h) Cycles are those of the compute units or of a bandwidth; their product with the energy bounds the energy-delay product.
//!
//! A data space with differences of indices, or with one dimension twice, has the bound 0, and no order is left out.
//!
//! # Factors that do not divide
//!
//! With [`Template::Ruby`] the search goes on in `ruby.rs`, which proves small mapspaces and tells a gap of others; where constraints fix
//! factors that do not divide a bound, in `imperfect.rs`.
//!
//! # Lists of metrics
//!
//! Timeloop compares by the first metric that differs by more than 0.1 % (docs/search.md section 2.1), which does not order
//! mappings: of three, each may beat the next. Here the first metric is minimised; then the second, among all mappings within 0.1 % of the least first one;
//! and so on; at last the first metric again, within 0.1 % of every least. Each step is exact.

mod bound;
mod bounded;
mod computes;
mod cost_to_go;
mod counted;
mod counts;
mod evaluate;
mod frames;
mod geometry;
mod imperfect;
mod infeasible;
mod keep_bounds;
mod least;
mod load;
mod local;
mod objective;
mod orders;
mod passes;
mod portion;
mod prepared_job;
mod raised;
mod rests;
mod ruby;
mod search;
mod spatial;
mod subspace;
#[cfg(test)]
mod tests;
mod tilings;

use std::time::Instant;

use super::{Budget, Job, MapError, Mapper, Metric, Outcome, Progress, Proof, ProofStep, Status, StopReason, Template};
use crate::mapspace::Mapspace;
use counts::SearchCounts;
pub(super) use least::{admitted_value, least_costs};
use objective::{Objective, TOLERANCE};
use passes::{Best, Runner};

/// Finds the best mapping of the whole mapspace, with a proof.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactMapper {
    /// What is minimised: the first; the later ones decide among mappings within 0.1 % of the best by the earlier ones.
    pub metrics: Vec<Metric>,
    /// When it ends early.
    pub budget: Budget,
    /// Mapspace template (perfect or imperfect factors). With imperfect ones the first metric alone decides.
    pub template: Template,
}

impl Default for ExactMapper {
    fn default() -> Self {
        Self { metrics: vec![Metric::Edp], budget: Budget::default(), template: Template::default() }
    }
}

impl Mapper for ExactMapper {
    fn name(&self) -> &'static str {
        "exact"
    }

    fn metric(&self) -> Option<Metric> {
        Some(self.metrics.first().copied().unwrap_or(Metric::Edp))
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
        let counts = SearchCounts::default();
        if let Some(sparse) = job.sparse {
            if self.template == Template::Ruby || !space.is_perfect() {
                return Err(MapError::SparseFactors);
            }
            if let Err(reason) = sparse.check() {
                return Ok(Outcome::infeasible(format!("no mapping can be counted: {reason}"), counts.effort(&space)));
            }
        }
        if let Some(reason) = infeasible::without_table(job, &space) {
            return Ok(Outcome::infeasible(format!("no mapping is valid{reason}"), counts.effort(&space)));
        }
        let mut runner = Runner { job, space: &space, progress, budget: self.budget, started: Instant::now(), counts };
        let mut objective = Objective::single(metrics[0]);
        let again = if metrics.len() > 1 { &metrics[..1] } else { &[] };
        let mut found: Option<Best> = None;
        let (mut status, mut stop) = (Status::Optimal, StopReason::Complete);
        let mut steps = Vec::new();
        for (index, &metric) in metrics.iter().chain(again).enumerate() {
            objective.metric = metric;
            let pass = match job.upper_bound.filter(|_| index == 0 && self.uses_upper_bound(&space)) {
                Some(upper_bound) => runner.bounded_pass(&objective, upper_bound),
                None => runner.pass(&objective, found.as_ref().map(|best| &best.mapping), f64::INFINITY),
            };
            stop = pass.left.map_or(StopReason::Complete, |(_, reason)| reason);
            let Some(best) = pass.best else { break };
            let value = best.score.value;
            found = Some(best);
            let lower_bound = pass.left.map_or(value, |(left, _)| left.min(value));
            steps.push(ProofStep { metric, value, lower_bound });
            if let Some((left, _)) = pass.left {
                status = Status::Gap(gap(value, left));
                break;
            }
            objective.limits.push((metric, value * (1.0 + TOLERANCE)));
        }
        if self.template == Template::Ruby {
            let objective = Objective::single(metrics[0]);
            let reason = stop;
            // The last pass may have minimised another metric.
            let found_by_first = found.map(|best| Best { score: objective.rank(&best.figures), ..best });
            found = runner.improve(&objective, found_by_first);
            let proved = found.as_ref().and_then(|best| runner.every(&objective, best));
            let is_proved = proved.is_some();
            found = proved.or_else(|| found.map(|best| runner.walk(&objective, best)));
            let value = found.as_ref().map_or(f64::NAN, |best| best.score.value);
            let bound = if is_proved { value } else { runner.least(&objective, value) };
            steps = vec![ProofStep { metric: metrics[0], value, lower_bound: bound.min(value) }];
            (status, stop) = if is_proved {
                (Status::Optimal, StopReason::Complete)
            } else {
                let status = found.as_ref().map_or(Status::Unknown, |_| Status::Gap(gap(value, bound)));
                (status, runner.stop().unwrap_or(reason.max(StopReason::Exhausted)))
            };
        }
        let effort = runner.counts.effort(&space);
        let Some(Best { mapping, figures, .. }) = found else { return Ok(runner.nothing(stop, effort)) };
        let proof = Some(Proof { settings: self.settings(), steps });
        Ok(Outcome { proof, ..Outcome::found(job.found(mapping, figures.cost)?, status, stop, effort) })
    }
}

/// By which share the value found can be above the least one, of which a lower bound is known. Nothing is below 0.
fn gap(value: f64, bound: f64) -> f64 {
    if value > 0.0 { (1.0 - bound / value).clamp(0.0, 1.0) } else { 0.0 }
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
