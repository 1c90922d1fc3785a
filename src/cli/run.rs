//! `run`: the whole pipeline, from ONNX files to results on architectures.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::anyhow;

use super::prepare::{mappers, open_architectures, open_cache, open_networks, threads};
use super::printer::{self, Printer};
use super::progress::RunProgress;
use super::run_args::RunArgs;
use super::write_report::{self, write_report};
use super::{Outcome, interrupt};
use crate::api::{self, Architecture, Cache, FinishedRun, Network, Run, Watcher};
use crate::model::Cost;
use crate::report::{self, charts::MetricNames};
use crate::results::{LayerOutcome, NetworkResults};
use crate::run::Done;

pub(super) fn run(args: &RunArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let begun = Instant::now();
    let (threads, workers) = threads(args);
    api::check_output(&args.output)?;
    let architectures = open_architectures(args, printer)?;
    interrupt::listen();
    let mappers = mappers(args, &architectures, (threads, workers))?;
    if interrupt::requested() {
        return Ok(Outcome::Interrupted);
    }
    let cache = open_cache(args, printer)?;
    let (networks, unread) = open_networks(args, printer)?;
    check_charts(args, &networks, &architectures)?;
    write_networks(args, &networks, printer)?;
    let run = Run::with_mappers(&networks, &architectures, &mappers, args.footprint.into());
    printer.warnings(run.warnings());
    let finished = execute(&run, args, &cache, workers, printer)?;
    run.write_results(&args.output, &finished, args.timeloop_version.into())?;
    run.write_timing(&args.output, &finished, begun.elapsed().as_secs_f64())?;
    write_report(&args.output, &finished.results, &run.provenance(), &args.charts, printer)?;
    if !print_totals(args, &finished.results, printer) {
        return Ok(Outcome::Partial);
    }
    Ok(closing(args, printer, &finished, unread))
}

/// Says early which metrics of charts nothing has.
fn check_charts(args: &RunArgs, networks: &[Network], architectures: &[Architecture]) -> anyhow::Result<()> {
    let problems = networks.iter().flat_map(Network::problems);
    let data_spaces = problems.flat_map(|each| each.problem.data_spaces()).map(|space| space.name.as_str());
    write_report::check(
        &args.charts,
        &MetricNames::of_designs(architectures.iter().map(Architecture::resolved), data_spaces),
    )
}

/// Writes layers and problems.
fn write_networks(args: &RunArgs, networks: &[Network], printer: &Printer) -> anyhow::Result<()> {
    for network in networks {
        if network.layers().is_empty() {
            printer
                .warning(format!("{}: it has no layers; `convert -v` prints the reason for each node", network.name()));
        }
        let others = api::write_network(&args.output, network, args.timeloop_version.into())?;
        printer.warnings(&others);
    }
    Ok(())
}

/// Does the searches, shown.
fn execute(run: &Run, args: &RunArgs, cache: &Cache, workers: usize, printer: &Printer) -> anyhow::Result<FinishedRun> {
    let progress = RunProgress::new(run.plan(), printer, workers, 0);
    let session = Session { run, args, progress, failed: Mutex::default() };
    let finished = run.execute(cache, workers, &session);
    session.progress.end();
    match session.failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(anyhow!(error).context("the results so far are in the cache")),
        None => Ok(finished),
    }
}

/// Shows what happens, and writes the files of every job as soon as it is finished.
struct Session<'a> {
    run: &'a Run,
    args: &'a RunArgs,
    progress: RunProgress<'a>,
    /// The first file that could not be written. It ends the run.
    failed: Mutex<Option<io::Error>>,
}

impl Watcher for Session<'_> {
    fn started(&self, worker: usize, job: usize) {
        self.progress.started(worker, job);
    }

    fn improved(&self, worker: usize, cost: Cost) {
        self.progress.improved(worker, cost);
    }

    fn advanced(&self, worker: usize, share: f64) {
        self.progress.advanced(worker, share);
    }

    fn finished(&self, worker: Option<usize>, job: usize, done: &Done) {
        if let Err(error) = self.run.write_search(&self.args.output, job, done) {
            self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
        self.progress.finished(worker, job, done);
    }

    fn warning(&self, text: String) {
        self.progress.aside(|printer| printer.warning(text));
    }

    fn is_cancelled(&self) -> bool {
        interrupt::requested() || self.failed.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// Prints the totals. Whether they could be printed, or nobody wanted them.
fn print_totals(args: &RunArgs, results: &[NetworkResults], printer: &Printer) -> bool {
    if printer.is_quiet() {
        return true;
    }
    match printer::data(&report::totals::totals_table(results, printer::width())) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let folder = args.output.display();
            printer.failure(&format!("cannot write to standard output: {error}; all results are in `{folder}`"));
            false
        }
        _ => true,
    }
}

/// What is to be said at the end, and how it ended.
fn closing(args: &RunArgs, printer: &Printer, run: &FinishedRun, unread: usize) -> Outcome {
    let FinishedRun { results, done } = run;
    let finished = done.iter().flatten().count();
    let cached = done.iter().flatten().filter(|done| done.from_cache).count();
    let from_cache = if cached > 0 { format!(" ({cached} from the cache)") } else { String::new() };
    printer.note(format!(
        "{finished} of {} searches{from_cache}; everything is in `{}`",
        done.len(),
        args.output.display()
    ));
    if interrupt::requested() && finished < done.len() {
        printer.failure(if args.no_cache {
            "interrupted\nhint: without `--no-cache`, the same command could continue from here"
        } else {
            "interrupted\nhint: finished searches are cached; run the same command again to continue"
        });
        return Outcome::Interrupted;
    }
    let reasons = failed_layers(results);
    for (reason, layers) in &reasons {
        let more = if layers.len() > 3 { format!(" and {} more", layers.len() - 3) } else { String::new() };
        let first = layers.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
        printer.failure(&format!("no mapping of {first}{more}: {reason}"));
    }
    if reasons.is_empty() && unread == 0 { Outcome::Done } else { Outcome::Partial }
}

/// Layers without mapping, by reason.
fn failed_layers(results: &[NetworkResults]) -> BTreeMap<&str, Vec<String>> {
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for each in results {
        for layer in &each.layers {
            if let LayerOutcome::Failed { reason } = &layer.outcome {
                let name = format!("{}/{}/{}", each.network, each.architecture, layer.name);
                reasons.entry(reason).or_default().push(name);
            }
        }
    }
    reasons
}
