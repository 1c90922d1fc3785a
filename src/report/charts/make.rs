//! From results to the data of charts.

use indexmap::IndexMap;

use super::data::{Bar, BarGroup, Bars, Chart, ChartKind, Line, Lines, Point, Quantity, Roofline};
use super::gap::Gap;
use super::metric::Metric;
use super::names::Names;
use super::render::cut;
use super::scale::Scale;
use super::{ChartError, LayerChoice};
use crate::results::{
    LayerOutcome, LayerResult, MappedLayer, NetworkResults, Roof, RoofPoint, component_names, distinct_layers,
};

/// The charts of a run.
pub(super) fn charts(results: &[NetworkResults], choice: LayerChoice) -> Vec<Chart> {
    let networks = distinct(results.iter().map(|run| run.network.clone()));
    let metrics = [Metric::Gflops, Metric::Utilization, Metric::Cycles, Metric::Energy(None), Metric::Edp];
    let components = component_names(results);
    let parts = components.iter().map(|name| Metric::EnergyPerCompute(Some(name.clone())));
    let parts = parts.chain([Metric::EnergyPerCompute(None)]);
    let mut charts = vec![energy_of_networks(results, &networks, &components)];
    charts.extend(metrics.iter().cloned().chain(parts).map(|metric| of_networks(results, &networks, &metric)));
    for network in &networks {
        let runs: Vec<&NetworkResults> = results.iter().filter(|run| run.network == *network).collect();
        charts.push(energy_of_layers(&runs, network, &components, choice));
        charts.extend(metrics.iter().map(|metric| of_layers(&runs, network, metric, choice)));
        charts.push(cumulative(&runs, network, &Metric::Energy(None)));
        charts.push(cumulative(&runs, network, &Metric::Cycles));
    }
    for architecture in distinct(results.iter().map(NetworkResults::label)) {
        let runs: Vec<&NetworkResults> = results.iter().filter(|run| run.label() == architecture).collect();
        charts.push(roofline(&runs, &networks, &architecture));
    }
    charts.retain(|chart| !is_empty(chart));
    charts
}

/// What the user named: metrics of one unit, per network and per layer.
///
/// # Errors
///
/// If a name is unknown, or the units differ.
pub(super) fn of_names(
    names: &[&str],
    results: &[NetworkResults],
    choice: LayerChoice,
) -> Result<Vec<Chart>, ChartError> {
    let metrics = named(names, &Names::of_results(results))?;
    let networks = distinct(results.iter().map(|run| run.network.clone()));
    let mut charts = Vec::new();
    if let [metric] = &metrics[..] {
        charts.push(of_networks(results, &networks, metric));
    } else {
        let groups = results.iter().map(|run| BarGroup {
            label: format!("{}, {}", run.network, run.label()),
            bars: side_by_side(&metrics, |metric| metric.of_network(run)),
        });
        charts.push(of_several(&metrics, "networks", &listed(&networks), groups.collect()));
    }
    for network in &networks {
        let runs: Vec<&NetworkResults> = results.iter().filter(|run| run.network == *network).collect();
        if let [metric] = &metrics[..] {
            charts.push(of_layers(&runs, network, metric, choice));
            continue;
        }
        let group = |label: &str, run: &NetworkResults, layer: Option<&LayerResult>| BarGroup {
            label: if runs.len() > 1 { format!("{label}, {}", run.label()) } else { label.to_owned() },
            bars: side_by_side(&metrics, |metric| mapped(layer).and_then(|(layer, macs)| metric.of_layer(layer, macs))),
        };
        let groups = rows(&runs, choice).into_iter().flat_map(|(label, layers)| {
            let pairs = runs.iter().zip(layers);
            pairs.map(|(run, layer)| group(&label, run, layer)).collect::<Vec<_>>()
        });
        charts.push(of_several(&metrics, network, &layers_of(network, choice), groups.collect()));
    }
    charts.retain(|chart| !is_empty(chart));
    Ok(charts)
}

/// Metrics of one axis, which must have one unit.
pub(super) fn named(texts: &[&str], names: &Names) -> Result<Vec<Metric>, ChartError> {
    let metrics: Vec<Metric> = texts.iter().map(|text| Metric::parse(text, names)).collect::<Result<_, _>>()?;
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

/// A bar for each metric.
fn side_by_side(metrics: &[Metric], value: impl Fn(&Metric) -> Result<f64, Gap>) -> Vec<Bar> {
    let bar = |(index, metric): (usize, &Metric)| Bar::new(metric.quantity().name, index, value(metric));
    metrics.iter().enumerate().map(bar).collect()
}

fn of_several(metrics: &[Metric], whose: &str, of: &str, groups: Vec<BarGroup>) -> Chart {
    let series: Vec<String> = metrics.iter().map(|metric| metric.quantity().name).collect();
    let unit = metrics.first().map(|metric| metric.quantity().unit).unwrap_or_default();
    let stem = metrics.iter().map(Metric::stem).collect::<Vec<_>>().join("_and_");
    let title = format!("{}: {of}", series.join(" and "));
    let bars = Bars { axis: Quantity::linear("Value", &unit), is_stacked: false, series, groups };
    finished(&format!("{stem}_{whose}"), title, bars, true)
}

fn is_empty(chart: &Chart) -> bool {
    match &chart.kind {
        ChartKind::Bars(bars) => {
            bars.groups.iter().flat_map(|group| &group.bars).all(|bar| bar.values.iter().all(Option::is_none))
        }
        ChartKind::Lines(lines) => lines.series.iter().all(|line| line.values.iter().all(Option::is_none)),
        ChartKind::Roofline(roofline) => roofline.points.is_empty(),
    }
}

/// A bar chart: its scale chosen, what is missing said.
pub(crate) fn finished(stem: &str, title: String, mut bars: Bars, may_be_log: bool) -> Chart {
    let values = || bars.groups.iter().flat_map(|group| &group.bars).flat_map(|bar| &bar.values);
    let is_log = may_be_log && !bars.is_stacked && Scale::wants_log(values().flatten().copied());
    let mut notes = Vec::new();
    let empty = bars.groups.iter().flat_map(|group| group.bars.iter().map(move |bar| (group, bar)));
    let mut gaps: IndexMap<&str, Vec<String>> = IndexMap::new();
    for (group, bar) in empty.filter(|(_, bar)| bar.values.iter().all(Option::is_none)) {
        let why = bar.gap.as_deref().unwrap_or("not known");
        gaps.entry(why).or_default().push(format!("{} ({})", group.label, bar.label));
    }
    notes.extend(gaps.iter().map(|(why, bars)| format!("– {why}: {}", listed(bars))));
    bars.axis.is_log = is_log;
    if cut(&bars).is_some() {
        notes.push("Broken bars go on beyond the axis; their values stand beside them.".to_owned());
    }
    Chart { stem: file_name(stem), title, kind: ChartKind::Bars(bars), notes }
}

/// One bar of the energy of all components; `whole` tells whether it is known.
fn by_component(
    label: String,
    components: &[String],
    whole: Result<f64, Gap>,
    of: impl Fn(Metric) -> Result<f64, Gap>,
) -> Bar {
    let value = |name: &String| of(Metric::EnergyPerCompute(Some(name.clone()))).ok();
    Bar {
        label,
        series: 0,
        values: components.iter().map(value).collect(),
        gap: whole.err().map(|gap| gap.to_string()),
    }
}

fn energy_of_networks(results: &[NetworkResults], networks: &[String], components: &[String]) -> Chart {
    let bar = |run: &NetworkResults| {
        by_component(run.label(), components, Metric::EnergyPerCompute(None).of_network(run), |metric| {
            metric.of_network(run)
        })
    };
    let groups = networks.iter().map(|network| BarGroup {
        label: network.clone(),
        bars: results.iter().filter(|run| run.network == *network).map(bar).collect(),
    });
    let bars = Bars {
        axis: Metric::EnergyPerCompute(None).quantity(),
        is_stacked: true,
        series: components.to_vec(),
        groups: groups.collect(),
    };
    finished("energy_by_component_networks", format!("Energy by component: {}", listed(networks)), bars, false)
}

fn of_networks(results: &[NetworkResults], networks: &[String], metric: &Metric) -> Chart {
    let labels = colored(results.iter().map(NetworkResults::label));
    let bar = |run: &NetworkResults| {
        let series = labels.iter().position(|label| *label == run.label()).unwrap_or(0);
        Bar::new(run.label(), series, metric.of_network(run))
    };
    let groups = networks.iter().map(|network| BarGroup {
        label: network.clone(),
        bars: results.iter().filter(|run| run.network == *network).map(bar).collect(),
    });
    let axis = metric.quantity();
    let title = format!("{}: {}", axis.name, listed(networks));
    let bars = Bars { axis, is_stacked: false, series: labels.clone(), groups: groups.collect() };
    finished(&format!("{}_networks", metric.stem()), title, bars, metric.may_be_log())
}

/// Layers of runs of one network, matched by their names: label, and the layer of every run.
fn rows<'a>(runs: &[&'a NetworkResults], choice: LayerChoice) -> Vec<(String, Vec<Option<&'a LayerResult>>)> {
    let mut rows: Vec<(String, Vec<Option<&LayerResult>>)> = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let layers: Vec<(&LayerResult, u64)> = match choice {
            LayerChoice::All => run.layers.iter().map(|layer| (layer, layer.executions)).collect(),
            LayerChoice::Distinct => distinct_layers(run),
        };
        for (layer, times) in layers {
            let label = if times > 1 { format!("{} ×{times}", layer.name) } else { layer.name.clone() };
            let row = rows.iter().position(|(known, _)| *known == label).unwrap_or_else(|| {
                rows.push((label, vec![None; runs.len()]));
                rows.len() - 1
            });
            rows[row].1[index] = Some(layer);
        }
    }
    rows
}

fn mapped(layer: Option<&LayerResult>) -> Result<(&MappedLayer, Option<u64>), Gap> {
    let layer = layer.ok_or(Gap::Absent)?;
    match &layer.outcome {
        LayerOutcome::Mapped(mapped) => Ok((mapped, layer.macs)),
        LayerOutcome::Failed { .. } => Err(Gap::Unmapped),
    }
}

fn layers_of(network: &str, choice: LayerChoice) -> String {
    match choice {
        LayerChoice::All => format!("all layers of {network}"),
        LayerChoice::Distinct => format!("distinct layers of {network}"),
    }
}

fn energy_of_layers(runs: &[&NetworkResults], network: &str, components: &[String], choice: LayerChoice) -> Chart {
    let bar = |(layer, run): (Option<&LayerResult>, &&NetworkResults)| {
        let of = |metric: Metric| mapped(layer).and_then(|(layer, macs)| metric.of_layer(layer, macs));
        by_component(run.label(), components, of(Metric::EnergyPerCompute(None)), of)
    };
    let groups = rows(runs, choice)
        .into_iter()
        .map(|(label, layers)| BarGroup { label, bars: layers.into_iter().zip(runs).map(bar).collect() });
    let bars = Bars {
        axis: Metric::EnergyPerCompute(None).quantity(),
        is_stacked: true,
        series: components.to_vec(),
        groups: groups.collect(),
    };
    finished(
        &format!("energy_by_component_{network}"),
        format!("Energy by component: {}", layers_of(network, choice)),
        bars,
        false,
    )
}

fn of_layers(runs: &[&NetworkResults], network: &str, metric: &Metric, choice: LayerChoice) -> Chart {
    let series = colored(runs.iter().map(|run| run.label()));
    let bar = |(index, layer): (usize, Option<&LayerResult>)| {
        let value = mapped(layer).and_then(|(layer, macs)| metric.of_layer(layer, macs));
        let series = series.iter().position(|label| *label == runs[index].label()).unwrap_or(0);
        Bar::new(runs[index].label(), series, value)
    };
    let groups = rows(runs, choice)
        .into_iter()
        .map(|(label, layers)| BarGroup { label, bars: layers.into_iter().enumerate().map(bar).collect() });
    let axis = metric.quantity();
    let title = format!("{}: {}", axis.name, layers_of(network, choice));
    let bars = Bars { axis, is_stacked: false, series: series.clone(), groups: groups.collect() };
    finished(&format!("{}_{network}", metric.stem()), title, bars, metric.may_be_log())
}

/// Sums from the first layer on, each times its executions. Behind a layer without mapping they are not known.
fn cumulative(runs: &[&NetworkResults], network: &str, metric: &Metric) -> Chart {
    let line = |run: &&NetworkResults| {
        let mut sum = Some(0.0);
        let values = run.layers.iter().map(|layer| {
            #[expect(clippy::cast_precision_loss, reason = "for a picture")]
            let times = layer.executions as f64;
            let value = mapped(Some(layer)).and_then(|(of, macs)| metric.of_layer(of, macs)).ok();
            sum = sum.zip(value).map(|(sum, value)| sum + value * times);
            sum
        });
        Line { name: run.label(), values: values.collect() }
    };
    let mut series: Vec<Line> = runs.iter().map(line).collect();
    series.sort_by(|one, two| one.name.cmp(&two.name));
    let cut: Vec<String> =
        series.iter().filter(|line| line.values.contains(&None)).map(|line| line.name.clone()).collect();
    let mut notes = Vec::new();
    if !cut.is_empty() {
        notes.push(format!("Ends at the first layer without a mapping: {}", listed(&cut)));
    }
    let axis = metric.quantity();
    let longest = runs.iter().max_by_key(|run| run.layers.len());
    let lines = Lines {
        x: Quantity::linear("Layers from the input", ""),
        y: Quantity { name: format!("Cumulative {}", axis.name.to_lowercase()), ..axis.clone() },
        positions: longest.map(|run| run.layers.iter().map(|layer| layer.name.clone()).collect()).unwrap_or_default(),
        series,
    };
    Chart {
        stem: file_name(&format!("cumulative_{}_{network}", metric.stem())),
        title: format!("{} over the depth of {network}", axis.name),
        kind: ChartKind::Lines(lines),
        notes,
    }
}

fn roofline(runs: &[&NetworkResults], networks: &[String], architecture: &str) -> Chart {
    let networks = &colored(networks.iter().cloned());
    let roof = Roof::new(runs);
    let point = |of: &RoofPoint| Point {
        label: if of.times > 1 { format!("{} ×{}", of.layer.name, of.times) } else { of.layer.name.clone() },
        series: networks.iter().position(|network| network == of.network).unwrap_or(0),
        x: of.intensity,
        y: of.mapped.gflops * 1e9,
    };
    let level = roof.level.unwrap_or("the outermost level");
    let roofline = Roofline {
        x: Quantity { name: format!("Operations per byte at {level}"), unit: String::new(), is_log: true },
        y: Quantity { name: "Throughput at 1 GHz".to_owned(), unit: "FLOPS".to_owned(), is_log: true },
        series: networks.clone(),
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
        notes.push(format!("Not drawn: {}", listed(&missing)));
    }
    Chart {
        stem: file_name(&format!("roofline_{architecture}")),
        title: format!("Roofline of {architecture}: {}", listed(networks)),
        kind: ChartKind::Roofline(roofline),
        notes,
    }
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// What has colours of its own, in an order that is the same for `run` and `report`.
fn colored(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names = distinct(names);
    names.sort();
    names
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first, second, third, rest @ ..] if rest.len() > 3 => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// Letters that file systems take everywhere.
fn file_name(stem: &str) -> String {
    let safe = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '_' };
    let name: String = stem.chars().map(safe).take(150).collect();
    name.trim_matches('.').to_owned()
}
