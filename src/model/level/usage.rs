//! What the full model says of one storage level (docs/model.md section 5.2, 5.3; TL buffer.cpp).

use super::bandwidth::slowed;
use super::{Demand, InUse, LevelCosts};
use crate::architecture::Level;
use crate::model::evaluation::{DataSpaceUse, LevelUse};
use crate::model::nest::tiles::Tile;
use crate::numbers::{count, real};

/// A level under a mapping, without its energy: leakage needs the cycles of all levels, see [`finish`]. `tiles` has one entry per data space,
/// `expanded` is the product of the spatial loops outside.
pub(in crate::model) fn level(costs: &LevelCosts, tiles: &[&Tile], expanded: u64, compute_cycles: u64) -> LevelUse {
    let used = |(space, tile): (usize, &&Tile)| {
        (tile.size > 0).then(|| data_space(costs, space, tile, expanded, real(compute_cycles)))
    };
    let spaces = tiles.iter().enumerate().map(used).collect();
    throttled(costs, spaces, |slowdown| slowed(real(compute_cycles), slowdown))
}

/// A level without its energy, its bandwidths lessened to what it delivers. `cycles` are those of a run that is slowed down so much.
pub(in crate::model) fn throttled(
    costs: &LevelCosts,
    mut spaces: Vec<Option<DataSpaceUse>>,
    cycles: impl FnOnce(f64) -> u64,
) -> LevelUse {
    let wanted = |bandwidth: fn(&DataSpaceUse) -> f64| spaces.iter().flatten().map(bandwidth).sum::<f64>();
    let wanted = Demand { reads: wanted(|space| space.read_bandwidth), writes: wanted(|space| space.write_bandwidth) };
    let slowdown = costs.bandwidth.slowdown(wanted);
    for space in spaces.iter_mut().flatten() {
        space.read_bandwidth *= slowdown;
        space.write_bandwidth *= slowdown;
    }
    LevelUse {
        cycles: cycles(slowdown),
        slowdown,
        leakage_pj: 0.0,
        energy_pj: 0.0,
        instances_per_power_gate: 1.0,
        powered_utilization: 1.0,
        data_spaces: spaces,
    }
}

fn data_space(costs: &LevelCosts, space: usize, tile: &Tile, expanded: u64, compute_cycles: f64) -> DataSpaceUse {
    let (accesses, in_use) = (tile.accesses, InUse { expanded, instances: tile.replication });
    let clusters = costs.clusters(in_use);
    let per_instance = if tile.replication > 0 { costs.instance_energy(accesses, in_use) } else { 0.0 };
    let address_energy = costs.address_energy(space, accesses);
    let Demand { reads, writes } = costs.demand_per_cycle(space, accesses, in_use, compute_cycles);
    DataSpaceUse {
        partition: tile.partition,
        tile: tile.whole,
        held: tile.size,
        utilized_instances: tile.replication,
        utilized_clusters: clusters,
        accesses,
        temporal_reductions: tile.temporal_reductions,
        address_generations: costs.addresses(space, accesses),
        energy_per_instance_pj: per_instance,
        energy_pj: per_instance * real(tile.replication),
        address_energy_per_cluster_pj: address_energy,
        address_energy_pj: address_energy * real(clusters),
        bandwidth_scale: costs.bandwidth_scale(space),
        read_bandwidth: reads,
        write_bandwidth: writes,
    }
}

/// Instances of a level in use, with its description.
#[derive(Clone, Copy)]
pub(in crate::model) struct LevelInUse<'a> {
    pub(in crate::model) level: &'a Level,
    pub(in crate::model) instances: u64,
}

/// Adds the leakage over all cycles to a level, and sums its energy. `gate` is the level that its power is switched at, if it is another one.
pub(in crate::model) fn finish(
    costs: &LevelCosts,
    used: &mut LevelUse,
    cycles: u64,
    own: LevelInUse,
    gate: Option<LevelInUse>,
) {
    let in_use = real(own.instances.max(1));
    let mut powered = in_use;
    if let Some(gate) = gate
        && own.level.instances > gate.level.instances
    {
        used.instances_per_power_gate = real(own.level.instances) / real(gate.level.instances);
        powered = used.instances_per_power_gate * real(gate.instances);
        used.powered_utilization = in_use / powered;
    }
    used.leakage_pj = costs.leakage(real(cycles), powered);
    // In Timeloop's order: data space by data space, each with an equal part of the leakage. Ties of printed digits show it.
    let leakage = used.leakage_pj / real(count(used.data_spaces.len()));
    let energy = |space: &Option<DataSpaceUse>| {
        space.as_ref().map_or(0.0, |space| space.energy_pj + space.address_energy_pj) + leakage
    };
    used.energy_pj = used.data_spaces.iter().map(energy).sum();
}
