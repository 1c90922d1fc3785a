//! `sweep`: networks on many designs.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use indexmap::IndexMap;

use super::energy_args::guessed_energies;
use super::prepare::{given_once, make_threads, open_cache, open_networks};
use super::printer::{self, Printer};
use super::run_args::ChartArgs;
use super::sweep_args::{SweepArgs, words_without};
use super::sweep_progress::SweepProgress;
use super::write_report::{draw_beside, write_sweep_report};
use super::{Outcome, interrupt};
use crate::api::{
    self, ArchitectureOptions, Cache, Description, MapperOptions, Network, Run, SearchMethod, Sweep, SweepObjective,
    SweepOptions, TimeloopVersion, Variation, VariedValues, Watcher,
};
use crate::report::phrases::counted;
use crate::results::sweep::{DesignOutcome, SweepResults};
use crate::sweep::{SweepFile, array_job, label, sweep_summary, sweep_table};

/// The architecture unless others are named.
const DEFAULT: &str = "eyeriss_like";

/// Where the full results of the best designs are.
const BEST: &str = "best";

pub(super) fn run(args: &SweepArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let asked = Asked::of(args)?;
    if let Some(tasks) = args.print_sbatch {
        return print_job(args, tasks);
    }
    let threads = make_threads(args.threads);
    let sweep = Sweep::new(&asked.architectures(args, printer)?, asked.options(args)?)?;
    tell_designs(&sweep, printer);
    let example = sweep.example();
    printer.warnings(example.and_then(|design| guessed_energies(&design.guessed_energies())));
    api::check_output(&args.output)?;
    interrupt::listen();
    let cache = open_cache(&args.cache, printer)?;
    let (networks, unread) = open_networks(&asked.models, &args.network, &args.reading, printer)?;
    let progress = SweepProgress::new(printer);
    let results = sweep.execute(&networks, &cache, threads, &progress);
    progress.end();
    printer.warnings(&results.warnings);
    api::write_sweep(&args.output, &results)?;
    if results.designs.iter().any(|design| design.outcome == DesignOutcome::Unfinished) {
        tell_interrupted(args, &results, printer);
        return Ok(Outcome::Interrupted);
    }
    let is_valid = tell_failures(&results, printer);
    let best = Best { sweep: &sweep, networks: &networks, results: &results, charts: &asked.charts };
    if results.shard.is_none() && asked.best > 0 && !best.write(&args.output.join(BEST), &cache, printer)? {
        return Ok(Outcome::Interrupted);
    }
    if results.shard.is_none() {
        write_sweep_report(&args.output, &results, &asked.charts, printer)?;
    }
    print(&results, printer)?;
    printer.note(format!("{}; everything is in `{}`", sweep_summary(&results), args.output.display()));
    if let Some(shard) = results.shard {
        printer.note(format!(
            "this is shard {} of {}\nhint: `onnx2timeloop report {2} -o {2}` makes one sweep of all",
            shard.index,
            shard.count,
            args.output.display()
        ));
    }
    Ok(if is_valid && unread == 0 { Outcome::Done } else { Outcome::Partial })
}

/// What the command line and the sweep file ask for together.
struct Asked {
    models: Vec<PathBuf>,
    arch: Vec<String>,
    variations: Vec<Variation>,
    conditions: Vec<String>,
    objective: SweepObjective,
    best: usize,
    is_exhaustive: bool,
    charts: ChartArgs,
}

impl Asked {
    fn of(args: &SweepArgs) -> anyhow::Result<Self> {
        let is_sweep =
            |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        let mut files: Vec<&PathBuf> = args.file.iter().collect();
        files.extend(args.paths.iter().filter(is_sweep));
        let models: Vec<PathBuf> = args.paths.iter().filter(|path| !is_sweep(path)).cloned().collect();
        let file = match files[..] {
            [] => SweepFile::default(),
            [file] => SweepFile::read(file).with_context(|| format!("the sweep file `{}`", file.display()))?,
            [first, second, ..] => {
                bail!("two sweep files are given, `{}` and `{}`; pass only one", first.display(), second.display())
            }
        };
        let charts = args.charts.or(&file)?;
        let mut variations = file.set;
        for own in &args.set {
            let variation =
                Variation { path: own.path.clone(), values: VariedValues::Text(own.text.clone()), label: None };
            // A parameter of the file keeps its place, and so the order of designs.
            match variations
                .iter_mut()
                .find(|known| known.path == own.path && matches!(known.values, VariedValues::Node(_)))
            {
                Some(known) => *known = variation,
                None => variations.push(variation),
            }
        }
        let mut labels: IndexMap<String, String> = file.labels;
        labels.extend(args.label.iter().map(|own| (own.path.clone(), own.text.clone())));
        label(&mut variations, &labels)?;
        let objective = match (args.objective, &file.objective) {
            (Some(objective), _) => objective,
            (None, Some(text)) => text.parse().context("the sweep file's `objective`")?,
            (None, None) => SweepObjective::default(),
        };
        let models = if models.is_empty() { file.models } else { models };
        if models.is_empty() {
            bail!(
                "no network is given\nhint: `onnx2timeloop sweep MODEL.onnx --arch eyeriss_like --set shared_glb.depth=4096..131072*2`"
            );
        }
        Ok(Self {
            models,
            arch: if args.arch.is_empty() { file.arch } else { args.arch.clone() },
            variations,
            conditions: if args.conditions.is_empty() { file.conditions } else { args.conditions.clone() },
            objective,
            best: usize::try_from(args.best.or(file.best).unwrap_or(0)).unwrap_or(usize::MAX),
            is_exhaustive: args.exhaustive || file.exhaustive.unwrap_or(false),
            charts,
        })
    }

    fn architectures(
        &self,
        args: &SweepArgs,
        printer: &Printer,
    ) -> anyhow::Result<Vec<(Description, ArchitectureOptions)>> {
        let named = if self.arch.is_empty() { vec![DEFAULT.to_owned()] } else { self.arch.clone() };
        let open = |text: &String| {
            let mut description = Description::named(text)?;
            args.reading.variables.add_to(&mut description);
            let energies = args.energy.energies();
            let frontend_quirks = args.reading.frontend_quirks;
            Ok((description, ArchitectureOptions { energies, frontend_quirks, ..ArchitectureOptions::default() }))
        };
        given_once(named, printer).iter().map(open).collect()
    }

    fn options(&self, args: &SweepArgs) -> anyhow::Result<SweepOptions> {
        let shard = args.shard.map(|shard| shard.shard().context("`--shard`")).transpose()?;
        Ok(SweepOptions {
            variations: self.variations.clone(),
            conditions: self.conditions.clone(),
            objective: self.objective,
            best: self.best,
            exhaustive: self.is_exhaustive,
            is_many_meant: args.yes,
            mapper: MapperOptions {
                own: Some(SearchMethod::Exact),
                timeloop: None,
                budget: args.budget.unwrap_or_default(),
                template: args.mapspace.into(),
            },
            shard,
        })
    }
}

/// Says how many designs there are, and what conditions leave out.
fn tell_designs(sweep: &Sweep, printer: &Printer) {
    let space = sweep.space();
    let excluded = space.excluded.iter().map(|(condition, count)| format!("`{condition}` excludes {count}"));
    let excluded: Vec<String> = excluded.collect();
    let left_out = if excluded.is_empty() { String::new() } else { format!(" ({})", excluded.join(", ")) };
    printer.note(format!("{}{left_out}", counted(space.len(), "design")));
}

/// Prints the array job of a sweep.
fn print_job(args: &SweepArgs, tasks: u16) -> anyhow::Result<Outcome> {
    let with_value = ["--print-sbatch", "--shard", "--threads", "--color"];
    let plain = ["--no-progress", "-q", "--quiet", "-v", "--verbose"];
    let mut words = words_without(std::env::args_os(), &plain, &with_value);
    if let Some(program) = words.first_mut() {
        "onnx2timeloop".clone_into(program);
    }
    let folder = args.output.display().to_string();
    if args.cache.folder.is_none() && !args.cache.no_cache {
        words.extend(["--cache".to_owned(), args.output.join("cache").display().to_string()]);
    }
    printer::data(&array_job(&words, &folder, tasks.into()))?;
    Ok(Outcome::Done)
}

/// Prints the table, unless only errors are wanted.
fn print(results: &SweepResults, printer: &Printer) -> anyhow::Result<()> {
    if printer.is_quiet() {
        return Ok(());
    }
    Ok(printer::data(&sweep_table(results, printer::width()))?)
}

fn tell_interrupted(args: &SweepArgs, results: &SweepResults, printer: &Printer) {
    let rows = if results.shard.is_some() { "" } else { "; `sweep.csv` has the designs so far" };
    let hint = if args.cache.no_cache {
        "without `--no-cache`, the same command could continue from here"
    } else {
        "finished searches are cached; run the same command again to continue"
    };
    printer.failure(&format!("interrupted: {}{rows}\nhint: {hint}", sweep_summary(results)));
}

/// Says why designs are not valid, by reason; whether any design is valid.
fn tell_failures(results: &SweepResults, printer: &Printer) -> bool {
    let mut reasons: IndexMap<&str, Vec<String>> = IndexMap::new();
    for design in &results.designs {
        if let DesignOutcome::Failed { reason } = &design.outcome {
            reasons.entry(reason).or_default().push(design.shown());
        }
    }
    let is_valid = results.designs.iter().any(|design| !matches!(design.outcome, DesignOutcome::Failed { .. }));
    let shown = reasons.iter().take(5).map(|(reason, designs)| {
        let more = match designs.len() {
            1 => String::new(),
            all => format!(" and {}", counted(all - 1, "more design")),
        };
        format!("not valid: {}{more}: {reason}", designs[0])
    });
    for sentence in shown {
        if is_valid { printer.warning(sentence) } else { printer.failure(&sentence) }
    }
    if reasons.len() > 5 {
        printer.warning(format!("{} more reasons why designs are not valid are in `sweep.csv`", reasons.len() - 5));
    }
    is_valid
}

/// The best designs of a finished sweep.
struct Best<'a> {
    sweep: &'a Sweep,
    networks: &'a [Network],
    results: &'a SweepResults,
    charts: &'a ChartArgs,
}

impl Best<'_> {
    /// Writes everything that `run` writes of them; false if the user ended it.
    fn write(&self, folder: &Path, cache: &Cache, printer: &Printer) -> anyhow::Result<bool> {
        let designs = self.results.best.iter().map(|best| self.sweep.architecture(best.design));
        let designs = designs.collect::<Result<Vec<_>, _>>()?;
        if designs.is_empty() {
            return Ok(true);
        }
        api::check_output(folder)?;
        let version = TimeloopVersion::default();
        for network in self.networks {
            api::write_network(folder, network, version)?;
        }
        let mappers = vec![self.sweep.mapper().into_iter().cloned().collect(); designs.len()];
        let run = Run::with_mappers(self.networks, &designs, &mappers, api::Footprint::default());
        let workers = rayon::current_num_threads();
        let finished = printer
            .meanwhile("searching the best designs as `run` does", || run.execute(cache, workers, &Quiet(printer)));
        if finished.done.iter().any(Option::is_none) {
            printer.failure("interrupted; run the same command again to write the best designs");
            return Ok(false);
        }
        for (job, done) in finished.done.iter().enumerate() {
            if let Some(done) = done {
                run.write_search(folder, job, done)?;
            }
        }
        let statistics = run.statistics(folder, &finished);
        draw_beside(folder, &finished.results, &statistics, self.charts, printer, || {
            run.write_results(folder, &finished, version)?;
            Ok(api::write_report(folder, &finished.results, &run.provenance())?)
        })?;
        Ok(true)
    }
}

/// Says what is wrong while the best designs are searched again.
struct Quiet<'a>(&'a Printer);

impl Watcher for Quiet<'_> {
    fn warning(&self, text: String) {
        self.0.warning(text);
    }

    fn is_cancelled(&self) -> bool {
        interrupt::requested()
    }
}
