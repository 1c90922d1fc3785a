//! Trees that add partial sums on their way outwards (docs/model.md section 4.7.3; TL network-reduction-tree.cpp).

use super::{ingresses, with_reductions};
use crate::architecture::{Network, Tree};
use crate::model::evaluation::NetworkDataSpaceUse;
use crate::model::nest::tiles::Tile;
use crate::numbers::{real, truncated};

/// One data space in a tree; those that are only read pass by it.
pub(super) fn data_space(network: &Network, tree: &Tree, read_write: bool, tile: &Tile) -> NetworkDataSpaceUse {
    if !read_write {
        return NetworkDataSpaceUse { fan_out: tile.fan_out, ..NetworkDataSpaceUse::default() };
    }
    let ingresses = ingresses(&tile.sent, |words| words);
    let (mut entering, mut hops, mut reductions) = (0.0, 0.0, 0.0);
    for ingress in &ingresses {
        entering += ingress.words;
        reductions = with_reductions(reductions, ingress.multicast, ingress.words);
        if ingress.words > 0.0 {
            // Half of the levels of the tree.
            hops += f64::from(ingress.multicast.max(1).ilog2()) * 0.5 * ingress.words;
        }
    }
    let reductions = truncated(reductions);
    let energy = hops * network.hop_energy_pj();
    let adders = real(reductions) * tree.adder_energy_pj;
    let instances = real(tile.replication);
    NetworkDataSpaceUse {
        fan_out: tile.fan_out,
        ingresses,
        spatial_reductions: reductions,
        hop_energy_pj: network.hop_energy_pj(),
        average_hops: if entering > 0.0 { hops / entering } else { 0.0 },
        energy_per_instance_pj: energy,
        energy_pj: energy * instances,
        reduction_energy_per_instance_pj: adders,
        reduction_energy_pj: adders * instances,
        ..NetworkDataSpaceUse::default()
    }
}
