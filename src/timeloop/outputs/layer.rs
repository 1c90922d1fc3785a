//! One layer: what its folder says of it.

use std::fs;
use std::path::Path;

use serde_yaml::Value;

use super::scan::Run;
use super::{COUNT_FILE, component, nest};
use crate::architecture::Architecture;
use crate::model::Cost;
use crate::results::area;
use crate::results::{DensityResults, LayerOutcome, LayerResult, MappedLayer, OptimalityResult};
use crate::timeloop::files::stats_reader::{self, Statistics};
use crate::timeloop::files::{EnergyTables, FormatError, architecture, cycle_seconds, parse_document, problem};
use crate::workload::Problem;

/// Largest file that is read, in bytes: real ones have some hundred kilobytes.
const LARGEST: u64 = 64 << 20;

/// A layer before it has its place.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    /// Name of the program that wrote the files.
    pub(super) mapper: String,
    /// `ERT`, `PAT`, `user`: where the statistics say that energies come from.
    pub(super) energy_sources: Vec<String>,
    /// Seconds of a cycle, where the input states them.
    pub(super) cycle_seconds: Option<f64>,
    count: Count,
    macs: Option<u64>,
    problem: Option<Problem>,
    outcome: LayerOutcome,
}

impl Layer {
    /// Reads the folder of a run. What cannot be read is a warning, or the reason of its failure.
    pub(super) fn read(run: &Run, warnings: &mut Vec<String>) -> Self {
        let mut given = Given::default();
        if let Some(input) = &run.input {
            given = Given::read(input, run).unwrap_or_else(|reason| {
                warnings.push(format!("{}: {reason}; the file is left out", input.display()));
                Given::default()
            });
        }
        // The scripts of the exercises know one tool.
        let mapper = if run.prefix == "timeloop-mapper" { "timeloop".to_owned() } else { run.prefix.clone() };
        let macs = given.problem.as_ref().map(Problem::macs);
        let mut layer = Self {
            mapper,
            energy_sources: Vec::new(),
            cycle_seconds: given.cycle_seconds,
            count: Count::read(run, warnings),
            macs,
            outcome: LayerOutcome::Failed { reason: String::new() },
            problem: given.problem.take(),
        };
        match statistics(run).and_then(|statistics| Ok((mapped(run, &statistics, &given)?, statistics))) {
            Ok((mapped, statistics)) => {
                let summary = &statistics.summary;
                layer.macs = macs.or(summary.algorithmic_computes).or(Some(summary.computes));
                layer.energy_sources = statistics.levels.into_iter().filter_map(|level| level.energy_source).collect();
                layer.outcome = LayerOutcome::Mapped(Box::new(mapped));
            }
            Err(reason) => layer.outcome = LayerOutcome::Failed { reason },
        }
        layer
    }

    /// Why it has no mapping.
    pub(super) fn failure(&self) -> Option<String> {
        match &self.outcome {
            LayerOutcome::Failed { reason } => Some(reason.clone()),
            LayerOutcome::Mapped(_) => None,
        }
    }

    /// Its results, once its place is known: one for each layer of the network that is the folder's problem.
    pub(super) fn results(self, name: &str) -> Vec<LayerResult> {
        let problem = self.problem.as_ref();
        let bounds = problem.map(|problem| problem.dimensions().iter().map(|(name, bound)| (name.to_string(), *bound)));
        let coefficients = problem.map(|problem| {
            problem.coefficients().iter().map(|coefficient| (coefficient.name.clone(), coefficient.value))
        });
        let (bounds, coefficients): (Vec<_>, Vec<_>) =
            (bounds.into_iter().flatten().collect(), coefficients.into_iter().flatten().collect());
        let layers = self.count.layers(name).into_iter().map(|(layer, executions)| LayerResult {
            index: 0,
            problem: name.to_owned(),
            name: layer,
            op: String::new(),
            executions,
            macs: self.macs,
            bounds: bounds.clone(),
            coefficients: coefficients.clone(),
            densities: DensityResults::default(),
            recognized_as: None,
            note: None,
            outcome: self.outcome.clone(),
        });
        layers.collect()
    }
}

/// What the tool was given.
#[derive(Default)]
struct Given {
    problem: Option<Problem>,
    architecture: Option<Architecture>,
    cycle_seconds: Option<f64>,
}

impl Given {
    /// Reads an input, if it is processed; sparse designs and the like are read, too.
    fn read(input: &Path, run: &Run) -> Result<Self, String> {
        let text = text(input)?;
        let document = parse_document(&text).map_err(|error| error.to_string())?;
        let states = |key: &str| document.get(key).is_some();
        let problem = states("problem").then(|| problem::read(&document)).transpose();
        let problem = problem.map_err(|error| error.to_string())?.map(|read| read.value);
        let system = states("architecture").then(|| system(&document, run)).transpose();
        let cycle_seconds = cycle_seconds(&document);
        Ok(Self { problem, architecture: system.map_err(|error| error.to_string())?, cycle_seconds })
    }
}

/// How often one run of the network executes the folder's problem, and the layers that do.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Count {
    executions: u64,
    names: Vec<String>,
}

impl Count {
    /// What [`COUNT_FILE`] says, else once.
    fn read(run: &Run, warnings: &mut Vec<String>) -> Self {
        let once = Self { executions: 1, names: Vec::new() };
        let file = run.path.join(COUNT_FILE);
        let Ok(text) = fs::read_to_string(&file) else { return once };
        let mut lines = text.lines().map(str::trim);
        let count = lines.next().and_then(|line| line.parse().ok()).filter(|count| *count > 0);
        let Some(executions) = count else {
            warnings.push(format!("{}: its first line is not a number of executions; 1 is taken", file.display()));
            return once;
        };
        Self { executions, names: lines.filter(|line| !line.is_empty()).map(str::to_owned).collect() }
    }

    /// Names and executions of the layers of a problem: those that are named, if each is executed once, else one layer for all.
    fn layers(&self, problem: &str) -> Vec<(String, u64)> {
        match &self.names[..] {
            [name] => vec![(name.clone(), self.executions)],
            names if u64::try_from(names.len()) == Ok(self.executions) => {
                names.iter().map(|name| (name.clone(), 1)).collect()
            }
            _ => vec![(problem.to_owned(), self.executions)],
        }
    }
}

/// The architecture, with the areas that Accelergy has left beside the statistics.
fn system(document: &Value, run: &Run) -> Result<Architecture, FormatError> {
    let mut tables = EnergyTables::default();
    tables.add(document, "the input")?;
    if let Some(table) =
        run.file("ART.yaml").and_then(|file| text(&file).ok()).and_then(|text| parse_document(&text).ok())
    {
        tables.add_art(&table, "Accelergy")?;
    }
    Ok(architecture::read_with(document, &tables)?.value)
}

fn text(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST {
        return Err(format!("it has {size} bytes, which is too large for such a file"));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn statistics(run: &Run) -> Result<Statistics, String> {
    let Some(stats) = &run.stats else {
        return Err(format!("{}.stats.txt is missing: the run did not finish", run.prefix));
    };
    let text = text(stats).map_err(|error| format!("cannot read {}: {error}", stats.display()))?;
    stats_reader::read(&text).map_err(|error| error.to_string())
}

fn mapped(run: &Run, statistics: &Statistics, given: &Given) -> Result<MappedLayer, String> {
    let missing = |what: &str| format!("the statistics have no valid number for {what}");
    let cycles = statistics.summary.cycles;
    let energy_pj = statistics.energy_pj().ok_or_else(|| missing("energy"))?;
    Ok(MappedLayer {
        cycles,
        energy_pj,
        edp_j_cycle: Cost { energy_pj, cycles }.edp(),
        utilization: statistics.utilization().ok_or_else(|| missing("utilization"))?,
        gflops: statistics.gflops().ok_or_else(|| missing("throughput (GFLOPs)"))?,
        area_um2: statistics
            .stated_area_um2()
            .or_else(|| area::known(given.architecture.as_ref()?))
            .or_else(|| statistics.area_um2()),
        components: component::components(statistics),
        limited_by: component::limits(statistics),
        mapping: nest::read(run, statistics, given.architecture.as_ref()),
        optimality: OptimalityResult::Unknown,
        mapspace: Vec::new(),
        evaluations: None,
        stop: None,
        proof: None,
        sparse: None,
        computes: None,
    })
}
