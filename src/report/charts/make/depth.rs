//! Charts of sums over the depth of a network.

use super::{file_name, value_of};
use crate::numbers::real;
use crate::report::charts::data::{Chart, ChartKind, Line, Lines, Quantity};
use crate::report::charts::metric::ChartMetric;
use crate::report::charts::series::RunColors;
use crate::report::phrases::listed_briefly;
use crate::results::NetworkResults;

/// Sums from the first layer on, each times its executions. Behind a layer without a mapping they are not known.
pub(super) fn cumulative(runs: &[&NetworkResults], network: &str, colors: &RunColors, metric: &ChartMetric) -> Chart {
    let values = |run: &NetworkResults| {
        let mut sum = Some(0.0);
        let values = run.layers.iter().map(|layer| {
            let value = value_of(metric, run, Some(layer)).ok();
            sum = sum.zip(value).map(|(sum, value)| sum + value * real(layer.executions));
            sum
        });
        values.collect()
    };
    let architectures = colors.architectures_of(runs);
    let lines = architectures.into_iter().flat_map(|series| {
        let own = runs.iter().filter(|run| run.label() == series.name).map(|run| values(run)).collect::<Vec<_>>();
        own.into_iter().map(move |values| Line { series: series.clone(), values })
    });
    let lines: Vec<Line> = lines.collect();
    let broken: Vec<String> =
        lines.iter().filter(|line| line.values.contains(&None)).map(|line| line.series.name.clone()).collect();
    let mut notes = Vec::new();
    if !broken.is_empty() {
        notes.push(format!("Ends at the first layer without a mapping: {}", listed_briefly(&broken)));
    }
    let axis = metric.quantity();
    let longest = runs.iter().max_by_key(|run| run.layers.len());
    let lines = Lines {
        x: Quantity::linear("Layers from the input", ""),
        y: Quantity { name: format!("Cumulative {}", axis.name.to_lowercase()), ..axis.clone() },
        positions: longest.map(|run| run.layers.iter().map(|layer| layer.name.clone()).collect()).unwrap_or_default(),
        lines,
    };
    Chart {
        stem: file_name(&format!("cumulative_{}_{network}", metric.stem())),
        title: format!("{} over the depth of {network}", axis.name),
        kind: ChartKind::Lines(lines),
        notes,
    }
}
