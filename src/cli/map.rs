//! `map`: the best mapping of one problem.

use anyhow::Context;

use super::energy_args::guessed_energies;
use super::map_args::MapArgs;
use super::model_args::described;
use super::printer::{self, Printer};
use super::watch::Watch;
use super::{Outcome, interrupt};
use crate::api::{ArchitectureOptions, ModelInputs, PreparedSearch, SearchOptions};
use crate::mapper::{self, FoundMapping, MapError};
use crate::output::{check_folder, remove_left_over};
use crate::report::evaluation;
use crate::report::search::{self, MapRecord};

pub(super) fn run(args: &MapArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    check_folder(&args.output)?;
    remove_left_over(&args.output, 1);
    let mut description = described(args.arch.as_deref(), &args.files, (args.problem.as_ref(), None), printer)?;
    args.variables.add_to(&mut description);
    args.densities.add_to(&mut description)?;
    let options = ArchitectureOptions {
        energies: args.energy.energies(&args.output),
        frontend_quirks: args.frontend_quirks,
        ..ArchitectureOptions::default()
    };
    let mut inputs = ModelInputs::of_mapper(&description, &options)?;
    let search = inputs.prepare_search(&SearchOptions {
        method: args.search.method(args.seed),
        metrics: args.metric.clone(),
        template: args.mapspace.map(Into::into),
        budget: args.budget.unwrap_or_default(),
    })?;
    printer.warnings(&inputs.warnings);

    let outcome = searched(args, &inputs, &search, printer)?;
    let failure = match &outcome {
        Ok(outcome) => match &outcome.best {
            Some(best) => {
                write(args, printer, &mut inputs, &search, best, outcome)?;
                if interrupt::requested() {
                    printer.warning("interrupted: this is the best mapping so far");
                    return Ok(Outcome::Interrupted);
                }
                return Ok(Outcome::Done);
            }
            None => outcome.reason().unwrap_or_default().to_owned(),
        },
        Err(error) => error.to_string(),
    };
    inputs.write_nothing(&args.output)?;
    printer.failure(&failure);
    Ok(if interrupt::requested() { Outcome::Interrupted } else { Outcome::Partial })
}

/// Searches on threads of its own, shown and ended by Ctrl-C.
fn searched(
    args: &MapArgs,
    inputs: &ModelInputs,
    search: &PreparedSearch,
    printer: &Printer,
) -> anyhow::Result<Result<mapper::Outcome, MapError>> {
    interrupt::listen();
    let threads = args.threads.map_or_else(|| default_threads(search.threads), usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start threads")?;
    let watch = Watch::new(printer);
    let sparse = inputs.sparse_model();
    let outcome = pool.install(|| search.mapper.search(inputs.job(search, sparse.as_ref()), &watch));
    watch.finish();
    Ok(outcome)
}

/// As many as the files state, at most one per core.
fn default_threads(stated: Option<usize>) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    stated.map_or(cores, |stated| stated.min(cores))
}

/// Writes and says what was found.
fn write(
    args: &MapArgs,
    printer: &Printer,
    inputs: &mut ModelInputs,
    search: &PreparedSearch,
    best: &FoundMapping,
    outcome: &mapper::Outcome,
) -> anyhow::Result<()> {
    let evaluated = inputs
        .evaluate_mapping(best.mapping.clone())
        .map_err(|error| anyhow::anyhow!("the mapping found is refused: {error}"))?;
    if let Some(guessed) = guessed_energies(&inputs.guessed_energies(&evaluated.evaluation)) {
        printer.warning(&guessed);
        inputs.warnings.push(guessed);
    }
    if let Some(miscount) = inputs.miscount(&evaluated.evaluation) {
        printer.warning(&miscount);
        inputs.warnings.push(miscount);
    }
    let report = inputs.report(&evaluated);
    let record = MapRecord {
        evaluation: evaluation::record(&report, &inputs.sources, &inputs.warnings),
        search: search::record(search.mapper.name(), search.mapper.settings(), outcome),
    };
    inputs.write(&args.output, &evaluated, &record)?;
    printer.note(search::optimality(&outcome.status, &search.metrics));
    let mut text = String::new();
    if printer.is_verbose() {
        text.push_str(&search::mapspace(&outcome.effort));
        text.push_str(&search::effort(&outcome.effort));
    }
    text.push_str(&search::summary(&evaluated.evaluation));
    if printer.is_verbose() {
        text.push('\n');
        text.push_str(&evaluation::details(&report, printer::width()));
    }
    printer::data(&text)?;
    Ok(())
}
