//! Everything the model says of one mapping.

use std::cmp::Ordering;

use super::accesses::Accesses;
use super::cost::Cost;
use super::sparse::SparseUse;
use crate::architecture::Kind;
use crate::numbers::{real, truncated};

/// Everything the model says of one mapping. Lists are innermost level first.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The compute units.
    pub arithmetic: ArithmeticUse,
    /// The storage levels.
    pub levels: Vec<LevelUse>,
    /// The networks between the levels, in the architecture's order.
    pub networks: Vec<NetworkUse>,
    /// Cycles of the whole, stalls included.
    pub cycles: u64,
    /// Energy of the whole, in pJ.
    pub energy_pj: f64,
    /// Area of the whole, in square micrometres.
    pub area_um2: f64,
    /// Share of the compute units' cycles that do a multiply-accumulate.
    pub utilization: f64,
    /// Words of the read-write data spaces.
    pub outputs: u64,
    /// Words that the outermost level has to move at least: every data space once.
    pub required_accesses: u64,
    /// Of a sparse design: what happens, what is gated, what is skipped.
    pub sparse: Option<Box<SparseUse>>,
}

impl Evaluation {
    /// Energy and cycles.
    pub fn cost(&self) -> Cost {
        Cost { energy_pj: self.energy_pj, cycles: self.cycles }
    }

    /// Energy-delay product, in J*cycle.
    pub fn edp(&self) -> f64 {
        self.cost().edp()
    }

    /// That the computes are not those of the layer, which has `macs`, in words; `None` if they are.
    pub fn miscount(&self, macs: u64) -> Option<String> {
        let computes = self.arithmetic.computes;
        let (word, share) = match computes.cmp(&macs) {
            Ordering::Less => ("fewer", "too low"),
            Ordering::Equal => return None,
            Ordering::Greater => ("more", "too high"),
        };
        Some(format!(
            "the mapping counts {computes} multiply-accumulates, {word} than the {macs} of the layer: Timeloop's model takes the average \
             of loops over instances whose last pass is shorter, and truncates it, so that energies and accesses may be {share}"
        ))
    }

    /// That counts of a sparse design are below 0 and wrap, as those of the real program do, in words.
    pub fn wraps(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.sparse.is_none() {
            return remarks;
        }
        let (actual, outputs) = (self.actual_computes(), self.outputs);
        if actual < outputs {
            remarks.push(format!(
                "the sparse design leaves {actual} multiply-accumulates for {outputs} outputs: the additions that Timeloop counts are \
                 below 0 and wrap, and operations, their rates and operations per byte mean nothing"
            ));
        }
        if self.has_wrapped_accesses() {
            remarks.push(
                "counts of accesses are below 0 and wrap, as those of Timeloop do, since an inner level saves less than an outer one: \
                 numbers near 2^64, and energies and bandwidths that rest on them, mean nothing"
                    .to_owned(),
            );
        }
        remarks
    }

    fn has_wrapped_accesses(&self) -> bool {
        // No count that is one comes near.
        let is_wrapped = |words: &u64| *words >= 1 << 62;
        let spaces = self.sparse.iter().flat_map(|sparse| sparse.levels.iter().flatten().flatten());
        spaces.flat_map(|space| space.accesses.words.iter().flatten()).any(is_wrapped)
    }

    /// Whether its cost is one: a number, of counts that are not below 0. Only those of sparse designs may not be.
    pub(crate) fn is_meaningful(&self) -> bool {
        self.energy_pj.is_finite() && !self.has_wrapped_accesses()
    }

    /// Multiply-accumulates that are done: of a sparse design those that are neither gated nor skipped.
    pub fn actual_computes(&self) -> u64 {
        self.sparse.as_ref().map_or(self.arithmetic.computes, |sparse| sparse.computes.actual)
    }

    /// Words of a data space that all instances of a level read, are filled with and update: of a sparse design those that are
    /// neither gated nor skipped.
    pub fn actual_accesses(&self, level: usize, space: usize) -> u64 {
        let used = self.levels.get(level).and_then(|level| level.data_spaces.get(space)?.as_ref());
        let sparse = self.sparse.as_ref().and_then(|sparse| sparse.levels.get(level)?.get(space)?.as_ref());
        match (used, sparse) {
            (Some(_), Some(sparse)) => {
                let words = sparse.accesses.words[Kind::Actual as usize].into_iter().fold(0, u64::wrapping_add);
                truncated(real(words) * sparse.instances)
            }
            (Some(used), None) => used.accesses.total().saturating_mul(used.utilized_instances),
            (None, _) => 0,
        }
    }

    /// Additions: every compute adds, except for the first into each output. Imperfect factors are counted through averages,
    /// so that computes can be fewer than outputs: then it wraps, as the number that Timeloop prints does.
    pub fn reductions(&self) -> u64 {
        self.actual_computes().wrapping_sub(self.outputs)
    }

    /// Multiplications and additions.
    pub fn operations(&self) -> u64 {
        self.actual_computes().wrapping_add(self.reductions())
    }
}

/// The compute units under one mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct ArithmeticUse {
    /// Units in use.
    pub utilized_instances: u64,
    /// Multiply-accumulates of all units.
    pub computes: u64,
    /// Cycles without stalls.
    pub cycles: u64,
    /// Energy of all units, in pJ.
    pub energy_pj: f64,
    /// Area of all units, in square micrometres.
    pub area_um2: f64,
}

/// A storage level under one mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelUse {
    /// Cycles that this level's bandwidth allows.
    pub cycles: u64,
    /// Share of the wanted bandwidth that the level delivers; at most 1.
    pub slowdown: f64,
    /// Leakage of all instances, in pJ.
    pub leakage_pj: f64,
    /// Energy of all instances, leakage included, in pJ.
    pub energy_pj: f64,
    /// Instances that are switched on and off together.
    pub instances_per_power_gate: f64,
    /// Share of the instances switched on that are in use.
    pub powered_utilization: f64,
    /// Data spaces in the problem's order; `None` where bypassed.
    pub data_spaces: Vec<Option<DataSpaceUse>>,
}

impl LevelUse {
    /// Reads, fills and updates of all instances, in words.
    pub fn accesses(&self) -> u64 {
        self.data_spaces.iter().flatten().fold(0u64, |sum, space| {
            sum.saturating_add(space.utilized_instances.saturating_mul(space.accesses.total()))
        })
    }
}

/// A data space at a storage level. Words, unless named otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSpaceUse {
    /// Words that one instance holds in turn.
    pub partition: u64,
    /// Words of the largest tile of one instance.
    pub tile: u64,
    /// Words of it that one instance holds: a part, if other instances hold the rest (docs/model.md section 4.7.5).
    pub held: u64,
    /// Instances in use.
    pub utilized_instances: u64,
    /// Clusters in use.
    pub utilized_clusters: u64,
    /// Reads, fills and updates of one instance.
    pub accesses: Accesses,
    /// Additions to what is stored, per instance.
    pub temporal_reductions: u64,
    /// Addresses generated, per cluster.
    pub address_generations: u64,
    /// Energy of one instance, in pJ.
    pub energy_per_instance_pj: f64,
    /// Energy of all instances, in pJ.
    pub energy_pj: f64,
    /// Energy of address generation of one cluster, in pJ.
    pub address_energy_per_cluster_pj: f64,
    /// Energy of address generation of all clusters, in pJ.
    pub address_energy_pj: f64,
    /// Factor on the bandwidth consumption.
    pub bandwidth_scale: f64,
    /// Reads per cycle and instance, stalls included.
    pub read_bandwidth: f64,
    /// Fills and updates per cycle and instance, stalls included.
    pub write_bandwidth: f64,
}

impl DataSpaceUse {
    /// Energy per word read, filled or updated, in pJ; NaN without accesses.
    pub fn energy_per_access_pj(&self) -> f64 {
        self.energy_per_instance_pj / real(self.accesses.total())
    }
}

/// A network under one mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkUse {
    /// Its name; `outer <==> inner` if it is inferred.
    pub name: String,
    /// Energy of one word over one hop, in pJ.
    pub hop_energy_pj: f64,
    /// Energy of all instances, in pJ.
    pub energy_pj: f64,
    /// Data spaces in the problem's order.
    pub data_spaces: Vec<NetworkDataSpaceUse>,
}

/// One data space in a network, per outer instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkDataSpaceUse {
    /// Inner instances in use.
    pub fan_out: u64,
    /// Words entering, by how they spread.
    pub ingresses: Vec<Ingress>,
    /// Words that other instances of the inner level pass on, likewise (docs/model.md section 4.7.5).
    pub distributed: Vec<Ingress>,
    /// Words taken from a neighbour.
    pub link_transfers: u64,
    /// Additions on the way outwards.
    pub spatial_reductions: u64,
    /// Energy of one word over one hop, in pJ; 0 where the network does not serve the data space.
    pub hop_energy_pj: f64,
    /// Hops per word.
    pub average_hops: f64,
    /// Energy of one outer instance's words, in pJ.
    pub energy_per_instance_pj: f64,
    /// Energy of all words, in pJ.
    pub energy_pj: f64,
    /// Energy of the link transfers of one outer instance, in pJ.
    pub link_energy_per_instance_pj: f64,
    /// Energy of all link transfers, in pJ.
    pub link_energy_pj: f64,
    /// Energy of the additions of one outer instance, in pJ.
    pub reduction_energy_per_instance_pj: f64,
    /// Energy of all additions, in pJ.
    pub reduction_energy_pj: f64,
}

impl NetworkDataSpaceUse {
    /// Words that enter, of all groups together.
    pub fn ingress_words(&self) -> f64 {
        total_words(&self.ingresses)
    }

    /// Children of the largest group that receives the same words.
    pub fn multicast_factor(&self) -> u64 {
        self.ingresses.iter().map(|ingress| ingress.multicast).max().unwrap_or(0)
    }
}

/// Words of several records together.
pub(crate) fn total_words(ingresses: &[Ingress]) -> f64 {
    // Not a sum: that of nothing is -0.
    ingresses.iter().fold(0.0, |sum, ingress| sum + ingress.words)
}

/// Words that enter a network and spread in the same way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ingress {
    /// Children that receive each word.
    pub multicast: u64,
    /// Groups of such children.
    pub scatter: u64,
    /// Words that enter for these groups.
    pub words: f64,
}
