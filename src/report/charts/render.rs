//! From the data of a chart to a picture.

use crate::numbers::{count, real};
use plotters::prelude::DrawingBackend;

use super::canvas::{Align, Canvas, Key, MARGIN, NORMAL, SMALL, TITLE, dashes, legend_height};
use super::data::{BarGroup, Bars, Chart, ChartKind, Lines, Quantity, Roofline};
use super::fit::{fitted_all, width, wrapped};
use super::palette::{Fill, INK, LINE, PAPER, SOFT, fills};
use super::scale::Scale;
use super::{ChartError, Measures};
use crate::results::quantity::{end_of_axis, si, significant};

/// Thickness of a bar, and space below a bar and a group.
const BAR: f64 = 12.0;
const GAP: f64 = 3.0;
const GROUP_GAP: f64 = 10.0;
/// Height of the field of lines and points.
const FIELD: f64 = 340.0;
/// Below the field: marks and caption.
const AXIS: f64 = 44.0;

/// One page of a chart: all of it, or some groups of its bars.
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    pub(super) chart: &'a Chart,
    /// The bars of the page; `None` if they are those of the chart.
    pub(super) bars: Option<&'a Bars>,
    /// Its number, and how many there are.
    pub(super) number: (usize, usize),
}

impl Page<'_> {
    fn title(&self) -> String {
        match self.number {
            (_, 0 | 1) => self.chart.title.clone(),
            (number, count) => format!("{} ({number} of {count})", self.chart.title),
        }
    }
}

/// The bars of every page, if one is too high for all of them.
pub(super) fn pages(chart: &Chart, measures: Measures) -> Vec<Bars> {
    let ChartKind::Bars(bars) = &chart.kind else { return Vec::new() };
    let whole = height(Page { chart, bars: None, number: (10, 10) }, measures.width);
    if whole <= measures.highest {
        return Vec::new();
    }
    let room = measures.highest - (whole - bars_height(bars));
    let mut pages: Vec<Bars> = Vec::new();
    for group in &bars.groups {
        let one = std::slice::from_ref(group);
        match pages.last_mut().filter(|page| groups_height(&page.groups) + groups_height(one) <= room) {
            Some(page) => page.groups.push(group.clone()),
            None => pages.push(Bars { groups: one.to_vec(), ..bars.clone() }),
        }
    }
    pages
}

/// Height of a page of a width, in points.
pub(super) fn height(page: Page, width: f64) -> f64 {
    let head = head_height(page, width);
    let body = match &page.chart.kind {
        ChartKind::Bars(bars) => bars_height(page.bars.unwrap_or(bars)) + AXIS,
        ChartKind::Lines(_) | ChartKind::Roofline(_) => FIELD + AXIS,
    };
    head + body + foot_height(page.chart, width) + MARGIN
}

fn series(chart: &Chart) -> Vec<String> {
    match &chart.kind {
        ChartKind::Bars(bars) => bars.series.clone(),
        ChartKind::Lines(lines) => lines.series.iter().map(|line| line.name.clone()).collect(),
        ChartKind::Roofline(roofline) => roofline.series.clone(),
    }
}

fn head_height(page: Page, width: f64) -> f64 {
    let title = wrapped(&page.title(), width - 2.0 * MARGIN, TITLE).len();
    MARGIN + real(count(title)) * 20.0 + 6.0 + legend_height(&series(page.chart), width) + 8.0
}

fn foot_height(chart: &Chart, page: f64) -> f64 {
    let lines = chart.notes.iter().map(|note| wrapped(note, page - 2.0 * MARGIN, SMALL).len()).sum::<usize>();
    real(count(lines)) * 15.0
}

fn bars_height(bars: &Bars) -> f64 {
    groups_height(&bars.groups)
}

fn groups_height(groups: &[BarGroup]) -> f64 {
    groups.iter().map(|group| real(count(group.bars.len())) * (BAR + GAP) + GROUP_GAP).sum()
}

/// Draws a page; the canvas has the size that [`height`] gives.
pub(super) fn draw<B: DrawingBackend>(page: Page, canvas: Canvas<'_, B>) -> Result<(), ChartError> {
    let (chart, width) = (page.chart, canvas.size.0);
    let mut top = MARGIN + 8.0;
    for line in wrapped(&page.title(), width - 2.0 * MARGIN, TITLE) {
        canvas.text(&line, (MARGIN, top), TITLE, INK, Align::Left)?;
        top += 20.0;
    }
    let key = match &chart.kind {
        ChartKind::Bars(_) => Key::Area,
        ChartKind::Lines(_) => Key::Line,
        ChartKind::Roofline(_) => Key::Point,
    };
    canvas.legend(&series(chart), top, key)?;
    let top = head_height(page, width);
    match &chart.kind {
        ChartKind::Bars(whole) => draw_bars(page.bars.unwrap_or(whole), whole, &canvas, top)?,
        ChartKind::Lines(lines) => draw_lines(lines, &canvas, top)?,
        ChartKind::Roofline(roofline) => draw_roofline(roofline, &canvas, top)?,
    }
    let mut below = canvas.size.1 - foot_height(chart, width) - MARGIN / 2.0;
    for line in chart.notes.iter().flat_map(|note| wrapped(note, width - 2.0 * MARGIN, SMALL)) {
        canvas.text(&line, (MARGIN, below + 7.0), SMALL, SOFT, Align::Left)?;
        below += 15.0;
    }
    canvas.finish()
}

/// Marks across the field, and the caption below.
fn draw_x<B: DrawingBackend>(
    canvas: &Canvas<'_, B>,
    quantity: &Quantity,
    scale: &Scale,
    (left, top, bottom): (f64, f64, f64),
    right: f64,
) -> Result<(), ChartError> {
    let mut free = f64::NEG_INFINITY;
    for tick in scale.ticks() {
        let x = left + scale.at(tick);
        canvas.line(&[(x, top), (x, bottom)], LINE, 1.0)?;
        let label = mark(tick, &quantity.unit);
        let half = width(&label, SMALL) / 2.0;
        // The last one stays within the page.
        let at = x.min(canvas.size.0 - MARGIN / 2.0 - half);
        if at - half > free {
            canvas.text(&label, (at, bottom + 12.0), SMALL, SOFT, Align::Middle)?;
            free = at + half + 4.0;
        }
    }
    canvas.text(&quantity.caption(), (f64::midpoint(left, right), bottom + 30.0), NORMAL, INK, Align::Middle)
}

/// Marks up the field, and the caption beside.
fn draw_y<B: DrawingBackend>(
    canvas: &Canvas<'_, B>,
    quantity: &Quantity,
    scale: &Scale,
    (left, top, bottom): (f64, f64, f64),
    right: f64,
) -> Result<(), ChartError> {
    for tick in scale.ticks() {
        let y = bottom - scale.at(tick);
        canvas.line(&[(left, y), (right, y)], LINE, 1.0)?;
        canvas.text(&mark(tick, &quantity.unit), (left - 6.0, y), SMALL, SOFT, Align::Right)?;
    }
    canvas.upwards(&quantity.caption(), (MARGIN, f64::midpoint(top, bottom)), NORMAL, INK)
}

/// A value at an axis, without digits that say nothing: `500 µJ`.
fn mark(value: f64, unit: &str) -> String {
    let text = if unit == "%" { format!("{value:.3} %") } else { label(value, unit) };
    let (number, unit) = text.split_once(' ').unwrap_or((&text, ""));
    let (digits, exponent) = number.split_once('e').unwrap_or((number, ""));
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    let number = if exponent.is_empty() { digits.to_owned() } else { format!("{digits}e{exponent}") };
    format!("{number} {unit}").trim_end().to_owned()
}

/// A value at the end of a bar. Only units that are usual with prefixes get them; the others stand in the caption.
fn label(value: f64, unit: &str) -> String {
    match unit {
        "%" => format!("{value:.1} %"),
        "J" | "FLOPS" => si(value, unit),
        "" if value.abs() >= 1.0 => si(value, ""),
        "fJ/compute" if value.abs() >= 1000.0 => format!("{value:.0}"),
        _ => significant(value),
    }
}

/// Where the axis ends, if bars are cut there. A logarithmic axis has room for all.
pub(super) fn cut(bars: &Bars) -> Option<f64> {
    let total = |values: &[Option<f64>]| values.iter().flatten().filter(|value| value.is_finite()).sum::<f64>();
    let totals = || bars.groups.iter().flat_map(|group| &group.bars).map(|bar| total(&bar.values));
    let end = end_of_axis(totals());
    (!bars.axis.is_log && end < totals().fold(0.0, f64::max)).then_some(end)
}

/// Bars of a page, on the scale of all of them.
fn draw_bars<B: DrawingBackend>(bars: &Bars, whole: &Bars, canvas: &Canvas<'_, B>, top: f64) -> Result<(), ChartError> {
    let page = canvas.size.0;
    let fills = fills(&bars.series);
    let is_single = whole.groups.iter().all(|group| group.bars.len() <= 1);
    // Colours name the bars, unless colours are components.
    let shows_bars = bars.is_stacked && !is_single;
    let group_room = page * if shows_bars { 0.3 } else { 0.34 };
    let widest = |labels: &mut dyn Iterator<Item = &String>, room: f64| {
        labels.map(|label| width(label, SMALL)).fold(0.0, f64::max).min(room)
    };
    let groups = widest(&mut whole.groups.iter().map(|group| &group.label), group_room);
    let mut labels = whole.groups.iter().flat_map(|group| group.bars.iter().map(|bar| &bar.label));
    let names = if shows_bars { widest(&mut labels, page * 0.2) } else { 0.0 };
    let left = MARGIN + groups + if shows_bars { names + 14.0 } else { 0.0 } + 8.0;
    let right = page - MARGIN - 62.0;
    let bottom = top + bars_height(bars);
    let total = |values: &[Option<f64>]| values.iter().flatten().filter(|value| value.is_finite()).sum::<f64>();
    let all = || bars.groups.iter().flat_map(|group| &group.bars);
    let end = cut(whole).unwrap_or(f64::INFINITY);
    let scale = Scale::new(
        whole.groups.iter().flat_map(|group| &group.bars).map(|bar| total(&bar.values).min(end)),
        bars.axis.is_log,
        right - left,
    );
    draw_x(canvas, &bars.axis, &scale, (left, top, bottom), right)?;
    let headings = fitted_all(bars.groups.iter().map(|group| group.label.as_str()), groups, SMALL);
    let mut short = fitted_all(all().map(|bar| bar.label.as_str()), names, SMALL).into_iter();
    let mut y = top + GROUP_GAP / 2.0;
    for (group, heading) in bars.groups.iter().zip(&headings) {
        let middle = y + real(count(group.bars.len())) * (BAR + GAP) / 2.0;
        canvas.text(heading, (MARGIN, middle), SMALL, INK, Align::Left)?;
        for bar in &group.bars {
            let centre = y + BAR / 2.0;
            let name = short.next().unwrap_or_default();
            if shows_bars {
                canvas.text(&name, (left - 6.0, centre), SMALL, SOFT, Align::Right)?;
            }
            let known: Vec<(usize, f64)> = bar
                .values
                .iter()
                .enumerate()
                .filter_map(|(index, value)| Some((index, (*value).filter(|value| value.is_finite())?)))
                .collect();
            let mut sum = 0.0;
            for (index, value) in &known {
                let from = left + if bars.is_stacked { scale.at(sum) } else { 0.0 };
                sum += value;
                let to = left + scale.at(sum);
                let series = if bars.is_stacked { *index } else { bar.series };
                if to > from {
                    let fill = fills.get(series).copied().unwrap_or(Fill { color: SOFT, is_hatched: false });
                    canvas.fill((from, y), (to, y + BAR), fill)?;
                    // Between pieces of a stack, so that they are told apart without colours.
                    if bars.is_stacked && to - from > 2.0 {
                        canvas.line(&[(to, y), (to, y + BAR)], PAPER, 1.0)?;
                    }
                }
            }
            let (text, at) = if known.is_empty() {
                ("–".to_owned(), left)
            } else {
                (label(sum, &bars.axis.unit), left + scale.at(sum))
            };
            if scale.exceeds(sum) {
                // Two white strokes across a bar that goes on.
                for shift in [10.0, 16.0] {
                    canvas.line(&[(at - shift, y + BAR + 1.0), (at - shift + 4.0, y - 1.0)], PAPER, 2.0)?;
                }
            }
            canvas.text(&text, (at + 5.0, centre), 10.0, SOFT, Align::Left)?;
            y += BAR + GAP;
        }
        y += GROUP_GAP;
    }
    canvas.line(&[(left, top), (left, bottom)], INK, 1.0)
}

fn draw_lines<B: DrawingBackend>(lines: &Lines, canvas: &Canvas<'_, B>, top: f64) -> Result<(), ChartError> {
    let (left, right, bottom) = (MARGIN + 78.0, canvas.size.0 - MARGIN - 8.0, top + FIELD);
    let names: Vec<String> = lines.series.iter().map(|line| line.name.clone()).collect();
    let fills = fills(&names);
    let values = || lines.series.iter().flat_map(|line| line.values.iter().flatten().copied());
    let y = Scale::new(values(), lines.y.is_log, FIELD);
    let x = Scale::counted(lines.positions.len(), right - left);
    draw_x(canvas, &lines.x, &x, (left, top, bottom), right)?;
    draw_y(canvas, &lines.y, &y, (left, top, bottom), right)?;
    for (index, line) in lines.series.iter().enumerate() {
        // Unknown numbers interrupt a line.
        let mut piece: Vec<(f64, f64)> = Vec::new();
        let end = |piece: &mut Vec<(f64, f64)>| -> Result<(), ChartError> {
            if let [only] = piece[..] {
                canvas.dot(only, 2.0, fills[index].color)?;
            } else if !piece.is_empty() {
                canvas.dashed(piece, fills[index].color, 2.0, dashes(index))?;
            }
            piece.clear();
            Ok(())
        };
        for (position, value) in line.values.iter().enumerate() {
            match value.filter(|value| value.is_finite()) {
                Some(value) => piece.push((left + x.at(real(count(position + 1))), bottom - y.at(value))),
                None => end(&mut piece)?,
            }
        }
        end(&mut piece)?;
    }
    canvas.line(&[(left, top), (left, bottom), (right, bottom)], INK, 1.0)
}

fn draw_roofline<B: DrawingBackend>(roof: &Roofline, canvas: &Canvas<'_, B>, top: f64) -> Result<(), ChartError> {
    let (left, right, bottom) = (MARGIN + 78.0, canvas.size.0 - MARGIN - 8.0, top + FIELD);
    let fills = fills(&roof.series);
    let x = Scale::new(roof.points.iter().map(|point| point.x), roof.x.is_log, right - left);
    let y = Scale::new(roof.points.iter().map(|point| point.y).chain(roof.peak), roof.y.is_log, FIELD);
    draw_x(canvas, &roof.x, &x, (left, top, bottom), right)?;
    draw_y(canvas, &roof.y, &y, (left, top, bottom), right)?;
    if let Some(peak) = roof.peak.filter(|peak| peak.is_finite()) {
        let text = format!("peak {}", mark(peak, &roof.y.unit));
        canvas.text(&text, (right - 4.0, bottom - y.at(peak) - 8.0), SMALL, INK, Align::Right)?;
    }
    if roof.peak.is_some() || roof.slope.is_some() {
        // Many short pieces: the scale cuts what lies outside.
        let height = |intensity: f64| {
            roof.peak.unwrap_or(f64::INFINITY).min(roof.slope.map_or(f64::INFINITY, |slope| slope * intensity))
        };
        let points = (0..=200).map(|step| f64::from(step) / 200.0 * (right - left));
        let points = points.map(|at| (left + at, height(x.value(at)))).filter(|(_, value)| !y.exceeds(*value));
        let points: Vec<(f64, f64)> = points.map(|(x, value)| (x, bottom - y.at(value))).collect();
        canvas.line(&points, INK, 1.5)?;
    }
    for point in &roof.points {
        if point.x.is_finite() && point.y.is_finite() {
            // Of points at the same place, the ring of the earlier remains to be seen.
            let radius = (5.5 - 1.5 * real(count(point.series))).max(2.0);
            let color = fills.get(point.series).map_or(SOFT, |fill| fill.color);
            canvas.point((left + x.at(point.x), bottom - y.at(point.y)), radius, point.series, color)?;
        }
    }
    canvas.line(&[(left, top), (left, bottom), (right, bottom)], INK, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_beside_axes() {
        let marks = [(0.5, ""), (0.1, ""), (2e6, ""), (4.91e8, "J·cycle"), (5e-4, "J"), (50.0, "%"), (1.26, "mm²")];
        let marks = marks.map(|(value, unit)| mark(value, unit));
        assert_eq!(marks, ["0.5", "0.1", "2 M", "4.91e8", "500 µJ", "50 %", "1.26"]);
        let labels = [(4.910e8, "J·cycle"), (1.2594, "mm²"), (12_345.6, "fJ/compute"), (0.1702, ""), (71.04, "%")];
        let labels = labels.map(|(value, unit)| label(value, unit));
        assert_eq!(labels, ["4.910e8", "1.259", "12346", "0.1702", "71.0 %"]);
    }
}
