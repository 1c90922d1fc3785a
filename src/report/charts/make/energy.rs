//! Charts of the energy of every component: stacked bars.

use super::{bar_chart, layers_of, rows, value_of};
use crate::report::charts::LayerChoice;
use crate::report::charts::data::{Bar, BarGroup, Bars, Chart};
use crate::report::charts::gap::Gap;
use crate::report::charts::metric::ChartMetric;
use crate::report::charts::series::{RunColors, Series};
use crate::report::phrases::{distinct, listed_briefly, run_name, with_executions};
use crate::results::{LayerResult, NetworkResults, distinct_layers};

/// One bar for each run, in groups by network.
pub(crate) fn energy_of_networks(results: &[NetworkResults], colors: &RunColors) -> Chart {
    let networks = distinct(results.iter().map(|run| run.network.clone()));
    let bar = |run: &NetworkResults| bar(run.label(), &colors.components, |metric| metric.of_network(run));
    let groups = networks.iter().map(|network| BarGroup {
        label: network.clone(),
        bars: results.iter().filter(|run| run.network == *network).map(bar).collect(),
    });
    let title = format!("Energy by component: {}", listed_briefly(&networks));
    chart("energy_by_component_networks", title, colors, groups.collect())
}

/// A group for each layer of a network, in it one bar for each run.
pub(super) fn energy_of_layers(
    runs: &[&NetworkResults],
    network: &str,
    colors: &RunColors,
    choice: LayerChoice,
) -> Chart {
    let bars = |layers: Vec<Option<&LayerResult>>| {
        let pairs = layers.into_iter().zip(runs);
        pairs.map(|(layer, run)| bar(run.label(), &colors.components, |metric| value_of(metric, run, layer))).collect()
    };
    let groups = rows(runs, choice).into_iter().map(|(label, layers)| BarGroup { label, bars: bars(layers) });
    let title = format!("Energy by component: {}", layers_of(network, choice));
    chart(&format!("energy_by_component_{network}"), title, colors, groups.collect())
}

/// A group for each run, in it one bar for each distinct layer.
pub(crate) fn energy_of_runs(results: &[NetworkResults], colors: &RunColors) -> Chart {
    let group = |run: &NetworkResults| {
        let bars = distinct_layers(run).into_iter().map(|(layer, executions)| {
            let label = with_executions(&layer.name, executions);
            bar(label, &colors.components, |metric| value_of(metric, run, Some(layer)))
        });
        BarGroup { label: run_name(run), bars: bars.collect() }
    };
    let groups = results.iter().map(group);
    chart("energy_by_component_layers", "Energy by component: distinct layers".to_owned(), colors, groups.collect())
}

fn chart(stem: &str, title: String, colors: &RunColors, groups: Vec<BarGroup>) -> Chart {
    let axis = ChartMetric::EnergyPerCompute(None).quantity();
    bar_chart(stem, title, Bars { axis, is_stacked: true, series: colors.components.clone(), groups }, false)
}

/// The energy of all components, if that of the whole is known.
fn bar(label: String, components: &[Series], value: impl Fn(&ChartMetric) -> Result<f64, Gap>) -> Bar {
    let part = |series: &Series| value(&ChartMetric::EnergyPerCompute(Some(series.name.clone()))).ok();
    let gap = value(&ChartMetric::EnergyPerCompute(None)).err();
    Bar { label, series: 0, values: components.iter().map(part).collect(), gap: gap.map(|gap| gap.to_string()) }
}
