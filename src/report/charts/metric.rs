//! Quantities that a chart can show, and their names.

use super::ChartError;
use super::data::Quantity;
use super::gap::Gap;
use super::metric_names::MetricNames;
use super::statistics::PrintedMetric;
use crate::names::suggestion;
use crate::numbers::real;
use crate::results::{ComponentResult, DataSpaceResult, LayerOutcome, LayerResult, MappedLayer, NetworkResults};

/// Names without a part.
const NAMES: [&str; 8] = ["macs", "cycles", "energy", "edp", "utilization", "gflops", "area", "fj_per_compute"];
/// Names of words that a component moves of a data space.
const WORDS: [&str; 3] = ["reads", "fills", "updates"];

/// A quantity of a layer and of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChartMetric {
    /// Number of multiply-accumulates.
    Macs,
    /// Number of cycles.
    Cycles,
    /// Energy, of one component or of all.
    Energy(Option<String>),
    /// Energy-delay product, in J*cycle.
    Edp,
    /// Utilization of the compute units.
    Utilization,
    /// Throughput at 1 GHz.
    Gflops,
    /// Area of the accelerator, in mm^2.
    Area,
    /// Energy per compute (multiply-accumulate) in fJ, of one component or of all.
    EnergyPerCompute(Option<String>),
    /// Words of a data space at a component: which, the component, the data space.
    Words(&'static str, String, String),
    /// A number beside a text in `stats.txt`.
    Printed(PrintedMetric),
}

impl ChartMetric {
    /// The metric of a name: `cycles`, `energy`, `energy:DRAM`, `fj_per_compute:DRAM`, `reads:shared_glb:Inputs`, or a component's
    /// name alone (or `Total`), which means its energy per multiply-accumulate. Also what Timeloop's summary calls them, such as
    /// `EDP(J*cycle):`, and any other text that stands in the layers' statistics before a number.
    ///
    /// # Errors
    ///
    /// If nothing has the name.
    pub fn parse(text: &str, names: &MetricNames) -> Result<Self, ChartError> {
        let unknown = |name: &str, known: &[&str], what: &str| {
            let did_you_mean = suggestion(name, known.iter().copied());
            let part = if name == text { String::new() } else { format!(" in `{text}`") };
            // Networks between levels have no energy in most designs, and as many names as levels.
            let shown = known.iter().filter(|known| !known.contains(" <==> ")).map(|known| {
                if WORDS.contains(known) { format!("{known}:COMPONENT:DATASPACE") } else { (*known).to_owned() }
            });
            let mut list = shown.collect::<Vec<_>>().join(", ");
            if what == "metric" {
                list += ", and any text of stats.txt with a number on its line";
            }
            ChartError::Metric(format!("unknown {what} `{name}`{part}{did_you_mean}\nhint: the {what}s are {list}"))
        };
        let component = |name: &str| match names.data_spaces(name) {
            Some(_) => Ok(name.to_owned()),
            None => Err(unknown(name, &names.components(), "component")),
        };
        if let Some(metric) = of_summary(text) {
            return Ok(metric);
        }
        let mut parts = text.splitn(2, ':');
        let (name, rest) = (parts.next().unwrap_or_default(), parts.next());
        match (name, rest) {
            ("macs", None) => Ok(Self::Macs),
            ("cycles", None) => Ok(Self::Cycles),
            ("edp", None) => Ok(Self::Edp),
            ("utilization", None) => Ok(Self::Utilization),
            ("gflops", None) => Ok(Self::Gflops),
            ("area", None) => Ok(Self::Area),
            ("energy", part) => Ok(Self::Energy(part.map(component).transpose()?)),
            ("fj_per_compute", part) => Ok(Self::EnergyPerCompute(part.map(component).transpose()?)),
            ("Total" | "total", None) => Ok(Self::EnergyPerCompute(None)),
            (_, Some(rest)) if WORDS.contains(&name) => {
                let which = WORDS.into_iter().find(|known| *known == name).unwrap_or(WORDS[0]);
                let Some((level, space)) = rest.rsplit_once(':') else {
                    return Err(ChartError::Metric(format!("`{text}`: write {name}:COMPONENT:DATASPACE")));
                };
                let level = component(level)?;
                let spaces = names.data_spaces(&level).unwrap_or_default();
                if !spaces.contains(&space) {
                    return Err(unknown(space, &spaces, "data space"));
                }
                Ok(Self::Words(which, level, space.to_owned()))
            }
            (_, None) if WORDS.contains(&name) => {
                Err(ChartError::Metric(format!("`{text}`: write {name}:COMPONENT:DATASPACE")))
            }
            _ if names.data_spaces(text).is_some() => Ok(Self::EnergyPerCompute(Some(text.to_owned()))),
            _ => names.printed(text).map(Self::Printed).ok_or_else(|| {
                let known: Vec<&str> = NAMES.into_iter().chain(WORDS).chain(names.components()).collect();
                unknown(name, &known, "metric")
            }),
        }
    }

    /// The beginning of file names.
    pub(super) fn stem(&self) -> String {
        match self {
            Self::Macs => "macs".to_owned(),
            Self::Cycles => "cycles".to_owned(),
            Self::Energy(None) => "energy".to_owned(),
            Self::Energy(Some(component)) => format!("energy_{component}"),
            Self::Edp => "edp".to_owned(),
            Self::Utilization => "utilization".to_owned(),
            Self::Gflops => "gflops".to_owned(),
            Self::Area => "area".to_owned(),
            Self::EnergyPerCompute(None) => "fj_per_compute_total".to_owned(),
            Self::EnergyPerCompute(Some(component)) => format!("fj_per_compute_{component}"),
            Self::Words(which, component, space) => format!("{which}_{component}_{space}"),
            Self::Printed(printed) => printed.text.trim_end_matches([':', ' ']).to_lowercase().replace(' ', "_"),
        }
    }

    /// Its axis; linear.
    pub(super) fn quantity(&self) -> Quantity {
        let named = |what: &str, component: &Option<String>| match component {
            None => what.to_owned(),
            Some(component) => format!("{what}, {component}"),
        };
        match self {
            Self::Macs => Quantity::linear("Multiply-accumulates", ""),
            Self::Cycles => Quantity::linear("Cycles", ""),
            Self::Energy(component) => Quantity::linear(&named("Energy", component), "J"),
            Self::Edp => Quantity::linear("Energy-delay product", "J·cycle"),
            Self::Utilization => Quantity::linear("Utilization", "%"),
            Self::Gflops => Quantity::linear("Throughput at 1 GHz", "FLOPs"),
            Self::Area => Quantity::linear("Area", "mm²"),
            Self::EnergyPerCompute(component) => {
                Quantity::linear(&named("Energy per compute", component), "fJ/compute")
            }
            Self::Words(which, component, space) => {
                Quantity::linear(&format!("Words, {which} of {space} at {component}"), "")
            }
            Self::Printed(printed) => {
                Quantity::linear(&format!("{} (stats.txt)", printed.text.trim_end_matches([':', ' '])), "")
            }
        }
    }

    /// Whether the values of a network are sums that a bar chart may show on a logarithmic axis.
    pub(super) fn may_be_log(&self) -> bool {
        !matches!(self, Self::Utilization)
    }

    /// Of one execution of a layer of a run, in the unit of [`Self::quantity`].
    pub(super) fn of_layer(&self, run: &NetworkResults, result: &LayerResult) -> Result<f64, Gap> {
        let LayerOutcome::Mapped(layer) = &result.outcome else { return Err(Gap::Unmapped) };
        let value = match self {
            Self::Macs => real(result.macs.ok_or(Gap::Unknown)?),
            Self::Cycles => real(layer.cycles),
            Self::Energy(None) => layer.energy_pj * 1e-12,
            Self::Energy(Some(name)) => component(layer, name)?.energy_pj * 1e-12,
            Self::Edp => layer.edp_j_cycle,
            Self::Utilization => layer.utilization * 100.0,
            Self::Gflops => layer.gflops * 1e9,
            Self::Area => layer.area_um2.ok_or(Gap::Unknown)? * 1e-6,
            Self::EnergyPerCompute(None) => {
                layer.components.iter().map(|component| component.fj_per_compute).sum::<f64>()
            }
            Self::EnergyPerCompute(Some(name)) => component(layer, name)?.fj_per_compute,
            Self::Words(which, name, space) => {
                let component = component(layer, name)?;
                let space = component.data_spaces.iter().find(|kept| kept.name == *space);
                real(words(space.ok_or(Gap::Unknown)?, which))
            }
            Self::Printed(printed) => printed.of_layer(run, result).ok_or(Gap::Unknown)?,
        };
        finite(value)
    }

    /// Of a whole network.
    pub(super) fn of_network(&self, run: &NetworkResults) -> Result<f64, Gap> {
        if *self == Self::Area {
            return finite(run.totals.area_um2.ok_or(Gap::Unknown)? * 1e-6);
        }
        let sums = run.totals.sums.as_ref().ok_or(Gap::Layers(run.totals.failed, run.layers.len()))?;
        let per_compute = |name: &str| {
            let found = sums.fj_per_compute.iter().find(|(known, _)| known == name);
            found.map(|(_, fj)| *fj).ok_or(Gap::Component)
        };
        let value = match self {
            Self::Macs => real(sums.macs),
            Self::Cycles => real(sums.cycles),
            Self::Energy(None) => sums.energy_pj * 1e-12,
            Self::Energy(Some(name)) => per_compute(name)? * real(sums.macs) * 1e-15,
            Self::Edp => sums.edp_j_cycle,
            Self::Utilization => sums.utilization * 100.0,
            Self::Gflops => sums.gflops * 1e9,
            Self::EnergyPerCompute(None) => sums.fj_per_compute.iter().map(|(_, fj)| fj).sum::<f64>(),
            Self::EnergyPerCompute(Some(name)) => per_compute(name)?,
            Self::Words(..) => {
                let words = |layer: &LayerResult| Ok(self.of_layer(run, layer)? * real(layer.executions));
                run.layers.iter().map(words).sum::<Result<f64, Gap>>()?
            }
            Self::Area | Self::Printed(_) => return Err(Gap::NotASum),
        };
        finite(value)
    }
}

/// The metric of a name in the summary of `stats.txt`, with or without what follows the name.
fn of_summary(text: &str) -> Option<ChartMetric> {
    let name: String = text.trim().trim_end_matches([':', '=', ' ']).chars().filter(|letter| *letter != ' ').collect();
    Some(match name.as_str() {
        "GFLOPs" | "GFLOPs(@1GHz)" => ChartMetric::Gflops,
        "Utilization" => ChartMetric::Utilization,
        "Cycles" => ChartMetric::Cycles,
        "Energy" => ChartMetric::Energy(None),
        "EDP" | "EDP(J*cycle)" => ChartMetric::Edp,
        "Area" => ChartMetric::Area,
        "Computes" => ChartMetric::Macs,
        "fJ/Compute" | "pJ/Compute" => ChartMetric::EnergyPerCompute(None),
        _ => return None,
    })
}

fn finite(value: f64) -> Result<f64, Gap> {
    if value.is_finite() { Ok(value) } else { Err(Gap::Unknown) }
}

fn words(space: &DataSpaceResult, which: &str) -> u64 {
    match which {
        "reads" => space.reads,
        "fills" => space.fills,
        _ => space.updates,
    }
}

fn component<'a>(layer: &'a MappedLayer, name: &str) -> Result<&'a ComponentResult, Gap> {
    layer.components.iter().find(|component| component.name == name).ok_or(Gap::Component)
}
