//! Why two mappings of a layer differ.

use super::Cause;
use crate::results::MappedLayer;

/// The part whose energy changes most: a data space at a level, or a component with what is not of a data space (leakage, compute
/// units, networks).
pub(super) fn of(base: &MappedLayer, other: &MappedLayer) -> Option<Cause> {
    let mut parts: Vec<(String, Option<String>, f64)> = Vec::new();
    for (layer, sign) in [(base, -1.0), (other, 1.0)] {
        for component in &layer.components {
            let mut rest = component.energy_pj;
            for space in &component.data_spaces {
                rest -= space.energy_pj;
                add(&mut parts, &component.name, Some(&space.name), sign * space.energy_pj);
            }
            add(&mut parts, &component.name, None, sign * rest);
        }
    }
    let least = 1e-9 * base.energy_pj.abs().max(other.energy_pj.abs());
    let known = parts.into_iter().filter(|(.., energy)| energy.is_finite() && energy.abs() > least);
    let (component, data_space, energy_pj) = known.max_by(|one, two| one.2.abs().total_cmp(&two.2.abs()))?;
    Some(Cause { component, data_space, energy_pj })
}

fn add(parts: &mut Vec<(String, Option<String>, f64)>, component: &str, space: Option<&str>, energy: f64) {
    match parts.iter_mut().find(|(of, which, _)| of == component && which.as_deref() == space) {
        Some((.., sum)) => *sum += energy,
        None => parts.push((component.to_owned(), space.map(str::to_owned), energy)),
    }
}

/// What decides the cycles.
pub(super) fn limit(layer: &MappedLayer) -> String {
    let limits = layer.limited_by.iter().map(|limit| format!("{} {} bandwidth", limit.level, limit.bandwidth));
    let limits: Vec<String> = limits.collect();
    if limits.is_empty() { "compute".to_owned() } else { limits.join(" and ") }
}
