//! Energy and cycles alone, fast: no allocation per mapping, and nothing that only the statistics show.
//!
//! The same numbers as [`crate::model::evaluate`] (energies up to the order of summation), for mappings with perfect factors.

mod default_policy;
mod level;

use crate::architecture::{Architecture, Mesh};
use crate::mapping::LevelPolicy;
use crate::model::nest::closed_form::{Boundary, Children, CompactMapping, Layout, Shape};
use crate::numbers::{real, rounded, truncated};
use crate::workload::Problem;
use level::LevelCost;

/// What a search compares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Energy of the whole, in pJ.
    pub energy_pj: f64,
    /// Cycles of the whole, stalls included.
    pub cycles: u64,
}

impl Cost {
    /// Energy-delay product, in J*cycle.
    pub fn edp(self) -> f64 {
        real(self.cycles) * self.energy_pj / 1e12
    }
}

/// One problem on one architecture, prepared for many mappings.
///
/// Built by [`FastModel::new`], which gives `None` for what only [`crate::model::evaluate`] covers: networks that cost energy; power
/// gating at another level; more than four data spaces, or than four windows (ranks of more than one term, of all data spaces
/// together); a dimension twice in one rank; bounds whose products or translations do not fit into 64 bits. Tiles are hulls.
#[derive(Clone, Debug)]
pub struct FastModel {
    shape: Shape,
    levels: Vec<LevelCost>,
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
    counts: Vec<Counts>,
    partitions: Vec<u64>,
}

/// Sums over the data spaces of one level.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    energy_pj: f64,
    /// Words, each data space times its factor on the bandwidth.
    reads: f64,
    writes: f64,
}

/// What one level does for one data space, per instance.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    reads: u64,
    fills: u64,
    updates: u64,
}

/// One mapping, laid out.
#[derive(Clone, Copy)]
struct Run<'a> {
    model: &'a FastModel,
    mapping: &'a CompactMapping,
    layout: &'a Layout,
}

impl FastModel {
    /// Prepares; see the type for what is not covered.
    pub fn new(architecture: &Architecture, problem: &Problem) -> Option<Self> {
        let shape = Shape::new(architecture, problem)?;
        let levels = (0..architecture.levels().len()).map(|level| LevelCost::new(architecture, problem, level));
        let latency = architecture.levels().iter().fold(0u64, |sum, level| {
            sum.saturating_add(level.network.fill_latency).saturating_add(level.network.drain_latency)
        });
        let units = architecture.arithmetic();
        Some(Self {
            shape,
            levels: levels.collect::<Option<_>>()?,
            units: units.instances,
            units_mesh: units.mesh,
            compute_pj: units.energy.pj,
            latency,
        })
    }

    /// The cost of a mapping; `None` if it is rejected.
    pub fn cost(&self, mapping: &CompactMapping, scratch: &mut Scratch) -> Option<Cost> {
        let Scratch { layout, children, sums, counts, partitions } = scratch;
        // The cheapest refusals first: meshes need products of loops only, capacities need tiles.
        let used = layout.count(&self.shape, mapping)?;
        let is_enough = used.x <= self.units_mesh.x && used.y <= self.units_mesh.y && used.product() <= self.units;
        if !is_enough || !self.levels.iter().zip(&layout.levels).all(|(cost, at)| cost.spans(at.outside)) {
            return None;
        }
        layout.measure(&self.shape, mapping)?;
        let keeps = mapping.levels.iter().map(|level| level.policy.keep);
        let mut levels = self.levels.iter().zip(keeps).enumerate();
        if !levels.all(|(level, (cost, keep))| cost.holds(&self.shape, layout, level, keep)) {
            return None;
        }
        let run = Run { model: self, mapping, layout };
        let spaces = self.shape.spaces.len();
        sums.clear();
        sums.resize(self.levels.len(), Sums::default());
        counts.clear();
        counts.resize(self.levels.len() * spaces, Counts::default());
        for index in 0..spaces {
            let tell = |level: usize, done: Counts| {
                let read_write = self.shape.spaces[index].read_write;
                counts[level * spaces + index] = done;
                self.levels[level].add(&mut sums[level], index, read_write, done, layout.levels[level].instances);
            };
            if mapping.has_default_policy() {
                run.add_default_space(children, partitions, index, tell)?;
            } else {
                run.add_space(children, partitions, index, tell)?;
            }
        }
        Some(self.total(layout, sums, counts, used))
    }

    /// Words read, filled and updated at a level, all its instances together, by the mapping whose cost was found last with this
    /// memory. Of a mapping that was rejected, no meaningful number.
    pub(crate) fn accesses(&self, level: usize, scratch: &Scratch) -> u64 {
        let spaces = self.shape.spaces.len();
        let counts = scratch.counts.get(level * spaces..(level + 1) * spaces).unwrap_or_default();
        let words = |counts: &Counts| counts.reads.saturating_add(counts.fills).saturating_add(counts.updates);
        let instances = scratch.layout.levels.get(level).map_or(0, |at| at.instances);
        counts.iter().fold(0u64, |sum, counts| sum.saturating_add(words(counts).saturating_mul(instances)))
    }

    /// Energy and cycles of the whole (docs/model.md section 5.2, 5.3).
    fn total(&self, layout: &Layout, sums: &[Sums], counts: &[Counts], units: Mesh) -> Cost {
        let compute_cycles = truncated(layout.cycles);
        let mut cycles = compute_cycles;
        let counts = counts.chunks_exact(self.shape.spaces.len());
        for ((sums, cost), counts) in sums.iter().zip(&self.levels).zip(counts) {
            if !cost.is_fast_enough(*sums, layout.cycles) {
                cycles = cycles.max(cost.cycles(counts, layout.cycles));
            }
        }
        let computes = compute_cycles.saturating_mul(units.product());
        let mut energy_pj = real(computes) * self.compute_pj;
        for ((sums, cost), at) in sums.iter().zip(&self.levels).zip(&layout.levels) {
            energy_pj += sums.energy_pj + cost.leakage(cycles, at.instances);
        }
        Cost { energy_pj, cycles: cycles.saturating_add(self.latency) }
    }
}

impl<'a> Run<'a> {
    fn boundary(&self, level: usize, index: usize) -> Boundary<'a> {
        Boundary::new(&self.model.shape, self.mapping, self.layout, level, index)
    }

    /// Tells what one data space does at every level that keeps it (docs/model.md section 4.6). `None` if none does.
    fn add_space(
        &self,
        children: &mut Children,
        partitions: &mut Vec<u64>,
        index: usize,
        mut tell: impl FnMut(usize, Counts),
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
                let links = flow.map_or(0.0, |flow| if passes { 0.0 } else { flow.links });
                let peers = per_child(links, self.layout.levels[level].instances);
                let incoming = above.zip(flow).map_or(0.0, |(above, flow)| above.share(children, flow, peers));
                let partition = if read_write { partitions[level] } else { 0 };
                let first = (partition, if Some(level) == last { 0 } else { partition });
                let words = Words { content, incoming, peers, first };
                let counts = if serves(level) { words.counts(policy, index, read_write) } else { Counts::default() };
                tell(level, counts);
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
    fn partitions(&self, partitions: &mut Vec<u64>, index: usize) {
        let levels = self.mapping.levels.len();
        let mut partition = self.model.shape.spaces[index].whole;
        partitions.resize(levels, 0);
        partitions[levels - 1] = partition;
        for level in (1..levels).rev() {
            let at = &self.layout.levels[level];
            let (tile, working_set) = (at.tile[index], at.working_set[index]);
            if tile != working_set {
                let exact = || u128::from(partition) * u128::from(tile) / u128::from(working_set);
                let short = partition.checked_mul(tile).map(|product| product / working_set);
                partition = short.unwrap_or_else(|| u64::try_from(exact()).unwrap_or(u64::MAX));
            }
            partitions[level - 1] = partition;
        }
    }
}

/// A quotient; most often of nothing, or by 1.
fn per_child(words: f64, children: u64) -> f64 {
    if children == 1 || words == 0.0 { words } else { words / real(children) }
}

/// Words that meet at one level for one data space, per instance.
#[derive(Clone, Copy)]
struct Words {
    /// Asked for by the inner level.
    content: f64,
    /// Received from the outer level.
    incoming: f64,
    /// Exchanged with the neighbours.
    peers: f64,
    /// Partial sums that need no reading the first time: by the inner level, and from the outer level.
    first: (u64, u64),
}

impl Words {
    /// Reads, fills and updates (docs/model.md section 4.6, final counts).
    fn counts(self, policy: &LevelPolicy, index: usize, read_write: bool) -> Counts {
        let Self { content, incoming, peers, first } = self;
        if !read_write {
            return Counts { reads: rounded(content + peers), fills: truncated(incoming + peers), updates: 0 };
        }
        let updates = rounded(content);
        if policy.no_coalesce.contains(index) {
            return Counts { reads: rounded(content + peers), fills: rounded(content + peers), updates };
        }
        let first = if policy.rmw_first_update.contains(index) { (0, 0) } else { first };
        let reads = rounded(content + peers - real(first.0));
        Counts { reads, fills: rounded(incoming + peers - real(first.1)), updates }
    }
}
