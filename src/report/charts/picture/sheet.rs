//! One sheet of a chart: title, legend, field and notes.

use plotters::prelude::DrawingBackend;

use super::canvas::{Align, Canvas, LegendKey, MARGIN, SMALL, TITLE, legend_height};
use super::fit::wrapped;
use super::{Measures, bars, heat_map, lines, roofline, scatter};
use crate::numbers::{count, real};
use crate::report::charts::ChartError;
use crate::report::charts::data::{Bars, Chart, ChartKind};
use crate::report::charts::palette::LIGHT;

/// Height of the field of lines and points.
pub(super) const FIELD: f64 = 340.0;
/// Below the field: labels of ticks and the caption.
const AXIS: f64 = 44.0;
/// Heights of a line of the title and of the notes.
const TITLE_LINE: f64 = 20.0;
const NOTE_LINE: f64 = 15.0;

/// One sheet of a chart: all of it, or some groups of its bars.
#[derive(Clone, Copy)]
pub(super) struct Sheet<'a> {
    pub(super) chart: &'a Chart,
    /// The bars of the sheet; `None` if they are those of the chart.
    pub(super) bars: Option<&'a Bars>,
    /// Its number, and the number of all.
    pub(super) number: (usize, usize),
}

impl Sheet<'_> {
    fn title(&self) -> String {
        match self.number {
            (_, 0 | 1) => self.chart.title.clone(),
            (number, count) => format!("{} ({number} of {count})", self.chart.title),
        }
    }
}

/// The bars of every sheet, if one is too high for all of them.
pub(super) fn sheets(chart: &Chart, measures: Measures) -> Vec<Bars> {
    let ChartKind::Bars(bars) = &chart.kind else { return Vec::new() };
    let whole = height(Sheet { chart, bars: None, number: (10, 10) }, measures.width);
    if whole <= measures.max_height {
        return Vec::new();
    }
    let room = measures.max_height - (whole - bars::height(&bars.groups));
    let mut sheets: Vec<Bars> = Vec::new();
    for group in &bars.groups {
        let own_height = bars::height(std::slice::from_ref(group));
        match sheets.last_mut().filter(|sheet| bars::height(&sheet.groups) + own_height <= room) {
            Some(sheet) => sheet.groups.push(group.clone()),
            None => sheets.push(Bars { groups: vec![group.clone()], ..bars.clone() }),
        }
    }
    sheets
}

/// Height of a sheet of a width, in points.
pub(super) fn height(sheet: Sheet, width: f64) -> f64 {
    let field = match &sheet.chart.kind {
        ChartKind::Bars(bars) => bars::height(&sheet.bars.unwrap_or(bars).groups),
        ChartKind::Lines(_) | ChartKind::Roofline(_) | ChartKind::Scatter(_) | ChartKind::HeatMap(_) => FIELD,
    };
    head_height(sheet, width) + field + AXIS + foot_height(sheet.chart, width) + MARGIN
}

fn head_height(sheet: Sheet, width: f64) -> f64 {
    let title = wrapped(&sheet.title(), width - 2.0 * MARGIN, TITLE).len();
    MARGIN + real(count(title)) * TITLE_LINE + 6.0 + legend_height(&sheet.chart.series(), width) + 8.0
}

fn foot_height(chart: &Chart, width: f64) -> f64 {
    let lines = chart.notes.iter().map(|note| wrapped(note, width - 2.0 * MARGIN, SMALL).len()).sum::<usize>();
    real(count(lines)) * NOTE_LINE
}

/// Draws a sheet; the canvas has the size that [`height`] gives.
pub(super) fn draw<B: DrawingBackend>(sheet: Sheet, canvas: Canvas<'_, B>) -> Result<(), ChartError> {
    let (chart, width) = (sheet.chart, canvas.size.0);
    let mut top = MARGIN + 8.0;
    for line in wrapped(&sheet.title(), width - 2.0 * MARGIN, TITLE) {
        canvas.text(&line, (MARGIN, top), TITLE, LIGHT.ink, Align::Left)?;
        top += TITLE_LINE;
    }
    let key = match &chart.kind {
        ChartKind::Bars(_) | ChartKind::HeatMap(_) => LegendKey::Area,
        ChartKind::Lines(_) => LegendKey::Line,
        ChartKind::Scatter(scatter) if scatter.is_joined => LegendKey::Line,
        ChartKind::Roofline(_) | ChartKind::Scatter(_) => LegendKey::Point,
    };
    canvas.legend(&chart.series(), top, key)?;
    let top = head_height(sheet, width);
    match &chart.kind {
        ChartKind::Bars(whole) => bars::draw(sheet.bars.unwrap_or(whole), whole, &canvas, top)?,
        ChartKind::Lines(lines) => lines::draw(lines, &canvas, top)?,
        ChartKind::Roofline(roofline) => roofline::draw(roofline, &canvas, top)?,
        ChartKind::Scatter(points) => scatter::draw(points, &canvas, top)?,
        ChartKind::HeatMap(map) => heat_map::draw(map, &canvas, top)?,
    }
    let mut below = canvas.size.1 - foot_height(chart, width) - MARGIN / 2.0;
    for line in chart.notes.iter().flat_map(|note| wrapped(note, width - 2.0 * MARGIN, SMALL)) {
        canvas.text(&line, (MARGIN, below + 7.0), SMALL, LIGHT.soft, Align::Left)?;
        below += NOTE_LINE;
    }
    canvas.finish()
}
