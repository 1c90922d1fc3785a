//! Pictures of points under roofs.

use plotters::prelude::DrawingBackend;

use super::axes::{Field, draw_x, draw_y};
use super::canvas::{Align, Canvas, SMALL};
use super::sheet::FIELD;
use crate::report::charts::ChartError;
use crate::report::charts::data::Roofline;
use crate::report::charts::palette::LIGHT;
use crate::report::charts::plot::RooflinePlot;

/// Draws a roofline.
pub(super) fn draw<B: DrawingBackend>(roofline: &Roofline, canvas: &Canvas<'_, B>, top: f64) -> Result<(), ChartError> {
    let field = Field::new(canvas.size.0, top);
    let plot = RooflinePlot::new(roofline, (field.width(), FIELD));
    draw_x(canvas, &plot.x, field)?;
    draw_y(canvas, &plot.y, field)?;
    if let Some((height, label)) = &plot.peak {
        canvas.text(label, (field.right - 4.0, top + height - SMALL / 2.0), SMALL, LIGHT.ink, Align::Right)?;
    }
    if !plot.roof.is_empty() {
        let corners: Vec<(f64, f64)> = plot.roof.iter().map(|(x, y)| (field.left + x, top + y)).collect();
        canvas.line(&corners, LIGHT.ink, 1.5)?;
    }
    for point in &plot.points {
        let place = (field.left + point.x, top + point.y);
        match roofline.series.get(point.series) {
            Some(series) => canvas.mark(place, series.swatch.mark_radius(), series.swatch)?,
            None => canvas.dot(place, 2.0, LIGHT.soft)?,
        }
    }
    field.draw_frame(canvas)
}
