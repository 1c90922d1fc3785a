//! An axis laid out: its caption, its scale, and ticks with their labels; and how values read beside it.

use super::data::Quantity;
use super::scale::Scale;
use crate::results::quantity::{si, significant};

/// An axis of known length.
#[derive(Clone, Debug)]
pub(crate) struct ChartAxis {
    /// What is measured, with its unit.
    pub(crate) caption: String,
    /// From the beginning of the axis.
    pub(crate) ticks: Vec<Tick>,
    /// From values to distances from the beginning of the axis.
    pub(super) scale: Scale,
}

/// A marked value of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// Distance from the beginning of the axis.
    pub(crate) place: f64,
    /// The value as text, without digits that say nothing.
    pub(crate) label: String,
}

impl ChartAxis {
    pub(super) fn new(quantity: &Quantity, scale: Scale) -> Self {
        let tick = |value: f64| Tick { place: scale.place(value), label: tick_label(value, &quantity.unit) };
        Self { caption: quantity.caption(), ticks: scale.ticks().into_iter().map(tick).collect(), scale }
    }

    /// With ticks at these values.
    pub(super) fn marked(quantity: &Quantity, scale: Scale, marks: &[(f64, String)]) -> Self {
        let tick = |(value, label): &(f64, String)| Tick { place: scale.place(*value), label: label.clone() };
        Self { caption: quantity.caption(), ticks: marks.iter().map(tick).collect(), scale }
    }
}

/// A value at a tick, without digits that say nothing: `500 uJ`.
fn tick_label(value: f64, unit: &str) -> String {
    let text = if unit == "%" { format!("{value:.3} %") } else { value_label(value, unit) };
    let (number, unit) = text.split_once(' ').unwrap_or((&text, ""));
    let (digits, exponent) = number.split_once('e').unwrap_or((number, ""));
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    let number = if exponent.is_empty() { digits.to_owned() } else { format!("{digits}e{exponent}") };
    format!("{number} {unit}").trim_end().to_owned()
}

/// A value beside its bar. Only units that are usual with prefixes get them; the others stand in the axis's caption.
pub(super) fn value_label(value: f64, unit: &str) -> String {
    match unit {
        "%" => format!("{value:.1} %"),
        "J" | "FLOPs" => si(value, unit),
        "" if value.abs() >= 1.0 => si(value, ""),
        "fJ/compute" if value.abs() >= 1000.0 => format!("{value:.0}"),
        _ => significant(value),
    }
}

/// A value that stands alone, with its unit: `564.2 fJ/compute`.
pub(super) fn value_with_unit(value: f64, unit: &str) -> String {
    match (value_label(value, unit), unit) {
        (label, "%" | "J" | "FLOPs" | "") => label,
        (label, unit) => format!("{label} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_the_digits_and_prefixes_of_their_unit() {
        let ticks = [(0.5, ""), (0.1, ""), (2e6, ""), (4.91e8, "J·cycle"), (5e-4, "J"), (50.0, "%"), (1.26, "mm²")];
        let ticks = ticks.map(|(value, unit)| tick_label(value, unit));
        assert_eq!(ticks, ["0.5", "0.1", "2 M", "4.91e8", "500 uJ", "50 %", "1.26"]);
        let labels = [(4.910e8, "J·cycle"), (1.2594, "mm²"), (12_345.6, "fJ/compute"), (0.1702, ""), (71.04, "%")];
        assert_eq!(
            labels.map(|(value, unit)| value_label(value, unit)),
            ["4.910e8", "1.259", "12346", "0.1702", "71.0 %"]
        );
        assert_eq!(
            labels.map(|(value, unit)| value_with_unit(value, unit)),
            ["4.910e8 J·cycle", "1.259 mm²", "12346 fJ/compute", "0.1702", "71.0 %"]
        );
    }

    #[test]
    fn a_logarithmic_axis_has_a_tick_for_each_power_of_ten() {
        let scale = Scale::new([0.2, 4000.0].into_iter(), true, 100.0);
        let axis =
            ChartAxis::new(&Quantity { name: "Operations per byte".into(), unit: String::new(), is_log: true }, scale);
        let labels: Vec<&str> = axis.ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(labels, ["0.1", "1", "10", "100", "1 k", "10 k"]);
        assert_eq!(axis.caption, "Operations per byte (logarithmic)");
    }
}
