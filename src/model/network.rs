//! The inferred network between a level and the next inner one (docs/model.md section 4.7; TL network-legacy.cpp).

use super::evaluation::{Ingress, NetworkDataSpaceUse, NetworkUse};
use super::tiles::Tile;
use crate::architecture::Level;
use crate::numbers::{real, truncated};
use crate::workload::Problem;

/// The network below `level`, under a mapping. `hop_length_um` is the length of a hop that the floor plan gives.
pub(super) fn network(
    level: &Level,
    inner: &str,
    hop_length_um: f64,
    problem: &Problem,
    tiles: &[&Tile],
) -> NetworkUse {
    let hop_energy_pj = hop_energy(level, hop_length_um);
    let data_spaces: Vec<NetworkDataSpaceUse> = problem
        .data_spaces()
        .iter()
        .zip(tiles)
        .map(|(space, tile)| data_space(level, space.read_write, tile, hop_energy_pj))
        .collect();
    // In Timeloop's order of operations, which ties of printed digits show.
    let energies = data_spaces.iter().zip(tiles).map(|(space, tile)| {
        (space.link_energy_per_instance_pj + space.energy_per_instance_pj) * real(tile.replication)
    });
    NetworkUse {
        outer: level.name.clone(),
        inner: inner.to_owned(),
        hop_energy_pj,
        energy_pj: energies.sum(),
        data_spaces,
    }
}

/// Energy of one word over one hop: stated, or that of its wires over the length of a hop; in pJ.
fn hop_energy(level: &Level, hop_length_um: f64) -> f64 {
    let network = &level.network;
    let millimetres = network.tile_width_um.unwrap_or(hop_length_um) / 1000.0;
    let wires = |per_bit_and_millimetre: f64| real(level.network_word_bits()) * millimetres * per_bit_and_millimetre;
    network.hop_energy_pj.or(network.wire_energy_pj.map(wires)).unwrap_or(0.0)
}

/// What the records of a network add up to, each counted on its own, in their order.
#[derive(Default)]
struct Traffic {
    /// Words that enter.
    entering: f64,
    /// Words times the hops that they travel.
    hops: f64,
    /// Routers that words pass; a whole number.
    routers: f64,
    /// Additions on the way outwards; a whole number.
    reductions: f64,
}

impl Traffic {
    /// Adds the words of one record, whose hops are `weighted_hops` in all. Timeloop truncates sums after each record.
    fn add(&mut self, ingress: Ingress, weighted_hops: f64, read_write: bool) {
        let words = ingress.words;
        self.entering += words;
        if words > 0.0 {
            let hops_per_word = weighted_hops / words;
            self.routers = (self.routers + (1.0 + hops_per_word.floor()) * words).trunc();
            self.hops += hops_per_word * words;
        }
        if read_write {
            self.reductions = (self.reductions + real(ingress.multicast - 1) * words).trunc();
        }
    }
}

fn data_space(level: &Level, read_write: bool, tile: &Tile, hop_energy: f64) -> NetworkDataSpaceUse {
    // Partial sums that cannot be added at the outer level travel inwards first, except for the first time.
    let doubled = read_write && !level.reduction_supported;
    let partition = real(tile.partition);
    let travelling = |words: f64| if doubled { 2.0 * words - partition } else { words };
    let ingresses: Vec<Ingress> = tile
        .sent
        .iter()
        .map(|((multicast, scatter), words)| Ingress {
            multicast: *multicast,
            scatter: *scatter,
            words: travelling(words.accesses),
        })
        .collect();
    let mut traffic = Traffic::default();
    for (ingress, words) in ingresses.iter().zip(tile.sent.values()) {
        traffic.add(*ingress, words.hops, read_write);
    }
    let Traffic { entering, hops, routers, reductions } = traffic;
    let router = level.network.router_energy_pj.unwrap_or(0.0);
    let ingress_energy = level.network.ingress_energy_pj.unwrap_or(0.0) * entering;
    let energy = hops * hop_energy + routers * router + ingress_energy;
    let link_transfers = truncated(tile.link_transfers);
    let link_energy = real(link_transfers) * (hop_energy + 2.0 * router);
    let instances = real(tile.replication);
    NetworkDataSpaceUse {
        fan_out: tile.fan_out,
        ingresses,
        link_transfers,
        spatial_reductions: truncated(reductions),
        average_hops: if entering > 0.0 { hops / entering } else { 0.0 },
        energy_per_instance_pj: energy,
        energy_pj: energy * instances,
        link_energy_per_instance_pj: link_energy,
        link_energy_pj: link_energy * instances,
    }
}
