//! Points under their roofs.

use crate::report::charts::axis::{ChartAxis, value_label, value_with_unit};
use crate::report::charts::data::{Point, Quantity, Roofline};
use crate::report::charts::scale::Scale;

/// A roofline in its field. Positions are distances from the field's left and upper edges.
#[derive(Clone, Debug)]
pub(crate) struct RooflinePlot {
    /// Across, from the left.
    pub(crate) x: ChartAxis,
    /// Upwards: distances of its ticks are from the lower edge.
    pub(crate) y: ChartAxis,
    /// The roof, from left to right; empty if neither the peak nor the bandwidth is known.
    pub(crate) roof: Vec<(f64, f64)>,
    /// Distance of the lower edge of the flat roof's label from the upper edge, and the label. It lies above the marks on the roof.
    pub(crate) peak: Option<(f64, String)>,
    /// The points that have a place.
    pub(crate) points: Vec<PlacedPoint>,
}

/// A point in the field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlacedPoint {
    /// Index of its series.
    pub(crate) series: usize,
    /// From the left.
    pub(crate) x: f64,
    /// Distance from the upper edge.
    pub(crate) y: f64,
    /// What it stands for, with both values: `conv1: 240.0 GFLOPs at 105.8 operations per byte at DRAM, compute`.
    pub(crate) label: String,
}

/// Room between the flat roof and its label: more than the radius of the largest mark.
const LABEL_GAP: f64 = 8.0;

impl RooflinePlot {
    /// The roofline in a field of a width and a height.
    pub(crate) fn new(roofline: &Roofline, (width, height): (f64, f64)) -> Self {
        let peak = roofline.peak.filter(|peak| peak.is_finite());
        let points = || roofline.points.iter().filter(|point| point.x.is_finite() && point.y.is_finite());
        let x = Scale::new(points().map(|point| point.x), roofline.x.is_log, width);
        let y = Scale::new(points().map(|point| point.y).chain(peak), roofline.y.is_log, height);
        let from_above = |value: f64| height - y.place(value);
        let slope = roofline.slope.filter(|slope| slope.is_finite() && *slope > 0.0);
        let roof = roof(peak, slope, &x, &y);
        Self {
            roof: roof.into_iter().map(|(intensity, value)| (x.place(intensity), from_above(value))).collect(),
            peak: peak
                .map(|peak| (from_above(peak) - LABEL_GAP, format!("peak {}", value_label(peak, &roofline.y.unit)))),
            points: points()
                .map(|point| PlacedPoint {
                    series: point.series,
                    x: x.place(point.x),
                    y: from_above(point.y),
                    label: label(point, &roofline.x, &roofline.y),
                })
                .collect(),
            x: ChartAxis::new(&roofline.x, x),
            y: ChartAxis::new(&roofline.y, y),
        }
    }
}

/// What a point stands for, with both values.
pub(super) fn label(point: &Point, x_axis: &Quantity, y_axis: &Quantity) -> String {
    let [x, y] = [(point.x, x_axis), (point.y, y_axis)].map(|(value, quantity)| value_with_unit(value, &quantity.unit));
    let note = if point.note.is_empty() { String::new() } else { format!(", {}", point.note) };
    let (first, rest) = x_axis.name.split_at_checked(1).unwrap_or_default();
    format!("{}: {y} at {x} {}{rest}{note}", point.label, first.to_lowercase())
}

/// Corners of the roof: the lower of the peak and the slope, within the axes.
fn roof(peak: Option<f64>, slope: Option<f64>, x: &Scale, y: &Scale) -> Vec<(f64, f64)> {
    let Some(slope) = slope else {
        return peak.map_or_else(Vec::new, |peak| vec![(x.low(), peak), (x.high(), peak)]);
    };
    let top = peak.unwrap_or(y.high()).min(y.high());
    let begin = x.low().max(y.low() / slope);
    let ridge = (top / slope).min(x.high());
    let mut corners = Vec::new();
    if begin < ridge {
        // A slope is straight unless one axis is logarithmic and the other is not.
        let steps = if x.is_log() == y.is_log() { 1 } else { 100 };
        let (begin, end) = (x.place(begin), x.place(ridge));
        let places = (0..=steps).map(|step| begin + (end - begin) * f64::from(step) / f64::from(steps));
        corners.extend(places.map(|place| (x.value(place), slope * x.value(place))));
    }
    if let Some(peak) = peak.filter(|_| ridge < x.high()) {
        corners.extend([(x.low().max(ridge), peak), (x.high(), peak)]);
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::series::Series;

    fn plot(peak: Option<f64>, slope: Option<f64>) -> RooflinePlot {
        let quantity = |name: &str, unit: &str| Quantity { name: name.into(), unit: unit.into(), is_log: true };
        let point = |x: f64, y: f64| Point { label: "conv".into(), series: 0, x, y, note: "compute".into() };
        let roofline = Roofline {
            x: quantity("Operations per byte", ""),
            y: quantity("Throughput", "FLOPs"),
            series: Series::in_order(["network".to_owned()]),
            points: vec![point(1.0, 1e9), point(100.0, 1e10), point(f64::NAN, 1.0)],
            peak,
            slope,
        };
        RooflinePlot::new(&roofline, (200.0, 100.0))
    }

    /// Two decades across 200, two decades up 100.
    #[test]
    fn roofs_meet_at_the_ridge() {
        let close = |roof: &[(f64, f64)], expected: &[(f64, f64)]| {
            let is_close = |(a, b): (&(f64, f64), &(f64, f64))| (a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6;
            assert!(roof.len() == expected.len() && roof.iter().zip(expected).all(is_close), "{roof:?}");
        };
        let both = plot(Some(1e11), Some(1e10));
        close(&both.roof, &[(0.0, 50.0), (100.0, 0.0), (100.0, 0.0), (200.0, 0.0)]);
        assert_eq!(both.peak.unwrap().1, "peak 100.0 GFLOPs");
        close(&plot(Some(1e10), None).roof, &[(0.0, 0.0), (200.0, 0.0)]);
        // Without a peak the slope ends at the upper edge.
        close(&plot(None, Some(1e9)).roof, &[(0.0, 100.0), (100.0, 0.0)]);
        assert!(plot(None, None).roof.is_empty());
        assert_eq!(both.points.len(), 2);
        assert_eq!(both.points[1].label, "conv: 10.00 GFLOPs at 100.0 operations per byte, compute");
    }
}
