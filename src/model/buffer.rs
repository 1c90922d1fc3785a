//! Cycles and energy of one storage level (docs/model.md section 5.2, 5.3; TL buffer.cpp).

use super::evaluation::{DataSpaceUse, Expansion, LevelUse};
use super::tiles::Tile;
use crate::architecture::Level;
use crate::numbers::{real, truncated};
use crate::workload::Problem;

/// A level under a mapping, before leakage: that needs the cycles of all levels.
pub(super) fn level(
    level: &Level,
    problem: &Problem,
    tiles: &[&Tile],
    expansion: Expansion,
    compute_cycles: u64,
) -> LevelUse {
    let mut spaces: Vec<Option<DataSpaceUse>> = problem
        .data_spaces()
        .iter()
        .zip(tiles)
        .map(|(space, tile)| {
            let scale = level.bandwidth_scale.get(&space.name).copied().unwrap_or(1.0);
            (tile.size > 0).then(|| data_space(level, space.read_write, tile, expansion, compute_cycles, scale))
        })
        .collect();
    let wanted = |of: fn(&DataSpaceUse) -> f64| spaces.iter().flatten().map(of).sum::<f64>();
    let (reads, writes) = (wanted(|space| space.read_bandwidth), wanted(|space| space.write_bandwidth));
    let slowdown = slowdown(level, reads, writes);
    for space in spaces.iter_mut().flatten() {
        space.read_bandwidth *= slowdown;
        space.write_bandwidth *= slowdown;
    }
    LevelUse {
        cycles: truncated((real(compute_cycles) / slowdown).ceil()),
        slowdown,
        leakage_pj: 0.0,
        energy_pj: spaces.iter().flatten().map(|space| space.energy_pj + space.address_energy_pj).sum(),
        instances_per_power_gate: 1.0,
        powered_utilization: 1.0,
        data_spaces: spaces,
    }
}

/// Share of the wanted bandwidth that the level's limits leave.
fn slowdown(level: &Level, reads: f64, writes: f64) -> f64 {
    let limits = level.bandwidth;
    let wanted = [(limits.read, reads), (limits.write, writes), (limits.shared, reads + writes)];
    wanted.into_iter().fold(1.0, |slowdown: f64, (limit, wanted)| match limit {
        Some(limit) if limit < wanted => slowdown.min(limit / wanted),
        _ => slowdown,
    })
}

fn data_space(
    level: &Level,
    read_write: bool,
    tile: &Tile,
    expansion: Expansion,
    compute_cycles: u64,
    bandwidth_scale: f64,
) -> DataSpaceUse {
    let counts = tile.counts;
    let clusters = expansion.product().min(level.instances / level.cluster_size);
    let vectors = |words: u64| real(words.div_ceil(level.block_size));
    let energy = &level.energy;
    let cluster_energy = vectors(counts.reads) * energy.read.pj
        + vectors(counts.fills) * energy.fill.pj
        + vectors(counts.updates) * energy.update.pj;
    let (expanded, instances) = (real(expansion.product()), real(tile.replication));
    let per_instance = if tile.replication > 0 { cluster_energy / (expanded / real(clusters)) } else { 0.0 };
    // Imperfect factors: not all instances are in use all the time.
    let idle = if tile.replication > 0 { expanded / instances } else { 1.0 };
    let per_cycle = |words: u64| (real(words) / idle).ceil() / real(compute_cycles) * bandwidth_scale;
    let address_generations = counts.fills.saturating_add(if read_write { counts.updates } else { counts.reads });
    let address_energy = real(address_generations) * level.address_energy_pj.max(0.0);
    DataSpaceUse {
        partition: tile.partition,
        tile: tile.size,
        utilized_instances: tile.replication,
        utilized_clusters: clusters,
        reads: counts.reads,
        fills: counts.fills,
        updates: counts.updates,
        temporal_reductions: counts.temporal_reductions,
        address_generations,
        energy_per_instance_pj: per_instance,
        energy_pj: per_instance * instances,
        address_energy_per_cluster_pj: address_energy,
        address_energy_pj: address_energy * real(clusters),
        bandwidth_scale,
        read_bandwidth: per_cycle(counts.reads),
        write_bandwidth: per_cycle(counts.fills.saturating_add(counts.updates)),
    }
}

/// Adds the leakage over all cycles to a level. `instances` are those in use, of the level itself and of the one that its
/// power is switched at, with that level's description.
pub(super) fn leak(level: &Level, used: &mut LevelUse, cycles: u64, instances: u64, gate: Option<(&Level, u64)>) {
    let in_use = real(instances.max(1));
    let mut powered = in_use;
    if let Some((gate, gate_instances)) = gate
        && level.instances > gate.instances
    {
        used.instances_per_power_gate = real(level.instances) / real(gate.instances);
        powered = used.instances_per_power_gate * real(gate_instances);
        used.powered_utilization = in_use / powered;
    }
    used.leakage_pj = level.energy.leak.pj * real(cycles) * powered;
    used.energy_pj += used.leakage_pj;
}
