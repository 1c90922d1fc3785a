//! From the files of a run back to a mapping, which our own model evaluates again.

use std::path::Path;

use super::exit_status::{MAP_TEXT, MAP_YAML, read};
use super::failed;
use crate::mapper::{Job, MapError, Progress};
use crate::mapping::Mapping;
use crate::mapspace::LoopConstraints;
use crate::model::{Cost, evaluate};
use crate::timeloop::files::stats_reader::Statistics;
use crate::timeloop::files::{FormatError, architecture, constraints, map_txt, mapping, parse_document, problem};

/// Looks whether the input says of the job what it is: what would be lost would make another problem of it.
pub(super) fn check_input(text: &str, job: Job) -> Result<(), MapError> {
    let differs =
        |what: &str| failed(format!("the job cannot be written for timeloop-mapper: its {what} has no form in a file"));
    let read = || -> Result<(bool, bool, bool), FormatError> {
        let document = parse_document(text)?;
        let architecture = architecture::read(&document)?.value;
        let problem = problem::read(&document)?.value;
        let scope = constraints::Scope::All;
        let stated = constraints::read(&document, &architecture, &problem, scope)?.constraints;
        let levels = stated.levels.iter().zip(&job.constraints.levels).all(|(written, meant)| {
            let mut meant = meant.clone();
            let dimensions = problem.dimensions().len();
            complete(&mut meant.temporal, dimensions);
            complete(&mut meant.spatial.loops, dimensions);
            *written == meant
        });
        Ok((architecture == *job.architecture, problem == *job.problem, levels))
    };
    match read() {
        Err(error) => Err(failed(format!("the job cannot be written for timeloop-mapper: {error}"))),
        Ok((false, _, _)) => Err(differs("architecture")),
        Ok((_, false, _)) => Err(differs("problem")),
        Ok((_, _, false)) => Err(differs("constraints")),
        Ok((true, true, true)) => Ok(()),
    }
}

/// Dimensions of which nothing is said are free.
fn complete(loops: &mut LoopConstraints, dimensions: usize) {
    loops.factors.resize_with(dimensions, Default::default);
}

/// The mapping that a run has left, with its cost by our model. Where that is not what the statistics say, a warning has both.
pub(super) fn read_back(
    folder: &Path,
    job: Job,
    statistics: &Statistics,
    progress: &dyn Progress,
) -> Result<(Mapping, Cost), MapError> {
    let mut found = read_mapping(folder, job)?;
    switch(&mut found, job);
    if let Err(violation) = job.constraints.admits(&found, job.architecture, job.problem) {
        progress.warned(&format!("timeloop-mapper's mapping is not within the constraints: {violation}"));
    }
    let evaluation = evaluate(job.architecture, job.problem, &found).map_err(|rejection| {
        failed(format!("timeloop-mapper found a mapping that cannot run by its own rules: {rejection}"))
    })?;
    let cost = Cost { energy_pj: evaluation.energy_pj, cycles: evaluation.cycles };
    if let Some(difference) = difference(cost, statistics) {
        progress.warned(&difference);
    }
    Ok((found, cost))
}

/// `map.yaml`; of a mapping with residuals, which are not in it, `map.txt`.
fn read_mapping(folder: &Path, job: Job) -> Result<Mapping, MapError> {
    let of_yaml = || -> Result<Mapping, String> {
        let text = read(&folder.join(MAP_YAML)).map_err(|error| error.to_string())?;
        let document = parse_document(&text).map_err(|error| error.to_string())?;
        let found = mapping::read(&document, job.architecture, job.problem);
        found.map(|read| read.value).map_err(|error| error.to_string())
    };
    let of_text = || -> Result<Mapping, String> {
        let text = read(&folder.join(MAP_TEXT)).map_err(|error| error.to_string())?;
        map_txt::read(&text, job.architecture, job.problem).map_err(|error| error.to_string())
    };
    of_yaml().or_else(|first| {
        of_text().map_err(|second| {
            failed(format!("timeloop-mapper wrote no readable mapping: {MAP_YAML}: {first}; {MAP_TEXT}: {second}"))
        })
    })
}

/// Turns on what the constraints turn on: neither file of a mapping says so.
fn switch(mapping: &mut Mapping, job: Job) {
    for (level, stated) in mapping.levels.iter_mut().zip(&job.constraints.levels) {
        level.policy = level.policy.with_exceptions_of(stated.policy);
    }
}

/// How the statistics differ from our own numbers, in words, beyond what rounding for print explains.
fn difference(cost: Cost, statistics: &Statistics) -> Option<String> {
    let cycles = statistics.summary.cycles;
    let stated_pj = statistics.energy_pj()?;
    let same_energy = (stated_pj - cost.energy_pj).abs() <= statistics.energy_resolution_pj();
    if cycles == cost.cycles && same_energy {
        return None;
    }
    Some(format!(
        "timeloop-mapper states {cycles} cycles and {:.4} uJ for its mapping, our model {} cycles and {:.4} uJ; ours count. \
         Versions of Timeloop before 2025-01 see less reuse of halos",
        stated_pj / 1e6,
        cost.cycles,
        cost.energy_pj / 1e6,
    ))
}
