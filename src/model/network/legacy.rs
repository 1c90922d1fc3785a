//! Networks of class `Legacy` and `XY_NoC`, and inferred ones (docs/model.md section 4.7.2; TL network-legacy.cpp).

use super::{ingresses, with_reductions};
use crate::architecture::{Network, Wiring};
use crate::model::evaluation::{Ingress, NetworkDataSpaceUse};
use crate::model::nest::tiles::Tile;
use crate::numbers::{real, truncated};

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
    fn add(&mut self, ingress: Ingress, weighted_hops: f64, reduces: bool) {
        let words = ingress.words;
        self.entering += words;
        if words > 0.0 {
            let hops_per_word = weighted_hops / words;
            self.routers = (self.routers + (1.0 + hops_per_word.floor()) * words).trunc();
            self.hops += hops_per_word * words;
        }
        if reduces {
            self.reductions = with_reductions(self.reductions, ingress.multicast, words);
        }
    }
}

/// One data space in a network.
pub(super) fn data_space(network: &Network, wiring: &Wiring, read_write: bool, tile: &Tile) -> NetworkDataSpaceUse {
    // Partial sums that cannot be added where they end travel inwards first, except for the first time.
    let is_doubled = read_write && !network.sink_reduces && network.carries.updates;
    let partition = real(tile.partition);
    let entering = |words: f64| if is_doubled { 2.0 * words - partition } else { words };
    let (all, distributed) = (ingresses(&tile.sent, entering), ingresses(&tile.distributed, entering));
    let mut traffic = Traffic::default();
    let reduces = read_write && network.carries.updates;
    for (ingresses, sent) in [(&all, &tile.sent), (&distributed, &tile.distributed)] {
        for (ingress, words) in ingresses.iter().zip(sent.values()) {
            traffic.add(*ingress, words.hops, reduces);
        }
    }
    let Traffic { entering, hops, routers, reductions } = traffic;
    let hop = network.hop_energy_pj();
    let router = wiring.router_energy_pj.unwrap_or(0.0);
    let energy = hops * hop + routers * router + wiring.ingress_energy_pj.unwrap_or(0.0) * entering;
    let link_transfers = truncated(tile.link_transfers);
    let link_energy = real(link_transfers) * (hop + 2.0 * router);
    let instances = real(tile.replication);
    NetworkDataSpaceUse {
        fan_out: tile.fan_out,
        ingresses: all,
        distributed,
        link_transfers,
        spatial_reductions: truncated(reductions),
        hop_energy_pj: hop,
        average_hops: if entering > 0.0 { hops / entering } else { 0.0 },
        energy_per_instance_pj: energy,
        energy_pj: energy * instances,
        link_energy_per_instance_pj: link_energy,
        link_energy_pj: link_energy * instances,
        ..NetworkDataSpaceUse::default()
    }
}
