//! `run`: the whole pipeline, from ONNX files to results on accelerators.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Context, anyhow};
use indexmap::IndexMap;
use rayon::prelude::*;
use serde::Serialize;

use super::accelerators::{self, Described};
use super::convert::{self, Converted};
use super::folder::{self, ManifestEntry, ResultsEntry};
use super::mappers::Search;
use super::present::{self, present};
use super::printer::{self, Printer};
use super::progress::RunProgress;
use super::run_args::Run;
use super::{Outcome, interrupt};
use crate::model::Cost;
use crate::output::write_whole;
use crate::report::page::Provenance;
use crate::report::{self, charts::MetricNames};
use crate::results::{self, LayerOutcome, NetworkResults};
use crate::run::{
    Accelerator, Cache, Done, NetworkProblems, NetworkRun, Plan, Watcher, execute, network_files, network_results,
};
use crate::timeloop::program::threads_per_job;

/// A network with what the manifest says of it.
pub(super) struct Read {
    pub(super) converted: Converted,
    entry: ManifestEntry,
}

pub(super) fn run(args: &Run, printer: &Printer) -> anyhow::Result<Outcome> {
    let begun = Instant::now();
    let threads = threads(args);
    folder::check(&args.output)?;
    let described = accelerators::described(args, printer)?;
    let workers = args.jobs.map_or(threads, usize::from);
    interrupt::listen();
    let mappers = search(args, threads, workers).mappers(&described)?;
    if interrupt::requested() {
        return Ok(Outcome::Interrupted);
    }
    let cache = cache(args, printer)?;
    let (networks, failures) = read_networks(args, printer)?;
    let problems = networks.iter().flat_map(|read| &read.converted.problems);
    let data_spaces = problems.flat_map(|each| each.problem.data_spaces()).map(|space| space.name.as_str());
    let designs = described.iter().map(|described| &described.architecture);
    present::check(&args.charts, &MetricNames::of_designs(designs, data_spaces))?;
    for Read { converted, .. } in &networks {
        if converted.network.layers.is_empty() {
            printer.warning(format!(
                "{}: there is no layer in it; `convert -v` says why each of its nodes is none",
                converted.network.name
            ));
        }
        convert::write_layers(&args.output, converted, args.timeloop_version, printer)?;
    }
    let workloads: Vec<NetworkProblems> = networks
        .iter()
        .map(|read| NetworkProblems {
            network: read.converted.network.clone(),
            problems: read.converted.problems.clone(),
        })
        .collect();
    let accelerators: Vec<Accelerator> = described.iter().map(|described| described.accelerator.clone()).collect();
    let plan = Plan::new(&workloads, &accelerators, &mappers, args.footprint.into());
    plan.warnings().iter().for_each(|warning| printer.warning(warning));

    let session =
        Session { plan: &plan, args, progress: RunProgress::new(&plan, printer, workers, 0), failed: Mutex::default() };
    let done = execute(&plan, &cache, workers, &session);
    session.progress.end();
    if let Some(error) = session.failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(anyhow!(error).context("what was found until then is in the cache"));
    }
    let results = write(args, &networks, &plan, &described, &done)?;
    write_timing(args, &plan, &done, begun)?;
    present(&args.output, &results, &provenance(&networks, &plan, &described), &args.charts, printer)?;
    if !printer.is_quiet() {
        let table = report::totals::totals_table(&results, printer::width());
        if let Err(error) = printer::data(&table)
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            let folder = args.output.display();
            printer.failure(&format!(
                "cannot write to standard output: {error}; everything is in `{folder}` all the same"
            ));
            return Ok(Outcome::Partial);
        }
    }
    Ok(closing(args, printer, &results, &done, failures))
}

/// Threads in all.
pub(super) fn threads(args: &Run) -> usize {
    let threads = args.threads.map_or_else(cores, usize::from);
    // Mappers may use the threads of the global pool. It was built before where the process runs twice.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(16 << 20).build_global();
    threads
}

/// The search that was asked for.
pub(super) fn search(args: &Run, threads: usize, workers: usize) -> Search<'_> {
    Search { args: &args.search, threads: threads_per_job(threads, workers), folder: args.output.join("timeloop-jobs") }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Where results are kept. That there is no such place is an error only where the user named it.
pub(super) fn cache(args: &Run, printer: &Printer) -> anyhow::Result<Cache> {
    if args.no_cache {
        return Ok(Cache::none());
    }
    if let Some(folder) = &args.cache {
        crate::output::check_folder(folder).context("`--cache`")?;
        return Ok(Cache::in_folder(folder));
    }
    let Some(folder) = Cache::default_folder() else {
        printer
            .warning("nothing says where caches are (`XDG_CACHE_HOME`, `HOME`): results are not kept for other runs");
        return Ok(Cache::none());
    };
    Ok(match crate::output::check_folder(&folder) {
        Ok(()) => Cache::in_folder(&folder),
        Err(error) => {
            printer.warning(format!("results are not kept for other runs: {error}"));
            Cache::none()
        }
    })
}

/// Reads all networks. Of several, those that cannot be read are counted and told.
pub(super) fn read_networks(args: &Run, printer: &Printer) -> anyhow::Result<(Vec<Read>, usize)> {
    let jobs = convert::jobs(&args.paths, printer)?;
    let several = jobs.len() > 1;
    let bindings = args.network.bindings(several);
    let read = |job| -> anyhow::Result<Read> {
        let converted = convert::convert(job, &args.network, args.problem_shape.into(), &bindings)?;
        let entry = convert::entry(job, &converted, &args.network, args.timeloop_version, args.problem_shape)?;
        Ok(Read { converted, entry })
    };
    let all: Vec<anyhow::Result<Read>> = jobs.par_iter().map(read).collect();
    let mut networks = Vec::new();
    let mut failures = 0;
    for (job, read) in jobs.iter().zip(all) {
        match read.map_err(|error| convert::detailed(error, printer)).with_context(|| format!("`{}`", job.shown)) {
            Ok(read) => {
                convert::say(&read.converted.network, several.then_some(&job.shown), printer);
                networks.push(read);
            }
            Err(error) if !several => return Err(error),
            Err(error) => {
                printer.error(&error);
                failures += 1;
            }
        }
    }
    if networks.is_empty() {
        return Err(anyhow!("none of the {failures} files is a network that can be read"));
    }
    Ok((networks, failures))
}

/// Shows what happens, and writes the files of every job as soon as it is finished.
struct Session<'a> {
    plan: &'a Plan<'a>,
    args: &'a Run,
    progress: RunProgress<'a>,
    /// The first file that could not be written. It ends the run.
    failed: Mutex<Option<io::Error>>,
}

impl Session<'_> {
    fn write_job(&self, job: usize, done: &Done) -> io::Result<()> {
        for cell in &self.plan.cells {
            let problems = cell.jobs.iter().enumerate().filter(|(_, of)| **of == Ok(job));
            for (problem, _) in problems {
                network_files(self.plan, cell, problem, done, &cell_folder(self.args, self.plan, cell))?;
            }
        }
        Ok(())
    }
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
        if let Err(error) = self.write_job(job, done) {
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

/// DIR/MODEL/ARCH.
fn cell_folder(args: &Run, plan: &Plan<'_>, cell: &NetworkRun) -> PathBuf {
    args.output.join(&plan.workloads[cell.workload].network.name).join(plan.folder(cell))
}

/// Writes the results of all cells, their totals, and the manifest.
fn write(
    args: &Run,
    networks: &[Read],
    plan: &Plan<'_>,
    described: &[Described],
    done: &[Option<Done>],
) -> anyhow::Result<Vec<NetworkResults>> {
    let mut all = Vec::with_capacity(plan.cells.len());
    let mut entries: IndexMap<String, ManifestEntry> = IndexMap::new();
    for Read { converted, entry } in networks {
        entries.insert(converted.network.name.clone(), entry.clone());
    }
    for cell in &plan.cells {
        let results = network_results(plan, cell, done);
        let folder = cell_folder(args, plan, cell);
        write_whole(&folder.join(results::FILE), results::to_json(&results)?.as_bytes())?;
        write_whole(&folder.join("results.csv"), report::totals::layers_csv(&results)?.as_bytes())?;
        let described = &described[cell.accelerator];
        let entry = ResultsEntry {
            architecture: results.architecture.clone(),
            description: described.inputs.clone(),
            frontend_quirks: args.frontend_quirks,
            energy_source: results.energy_source.clone(),
            energy_tables: described.tables.clone(),
            mapper: results.mapper.clone(),
            mapper_settings: plan.mapper(cell).settings(),
            footprint: results.footprint.clone(),
        };
        if let Some(network) = entries.get_mut(&results.network) {
            network.results.insert(plan.folder(cell), entry);
        }
        all.push(results);
    }
    folder::write_manifest(&args.output, entries)?;
    Ok(all)
}

/// What the report says of where its numbers come from. No time: the same run makes the same files.
fn provenance(networks: &[Read], plan: &Plan<'_>, described: &[Described]) -> Provenance {
    let hash = |hash: &Option<String>| hash.clone().unwrap_or_default();
    let of_networks = networks.iter().map(|read| (read.entry.source.clone(), hash(&read.entry.blake3)));
    let of_designs = described.iter().flat_map(|described| described.inputs.iter().chain(&described.tables));
    let of_designs = of_designs.map(|input| (input.source.clone(), hash(&input.blake3)));
    let mut inputs: Vec<(String, String)> = Vec::new();
    for input in of_networks.chain(of_designs) {
        if !inputs.contains(&input) {
            inputs.push(input);
        }
    }
    let mut facts: Vec<(String, String)> = Vec::new();
    for mapper in plan.mappers.iter().flatten() {
        let fact = (format!("mapper {}", mapper.name()), mapper.settings());
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    Provenance { inputs, facts, ..Provenance::default() }
}

/// `timing.json`: the only file that differs from run to run.
#[derive(Serialize)]
struct Timing<'a> {
    schema: u32,
    seconds: f64,
    jobs: Vec<JobTiming<'a>>,
}

#[derive(Serialize)]
struct JobTiming<'a> {
    network: &'a str,
    problem: &'a str,
    architecture: &'a str,
    mapper: &'a str,
    layers: usize,
    from_cache: bool,
    seconds: f64,
}

fn write_timing(args: &Run, plan: &Plan<'_>, done: &[Option<Done>], begun: Instant) -> anyhow::Result<()> {
    let timing = |(job, done): (usize, &'_ Option<Done>)| {
        let done = done.as_ref()?;
        let (network, problem, architecture) = plan.label(job);
        let mapper = plan.mapper(&plan.cells[plan.jobs[job].first.0]).name();
        let layers = plan.jobs[job].layers;
        Some(JobTiming {
            network,
            problem,
            architecture,
            mapper,
            layers,
            from_cache: done.from_cache,
            seconds: done.seconds,
        })
    };
    let jobs = done.iter().enumerate().filter_map(timing).collect();
    let timing = Timing { schema: 1, seconds: begun.elapsed().as_secs_f64(), jobs };
    let mut text = serde_json::to_string_pretty(&timing)?;
    text.push('\n');
    Ok(write_whole(&args.output.join("timing.json"), text.as_bytes())?)
}

/// What is to be said at the end, and how it ended.
fn closing(args: &Run, printer: &Printer, results: &[NetworkResults], done: &[Option<Done>], unread: usize) -> Outcome {
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
            "interrupted\nhint: without `--no-cache` the same command would go on from there"
        } else {
            "interrupted\nhint: what is finished is kept; the same command goes on from there"
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
