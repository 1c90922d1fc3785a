//! Bars along their axis.

use crate::report::charts::axis::{ChartAxis, value_label, value_with_unit};
use crate::report::charts::data::{Bar, Bars};
use crate::report::charts::scale::Scale;
use crate::results::quantity::{UNKNOWN, end_of_axis};

/// The axis of all bars of a chart.
#[derive(Clone, Debug)]
pub(crate) struct BarAxis<'a> {
    /// The axis below the bars.
    pub(crate) axis: ChartAxis,
    bars: &'a Bars,
}

/// One bar on its axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlacedBar {
    /// From the beginning of the axis. A bar that is not stacked has one at most.
    pub(crate) pieces: Vec<BarPiece>,
    /// Where it ends.
    pub(crate) end: f64,
    /// Its value, or `–`.
    pub(crate) label: String,
    /// The same with its unit.
    pub(crate) label_with_unit: String,
    /// Whether it goes on beyond the axis.
    pub(crate) is_cut: bool,
}

/// A piece of a bar.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BarPiece {
    /// Index of its series.
    pub(crate) series: usize,
    /// Where it begins.
    pub(crate) from: f64,
    /// Where it ends; always behind its beginning.
    pub(crate) to: f64,
    /// Its value, with its unit.
    pub(crate) label_with_unit: String,
}

impl<'a> BarAxis<'a> {
    /// The axis of a chart; of bars that are cut, the end of the others'.
    pub(crate) fn new(bars: &'a Bars, length: f64) -> Self {
        let end = cut(bars).unwrap_or(f64::INFINITY);
        let totals = all(bars).map(|bar| total(bar).min(end));
        Self { axis: ChartAxis::new(&bars.axis, Scale::new(totals, bars.axis.is_log, length)), bars }
    }

    /// Where a bar of the chart lies.
    pub(crate) fn place(&self, bar: &Bar) -> PlacedBar {
        let (scale, unit) = (&self.axis.scale, &self.bars.axis.unit);
        let known: Vec<(usize, f64)> = bar
            .values
            .iter()
            .enumerate()
            .filter_map(|(index, value)| Some((index, value.filter(|value| value.is_finite())?)))
            .collect();
        let (mut sum, mut pieces) = (0.0, Vec::new());
        for (index, value) in &known {
            let from = if self.bars.is_stacked { scale.place(sum) } else { 0.0 };
            sum += value;
            let to = scale.place(sum);
            let series = if self.bars.is_stacked { *index } else { bar.series };
            if to > from {
                pieces.push(BarPiece { series, from, to, label_with_unit: value_with_unit(*value, unit) });
            }
        }
        let [label, label_with_unit] = if known.is_empty() {
            [UNKNOWN.to_owned(), UNKNOWN.to_owned()]
        } else {
            [value_label(sum, unit), value_with_unit(sum, unit)]
        };
        let end = if known.is_empty() { 0.0 } else { scale.place(sum) };
        PlacedBar { pieces, end, label, label_with_unit, is_cut: scale.exceeds(sum) }
    }
}

/// Where the axis ends, if bars are cut there. A logarithmic axis has room for all.
pub(crate) fn cut(bars: &Bars) -> Option<f64> {
    let end = end_of_axis(all(bars).map(total));
    (!bars.axis.is_log && end < all(bars).map(total).fold(0.0, f64::max)).then_some(end)
}

fn all(bars: &Bars) -> impl Iterator<Item = &Bar> {
    bars.groups.iter().flat_map(|group| &group.bars)
}

fn total(bar: &Bar) -> f64 {
    bar.values.iter().flatten().filter(|value| value.is_finite()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::data::{BarGroup, Quantity};
    use crate::report::charts::series::Series;

    #[test]
    fn pieces_follow_each_other_and_long_bars_are_cut() {
        let bar = |values: &[f64]| Bar {
            label: String::new(),
            series: 0,
            values: values.iter().map(|value| Some(*value).filter(|value| *value >= 0.0)).collect(),
            gap: None,
        };
        let group = |bars: Vec<Bar>| BarGroup { label: String::new(), bars };
        let bars = Bars {
            axis: Quantity::linear("Energy", "J"),
            is_stacked: true,
            series: Series::in_order(["mac".to_owned(), "DRAM".to_owned(), "other".to_owned()]),
            groups: vec![group(vec![bar(&[2.0, -1.0, 6.0]), bar(&[-1.0; 3])]), group(vec![bar(&[9.0]), bar(&[100.0])])],
        };
        let axis = BarAxis::new(&bars, 100.0);
        let ticks: Vec<&str> = axis.axis.ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(ticks, ["0 J", "2 J", "4 J", "6 J", "8 J", "10 J"]);
        let stacked = axis.place(&bars.groups[0].bars[0]);
        let pieces: Vec<(usize, f64, f64)> =
            stacked.pieces.iter().map(|piece| (piece.series, piece.from, piece.to)).collect();
        assert_eq!(pieces, [(0, 0.0, 20.0), (2, 20.0, 80.0)]);
        assert_eq!((stacked.label.as_str(), stacked.is_cut), ("8.000 J", false));
        let unknown = axis.place(&bars.groups[0].bars[1]);
        assert_eq!((unknown.label.as_str(), unknown.pieces.len()), ("–", 0));
        let long = axis.place(&bars.groups[1].bars[1]);
        assert_eq!((long.label.as_str(), long.is_cut, long.end), ("100.0 J", true, 100.0));
    }
}
