//! Energy by component: stacked bars, placed by the drawing kit in percent of their axis.

use serde::Serialize;

use crate::report::charts::plot::{BarAxis, BarPiece};
use crate::report::charts::{self, Bars, Chart, ChartKind};

/// A chart of stacked bars.
#[derive(Debug, Default, Serialize)]
pub(super) struct EnergyBars {
    caption: String,
    /// Places in percent, and labels.
    ticks: Vec<(String, String)>,
    groups: Vec<BarGroup>,
    notes: Vec<String>,
}

/// Bars under one heading.
#[derive(Debug, Serialize)]
struct BarGroup {
    name: String,
    bars: Vec<Bar>,
}

#[derive(Debug, Serialize)]
struct Bar {
    name: String,
    /// Why its value is not known.
    gap: Option<String>,
    total: String,
    /// For readers who do not see it.
    description: String,
    /// Whether it goes on beyond the axis.
    is_cut: bool,
    pieces: Vec<Piece>,
}

#[derive(Debug, Serialize)]
struct Piece {
    class: String,
    /// Width in percent of the axis.
    width: String,
    label: String,
}

impl EnergyBars {
    /// The bars of a chart; nothing of a chart of another kind.
    pub(super) fn new(chart: &Chart) -> Self {
        let ChartKind::Bars(bars) = &chart.kind else { return Self::default() };
        let axis = BarAxis::new(bars, 100.0);
        let group = |group: &charts::BarGroup| BarGroup {
            name: group.label.clone(),
            bars: group.bars.iter().map(|bar| placed(bar, &axis, bars)).collect(),
        };
        let ticks = axis.axis.ticks.iter().map(|tick| (format!("{:.2}", tick.place), tick.label.clone()));
        Self {
            caption: axis.axis.caption.clone(),
            ticks: ticks.collect(),
            groups: bars.groups.iter().map(group).collect(),
            notes: chart.notes.clone(),
        }
    }
}

fn placed(bar: &charts::Bar, axis: &BarAxis, bars: &Bars) -> Bar {
    let placed = axis.place(bar);
    let piece = |piece: &BarPiece| {
        let series = bars.series.get(piece.series)?;
        Some(Piece {
            class: series.swatch.css_class(),
            width: format!("{:.3}", piece.to - piece.from),
            label: format!("{}: {}", series.name, piece.label_with_unit),
        })
    };
    Bar {
        name: bar.label.clone(),
        gap: bar.gap.clone(),
        description: format!("{}: {}", bar.label, placed.label_with_unit),
        total: placed.label,
        is_cut: placed.is_cut,
        pieces: placed.pieces.iter().filter_map(piece).collect(),
    }
}
