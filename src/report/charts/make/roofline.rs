//! Charts of throughput over operational intensity.

use super::file_name;
use crate::report::charts::data::{Chart, ChartKind, Point, Quantity, Roofline};
use crate::report::charts::gap::Gap;
use crate::report::charts::series::{RunColors, index_of};
use crate::report::phrases::{cycle_limit, listed_briefly, with_executions};
use crate::results::{NetworkResults, Roof, RoofPoint};

/// The distinct layers of all runs on one architecture, under its roofs.
pub(super) fn roofline(runs: &[&NetworkResults], architecture: &str, colors: &RunColors) -> Chart {
    let roof = Roof::new(runs);
    let point = |layer: &RoofPoint| Point {
        label: with_executions(&layer.layer.name, layer.times),
        series: index_of(&colors.networks, layer.network),
        x: layer.intensity,
        y: layer.mapped.gflops * 1e9,
        note: cycle_limit(layer.mapped),
    };
    let level = roof.level.unwrap_or("the outermost level");
    let roofline = Roofline {
        x: Quantity { name: format!("Operations per byte at {level}"), unit: String::new(), is_log: true },
        y: Quantity { name: "Throughput at 1 GHz".to_owned(), unit: "FLOPs".to_owned(), is_log: true },
        series: colors.networks.clone(),
        points: roof.points.iter().map(point).collect(),
        peak: roof.peak.map(|peak| peak * 1e9),
        slope: roof.bandwidth.map(|bytes| bytes * 1e9),
    };
    let mut notes = roof.notes();
    let missing: Vec<String> = runs
        .iter()
        .filter(|run| run.totals.failed > 0)
        .map(|run| format!("{} ({})", Gap::Layers(run.totals.failed, run.layers.len()), run.network))
        .collect();
    if !missing.is_empty() {
        notes.push(format!("Not drawn: {}", listed_briefly(&missing)));
    }
    let networks: Vec<String> = colors.networks.iter().map(|series| series.name.clone()).collect();
    Chart {
        stem: file_name(&format!("roofline_{architecture}")),
        title: format!("Roofline of {architecture}: {}", listed_briefly(&networks)),
        kind: ChartKind::Roofline(roofline),
        notes,
    }
}
