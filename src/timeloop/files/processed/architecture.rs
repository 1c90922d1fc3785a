//! The tree, as one flat list from the outermost level to the compute units (docs/model.md section 2.1, 2.2).

use std::fmt::Write as _;

use super::{ProcessedError, networks, real, with_count};
use crate::architecture::{Architecture, Arithmetic, EnergySource, Level, Mesh, Metadata, Technology};
use crate::timeloop::files::architecture::{is_arithmetic, is_storage};
use crate::timeloop::files::yaml;

pub(super) fn write(architecture: &Architecture) -> Result<String, ProcessedError> {
    let mut out = "architecture:\n  version: 0.4\n  subtree:\n  - name: system\n    local:\n".to_owned();
    for level in architecture.levels().iter().rev() {
        let attributes = storage(level, architecture)?;
        element(&mut out, &level.name, &level.class, level.instances, &attributes)?;
    }
    for network in architecture.networks().iter().filter(|network| !network.is_inferred) {
        networks::element(&mut out, network)?;
    }
    let units = architecture.arithmetic();
    element(&mut out, &units.name, &units.class, units.instances, &arithmetic(units)?)?;
    Ok(out)
}

fn element(
    out: &mut String,
    name: &str,
    class: &str,
    instances: u64,
    attributes: &[(&str, String)],
) -> Result<(), ProcessedError> {
    let attributes: Vec<String> = attributes.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    let (name, class) = (with_count("", name, instances)?, yaml::text(class));
    let _ = writeln!(out, "    - name: {name}\n      class: {class}\n      attributes: {{{}}}", attributes.join(", "));
    Ok(())
}

fn mesh(mesh: Mesh) -> [(&'static str, String); 2] {
    [("meshX", mesh.x.to_string()), ("meshY", mesh.y.to_string())]
}

fn storage(level: &Level, architecture: &Architecture) -> Result<Vec<(&'static str, String)>, ProcessedError> {
    let (name, class) = (level.name.clone(), level.class.clone());
    if !is_storage(&class) {
        return Err(ProcessedError::Class { name, class, expected: "storage" });
    }
    let mut attributes = Vec::new();
    match level.technology {
        Technology::Dram if !class.contains("DRAM") => attributes.push(("technology", "DRAM".to_owned())),
        Technology::Sram if class.contains("DRAM") => {
            return Err(ProcessedError::Class { name, class, expected: "SRAM" });
        }
        Technology::Dram | Technology::Sram => {}
    }
    // The width is stated, too, because without it Timeloop's programs do not look at the block size.
    let width = level.word_bits.saturating_mul(level.block_size).saturating_mul(level.cluster_size);
    attributes.extend([
        ("word_bits", level.word_bits.to_string()),
        ("width", width.to_string()),
        ("block_size", level.block_size.to_string()),
        ("cluster_size", level.cluster_size.to_string()),
    ]);
    attributes.extend(level.size.map(|words| ("entries", words.to_string())));
    attributes.extend(mesh(level.mesh));
    let mut number = |key: &'static str, value: f64| -> Result<(), ProcessedError> {
        attributes.push((key, real(&level.name, key, value)?));
        Ok(())
    };
    number("multiple_buffering", level.multiple_buffering)?;
    number("min_utilization", level.min_utilization)?;
    for (key, value) in [
        ("read_bandwidth", level.bandwidth.read),
        ("write_bandwidth", level.bandwidth.write),
        ("shared_bandwidth", level.bandwidth.shared),
    ] {
        value.map_or(Ok(()), |value| number(key, value))?;
    }
    if level.address_energy_pj != 0.0 {
        number("addr_gen_energy", level.address_energy_pj)?;
    }
    if level.energy.read.source == EnergySource::User {
        number("vector_access_energy", level.energy.read.pj)?;
    }
    attributes.extend(metadata(&level.metadata));
    let network = &level.network;
    attributes.extend(networks::wiring(&level.name, &network.wiring)?);
    if let Some(bits) = network.word_bits {
        attributes.push(("network_word_bits", bits.to_string()));
    }
    attributes.extend(networks::ends_of_level(&level.ends));
    attributes.push(("reduction_supported", level.reduction_supported.to_string()));
    for (key, cycles) in
        [("network_fill_latency", network.fill_latency), ("network_drain_latency", network.drain_latency)]
    {
        if cycles > 0 {
            attributes.push((key, cycles.to_string()));
        }
    }
    if let Some(gate) = level.power_gated_at.and_then(|index| architecture.levels().get(index)) {
        attributes.push(("power_gated_at", yaml::text(&gate.name)));
    }
    if !level.bandwidth_scale.is_empty() {
        let scale = |(space, scale): (&String, &f64)| {
            Ok(format!("{}: {}", yaml::text(space), real(&level.name, "the bandwidth consumption scale", *scale)?))
        };
        let scales: Vec<String> = level.bandwidth_scale.iter().map(scale).collect::<Result<_, ProcessedError>>()?;
        attributes.push(("per_dataspace_bandwidth_consumption_scale", format!("{{{}}}", scales.join(", "))));
    }
    Ok(attributes)
}

/// What a level can hold and do of compressed data, as far as it is stated.
fn metadata(metadata: &Metadata) -> Vec<(&'static str, String)> {
    let numbers = [
        ("metadata_word_bits", metadata.word_bits),
        ("metadata_block_size", metadata.block_size),
        ("metadata_storage_width", metadata.width_bits),
        ("metadata_storage_depth", metadata.depth),
    ];
    let flags = [
        ("decompression_supported", metadata.decompresses),
        ("compression_supported", metadata.compresses),
        ("allow_overbooking", metadata.overbooks),
    ];
    let numbers = numbers.into_iter().filter_map(|(key, value)| Some((key, value?.to_string())));
    numbers.chain(flags.into_iter().filter(|(_, is_set)| *is_set).map(|(key, _)| (key, "true".to_owned()))).collect()
}

fn arithmetic(units: &Arithmetic) -> Result<Vec<(&'static str, String)>, ProcessedError> {
    let (name, class) = (units.name.clone(), units.class.clone());
    if !is_arithmetic(&class) {
        return Err(ProcessedError::Class { name, class, expected: "compute units" });
    }
    let mut attributes = vec![("word_bits", units.word_bits.to_string())];
    attributes.extend(mesh(units.mesh));
    if units.energy.source == EnergySource::User {
        attributes.push(("energy", real(&name, "energy", units.energy.pj)?));
    }
    attributes.extend(networks::ends_of_units(&units.ends));
    Ok(attributes)
}
