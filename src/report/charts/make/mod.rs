//! From results to the data of charts.

mod depth;
mod energy;
mod metrics;
mod roofline;
mod zeros;

use indexmap::IndexMap;

use super::LayerChoice;
use super::data::{Bars, Chart, ChartKind};
use super::gap::Gap;
use super::metric::ChartMetric;
use super::plot::cut;
use super::scale::Scale;
use super::series::RunColors;
use crate::report::phrases::{distinct, listed_briefly, with_executions};
use crate::results::{LayerResult, NetworkResults, component_names, distinct_layers};

pub(crate) use energy::{energy_of_networks, energy_of_runs};
pub(super) use metrics::{of_names, parse_metrics};
pub(crate) use zeros::{fates, fates_of_networks};

/// The charts of a run.
pub(super) fn charts(results: &[NetworkResults], choice: LayerChoice) -> Vec<Chart> {
    let colors = RunColors::new(results);
    let metrics = [
        ChartMetric::Gflops,
        ChartMetric::Utilization,
        ChartMetric::Cycles,
        ChartMetric::Energy(None),
        ChartMetric::Edp,
    ];
    let parts = component_names(results).into_iter().map(|name| ChartMetric::EnergyPerCompute(Some(name)));
    let parts = parts.chain([ChartMetric::EnergyPerCompute(None)]);
    let mut charts = vec![energy_of_networks(results, &colors), fates_of_networks(results)];
    charts.extend(metrics.iter().cloned().chain(parts).map(|metric| metrics::of_networks(results, &colors, &metric)));
    for network in distinct(results.iter().map(|run| run.network.clone())) {
        let runs: Vec<&NetworkResults> = results.iter().filter(|run| run.network == network).collect();
        charts.push(energy::energy_of_layers(&runs, &network, &colors, choice));
        charts.push(zeros::fates_of_layers(&runs, &network, choice));
        charts.push(zeros::moved_bits(&runs, &network));
        charts.extend(metrics.iter().map(|metric| metrics::of_layers(&runs, &network, &colors, metric, choice)));
        charts.push(depth::cumulative(&runs, &network, &colors, &ChartMetric::Energy(None)));
        charts.push(depth::cumulative(&runs, &network, &colors, &ChartMetric::Cycles));
    }
    charts.extend(rooflines(results, &colors).into_iter().map(|(_, chart)| chart));
    charts.retain(|chart| !chart.is_empty());
    charts
}

/// Every architecture and its roofline.
pub(crate) fn rooflines(results: &[NetworkResults], colors: &RunColors) -> Vec<(String, Chart)> {
    let chart = |architecture: String| {
        let runs: Vec<&NetworkResults> = results.iter().filter(|run| run.label() == architecture).collect();
        let chart = roofline::roofline(&runs, &architecture, colors);
        (architecture, chart)
    };
    distinct(results.iter().map(NetworkResults::label)).into_iter().map(chart).collect()
}

/// A bar chart: with the scale that suits its values, and notes about missing ones.
pub(crate) fn bar_chart(stem: &str, title: String, mut bars: Bars, may_be_log: bool) -> Chart {
    let values = || bars.groups.iter().flat_map(|group| &group.bars).flat_map(|bar| &bar.values);
    let is_log = may_be_log && !bars.is_stacked && Scale::wants_log(values().flatten().copied());
    let mut notes = Vec::new();
    let empty = bars.groups.iter().flat_map(|group| group.bars.iter().map(move |bar| (group, bar)));
    let mut gaps: IndexMap<&str, Vec<String>> = IndexMap::new();
    for (group, bar) in empty.filter(|(_, bar)| bar.values.iter().all(Option::is_none)) {
        let why = bar.gap.as_deref().unwrap_or("not known");
        gaps.entry(why).or_default().push(format!("{} ({})", group.label, bar.label));
    }
    notes.extend(gaps.iter().map(|(why, bars)| format!("– {why}: {}", listed_briefly(bars))));
    bars.axis.is_log = is_log;
    if cut(&bars).is_some() {
        notes.push("Broken bars go on beyond the axis; their values stand beside them.".to_owned());
    }
    Chart { stem: file_name(stem), title, kind: ChartKind::Bars(bars), notes }
}

/// Layers of runs of one network, matched by their names: label, and the layer of every run.
fn rows<'a>(runs: &[&'a NetworkResults], choice: LayerChoice) -> Vec<(String, Vec<Option<&'a LayerResult>>)> {
    let mut rows: Vec<(String, Vec<Option<&LayerResult>>)> = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let layers: Vec<(&LayerResult, u64)> = match choice {
            LayerChoice::All => run.layers.iter().map(|layer| (layer, layer.executions)).collect(),
            LayerChoice::Distinct => distinct_layers(run),
        };
        for (layer, executions) in layers {
            let label = with_executions(&layer.name, executions);
            let row = rows.iter().position(|(known, _)| *known == label).unwrap_or_else(|| {
                rows.push((label, vec![None; runs.len()]));
                rows.len() - 1
            });
            rows[row].1[index] = Some(layer);
        }
    }
    rows
}

/// The value of a metric for one execution of a layer of a run.
fn value_of(metric: &ChartMetric, run: &NetworkResults, layer: Option<&LayerResult>) -> Result<f64, Gap> {
    metric.of_layer(run, layer.ok_or(Gap::Absent)?)
}

fn layers_of(network: &str, choice: LayerChoice) -> String {
    match choice {
        LayerChoice::All => format!("all layers of {network}"),
        LayerChoice::Distinct => format!("distinct layers of {network}"),
    }
}

/// Letters that file systems take everywhere.
pub(crate) fn file_name(stem: &str) -> String {
    let safe = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '_' };
    let name: String = stem.chars().map(safe).take(150).collect();
    name.trim_matches('.').to_owned()
}
