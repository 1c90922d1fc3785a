//! Of sparse designs: what the tiles that are chosen add to bounds that know the loops over instances alone (docs/search.md section
//! 11.2). Gating, skipping and formats leave the more, the larger tiles are.

use super::bound::{Bounds, PartialTiling};
use super::prepared_job::PreparedJob;
use super::subspace::Machine;
use crate::model::{LeastLoops, LevelShares};

/// A data space at the levels that keep it, and what bounds count of it already.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    space: usize,
    kept: Vec<usize>,
    /// Per level that keeps it: the shares that the prices of words have in them; `None` where no words have bounds.
    counted: Option<Vec<LevelShares>>,
    /// Words that are not read because partial sums are visited for the first time, at most.
    saves: Vec<f64>,
    /// Words that arrive per word that is asked for, where the compute units ask at every operation.
    units: Option<f64>,
}

/// What the tiles add.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raised {
    pub(super) energy_pj: f64,
    /// Share of the operations that take their time, at least.
    pub(super) busy: f64,
}

impl Chain {
    pub(super) fn new(
        (space, kept): (usize, &[usize]),
        counted: Option<Vec<LevelShares>>,
        saves: Vec<f64>,
        units: Option<f64>,
    ) -> Self {
        Self { space, kept: kept.to_vec(), counted, saves, units }
    }

    /// Energy of what is left at a level of dense reads, fills and updates above what is counted, in pJ.
    fn more(
        &self,
        prepared: &PreparedJob,
        machine: &Machine,
        index: usize,
        [counted, known]: [LevelShares; 2],
        [reads, fills, updates]: [f64; 3],
    ) -> f64 {
        let (level, instances) = (self.kept[index], machine.instances[self.kept[index]]);
        let price = |shares: LevelShares| prepared.per_dense_word(level, self.space, instances, Some(shares));
        let (known, counted) = (price(known), price(counted));
        let more = |known: f64, counted: f64, words: f64| (known - counted).max(0.0) * words.max(0.0);
        more(known.read.energy_pj, counted.read.energy_pj, reads)
            + more(known.fill.energy_pj, counted.fill.energy_pj, fills)
            + more(known.update.energy_pj, counted.update.energy_pj, updates)
    }
}

impl Bounds<'_> {
    /// What the tiles of the innermost `known` levels add, if so many words arrive at each boundary. `None` of dense designs.
    pub(super) fn raised(
        &self,
        known: usize,
        partials: &[PartialTiling],
        words: impl Fn(usize) -> f64,
    ) -> Option<Raised> {
        let (prepared, subspace) = (self.prepared, self.subspace);
        let sparse = prepared.job.sparse?;
        let spatial: Vec<Vec<u64>> = self.spatial.iter().map(|factors| prepared.all_dimensions(factors)).collect();
        let mut tiles: Vec<Vec<u64>> = Vec::with_capacity(spatial.len());
        for level in 0..spatial.len() {
            tiles.push(if level < known {
                prepared.all_dimensions(&partials[level + 1].extents)
            } else {
                let inner = level.checked_sub(1).map(|inner| &tiles[inner]);
                let grown = |(dimension, factor): (usize, &u64)| factor * inner.map_or(1, |inner| inner[dimension]);
                spatial[level].iter().enumerate().map(grown).collect()
            });
        }
        let loops = LeastLoops { tiles: &tiles, spatial: &spatial, known };
        let mut left = vec![1.0; prepared.spaces.len()];
        let mut energy_pj = 0.0;
        for chain in &subspace.chains {
            let shares = sparse.least_shares(chain.space, &chain.kept, &loops);
            left[chain.space] = shares.computes;
            let Some(counted) = chain.counted.as_ref().filter(|counted| **counted != shares.levels) else { continue };
            let mut counts = vec![[0.0; 3]; chain.kept.len()];
            let read_write = prepared.spaces[chain.space].read_write;
            let mut serve = |parent: usize, asked: f64| {
                let Some(index) = chain.kept.iter().position(|level| *level == parent) else { return };
                counts[index][0] += asked;
                counts[index][2] += if read_write { asked } else { 0.0 };
            };
            if let Some(multicast) = chain.units {
                serve(chain.kept[0], prepared.macs / multicast);
            }
            let boundaries = subspace.boundaries.iter().enumerate();
            for (index, boundary) in boundaries.filter(|(_, boundary)| boundary.space == chain.space) {
                let words = words(index);
                serve(boundary.parent, boundary.asked_of(words));
            }
            let boundaries = subspace.boundaries.iter().enumerate();
            for (index, boundary) in boundaries.filter(|(_, boundary)| boundary.space == chain.space) {
                let inner = boundary.above.checked_sub(1);
                let inner = inner.and_then(|inner| chain.kept.iter().position(|level| *level == inner));
                if let Some(inner) = inner {
                    counts[inner][1] += boundary.filled_of(words(index));
                }
            }
            let outermost = chain.kept.len() - 1;
            for (index, [reads, fills, updates]) in counts.into_iter().enumerate() {
                let saves = chain.saves[index];
                let fills = fills - if index < outermost { saves } else { 0.0 };
                let counts = [reads - saves, fills, updates];
                let shares = [counted[index], shares.levels[index]];
                energy_pj += chain.more(prepared, &subspace.machine, index, shares, counts);
            }
        }
        let computes = sparse.computes_of(|space| left[space]);
        energy_pj += prepared.macs * (computes.energy_pj - prepared.compute_pj).max(0.0);
        Some(Raised { energy_pj, busy: computes.cycles.max(prepared.busy) })
    }
}
