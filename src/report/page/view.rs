//! What the page shows, as strings and numbers: pure functions of the results.

use serde::Serialize;

use super::detail::Detail;
use super::energy::EnergyBars;
use super::findings::findings;
use super::layers::{Layer, rows};
use super::rooflines::{Mark, Roofline};
use super::summary::Run;
use super::zeros::Zeros;
use crate::report::charts::{RunColors, Series, energy_of_networks, energy_of_runs, rooflines};
use crate::report::phrases::{distinct, listed, run_name};
use crate::results::{LayerOutcome, NetworkResults};

/// The whole page.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    title: String,
    subtitle: String,
    networks: Vec<String>,
    architectures: Vec<String>,
    /// Legends of components and of networks.
    components: Vec<Key>,
    network_marks: Vec<Mark>,
    runs: Vec<Run>,
    /// Of whole networks, and of the distinct layers of every run.
    energy_of_networks: EnergyBars,
    energy_of_layers: EnergyBars,
    /// Of sparse designs.
    zeros: Option<Zeros>,
    /// Of each architecture, once.
    energy_sources: Vec<(String, String)>,
    findings: Vec<String>,
    failures: Vec<Failure>,
    /// What the reader should know of the networks: each once, with its network.
    warnings: Vec<(String, String)>,
    layers: Vec<Layer>,
    rooflines: Vec<Roofline>,
    details: Vec<Detail>,
    /// Whether some number is missing.
    has_gaps: bool,
}

/// A name in a legend, and the class of its colour.
#[derive(Debug, Serialize)]
pub(super) struct Key {
    name: String,
    class: String,
}

impl Key {
    pub(super) fn of(series: &Series) -> Self {
        Self { name: series.name.clone(), class: series.swatch.css_class() }
    }
}

/// A layer without a mapping.
#[derive(Debug, Serialize)]
struct Failure {
    run: String,
    layer: String,
    reason: String,
}

impl Page {
    pub(super) fn new(results: &[NetworkResults]) -> Self {
        let colors = RunColors::new(results);
        let networks = distinct(results.iter().map(|run| run.network.clone()));
        let architectures = distinct(results.iter().map(NetworkResults::label));
        let details = Detail::all(results, &colors.components);
        let runs: Vec<Run> = results.iter().map(Run::new).collect();
        let layers: Vec<Layer> =
            results.iter().enumerate().flat_map(|(index, run)| rows(index, run, &details)).collect();
        Self {
            title: listed(&networks),
            subtitle: format!("on {}", listed(&architectures)),
            failures: results.iter().flat_map(failures).collect(),
            warnings: distinct(
                results
                    .iter()
                    .flat_map(|run| run.warnings.iter().map(|warning| (run.network.clone(), warning.clone()))),
            ),
            energy_sources: distinct(results.iter().map(|run| (run.architecture.clone(), run.energy_source.clone()))),
            energy_of_networks: EnergyBars::new(&energy_of_networks(results, &colors)),
            energy_of_layers: EnergyBars::new(&energy_of_runs(results, &colors)),
            zeros: Zeros::new(results),
            findings: findings(results),
            rooflines: rooflines(results, &colors)
                .iter()
                .filter_map(|(architecture, chart)| Roofline::new(architecture, chart))
                .collect(),
            network_marks: colors.networks.iter().map(Mark::of_legend).collect(),
            components: colors.components.iter().map(Key::of).collect(),
            networks,
            architectures,
            has_gaps: layers.iter().any(Layer::has_gaps) || runs.iter().any(Run::has_gaps),
            runs,
            layers,
            details,
        }
    }
}

fn failures(run: &NetworkResults) -> impl Iterator<Item = Failure> {
    run.layers.iter().filter_map(|layer| match &layer.outcome {
        LayerOutcome::Mapped(_) => None,
        LayerOutcome::Failed { reason } => {
            Some(Failure { run: run_name(run), layer: layer.name.clone(), reason: reason.clone() })
        }
    })
}
