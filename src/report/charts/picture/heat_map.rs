//! Pictures of heat maps.

use plotters::prelude::DrawingBackend;

use super::axes::{Field, draw_x, draw_y};
use super::canvas::{Align, Canvas, SMALL};
use super::fit::{fitted_all, width};
use super::sheet::FIELD;
use crate::numbers::{count, real};
use crate::report::charts::ChartError;
use crate::report::charts::axis::ChartAxis;
use crate::report::charts::data::{HeatMap, Quantity};
use crate::report::charts::palette::{LIGHT, shade};
use crate::report::charts::plot::{SHADES, placed_cells};
use crate::report::charts::scale::Scale;

/// Draws the cells: the lower a value, the darker. What is only bounded is hatched.
pub(super) fn draw<B: DrawingBackend>(map: &HeatMap, canvas: &Canvas<'_, B>, top: f64) -> Result<(), ChartError> {
    let field = Field::new(canvas.size.0, top);
    let (wide, high) = (field.width() / real(count(map.columns.len())), FIELD / real(count(map.rows.len())));
    draw_x(canvas, &axis(&map.names.0, &map.columns, field.width(), wide - 4.0), field)?;
    draw_y(canvas, &axis(&map.names.1, &map.rows, FIELD, 58.0), field)?;
    for cell in placed_cells(map) {
        let left = field.left + real(count(cell.column)) * wide;
        let below = field.bottom - real(count(cell.row)) * high;
        let (from, to) = ((left + 0.5, below - high + 0.5), (left + wide - 0.5, below - 0.5));
        let ink = if let Some(step) = cell.shade {
            canvas.rectangle(from, to, shade(step, SHADES))?;
            if 2 * step >= SHADES { LIGHT.paper } else { LIGHT.ink }
        } else {
            canvas.rectangle(from, to, LIGHT.paper)?;
            canvas.hatch(from, to, LIGHT.line)?;
            LIGHT.soft
        };
        if width(&cell.label, SMALL) <= wide && high >= SMALL + 2.0 {
            canvas.text(&cell.label, (left + wide / 2.0, below - high / 2.0), SMALL, ink, Align::Middle)?;
        }
    }
    field.draw_frame(canvas)
}

/// Names in the middle of their cells, as much of them as fits.
fn axis(name: &str, names: &[String], length: f64, room: f64) -> ChartAxis {
    let scale = Scale::counted(names.len(), length);
    let shown = fitted_all(names.iter().map(String::as_str), room.max(20.0), SMALL);
    let marks: Vec<(f64, String)> =
        shown.into_iter().enumerate().map(|(index, name)| (real(count(index)) + 0.5, name)).collect();
    ChartAxis::marked(&Quantity::linear(name, ""), scale, &marks)
}
