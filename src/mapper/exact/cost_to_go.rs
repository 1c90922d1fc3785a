//! What the levels outside a partial tiling count at least, by what is left for their loops (docs/search.md section 5.9).
//!
//! Each boundary inside which nothing is known yet is bounded for every tile that its inner level may hold, whatever stands inside;
//! from the outermost level inwards the least over the factors of each level follows (dynamic programming). So a tiling of the inner
//! levels is refused where no outer one goes with it.

use super::bound::{Bounds, PartialTiling};
use super::counted::Counted;
use super::prepared_job::PreparedJob;
use super::rests::Rests;
use super::subspace::Boundary;
use crate::numbers::real;

/// The tables of one subspace.
#[derive(Clone, Debug, Default)]
pub(super) struct CostToGo {
    /// Per number of inner levels whose factors are chosen: what the boundaries outside count at least, by what is left.
    outside: Vec<(Rests, Vec<Counted>)>,
    /// Per level: the same with the boundaries of its tile, but for those that bring the tile anew every time.
    with_tile: Vec<(Rests, Vec<Counted>)>,
}

impl CostToGo {
    /// `rests` are those of all levels; whatever is beyond `most_load` is refused.
    pub(super) fn new(bounds: &Bounds, rests: &[Rests], most_load: f64) -> Self {
        let prepared = bounds.prepared;
        let last = prepared.levels.len() - 1;
        let mut tables = Self::default();
        let mut least = vec![Counted::default(); rests[last + 1].entries];
        for level in (0..last).rev() {
            let tiles = Tiles::new(bounds, level, &rests[level + 1]);
            let with_tile = tiles.least(&rests[level + 2], &least, most_load);
            least = tiles.anew.iter().zip(&with_tile).map(|(anew, joint)| *anew + *joint).collect();
            let outside = least_over_factors(prepared, level, (&rests[level], &rests[level + 1]), &|_| true, &least);
            tables.outside.push((rests[level].clone(), outside));
            tables.with_tile.push((rests[level + 1].clone(), with_tile));
        }
        tables.outside.reverse();
        tables.with_tile.reverse();
        tables
    }

    /// What is counted at least if the innermost `levels` are tiled so; infinite if nothing fits outside.
    pub(super) fn counted(&self, bounds: &Bounds, levels: usize, partials: &[PartialTiling]) -> Counted {
        let rest = &partials[levels].rest;
        let (rests, outside) = &self.outside[levels];
        let counted = bounds.known(levels, partials) + outside[rests.entry(rest)];
        let Some((rests, with_tile)) = levels.checked_sub(1).map(|level| &self.with_tile[level]) else {
            return counted;
        };
        // The boundaries of the tile of the outermost of these levels, together with those further out.
        counted.max(bounds.known_of(levels, partials, levels - 1) + with_tile[rests.entry(rest)])
    }
}

/// What the boundaries of the tiles of one level count, whatever stands outside.
struct Tiles<'t> {
    bounds: &'t Bounds<'t>,
    level: usize,
    rests: &'t Rests,
    /// Those that reuse the tile.
    boundaries: Vec<(usize, &'t Boundary)>,
    /// Of each pattern of the boundaries whose tiles a dimension does not move, one bit each: those that are there.
    patterns: Vec<u32>,
    /// Per pattern and tile: what the boundaries that the innermost loop moves count, over the dimensions of the pattern.
    moved: Vec<Vec<Counted>>,
    /// Per tile, of all boundaries: as if nothing were known of the loops outside but what is left for them.
    open: Vec<Counted>,
    /// Per tile: the boundaries that bring it anew every time; infinite where it does not fit.
    anew: Vec<Counted>,
    /// Per boundary: the least share of a tile that a step along a window brings.
    least_share: Vec<f64>,
}

impl<'t> Tiles<'t> {
    fn new(bounds: &'t Bounds, level: usize, rests: &'t Rests) -> Self {
        let (prepared, subspace) = (bounds.prepared, bounds.subspace);
        let all = || subspace.boundaries.iter().enumerate().filter(|(_, boundary)| boundary.above == level + 1);
        let boundaries: Vec<_> = all().filter(|(_, boundary)| !boundary.no_temporal_reuse).collect();
        let forgetful: Vec<_> = all().filter(|(_, boundary)| boundary.no_temporal_reuse).collect();
        let dimensions = prepared.count();
        let pattern = |dimension: usize| -> u32 {
            let still =
                |(_, (_, boundary)): &(usize, &(usize, &Boundary))| !bounds.geometry(boundary).matters[dimension];
            boundaries.iter().enumerate().filter(still).map(|(bit, _)| 1 << bit).sum()
        };
        let of_dimension: Vec<u32> = (0..dimensions).map(pattern).collect();
        let mut patterns = of_dimension.clone();
        patterns.sort_unstable();
        patterns.dedup();
        let place: Vec<usize> = of_dimension.iter().map(|one| patterns.partition_point(|other| other < one)).collect();
        let mut moved = vec![vec![Counted::INFINITE; rests.entries]; patterns.len()];
        let mut open = vec![Counted::INFINITE; rests.entries];
        let mut anew = vec![Counted::INFINITE; rests.entries];
        let mut least_share = vec![1.0f64; boundaries.len()];
        let mut shares = vec![vec![(1.0, 1.0); dimensions]; boundaries.len()];
        let mut arriving = vec![0.0; boundaries.len()];
        let (capacity, keep) = (prepared.levels[level].capacity, subspace.keep[level]);
        let fits = |extents: &[u64]| capacity == u64::MAX || prepared.words(level, keep, extents) <= capacity;
        let mut tile = PartialTiling::default();
        rests.visit(prepared, bounds.spatial, level, &mut tile, &fits, &mut |entry, tile| {
            let volume = tile.extents.iter().fold(1.0, |product, extent| product * real(*extent));
            let words =
                |boundary: &Boundary| prepared.macs / volume * real(bounds.geometry(boundary).words(&tile.extents));
            anew[entry] = forgetful.iter().map(|(_, boundary)| boundary.counted(words(boundary), 1.0)).sum();
            for (at, (_, boundary)) in boundaries.iter().enumerate() {
                arriving[at] = words(boundary);
                bounds.shares(boundary, tile, false, &tile.extents, &mut shares[at]);
            }
            let counted = |at: usize, dimension: usize| {
                let (share, unserved) = shares[at][dimension];
                boundaries[at].1.counted(arriving[at] * share, unserved)
            };
            let mut least: Option<Counted> = None;
            for dimension in (0..dimensions).filter(|dimension| tile.remaining[*dimension] > 1) {
                let (mut of_moved, mut of_all) = (Counted::default(), Counted::default());
                for (at, (_, boundary)) in boundaries.iter().enumerate() {
                    let counted = counted(at, dimension);
                    of_all += counted;
                    let geometry = bounds.geometry(boundary);
                    if geometry.matters[dimension] {
                        of_moved += counted;
                        if geometry.window_of[dimension].is_some() {
                            least_share[at] = least_share[at].min(shares[at][dimension].0);
                        }
                    }
                }
                least = Some(least.map_or(of_all, |least| least.min(of_all)));
                let known = &mut moved[place[dimension]][entry];
                *known = known.min(of_moved);
            }
            let unmoved =
                || boundaries.iter().zip(&arriving).map(|((_, boundary), words)| boundary.counted(*words, 1.0));
            open[entry] = least.unwrap_or_else(|| unmoved().sum());
        });
        Self { bounds, level, rests, boundaries, patterns, moved, open, anew, least_share }
    }

    /// What the boundaries of each tile but those that bring it anew, and all further out, count at least. `next` is what the next level may
    /// leave, `outside` what its tiles and levels further out count.
    fn least(&self, next: &Rests, outside: &[Counted], most_load: f64) -> Vec<Counted> {
        let prepared = self.bounds.prepared;
        let over = |is_free: &dyn Fn(usize) -> bool, table: &[Counted]| {
            least_over_factors(prepared, self.level + 1, (self.rests, next), is_free, table)
        };
        // The next level has a loop at all.
        let mut with_loops = vec![Counted::INFINITE; self.rests.entries];
        let still = self.standing_still(next, outside);
        for (pattern, moved) in self.patterns.iter().zip(&self.moved) {
            // The boundaries whose tiles no loop of the next level moves: some of those that the innermost one does not move.
            let mut unmoved = *pattern;
            loop {
                let bits = |bits: u32| (0..self.boundaries.len()).filter(move |bit| bits >> bit & 1 == 1);
                let mut table = outside.to_vec();
                for at in bits(pattern & !unmoved) {
                    table.iter_mut().zip(&still[at]).for_each(|(sum, still)| *sum += *still);
                }
                let stands =
                    |at: usize, dimension: usize| !self.bounds.geometry(self.boundaries[at].1).matters[dimension];
                let table = over(&|dimension| bits(unmoved).all(|at| stands(at, dimension)), &table);
                let least: Counted = bits(unmoved).map(|at| self.boundaries[at].1.least).sum();
                for ((with_loops, moved), outside) in with_loops.iter_mut().zip(moved).zip(&table) {
                    *with_loops = with_loops.min(*moved + least + *outside);
                }
                if unmoved == 0 {
                    break;
                }
                unmoved = (unmoved - 1) & pattern;
            }
        }
        let (any, none) = (over(&|_| true, outside), over(&|_| false, outside));
        let constant = self.bounds.subspace.constant.load;
        let least = |entry: usize| {
            if !self.anew[entry].is_finite() {
                return Counted::INFINITE;
            }
            let least = with_loops[entry].min(self.open[entry] + none[entry]).max(self.open[entry] + any[entry]);
            if constant + least.load + self.anew[entry].load > most_load { Counted::INFINITE } else { least }
        };
        (0..self.rests.entries).map(least).collect()
    }

    /// Per boundary and tile of the next level: what is counted if a loop of that level that does not move the tile is the innermost one and
    /// others move it. It brings at least the points of the tile of the next level, visit after visit.
    fn standing_still(&self, next: &Rests, outside: &[Counted]) -> Vec<Vec<Counted>> {
        let prepared = self.bounds.prepared;
        let spatial = &self.bounds.spatial[self.level + 1];
        let mut still = vec![vec![Counted::INFINITE; next.entries]; self.boundaries.len()];
        let mut inside = vec![1; prepared.count()];
        let mut tile = PartialTiling::default();
        next.visit(prepared, self.bounds.spatial, self.level + 1, &mut tile, &|_| true, &mut |entry, tile| {
            if !outside[entry].is_finite() {
                return;
            }
            for ((inside, extent), factor) in inside.iter_mut().zip(&tile.extents).zip(spatial) {
                *inside = extent / factor;
            }
            let volume = inside.iter().fold(1.0, |product, extent| product * real(*extent));
            for ((at, (_, boundary)), share) in self.boundaries.iter().enumerate().zip(&self.least_share) {
                let words = prepared.macs / volume * real(self.bounds.geometry(boundary).points_of(&inside));
                let unserved = if boundary.may_hand_on(true) { 1.0 / boundary.width } else { 1.0 };
                still[at][entry] = boundary.counted(words * share, unserved);
            }
        });
        still
    }
}

/// The least over the factors of `level`, one dimension after the other; those that are not free have one iteration.
fn least_over_factors(
    prepared: &PreparedJob,
    level: usize,
    (inside, outside): (&Rests, &Rests),
    is_free: &dyn Fn(usize) -> bool,
    table: &[Counted],
) -> Vec<Counted> {
    // Dimensions before `dimension` are those of `inside` already; the first dimension varies fastest.
    let mut table = table.to_vec();
    let mut stride = 1;
    for dimension in 0..inside.of_dimension.len() {
        let (from, to) = (&outside.of_dimension[dimension], &inside.of_dimension[dimension]);
        let blocks = table.len() / (stride * from.len());
        let mut least = vec![Counted::INFINITE; stride * to.len() * blocks];
        let is_free = is_free(dimension);
        for (at, rest) in to.iter().enumerate() {
            let choices = prepared.temporal(level, dimension, *rest).iter();
            for choice in choices.filter(|choice| is_free || choice.rest == *rest) {
                let place = outside.place(dimension, choice.rest);
                for block in 0..blocks {
                    let source = &table[(block * from.len() + place) * stride..][..stride];
                    let target = &mut least[(block * to.len() + at) * stride..][..stride];
                    for (target, source) in target.iter_mut().zip(source) {
                        *target = target.min(*source);
                    }
                }
            }
        }
        table = least;
        stride *= to.len();
    }
    table
}
