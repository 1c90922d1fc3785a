//! Why two mappings of a layer differ.

use super::Cause;
use crate::results::MappedLayer;

/// Energy of the other minus that of the base, by part: a data space at a level, or a component with what is not of a data space
/// (leakage, compute units, networks).
pub(super) fn parts(base: &MappedLayer, other: &MappedLayer) -> Vec<Cause> {
    let mut parts: Vec<Cause> = Vec::new();
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
    parts
}

/// The part that changes most, if it changes by more than what rounding makes of `whole`.
pub(super) fn largest(parts: &[Cause], whole_pj: f64) -> Option<Cause> {
    let known = parts.iter().filter(|part| part.energy_pj.is_finite() && part.energy_pj.abs() > 1e-9 * whole_pj);
    known.max_by(|a, b| a.energy_pj.abs().total_cmp(&b.energy_pj.abs())).cloned()
}

/// Adds to a part's energy.
pub(super) fn add(parts: &mut Vec<Cause>, component: &str, space: Option<&str>, energy_pj: f64) {
    match parts.iter_mut().find(|part| part.component == component && part.data_space.as_deref() == space) {
        Some(part) => part.energy_pj += energy_pj,
        None => {
            parts.push(Cause { component: component.to_owned(), data_space: space.map(str::to_owned), energy_pj });
        }
    }
}
