//! Points with their front, or joined by lines.

use super::PlacedPoint;
use super::roofline::label;
use crate::numbers::{count, real};
use crate::report::charts::axis::{ChartAxis, value_with_unit};
use crate::report::charts::data::{Point, Scatter};
use crate::report::charts::scale::Scale;

/// Points in their field. Positions are distances from the field's left and upper edges.
#[derive(Clone, Debug)]
pub(crate) struct ScatterPlot {
    /// Across, from the left.
    pub(crate) x: ChartAxis,
    /// Upwards: distances of its ticks are from the lower edge.
    pub(crate) y: ChartAxis,
    /// The front, from left to right: steps between its points, since nothing between two of them is known to be reached.
    pub(crate) front: Vec<(f64, f64)>,
    /// Lines with the indices of their series.
    pub(crate) lines: Vec<(usize, Vec<(f64, f64)>)>,
    /// All points, in their order.
    pub(crate) points: Vec<PlacedPoint>,
}

impl ScatterPlot {
    /// The points in a field of a width and a height.
    pub(crate) fn new(scatter: &Scatter, (width, height): (f64, f64)) -> Self {
        let values = |value: fn(&Point) -> f64| scatter.points.iter().map(value);
        let y = Scale::around(values(|point| point.y), scatter.y.is_log, height);
        let x = if scatter.marks.is_empty() {
            ChartAxis::new(&scatter.x, Scale::around(values(|point| point.x), scatter.x.is_log, width))
        } else {
            let marked = scatter.marks.iter().map(|(value, _)| *value);
            let scale = Scale::spanning(marked.chain(values(|point| point.x)), scatter.x.is_log, width);
            ChartAxis::marked(&scatter.x, scale, &apart(&scatter.marks, |value| scale.place(value)))
        };
        let points: Vec<PlacedPoint> = scatter
            .points
            .iter()
            .map(|point| PlacedPoint {
                series: point.series,
                x: x.scale.place(point.x),
                y: height - y.place(point.y),
                label: if scatter.is_joined {
                    label_on_line(point, scatter)
                } else {
                    label(point, &scatter.x, &scatter.y)
                },
            })
            .collect();
        let mut front: Vec<(f64, f64)> = Vec::new();
        for (x, y) in scatter.front.iter().filter_map(|index| points.get(*index)).map(|point| (point.x, point.y)) {
            front.extend(front.last().map(|(_, before)| (x, *before)));
            front.push((x, y));
        }
        let line = |series: usize| {
            let mut line: Vec<(f64, f64)> =
                points.iter().filter(|point| point.series == series).map(|point| (point.x, point.y)).collect();
            line.sort_by(|left, right| left.0.total_cmp(&right.0));
            (series, line)
        };
        let lines = if scatter.is_joined { (0..scatter.series.len()).map(line).collect() } else { Vec::new() };
        Self { front, lines, points, y: ChartAxis::new(&scatter.y, y), x }
    }
}

/// Width of a letter at a tick, and room between labels.
const LETTER: f64 = 8.0;
const GAP: f64 = 8.0;

/// The marks whose labels have room beside each other, from the left.
fn apart(marks: &[(f64, String)], place: impl Fn(f64) -> f64) -> Vec<(f64, String)> {
    let mut order: Vec<&(f64, String)> = marks.iter().collect();
    order.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut free = f64::NEG_INFINITY;
    order.retain(|(value, label)| {
        let half = real(count(label.chars().count())) * LETTER / 2.0;
        let has_room = place(*value) - half >= free;
        if has_room {
            free = place(*value) + half + GAP;
        }
        has_room
    });
    order.into_iter().cloned().collect()
}

/// The line and the marked value of a point, its value, and what it stands for: `columns = 8, buffer = 4096: 1.050 J, design-3`.
fn label_on_line(point: &Point, scatter: &Scatter) -> String {
    let line = scatter.series.get(point.series).map_or("", |series| series.name.as_str());
    let is_marked = |(value, _): &&(f64, String)| value.total_cmp(&point.x).is_eq();
    let x = scatter.marks.iter().find(is_marked).map_or_else(|| point.x.to_string(), |(_, mark)| mark.clone());
    let y = value_with_unit(point.y, &scatter.y.unit);
    format!("{line}, {} = {x}: {y}, {}", scatter.x.name, point.label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::data::Quantity;
    use crate::report::charts::series::Series;

    #[test]
    fn labels_of_marks_do_not_overlap() {
        let marks: Vec<(f64, String)> = (0..10).map(|at| (f64::from(at), format!("{at}000"))).collect();
        let kept: Vec<f64> = apart(&marks, |value| value * 20.0).into_iter().map(|(value, _)| value).collect();
        assert_eq!(kept, [0.0, 2.0, 4.0, 6.0, 8.0]);
    }

    #[test]
    fn fronts_are_steps_and_lines_go_from_left_to_right() {
        let point = |x: f64, y: f64| Point { label: format!("design at {x}"), series: 0, x, y, note: String::new() };
        let mut scatter = Scatter {
            x: Quantity::linear("Cycles", ""),
            y: Quantity::linear("Energy", "J"),
            marks: Vec::new(),
            series: Series::in_order(["all".to_owned()]),
            points: vec![point(10.0, 0.0), point(0.0, 10.0), point(5.0, 5.0)],
            is_joined: false,
            front: vec![1, 2, 0],
        };
        let plot = ScatterPlot::new(&scatter, (100.0, 100.0));
        assert_eq!(plot.front, [(0.0, 0.0), (50.0, 0.0), (50.0, 50.0), (100.0, 50.0), (100.0, 100.0)]);
        assert_eq!(plot.points[2].label, "design at 5: 5.000 J at 5.000 cycles");
        assert!(plot.lines.is_empty());
        scatter.is_joined = true;
        scatter.marks = vec![(0.0, "none".into()), (10.0, "ten".into())];
        let plot = ScatterPlot::new(&scatter, (108.0, 100.0));
        let across: Vec<f64> = plot.lines[0].1.iter().map(|(x, _)| x.round()).collect();
        assert_eq!(across, [4.0, 54.0, 104.0]);
        assert_eq!(plot.x.ticks[1].label, "ten");
        assert_eq!(plot.points[0].label, "all, Cycles = ten: 0 J, design at 10");
    }
}
