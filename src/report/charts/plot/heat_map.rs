//! Cells of a heat map.

use crate::report::charts::axis::value_label;
use crate::report::charts::data::{HeatCell, HeatMap};

/// Shades of cells. Few, so that neighbours that differ can be told apart.
pub(crate) const SHADES: u8 = 8;

/// A cell as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlacedCell {
    /// Its column, from the left.
    pub(crate) column: usize,
    /// Its row, from below.
    pub(crate) row: usize,
    /// From 0, the largest values, to [`SHADES`] - 1, the least; `None` where the value is not known.
    pub(crate) shade: Option<u8>,
    /// Its value; `≥` stands before what it is at least; empty if nothing is known.
    pub(crate) label: String,
}

/// The cells of a map, row by row.
pub(crate) fn placed_cells(map: &HeatMap) -> Vec<PlacedCell> {
    let known = || map.cells.iter().filter_map(|cell| cell.value).filter(|value| value.is_finite());
    let (least, largest) =
        known().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let shade = |value: f64| {
        // A step is a quotient, unless there is none.
        let share = if least > 0.0 {
            (largest / value).ln() / (largest / least).ln()
        } else {
            (largest - value) / (largest - least)
        };
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 1.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of shades")]
        let shade = (share * f64::from(SHADES)) as u8;
        shade.min(SHADES - 1)
    };
    let label = |value: f64| value_label(value, &map.quantity.unit);
    let cell = |(column, row): (usize, usize)| {
        let HeatCell { value, bound } = map.cell(column, row);
        let text = match (value, bound) {
            (Some(value), _) => label(value),
            (None, Some(bound)) => format!("≥ {}", label(bound)),
            (None, None) => String::new(),
        };
        PlacedCell { column, row, shade: value.map(shade), label: text }
    };
    let rows = 0..map.rows.len();
    rows.flat_map(|row| (0..map.columns.len()).map(move |column| (column, row))).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::data::Quantity;

    #[test]
    fn the_least_value_is_the_darkest() {
        let cell = |value: f64| HeatCell { value: Some(value), bound: None };
        let map = HeatMap {
            names: ("a".into(), "b".into()),
            columns: vec!["1".into(), "2".into()],
            rows: vec!["x".into(), "y".into()],
            quantity: Quantity::linear("EDP", "J·cycle"),
            cells: vec![cell(1.0), cell(3.0), cell(9.0), HeatCell { value: None, bound: Some(3.5) }],
        };
        let cells = placed_cells(&map);
        let shades: Vec<Option<u8>> = cells.iter().map(|cell| cell.shade).collect();
        assert_eq!(shades, [Some(7), Some(4), Some(0), None]);
        assert_eq!((cells[0].label.as_str(), cells[3].label.as_str()), ("1.000", "≥ 3.500"));
        assert_eq!((cells[1].column, cells[1].row, cells[2].row), (1, 0, 1));
    }
}
