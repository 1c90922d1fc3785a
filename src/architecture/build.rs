//! Derives everything a description leaves open (docs/model.md section 2.2, 2.3), and refuses what contradicts itself.

use std::collections::HashSet;

use super::energy::{Geometry, of_compute, of_idle_compute, of_level};
use super::{
    Architecture, ArchitectureError, Area, Arithmetic, ArithmeticSpec, Level, LevelSpec, Mesh, NetworkClass,
    NetworkSpec, SizeSpec, Technology, Wiring, connections, floor_plan,
};

const DEFAULT_WORD_BITS: u64 = 16;

pub(super) fn architecture(
    specs: Vec<LevelSpec>,
    arithmetic: ArithmeticSpec,
    networks: Vec<NetworkSpec>,
) -> Result<Architecture, ArchitectureError> {
    if specs.is_empty() {
        return Err(ArchitectureError::NoStorage);
    }
    let mut names = HashSet::from([arithmetic.name.clone()]);
    if let Some(again) = specs.iter().find(|spec| !names.insert(spec.name.clone())) {
        return Err(ArchitectureError::DuplicateLevel(again.name.clone()));
    }
    let order: Vec<String> = specs.iter().map(|spec| spec.name.clone()).collect();
    networks.iter().try_for_each(finite_network)?;
    let mut levels: Vec<Level> = specs.into_iter().map(|spec| level(spec, &order)).collect::<Result<_, _>>()?;
    let arithmetic = compute_units(arithmetic)?;
    let inner = std::iter::once(arithmetic.mesh).chain(levels.iter().map(|level| level.mesh));
    let fan_outs = levels.iter().zip(inner).map(|(level, inner)| fan_out(level, inner)).collect::<Result<_, _>>()?;
    let hop_lengths_um = floor_plan::hop_lengths_um(&levels, &arithmetic);
    let connections = connections::connect(&levels, &arithmetic, networks, &hop_lengths_um)?;
    for (level, is_distributed) in levels.iter_mut().zip(connections.is_distributed) {
        level.is_distributed = is_distributed;
    }
    let (networks, network_latency) = (connections.networks, connections.latency);
    Ok(Architecture { levels, arithmetic, fan_outs, networks, network_latency })
}

/// The children of one instance along each axis: meshes must divide (docs/model.md section 2.3).
fn fan_out(level: &Level, inner: Mesh) -> Result<Mesh, ArchitectureError> {
    let along = |axis: char, inner: u64, outer: u64| {
        if inner.is_multiple_of(outer) {
            Ok(inner / outer)
        } else {
            Err(ArchitectureError::FanOut { level: level.name.clone(), inner, outer, axis })
        }
    };
    Ok(Mesh { x: along('X', inner.x, level.mesh.x)?, y: along('Y', inner.y, level.mesh.y)? })
}

fn positive(level: &str, attribute: &'static str, value: u64) -> Result<u64, ArchitectureError> {
    if value == 0 {
        return Err(ArchitectureError::NotPositive { level: level.to_owned(), attribute, value });
    }
    Ok(value)
}

fn at_least(level: &str, attribute: &'static str, value: f64, min: f64) -> Result<f64, ArchitectureError> {
    if !value.is_finite() || value < min {
        return Err(ArchitectureError::BadNumber { level: level.to_owned(), attribute, value, min });
    }
    Ok(value)
}

/// The mesh (docs/model.md section 2.2): both given must agree; one given decides the other; none is all along X.
fn mesh(level: &str, instances: u64, x: Option<u64>, y: Option<u64>) -> Result<Mesh, ArchitectureError> {
    positive(level, "the number of instances", instances)?;
    let divided = |mesh: u64, axis: char| {
        positive(level, "the mesh", mesh)?;
        if instances.is_multiple_of(mesh) {
            Ok(instances / mesh)
        } else {
            Err(ArchitectureError::MeshAxis { level: level.to_owned(), instances, mesh, axis })
        }
    };
    match (x, y) {
        (Some(x), Some(y)) if x.checked_mul(y) == Some(instances) => Ok(Mesh { x, y }),
        (Some(x), Some(y)) => Err(ArchitectureError::Mesh { level: level.to_owned(), x, y, instances }),
        (Some(x), None) => Ok(Mesh { x, y: divided(x, 'X')? }),
        (None, Some(y)) => Ok(Mesh { x: divided(y, 'Y')?, y }),
        (None, None) => Ok(Mesh { x: instances, y: 1 }),
    }
}

/// Words per vector access and instances per cluster (docs/model.md section 2.2, "Width rule").
fn block_and_cluster(spec: &LevelSpec, word_bits: u64) -> Result<(u64, u64), ArchitectureError> {
    let name = &spec.name;
    let block = spec.block_size.map(|value| positive(name, "block_size", value)).transpose()?;
    let cluster = spec.cluster_size.map(|value| positive(name, "cluster_size", value)).transpose()?;
    let Some(width) = spec.width_bits else { return Ok((block.unwrap_or(1), cluster.unwrap_or(1))) };
    let overflow = || ArchitectureError::Overflow(name.clone());
    let divide = |by: u64| {
        if width > 0 && width.is_multiple_of(by) {
            Ok(width / by)
        } else {
            Err(ArchitectureError::Width { level: name.clone(), width, word_bits, block_size: block.unwrap_or(1) })
        }
    };
    match (block, cluster) {
        (Some(block_size), Some(cluster_size)) => {
            let bits = word_bits.checked_mul(block_size).and_then(|bits| bits.checked_mul(cluster_size));
            if bits.ok_or_else(overflow)? != width {
                let level = name.clone();
                return Err(ArchitectureError::WidthOfCluster { level, width, word_bits, block_size, cluster_size });
            }
            Ok((block_size, cluster_size))
        }
        (Some(block_size), None) => Ok((block_size, divide(word_bits.checked_mul(block_size).ok_or_else(overflow)?)?)),
        (None, cluster) => {
            let cluster = cluster.unwrap_or(1);
            Ok((divide(word_bits.checked_mul(cluster).ok_or_else(overflow)?)?, cluster))
        }
    }
}

fn size_in_words(spec: &LevelSpec, word_bits: u64, block_size: u64) -> Result<Option<u64>, ArchitectureError> {
    let words = match spec.size {
        SizeSpec::Unspecified => return Ok(None),
        SizeSpec::Words(words) => Some(words),
        SizeSpec::Depth(depth) => depth.checked_mul(block_size),
        SizeSpec::Kibibytes(size) => size.checked_mul(1024 * 8).map(|bits| bits / word_bits),
    };
    words.map(Some).ok_or_else(|| ArchitectureError::Overflow(spec.name.clone()))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes are far below 2^53, and checked to be positive"
)]
fn level(spec: LevelSpec, order: &[String]) -> Result<Level, ArchitectureError> {
    let technology = spec.technology.unwrap_or(Technology::Sram);
    let word_bits = positive(&spec.name, "word_bits", spec.word_bits.unwrap_or(DEFAULT_WORD_BITS))?;
    let (block_size, cluster_size) = block_and_cluster(&spec, word_bits)?;
    let size = size_in_words(&spec, word_bits, block_size)?;
    if size.is_none() && technology == Technology::Sram {
        return Err(ArchitectureError::NoSize(spec.name));
    }
    let mesh = mesh(&spec.name, spec.instances, spec.mesh_x, spec.mesh_y)?;
    if !spec.instances.is_multiple_of(cluster_size) {
        let instances = spec.instances;
        return Err(ArchitectureError::Cluster { level: spec.name, instances, cluster_size });
    }
    let multiple_buffering = spec.multiple_buffering.unwrap_or(1.0);
    at_least(&spec.name, "multiple_buffering", multiple_buffering, f64::MIN_POSITIVE)?;
    let min_utilization = at_least(&spec.name, "min_utilization", spec.min_utilization.unwrap_or(0.0), 0.0)?;
    for (attribute, limit) in [
        ("read_bandwidth", spec.bandwidth.read),
        ("write_bandwidth", spec.bandwidth.write),
        ("shared_bandwidth", spec.bandwidth.shared),
    ] {
        limit.map(|value| at_least(&spec.name, attribute, value, f64::MIN_POSITIVE)).transpose()?;
    }
    finite_wiring(&spec.name, &spec.network.wiring)?;
    let stated = [("addr_gen_energy", spec.address_energy_pj), ("vector_access_energy", spec.vector_access_energy_pj)];
    let scales = spec.bandwidth_scale.values().map(|scale| ("per_dataspace_bandwidth_consumption_scale", Some(*scale)));
    let actions = spec.actions.iter().flat_map(|actions| actions.values()).map(|pj| ("an energy", Some(*pj)));
    for (attribute, value) in stated.into_iter().chain(scales).chain(actions) {
        value.map(|value| at_least(&spec.name, attribute, value, 0.0)).transpose()?;
    }
    spec.metadata.check(&spec.name)?;
    let gate = spec.power_gated_at.as_ref().filter(|target| **target != spec.name);
    let power_gated_at = gate
        .map(|target| {
            let index = order.iter().position(|name| name == target);
            index.ok_or_else(|| ArchitectureError::PowerGate { level: spec.name.clone(), target: target.clone() })
        })
        .transpose()?;
    let geometry = Geometry {
        technology,
        word_bits: word_bits as f64,
        block_size: block_size as f64,
        cluster_size: cluster_size as f64,
        size: size.map(|words| words as f64),
    };
    Ok(Level {
        technology,
        instances: spec.instances,
        mesh,
        word_bits,
        block_size,
        cluster_size,
        size,
        multiple_buffering,
        effective_size: size.map(|words| (words as f64 / multiple_buffering).floor() as u64),
        min_utilization,
        metadata: spec.metadata,
        bandwidth: spec.bandwidth,
        bandwidth_scale: spec.bandwidth_scale,
        reduction_supported: spec.reduction_supported.unwrap_or(technology == Technology::Sram),
        power_gated_at,
        energy: of_level(spec.actions.as_ref(), spec.vector_access_energy_pj, &geometry),
        address_energy_pj: spec.address_energy_pj.unwrap_or(0.0),
        area: Area::stated(spec.area_um2),
        network: spec.network,
        ends: spec.ends,
        is_distributed: false,
        name: spec.name,
        class: spec.class,
    })
}

#[expect(clippy::cast_precision_loss, reason = "word sizes are small")]
fn compute_units(spec: ArithmeticSpec) -> Result<Arithmetic, ArchitectureError> {
    let word_bits = positive(&spec.name, "word_bits", spec.word_bits.unwrap_or(DEFAULT_WORD_BITS))?;
    for pj in spec.energy_pj.iter().chain(spec.actions.iter().flat_map(|actions| actions.values())) {
        at_least(&spec.name, "the energy of a compute", *pj, 0.0)?;
    }
    let energy = of_compute(spec.actions.as_ref(), spec.energy_pj, word_bits as f64);
    let (gated_pj, skipped_pj) = of_idle_compute(spec.actions.as_ref(), &energy);
    Ok(Arithmetic {
        instances: spec.instances,
        mesh: mesh(&spec.name, spec.instances, spec.mesh_x, spec.mesh_y)?,
        word_bits,
        energy,
        gated_pj,
        skipped_pj,
        area: Area::stated(spec.area_um2),
        ends: spec.ends,
        name: spec.name,
        class: spec.class,
    })
}

/// Networks may state negative numbers, as in Timeloop; what they add up to may not be negative.
fn finite(name: &str, attribute: &'static str, value: f64) -> Result<(), ArchitectureError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(ArchitectureError::NotFinite { component: name.to_owned(), attribute, value })
}

fn finite_wiring(name: &str, wiring: &Wiring) -> Result<(), ArchitectureError> {
    wiring
        .numbers()
        .into_iter()
        .try_for_each(|(attribute, value)| value.map_or(Ok(()), |value| finite(name, attribute, value)))
}

fn finite_network(network: &NetworkSpec) -> Result<(), ArchitectureError> {
    match &network.class {
        NetworkClass::Legacy(wiring) => finite_wiring(&network.name, wiring),
        NetworkClass::ReductionTree(tree) => {
            finite(&network.name, "wire_energy", tree.wire_energy_pj.unwrap_or(0.0))?;
            finite(&network.name, "adder_energy", tree.adder_energy_pj)
        }
        NetworkClass::SimpleMulticast(multicast) => {
            let entries = multicast.table.iter().flat_map(|table| table.values().flatten());
            let mut energies = entries.filter_map(|entry| entry.energy_pj);
            energies.try_for_each(|pj| finite(&network.name, "an energy of its table", pj))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(instances: u64) -> ArithmeticSpec {
        ArithmeticSpec { name: "mac".into(), class: "intmac".into(), instances, ..Default::default() }
    }

    fn built(change: impl FnOnce(&mut LevelSpec)) -> Result<Level, ArchitectureError> {
        let mut spec = LevelSpec::new("glb", "SRAM", 1);
        spec.size = SizeSpec::Depth(16384);
        change(&mut spec);
        let instances = spec.instances;
        Ok(Architecture::new(vec![spec], units(instances))?.levels()[0].clone())
    }

    /// shared_glb of eyeriss_like: depth 16384, width 64, datawidth 8, cluster 1: block 8, 131072 words.
    #[test]
    fn width_decides_the_block_size() {
        let level = built(|spec| {
            spec.width_bits = Some(64);
            spec.word_bits = Some(8);
            spec.cluster_size = Some(1);
        });
        let level = level.unwrap();
        assert_eq!((level.block_size, level.size, level.effective_size), (8, Some(131_072), Some(131_072)));
    }

    /// PEWeightRegs of simba_like: width 512, cluster 64, words of 8 bits: block 1.
    #[test]
    fn cluster_size_decides_the_block_size() {
        let level = built(|spec| {
            spec.instances = 256;
            (spec.width_bits, spec.cluster_size, spec.word_bits) = (Some(512), Some(64), Some(8));
            spec.size = SizeSpec::Depth(1);
        });
        let level = level.unwrap();
        assert_eq!((level.block_size, level.cluster_size, level.size), (1, 64, Some(1)));
    }

    #[test]
    fn contradictions_are_errors() {
        let width = built(|spec| (spec.width_bits, spec.word_bits) = (Some(20), Some(16)));
        assert!(matches!(width, Err(ArchitectureError::Width { .. })));
        let mesh = built(|spec| (spec.instances, spec.mesh_x, spec.mesh_y) = (8, Some(3), Some(3)));
        assert!(matches!(mesh, Err(ArchitectureError::Mesh { .. })));
        let cluster = built(|spec| (spec.instances, spec.cluster_size) = (8, Some(3)));
        assert!(matches!(cluster, Err(ArchitectureError::Cluster { .. })));
        assert_eq!(built(|spec| spec.size = SizeSpec::Unspecified), Err(ArchitectureError::NoSize("glb".into())));
        let zero = built(|spec| spec.word_bits = Some(0));
        assert!(matches!(zero, Err(ArchitectureError::NotPositive { .. })));
    }

    /// The dummies of eyeriss_like print 0.06 pJ: width 1, height 1, (5/99.5*(1/8192-0.5)+1)/16.
    #[test]
    fn dummies_have_the_fallback_energy_of_timeloop() {
        let level = built(|spec| {
            (spec.width_bits, spec.word_bits, spec.size) = (Some(1), Some(1), SizeSpec::Depth(1));
        });
        let energy = level.unwrap().energy.vector_access;
        assert_eq!((format!("{:.2}", energy.pj), energy.source), ("0.06".into(), super::super::EnergySource::Pat));
    }
}
