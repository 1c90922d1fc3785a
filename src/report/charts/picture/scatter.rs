//! Pictures of points with their front, or joined by lines.

use plotters::prelude::DrawingBackend;

use super::axes::{Field, draw_x, draw_y};
use super::canvas::Canvas;
use super::sheet::FIELD;
use crate::report::charts::ChartError;
use crate::report::charts::data::Scatter;
use crate::report::charts::palette::LIGHT;
use crate::report::charts::plot::ScatterPlot;

/// Draws points.
pub(super) fn draw<B: DrawingBackend>(scatter: &Scatter, canvas: &Canvas<'_, B>, top: f64) -> Result<(), ChartError> {
    let field = Field::new(canvas.size.0, top);
    let plot = ScatterPlot::new(scatter, (field.width(), FIELD));
    draw_x(canvas, &plot.x, field)?;
    draw_y(canvas, &plot.y, field)?;
    let placed =
        |places: &[(f64, f64)]| -> Vec<(f64, f64)> { places.iter().map(|(x, y)| (field.left + x, top + y)).collect() };
    if plot.front.len() > 1 {
        canvas.line(&placed(&plot.front), LIGHT.ink, 1.5)?;
    }
    for (series, line) in plot.lines.iter().filter(|(_, line)| line.len() > 1) {
        let swatch = scatter.series[*series].swatch;
        canvas.dashed(&placed(line), LIGHT.series[swatch.color()], 2.0, swatch.dashes())?;
    }
    for point in &plot.points {
        let place = (field.left + point.x, top + point.y);
        match scatter.series.get(point.series) {
            Some(series) => canvas.mark(place, 3.5, series.swatch)?,
            None => canvas.dot(place, 2.0, LIGHT.soft)?,
        }
    }
    field.draw_frame(canvas)
}
