//! The charts of a sweep.

use super::best::{best_of, by_influence, unit};
use super::findings::noun;
use crate::numbers::real;
use crate::report::charts::{
    Bar, BarGroup, Bars, Chart, ChartKind, HeatCell, HeatMap, Point, Quantity, Scatter, Series, bar_chart, file_name,
    wants_log,
};
use crate::report::phrases::{counted, distinct};
use crate::results::quantity::significant;
use crate::results::sweep::{
    DesignCost, DesignOutcome, SearchedDesign, SweepDesign, SweepParameter, SweepResults, SweepValue,
};

/// Classes of area at most.
const CLASSES: usize = 4;
/// Lines of a chart at most, and cells of a heat map along one side.
const LINES: usize = 8;
const CELLS: usize = 40;
/// Values that are so many times as large as others are marked on a logarithmic axis.
const LOGARITHMIC: f64 = 15.0;

/// The charts of a sweep: energy over cycles with the front, EDP over area with its front, the objective along every parameter, and
/// a map of the two parameters that decide most. None without a design that was searched.
pub fn sweep_charts(results: &SweepResults) -> Vec<Chart> {
    let mut charts = vec![energy_over_cycles(results)];
    charts.extend(edp_over_area(results));
    let varied = by_influence(results);
    for parameter in &varied {
        let other = varied.iter().find(|other| other.path != parameter.path).copied();
        charts.push(along(results, parameter, other));
    }
    if let [first, second, ..] = varied[..] {
        charts.extend(map(results, first, second));
    }
    charts.retain(|chart| !chart.is_empty());
    charts
}

fn costs(results: &SweepResults) -> Vec<(&SweepDesign, DesignCost)> {
    results.designs.iter().filter_map(|design| Some((design, design.searched()?.cost))).collect()
}

fn point(design: &SweepDesign, series: usize, (x, y): (f64, f64)) -> Point {
    Point { label: design.name(), series, x, y, note: String::new() }
}

fn energy_over_cycles(results: &SweepResults) -> Chart {
    let costs = costs(results);
    let (series, classes) = area_classes(&costs);
    let points = costs
        .iter()
        .zip(classes)
        .map(|((design, cost), class)| point(design, class, (real(cost.cycles), cost.energy_pj * 1e-12)));
    scatter(
        ("sweep_energy_cycles", "Energy over cycles, by area"),
        (Quantity::linear("Cycles", ""), Quantity::linear("Energy", "J")),
        series,
        points.collect(),
        results,
    )
}

fn edp_over_area(results: &SweepResults) -> Option<Chart> {
    let costs: Vec<_> =
        costs(results).into_iter().filter_map(|(design, cost)| Some((design, cost.area_um2?))).collect();
    if costs.is_empty() {
        return None;
    }
    let edp = |design: &SweepDesign| design.searched().map_or(0.0, SearchedDesign::edp_j_cycle);
    let series = Series::in_order(results.architectures.clone());
    let of = |design: &SweepDesign| results.architectures.iter().position(|own| *own == design.architecture);
    let points = costs.iter().map(|(design, area)| point(design, of(design).unwrap_or(0), (area * 1e-6, edp(design))));
    Some(scatter(
        ("sweep_edp_area", "Energy-delay product over area"),
        (Quantity::linear("Area", "mm²"), Quantity::linear("Energy-delay product", "J·cycle")),
        series,
        points.collect(),
        results,
    ))
}

/// A chart of all designs that were searched, with the front.
fn scatter(
    (stem, title): (&str, &str),
    (mut x, mut y): (Quantity, Quantity),
    series: Vec<Series>,
    points: Vec<Point>,
    results: &SweepResults,
) -> Chart {
    x.is_log = wants_log(points.iter().map(|point| point.x));
    y.is_log = wants_log(points.iter().map(|point| point.y));
    let front = front(&points);
    let mut notes = vec!["The line joins the designs that no other one beats in both.".to_owned()];
    notes.extend(not_drawn(results));
    let scatter = Scatter { x, y, marks: Vec::new(), series, points, is_joined: false, front };
    Chart { stem: stem.to_owned(), title: title.to_owned(), kind: ChartKind::Scatter(scatter), notes }
}

/// The points that no other one beats, from left to right.
fn front(points: &[Point]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    let key = |index: &usize| (points[*index].x, points[*index].y);
    order.sort_by(|left, right| {
        let ((x, y), (other_x, other_y)) = (key(left), key(right));
        x.total_cmp(&other_x).then(y.total_cmp(&other_y)).then(left.cmp(right))
    });
    let mut least = f64::INFINITY;
    order.retain(|index| {
        let is_better = points[*index].y < least;
        least = least.min(points[*index].y);
        is_better
    });
    order
}

/// How many designs have no point, and why.
fn not_drawn(results: &SweepResults) -> Option<String> {
    let count = |is: fn(&DesignOutcome) -> bool| results.designs.iter().filter(|design| is(&design.outcome)).count();
    let skipped = count(|outcome| matches!(outcome, DesignOutcome::Skipped { .. }));
    let failed = count(|outcome| matches!(outcome, DesignOutcome::Failed { .. }));
    let mut parts = Vec::new();
    parts.extend((skipped > 0).then(|| format!("{} skipped as worse than a drawn one", counted(skipped, "design"))));
    parts.extend((failed > 0).then(|| format!("{} not valid", counted(failed, "design"))));
    (!parts.is_empty()).then(|| format!("Not drawn: {}.", parts.join(", ")))
}

/// Series by area, about as many designs in each, and the series of every design.
fn area_classes(costs: &[(&SweepDesign, DesignCost)]) -> (Vec<Series>, Vec<usize>) {
    let area = |cost: &DesignCost| cost.area_um2.map(|area| area * 1e-6);
    let mut areas: Vec<f64> = costs.iter().filter_map(|(_, cost)| area(cost)).collect();
    areas.sort_by(f64::total_cmp);
    let mut single = areas.clone();
    single.dedup_by(|left, right| significant(*left) == significant(*right));
    let (ends, word) = if single.len() <= CLASSES {
        (single, "")
    } else {
        let mut ends: Vec<f64> =
            (1..=CLASSES).map(|class| areas[(areas.len() * class).div_ceil(CLASSES) - 1]).collect();
        ends.dedup_by(|left, right| significant(*left) == significant(*right));
        (ends, "up to ")
    };
    let mut names: Vec<String> = ends.iter().map(|end| format!("{word}{} mm²", significant(*end))).collect();
    let class = |(_, cost): &(&SweepDesign, DesignCost)| {
        let Some(area) = area(cost) else { return ends.len() };
        ends.iter().position(|end| area <= *end * (1.0 + 1e-4)).unwrap_or(ends.len().saturating_sub(1))
    };
    let classes: Vec<usize> = costs.iter().map(class).collect();
    if classes.contains(&names.len()) {
        names.push("area not known".to_owned());
    }
    (Series::in_order(names), classes)
}

/// The objective of the best design for each value of a parameter: lines for values of another one, all others at their best.
fn along(results: &SweepResults, parameter: &SweepParameter, other: Option<&SweepParameter>) -> Chart {
    let (name, unit_name, _) = unit(results.objective);
    let lines = other.map(|other| (other, chosen(&other.values)));
    let names = lines.as_ref().map_or_else(
        || vec!["best".to_owned()],
        |(other, values)| values.iter().map(|value| format!("{} = {value}", other.label())).collect(),
    );
    let best = |value: &SweepValue, line: usize| {
        let has = |design: &&SweepDesign| {
            let is_on_line = |(other, values): &(&SweepParameter, Vec<&SweepValue>)| {
                design.values.get(&other.path) == values.get(line).copied()
            };
            design.values.get(&parameter.path) == Some(value) && lines.as_ref().is_none_or(is_on_line)
        };
        best_of(results.designs.iter().filter(has), results.objective)
    };
    let series = Series::in_order(names);
    let stem = file_name(&format!("sweep_along_{}", parameter.path));
    let title = format!("{name} along {}", parameter.label());
    let numbers: Option<Vec<f64>> = parameter.values.iter().map(SweepValue::number).collect();
    let Some(numbers) = numbers else {
        let group = |value: &SweepValue| BarGroup {
            label: format!("{} = {value}", parameter.label()),
            bars: (0..series.len())
                .map(|line| {
                    let found = best(value, line).found.map(|(_, value)| value);
                    Bar::new(series[line].name.clone(), line, found.ok_or("no design of these was searched"))
                })
                .collect(),
        };
        let groups = parameter.values.iter().map(group).collect();
        let bars = Bars { axis: Quantity::linear(name, unit_name), is_stacked: false, series, groups };
        return bar_chart(&stem, title, bars, true);
    };
    let (mut points, mut open) = (Vec::new(), 0);
    for line in 0..series.len() {
        for (value, x) in parameter.values.iter().zip(&numbers) {
            let best = best(value, line);
            open += usize::from(best.exactly().is_none() && best.at_least().is_some());
            if let Some((design, y)) = best.found {
                points.push(point(design, line, (*x, y)));
            }
        }
    }
    let (least, largest) =
        numbers.iter().fold((f64::INFINITY, 0.0f64), |(low, high), value| (low.min(*value), high.max(*value)));
    let x = Quantity {
        name: parameter.label().to_owned(),
        unit: String::new(),
        is_log: least > 0.0 && largest / least >= LOGARITHMIC,
    };
    let y = Quantity { is_log: wants_log(points.iter().map(|point| point.y)), ..Quantity::linear(name, unit_name) };
    let marks = parameter.values.iter().zip(&numbers).map(|(value, number)| (*number, value.to_string())).collect();
    let mut notes = vec!["A point is the best design with its two values.".to_owned()];
    notes.extend((open > 0).then(|| {
        format!(
            "Of {} some designs were skipped, which may be better than the one that is drawn, but not than the best of all.",
            counted(open, "point")
        )
    }));
    let scatter = Scatter { x, y, marks, series, points, is_joined: true, front: Vec::new() };
    Chart { stem, title, kind: ChartKind::Scatter(scatter), notes }
}

/// All values, or so many of them that lines can be told apart: with the first and the last.
fn chosen(values: &[SweepValue]) -> Vec<&SweepValue> {
    let count = values.len().min(LINES);
    let place = |line: usize| if count > 1 { line * (values.len() - 1) / (count - 1) } else { 0 };
    distinct((0..count).map(place)).into_iter().map(|index| &values[index]).collect()
}

/// The best design for every pair of values of two parameters.
fn map(results: &SweepResults, across: &SweepParameter, upwards: &SweepParameter) -> Option<Chart> {
    if across.values.len() > CELLS || upwards.values.len() > CELLS {
        return None;
    }
    let (name, unit_name, _) = unit(results.objective);
    let cell = |row: &SweepValue, column: &SweepValue| {
        let has = |design: &&SweepDesign| {
            design.values.get(&across.path) == Some(column) && design.values.get(&upwards.path) == Some(row)
        };
        let best = best_of(results.designs.iter().filter(has), results.objective);
        let value = best.found.map(|(_, value)| value);
        HeatCell { value, bound: if value.is_none() { best.skipped } else { None } }
    };
    let cells: Vec<HeatCell> = upwards
        .values
        .iter()
        .flat_map(|row| across.values.iter().map(move |column| (row, column)))
        .map(|(row, column)| cell(row, column))
        .collect();
    let names = |parameter: &SweepParameter| parameter.values.iter().map(ToString::to_string).collect();
    let mut notes =
        vec![format!("A cell is the best design with its two values: the darker, the lower the {}.", noun(name))];
    notes.extend(cells.iter().any(|cell| cell.bound.is_some()).then(|| {
        "Where a number stands behind ≥, every design was skipped: none is better than that, and a searched one is better still.".to_owned()
    }));
    notes.extend(
        cells.contains(&HeatCell::default()).then(|| "Hatched cells without a number have no valid design.".to_owned()),
    );
    let map = HeatMap {
        names: (across.label().to_owned(), upwards.label().to_owned()),
        columns: names(across),
        rows: names(upwards),
        quantity: Quantity::linear(name, unit_name),
        cells,
    };
    Some(Chart {
        stem: file_name(&format!("sweep_map_{}_{}", across.path, upwards.path)),
        title: format!("{name} ({unit_name}) by {} and {}", across.label(), upwards.label()).replace(" ()", ""),
        kind: ChartKind::HeatMap(map),
        notes,
    })
}
