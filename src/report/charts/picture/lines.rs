//! Pictures of lines.

use plotters::prelude::DrawingBackend;

use super::axes::{Field, draw_x, draw_y};
use super::canvas::Canvas;
use super::sheet::FIELD;
use crate::numbers::{count, real};
use crate::report::charts::ChartError;
use crate::report::charts::axis::ChartAxis;
use crate::report::charts::data::{Line, Lines};
use crate::report::charts::palette::LIGHT;
use crate::report::charts::scale::Scale;

/// Draws a chart of lines with axes and legend.
pub(super) fn draw<B: DrawingBackend>(lines: &Lines, canvas: &Canvas<'_, B>, top: f64) -> Result<(), ChartError> {
    let field = Field::new(canvas.size.0, top);
    let values = lines.lines.iter().flat_map(|line| line.values.iter().flatten().copied());
    let y = ChartAxis::new(&lines.y, Scale::new(values, lines.y.is_log, FIELD));
    let x = ChartAxis::new(&lines.x, Scale::counted(lines.positions.len(), field.width()));
    draw_x(canvas, &x, field)?;
    draw_y(canvas, &y, field)?;
    for line in &lines.lines {
        let place = |index: usize, value: f64| {
            (field.left + x.scale.place(real(count(index + 1))), field.bottom - y.scale.place(value))
        };
        draw_line(line, place, canvas)?;
    }
    field.draw_frame(canvas)
}

/// Unknown numbers interrupt a line.
fn draw_line<B: DrawingBackend>(
    line: &Line,
    place: impl Fn(usize, f64) -> (f64, f64),
    canvas: &Canvas<'_, B>,
) -> Result<(), ChartError> {
    let swatch = line.series.swatch;
    let color = LIGHT.series[swatch.color()];
    let places = line.values.iter().enumerate();
    let places: Vec<Option<(f64, f64)>> =
        places.map(|(index, value)| Some(place(index, value.filter(|value| value.is_finite())?))).collect();
    for piece in places.split(Option::is_none) {
        let piece: Vec<(f64, f64)> = piece.iter().flatten().copied().collect();
        match piece[..] {
            [] => {}
            [point] => canvas.dot(point, 2.0, color)?,
            _ => canvas.dashed(&piece, color, 2.0, swatch.dashes())?,
        }
    }
    Ok(())
}
