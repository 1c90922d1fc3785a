//! Bounds on what a boundary costs, for temporal factors whose orders are open. See the module above for the derivations.

use super::counted::Counted;
use super::geometry::Geometry;
use super::prepared_job::PreparedJob;
use super::subspace::{Boundary, Subspace};
use crate::numbers::real;

/// The temporal factors of one level, and what follows from them and from those of the levels inside.
#[derive(Clone, Debug, Default)]
pub(super) struct PartialTiling {
    /// Temporal factors of the level, per dimension.
    pub(super) factors: Vec<u64>,
    /// Per dimension: index of what remains for the levels outside.
    pub(super) rest: Vec<u32>,
    /// Iterations that remain for the levels outside, per dimension.
    pub(super) remaining: Vec<u64>,
    /// Extents inside the temporal loops, spatial ones of the level included: their steps.
    pub(super) steps: Vec<u64>,
    /// Extents of the tile that the level keeps.
    pub(super) extents: Vec<u64>,
    /// Per boundary: the words that arrive if nothing outside moves its tile; `None` where the tile is not known yet, or the words
    /// are settled: a loop inside moves the tile, or nothing is reused from the beginning.
    pub(super) open: Vec<Option<f64>>,
    /// Per boundary that is settled: words that arrive from the parent, at least; 0 where they are open. Where bandwidths are limited.
    pub(super) words: Vec<f64>,
    /// Per boundary: whether some loop that does not move the tile stands directly outside it.
    pub(super) stationary: Vec<bool>,
    /// What the boundaries that are settled count, orders taken at their best.
    pub(super) settled: Counted,
    /// The part of it that the order of this level's loops decides.
    pub(super) joint: Counted,
}

/// Bounds within one subspace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds<'a> {
    pub(super) prepared: &'a PreparedJob<'a>,
    pub(super) subspace: &'a Subspace,
    pub(super) spatial: &'a [Vec<u64>],
}

/// How a tile moves if a loop is the innermost that moves it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RelevantLoop {
    pub(super) dimension: usize,
    pub(super) factor: u64,
    /// Of the same dimension, further out.
    pub(super) outer: u64,
    pub(super) step: u64,
    /// Product of the factors outside the tile of all other dimensions of the same window.
    pub(super) other_factors: f64,
}

impl Bounds<'_> {
    pub(super) fn geometry(&self, boundary: &Boundary) -> &Geometry {
        &self.prepared.spaces[boundary.space]
    }

    /// Before any temporal factor is chosen.
    pub(super) fn root(&self, rest: &[u32], partial: &mut PartialTiling) {
        let dimensions = self.prepared.count();
        partial.rest.clear();
        partial.rest.extend_from_slice(rest);
        partial.remaining.clear();
        partial
            .remaining
            .extend(rest.iter().zip(&self.prepared.choices.divisors).map(|(rest, all)| all[*rest as usize]));
        for ones in [&mut partial.factors, &mut partial.steps, &mut partial.extents] {
            ones.clear();
            ones.resize(dimensions, 1);
        }
        partial.settled = Counted::default();
        partial.open.clear();
        partial.words.clear();
        partial.words.resize(self.subspace.boundaries.len(), 0.0);
        partial.stationary.clear();
        for boundary in &self.subspace.boundaries {
            let operations = (boundary.above == 0).then_some(self.prepared.macs);
            if let Some(operations) = operations.filter(|_| boundary.no_temporal_reuse) {
                partial.settled += boundary.counted(operations, 1.0);
            }
            partial.open.push(operations.filter(|_| !boundary.no_temporal_reuse));
        }
        partial.stationary.resize(self.subspace.boundaries.len(), false);
    }

    /// Completes a partial tiling whose factors and rests are set, from the one below.
    pub(super) fn advance(&self, level: usize, partials: &mut [PartialTiling]) {
        // `partials[0]` is the root.
        let (inside, outside) = partials.split_at_mut(level + 1);
        let (below, partial) = (&inside[level], &mut outside[0]);
        let PartialTiling { factors, remaining, steps, extents, open, words, stationary, settled, joint, .. } = partial;
        *joint = Counted::default();
        open.clear();
        open.extend_from_slice(&below.open);
        words.clear();
        words.extend_from_slice(&below.words);
        stationary.clear();
        stationary.extend_from_slice(&below.stationary);
        *settled = below.settled;
        let order = &self.prepared.orders[level];
        let loops = factors.iter().filter(|factor| **factor > 1).count();
        if loops > 0 {
            let all = factors.iter().fold(1.0, |product, factor| product * real(*factor));
            let mut any = false;
            for (index, boundary) in self.subspace.boundaries.iter().enumerate() {
                if let Some(open) = open[index].as_mut().filter(|_| boundary.above <= level) {
                    let geometry = self.geometry(boundary);
                    let moves =
                        (0..factors.len()).any(|dimension| factors[dimension] > 1 && geometry.matters[dimension]);
                    if moves {
                        any = true;
                    } else {
                        *open /= all;
                        stationary[index] = true;
                    }
                }
            }
            if any {
                let first = order.next(|dimension| factors[dimension] > 1);
                let mut min_sum = Counted::INFINITE;
                let mut is_first = true;
                for &innermost in first.iter().filter(|dimension| factors[**dimension] > 1) {
                    let mut sum = Counted::default();
                    for (index, boundary) in self.subspace.boundaries.iter().enumerate() {
                        if let Some(open) = open[index]
                            && boundary.above <= level
                            && !self.keeps_still(boundary, factors)
                        {
                            let tile = &inside[boundary.above].extents;
                            let (share, unserved) =
                                self.closing(boundary, tile, innermost, factors, steps, remaining, stationary[index]);
                            sum += boundary.counted(open * share, unserved);
                            let arriving = open * share * unserved;
                            words[index] = if is_first { arriving } else { arriving.min(words[index]) };
                        }
                    }
                    is_first = false;
                    min_sum = min_sum.min(sum);
                }
                (*settled, *joint) = (*settled + min_sum, min_sum);
                for (index, boundary) in self.subspace.boundaries.iter().enumerate() {
                    if boundary.above <= level && !self.keeps_still(boundary, factors) {
                        open[index] = None;
                    }
                }
            }
        }
        // Tiles that this level keeps.
        let mut volume = 0.0;
        for (index, boundary) in self.subspace.boundaries.iter().enumerate() {
            if boundary.above != level + 1 {
                continue;
            }
            if volume == 0.0 {
                volume = extents.iter().fold(1.0, |product, extent| product * real(*extent));
            }
            let arriving = self.prepared.macs / volume * real(self.geometry(boundary).words(extents));
            if boundary.no_temporal_reuse {
                words[index] = arriving;
                *settled += boundary.counted(arriving, 1.0);
            } else {
                open[index] = Some(arriving);
            }
        }
    }

    /// Whether no loop of a level moves the tile.
    fn keeps_still(&self, boundary: &Boundary, factors: &[u64]) -> bool {
        let geometry = self.geometry(boundary);
        (0..factors.len()).all(|dimension| factors[dimension] == 1 || !geometry.matters[dimension])
    }

    /// Share of its words that a boundary keeps at least, if `innermost` is the innermost loop of the level whose loops are the
    /// first to move its tile; and the share of these that neighbours do not serve, at least.
    #[expect(clippy::too_many_arguments, reason = "the parts of a partial tiling under construction")]
    #[inline]
    pub(super) fn closing(
        &self,
        boundary: &Boundary,
        tile: &[u64],
        innermost: usize,
        factors: &[u64],
        steps: &[u64],
        remaining: &[u64],
        stationary: bool,
    ) -> (f64, f64) {
        let geometry = self.geometry(boundary);
        let relevant_loop = |dimension: usize| RelevantLoop {
            dimension,
            factor: factors[dimension],
            outer: remaining[dimension],
            step: steps[dimension],
            other_factors: other_factors(geometry, dimension, |dimension| factors[dimension] * remaining[dimension]),
        };
        if geometry.matters[innermost] {
            let relevant_loop = relevant_loop(innermost);
            let share = self.share(boundary, tile, &relevant_loop);
            return (share, self.unserved(boundary, tile, &relevant_loop, stationary));
        }
        let mut still = 1.0;
        let (mut best, mut unserved) = (1.0f64, 1.0f64);
        for (dimension, factor) in factors.iter().enumerate() {
            if *factor > 1 {
                if !geometry.matters[dimension] {
                    still *= real(*factor);
                } else if geometry.window_of[dimension].is_some() {
                    let relevant_loop = relevant_loop(dimension);
                    best = best.min(self.share(boundary, tile, &relevant_loop));
                    unserved = unserved.min(self.unserved(boundary, tile, &relevant_loop, true));
                }
            }
        }
        (best / still, unserved)
    }

    /// Words of a boundary over those that whole tiles would be, at least, if `relevant_loop` is the innermost loop that moves them.
    #[inline]
    pub(super) fn share(&self, boundary: &Boundary, tile: &[u64], relevant_loop: &RelevantLoop) -> f64 {
        let geometry = self.geometry(boundary);
        if geometry.window_of[relevant_loop.dimension].is_none() {
            return 1.0;
        }
        let fresh = geometry.fresh(tile, relevant_loop.dimension, relevant_loop.step);
        if relevant_loop.other_factors > 1.0 {
            let (factor, all) = (real(relevant_loop.factor), relevant_loop.other_factors * real(relevant_loop.outer));
            return (1.0 / all + (factor - 1.0) * fresh) / factor;
        }
        let steps =
            if relevant_loop.factor == 2 { relevant_loop.factor * relevant_loop.outer } else { relevant_loop.factor };
        (1.0 + (real(steps) - 1.0) * fresh) / real(steps)
    }

    /// Share of the words that neighbours do not serve, at least (docs/search.md section 5.4); `relevant_loop` is known whole.
    #[inline]
    pub(super) fn unserved(
        &self,
        boundary: &Boundary,
        tile: &[u64],
        relevant_loop: &RelevantLoop,
        stationary: bool,
    ) -> f64 {
        if !boundary.may_hand_on(stationary) {
            return 1.0;
        }
        if boundary.links_without_reuse {
            return 1.0 / boundary.width;
        }
        let RelevantLoop { dimension, factor, outer, step, other_factors } = *relevant_loop;
        let geometry = self.geometry(boundary);
        let Some((window, coefficient)) = geometry.window_of[dimension] else { return 1.0 };
        let moves = coefficient * step;
        let of_steps = self.unserved_along(boundary, tile, window, moves);
        if moves < geometry.windows[window].extent(tile) {
            // What a step brings has the shape of what came before only after a start that is like a step.
            let may_start_like_a_step = other_factors > 1.0 || (factor == 2 && outer > 1);
            return if may_start_like_a_step { of_steps } else { 1.0 };
        }
        let of_starts = if other_factors > 1.0 {
            1.0 / boundary.width
        } else if moves > self.spread(boundary, tile, window) {
            1.0
        } else {
            1.0 / self.children_along(boundary, window)
        };
        let factor = real(factor);
        ((factor - 1.0) * of_steps + of_starts) / factor
    }

    /// The same, if no more is known of the loop than that it is one over this dimension whose steps are at least so long.
    fn unserved_at_least(
        &self,
        boundary: &Boundary,
        tile: &[u64],
        relevant_loop: &RelevantLoop,
        stationary: bool,
    ) -> f64 {
        if !boundary.may_hand_on(stationary) {
            return 1.0;
        }
        if boundary.links_without_reuse || relevant_loop.other_factors > 1.0 {
            return 1.0 / boundary.width;
        }
        let geometry = self.geometry(boundary);
        let Some((window, coefficient)) = geometry.window_of[relevant_loop.dimension] else { return 1.0 };
        let is_within = coefficient * relevant_loop.step <= self.spread(boundary, tile, window);
        if is_within { 1.0 / self.children_along(boundary, window) } else { 1.0 }
    }

    /// Distance along a window between the tiles of the first child and the last one.
    fn spread(&self, boundary: &Boundary, tile: &[u64], window: usize) -> u64 {
        let spatial = &self.spatial[boundary.above];
        let terms = self.geometry(boundary).windows[window].terms.iter();
        terms.map(|(dimension, coefficient)| coefficient * tile[*dimension] * (spatial[*dimension] - 1)).sum()
    }

    /// Children whose tiles may differ along a window.
    fn children_along(&self, boundary: &Boundary, window: usize) -> f64 {
        let spatial = &self.spatial[boundary.above];
        let terms = self.geometry(boundary).windows[window].terms.iter();
        terms.fold(1.0, |children, (dimension, _)| children * real(spatial[*dimension]))
    }

    /// Share of the children, by their places along a window, that have no child `moves` further on.
    fn unserved_along(&self, boundary: &Boundary, tile: &[u64], window: usize, moves: u64) -> f64 {
        if moves > self.spread(boundary, tile, window) {
            return 1.0;
        }
        let spatial = &self.spatial[boundary.above];
        let mut spread = self.geometry(boundary).windows[window].terms.iter().filter(|term| spatial[term.0] > 1);
        match (spread.next(), spread.next()) {
            (Some((dimension, coefficient)), None) => {
                let distance = coefficient * tile[*dimension];
                if moves.is_multiple_of(distance) { real(moves / distance) / real(spatial[*dimension]) } else { 1.0 }
            }
            _ => 1.0 / self.children_along(boundary, window),
        }
    }

    /// A bound of what is counted, of all mappings whose levels inside `level` have these temporal factors.
    pub(super) fn partial(&self, level: usize, partials: &[PartialTiling]) -> Counted {
        let unknown = self.subspace.boundaries.iter().filter(|boundary| boundary.above > level);
        self.known(level, partials) + unknown.map(|boundary| boundary.least).sum()
    }

    /// The same without the boundaries inside which no tile is known yet.
    pub(super) fn known(&self, level: usize, partials: &[PartialTiling]) -> Counted {
        self.known_of(level, partials, level)
    }

    /// The same, of the boundaries whose tiles are still open only those with `above` up to that.
    pub(super) fn known_of(&self, level: usize, partials: &[PartialTiling], above: usize) -> Counted {
        let partial = &partials[level];
        let counted = self.subspace.constant + partial.settled;
        let boundaries = self.subspace.boundaries.iter().zip(&partial.open);
        if boundaries.filter(|(boundary, _)| boundary.above <= above).all(|(_, open)| open.is_none()) {
            return counted;
        }
        counted + self.open(partial, above, |boundary| &partials[boundary.above].extents)
    }

    /// Cycles at least, of all mappings whose levels inside `level` have these temporal factors.
    pub(super) fn cycles(&self, level: usize, partials: &[PartialTiling]) -> f64 {
        self.subspace.cycles_of(self.prepared, |index| partials[level].words[index])
    }

    /// What is counted before any temporal factor is chosen, without the boundaries of levels.
    pub(super) fn root_counted(&self) -> Counted {
        let mut root = [PartialTiling::default()];
        self.root(&self.prepared.temporal_rest(self.spatial), &mut root[0]);
        self.known(0, &root)
    }

    /// A bound for the boundaries whose tiles are known and not moved yet: some dimension has the next loop.
    fn open<'t>(&self, partial: &PartialTiling, above: usize, tile: impl Fn(&Boundary) -> &'t [u64]) -> Counted {
        let dimensions = partial.remaining.len();
        let (mut sums, mut shares) = (vec![Counted::default(); dimensions], vec![(1.0, 1.0); dimensions]);
        let mut unmoved = Counted::default();
        for (index, boundary) in self.subspace.boundaries.iter().enumerate() {
            let Some(open) = partial.open[index].filter(|_| boundary.above <= above) else { continue };
            self.shares(boundary, partial, partial.stationary[index], tile(boundary), &mut shares);
            for (sum, (share, unserved)) in sums.iter_mut().zip(&shares) {
                *sum += boundary.counted(open * share, *unserved);
            }
            unmoved += boundary.counted(open, 1.0);
        }
        let innermost = (0..dimensions).filter(|dimension| partial.remaining[*dimension] > 1);
        innermost.map(|dimension| sums[dimension]).reduce(Counted::min).unwrap_or(unmoved)
    }

    /// Of each dimension that is left: which share of its words a boundary keeps at least if the innermost loop of all that are left is one
    /// over it, and the share of these that neighbours do not serve, at least. Only what is left and the extents inside count of `partial`.
    pub(super) fn shares(
        &self,
        boundary: &Boundary,
        partial: &PartialTiling,
        stationary: bool,
        tile: &[u64],
        shares: &mut [(f64, f64)],
    ) {
        let (remaining, geometry) = (&partial.remaining, self.geometry(boundary));
        let mut still = 1.0;
        let (mut best, mut unserved) = (1.0f64, 1.0f64);
        for dimension in 0..remaining.len() {
            if remaining[dimension] == 1 {
                continue;
            }
            if !geometry.matters[dimension] {
                still *= real(remaining[dimension]);
                continue;
            }
            let relevant_loop = RelevantLoop {
                dimension,
                factor: remaining[dimension],
                outer: 1,
                step: partial.extents[dimension],
                other_factors: other_factors(geometry, dimension, |dimension| remaining[dimension]),
            };
            let share = if relevant_loop.other_factors > 1.0 {
                geometry.fresh(tile, dimension, relevant_loop.step) / 2.0
            } else {
                self.share(boundary, tile, &relevant_loop)
            };
            shares[dimension] = (share, self.unserved_at_least(boundary, tile, &relevant_loop, stationary));
            if geometry.window_of[dimension].is_some() {
                // Loops that do not move the tile may stand inside it.
                best = best.min(share);
                unserved = unserved.min(self.unserved_at_least(boundary, tile, &relevant_loop, true));
            }
        }
        for dimension in 0..remaining.len() {
            if remaining[dimension] > 1 && !geometry.matters[dimension] {
                shares[dimension] = (best / still, unserved);
            }
        }
    }
}

/// Product of a quantity over the other dimensions of the same window.
#[inline]
pub(super) fn other_factors(geometry: &Geometry, dimension: usize, quantity: impl Fn(usize) -> u64) -> f64 {
    let Some((window, _)) = geometry.window_of[dimension] else { return 1.0 };
    let terms = geometry.windows[window].terms.iter();
    terms.filter(|(other, _)| *other != dimension).fold(1.0, |product, (other, _)| product * real(quantity(*other)))
}
