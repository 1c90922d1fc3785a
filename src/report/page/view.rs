//! What the page shows, as strings and numbers: pure functions of the results.

use serde::Serialize;

use super::detail::Detail;
use super::findings::findings;
use crate::numbers::real;
use crate::results::quantity::{UNKNOWN, end_of_axis, percent, si, significant};
use crate::results::{
    self, LayerOutcome, LayerResult, MappedLayer, NetworkResults, OptimalityResult, Roof, RoofPoint, Totals,
    component_names, is_main_memory,
};

/// The whole page.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    title: String,
    subtitle: String,
    networks: Vec<String>,
    /// In the order of their colours, which does not depend on that of the results.
    colored_networks: Vec<String>,
    architectures: Vec<String>,
    components: Vec<Colored>,
    runs: Vec<Run>,
    /// Of each architecture, once.
    energy_sources: Vec<(String, String)>,
    findings: Vec<String>,
    failures: Vec<Failure>,
    layers: Vec<Layer>,
    rooflines: Vec<Roofline>,
    details: Vec<Detail>,
    /// Whether some number is missing.
    has_gaps: bool,
}

/// A component's name and the class of its colour: the same everywhere on the page.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Colored {
    pub(super) name: String,
    pub(super) class: String,
}

/// A number that sorts, and how it reads.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Number {
    /// All digits, as in results.csv; empty if unknown.
    exact: String,
    text: String,
}

impl Number {
    pub(super) fn new(value: f64, text: String) -> Self {
        Self { exact: if value.is_finite() { value.to_string() } else { String::new() }, text }
    }

    pub(super) fn count(value: u64, unit: &str) -> Self {
        Self { exact: value.to_string(), text: si(real(value), unit) }
    }

    fn unknown() -> Self {
        Self { exact: String::new(), text: UNKNOWN.to_owned() }
    }

    fn is_unknown(&self) -> bool {
        self.exact.is_empty()
    }
}

/// One network on one architecture.
#[derive(Debug, Serialize)]
struct Run {
    name: String,
    network: String,
    architecture: String,
    layers: usize,
    failed: usize,
    macs: Number,
    cycles: Number,
    energy: Number,
    edp: Number,
    utilization: Number,
    gflops: Number,
    area: Number,
    fj_per_compute: Number,
    /// `61 proved`, or what is not.
    optimality: String,
    /// Energy per multiply-accumulate, by component, as shares of the largest total of all runs.
    bar: Vec<Piece>,
    /// The same per distinct layer, as shares of the axis.
    bars: Vec<Bar>,
}

/// One piece of a bar.
#[derive(Clone, Debug, Serialize)]
struct Piece {
    /// Position of the component, innermost first.
    #[serde(skip)]
    component: usize,
    class: String,
    /// Width in percent.
    width: String,
    label: String,
}

/// One layer's bar.
#[derive(Debug, Serialize)]
struct Bar {
    name: String,
    times: u64,
    total: String,
    /// Whether it goes on beyond the axis.
    is_cut: bool,
    pieces: Vec<Piece>,
}

#[derive(Debug, Serialize)]
struct Failure {
    run: String,
    layer: String,
    reason: String,
}

/// One row of the table of layers.
#[derive(Debug, Serialize)]
struct Layer {
    index: usize,
    name: String,
    network: String,
    architecture: String,
    op: String,
    shape: String,
    executions: u64,
    macs: Number,
    cycles: Number,
    energy: Number,
    edp: Number,
    utilization: Number,
    gflops: Number,
    limit: String,
    optimality: String,
    /// Number of its detail, if it has one.
    detail: Option<usize>,
}

/// Layers of one architecture under its roof; positions in the picture.
#[derive(Debug, Serialize)]
struct Roofline {
    architecture: String,
    level: String,
    dots: Vec<Dot>,
    /// Of the horizontal roof, if it is known.
    peak: Option<(f64, String)>,
    /// Where the slope of a limited bandwidth meets the picture's edges: x1, y1, x2, y2.
    slope: Option<[f64; 4]>,
    x_ticks: Vec<(f64, String)>,
    y_ticks: Vec<(f64, String)>,
    /// Why a roof is missing.
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Dot {
    x: f64,
    y: f64,
    network: usize,
    label: String,
}

impl Page {
    pub(super) fn new(results: &[NetworkResults]) -> Self {
        let networks = distinct(results.iter().map(|run| run.network.clone()));
        let mut sorted = networks.clone();
        sorted.sort();
        let architectures = distinct(results.iter().map(NetworkResults::label));
        let components = components(results);
        let details = Detail::all(results, &components);
        let runs: Vec<Run> = runs(results, &components);
        let failed = results.iter().flat_map(|run| run.layers.iter().map(move |layer| (run, layer)));
        let failures = failed.filter_map(|(run, layer)| match &layer.outcome {
            LayerOutcome::Mapped(_) => None,
            LayerOutcome::Failed { reason } => {
                Some(Failure { run: run_name(run), layer: layer.name.clone(), reason: reason.clone() })
            }
        });
        let layers: Vec<Layer> =
            results.iter().enumerate().flat_map(|(at, run)| layer_rows(at, run, &details)).collect();
        let has_gaps = layers.iter().any(|layer| {
            [&layer.cycles, &layer.energy, &layer.edp, &layer.utilization, &layer.gflops].iter().any(|n| n.is_unknown())
        }) || runs.iter().any(|run| run.area.is_unknown());
        Self {
            title: listed(&networks),
            subtitle: format!("on {}", listed(&architectures)),
            failures: failures.collect(),
            energy_sources: energy_sources(results),
            findings: findings(results),
            rooflines: rooflines(results, &sorted),
            colored_networks: sorted,
            networks,
            architectures,
            components,
            runs,
            layers,
            details,
            has_gaps,
        }
    }
}

fn energy_sources(results: &[NetworkResults]) -> Vec<(String, String)> {
    let mut sources = Vec::new();
    for source in results.iter().map(|run| (run.architecture.clone(), run.energy_source.clone())) {
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
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

/// `NETWORK on ARCHITECTURE`.
pub(super) fn run_name(run: &NetworkResults) -> String {
    format!("{} on {}", run.network, run.label())
}

pub(super) fn mapped(run: &NetworkResults) -> impl Iterator<Item = (&LayerResult, &MappedLayer)> {
    run.layers.iter().filter_map(|layer| match &layer.outcome {
        LayerOutcome::Mapped(mapped) => Some((layer, &**mapped)),
        LayerOutcome::Failed { .. } => None,
    })
}

/// Layers with a mapping, one per distinct problem, with the number of executions of all that share it.
pub(super) fn distinct_layers(run: &NetworkResults) -> impl Iterator<Item = (&LayerResult, &MappedLayer, u64)> {
    results::distinct_layers(run).into_iter().filter_map(|(layer, times)| match &layer.outcome {
        LayerOutcome::Mapped(mapped) => Some((layer, &**mapped, times)),
        LayerOutcome::Failed { .. } => None,
    })
}

/// Every component of any run. Main memory always has the same colour; when the others run out of colours, they are hatched.
fn components(results: &[NetworkResults]) -> Vec<Colored> {
    let mut others = 0;
    let colored = |name: String| {
        let class = if is_main_memory(&name) {
            "c5".to_owned()
        } else {
            others += 1;
            let color = [0, 1, 2, 3, 4, 6, 7][(others - 1) % 7];
            format!("c{color}{}", if others > 7 { " hatched" } else { "" })
        };
        Colored { name, class }
    };
    component_names(results).into_iter().map(colored).collect()
}

fn runs(results: &[NetworkResults], components: &[Colored]) -> Vec<Run> {
    let total = |totals: &Totals| totals.fj_per_compute.iter().map(|(_, fj)| fj).sum::<f64>();
    // A sum without some layers is not drawn as if it were the network's.
    let whole = |run: &NetworkResults| {
        if run.totals.failed == 0 { run.totals.fj_per_compute.clone() } else { Vec::new() }
    };
    let sums = results.iter().map(|run| whole(run).iter().map(|(_, fj)| fj).sum::<f64>());
    let largest = sums.fold(0.0, f64::max);
    let layers = || results.iter().flat_map(|run| mapped(run).map(|(_, layer)| layer));
    let per_compute =
        |layer: &MappedLayer| layer.components.iter().map(|component| component.fj_per_compute).sum::<f64>();
    let end = end_of_axis(layers().map(per_compute));
    let piece = |name: &str, fj: f64, largest: f64| {
        let component = components.iter().position(|each| each.name == name)?;
        let class = components[component].class.clone();
        let width = 100.0 * fj / largest;
        let label = format!("{name}: {}/MAC", si(fj * 1e-15, "J"));
        (width.is_finite() && width > 0.0).then(|| Piece { component, class, width: format!("{width:.3}"), label })
    };
    let in_order = |mut pieces: Vec<Piece>| {
        pieces.sort_by_key(|piece| piece.component);
        pieces
    };
    let bar = |(layer, of, times): (&LayerResult, &MappedLayer, u64)| Bar {
        name: layer.name.clone(),
        times,
        total: si(per_compute(of) * 1e-15, "J"),
        is_cut: per_compute(of) > end,
        pieces: in_order(of.components.iter().filter_map(|each| piece(&each.name, each.fj_per_compute, end)).collect()),
    };
    let run = |run: &NetworkResults| {
        let totals = &run.totals;
        let known = totals.cycles > 0;
        let number = |value: f64, text: String| if known { Number::new(value, text) } else { Number::unknown() };
        Run {
            name: run_name(run),
            network: run.network.clone(),
            architecture: run.label(),
            layers: run.layers.len(),
            failed: totals.failed,
            macs: Number::count(totals.macs, ""),
            cycles: number(real(totals.cycles), si(real(totals.cycles), "")),
            energy: number(totals.energy_pj, si(totals.energy_pj * 1e-12, "J")),
            edp: number(totals.edp_j_cycle, significant(totals.edp_j_cycle)),
            utilization: number(totals.utilization, percent(totals.utilization)),
            gflops: number(totals.gflops, significant(totals.gflops)),
            area: totals
                .area_um2
                .map_or_else(Number::unknown, |um2| Number::new(um2, format!("{} mm²", significant(um2 * 1e-6)))),
            fj_per_compute: number(total(totals), si(total(totals) * 1e-15, "J")),
            optimality: optimality_of(run),
            bar: in_order(whole(run).iter().filter_map(|(name, fj)| piece(name, *fj, largest)).collect()),
            bars: distinct_layers(run).map(bar).collect(),
        }
    };
    results.iter().map(run).collect()
}

/// `all proved optimal`, or how many are not.
fn optimality_of(run: &NetworkResults) -> String {
    let (mut proved, mut unknown, mut gaps) = (0, 0, Vec::new());
    for (_, layer) in mapped(run) {
        match layer.optimality {
            OptimalityResult::Proved => proved += 1,
            OptimalityResult::Gap(gap) => gaps.push(gap),
            OptimalityResult::Unknown => unknown += 1,
        }
    }
    let mut parts = Vec::new();
    match (proved, gaps.len() + unknown) {
        (0, _) => {}
        (_, 0) => parts.push("all proved optimal".to_owned()),
        _ => parts.push(format!("{proved} proved optimal")),
    }
    if let Some(largest) = gaps.iter().copied().reduce(f64::max) {
        parts.push(format!("{} within {}", gaps.len(), percent(largest)));
    }
    if unknown > 0 {
        parts.push(format!("{unknown} not proved"));
    }
    parts.join(", ")
}

pub(super) fn optimality(of: OptimalityResult) -> String {
    match of {
        OptimalityResult::Proved => "proved optimal".to_owned(),
        OptimalityResult::Gap(gap) => format!("within {} of the optimum", percent(gap)),
        OptimalityResult::Unknown => "not proved".to_owned(),
    }
}

/// What decides the cycles.
pub(super) fn limit(layer: &MappedLayer) -> String {
    let limits = layer.limited_by.iter().map(|limit| format!("{} {} bandwidth", limit.level, limit.bandwidth));
    let limits: Vec<String> = limits.collect();
    if limits.is_empty() { "compute".to_owned() } else { listed(&limits) }
}

/// `3×3 kernel, dilation 2, 256 → 256, 65×65`, from the names that the problem's dimensions have.
pub(super) fn shape(layer: &LayerResult) -> String {
    let bounds: Vec<String> = layer.bounds.iter().map(|(name, bound)| format!("{name}{bound}")).collect();
    let others = layer.coefficients.iter().filter(|(_, value)| *value != 1);
    let others: Vec<String> = others.map(|(name, value)| format!("{name} {value}")).collect();
    if others.is_empty() { bounds.join(" ") } else { format!("{}, {}", bounds.join(" "), others.join(", ")) }
}

fn layer_rows(at: usize, run: &NetworkResults, details: &[Detail]) -> Vec<Layer> {
    let row = |layer: &LayerResult| {
        let mapped = match &layer.outcome {
            LayerOutcome::Mapped(mapped) => Some(&**mapped),
            LayerOutcome::Failed { .. } => None,
        };
        let number = |value: fn(&MappedLayer) -> f64, text: fn(f64) -> String| {
            mapped.map_or_else(Number::unknown, |layer| Number::new(value(layer), text(value(layer))))
        };
        Layer {
            index: layer.index,
            name: layer.name.clone(),
            network: run.network.clone(),
            architecture: run.label(),
            op: layer.op.clone(),
            shape: shape(layer),
            executions: layer.executions,
            macs: layer.macs.map_or_else(Number::unknown, |macs| Number::count(macs, "")),
            cycles: mapped.map_or_else(Number::unknown, |layer| Number::count(layer.cycles, "")),
            energy: number(|layer| layer.energy_pj, |pj| si(pj * 1e-12, "J")),
            edp: number(|layer| layer.edp_j_cycle, significant),
            utilization: number(|layer| layer.utilization, percent),
            gflops: number(|layer| layer.gflops, significant),
            limit: mapped.map_or_else(|| "failed".to_owned(), limit),
            optimality: mapped.map_or_else(String::new, |layer| optimality(layer.optimality)),
            detail: details.iter().position(|detail| detail.is_of(at, &layer.problem)),
        }
    };
    run.layers.iter().map(row).collect()
}

/// Size of the picture's field, in its own units.
const FIELD: (f64, f64) = (600.0, 340.0);

fn rooflines(results: &[NetworkResults], networks: &[String]) -> Vec<Roofline> {
    let names = distinct(results.iter().map(NetworkResults::label));
    let roofline = |name: &String| {
        let runs: Vec<&NetworkResults> = results.iter().filter(|run| run.label() == *name).collect();
        let roof = Roof::new(&runs);
        let x = Scale::of(roof.points.iter().map(|point| point.intensity), FIELD.0)?;
        let y = Scale::of(roof.points.iter().map(|point| point.mapped.gflops).chain(roof.peak), FIELD.1)?;
        let dots = roof.points.iter().map(|RoofPoint { network, layer, mapped, times, intensity }| Dot {
            x: round(x.at(*intensity)),
            y: round(FIELD.1 - y.at(mapped.gflops)),
            network: networks.iter().position(|each| each == network).unwrap_or(0),
            label: format!(
                "{}{}: {} GFLOPS at {} op/byte, {}",
                layer.name,
                if *times > 1 { format!(" (×{times})") } else { String::new() },
                significant(mapped.gflops),
                significant(*intensity),
                limit(mapped)
            ),
        });
        let slope = roof.bandwidth.map(|bytes| {
            let (from, to) = (x.low(), x.high());
            [from, to].map(|intensity| (x.at(intensity), FIELD.1 - y.at(intensity * bytes)))
        });
        let dots: Vec<Dot> = dots.collect();
        let flip = |(at, text)| (round(FIELD.1 - at), text);
        Some(Roofline {
            architecture: name.clone(),
            level: roof.level.unwrap_or("the outermost level").to_owned(),
            notes: roof.notes(),
            dots,
            peak: roof.peak.map(|peak| (round(FIELD.1 - y.at(peak)), significant(peak))),
            slope: slope.map(|[(x1, y1), (x2, y2)]| [round(x1), round(y1), round(x2), round(y2)]),
            x_ticks: x.ticks(),
            y_ticks: y.ticks().into_iter().map(flip).collect(),
        })
    };
    names.iter().filter_map(roofline).collect()
}

/// A logarithmic scale over whole decades.
struct Scale {
    first: i32,
    last: i32,
    length: f64,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>, length: f64) -> Option<Self> {
        let (mut low, mut high) = (f64::INFINITY, 0.0f64);
        for value in values {
            (low, high) = (low.min(value), high.max(value));
        }
        if !(low > 0.0 && high.is_finite() && low <= high) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "logarithms of finite numbers are small")]
        let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
        Some(Self { first, last: last.max(first + 1), length })
    }

    fn at(&self, value: f64) -> f64 {
        (value.log10() - f64::from(self.first)) / f64::from(self.last - self.first) * self.length
    }

    fn low(&self) -> f64 {
        10f64.powi(self.first)
    }

    fn high(&self) -> f64 {
        10f64.powi(self.last)
    }

    fn ticks(&self) -> Vec<(f64, String)> {
        let step = ((self.last - self.first) / 8 + 1).unsigned_abs() as usize;
        let text = |value: f64| {
            // Prefixes below one say little of a number without unit.
            let text = if value < 1.0 { significant(value) } else { si(value, "") };
            let (number, prefix) = text.split_once(' ').unwrap_or((&text, ""));
            let number = if number.contains('.') && !number.contains('e') {
                number.trim_end_matches('0').trim_end_matches('.')
            } else {
                number
            };
            format!("{number} {prefix}").trim_end().to_owned()
        };
        let tick = |decade: i32| (round(self.at(10f64.powi(decade))), text(10f64.powi(decade)));
        (self.first..=self.last).step_by(step).map(tick).collect()
    }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_a_scale() {
        let scale = Scale::of([0.2, 4000.0].into_iter(), 100.0).unwrap();
        let texts: Vec<String> = scale.ticks().into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["0.1", "1", "10", "100", "1 k", "10 k"]);
    }
}
