//! Of sparse designs: what the tiles that are chosen add to bounds that know the loops over instances alone (docs/search.md section
//! 11.2). Gating, skipping and formats leave the more, the larger tiles are.

use super::bound::{Bounds, PartialTiling};
use super::prepared_job::PreparedJob;
use super::subspace::Machine;
use crate::architecture::Action;
use crate::model::level::Demand;
use crate::model::{LeastLoops, LevelShares, SparseModel};

const READ: usize = Action::Read as usize;
const FILL: usize = Action::Fill as usize;
const UPDATE: usize = Action::Update as usize;

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
    /// Cycles of the compute units and of bandwidths, at least.
    pub(super) cycles: f64,
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
        let more = |known: f64, counted: f64, words: f64| (known - counted).max(0.0) * words;
        more(known.read.energy_pj, counted.read.energy_pj, reads)
            + more(known.fill.energy_pj, counted.fill.energy_pj, fills)
            + more(known.update.energy_pj, counted.update.energy_pj, updates)
    }

    /// Adds what is left of dense reads, fills and updates at a level to what is asked of its bandwidth.
    fn add_traffic(
        &self,
        prepared: &PreparedJob,
        machine: &Machine,
        traffic: &mut Demand,
        (level, known): (usize, LevelShares),
        [reads, fills, updates]: [f64; 3],
    ) {
        let scale = prepared.levels[level].bandwidth_scale(self.space);
        let share = known.bandwidth / machine.instances[level];
        let rounded = if known.rounds_reads { 1.0 } else { 0.0 };
        traffic.add(Demand {
            reads: (reads * share - rounded).max(0.0) * scale,
            writes: (fills + updates) * share * scale,
        });
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
        let prepared = self.prepared;
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
        let of = |alternative: usize| {
            let loops = LeastLoops { tiles: &tiles, spatial: &spatial, known, alternative };
            self.raised_by(sparse, &loops, &words)
        };
        (0..sparse.alternatives()).map(of).reduce(|least, next| Raised {
            energy_pj: least.energy_pj.min(next.energy_pj),
            cycles: least.cycles.min(next.cycles),
        })
    }

    /// The same where one alternative of the options counts.
    fn raised_by(&self, sparse: &SparseModel, loops: &LeastLoops, words: &impl Fn(usize) -> f64) -> Raised {
        let (prepared, subspace) = (self.prepared, self.subspace);
        let mut left = vec![1.0; prepared.spaces.len()];
        let mut traffic = vec![Demand::default(); prepared.levels.len()];
        let mut energy_pj = 0.0;
        for chain in &subspace.chains {
            let shares = sparse.least_shares(chain.space, &chain.kept, loops);
            left[chain.space] = shares.computes;
            let Some(counted) = &chain.counted else { continue };
            if !prepared.is_throttled && *counted == shares.levels {
                continue;
            }
            for (index, counts) in self.counts(chain, words).into_iter().enumerate() {
                let known = shares.levels[index];
                let level = chain.kept[index];
                chain.add_traffic(prepared, &subspace.machine, &mut traffic[level], (level, known), counts);
                energy_pj += chain.more(prepared, &subspace.machine, index, [counted[index], known], counts);
            }
        }
        let computes = sparse.computes_of(|space| left[space]);
        energy_pj += prepared.macs * (computes.energy_pj - prepared.compute_pj).max(0.0);
        let busy = subspace.machine.iterations * computes.cycles.max(prepared.busy);
        let cycles =
            if prepared.is_throttled { subspace.machine.throttled(prepared, &traffic).max(busy) } else { busy };
        Raised { energy_pj, cycles }
    }

    /// Dense words of a data space that are read, filled and updated at each of the levels that keep it, at least, if so many words arrive
    /// at each boundary; of all instances together.
    fn counts(&self, chain: &Chain, words: &impl Fn(usize) -> f64) -> Vec<[f64; 3]> {
        let (prepared, subspace) = (self.prepared, self.subspace);
        let mut counts = vec![[0.0; 3]; chain.kept.len()];
        let read_write = prepared.spaces[chain.space].read_write;
        let mut add = |level: usize, action: usize, words: f64| {
            if let Some(index) = chain.kept.iter().position(|kept| *kept == level) {
                counts[index][action] += words;
            }
        };
        let serve = |add: &mut dyn FnMut(usize, usize, f64), parent: usize, asked: f64| {
            add(parent, READ, asked);
            if read_write {
                add(parent, UPDATE, asked);
            }
        };
        if let Some(multicast) = chain.units {
            serve(&mut add, chain.kept[0], prepared.macs / multicast);
        }
        let boundaries = subspace.boundaries.iter().enumerate();
        for (index, boundary) in boundaries.filter(|(_, boundary)| boundary.space == chain.space) {
            let words = words(index);
            serve(&mut add, boundary.parent, boundary.asked_of(words));
            if let Some(inner) = boundary.above.checked_sub(1) {
                add(inner, FILL, boundary.filled_of(words));
            }
        }
        let outermost = chain.kept.len() - 1;
        for (index, (counts, saves)) in counts.iter_mut().zip(&chain.saves).enumerate() {
            counts[READ] = (counts[READ] - saves).max(0.0);
            if index < outermost {
                counts[FILL] = (counts[FILL] - saves).max(0.0);
            }
        }
        counts
    }
}
