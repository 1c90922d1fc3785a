//! Charts of metrics: one for each metric, or several that share a unit.

use super::{bar_chart, layers_of, rows, value_of};
use crate::report::charts::data::{Bar, BarGroup, Bars, Chart, Quantity};
use crate::report::charts::gap::Gap;
use crate::report::charts::metric::ChartMetric;
use crate::report::charts::metric_names::MetricNames;
use crate::report::charts::series::{RunColors, Series, index_of};
use crate::report::charts::{ChartError, ChartOptions, LayerChoice};
use crate::report::phrases::{distinct, listed_briefly};
use crate::results::{LayerResult, NetworkResults};

/// What the user named: metrics of one unit, per network and per layer.
///
/// # Errors
///
/// If a name is unknown, or the units differ.
pub(in crate::report::charts) fn of_names(
    names: &[&str],
    results: &[NetworkResults],
    options: &ChartOptions,
) -> Result<Vec<Chart>, ChartError> {
    let choice = options.layers;
    let known = MetricNames::of_results(results).with_statistics(&options.statistics);
    let metrics = parse_metrics(names, &known)?;
    let colors = RunColors::new(results);
    let networks = distinct(results.iter().map(|run| run.network.clone()));
    let mut charts = Vec::new();
    if let [metric] = &metrics[..] {
        charts.push(of_networks(results, &colors, metric));
    } else {
        let groups = results.iter().map(|run| BarGroup {
            label: format!("{}, {}", run.network, run.label()),
            bars: side_by_side(&metrics, |metric| metric.of_network(run)),
        });
        charts.push(of_several(&metrics, "networks", &listed_briefly(&networks), groups.collect()));
    }
    for network in &networks {
        let runs: Vec<&NetworkResults> = results.iter().filter(|run| run.network == *network).collect();
        if let [metric] = &metrics[..] {
            charts.push(of_layers(&runs, network, &colors, metric, choice));
            continue;
        }
        let group = |label: &str, run: &NetworkResults, layer: Option<&LayerResult>| BarGroup {
            label: if runs.len() > 1 { format!("{label}, {}", run.label()) } else { label.to_owned() },
            bars: side_by_side(&metrics, |metric| value_of(metric, run, layer)),
        };
        let groups = rows(&runs, choice).into_iter().flat_map(|(label, layers)| {
            let pairs = runs.iter().zip(layers);
            pairs.map(|(run, layer)| group(&label, run, layer)).collect::<Vec<_>>()
        });
        charts.push(of_several(&metrics, network, &layers_of(network, choice), groups.collect()));
    }
    charts.retain(|chart| !chart.is_empty());
    Ok(charts)
}

/// Metrics of one axis, which must have one unit.
///
/// # Errors
///
/// If a name is unknown, or the units differ.
pub(in crate::report::charts) fn parse_metrics(
    texts: &[&str],
    names: &MetricNames,
) -> Result<Vec<ChartMetric>, ChartError> {
    let metrics: Vec<ChartMetric> =
        texts.iter().map(|text| ChartMetric::parse(text, names)).collect::<Result<_, _>>()?;
    let units: Vec<String> = metrics.iter().map(|metric| metric.quantity().unit).collect();
    let unit = |unit: &str| if unit.is_empty() { "a count".to_owned() } else { format!("in {unit}") };
    match texts.iter().zip(&units).find(|(_, other)| **other != units[0]) {
        Some((text, other)) => Err(ChartError::Metric(format!(
            "`{}` is {} and `{text}` {}: they cannot share an axis; ask for them one by one",
            texts[0],
            unit(&units[0]),
            unit(other)
        ))),
        None => Ok(metrics),
    }
}

/// One metric of every run, in groups by network.
pub(super) fn of_networks(results: &[NetworkResults], colors: &RunColors, metric: &ChartMetric) -> Chart {
    let networks = distinct(results.iter().map(|run| run.network.clone()));
    let series = colors.architectures.clone();
    let bar = |run: &NetworkResults| Bar::new(run.label(), index_of(&series, &run.label()), metric.of_network(run));
    let groups: Vec<BarGroup> = networks
        .iter()
        .map(|network| BarGroup {
            label: network.clone(),
            bars: results.iter().filter(|run| run.network == *network).map(bar).collect(),
        })
        .collect();
    let axis = metric.quantity();
    let title = format!("{}: {}", axis.name, listed_briefly(&networks));
    let stem = format!("{}_networks", metric.stem());
    bar_chart(&stem, title, Bars { axis, is_stacked: false, series, groups }, metric.may_be_log())
}

/// One metric of every layer of a network, in it one bar for each run.
pub(super) fn of_layers(
    runs: &[&NetworkResults],
    network: &str,
    colors: &RunColors,
    metric: &ChartMetric,
    choice: LayerChoice,
) -> Chart {
    let series = colors.architectures_of(runs);
    let bar = |(run, layer): (&&NetworkResults, Option<&LayerResult>)| {
        Bar::new(run.label(), index_of(&series, &run.label()), value_of(metric, run, layer))
    };
    let groups: Vec<BarGroup> = rows(runs, choice)
        .into_iter()
        .map(|(label, layers)| BarGroup { label, bars: runs.iter().zip(layers).map(bar).collect() })
        .collect();
    let axis = metric.quantity();
    let title = format!("{}: {}", axis.name, layers_of(network, choice));
    let stem = format!("{}_{network}", metric.stem());
    bar_chart(&stem, title, Bars { axis, is_stacked: false, series, groups }, metric.may_be_log())
}

/// A bar for each metric.
fn side_by_side(metrics: &[ChartMetric], value: impl Fn(&ChartMetric) -> Result<f64, Gap>) -> Vec<Bar> {
    let bar = |(index, metric): (usize, &ChartMetric)| Bar::new(metric.quantity().name, index, value(metric));
    metrics.iter().enumerate().map(bar).collect()
}

fn of_several(metrics: &[ChartMetric], whose: &str, subject: &str, groups: Vec<BarGroup>) -> Chart {
    let names: Vec<String> = metrics.iter().map(|metric| metric.quantity().name).collect();
    let unit = metrics.first().map(|metric| metric.quantity().unit).unwrap_or_default();
    let stem = metrics.iter().map(ChartMetric::stem).collect::<Vec<_>>().join("_and_");
    let title = format!("{}: {subject}", names.join(" and "));
    let series = Series::in_order(names);
    let bars = Bars { axis: Quantity::linear("Value", &unit), is_stacked: false, series, groups };
    bar_chart(&format!("{stem}_{whose}"), title, bars, true)
}
