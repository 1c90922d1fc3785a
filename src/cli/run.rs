//! `run`: the whole pipeline, from ONNX files to results on architectures.

use std::collections::BTreeMap;
use std::io;
use std::time::Instant;

use anyhow::Context;

use super::prepare::{mappers, open_architectures, open_cache, open_networks, threads};
use super::printer::{self, Printer};
use super::progress::RunProgress;
use super::run_args::RunArgs;
use super::write_report::{self, draw_beside};
use super::{Outcome, interrupt};
use crate::api::{self, Architecture, Cache, FinishedRun, Network, NetworkFiles, Run, Watcher};
use crate::mapper::Budget;
use crate::model::Cost;
use crate::output::Writer;
use crate::report::{self, charts::MetricNames};
use crate::results::{LayerOutcome, NetworkResults};
use crate::run::Done;

pub(super) fn run(args: &RunArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let begun = Instant::now();
    let (threads, workers) = threads(args);
    api::check_output(&args.output)?;
    let architectures = open_architectures(args, printer)?;
    interrupt::listen();
    let mappers = mappers(args, &architectures, (threads, workers), Budget::default())?;
    if interrupt::requested() {
        return Ok(Outcome::Interrupted);
    }
    let cache = open_cache(&args.cache, printer)?;
    let (networks, unread) = open_networks(&args.paths, &args.network, &args.reading, printer)?;
    check_charts(args, &networks, &architectures)?;
    let writer = Writer::start();
    write_networks(args, &networks, &writer, printer)?;
    let run = Run::with_mappers(&networks, &architectures, &mappers, args.footprint.into());
    printer.warnings(run.warnings());
    tell_of_folder(args, &run, printer)?;
    let finished = execute(&run, args, &cache, workers, &writer, printer);
    write_results(args, &run, &finished, writer, begun, printer)?;
    let is_interrupted = interrupt::requested() && finished.done.iter().any(Option::is_none);
    if is_interrupted {
        // Before the table, which is not that of a whole run.
        printer.failure(if args.cache.no_cache {
            "interrupted\nhint: without `--no-cache`, the same command could continue from here"
        } else {
            "interrupted\nhint: finished searches are cached; run the same command again to continue"
        });
    }
    let is_printed = print_totals(args, &finished.results, printer);
    note_searches(args, printer, &finished);
    if is_interrupted {
        return Ok(Outcome::Interrupted);
    }
    let has_failures = tell_failures(&finished.results, printer);
    Ok(if is_printed && !has_failures && unread == 0 { Outcome::Done } else { Outcome::Partial })
}

/// Says early which metrics of charts nothing has.
fn check_charts(args: &RunArgs, networks: &[Network], architectures: &[Architecture]) -> anyhow::Result<()> {
    let problems = networks.iter().flat_map(Network::problems);
    let data_spaces = problems.flat_map(|distinct| distinct.problem.data_spaces()).map(|space| space.name.as_str());
    write_report::check(
        &args.charts,
        &MetricNames::of_designs(architectures.iter().map(Architecture::resolved), data_spaces),
    )
}

/// Writes layers and problems.
fn write_networks(args: &RunArgs, networks: &[Network], writer: &Writer, printer: &Printer) -> anyhow::Result<()> {
    for network in networks {
        if network.layers().is_empty() {
            printer
                .warning(format!("{}: it has no layers; `convert -v` prints the reason for each node", network.name()));
        }
        let NetworkFiles { files, left_over } =
            api::network_files(&args.output, network, args.timeloop_version.into())?;
        writer.add(files);
        printer.warnings(&left_over);
    }
    Ok(())
}

/// Waits for the files of the searches, and writes everything that is made of all of them.
fn write_results(
    args: &RunArgs,
    run: &Run,
    finished: &FinishedRun,
    writer: Writer,
    begun: Instant,
    printer: &Printer,
) -> anyhow::Result<()> {
    let folder = &args.output;
    let searches = || writer.finish().context("the results so far are in the cache");
    let results = || -> anyhow::Result<()> {
        run.write_results(folder, finished, args.timeloop_version.into())?;
        run.write_timing(folder, finished, begun.elapsed().as_secs_f64())?;
        Ok(api::write_report(folder, &finished.results, &run.provenance())?)
    };
    let statistics = run.statistics(folder, finished);
    // Charts of numbers that only the searches' files have are drawn when these are there.
    let early = if args.charts.metrics.is_empty() { Some(searches) } else { searches().map(|()| None)? };
    draw_beside(folder, &finished.results, &statistics, &args.charts, printer, || {
        early.map_or(Ok(()), |searches| searches())?;
        results()
    })
}

/// Says what lies in the folder already, and what is not as the files have it.
fn tell_of_folder(args: &RunArgs, run: &Run, printer: &Printer) -> anyhow::Result<()> {
    for sentence in run.earlier_results(&args.output, args.timeloop_version.into())? {
        printer.note(format!("note: {sentence}"));
    }
    for sentence in run.narrowed_numbers().into_iter().chain(run.unused_densities()) {
        printer.note(format!("note: {sentence}"));
    }
    Ok(())
}

/// Does the searches, shown.
fn execute(
    run: &Run,
    args: &RunArgs,
    cache: &Cache,
    workers: usize,
    writer: &Writer,
    printer: &Printer,
) -> FinishedRun {
    let progress = RunProgress::new(run.plan(), printer, workers, 0);
    let session = Session { run, args, progress, writer };
    let finished = run.execute(cache, workers, &session);
    session.progress.end();
    finished
}

/// Shows what happens, and writes the files of finished searches.
struct Session<'a> {
    run: &'a Run,
    args: &'a RunArgs,
    progress: RunProgress<'a>,
    /// A file that it could not write ends the run.
    writer: &'a Writer,
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
        self.writer.add(self.run.search_files(&self.args.output, job, done));
        self.progress.finished(worker, job, done);
    }

    fn warning(&self, text: String) {
        self.progress.aside(|printer| printer.warning(text));
    }

    fn is_cancelled(&self) -> bool {
        interrupt::requested() || self.writer.has_failed()
    }
}

/// Prints the totals, unless only errors are wanted; false where standard output cannot be written.
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

/// Says how many searches were done, and where everything is.
fn note_searches(args: &RunArgs, printer: &Printer, FinishedRun { done, .. }: &FinishedRun) {
    let finished = done.iter().flatten().count();
    let cached = done.iter().flatten().filter(|done| done.from_cache).count();
    let from_cache = if cached > 0 { format!(" ({cached} from the cache)") } else { String::new() };
    let folder = args.output.display();
    printer.note(format!("{finished} of {} searches{from_cache}; everything is in `{folder}`", done.len()));
}

/// Says which layers have no mapping, by reason; whether some have none.
fn tell_failures(results: &[NetworkResults], printer: &Printer) -> bool {
    let reasons = failed_layers(results);
    for (reason, layers) in &reasons {
        let more = if layers.len() > 3 { format!(" and {} more", layers.len() - 3) } else { String::new() };
        let first = layers.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
        printer.failure(&format!("no mapping of {first}{more}: {reason}"));
    }
    !reasons.is_empty()
}

/// Layers without mapping, by reason.
fn failed_layers(results: &[NetworkResults]) -> BTreeMap<&str, Vec<String>> {
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for run in results {
        for layer in &run.layers {
            if let LayerOutcome::Failed { reason } = &layer.outcome {
                let name = format!("{}/{}/{}", run.network, run.architecture, layer.name);
                reasons.entry(reason).or_default().push(name);
            }
        }
    }
    reasons
}
