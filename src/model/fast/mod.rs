//! Energy and cycles alone, fast: no allocation per mapping, and nothing that only the statistics show.
//!
//! The same numbers as [`crate::model::evaluate`] (energies up to the order of summation), for mappings with perfect factors.

mod default_policy;
mod fast_level;

use crate::architecture::{Architecture, Mesh, Network};
use crate::model::Cost;
use crate::model::accesses::{self, Accesses, Words};
use crate::model::level::Demand;
use crate::model::nest::closed_form::{Boundary, Children, CompactMapping, Layout, Shape};
use crate::numbers::{real, truncated};
use crate::workload::Problem;
use fast_level::FastLevel;

/// One problem on one architecture, prepared for many mappings.
///
/// Built by [`FastModel::new`], which gives `None` for what only [`crate::model::evaluate`] covers: networks that cost energy or spread
/// tiles over instances; power gating at another level; more than four data spaces, or than four windows (ranks of more than one term, of all data spaces
/// together); a dimension twice in one rank; bounds whose products or translations do not fit into 64 bits. Tiles are hulls.
#[derive(Clone, Debug)]
pub struct FastModel {
    shape: Shape,
    levels: Vec<FastLevel>,
    units: u64,
    units_mesh: Mesh,
    compute_pj: f64,
    /// Cycles to fill and drain all networks.
    latency: u64,
}

/// Memory for one evaluation after another; one per thread.
#[derive(Debug, Default)]
pub struct Scratch {
    layout: Layout,
    children: Children,
    sums: Vec<Sums>,
    /// Level after level, one per data space.
    accesses: Vec<Accesses>,
    partitions: Vec<u64>,
}

/// Sums over the data spaces of one level.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    energy_pj: f64,
    /// Of a whole run; for levels of limited bandwidth.
    demand: Demand,
}

/// One mapping, laid out.
#[derive(Clone, Copy)]
struct FastEvaluator<'a> {
    model: &'a FastModel,
    mapping: &'a CompactMapping,
    layout: &'a Layout,
}

impl FastModel {
    /// Prepares; see the type for what is not covered.
    pub fn new(architecture: &Architecture, problem: &Problem) -> Option<Self> {
        let shape = Shape::new(architecture, problem)?;
        let levels = (0..architecture.levels().len()).map(|level| FastLevel::new(architecture, problem, level));
        if super::is_distributed(architecture) || !architecture.networks().iter().all(Network::is_free) {
            return None;
        }
        let units = architecture.arithmetic();
        Some(Self {
            shape,
            levels: levels.collect::<Option<_>>()?,
            units: units.instances,
            units_mesh: units.mesh,
            compute_pj: units.energy.pj,
            latency: architecture.network_latency(),
        })
    }

    /// The cost of a mapping; `None` if it is rejected.
    pub fn cost(&self, mapping: &CompactMapping, scratch: &mut Scratch) -> Option<Cost> {
        let Scratch { layout, children, sums, accesses, partitions } = scratch;
        // The cheapest refusals first: meshes need products of loops only, capacities need tiles.
        let used = layout.count(&self.shape, mapping)?;
        let is_enough = used.x <= self.units_mesh.x && used.y <= self.units_mesh.y && used.product() <= self.units;
        if !is_enough || !self.levels.iter().zip(&layout.levels).all(|(cost, laid_out)| cost.spans(laid_out.outside)) {
            return None;
        }
        layout.measure(&self.shape, mapping)?;
        let keeps = mapping.levels.iter().map(|level| level.policy.keep);
        let mut levels = self.levels.iter().zip(keeps).enumerate();
        if !levels.all(|(index, (level, keep))| level.holds(&self.shape, layout, index, keep)) {
            return None;
        }
        let evaluator = FastEvaluator { model: self, mapping, layout };
        let spaces = self.shape.spaces.len();
        sums.clear();
        sums.resize(self.levels.len(), Sums::default());
        accesses.clear();
        accesses.resize(self.levels.len() * spaces, Accesses::default());
        for index in 0..spaces {
            let add = |level: usize, done: Accesses| {
                accesses[level * spaces + index] = done;
                self.levels[level].add(&mut sums[level], index, done, layout.levels[level].instances);
            };
            if mapping.has_default_policy() {
                evaluator.add_default_space(children, partitions, index, add)?;
            } else {
                evaluator.add_space(children, partitions, index, add)?;
            }
        }
        Some(self.total(layout, sums, accesses, used))
    }

    /// Words read, filled and updated at a level, all its instances together, by the mapping whose cost was found last with this
    /// memory. Of a mapping that was rejected, no meaningful number.
    pub(crate) fn accesses(&self, level: usize, scratch: &Scratch) -> u64 {
        let spaces = self.shape.spaces.len();
        let accesses = scratch.accesses.get(level * spaces..(level + 1) * spaces).unwrap_or_default();
        let instances = scratch.layout.levels.get(level).map_or(0, |laid_out| laid_out.instances);
        accesses.iter().fold(0u64, |sum, accesses| sum.saturating_add(accesses.total().saturating_mul(instances)))
    }

    /// Energy and cycles of the whole (docs/model.md section 5.2, 5.3).
    fn total(&self, layout: &Layout, sums: &[Sums], accesses: &[Accesses], units: Mesh) -> Cost {
        let compute_cycles = truncated(layout.cycles);
        let mut cycles = compute_cycles;
        let accesses = accesses.chunks_exact(self.shape.spaces.len());
        for ((sums, level), accesses) in sums.iter().zip(&self.levels).zip(accesses) {
            if !level.costs.bandwidth.delivers(sums.demand, layout.cycles) {
                cycles = cycles.max(level.costs.cycles(accesses, layout.cycles));
            }
        }
        let computes = compute_cycles.saturating_mul(units.product());
        let mut energy_pj = real(computes) * self.compute_pj;
        for ((sums, level), laid_out) in sums.iter().zip(&self.levels).zip(&layout.levels) {
            energy_pj += sums.energy_pj + level.costs.leakage(real(cycles), real(laid_out.instances));
        }
        Cost { energy_pj, cycles: cycles.saturating_add(self.latency) }
    }
}

impl<'a> FastEvaluator<'a> {
    fn boundary(&self, level: usize, index: usize) -> Boundary<'a> {
        Boundary::new(&self.model.shape, self.mapping, self.layout, level, index)
    }

    /// Tells what one data space does at every level that keeps it (docs/model.md section 4.6). `None` if none does.
    fn add_space(
        &self,
        children: &mut Children,
        partitions: &mut Vec<u64>,
        index: usize,
        mut add: impl FnMut(usize, Accesses),
    ) -> Option<()> {
        let levels = &self.mapping.levels;
        let read_write = self.model.shape.spaces[index].read_write;
        let outermost = levels.iter().rposition(|level| level.policy.keep.contains(index))?;
        // The outermost level of all serves nothing if it does not coalesce: so does Timeloop's masking.
        let serves = |level: usize| {
            let policy = &levels[level].policy;
            policy.keep.contains(index) && (level + 1 < levels.len() || !policy.no_coalesce.contains(index))
        };
        let last = (0..=outermost).rev().find(|&level| serves(level));
        if read_write {
            self.partitions(partitions, index);
        }
        let innermost = self.boundary(0, index);
        let mut content = if innermost.children() > 1 { innermost.flow(children).sent } else { self.layout.cycles };
        for level in 0..=outermost {
            let policy = &levels[level].policy;
            let keep = policy.keep.contains(index);
            let passes = !keep || policy.no_coalesce.contains(index);
            if !keep && level < outermost && self.layout.levels[level + 1].children == 1 {
                continue;
            }
            let above = (level < outermost).then(|| self.boundary(level + 1, index));
            let flow = above.filter(|above| keep || above.may_link()).map(|above| above.flow(children));
            if keep {
                let link_transfers = flow.map_or(0.0, |flow| if passes { 0.0 } else { flow.link_transfers });
                let peers = per_child(link_transfers, self.layout.levels[level].instances);
                let share = above.zip(flow).map_or(0.0, |(above, flow)| above.share(children, flow, peers));
                let partition = if read_write { partitions[level] } else { 0 };
                let words = Words { content, share, peers, partition, is_outermost: Some(level) == last };
                let served = serves(level).then(|| words.accesses(read_write, policy, index));
                add(level, served.unwrap_or_default());
            }
            content = match (above, flow) {
                (Some(_), Some(flow)) if !passes => flow.sent,
                // What passes through is asked of the outer level, once per group of children.
                (Some(above), Some(flow)) if flow.received > 0.0 => {
                    flow.sent * (content * real(above.children()) / flow.received)
                }
                (Some(above), _) => content * real(above.groups(children)),
                (None, _) => content,
            };
        }
        Some(())
    }

    /// Words that one instance of each level holds of a data space in turn.
    #[inline]
    fn partitions(&self, partitions: &mut Vec<u64>, index: usize) {
        let levels = self.mapping.levels.len();
        let mut partition = self.model.shape.spaces[index].whole;
        partitions.resize(levels, 0);
        partitions[levels - 1] = partition;
        for level in (1..levels).rev() {
            let laid_out = &self.layout.levels[level];
            partition = accesses::partition(partition, laid_out.tile[index], laid_out.working_set[index]);
            partitions[level - 1] = partition;
        }
    }
}

/// A quotient; most often of nothing, or by 1.
fn per_child(words: f64, children: u64) -> f64 {
    if children == 1 || words == 0.0 { words } else { words / real(children) }
}
