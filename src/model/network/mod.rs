//! What the networks between the levels cost (docs/model.md section 4.7; TL topology.cpp, network-*.cpp).
//!
//! A network is billed for all traffic of its innermost connection, in both directions, whichever it serves.

mod legacy;
mod multicast;
mod tree;

use super::evaluation::{Ingress, NetworkDataSpaceUse, NetworkUse};
use super::nest::recursive::SentWords;
use super::nest::tiles::Tile;
use super::rejection::Rejection;
use crate::architecture::{Network, NetworkClass};
use crate::numbers::real;
use crate::workload::Problem;

/// A network under a mapping; `tiles` are those of its connection, one per data space.
///
/// # Errors
///
/// Where its table does not tell the energy, or the energy is negative or no number.
pub(super) fn evaluate(network: &Network, problem: &Problem, tiles: &[&Tile]) -> Result<NetworkUse, Rejection> {
    let mut data_spaces = Vec::with_capacity(tiles.len());
    for (space, tile) in problem.data_spaces().iter().zip(tiles) {
        data_spaces.push(match &network.class {
            NetworkClass::Legacy(wiring) => legacy::data_space(network, wiring, space.read_write, tile),
            NetworkClass::ReductionTree(tree) => tree::data_space(network, tree, space.read_write, tile),
            NetworkClass::SimpleMulticast(multicast) => {
                multicast::data_space(&network.name, multicast, &space.name, tile)?
            }
        });
    }
    // In Timeloop's order of operations, which ties of printed digits show.
    let total = |(space, tile): (&NetworkDataSpaceUse, &&Tile)| match &network.class {
        NetworkClass::Legacy(_) => {
            let instances = real(tile.replication);
            (space.link_energy_per_instance_pj + space.energy_per_instance_pj) * instances
                + space.reduction_energy_per_instance_pj * instances
        }
        // One instance only: so does Timeloop.
        NetworkClass::ReductionTree(_) => space.energy_per_instance_pj + space.reduction_energy_per_instance_pj,
        NetworkClass::SimpleMulticast(_) => space.energy_pj,
    };
    let energy_pj = data_spaces.iter().zip(tiles).map(total).sum();
    if !(0.0..=f64::MAX).contains(&energy_pj) {
        return Err(Rejection::NetworkEnergy { network: network.name.clone(), energy_pj });
    }
    Ok(NetworkUse { name: network.name.clone(), hop_energy_pj: network.hop_energy_pj(), energy_pj, data_spaces })
}

/// The words of each record as they enter.
fn ingresses(sent: &SentWords, entering: impl Fn(f64) -> f64) -> Vec<Ingress> {
    let ingress = |(&(multicast, scatter), words): (&(u64, u64), &super::nest::recursive::Sent)| Ingress {
        multicast,
        scatter,
        words: entering(words.accesses),
    };
    sent.iter().map(ingress).collect()
}

/// Additions on the way outwards, with those of one more record. Timeloop truncates the sum after each record.
fn with_reductions(sum: f64, multicast: u64, words: f64) -> f64 {
    (sum + (real(multicast) - 1.0) * words).trunc()
}
