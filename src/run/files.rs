//! What is written about one network on one architecture.

use std::io;
use std::path::{Path, PathBuf};

use super::{Done, NetworkProblems, NetworkRun, Plan};
use crate::output::write_all_whole;
use crate::report::energies::energy_sources;
use crate::results::{self, DensityResult, DensityResults, LayerOutcome, LayerResult, NetworkResults, Totals};
use crate::timeloop::files::mapping_files;
use crate::timeloop::outputs::COUNT_FILE;
use crate::workload::{Datawidth, DistinctProblem, Layer, Network};

/// Beginning of the names of a job's files: those of the real tool.
pub const JOB_PREFIX: &str = "timeloop-mapper";

/// The results of a run, layer by layer; `done` are the jobs of the plan.
pub fn network_results(plan: &Plan, run: &NetworkRun, done: &[Option<Done>]) -> NetworkResults {
    let NetworkProblems { network, problems, datawidth } = &plan.networks[run.network];
    let architecture = &plan.architectures[run.architecture];
    let mut layers: Vec<LayerResult> = Vec::with_capacity(network.layers.len());
    for (distinct, job) in problems.iter().zip(&run.jobs) {
        let outcome = match job {
            Err(error) => LayerOutcome::Failed { reason: error.to_string() },
            Ok(job) => outcome(done[*job].as_ref()),
        };
        for index in &distinct.layers {
            layers.push(layer(*index, &network.layers[*index], distinct, outcome.clone()));
        }
    }
    layers.sort_by_key(|layer| layer.index);
    layers.extend(network.unknown_layers.iter().enumerate().map(|(number, layer)| LayerResult {
        index: network.layers.len() + number,
        name: layer.name.clone(),
        op: layer.op.clone(),
        problem: format!("unknown_{}", layer.name),
        executions: 1,
        macs: None,
        bounds: Vec::new(),
        coefficients: Vec::new(),
        densities: DensityResults::default(),
        recognized_as: None,
        note: None,
        outcome: LayerOutcome::Failed { reason: layer.reason.clone() },
    }));
    let fitted = run.jobs.iter().flatten().next().map(|job| &plan.jobs[*job].fitted);
    let mapper = plan.mapper(run);
    let cycle_seconds = fitted.and_then(|fitted| fitted.cycle_seconds);
    NetworkResults {
        schema: results::SCHEMA,
        network: network.name.clone(),
        architecture: architecture.name.clone(),
        mapper: mapper.name().to_owned(),
        energy_source: fitted.map(|fitted| energy_sources(&fitted.architecture, &fitted.tables)).unwrap_or_default(),
        footprint: plan.footprint.name().to_owned(),
        datawidth: (*datawidth != Datawidth::Machine).then(|| datawidth.name().to_owned()),
        metric: mapper.metric().map(|metric| metric.to_string()),
        cycle_seconds,
        totals: Totals::of(&layers, cycle_seconds),
        layers,
        mac_coverage: network.mac_coverage,
        warnings: network.warnings.clone(),
    }
}

fn outcome(done: Option<&Done>) -> LayerOutcome {
    match done.map(|done| &done.outcome) {
        Some(Ok(solution)) => LayerOutcome::Mapped(Box::new(solution.mapped.clone())),
        Some(Err(error)) => LayerOutcome::Failed { reason: error.to_string() },
        None => LayerOutcome::Failed { reason: "interrupted; run the same command again to continue".to_owned() },
    }
}

fn layer(index: usize, layer: &Layer, distinct: &DistinctProblem, outcome: LayerOutcome) -> LayerResult {
    let problem = &distinct.problem;
    LayerResult {
        index,
        name: layer.name.clone(),
        op: layer.op.clone(),
        problem: distinct.id.clone(),
        executions: layer.executions,
        macs: Some(layer.macs),
        bounds: problem.dimensions().iter().map(|(letter, bound)| (letter.to_string(), *bound)).collect(),
        coefficients: problem
            .coefficients()
            .iter()
            .map(|coefficient| (coefficient.name.clone(), coefficient.value))
            .collect(),
        densities: DensityResult::all(&layer.densities),
        recognized_as: layer.recognized_as.clone(),
        note: layer.note.clone(),
        outcome,
    }
}

/// Writes the files of a job for a run and one of its problems: mapping, loop nest, statistics, and how often a run of the
/// network executes it, with the layers that do.
///
/// # Errors
///
/// The file system's, with the path in front.
pub fn network_files(plan: &Plan, run: &NetworkRun, problem: usize, done: &Done, folder: &Path) -> io::Result<()> {
    write_all_whole(&search_files(plan, run, problem, done, folder))
}

/// The files of [`network_files`], each with its text; none for a search without a mapping.
pub fn search_files(
    plan: &Plan,
    run: &NetworkRun,
    problem: usize,
    done: &Done,
    folder: &Path,
) -> Vec<(PathBuf, String)> {
    let (Some(Ok(job)), Ok(solution)) = (run.jobs.get(problem), &done.outcome) else { return Vec::new() };
    let fitted = &plan.jobs[*job].fitted;
    let (architecture, layer_problem, evaluation) = (&fitted.architecture, &fitted.problem, &solution.evaluation);
    let nest = &solution.best.mapping;
    let NetworkProblems { network, problems, .. } = &plan.networks[run.network];
    let distinct = &problems[problem];
    let own = folder.join(&distinct.id);
    let texts = mapping_files::texts(architecture, layer_problem, nest, evaluation, fitted.stats);
    let texts = texts.map(|(extension, text)| (format!("{JOB_PREFIX}.{extension}"), text));
    let texts = texts.into_iter().chain([(COUNT_FILE.to_owned(), count(network, distinct))]);
    texts.map(|(name, text)| (own.join(name), text)).collect()
}

/// How often one run of a network executes a distinct problem, and below it the layers that are it.
fn count(network: &Network, distinct: &DistinctProblem) -> String {
    let layers = || distinct.layers.iter().map(|index| &network.layers[*index]);
    let executions = layers().fold(0u64, |sum, layer| sum.saturating_add(layer.executions));
    layers().fold(format!("{executions}\n"), |text, layer| text + &layer.name + "\n")
}
