//! Energy and bandwidth of one level (docs/model.md section 5.2, 5.3), prepared.

use super::{Counts, Sums};
use crate::architecture::{Architecture, Mesh};
use crate::mapping::DataSpaceSet;
use crate::model::nest::closed_form::{Layout, Shape};
use crate::numbers::{real, truncated};
use crate::workload::Problem;

/// What the model needs of a level.
#[derive(Clone, Debug)]
pub(super) struct LevelCost {
    instances: u64,
    mesh: Mesh,
    clusters: u64,
    block_size: u64,
    /// Its logarithm, if it is a power of two.
    block_shift: Option<u32>,
    /// Whether any bandwidth is.
    pub(super) is_limited: bool,
    capacity: u64,
    least_words: f64,
    read_pj: f64,
    fill_pj: f64,
    update_pj: f64,
    leak_pj: f64,
    address_pj: f64,
    read_limit: f64,
    write_limit: f64,
    shared_limit: f64,
    bandwidth_scale: Vec<f64>,
}

impl LevelCost {
    /// `None` where the cost is more than this: networks that cost energy, power gating at another level.
    pub(super) fn new(architecture: &Architecture, problem: &Problem, index: usize) -> Option<Self> {
        let level = &architecture.levels()[index];
        let network = &level.network;
        let free = [network.hop_energy_pj, network.wire_energy_pj, network.router_energy_pj, network.ingress_energy_pj];
        if level.power_gated_at.is_some() || free.iter().flatten().any(|energy| *energy != 0.0) {
            return None;
        }
        let scale = |name: &String| level.bandwidth_scale.get(name).copied().unwrap_or(1.0);
        let unlimited = f64::INFINITY;
        Some(Self {
            instances: level.instances,
            mesh: level.mesh,
            clusters: level.instances / level.cluster_size,
            block_size: level.block_size,
            block_shift: level.block_size.is_power_of_two().then(|| level.block_size.trailing_zeros()),
            is_limited: [level.bandwidth.read, level.bandwidth.write, level.bandwidth.shared]
                .iter()
                .any(Option::is_some),
            capacity: level.effective_size.unwrap_or(u64::MAX),
            least_words: level.effective_size.map_or(0.0, |size| real(size) * level.min_utilization),
            read_pj: level.energy.read.pj,
            fill_pj: level.energy.fill.pj,
            update_pj: level.energy.update.pj,
            leak_pj: level.energy.leak.pj,
            address_pj: level.address_energy_pj.max(0.0),
            read_limit: level.bandwidth.read.unwrap_or(unlimited),
            write_limit: level.bandwidth.write.unwrap_or(unlimited),
            shared_limit: level.bandwidth.shared.unwrap_or(unlimited),
            bandwidth_scale: problem.data_spaces().iter().map(|space| scale(&space.name)).collect(),
        })
    }

    /// Whether there are enough instances for the spatial loops outside.
    pub(super) fn spans(&self, outside: Mesh) -> bool {
        outside.x <= self.mesh.x && outside.y <= self.mesh.y && outside.product() <= self.instances
    }

    /// Whether the tiles kept at `level`, this one, fit, and fill it as much as it asks.
    pub(super) fn holds(&self, shape: &Shape, layout: &Layout, level: usize, keep: DataSpaceSet) -> bool {
        if self.capacity == u64::MAX {
            return true;
        }
        let is_outermost = level + 1 == layout.levels.len();
        let size =
            |space: usize| if is_outermost { shape.spaces[space].whole } else { layout.levels[level + 1].tile[space] };
        let kept = (0..shape.spaces.len()).filter(|space| keep.contains(*space));
        let words = kept.fold(0u64, |sum, space| sum.saturating_add(size(space)));
        words <= self.capacity && real(words) >= self.least_words
    }

    /// Adds one data space.
    pub(super) fn add(&self, sums: &mut Sums, space: usize, read_write: bool, counts: Counts, instances: u64) {
        let clusters = instances.min(self.clusters);
        let vectors = |words: u64| {
            real(match self.block_shift {
                Some(shift) => words.saturating_add(self.block_size - 1) >> shift,
                None => words.div_ceil(self.block_size),
            })
        };
        let energy = vectors(counts.reads) * self.read_pj
            + vectors(counts.fills) * self.fill_pj
            + vectors(counts.updates) * self.update_pj;
        let per_instance = if clusters == instances { energy } else { energy / (real(instances) / real(clusters)) };
        sums.energy_pj += per_instance * real(instances);
        let written = counts.fills + counts.updates;
        if self.address_pj > 0.0 {
            let addresses = if read_write { written } else { counts.fills + counts.reads };
            sums.energy_pj += real(addresses) * self.address_pj * real(clusters);
        }
        if self.is_limited {
            sums.reads += real(counts.reads) * self.bandwidth_scale[space];
            sums.writes += real(written) * self.bandwidth_scale[space];
        }
    }

    /// Whether the level's bandwidth is clearly enough for words that a whole run moves.
    pub(super) fn is_fast_enough(&self, sums: Sums, compute_cycles: f64) -> bool {
        // Rounding of the exact rule is far below this margin.
        let least = compute_cycles * (1.0 - 1e-9);
        let Sums { reads, writes, .. } = sums;
        !self.is_limited
            || (reads <= self.read_limit * least
                && writes <= self.write_limit * least
                && reads + writes <= self.shared_limit * least)
    }

    /// Cycles that the level's bandwidth allows.
    pub(super) fn cycles(&self, counts: &[Counts], compute_cycles: f64) -> u64 {
        let per_cycle = |of: fn(&Counts) -> u64| {
            let each = counts.iter().zip(&self.bandwidth_scale);
            each.map(|(counts, scale)| real(of(counts)) / compute_cycles * scale).fold(0.0, |sum, each| sum + each)
        };
        let (reads, writes) = (per_cycle(|counts| counts.reads), per_cycle(|counts| counts.fills + counts.updates));
        let mut slowdown = 1.0f64;
        for (limit, wanted) in
            [(self.read_limit, reads), (self.write_limit, writes), (self.shared_limit, reads + writes)]
        {
            if limit < wanted {
                slowdown = slowdown.min(limit / wanted);
            }
        }
        if slowdown < 1.0 { truncated((compute_cycles / slowdown).ceil()) } else { truncated(compute_cycles) }
    }

    /// Leakage of the instances in use.
    pub(super) fn leakage(&self, cycles: u64, instances: u64) -> f64 {
        self.leak_pj * real(cycles) * real(instances)
    }
}
