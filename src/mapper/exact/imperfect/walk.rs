//! A good mapping with factors of any size: small changes of one that is known, by the full model (docs/search.md section 7.2).

use super::super::evaluate::Evaluator;
use super::super::local::{Frame, Gauge, Point, moves};
use super::super::passes::Best;
use super::super::prepared_job::PreparedJob;
use super::super::ruby::with_true_bounds;
use crate::mapper::generator::Generator;
use crate::mapper::incumbent::{Archive, ByRank, Incumbent, Scored};
use crate::numbers::real;

/// Temperatures of a round, as relative differences of the value: at its begin and at its end.
const TEMPERATURE: (f64, f64) = (0.08, 0.001);

/// Changes tried for each mapping that may be evaluated: many do not fit, or change nothing.
const TRIALS: u64 = 4;

/// A walk over mappings of one job.
pub(in super::super) struct Walk<'a> {
    frame: Frame<'a>,
    gauge: Gauge,
    evaluator: Evaluator<'a>,
    /// True sizes of the problem's dimensions.
    bounds: Vec<u64>,
    random: Generator,
    pub(in super::super) best: Incumbent<ByRank>,
    /// Mappings evaluated, and those that were valid.
    pub(in super::super) evaluations: u64,
    pub(in super::super) valid: u64,
}

impl<'a> Walk<'a> {
    pub(in super::super) fn new(prepared: &'a PreparedJob<'a>, start: Best) -> Self {
        let frame = Frame::new(prepared);
        let mut best = Incumbent::new(ByRank::of(prepared.objective.metric));
        best.offer(start);
        Self {
            gauge: Gauge::new(&frame),
            evaluator: Evaluator::new(prepared.job, &prepared.objective),
            bounds: prepared.job.problem.dimensions().iter().map(|dimension| dimension.1).collect(),
            random: Generator::new(0, 0),
            best,
            evaluations: 0,
            valid: 0,
            frame,
        }
    }

    /// One round of so many evaluations from the best mapping: simulated annealing.
    pub(in super::super) fn round(&mut self, evaluations: u64, is_stopped: &dyn Fn() -> bool) {
        let Some(best) = self.best.best() else { return };
        let mut value = best.score.value;
        let mut current = Point::of(&self.frame, &best.mapping);
        self.settle(&mut current);
        let mut next = current.clone();
        let (first, trials) = (self.evaluations, evaluations * TRIALS);
        let cooling = (TEMPERATURE.1 / TEMPERATURE.0).powf(1.0 / real(evaluations.max(1)));
        let mut temperature = TEMPERATURE.0;
        for trial in 0..trials {
            let done = self.evaluations - first;
            if done >= evaluations || (trial % 64 == 63 && is_stopped()) {
                return;
            }
            next.copy_from(&current);
            if !self.change(&mut next) || !self.settle(&mut next) || next == current {
                continue;
            }
            if self.gauge.shortage(&self.frame, &next) > 0.0 {
                continue;
            }
            temperature *= cooling;
            let Some(found) = self.value(&next) else { continue };
            let least_rise = temperature * -self.random.share().max(f64::MIN_POSITIVE).ln();
            if found <= value || (found / value.max(f64::MIN_POSITIVE)).ln() < least_rise {
                std::mem::swap(&mut current, &mut next);
                value = found;
            }
        }
    }

    /// The value of a point; kept if it is the best one.
    fn value(&mut self, point: &Point) -> Option<f64> {
        let prepared = self.frame.prepared;
        let mapping = with_true_bounds(&point.mapping(&self.frame), &self.bounds);
        prepared.job.admits(&mapping).ok()?;
        self.evaluations += 1;
        let figures = self.evaluator.mapping(&mapping)?;
        self.valid += 1;
        let score = prepared.objective.rank(&figures);
        let value = score.value;
        self.best.offer(Scored { mapping, figures, score });
        Some(value)
    }

    /// Draws a change and makes it; whether something changed.
    fn change(&mut self, point: &mut Point) -> bool {
        match self.random.quick_index(16) {
            0..6 => self.refactor(point),
            6..10 => self.refactor(point) && self.refactor(point),
            10..13 => moves::reorder(&self.frame, point, &mut self.random),
            13 => moves::place(&self.frame, point, &mut self.random),
            14 => moves::keep(&self.frame, point, &mut self.random),
            _ => self.refactor(point) && moves::reorder(&self.frame, point, &mut self.random),
        }
    }

    /// Another number of iterations of a dimension in one slot: one more or less, twice as many or half of them, the length of an axis, what is
    /// left, one, or what leaves one iteration more or less to the outer slots. The outermost slot takes what is left.
    fn refactor(&mut self, point: &mut Point) -> bool {
        let Self { frame, random, .. } = self;
        if frame.movable.is_empty() {
            return false;
        }
        let (dimension, slots) = &frame.movable[random.quick_index(frame.movable.len())];
        let slot = slots[random.quick_index(slots.len())];
        if slot + 1 == frame.slots.len() {
            return false;
        }
        let bound = frame.prepared.bounds[*dimension];
        let inside = (0..slot).fold(bound, |left, inner| left.div_ceil(point.factors(inner)[*dimension]));
        let factor = point.factors(slot)[*dimension];
        let passes = inside.div_ceil(factor);
        let axis = frame.slots[slot].fan_out;
        let factor = match random.quick_index(10) {
            0 => factor + 1,
            1 => factor.saturating_sub(1),
            2 => factor.saturating_mul(2),
            3 => factor.div_ceil(2),
            4 => axis.map_or(inside, |axis| axis.x),
            5 => axis.map_or(1, |axis| axis.y),
            6 => inside.div_ceil(passes.saturating_sub(1).max(1)),
            7 => inside.div_ceil(passes + 1),
            8 => inside.div_ceil(passes.div_ceil(2)),
            _ => inside.div_ceil(passes.saturating_mul(2)),
        };
        let factor = factor.clamp(1, inside);
        frame.slots[slot].allows(*dimension, factor) && {
            point.set(slot, *dimension, factor);
            true
        }
    }

    /// Cuts factors that are longer than what is left, and gives the outermost slot the rest; whether it may have it.
    fn settle(&self, point: &mut Point) -> bool {
        let frame = &self.frame;
        let last = frame.slots.len() - 1;
        (0..frame.count()).all(|dimension| {
            let mut left = frame.prepared.bounds[dimension];
            for slot in 0..last {
                let factor = point.factors(slot)[dimension].min(left);
                point.set(slot, dimension, factor);
                left = left.div_ceil(factor);
            }
            point.set(last, dimension, left);
            frame.slots[last].allows(dimension, left)
        })
    }
}
