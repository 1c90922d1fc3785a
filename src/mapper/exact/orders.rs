//! Orders of the temporal loops, for factors that are all chosen: loop by loop from the innermost, bounds growing exact.

use std::ops::ControlFlow;

use super::bound::Bounds;
use super::counted::Counted;
use super::search::{Flow, Mode, Search};
use super::subspace::Boundary;
use crate::mapper::objective::Rank;
use crate::model::{Watched, Watches};
use crate::numbers::real;

/// What the loops placed so far make of one boundary (docs/model.md section 4.9, from the inside). Words over those of one tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReuseState {
    /// Words that arrive, over those of one tile.
    words: f64,
    /// Iterations of all loops placed so far.
    visits: f64,
    /// The innermost loop that moves the tile, once it is placed.
    first: Option<InnermostRelevantLoop>,
    /// Whether no further loop can meet the tile where it was.
    is_settled: bool,
    /// Share of the words that neighbours do not serve, at least.
    unserved: f64,
    /// Whether loops that do not move the tile stand inside the first that does.
    stationary: bool,
}

/// The innermost loop that moves a tile.
#[derive(Clone, Copy, Debug)]
struct InnermostRelevantLoop {
    /// The window it moves along.
    window: Option<usize>,
    /// How far, and which share is new.
    step: u64,
    fresh: f64,
    /// How far the loops placed so far have moved the tile along the window.
    moved: u64,
}

/// What is known of the boundaries before any order is.
#[derive(Clone, Debug, Default)]
struct TilingSummary {
    /// Words that arrive visit after visit with whole tiles.
    whole: Vec<f64>,
    /// The level whose loops are the first to move the tile; the number of levels if none does.
    closes: Vec<usize>,
    /// What is counted at least, over all orders.
    lower_bounds: Vec<Counted>,
    /// Whether levels that pass words on may have links.
    linked: Vec<bool>,
    /// What is counted whatever the orders.
    fixed: Counted,
    /// Per level: what the boundaries that close there or further out count at least.
    rest: Vec<Counted>,
    cycles: f64,
}

impl Search<'_> {
    /// Searches all orders of the loops in `partials`.
    pub(super) fn orders(&mut self, bounds: &Bounds) -> Flow {
        let levels = self.prepared.levels.len();
        let partials = &self.partials[1..];
        let loops: usize =
            partials.iter().map(|partial| partial.factors.iter().filter(|factor| **factor > 1).count()).sum();
        if loops > self.prepared.space.max_temporal_loops {
            self.counts.by_loops += 1;
            return ControlFlow::Continue(());
        }
        if self.mode == Mode::Feasibility {
            self.is_feasible = true;
            return ControlFlow::Break(0.0);
        }
        let summary = self.summary(bounds);
        let bound = self.rank_with(bounds.subspace, summary.fixed + summary.rest[0], summary.cycles);
        if self.is_refused(&bound) {
            self.counts.tilings_by_bound += 1;
            return ControlFlow::Continue(());
        }
        let start =
            ReuseState { words: 1.0, visits: 1.0, first: None, is_settled: false, unserved: 1.0, stationary: false };
        self.reuse_states.resize_with((loops + 1).max(self.reuse_states.len()), Vec::new);
        self.reuse_states[0].clear();
        self.reuse_states[0].resize(bounds.subspace.boundaries.len(), start);
        self.temporal.iter_mut().for_each(Vec::clear);
        debug_assert_eq!(self.temporal.len(), levels);
        self.place(bounds, &summary, 0, 0, bound)
    }

    /// Places one loop more of `level`; `depth` loops are placed.
    fn place(&mut self, bounds: &Bounds, summary: &TilingSummary, level: usize, depth: usize, bound: Rank) -> Flow {
        let levels = self.prepared.levels.len();
        if level == levels {
            let any_place =
                !self.evaluator.is_fast() || bounds.subspace.has_no_bound || self.is_linked(bounds, summary, depth);
            return self.evaluate(bound, any_place);
        }
        let is_left = |search: &Self, dimension: usize| {
            let of_problem = search.prepared.dimensions[dimension];
            search.partials[level + 1].factors[dimension] > 1
                && search.temporal[level].iter().all(|placed| placed.0 != of_problem)
        };
        let candidates = self.prepared.orders[level].next(|dimension| is_left(self, dimension));
        if candidates.is_empty() {
            return self.place(bounds, summary, level + 1, depth, bound);
        }
        let all_equal = self.is_indifferent(bounds, summary, level, depth);
        for &dimension in candidates {
            if !is_left(self, dimension) {
                continue;
            }
            let factor = self.partials[level + 1].factors[dimension];
            let counted = self.push(bounds, summary, level, depth, dimension);
            let next = self.rank_with(bounds.subspace, counted, summary.cycles);
            self.counts.orders += 1;
            if self.is_refused(&next) {
                self.counts.orders_by_bound += 1;
            } else {
                self.temporal[level].push((self.prepared.dimensions[dimension], factor));
                let flow = self.place(bounds, summary, level, depth + 1, next);
                self.temporal[level].pop();
                if let ControlFlow::Break(left) = flow {
                    return ControlFlow::Break(left.min(bound.value));
                }
            }
            if all_equal {
                break;
            }
        }
        ControlFlow::Continue(())
    }

    /// Adds a loop to the runs of all boundaries inside it; the bound that follows.
    fn push(&mut self, bounds: &Bounds, summary: &TilingSummary, level: usize, depth: usize, at: usize) -> Counted {
        let (before, after) = self.reuse_states.split_at_mut(depth + 1);
        let reuse_states = &mut after[0];
        reuse_states.clear();
        reuse_states.extend_from_slice(&before[depth]);
        let partial = &self.partials[level + 1];
        let (factor, step) = (partial.factors[at], partial.steps[at]);
        let is_left = |other_dimension: usize| {
            other_dimension != at
                && self.temporal[level].iter().all(|placed| placed.0 != self.prepared.dimensions[other_dimension])
        };
        let mut counted = summary.fixed + summary.rest[level + 1];
        for (index, boundary) in bounds.subspace.boundaries.iter().enumerate() {
            if boundary.no_temporal_reuse || boundary.above > level || summary.closes[index] > level {
                // Loops of this level do not move its tile.
                reuse_states[index].visits *= if boundary.above <= level { real(factor) } else { 1.0 };
                reuse_states[index].stationary |= boundary.above <= level;
                continue;
            }
            let geometry = bounds.geometry(boundary);
            let tile = &self.partials[boundary.above].extents;
            let run = &mut reuse_states[index];
            run.visits *= real(factor);
            // Iterations that loops not yet placed make of a dimension.
            let outer = |other_dimension: usize| {
                partial.remaining[other_dimension]
                    * if is_left(other_dimension) { partial.factors[other_dimension] } else { 1 }
            };
            if !geometry.matters[at] {
                if run.first.is_some() {
                    run.words *= real(factor);
                } else {
                    run.stationary = true;
                }
            } else if let Some(first) = &mut run.first {
                let is_along = |window: usize| !run.is_settled && first.window == Some(window);
                let along = geometry.window_of[at].filter(|(window, _)| is_along(*window));
                if let Some((_, coefficient)) = along {
                    let moves = coefficient * step;
                    let start = if moves == first.moved {
                        0.0
                    } else if moves == first.moved + first.step {
                        first.fresh
                    } else {
                        1.0
                    };
                    run.words += (real(factor) - 1.0) * (run.words - 1.0 + start);
                    first.moved += moves;
                } else {
                    run.words *= real(factor);
                    run.is_settled = true;
                }
            } else {
                let window = geometry.window_of[at];
                let other_factors = super::bound::other_factors(geometry, at, outer);
                let fresh = geometry.fresh(tile, at, step);
                let relevant_loop =
                    super::bound::RelevantLoop { dimension: at, factor, outer: outer(at), step, other_factors };
                run.unserved = bounds.unserved(boundary, tile, &relevant_loop, run.stationary);
                run.words = 1.0 + (real(factor) - 1.0) * fresh;
                let step = window.map_or(0, |(_, coefficient)| coefficient * step);
                run.first =
                    Some(InnermostRelevantLoop { window: window.map(|window| window.0), step, fresh, moved: step });
                run.is_settled = window.is_none();
            }
            counted += match &run.first {
                None => summary.lower_bounds[index],
                Some(first) => {
                    let mut words = run.words;
                    if !run.is_settled {
                        let terms = first.window.map_or(&[][..], |window| &geometry.windows[window].terms);
                        let left = terms
                            .iter()
                            .fold(1.0, |product, (other_dimension, _)| product * real(outer(*other_dimension)));
                        run.is_settled = left <= 1.0;
                        words = words - 1.0 + 1.0 / left;
                    }
                    boundary.counted(summary.whole[index] * words / run.visits, run.unserved)
                }
            };
        }
        counted
    }

    /// Whether the order of the loops of `level` that are left changes nothing.
    fn is_indifferent(&self, bounds: &Bounds, summary: &TilingSummary, level: usize, depth: usize) -> bool {
        let reuse_states = &self.reuse_states[depth];
        if bounds.subspace.has_no_bound || (self.prepared.networks.cost && !self.is_settled(bounds, level)) {
            return false;
        }
        if bounds.subspace.watched.iter().any(|watched| self.may_decide(watched, level)) {
            return false;
        }
        bounds.subspace.boundaries.iter().enumerate().all(|(index, boundary)| {
            let run = &reuse_states[index];
            boundary.above > level
                || (!summary.linked[index]
                    && (boundary.no_temporal_reuse
                        || summary.closes[index] > level
                        || (run.first.is_some() && run.is_settled && run.unserved >= 1.0)))
        })
    }

    /// Whether the order of the loops of `level` that are left may decide what a sparse design saves or stores.
    fn may_decide(&self, watched: &Watched, level: usize) -> bool {
        let Watched { space, above, parent, watches, innermost } = *watched;
        if level < above || level > parent {
            return false;
        }
        if innermost && level == 0 && self.temporal[0].is_empty() {
            return true;
        }
        let geometry = &self.prepared.spaces[space];
        let moving = |level: usize| {
            let factors = &self.partials[level + 1].factors;
            (0..factors.len()).filter(|dimension| factors[*dimension] > 1 && geometry.matters[*dimension]).count()
        };
        let placed = self.temporal[level].iter().filter(|(dimension, _)| {
            let known = self.prepared.dimensions.iter().position(|known| known == dimension);
            known.is_some_and(|dimension| geometry.matters[dimension])
        });
        let (all, placed) = (moving(level), placed.count());
        match watches {
            Watches::First => all > 0 && placed == 0 && (above..level).all(|inner| moving(inner) == 0),
            Watches::All => all > placed + 1 || (placed == 0 && all > 0 && self.left_at(level) > 1),
        }
    }

    /// Loops of a level that are not placed yet.
    fn left_at(&self, level: usize) -> usize {
        self.partials[level + 1].factors.iter().filter(|factor| **factor > 1).count() - self.temporal[level].len()
    }

    /// Whether the order of the loops of `level` that are left changes nothing for any level, whether it keeps a data space or not:
    /// networks carry what passes levels that keep nothing, too. It is if no loop of the level moves the data space, or if one
    /// that does, along no window, is placed; and if no neighbours help.
    fn is_settled(&self, bounds: &Bounds, level: usize) -> bool {
        let prepared = self.prepared;
        let factors = &self.partials[level + 1].factors;
        prepared.spaces.iter().enumerate().all(|(space, geometry)| {
            let dimensions = 0..prepared.count();
            let may_link = bounds.spatial.iter().enumerate().any(|(at, spatial)| {
                let is_forgetful = at
                    .checked_sub(1)
                    .is_none_or(|inner| prepared.space.policies[inner].no_temporal_reuse.contains(space));
                let spread = |dimension: usize| {
                    let is_copied = is_forgetful && !geometry.matters[dimension];
                    spatial[dimension] > 1 && (is_copied || geometry.window_of[dimension].is_some())
                };
                dimensions.clone().any(spread)
            });
            let is_moved = dimensions.clone().any(|dimension| geometry.matters[dimension] && factors[dimension] > 1);
            let is_placed = dimensions.clone().any(|dimension| {
                let of_problem = prepared.dimensions[dimension];
                geometry.matters[dimension]
                    && geometry.window_of[dimension].is_none()
                    && self.temporal[level].iter().any(|placed| placed.0 == of_problem)
            });
            !may_link && (!is_moved || is_placed)
        })
    }

    /// Whether neighbours may help anywhere.
    fn is_linked(&self, bounds: &Bounds, summary: &TilingSummary, depth: usize) -> bool {
        let reuse_states = &self.reuse_states[depth];
        (0..bounds.subspace.boundaries.len()).any(|index| summary.linked[index] || reuse_states[index].unserved < 1.0)
    }

    /// Prepares the boundaries.
    fn summary(&self, bounds: &Bounds) -> TilingSummary {
        let levels = self.prepared.levels.len();
        let partials = &self.partials;
        let mut summary = TilingSummary {
            rest: vec![Counted::default(); levels + 1],
            cycles: bounds.subspace.min_cycles,
            ..TilingSummary::default()
        };
        for level in (0..levels).rev() {
            summary.rest[level] = summary.rest[level + 1] + partials[level + 1].joint;
        }
        summary.fixed = bounds.partial(levels, partials);
        summary.fixed -= summary.rest[0];
        let mut arriving = Vec::with_capacity(bounds.subspace.boundaries.len());
        for (index, boundary) in bounds.subspace.boundaries.iter().enumerate() {
            let geometry = bounds.geometry(boundary);
            let tile = &partials[boundary.above].extents;
            let volume = tile.iter().fold(1.0, |product, extent| product * real(*extent));
            let words = self.prepared.macs / volume * real(geometry.words(tile));
            let moves = |level: &usize| {
                (0..tile.len())
                    .any(|dimension| geometry.matters[dimension] && partials[*level + 1].factors[dimension] > 1)
            };
            let closes = (boundary.above..levels).find(moves).unwrap_or(levels);
            let (mut share, mut unserved) = (1.0, 1.0);
            if !boundary.no_temporal_reuse {
                for level in boundary.above..closes {
                    share /= partials[level + 1].factors.iter().fold(1.0, |product, factor| product * real(*factor));
                }
                if closes < levels {
                    let partial = &partials[closes + 1];
                    let first = self.prepared.orders[closes].next(|dimension| partial.factors[dimension] > 1);
                    let first = first.iter().filter(|dimension| partial.factors[**dimension] > 1);
                    let closing = |dimension: &usize| {
                        let stationary = partials[closes].stationary[index];
                        bounds.closing(
                            boundary,
                            tile,
                            *dimension,
                            &partial.factors,
                            &partial.steps,
                            &partial.remaining,
                            stationary,
                        )
                    };
                    let least = |least: (f64, f64), next: (f64, f64)| (least.0.min(next.0), least.1.min(next.1));
                    let (of_loops, not_served) = first.map(closing).fold((f64::INFINITY, 1.0), least);
                    (share, unserved) = (share * of_loops, not_served);
                }
            }
            let is_linked = boundary.links_without_reuse
                || boundary.bypassed_without_reuse
                || boundary.bypassed_with_links.iter().any(|level| self.may_pass_unevenly(bounds, boundary, *level));
            summary.whole.push(words);
            summary.closes.push(closes);
            summary.lower_bounds.push(boundary.counted(words * share, unserved));
            summary.linked.push(is_linked);
            arriving.push(words * share * unserved);
        }
        summary.cycles = bounds.subspace.cycles_of(self.prepared, |index| arriving[index]);
        if let Some(raised) = bounds.raised(levels, partials, |index| arriving[index]) {
            summary.fixed.energy_pj += raised.energy_pj;
            summary.cycles = summary.cycles.max(raised.cycles);
        }
        summary
    }

    /// Whether children of a level that passes words on may take them from neighbours.
    fn may_pass_unevenly(&self, bounds: &Bounds, boundary: &Boundary, level: usize) -> bool {
        let geometry = bounds.geometry(boundary);
        let extents = &self.partials[level].extents;
        let spatial = &bounds.spatial[level];
        // What temporal loops outside make of a dimension, and the first step of it.
        let moves = |dimension: usize| {
            self.prepared.bounds[dimension] > extents[dimension] * spatial[dimension]
                && self.partials[level..].windows(2).any(|pair| pair[1].factors[dimension] > 1)
        };
        geometry.windows.iter().any(|window| {
            let terms = || window.terms.iter().filter(|(dimension, _)| moves(*dimension));
            let spread: u64 = window
                .terms
                .iter()
                .map(|(dimension, coefficient)| coefficient * extents[*dimension] * (spatial[*dimension] - 1))
                .sum();
            terms().count() > 1
                || terms()
                    .any(|(dimension, coefficient)| coefficient * extents[*dimension] * spatial[*dimension] <= spread)
        })
    }
}

#[cfg(test)]
impl Search<'_> {
    /// The bounds that lie on the way to a mapping whose factors are in `partials`, once its tiling is known.
    pub(super) fn trace_orders(
        &mut self,
        bounds: &Bounds,
        mapping: &crate::mapping::Mapping,
    ) -> Vec<(&'static str, Rank)> {
        let summary = self.summary(bounds);
        let mut found =
            vec![("tiling", self.rank_with(bounds.subspace, summary.fixed + summary.rest[0], summary.cycles))];
        let start =
            ReuseState { words: 1.0, visits: 1.0, first: None, is_settled: false, unserved: 1.0, stationary: false };
        self.reuse_states.resize_with(64, Vec::new);
        self.reuse_states[0].clear();
        self.reuse_states[0].resize(bounds.subspace.boundaries.len(), start);
        self.temporal.iter_mut().for_each(Vec::clear);
        let mut depth = 0;
        for (level, mapped) in mapping.levels.iter().enumerate() {
            for iteration in &mapped.temporal {
                let dimension =
                    self.prepared.dimensions.iter().position(|known| *known == iteration.dimension).unwrap();
                let counted = self.push(bounds, &summary, level, depth, dimension);
                found.push(("order", self.rank_with(bounds.subspace, counted, summary.cycles)));
                self.temporal[level].push((iteration.dimension, iteration.bound));
                depth += 1;
            }
        }
        found
    }
}
