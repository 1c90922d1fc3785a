//! Rooflines, placed by the drawing kit in a field of this page's own size.

use serde::Serialize;

use crate::report::charts::plot::{PlacedPoint, RooflinePlot};
use crate::report::charts::{self, Chart, ChartAxis, ChartKind, Series, Swatch};

/// Width and height of the field, in the units of the picture.
const FIELD: (f64, f64) = (440.0, 280.0);

/// Layers of one architecture under its roofs.
#[derive(Debug, Serialize)]
pub(super) struct Roofline {
    architecture: String,
    field: (f64, f64),
    x: Axis,
    y: Axis,
    /// The path of the roof; empty if it is not known.
    roof: String,
    /// Distance of the flat roof's label from the upper edge, and the label.
    peak: Option<(String, String)>,
    dots: Vec<Dot>,
    notes: Vec<String>,
}

/// An axis: its caption; places of ticks from the left or from above, and their labels.
#[derive(Debug, Serialize)]
pub(crate) struct Axis {
    caption: String,
    ticks: Vec<(String, String)>,
}

/// A distinct layer.
#[derive(Debug, Serialize)]
struct Dot {
    x: String,
    mark: Mark,
    label: String,
}

/// The mark of a series: a disc, or the path of another form.
#[derive(Debug, Serialize)]
pub(crate) struct Mark {
    name: String,
    class: String,
    x: String,
    y: String,
    radius: f64,
    /// Empty for a disc.
    path: String,
}

impl Roofline {
    /// The roofline of a chart; `None` of a chart of another kind, or without points.
    pub(super) fn new(architecture: &str, chart: &Chart) -> Option<Self> {
        let ChartKind::Roofline(roofline) = &chart.kind else { return None };
        if roofline.points.is_empty() {
            return None;
        }
        let plot = RooflinePlot::new(roofline, FIELD);
        let peak = plot.peak.as_ref().map(|(height, label)| (coordinate(*height), label.clone()));
        Some(Self {
            architecture: architecture.to_owned(),
            field: FIELD,
            x: Axis::new(&plot.x, |place| place),
            y: Axis::new(&plot.y, |place| FIELD.1 - place),
            roof: path(&plot.roof),
            peak,
            dots: plot.points.iter().filter_map(|point| Dot::new(point, roofline)).collect(),
            notes: chart.notes.clone(),
        })
    }
}

impl Axis {
    pub(crate) fn new(axis: &ChartAxis, place: impl Fn(f64) -> f64) -> Self {
        let ticks = axis.ticks.iter().map(|tick| (coordinate(place(tick.place)), tick.label.clone()));
        Self { caption: axis.caption.clone(), ticks: ticks.collect() }
    }
}

impl Dot {
    fn new(point: &PlacedPoint, roofline: &charts::Roofline) -> Option<Self> {
        let series = roofline.series.get(point.series)?;
        let mark = Mark::new(series, (point.x, point.y), series.swatch.mark_radius());
        Some(Self { x: coordinate(point.x), mark, label: point.label.clone() })
    }
}

impl Mark {
    /// In a legend: around the origin.
    pub(crate) fn of_legend(series: &Series) -> Self {
        Self::new(series, (0.0, 0.0), 5.0)
    }

    pub(crate) fn new(Series { name, swatch }: &Series, (x, y): (f64, f64), radius: f64) -> Self {
        let corners: Vec<(f64, f64)> =
            Swatch::mark(*swatch).iter().map(|(dx, dy)| (x + dx * radius, y + dy * radius)).collect();
        let path = if corners.is_empty() { String::new() } else { path(&corners) + "Z" };
        Self { name: name.clone(), class: swatch.css_class(), x: coordinate(x), y: coordinate(y), radius, path }
    }
}

/// A path of straight lines, as SVG writes it.
pub(crate) fn path(corners: &[(f64, f64)]) -> String {
    let step = |(index, (x, y)): (usize, &(f64, f64))| {
        format!("{}{} {}", if index == 0 { "M" } else { "L" }, coordinate(*x), coordinate(*y))
    };
    corners.iter().enumerate().map(step).collect()
}

/// A tenth of a unit is finer than anybody sees.
fn coordinate(value: f64) -> String {
    format!("{value:.1}")
}
