//! `dilation`: what the dilated layers of networks cost, against the ways to do without dilation.

use std::path::Path;
use std::sync::Arc;

use anyhow::{anyhow, bail};

use super::prepare::{mappers, open_architectures, open_cache, open_networks, threads};
use super::printer::{self, Printer};
use super::progress::RunProgress;
use super::run_args::{MapperChoice, RunArgs};
use super::{Outcome, interrupt};
use crate::api;
use crate::mapper::{Budget, Mapper, Status};
use crate::model::{Cost, Footprint};
use crate::output::{remove_left_over, write_whole};
use crate::report::dilation::{self, DilationStudy, Part, Subject, VARIANTS, Way, subjects, twin};
use crate::report::{self, charts};
use crate::results::{LayerOutcome, NetworkResults};
use crate::run::{Cache, Done, NamedArchitecture, NetworkProblems, Plan, Watcher, execute, network_results};
use crate::workload::{Network, Variant, distinct_problems};

/// Mappings that are evaluated of each zero-inserted kernel on hardware made for zeros, unless a budget is stated: the proof of large ones
/// takes minutes.
const BUDGET_OF_ZEROS: Budget = Budget { seconds: None, evaluations: Some(20_000) };

/// The dilated layers of one network, and a network of each of their variants.
struct Study {
    network: Network,
    subjects: Vec<Subject>,
    twins: Vec<(Way, Vec<Part>)>,
    networks: Vec<NetworkProblems>,
}

pub(super) fn run(args: &RunArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    if args.search.mapper == MapperChoice::Both {
        bail!("`dilation` runs one mapper: `--mapper exact` or `--mapper timeloop`");
    }
    if !args.charts.metrics.is_empty() {
        bail!("`--chart-metric` is for `run` and `report`: `dilation` has charts of its own");
    }
    let (threads, workers) = threads(args);
    api::check_output(&args.output)?;
    let architectures = open_architectures(args, printer)?;
    interrupt::listen();
    let mappers_within = |budget| mappers(args, &architectures, (threads, workers), budget);
    let (mappers, of_zeros) = (mappers_within(Budget::default())?, mappers_within(BUDGET_OF_ZEROS)?);
    if interrupt::requested() {
        return Ok(Outcome::Interrupted);
    }
    let cache = open_cache(&args.cache, printer)?;
    let (networks, failures) = open_networks(&args.paths, &args.network, &args.reading, printer)?;
    let mut studies = Vec::new();
    for network in &networks {
        match prepared(network.network(), args)? {
            Some(study) => studies.push(study),
            None => printer.warning(format!("{} has no dilated convolution, so it is left out", network.name())),
        }
    }
    if studies.is_empty() {
        bail!(
            "no network has a dilated convolution\nhint: `onnx2timeloop convert MODEL.onnx` shows the dilation of every \
             layer"
        );
    }
    let architectures: Vec<NamedArchitecture> =
        architectures.iter().map(|architecture| architecture.named().clone()).collect();
    let mut has_failures = failures > 0;
    let mut rounds = 3 * studies.len();
    for study in studies {
        let folder = args.output.join(&study.network.name);
        remove_left_over(&folder, usize::MAX);
        let mut all = Vec::new();
        for footprint in [Footprint::BoundingBox, Footprint::Exact] {
            let plan = Plan::new(&study.networks, &architectures, &mappers, footprint);
            printer.warnings(plan.warnings());
            rounds -= 1;
            let done = searched(&plan, &cache, workers, printer, rounds);
            if interrupt::requested() && done.iter().any(Option::is_none) {
                printer
                    .failure("interrupted\nhint: finished searches are cached; run the same command again to continue");
                return Ok(Outcome::Interrupted);
            }
            all.extend(plan.runs.iter().map(|run| network_results(&plan, run, &done)));
        }
        rounds -= 1;
        // The real mapper is given no sparse designs.
        let designs = if args.search.mapper == MapperChoice::Timeloop { &[][..] } else { &architectures };
        match on_zeros(&study, designs, &of_zeros, (&cache, workers, rounds), printer) {
            Some(results) => all.extend(results),
            None => return Ok(Outcome::Interrupted),
        }
        has_failures |= failed(&all, printer);
        written(args, printer, &folder, &study, &all)?;
    }
    printer.note(format!("everything is in `{}`", args.output.display()));
    Ok(if has_failures { Outcome::Partial } else { Outcome::Done })
}

/// The zero-inserted kernels on the same hardware, made for zeros. Designs that make use of zeros already are left as they are, and
/// tiles are counted as bounding boxes. `None` if it was interrupted.
fn on_zeros(
    study: &Study,
    architectures: &[NamedArchitecture],
    mappers: &[Vec<Arc<dyn Mapper>>],
    (cache, workers, later): (&Cache, usize, usize),
    printer: &Printer,
) -> Option<Vec<NetworkResults>> {
    let is_twin = |network: &&NetworkProblems| network.network.name == Variant::ZeroInserted.name();
    let twins: Vec<NetworkProblems> = study.networks.iter().filter(is_twin).cloned().collect();
    let mut all = Vec::new();
    for way in Way::ALL.into_iter().filter(|way| way.zero_use().is_some()) {
        let dense = architectures.iter().zip(mappers).filter(|(design, _)| !design.sources.mentions_zeros());
        let made = |(design, mappers): (&NamedArchitecture, &Vec<Arc<dyn Mapper>>)| {
            (NamedArchitecture { zero_use: way.zero_use(), ..design.clone() }, mappers.clone())
        };
        let (designs, mappers): (Vec<_>, Vec<_>) = dense.map(made).unzip();
        let plan = Plan::new(&twins, &designs, &mappers, Footprint::BoundingBox);
        let done = searched(&plan, cache, workers, printer, later);
        if interrupt::requested() && done.iter().any(Option::is_none) {
            printer.failure("interrupted\nhint: finished searches are cached; run the same command again to continue");
            return None;
        }
        let searched = || done.iter().flatten().filter_map(|done| done.outcome.as_ref().ok());
        let unproved = searched().filter(|solution| solution.status != Status::Optimal).count();
        if unproved > 0 {
            printer.note(format!(
                "{}: {unproved} of {} searches ended with their budget, so that more may be saved; `--budget` states another",
                way.name(),
                searched().count()
            ));
        }
        let renamed = |results: NetworkResults| NetworkResults { network: way.name().to_owned(), ..results };
        all.extend(plan.runs.iter().map(|run| renamed(network_results(&plan, run, &done))));
    }
    Some(all)
}

/// `None` if nothing is dilated.
fn prepared(network: &Network, args: &RunArgs) -> anyhow::Result<Option<Study>> {
    let subjects = subjects(network);
    if subjects.is_empty() {
        return Ok(None);
    }
    let (mut twins, mut networks) = (Vec::new(), Vec::new());
    for variant in VARIANTS {
        let (twin, parts) = twin(network, &subjects, variant)
            .map_err(|(layer, error)| anyhow!("{}: {layer}: {error}", variant.name()))?;
        let problems =
            distinct_problems(&twin.layers, args.reading.problem_shape.into(), args.reading.datawidth.into())?;
        networks.push(NetworkProblems { network: twin, problems, datawidth: args.reading.datawidth.into() });
        twins.extend(Way::ALL.into_iter().filter(|way| way.variant() == variant).map(|way| (way, parts.clone())));
    }
    twins.sort_by_key(|(way, _)| Way::ALL.iter().position(|known| known == way));
    Ok(Some(Study { network: network.clone(), subjects, twins, networks }))
}

/// Shows what the workers do.
struct Shown<'a>(RunProgress<'a>);

impl Watcher for Shown<'_> {
    fn started(&self, worker: usize, job: usize) {
        self.0.started(worker, job);
    }

    fn improved(&self, worker: usize, cost: Cost) {
        self.0.improved(worker, cost);
    }

    fn advanced(&self, worker: usize, share: f64) {
        self.0.advanced(worker, share);
    }

    fn finished(&self, worker: Option<usize>, job: usize, done: &Done) {
        self.0.finished(worker, job, done);
    }

    fn warning(&self, text: String) {
        self.0.aside(|printer| printer.warning(text));
    }

    fn is_cancelled(&self) -> bool {
        interrupt::requested()
    }
}

fn searched(plan: &Plan, cache: &Cache, workers: usize, printer: &Printer, later: usize) -> Vec<Option<Done>> {
    let shown = Shown(RunProgress::new(plan, printer, workers, later));
    let done = execute(plan, cache, workers, &shown);
    shown.0.end();
    done
}

/// Says which layers have no mapping.
fn failed(all: &[NetworkResults], printer: &Printer) -> bool {
    let mut reasons: Vec<String> = Vec::new();
    for run in all {
        for layer in &run.layers {
            if let LayerOutcome::Failed { reason } = &layer.outcome {
                reasons
                    .push(format!("no mapping of {} ({}) on {}: {reason}", layer.name, run.network, run.architecture));
            }
        }
    }
    reasons.dedup();
    for reason in &reasons {
        printer.failure(reason);
    }
    !reasons.is_empty()
}

fn written(
    args: &RunArgs,
    printer: &Printer,
    folder: &Path,
    study: &Study,
    all: &[NetworkResults],
) -> anyhow::Result<()> {
    for run in all {
        let folder =
            folder.join(run.network.replace(", ", "-")).join(format!("{}-{}", run.architecture, run.footprint));
        write_whole(&folder.join(crate::results::FILE), crate::results::to_json(run)?.as_bytes())?;
        write_whole(&folder.join("results.csv"), report::totals::layers_csv(run)?.as_bytes())?;
    }
    let result = DilationStudy::new(&study.network.name, &study.subjects, &study.twins, all);
    let mut json = serde_json::to_string_pretty(&result)?;
    json.push('\n');
    write_whole(&folder.join("dilation.json"), json.as_bytes())?;
    write_whole(&folder.join("dilation.csv"), dilation::csv(&result)?.as_bytes())?;
    let findings = dilation::findings(&result);
    let list = format!("* {}\n", findings.join("\n* "));
    let text = format!("# Dilation in {}\n\n{list}", result.network);
    write_whole(&folder.join("dilation.md"), text.as_bytes())?;
    if let Some(options) = args.charts.options() {
        let charts = dilation::charts(&result);
        printer.meanwhile("drawing the charts", || charts::draw(&charts, &options, &folder.join("charts")))?;
    }
    printer::data(&dilation::table(&result, printer::width()))?;
    if !printer.is_quiet() {
        printer::data(&format!("\n{}", printer::items(&findings)))?;
    }
    Ok(())
}
