//! What is written about one network on one accelerator.

use std::io;
use std::path::{Path, PathBuf};

use super::{Done, NetworkProblems, NetworkRun, Plan};
use crate::model::Footprint;
use crate::output::write_all_whole;
use crate::results::{self, LayerOutcome, LayerResult, NetworkResults, Totals};
use crate::timeloop::files::{map_txt, mapping, stats};
use crate::workload::{DistinctProblem, Layer};

/// Beginning of the names of a job's files: those of the real tool.
pub const JOB_PREFIX: &str = "timeloop-mapper";

/// The results of a cell, layer by layer; `done` are the jobs of the plan.
pub fn network_results(plan: &Plan<'_>, cell: &NetworkRun, done: &[Option<Done>]) -> NetworkResults {
    let NetworkProblems { network, problems } = &plan.workloads[cell.workload];
    let accelerator = &plan.accelerators[cell.accelerator];
    let mut layers: Vec<LayerResult> = Vec::with_capacity(network.layers.len());
    for (distinct, job) in problems.iter().zip(&cell.jobs) {
        let outcome = match job {
            Err(reason) => LayerOutcome::Failed { reason: reason.clone() },
            Ok(job) => outcome(done[*job].as_ref()),
        };
        for index in &distinct.layers {
            layers.push(layer(*index, &network.layers[*index], distinct, outcome.clone()));
        }
    }
    layers.sort_by_key(|layer| layer.index);
    let fitted = cell.jobs.iter().flatten().next().map(|job| &plan.jobs[*job].fitted);
    NetworkResults {
        schema: results::SCHEMA,
        network: network.name.clone(),
        architecture: accelerator.name.clone(),
        mapper: plan.mapper(cell).name().to_owned(),
        energy_source: fitted.map(|fitted| accelerator.energy_source(&fitted.architecture)).unwrap_or_default(),
        footprint: match plan.footprint {
            Footprint::BoundingBox => "hull",
            Footprint::Exact => "exact",
        }
        .to_owned(),
        totals: Totals::of(&layers),
        layers,
    }
}

fn outcome(done: Option<&Done>) -> LayerOutcome {
    match done.map(|done| &done.outcome) {
        Some(Ok(solution)) => LayerOutcome::Mapped(Box::new(solution.mapped.clone())),
        Some(Err(error)) => LayerOutcome::Failed { reason: error.to_string() },
        None => LayerOutcome::Failed { reason: "interrupted; the same command again goes on here".to_owned() },
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
        coefficients: problem.coefficients().iter().map(|each| (each.name.clone(), each.value)).collect(),
        outcome,
    }
}

/// Writes the files of a job for a cell and one of its problems: mapping, loop nest, statistics.
///
/// # Errors
///
/// The file system's, with the path in front.
pub fn network_files(plan: &Plan<'_>, cell: &NetworkRun, problem: usize, done: &Done, folder: &Path) -> io::Result<()> {
    let (Some(Ok(job)), Ok(solution)) = (cell.jobs.get(problem), &done.outcome) else { return Ok(()) };
    let fitted = &plan.jobs[*job].fitted;
    let (architecture, of, evaluation) = (&fitted.architecture, &fitted.problem, &solution.evaluation);
    let nest = &solution.best.mapping;
    let own = folder.join(&plan.workloads[cell.workload].problems[problem].id);
    let file = |extension: &str| -> PathBuf { own.join(format!("{JOB_PREFIX}.{extension}")) };
    write_all_whole(&[
        (file("map.yaml"), mapping::write(nest, architecture, of)),
        (file("map.txt"), map_txt::write(nest, architecture, of, evaluation)),
        (file("stats.txt"), stats::write(architecture, of, evaluation, fitted.stats)),
    ])
}
