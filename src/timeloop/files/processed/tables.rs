//! The tables of energies and areas. Both are always there: without them Timeloop's programs would call Accelergy.

use std::fmt::Write as _;

use super::{ProcessedError, networks, real, with_count};
use crate::architecture::{Architecture, Area, AreaSource, Energy, EnergySource, Level, SparseEnergy};

/// Above every component, as the front end names it.
const SYSTEM: &str = "system.";

pub(super) fn write(architecture: &Architecture) -> Result<String, ProcessedError> {
    let units = architecture.arithmetic();
    let mut energies = String::new();
    let mut areas = String::new();
    for level in architecture.levels().iter().rev() {
        add_energies(&mut energies, &level.name, level.instances, &sizes(level), &of_level(level))?;
        add_area(&mut areas, &level.name, level.instances, level.area)?;
    }
    let mut compute = Vec::new();
    add(&mut compute, &units.energy, units.energy.pj);
    let idle = [("compute_gated", units.gated_pj), ("compute_skipped", units.skipped_pj)];
    if idle.iter().any(|(_, pj)| pj.to_bits() != units.energy.pj.to_bits()) {
        compute.extend(idle.map(|(action, pj)| (action.to_owned(), pj)));
    }
    add_energies(&mut energies, &units.name, units.instances, "", &compute)?;
    add_area(&mut areas, &units.name, units.instances, units.area)?;
    for network in architecture.networks() {
        energies += &networks::table(network)?;
    }
    let list = |items: String| if items.is_empty() { " []\n".to_owned() } else { format!("\n{items}") };
    Ok(format!("ERT:\n  version: 0.4\n  tables:{}ART:\n  version: 0.4\n  tables:{}", list(energies), list(areas)))
}

/// The table entries of a level, from what was picked from its table: each action once, the one that names the largest energy
/// last, as of equal ones the last is named.
fn of_level(level: &Level) -> Vec<(String, f64)> {
    let energy = &level.energy;
    let mut actions = Vec::new();
    for stated in [&energy.read, &energy.fill, &energy.update, &energy.leak] {
        add(&mut actions, stated, stated.pj);
    }
    for (action, pj) in of_sparse(&energy.sparse) {
        if !actions.iter().any(|(known, _)| *known == action) {
            actions.push((action, pj));
        }
    }
    let largest = &energy.vector_access;
    if let EnergySource::Ert(name) = &largest.source {
        if let Some(position) = actions.iter().position(|(action, _)| action == name) {
            let entry = actions.remove(position);
            actions.push(entry);
        } else {
            let pj = of_cluster(largest.pj, level.cluster_size, &actions);
            add(&mut actions, largest, pj);
        }
    }
    actions
}

/// What only sparse designs do; nothing if all of it costs nothing.
fn of_sparse(energy: &SparseEnergy) -> Vec<(String, f64)> {
    if *energy == SparseEnergy::default() {
        return Vec::new();
    }
    let [metadata, gated_metadata, skipped_metadata] = energy.metadata;
    let kinds = [
        ("gated_", energy.gated),
        ("skipped_", energy.skipped),
        ("metadata_", metadata),
        ("gated_metadata_", gated_metadata),
        ("skipped_metadata_", skipped_metadata),
    ];
    let accesses = kinds.into_iter().flat_map(|(kind, energies)| {
        let actions = ["read", "fill", "update"].into_iter().zip(energies);
        actions.map(move |(action, pj)| (format!("{kind}{action}"), pj))
    });
    let conversions =
        [("decompression_count", energy.decompression), ("compression_count", energy.compression)].into_iter();
    accesses.chain(conversions.map(|(action, pj)| (action.to_owned(), pj))).collect()
}

fn add(actions: &mut Vec<(String, f64)>, energy: &Energy, pj: f64) {
    if let EnergySource::Ert(name) = &energy.source
        && !actions.iter().any(|(action, _)| action == name)
    {
        actions.push((name.clone(), pj));
    }
}

/// The energy of a cluster whose share per instance is the given one, to the last digit. Several neighbours may have the same share: of
/// these the largest that another action has, so that no action seems to cost more than the largest.
#[expect(clippy::cast_precision_loss, reason = "clusters are small")]
#[expect(clippy::float_cmp, reason = "the very number is sought")]
fn of_cluster(pj: f64, cluster_size: u64, actions: &[(String, f64)]) -> f64 {
    let size = cluster_size as f64;
    let stated = actions.iter().map(|(_, whole)| *whole).filter(|whole| whole / size == pj);
    if let Some(stated) = stated.reduce(f64::max) {
        return stated;
    }
    let product = pj * size;
    let near = [product, product.next_up(), product.next_down()];
    near.into_iter().find(|whole| whole / size == pj).unwrap_or(product)
}

/// What the energies of a level were estimated for, so that a reader of the table can tell that a level is another one. Timeloop
/// does not look at it.
fn sizes(level: &Level) -> String {
    let width = level.word_bits.checked_mul(level.block_size).and_then(|bits| bits.checked_mul(level.cluster_size));
    let sizes = [("depth", level.size.map(|words| words / level.block_size)), ("width", width)];
    let stated = sizes.into_iter().filter_map(|(key, size)| Some(format!("{key}: {}", size?)));
    format!("    attributes: {{{}}}\n", stated.collect::<Vec<_>>().join(", "))
}

fn add_energies(
    out: &mut String,
    name: &str,
    instances: u64,
    sizes: &str,
    actions: &[(String, f64)],
) -> Result<(), ProcessedError> {
    if actions.is_empty() {
        return Ok(());
    }
    let _ = writeln!(out, "  - name: {}\n{sizes}    actions:", with_count(SYSTEM, name, instances)?);
    for (action, pj) in actions {
        let energy = real(name, &format!("the energy of {action}"), *pj)?;
        let _ = writeln!(
            out,
            "    - {{name: {}, arguments: {{}}, energy: {energy}}}",
            crate::timeloop::files::yaml::text(action)
        );
    }
    Ok(())
}

fn add_area(out: &mut String, name: &str, instances: u64, area: Area) -> Result<(), ProcessedError> {
    if area.source == AreaSource::Stated {
        let (component, area) = (with_count(SYSTEM, name, instances)?, real(name, "the area", area.um2.into())?);
        let _ = writeln!(out, "  - {{name: {component}, area: {area}}}");
    }
    Ok(())
}
