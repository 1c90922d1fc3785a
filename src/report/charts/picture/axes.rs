//! Axes around a field.

use plotters::prelude::DrawingBackend;

use super::canvas::{Align, Canvas, MARGIN, NORMAL, SMALL};
use super::fit::width;
use super::sheet::FIELD;
use crate::report::charts::ChartError;
use crate::report::charts::axis::ChartAxis;
use crate::report::charts::palette::LIGHT;

/// Edges of a field.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Field {
    /// The field of lines and points on a sheet of a width.
    pub(super) fn new(sheet_width: f64, top: f64) -> Self {
        Self { left: MARGIN + 78.0, right: sheet_width - MARGIN - 8.0, top, bottom: top + FIELD }
    }

    pub(super) fn width(self) -> f64 {
        self.right - self.left
    }

    /// Lines at the left and the lower edge.
    pub(super) fn draw_frame<B: DrawingBackend>(self, canvas: &Canvas<'_, B>) -> Result<(), ChartError> {
        let corners = [(self.left, self.top), (self.left, self.bottom), (self.right, self.bottom)];
        canvas.line(&corners, LIGHT.ink, 1.0)
    }
}

/// Ticks across the field, and the caption below.
pub(super) fn draw_x<B: DrawingBackend>(
    canvas: &Canvas<'_, B>,
    axis: &ChartAxis,
    field: Field,
) -> Result<(), ChartError> {
    let mut free = f64::NEG_INFINITY;
    for tick in &axis.ticks {
        let x = field.left + tick.place;
        canvas.line(&[(x, field.top), (x, field.bottom)], LIGHT.line, 1.0)?;
        let half = width(&tick.label, SMALL) / 2.0;
        // The last one stays within the sheet.
        let middle = x.min(canvas.size.0 - MARGIN / 2.0 - half);
        if middle - half > free {
            canvas.text(&tick.label, (middle, field.bottom + 12.0), SMALL, LIGHT.soft, Align::Middle)?;
            free = middle + half + 4.0;
        }
    }
    let place = (f64::midpoint(field.left, field.right), field.bottom + 30.0);
    canvas.text(&axis.caption, place, NORMAL, LIGHT.ink, Align::Middle)
}

/// Ticks up the field, and the caption beside.
pub(super) fn draw_y<B: DrawingBackend>(
    canvas: &Canvas<'_, B>,
    axis: &ChartAxis,
    field: Field,
) -> Result<(), ChartError> {
    for tick in &axis.ticks {
        let y = field.bottom - tick.place;
        canvas.line(&[(field.left, y), (field.right, y)], LIGHT.line, 1.0)?;
        canvas.text(&tick.label, (field.left - 6.0, y), SMALL, LIGHT.soft, Align::Right)?;
    }
    canvas.upwards(&axis.caption, (MARGIN, f64::midpoint(field.top, field.bottom)), NORMAL, LIGHT.ink)
}
