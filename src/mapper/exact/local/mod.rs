//! A good mapping within milliseconds: greedy construction, then small changes that are evaluated one by one (docs/search.md
//! section 6.7). What it finds is an upper bound for the search that proves, and the result of one that its budget ends.

mod construct;
mod frame;
pub(super) mod moves;
mod point;
mod shortage;

pub(super) use frame::Frame;
pub(super) use point::Point;
pub(super) use shortage::Gauge;
use shortage::excess;

use super::evaluate::Evaluator;
use super::prepared_job::PreparedJob;
use crate::mapper::generator::Generator;
use crate::mapper::incumbent::{Archive, ByRank, Incumbent, Scored};
use crate::mapper::objective::Rank;
use crate::mapping::Mapping;
use crate::numbers::real;

/// Changes tried in each of the first two rounds; in the next two there are twice as many, and so on, up to a limit.
const ROUND: (u64, u64) = (2_000, 256_000);

/// Changes that take as long as one by the full model.
const SLOW: u64 = 16;

/// Looks of the exact search at its clock between the first two rounds; between the next two there are twice as many, and so on, and
/// again twice as many after every two rounds that found nothing better; up to a limit.
const PATIENCE: (u64, u64) = (4_096, 4_194_304);

/// Of the evaluations that a budget leaves, a round takes one in so many at most, but so many at least.
const SHARE: (u64, u64) = (4, 1_000);

/// Spaces of fewer mappings are searched before a good mapping helps.
const FEW_MAPPINGS: u128 = 100_000;

/// Temperatures of a round, as relative differences of the value: at its begin, at its end, and at the begin of one that goes on from
/// the best mapping.
const TEMPERATURE: (f64, f64, f64) = (0.6, 0.003, 0.15);

/// How much a relative difference of the energy-delay product counts beside one of the value: of many equal ones, a better one.
const TIE: f64 = 1e-3;

/// How good a point is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Score {
    /// It does not fit the machine, by so many doublings.
    Misfit(f64),
    Valid(Rank),
}

/// How far a round may go.
pub(super) struct Limit<'a> {
    /// Evaluations that the budget leaves.
    pub(super) evaluations: u64,
    pub(super) is_stopped: &'a dyn Fn() -> bool,
}

/// A search by small changes, in rounds between which the exact search goes on.
#[derive(Debug)]
pub(super) struct LocalSearch<'a> {
    frame: Frame<'a>,
    evaluator: Evaluator<'a>,
    gauge: Gauge,
    random: Generator,
    pub(super) best: Incumbent<ByRank>,
    best_point: Option<Point>,
    /// Mappings evaluated, and those that were valid.
    pub(super) evaluations: u64,
    pub(super) valid: u64,
    rounds: usize,
    /// Rounds since the last one that found something better.
    fruitless: usize,
    /// What the exact search has waited since the last round.
    waited: u64,
}

impl<'a> LocalSearch<'a> {
    pub(super) fn new(prepared: &'a PreparedJob<'a>) -> Self {
        let frame = Frame::new(prepared);
        let is_small = prepared.space.size().total() < FEW_MAPPINGS;
        Self {
            evaluator: Evaluator::new(prepared.job, &prepared.objective),
            gauge: Gauge::new(&frame),
            random: Generator::new(0, 0),
            best: Incumbent::new(ByRank::of(prepared.objective.metric)),
            best_point: None,
            evaluations: 0,
            valid: 0,
            rounds: usize::from(is_small),
            fruitless: 0,
            waited: 0,
            frame,
        }
    }

    /// Takes a mapping that is known as the best one so far.
    pub(super) fn begin_with(&mut self, mapping: &Mapping) {
        let point = Point::of(&self.frame, mapping);
        self.score(&point);
    }

    /// Whether it is time for a round; asked whenever the exact search looks at its clock.
    #[inline]
    pub(super) fn is_due(&mut self) -> bool {
        self.waited += 1;
        let doublings = (self.rounds.saturating_sub(1) / 2 + self.fruitless / 2).min(32);
        self.rounds == 0 || self.waited >= PATIENCE.1.min(PATIENCE.0 << doublings)
    }

    /// One round: from a new point, or from the best one.
    pub(super) fn round(&mut self, limit: &Limit) {
        // Limits leave little around what is known.
        let is_limited = !self.frame.prepared.objective.limits.is_empty();
        let start = self.best_point.clone().filter(|_| is_limited || self.rounds % 2 == 1);
        let hot = if start.is_some() { TEMPERATURE.2 } else { TEMPERATURE.0 };
        let start = start.or_else(|| construct::construct(&self.frame, &mut self.gauge, self.rounds / 2));
        let steps = ROUND.1.min(ROUND.0 << (self.rounds / 2).min(32));
        let steps = if self.evaluator.is_fast() { steps } else { steps / SLOW };
        self.rounds += 1;
        self.waited = 0;
        let value = |local: &Self| local.best.best().map(|best| best.score.value);
        let before = value(self);
        if let Some(start) = start {
            self.anneal(start, steps, hot, limit);
        }
        self.fruitless = if value(self) == before { self.fruitless + 1 } else { 0 };
    }

    /// Simulated annealing: a change for the worse is taken the more rarely, the worse it is and the later it comes.
    fn anneal(&mut self, start: Point, steps: u64, hot: f64, limit: &Limit) {
        let mut next = start.clone();
        let mut current = start;
        let mut score = self.score(&current);
        let share = (limit.evaluations / SHARE.0).max(SHARE.1).min(limit.evaluations);
        let last = self.evaluations.saturating_add(share);
        let cooling = (TEMPERATURE.1 / hot).powf(1.0 / real(steps.max(1)));
        let mut temperature = hot;
        for step in 0..steps {
            if self.evaluations >= last || (step % 64 == 63 && (limit.is_stopped)()) {
                return;
            }
            temperature *= cooling;
            next.copy_from(&current);
            if !moves::change(&self.frame, &mut next, &mut self.random) {
                continue;
            }
            let found = self.score(&next);
            let least_rise = temperature * -self.random.share().max(f64::MIN_POSITIVE).ln();
            if is_taken(score, found, least_rise) {
                std::mem::swap(&mut current, &mut next);
                score = found;
            }
        }
    }

    /// Scores a point, and keeps it if it is the best one so far.
    fn score(&mut self, point: &Point) -> Score {
        let shortage = self.gauge.shortage(&self.frame, point);
        if shortage > 0.0 {
            return Score::Misfit(shortage);
        }
        let frame = &self.frame;
        self.evaluations += 1;
        let figures = self.evaluator.point(|compact| point.write(frame, compact), || point.mapping(frame));
        let Some(figures) = figures else { return Score::Misfit(0.0) };
        self.valid += 1;
        let objective = &frame.prepared.objective;
        if !objective.admits(&figures) {
            let excesses = objective.limits.iter().map(|(metric, limit)| excess(metric.value(&figures), *limit));
            return Score::Misfit(excesses.sum());
        }
        let rank = objective.rank(&figures);
        if !self.best.refuses(&rank) {
            self.best.offer(Scored { mapping: point.mapping(frame), figures, score: rank });
            match &mut self.best_point {
                Some(best) => best.copy_from(point),
                None => self.best_point = Some(point.clone()),
            }
        }
        Score::Valid(rank)
    }
}

/// Whether a change is taken, given the relative rise of the value that is just too much.
fn is_taken(before: Score, after: Score, limit: f64) -> bool {
    match (before, after) {
        (Score::Misfit(before), Score::Misfit(after)) => after <= before || after - before < 4.0 * limit,
        (Score::Misfit(_), Score::Valid(_)) => true,
        (Score::Valid(_), Score::Misfit(_)) => false,
        (Score::Valid(before), Score::Valid(after)) => {
            let rise =
                |before: f64, after: f64| if after <= before && after <= 0.0 { 0.0 } else { (after / before).ln() };
            rise(before.value, after.value) + TIE * rise(before.cost.edp(), after.cost.edp()) < limit
        }
    }
}
