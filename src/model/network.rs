//! The inferred network between a level and the next inner one (docs/model.md section 4.7; TL network-legacy.cpp).

use super::evaluation::{Ingress, NetworkDataSpaceUse, NetworkUse};
use super::tiles::Tile;
use crate::architecture::{Level, Network};
use crate::numbers::{real, rounded, truncated};
use crate::workload::Problem;

/// The network below `level`, under a mapping.
pub(super) fn network(level: &Level, inner: &str, problem: &Problem, tiles: &[&Tile]) -> NetworkUse {
    let hop_energy_pj = hop_energy(&level.network, level.word_bits);
    let data_spaces: Vec<NetworkDataSpaceUse> = problem
        .data_spaces()
        .iter()
        .zip(tiles)
        .map(|(space, tile)| data_space(level, space.read_write, tile, hop_energy_pj))
        .collect();
    NetworkUse {
        outer: level.name.clone(),
        inner: inner.to_owned(),
        hop_energy_pj,
        energy_pj: data_spaces.iter().map(|space| space.energy_pj + space.link_energy_pj).sum(),
        data_spaces,
    }
}

/// Energy of one word over one hop: stated, or that of its wires over the length of a hop; in pJ.
fn hop_energy(network: &Network, word_bits: u64) -> f64 {
    let wires = |per_bit_and_millimetre: f64| {
        real(word_bits) * per_bit_and_millimetre * network.tile_width_um.unwrap_or(0.0) / 1000.0
    };
    network.hop_energy_pj.or(network.wire_energy_pj.map(wires)).unwrap_or(0.0)
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
    let reductions: f64 = ingresses.iter().map(|ingress| real(ingress.multicast - 1) * ingress.words).sum();
    let hops: f64 = tile.sent.values().map(|words| words.hops).sum();
    let entering: f64 = ingresses.iter().map(|ingress| ingress.words).sum();
    let average_hops = if entering > 0.0 { hops / entering } else { 0.0 };
    let router = level.network.router_energy_pj.unwrap_or(0.0);
    let routers = (1.0 + average_hops.floor()) * entering;
    let ingress_energy = level.network.ingress_energy_pj.unwrap_or(0.0) * entering;
    let energy = hops * hop_energy + routers * router + ingress_energy;
    let link_energy = tile.link_transfers * (hop_energy + 2.0 * router);
    let instances = real(tile.replication);
    NetworkDataSpaceUse {
        fan_out: tile.fan_out,
        ingresses,
        link_transfers: truncated(tile.link_transfers),
        spatial_reductions: if read_write { rounded(reductions) } else { 0 },
        average_hops,
        energy_per_instance_pj: energy,
        energy_pj: energy * instances,
        link_energy_per_instance_pj: link_energy,
        link_energy_pj: link_energy * instances,
    }
}
