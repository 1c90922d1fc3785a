//! Pictures of bars.

use plotters::prelude::DrawingBackend;

use super::axes::{Field, draw_x};
use super::canvas::{Align, Canvas, MARGIN, SMALL};
use super::fit::{fitted_all, width};
use crate::numbers::{count, real};
use crate::report::charts::ChartError;
use crate::report::charts::data::{BarGroup, Bars};
use crate::report::charts::palette::LIGHT;
use crate::report::charts::plot::{BarAxis, PlacedBar};

/// Thickness of a bar, and space below a bar and a group.
const BAR: f64 = 12.0;
const BAR_GAP: f64 = 3.0;
const GROUP_GAP: f64 = 10.0;

/// Height of groups of bars.
pub(super) fn height(groups: &[BarGroup]) -> f64 {
    groups.iter().map(|group| real(count(group.bars.len())) * (BAR + BAR_GAP) + GROUP_GAP).sum()
}

/// Draws the bars of a sheet, on the axis of all of them.
pub(super) fn draw<B: DrawingBackend>(
    bars: &Bars,
    whole: &Bars,
    canvas: &Canvas<'_, B>,
    top: f64,
) -> Result<(), ChartError> {
    let sheet = canvas.size.0;
    let is_single = whole.groups.iter().all(|group| group.bars.len() <= 1);
    // Colours name the bars, unless colours are components.
    let shows_bars = bars.is_stacked && !is_single;
    let group_room = sheet * if shows_bars { 0.3 } else { 0.34 };
    let widest = |labels: &mut dyn Iterator<Item = &String>, room: f64| {
        labels.map(|label| width(label, SMALL)).fold(0.0, f64::max).min(room)
    };
    let groups = widest(&mut whole.groups.iter().map(|group| &group.label), group_room);
    let mut labels = whole.groups.iter().flat_map(|group| group.bars.iter().map(|bar| &bar.label));
    let names = if shows_bars { widest(&mut labels, sheet * 0.2) } else { 0.0 };
    let left = MARGIN + groups + if shows_bars { names + 14.0 } else { 0.0 } + 8.0;
    let field = Field { left, right: sheet - MARGIN - 62.0, top, bottom: top + height(&bars.groups) };
    let axis = BarAxis::new(whole, field.width());
    draw_x(canvas, &axis.axis, field)?;
    let headings = fitted_all(bars.groups.iter().map(|group| group.label.as_str()), groups, SMALL);
    let labels = bars.groups.iter().flat_map(|group| group.bars.iter().map(|bar| bar.label.as_str()));
    let mut short = fitted_all(labels, names, SMALL).into_iter();
    let mut y = top + GROUP_GAP / 2.0;
    for (group, heading) in bars.groups.iter().zip(&headings) {
        let middle = y + real(count(group.bars.len())) * (BAR + BAR_GAP) / 2.0;
        canvas.text(heading, (MARGIN, middle), SMALL, LIGHT.ink, Align::Left)?;
        for bar in &group.bars {
            let name = short.next().unwrap_or_default();
            if shows_bars {
                canvas.text(&name, (left - 6.0, y + BAR / 2.0), SMALL, LIGHT.soft, Align::Right)?;
            }
            draw_bar(&axis.place(bar), bars, canvas, (left, y))?;
            y += BAR + BAR_GAP;
        }
        y += GROUP_GAP;
    }
    canvas.line(&[(left, top), (left, field.bottom)], LIGHT.ink, 1.0)
}

fn draw_bar<B: DrawingBackend>(
    bar: &PlacedBar,
    bars: &Bars,
    canvas: &Canvas<'_, B>,
    (left, y): (f64, f64),
) -> Result<(), ChartError> {
    for piece in &bar.pieces {
        let (from, to) = (left + piece.from, left + piece.to);
        match bars.series.get(piece.series) {
            Some(series) => canvas.fill((from, y), (to, y + BAR), series.swatch)?,
            None => canvas.rectangle((from, y), (to, y + BAR), LIGHT.soft)?,
        }
        // Between pieces of a stack, so that they are told apart without colours.
        if bars.is_stacked && to - from > 2.0 {
            canvas.line(&[(to, y), (to, y + BAR)], LIGHT.paper, 1.0)?;
        }
    }
    let end = left + bar.end;
    if bar.is_cut {
        // Two white strokes across a bar that goes on.
        for shift in [10.0, 16.0] {
            canvas.line(&[(end - shift, y + BAR + 1.0), (end - shift + 4.0, y - 1.0)], LIGHT.paper, 2.0)?;
        }
    }
    canvas.text(&bar.label, (end + 5.0, y + BAR / 2.0), 10.0, LIGHT.soft, Align::Left)
}
