//! Temporal factors, level by level from the innermost: listed, cut by capacities and bounds, searched by ascending bound.

use std::ops::ControlFlow;

use super::bound::Bounds;
use super::bounded::Bounded;
use super::portion::Portion;
use super::search::{Flow, Mode, Search};
use crate::mapper::StopReason;
use crate::numbers::real;

/// Most tilings that are looked at to find out whether anything fits.
const MAX_FEASIBILITY_TILINGS: u64 = 100_000;

/// Temporal factors of a level that fit, with a bound. The factors are one number: what each dimension leaves to the levels outside, by its
/// place among the divisors of its bound, counted from the largest: smaller factors of earlier dimensions come first. There are at most as
/// many divisors as iterations, so that it is below the number of operations.
pub(super) type Candidate = Bounded<u64>;

impl Search<'_> {
    /// Searches all temporal factors of `level` and of those outside it.
    pub(super) fn search_tilings(&mut self, bounds: &Bounds, level: usize) -> Flow {
        let last = self.prepared.levels.len() - 1;
        if level == last {
            // Only if there is one level.
            self.fill_outermost(bounds);
            return self.orders(bounds);
        }
        let mut candidates = std::mem::replace(&mut self.candidates[level], Portion::of(1));
        candidates.restart();
        let flow = loop {
            self.enumerate_factors(bounds, level, 0, &mut candidates);
            // A list that was cut short has no line for the rest.
            if self.stop.is_some() {
                break ControlFlow::Break(candidates.after().map_or(0.0, |after| after.bound.value));
            }
            candidates.finish();
            let flow = self.search_candidates(bounds, level, &candidates.items);
            if flow.is_break() || !candidates.go_on() {
                break flow;
            }
        };
        self.candidates[level] = candidates;
        flow
    }

    /// Searches these temporal factors of `level`, which are in order.
    fn search_candidates(&mut self, bounds: &Bounds, level: usize, candidates: &[Candidate]) -> Flow {
        let last = self.prepared.levels.len() - 1;
        for (index, candidate) in candidates.iter().enumerate() {
            if self.is_refused(&candidate.bound) {
                if self.is_beyond(&candidate.bound) {
                    self.counts.tilings_by_bound += (candidates.len() - index) as u64;
                    break;
                }
                self.counts.tilings_by_bound += 1;
                continue;
            }
            if self.stop.is_some() {
                return ControlFlow::Break(candidate.bound.value);
            }
            self.set_factors(bounds, level, candidate.code);
            // The tables may be newer than the list.
            if level + 1 < last && self.is_refused_by_outer_levels(bounds, level + 1) {
                self.counts.tilings_by_bound += 1;
                continue;
            }
            let inner = if level + 1 == last {
                self.fill_outermost(bounds);
                self.orders(bounds)
            } else {
                self.search_tilings(bounds, level + 1)
            };
            if let ControlFlow::Break(left) = inner {
                let next = candidates.get(index + 1).map_or(candidate.bound.value, |next| next.bound.value);
                return ControlFlow::Break(left.max(candidate.bound.value).min(next));
            }
        }
        ControlFlow::Continue(())
    }

    /// The factors of `level` as one number.
    fn code(&self, level: usize) -> u64 {
        let all = self.prepared.choices.divisors.iter().zip(&self.partials[level + 1].rest);
        all.fold(0, |code, (divisors, rest)| {
            code * divisors.len() as u64 + (divisors.len() as u64 - 1 - u64::from(*rest))
        })
    }

    /// Sets the factors of `level` to those of a code.
    fn set_factors(&mut self, bounds: &Bounds, level: usize, mut code: u64) {
        let (inside, outside) = self.partials.split_at_mut(level + 1);
        let (below, partial) = (&inside[level], &mut outside[0]);
        for (dimension, divisors) in self.prepared.choices.divisors.iter().enumerate().rev() {
            let count = divisors.len() as u64;
            let place = count - 1 - code % count;
            code /= count;
            #[expect(clippy::cast_possible_truncation, reason = "below the number of divisors")]
            let place = place as u32;
            partial.rest[dimension] = place;
            partial.factors[dimension] = below.remaining[dimension] / divisors[place as usize];
        }
        self.derive_extents(bounds, level);
    }

    /// Lists the temporal factors of `level`, from `dimension` on.
    fn enumerate_factors(
        &mut self,
        bounds: &Bounds,
        level: usize,
        dimension: usize,
        candidates: &mut Portion<Candidate>,
    ) {
        let prepared = self.prepared;
        let count = prepared.count();
        if dimension == 0 {
            let (inside, outside) = self.partials.split_at_mut(level + 1);
            let (below, partial) = (&inside[level], &mut outside[0]);
            partial.factors.clear();
            partial.rest.clear();
            partial.extents.clear();
            for dimension in 0..count {
                let first = prepared.temporal(level, dimension, below.rest[dimension]).first();
                let (factor, rest) = first.map_or((1, 0), |choice| (choice.factor, choice.rest));
                partial.factors.push(factor);
                partial.rest.push(rest);
                partial.extents.push(below.extents[dimension] * bounds.spatial[level][dimension] * factor);
            }
            if !self.fits(bounds, level) {
                self.counts.by_capacity += 1;
                return;
            }
        }
        if self.stop.is_some() {
            return;
        }
        if dimension == count {
            self.push_candidate(bounds, level, candidates);
            return;
        }
        let below = &self.partials[level];
        let (rest, step) = (below.rest[dimension], below.extents[dimension] * bounds.spatial[level][dimension]);
        let choices = prepared.temporal(level, dimension, rest);
        for (index, choice) in choices.iter().enumerate() {
            let partial = &mut self.partials[level + 1];
            partial.factors[dimension] = choice.factor;
            partial.rest[dimension] = choice.rest;
            partial.extents[dimension] = step * choice.factor;
            if index > 0 && !self.fits(bounds, level) {
                self.counts.by_capacity += (choices.len() - index) as u64;
                break;
            }
            self.enumerate_factors(bounds, level, dimension + 1, candidates);
        }
        if let Some(choice) = choices.first() {
            let partial = &mut self.partials[level + 1];
            partial.factors[dimension] = choice.factor;
            partial.rest[dimension] = choice.rest;
            partial.extents[dimension] = step * choice.factor;
        }
    }

    fn fits(&self, bounds: &Bounds, level: usize) -> bool {
        let capacity = self.prepared.levels[level].capacity;
        capacity == u64::MAX
            || self.prepared.words(level, bounds.subspace.keep[level], &self.partials[level + 1].extents) <= capacity
    }

    /// Adds the factors under construction to the list, if nothing speaks against them.
    fn push_candidate(&mut self, bounds: &Bounds, level: usize, candidates: &mut Portion<Candidate>) {
        let min_words = self.prepared.levels[level].min_words;
        if min_words > 0.0 {
            let words = self.prepared.words(level, bounds.subspace.keep[level], &self.partials[level + 1].extents);
            if real(words) < min_words {
                self.counts.by_capacity += 1;
                return;
            }
        }
        self.tick();
        self.prepare_tables(bounds);
        self.derive_extents(bounds, level);
        let last = self.prepared.levels.len() - 1;
        let inside = if level + 1 == last {
            self.fill_outermost(bounds);
            last + 1
        } else {
            level + 1
        };
        let mut counted = bounds.partial(inside, &self.partials);
        let mut bound = self.rank(bounds.subspace, counted);
        let mut least_cycles = 0.0f64;
        if !self.is_refused(&bound)
            && let Some(raised) = bounds.raised(inside, &self.partials, |index| self.partials[inside].words[index])
        {
            counted.energy_pj += raised.energy_pj;
            least_cycles = raised.cycles;
            bound = self.rank_with(bounds.subspace, counted, bounds.subspace.min_cycles.max(least_cycles));
        }
        if self.prepared.is_throttled && !self.is_refused(&bound) {
            let cycles = bounds.cycles(inside, &self.partials).max(least_cycles);
            bound = self.rank_with(bounds.subspace, counted, cycles);
        }
        self.counts.tilings += 1;
        if inside < last && !self.is_refused(&bound) && self.is_refused_by_outer_levels(bounds, inside) {
            self.counts.tilings_by_bound += 1;
            return;
        }
        if self.mode == Mode::Feasibility && self.counts.tilings > MAX_FEASIBILITY_TILINGS {
            self.stop = Some(StopReason::OwnLimit);
        }
        if self.is_refused(&bound) {
            self.counts.tilings_by_bound += 1;
            return;
        }
        candidates.offer(Candidate { bound, code: self.code(level) });
    }

    /// Whether no tiling of the other levels goes with that of the innermost `levels`.
    fn is_refused_by_outer_levels(&self, bounds: &Bounds, levels: usize) -> bool {
        let Some(to_go) = &self.cost_to_go else { return false };
        let counted = to_go.counted(bounds, levels, &self.partials);
        self.is_refused(&self.rank(bounds.subspace, counted))
    }

    /// A bound of all mappings whose levels inside `level` have these temporal factors.
    #[cfg(test)]
    pub(super) fn rank_of_partial(&self, bounds: &Bounds, level: usize) -> crate::mapper::objective::Rank {
        let mut counted = bounds.partial(level, &self.partials);
        let mut cycles = bounds.cycles(level, &self.partials);
        if let Some(raised) = bounds.raised(level, &self.partials, |index| self.partials[level].words[index]) {
            counted.energy_pj += raised.energy_pj;
            cycles = cycles.max(raised.cycles);
        }
        self.rank_with(bounds.subspace, counted, cycles)
    }

    /// Completes the partial tiling of `level`, whose factors and rests are set.
    pub(super) fn derive_extents(&mut self, bounds: &Bounds, level: usize) {
        let (inside, outside) = self.partials.split_at_mut(level + 1);
        let (below, partial) = (&inside[level], &mut outside[0]);
        partial.remaining.clear();
        partial.steps.clear();
        partial.extents.clear();
        for (dimension, factor) in partial.factors.iter().enumerate() {
            let step = below.extents[dimension] * bounds.spatial[level][dimension];
            partial.remaining.push(below.remaining[dimension] / factor);
            partial.steps.push(step);
            partial.extents.push(step * factor);
        }
        bounds.advance(level, &mut self.partials);
    }

    /// Gives the outermost level what remains.
    fn fill_outermost(&mut self, bounds: &Bounds) {
        let last = self.prepared.levels.len() - 1;
        let (inside, outside) = self.partials.split_at_mut(last + 1);
        let partial = &mut outside[0];
        partial.factors.clear();
        partial.factors.extend_from_slice(&inside[last].remaining);
        partial.rest.clear();
        partial.rest.resize(partial.factors.len(), 0);
        self.derive_extents(bounds, last);
    }
}
