//! `map`: the best mapping of one problem.

use anyhow::{Context, anyhow, bail};

use super::inputs::{Inputs, Subject};
use super::map_args::{Map, SearchChoice};
use super::printer::{self, Printer};
use super::watch::Watch;
use super::{Outcome, interrupt, model_files};
use crate::mapper::{
    self, Algorithm, ExactMapper, FoundMapping, Job, Mapper, Metric, RandomMapper, SearchSettings, Status, Template,
};
use crate::mapspace::Constraints;
use crate::model::{self, Footprint};
use crate::output::write_whole;
use crate::report::evaluation::{self, Evaluated};
use crate::report::search::{self, MapRecord};
use crate::timeloop::files::constraints::Scope;
use crate::timeloop::files::mapper_settings::ReadSettings;
use crate::timeloop::files::specification::{Purpose, SpecificationOptions};

/// The beginning of every file's name: since 2024 the real tool lets nobody choose another.
const PREFIX: &str = "timeloop-mapper";

/// Streams of a random search if the files do not say how many threads: the default of Timeloop's front end.
const STREAMS: usize = 8;

pub(super) fn run(args: &Map, printer: &Printer) -> anyhow::Result<Outcome> {
    let inputs = Inputs::new(args.arch.as_deref(), &args.files, args.problem.as_ref())?;
    let options = SpecificationOptions { frontend_quirks: args.frontend_quirks, purpose: Purpose::Mapper };
    let mut subject = Subject::read(&inputs, options, &args.energy, &args.output, |_| Ok(PREFIX.to_owned()), printer)?;
    let task = task(args, &mut subject).inspect_err(|_| subject.say_warnings(printer))?;
    subject.say_warnings(printer);

    interrupt::listen();
    let job = Job::new(&subject.architecture, &subject.problem, &task.constraints);
    let watch = Watch::new(printer);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(task.threads).build().context("cannot start threads")?;
    let outcome = pool.install(|| task.mapper.search(job, &watch));
    watch.finish();
    let failure = match &outcome {
        Ok(outcome) => match (&outcome.best, &outcome.status) {
            (Some(best), _) => {
                write(args, printer, &inputs, &mut subject, &task, best, outcome)?;
                if interrupt::requested() {
                    printer.warning("interrupted: this is the best mapping so far");
                    return Ok(Outcome::Interrupted);
                }
                return Ok(Outcome::Done);
            }
            (None, Status::Infeasible(reason)) => reason.clone(),
            (None, _) => format!("no valid mapping was found: {}", outcome.reason().unwrap_or_default()),
        },
        Err(error) => error.to_string(),
    };
    write_nothing(args)?;
    printer.failure(&failure);
    Ok(if interrupt::requested() { Outcome::Interrupted } else { Outcome::Partial })
}

/// What is to be done.
struct Task {
    constraints: Constraints,
    mapper: Box<dyn Mapper>,
    metrics: Vec<Metric>,
    /// 0 is one per core.
    threads: usize,
}

/// Reads constraints and settings; what is typed goes before what is written.
fn task(args: &Map, subject: &mut Subject) -> anyhow::Result<Task> {
    let Subject { specification, architecture, problem, warnings, .. } = subject;
    let (mut constraints, more) = specification.constraints(architecture, problem, Scope::All)?;
    warnings.extend(more);
    let read = specification.mapper(architecture)?;
    warnings.extend(read.warnings.iter().map(ToString::to_string));
    warnings.extend(ignored(&read, args.search));
    constraints.max_temporal_loops = read.max_temporal_loops;
    let ReadSettings { mut settings, threads: stated, .. } = read;
    if !args.metric.is_empty() {
        let named = args.metric.iter().map(|name| Metric::named(name, architecture.levels().len()));
        settings.metrics = named.collect::<Result<Vec<_>, _>>()?.concat();
    }
    if let Some(mapspace) = args.mapspace {
        settings.template = mapspace.into();
    }
    if settings.template == Template::Ruby && args.search == SearchChoice::Random {
        bail!("`--search random` draws factors that divide\nhint: the mapspace `ruby` goes with `--search exact`");
    }
    let metrics = settings.metrics.clone();
    let threads = args.threads.map_or_else(|| default_threads(stated), usize::from);
    settings.threads = stated.unwrap_or(STREAMS);
    Ok(Task { constraints, mapper: mapper(args, settings), metrics, threads })
}

fn mapper(args: &Map, settings: SearchSettings) -> Box<dyn Mapper> {
    let budget = args.budget.unwrap_or_default();
    match args.search {
        SearchChoice::Exact => Box::new(ExactMapper { metrics: settings.metrics, budget, template: settings.template }),
        SearchChoice::Random => Box::new(RandomMapper { settings, seed: args.seed, budget }),
    }
}

/// As many as the files state, at most one per core.
fn default_threads(stated: Option<usize>) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    stated.map_or(cores, |stated| stated.min(cores))
}

/// Settings that have no effect on this search, in one warning.
fn ignored(read: &ReadSettings, search: SearchChoice) -> Option<String> {
    const EXACT: [&str; 4] =
        ["optimization_metric", "optimization_metrics", "num_threads", "max_temporal_loops_in_a_mapping"];
    const RANDOM: [&str; 6] = [
        "timeout",
        "heartbeat",
        "victory_condition",
        "search_size",
        "filter_revisits",
        "penalize_consecutive_bypass_fails",
    ];
    let has_effect = |key: &str| {
        EXACT.contains(&key)
            || search == SearchChoice::Random
                && (RANDOM.contains(&key) || key == "algorithm" && read.settings.algorithm == Algorithm::Random)
    };
    let keys: Vec<&str> = read.stated.iter().map(String::as_str).filter(|key| !has_effect(key)).collect();
    let name = match search {
        SearchChoice::Exact => "exact",
        SearchChoice::Random => "random",
    };
    (!keys.is_empty()).then(|| format!("mapper: {} have no effect on the {name} search", keys.join(", ")))
}

/// Writes and says what was found.
fn write(
    args: &Map,
    printer: &Printer,
    inputs: &Inputs,
    subject: &mut Subject,
    task: &Task,
    best: &FoundMapping,
    outcome: &mapper::Outcome,
) -> anyhow::Result<()> {
    let evaluation = model::evaluate(&subject.architecture, &subject.problem, &best.mapping)
        .map_err(|rejection| anyhow!("the mapping found is refused: {}", evaluation::rejection(&rejection)))?;
    let evaluated = Evaluated {
        architecture: &subject.architecture,
        problem: &subject.problem,
        mapping: &best.mapping,
        evaluation: &evaluation,
        tables: &subject.tables,
        footprint: Footprint::BoundingBox,
    };
    if let Some(guessed) = model_files::guessed(&evaluated, args.energy.energy) {
        printer.warning(&guessed);
        subject.warnings.push(guessed);
    }
    let record = MapRecord {
        evaluation: evaluation::record(&evaluated, &inputs.names(), &subject.warnings),
        search: search::record(task.mapper.name(), task.mapper.settings(), outcome),
    };
    let options = subject.specification.stats_options();
    model_files::write(&args.output, PREFIX, &evaluated, options, &record)?;
    printer.note(search::optimality(&outcome.status, &task.metrics));
    let mut text = String::new();
    if printer.is_verbose() {
        text.push_str(&search::mapspace(&outcome.effort));
        text.push_str(&search::effort(&outcome.effort));
    }
    text.push_str(&search::summary(&evaluation));
    if printer.is_verbose() {
        text.push('\n');
        text.push_str(&evaluation::details(&evaluated));
    }
    printer::data(&text)?;
    Ok(())
}

/// Empties the files of an earlier run, as the real tool does, so that nobody takes them for this one's.
fn write_nothing(args: &Map) -> anyhow::Result<()> {
    for extension in model_files::EXTENSIONS {
        write_whole(&args.output.join(format!("{PREFIX}.{extension}")), &[])?;
    }
    Ok(())
}
