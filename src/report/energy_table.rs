//! Energies and areas of a design as a table that Timeloop reads (ERT, ART).

use std::fmt::Write as _;

use super::components::ComponentRecord;
use crate::timeloop::files::{EnergyTables, yaml};

/// The tables of components, with the attributes that they were made for. Comments say what `other` tables state, where there are any,
/// and how many times as much a number is here.
pub fn energy_table(components: &[ComponentRecord], other: Option<(&str, &EnergyTables)>) -> String {
    let mut text = String::from("ERT:\n  version: 0.4\n  tables:\n");
    for component in components.iter().filter(|component| !component.actions.is_empty()) {
        let _ = writeln!(text, "  - name: {}", yaml::text(&component.name));
        let attributes = component.attributes.iter().map(|(key, value)| format!("{key}: {}", scalar(value)));
        let attributes = [format!("class: {}", yaml::text(&component.class))].into_iter().chain(attributes);
        let _ = writeln!(text, "    attributes: {{{}}}", attributes.collect::<Vec<_>>().join(", "));
        text.push_str("    actions:\n");
        for (action, pj) in &component.actions {
            let line = format!("    - {{name: {}, energy: {pj:?}}}", yaml::text(action));
            let stated =
                other.and_then(|(state, tables)| Some((state, *tables.energies(&component.name)?.get(action)?)));
            let _ = writeln!(text, "{line}{}", comparison(*pj, stated));
        }
    }
    text.push_str("ART:\n  version: 0.4\n  tables:\n");
    for component in components {
        let Some(area) = component.area_um2 else { continue };
        let line = format!("  - {{name: {}, area: {area:?}}}", yaml::text(&component.name));
        let stated = other.and_then(|(state, tables)| Some((state, tables.area(&component.name)?)));
        let _ = writeln!(text, "{line}{}", comparison(area, stated));
    }
    text
}

/// An attribute's value as it stands in YAML.
fn scalar(value: &str) -> String {
    if value.parse::<f64>().is_ok_and(f64::is_finite) { value.to_owned() } else { yaml::text(value) }
}

/// A comment on what another state says of a number.
fn comparison(value: f64, other: Option<(&str, f64)>) -> String {
    match other {
        None => String::new(),
        Some((state, stated)) if stated > 0.0 => {
            format!(" # {state}: {stated}; here {:.2} times that", value / stated)
        }
        Some((state, stated)) => format!(" # {state}: {stated}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_compared_with_another_state() {
        assert_eq!(comparison(6.0, Some(("old", 1.5))), " # old: 1.5; here 4.00 times that");
        assert_eq!((comparison(6.0, Some(("old", 0.0))), comparison(6.0, None)), (" # old: 0".into(), String::new()));
    }
}
