//! What the words of a level cost, prepared (docs/model.md section 5.1 to 5.3).

use super::bandwidth::{BandwidthLimits, Demand, slowed};
use crate::architecture::{Architecture, Bandwidth, Level};
use crate::mapping::DataSpaceSet;
use crate::model::accesses::Accesses;
use crate::numbers::real;
use crate::workload::Problem;

/// What one word costs that all instances together read, are filled with or update: energy in pJ, or whatever else a search
/// counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CostPerWord {
    pub(crate) read: f64,
    pub(crate) fill: f64,
    pub(crate) update: f64,
}

/// Which share of dense accesses is left at least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LeftShare {
    /// Of their energy.
    pub(crate) energy: f64,
    /// Of the addresses that are generated for them.
    pub(crate) addresses: f64,
}

/// Instances of a level that a mapping uses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InUse {
    /// Product of the spatial loops outside the level.
    pub(crate) expanded: u64,
    /// Instances in use on average, truncated: fewer, if factors are imperfect.
    pub(crate) instances: u64,
}

impl InUse {
    /// All of these all the time: factors are perfect.
    #[inline]
    pub(crate) fn always(instances: u64) -> Self {
        Self { expanded: instances, instances }
    }
}

/// How the tiles of a level fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Fits,
    TooLarge,
    /// Less than the level's `min_utilization` asks.
    TooSmall,
}

/// What a level costs for a problem, whatever the mapping.
#[derive(Clone, Debug)]
pub(crate) struct LevelCosts {
    /// Words that its tiles may have together; `u64::MAX` is unlimited.
    pub(crate) capacity: u64,
    /// Words that its tiles must have together at least.
    pub(crate) min_words: f64,
    /// Words per cycle and instance.
    pub(crate) bandwidth: BandwidthLimits,
    block_size: u64,
    /// Its logarithm, if it is a power of two.
    block_shift: Option<u32>,
    clusters: u64,
    /// Energy of a vector access of one cluster, in pJ.
    per_vector: CostPerWord,
    /// Energy of one address generation, in pJ.
    address_pj: f64,
    /// Per cycle and instance, in pJ.
    leak_pj: f64,
    spaces: Vec<SpaceCosts>,
}

/// What is special for one data space.
#[derive(Clone, Copy, Debug)]
struct SpaceCosts {
    read_write: bool,
    /// Factor on the bandwidth that its words take.
    bandwidth_scale: f64,
    /// Energy of one word at least, if all clusters in use hold one instance in use: a vector has no more words than a block.
    per_word: CostPerWord,
}

impl LevelCosts {
    pub(crate) fn new(level: &Level, problem: &Problem) -> Self {
        let energy = &level.energy;
        let per_vector = CostPerWord { read: energy.read.pj, fill: energy.fill.pj, update: energy.update.pj };
        let (block, address_pj) = (real(level.block_size), level.address_energy_pj.max(0.0));
        let spaces = problem.data_spaces().iter().map(|space| {
            let (read_address, update_address) = if space.read_write { (0.0, address_pj) } else { (address_pj, 0.0) };
            SpaceCosts {
                read_write: space.read_write,
                bandwidth_scale: level.bandwidth_scale.get(&space.name).copied().unwrap_or(1.0),
                per_word: CostPerWord {
                    read: per_vector.read / block + read_address,
                    fill: per_vector.fill / block + address_pj,
                    update: per_vector.update / block + update_address,
                },
            }
        });
        Self {
            capacity: level.effective_size.unwrap_or(u64::MAX),
            min_words: level.effective_size.map_or(0.0, |size| real(size) * level.min_utilization),
            bandwidth: BandwidthLimits::new(level.bandwidth),
            block_size: level.block_size,
            block_shift: level.block_size.is_power_of_two().then(|| level.block_size.trailing_zeros()),
            clusters: level.instances / level.cluster_size,
            per_vector,
            address_pj,
            leak_pj: energy.leak.pj,
            spaces: spaces.collect(),
        }
    }

    /// All levels of an architecture, innermost first.
    pub(crate) fn of_all(levels: &[Level], problem: &Problem) -> Vec<Self> {
        levels.iter().map(|level| Self::new(level, problem)).collect()
    }

    /// The same for bounds: where tiles may be spread over instances, levels may hold more and move less than loops say.
    pub(crate) fn bounding(architecture: &Architecture, problem: &Problem) -> Vec<Self> {
        let mut all = Self::of_all(architecture.levels(), problem);
        if architecture.levels().iter().any(|level| level.is_distributed) {
            for (costs, level) in all.iter_mut().zip(architecture.levels()) {
                costs.bandwidth = BandwidthLimits::new(Bandwidth::default());
                if level.is_distributed {
                    (costs.capacity, costs.min_words) = (u64::MAX, 0.0);
                }
            }
        }
        all
    }

    /// Words that the tiles of the data spaces in `keep` take together, `tile` being those of each.
    #[inline]
    pub(crate) fn held(&self, keep: DataSpaceSet, tile: impl Fn(usize) -> u64) -> u64 {
        let kept = (0..self.spaces.len()).filter(|space| keep.contains(*space));
        kept.fold(0u64, |words, space| words.saturating_add(tile(space)))
    }

    /// Whether tiles of this many words together fit, and fill the level as much as it asks.
    #[inline]
    pub(crate) fn room(&self, words: u64) -> Room {
        if words > self.capacity {
            Room::TooLarge
        } else if real(words) < self.min_words {
            Room::TooSmall
        } else {
            Room::Fits
        }
    }

    /// Clusters in use.
    #[inline]
    pub(crate) fn clusters(&self, in_use: InUse) -> u64 {
        in_use.expanded.min(self.clusters)
    }

    /// Energy of one instance's accesses, in pJ.
    #[inline]
    pub(crate) fn instance_energy(&self, accesses: Accesses, in_use: InUse) -> f64 {
        let vectors = |words: u64| {
            real(match self.block_shift {
                Some(shift) => words.saturating_add(self.block_size - 1) >> shift,
                None => words.div_ceil(self.block_size),
            })
        };
        let CostPerWord { read, fill, update } = self.per_vector;
        let of_cluster =
            vectors(accesses.reads) * read + vectors(accesses.fills) * fill + vectors(accesses.updates) * update;
        let clusters = self.clusters(in_use);
        if clusters == in_use.expanded { of_cluster } else { of_cluster / (real(in_use.expanded) / real(clusters)) }
    }

    /// Addresses that one cluster generates for a data space.
    #[inline]
    pub(crate) fn addresses(&self, space: usize, accesses: Accesses) -> u64 {
        let Accesses { reads, fills, updates } = accesses;
        fills.saturating_add(if self.spaces[space].read_write { updates } else { reads })
    }

    /// Energy of one cluster's address generations, in pJ.
    #[inline]
    pub(crate) fn address_energy(&self, space: usize, accesses: Accesses) -> f64 {
        if self.address_pj > 0.0 { real(self.addresses(space, accesses)) * self.address_pj } else { 0.0 }
    }

    /// Energy of one word at least, of all instances together, if this many are in use. In pJ.
    pub(crate) fn energy_per_word(&self, space: usize, instances: f64) -> CostPerWord {
        let share = instances.min(real(self.clusters)) / instances;
        let CostPerWord { read, fill, update } = self.spaces[space].per_word;
        CostPerWord { read: read * share, fill: fill * share, update: update * share }
    }

    /// The same for a dense word of which only these shares are left.
    pub(crate) fn energy_per_word_left(
        &self,
        space: usize,
        instances: f64,
        [read, fill, update]: [LeftShare; 3],
    ) -> CostPerWord {
        let share = instances.min(real(self.clusters)) / instances;
        let (block, costs) = (real(self.block_size), &self.spaces[space].per_word);
        let left = |word: f64, vector: f64, left: LeftShare| {
            let data = vector / block;
            (data * left.energy + (word - data).max(0.0) * left.addresses) * share
        };
        CostPerWord {
            read: left(costs.read, self.per_vector.read, read),
            fill: left(costs.fill, self.per_vector.fill, fill),
            update: left(costs.update, self.per_vector.update, update),
        }
    }

    /// Factor on the bandwidth that the words of a data space take.
    #[inline]
    pub(crate) fn bandwidth_scale(&self, space: usize) -> f64 {
        self.spaces[space].bandwidth_scale
    }

    /// What one instance's accesses of a data space over a whole run ask of the bandwidth.
    #[inline]
    pub(crate) fn demand(&self, space: usize, accesses: Accesses) -> Demand {
        let scale = self.bandwidth_scale(space);
        Demand { reads: real(accesses.reads) * scale, writes: real(accesses.writes()) * scale }
    }

    /// The same per cycle, by Timeloop's rule: of instances that are in use part of the time, the average counts.
    #[inline]
    pub(crate) fn demand_per_cycle(
        &self,
        space: usize,
        accesses: Accesses,
        in_use: InUse,
        compute_cycles: f64,
    ) -> Demand {
        let InUse { expanded, instances } = in_use;
        let average = |words: u64| {
            // The common case, without a division.
            if instances == expanded || instances == 0 {
                real(words)
            } else {
                (real(words) / (real(expanded) / real(instances))).ceil()
            }
        };
        let scale = self.bandwidth_scale(space);
        let per_cycle = |words: u64| average(words) / compute_cycles * scale;
        Demand { reads: per_cycle(accesses.reads), writes: per_cycle(accesses.writes()) }
    }

    /// Cycles that the bandwidth allows, if all instances are in use all the time; accesses per data space.
    pub(crate) fn cycles(&self, accesses: &[Accesses], compute_cycles: f64) -> u64 {
        let mut wanted = Demand::default();
        for (space, &accesses) in accesses.iter().enumerate() {
            let demand = self.demand_per_cycle(space, accesses, InUse::always(1), compute_cycles);
            wanted.reads += demand.reads;
            wanted.writes += demand.writes;
        }
        slowed(compute_cycles, self.bandwidth.slowdown(wanted))
    }

    /// Leakage of the instances that are switched on, in pJ.
    #[inline]
    pub(crate) fn leakage(&self, cycles: f64, powered: f64) -> f64 {
        self.leak_pj * cycles * powered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::{ArithmeticSpec, LevelSpec, SizeSpec};
    use crate::workload::{DataSpace, Term};
    use proptest::prelude::*;

    /// A level of 12 instances with two data spaces, the first of them read-only.
    fn costs((block, cluster): (u64, u64), pj: [f64; 3], address_pj: f64, scale: f64) -> LevelCosts {
        let space = |name: &str, read_write: bool| DataSpace {
            name: name.to_owned(),
            projection: vec![vec![Term { dimension: 0, coefficient: None }]],
            read_write,
        };
        let spaces = vec![space("In", false), space("Out", true)];
        let problem = Problem::new("p".to_owned(), vec![('P', 4)], Vec::new(), spaces).unwrap();
        let actions = ["read", "fill", "update"].into_iter().zip(pj).map(|(name, pj)| (name.to_owned(), pj));
        let level = LevelSpec {
            block_size: Some(block),
            cluster_size: Some(cluster),
            word_bits: Some(8),
            size: SizeSpec::Words(240),
            address_energy_pj: Some(address_pj),
            actions: Some(actions.collect()),
            bandwidth_scale: [("Out".to_owned(), scale)].into_iter().collect(),
            ..LevelSpec::new("buffer", "SRAM", 12)
        };
        let units = ArithmeticSpec { name: "mac".to_owned(), instances: 12, ..ArithmeticSpec::default() };
        let architecture = Architecture::new(vec![level], units).unwrap();
        LevelCosts::new(&architecture.levels()[0], &problem)
    }

    proptest! {
        /// What the bounds of the search rest on (docs/search.md section 6): more accesses never cost less, and no word costs
        /// less than its least energy.
        #[test]
        fn costs_are_monotone_and_words_have_a_minimum_energy(
            organization in prop::sample::select(vec![(1, 1), (2, 1), (3, 2), (4, 3), (8, 4)]),
            pj in prop::array::uniform3(0.0..9.0f64), address_pj in 0.0..2.0f64, scale in 0.1..3.0f64,
            counts in prop::array::uniform3(0u64..500), more in prop::array::uniform3(0u64..20), instances in 1u64..=12,
        ) {
            let costs = costs(organization, pj, address_pj, scale);
            let accesses = |[reads, fills, updates]: [u64; 3]| Accesses { reads, fills, updates };
            let (less, more) = (accesses(counts), accesses([0, 1, 2].map(|index| counts[index] + more[index])));
            let in_use = InUse::always(instances);
            for space in 0..2 {
                let energy = |accesses: Accesses| {
                    costs.instance_energy(accesses, in_use) * real(instances)
                        + costs.address_energy(space, accesses) * real(costs.clusters(in_use))
                };
                prop_assert!(energy(less) <= energy(more));
                let (demand_of_less, demand_of_more) = (costs.demand(space, less), costs.demand(space, more));
                prop_assert!(demand_of_less.reads <= demand_of_more.reads && demand_of_less.writes <= demand_of_more.writes);
                let word = costs.energy_per_word(space, real(instances));
                let floor = [(less.reads, word.read), (less.fills, word.fill), (less.updates, word.update)]
                    .map(|(words, pj)| real(words) * real(instances) * pj);
                prop_assert!(floor.iter().sum::<f64>() <= energy(less) * (1.0 + 1e-12));
            }
        }
    }
}
