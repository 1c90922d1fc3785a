//! Explicit networks, their ends and their tables.

use std::fmt::Write as _;

use super::{ProcessedError, real};
use crate::architecture::{Multicast, MulticastEntry, Network, NetworkClass, NetworkEnds, NetworkType, Wiring};
use crate::timeloop::files::yaml;

type Attributes = Vec<(&'static str, String)>;

/// One network as an element of the tree.
pub(super) fn element(out: &mut String, network: &Network) -> Result<(), ProcessedError> {
    let name = &network.name;
    let mut attributes: Attributes = vec![("word_bits", network.word_bits.to_string())];
    // Whichever direction it serves, its latency for filling is the one that counts.
    let latency = if network.carries.reads { network.fill_latency } else { network.drain_latency };
    if latency > 0 {
        attributes.push(("fill_latency", latency.to_string()));
    }
    let class = match &network.class {
        NetworkClass::Legacy(wiring) => {
            attributes.extend(self::wiring(name, wiring)?);
            "Legacy"
        }
        NetworkClass::ReductionTree(tree) => {
            if let Some(wire) = tree.wire_energy_pj {
                attributes.push(("wire_energy", real(name, "wire_energy", wire)?));
            }
            attributes.push(("adder_energy", real(name, "adder_energy", tree.adder_energy_pj)?));
            "ReductionTree"
        }
        NetworkClass::SimpleMulticast(multicast) => {
            attributes.push(("action_name", yaml::text(&multicast.action)));
            attributes.extend(
                multicast.argument.as_ref().map(|argument| ("multicast_factor_argument", yaml::text(argument))),
            );
            attributes.extend(multicast.per_data_space.then(|| ("per_datatype_ERT", "true".to_owned())));
            "SimpleMulticast"
        }
    };
    let attributes: Vec<String> = attributes.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    let (name, attributes) = (yaml::text(name), attributes.join(", "));
    let _ = writeln!(out, "    - name: {name}\n      class: {class}\n      attributes: {{{attributes}}}");
    Ok(())
}

/// What is stated of wires and routers.
pub(super) fn wiring(name: &str, wiring: &Wiring) -> Result<Attributes, ProcessedError> {
    let stated = wiring.numbers().into_iter().filter_map(|(key, value)| Some((key, value?)));
    let mut attributes: Attributes =
        stated.map(|(key, value)| Ok((key, real(name, key, value)?))).collect::<Result<_, ProcessedError>>()?;
    attributes.extend(wiring.kind.map(|kind| {
        let kind = match kind {
            NetworkType::OneToOne => "1:1",
            NetworkType::OneToMany => "1:N",
            NetworkType::ManyToMany => "M:N",
        };
        ("network_type", yaml::text(kind))
    }));
    Ok(attributes)
}

fn named(ends: [(&'static str, &Option<String>); 4]) -> Attributes {
    ends.into_iter().filter_map(|(key, name)| Some((key, yaml::text(name.as_ref()?)))).collect()
}

/// The networks that a level names.
pub(super) fn ends_of_level(NetworkEnds { read, update, fill, drain }: &NetworkEnds) -> Attributes {
    named([("network_read", read), ("network_update", update), ("network_fill", fill), ("network_drain", drain)])
}

/// The networks that the compute units name.
pub(super) fn ends_of_units(NetworkEnds { fill, drain, .. }: &NetworkEnds) -> Attributes {
    named([("network_operand", fill), ("network_result", drain), ("", &None), ("", &None)])
}

/// The table of a network that has one; empty for the others.
pub(super) fn table(network: &Network) -> Result<String, ProcessedError> {
    let NetworkClass::SimpleMulticast(Multicast { table: Some(table), .. }) = &network.class else {
        return Ok(String::new());
    };
    let name = &network.name;
    if name.is_empty() || name.contains(['.', '[']) || name.trim() != name {
        return Err(ProcessedError::Name(name.clone()));
    }
    let mut out = format!("  - name: {}\n    actions:\n", yaml::text(&format!("system.{name}")));
    for (action, MulticastEntry { energy_pj, arguments }) in
        table.iter().flat_map(|(action, entries)| entries.iter().map(move |entry| (action, entry)))
    {
        let mut fields = vec![format!("name: {}", yaml::text(action))];
        if let Some(arguments) = arguments {
            let arguments = arguments.iter().map(|(key, value)| format!("{}: {value}", yaml::text(key)));
            fields.push(format!("arguments: {{{}}}", arguments.collect::<Vec<_>>().join(", ")));
        }
        if let Some(pj) = energy_pj {
            fields.push(format!("energy: {}", real(name, &format!("the energy of {action}"), *pj)?));
        }
        let _ = writeln!(out, "    - {{{}}}", fields.join(", "));
    }
    Ok(out)
}
