//! Networks whose energies stand in a table (docs/model.md section 4.7.4; TL network-simple-multicast.cpp).

use super::ingresses;
use crate::architecture::Multicast;
use crate::model::evaluation::NetworkDataSpaceUse;
use crate::model::nest::tiles::Tile;
use crate::model::rejection::Rejection;
use crate::numbers::real;

/// One data space in the network `name`. Of several records the last one counts, that of the largest multicast factor: so does
/// Timeloop.
pub(super) fn data_space(
    name: &str,
    multicast: &Multicast,
    space: &str,
    tile: &Tile,
) -> Result<NetworkDataSpaceUse, Rejection> {
    let ingresses = ingresses(&tile.sent, |words| words);
    let mut energy = 0.0;
    for ingress in ingresses.iter().filter(|ingress| ingress.words > 0.0) {
        energy = per_word(name, multicast, space, ingress.multicast)? * ingress.words;
    }
    Ok(NetworkDataSpaceUse {
        fan_out: tile.fan_out,
        ingresses,
        energy_per_instance_pj: energy,
        energy_pj: energy * real(tile.replication),
        ..NetworkDataSpaceUse::default()
    })
}

/// Energy of one word to so many receivers, in pJ: the only entry's, or that of the last entry for this number.
fn per_word(name: &str, multicast: &Multicast, space: &str, receivers: u64) -> Result<f64, Rejection> {
    let network = || name.to_owned();
    let Some(table) = &multicast.table else {
        return Err(Rejection::NoNetworkTable { network: network(), action: multicast.action.clone() });
    };
    let action =
        if multicast.per_data_space { format!("{}_{space}", multicast.action) } else { multicast.action.clone() };
    let entries = match table.get(&action).map(Vec::as_slice) {
        None | Some([]) => return Ok(0.0),
        Some([only]) => return Ok(only.energy_pj.unwrap_or(0.0)),
        Some(several) => several,
    };
    let Some(argument) = &multicast.argument else {
        return Err(Rejection::NoMulticastArgument { network: network(), action, entries: entries.len() });
    };
    let mut found = 0.0;
    for entry in entries {
        let Some(arguments) = &entry.arguments else {
            return Err(Rejection::NoArguments { network: network(), action });
        };
        if arguments.get(argument) == Some(&receivers) {
            found = entry.energy_pj.unwrap_or(found);
        }
    }
    Ok(found)
}
