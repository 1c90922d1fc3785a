//! What `run` and `dilation` begin with: threads, architectures, mappers, cache, networks.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use anyhow::{Context, anyhow};
use rayon::prelude::*;

use super::args::NetworkArgs;
use super::convert::{detailed, fails, say};
use super::energy_args::guessed_energies;
use super::given::refuse_descriptions;
use super::interrupt;
use super::printer::Printer;
use super::run_args::{CacheArgs, MapperChoice, ReadingArgs, RunArgs};
use crate::api::{
    Architecture, ArchitectureOptions, Cache, DensityOptions, Description, Mapper, MapperOptions, Metric, Network,
    NetworkFile, TimeloopProgram,
};
use crate::mapper::Budget;
use crate::names::{DistinctPaths, UniqueNames};
use crate::timeloop::program::{Program, threads_per_job};

/// The architectures of a run unless others are named.
const DEFAULT: [&str; 3] = ["eyeriss_like", "simple_weight_stationary", "simple_output_stationary"];

/// Makes the threads. Returns how many there are, and how many searches go on at the same time.
pub(super) fn threads(args: &RunArgs) -> (usize, usize) {
    let threads = make_threads(args.threads);
    (threads, args.jobs.map_or(threads, usize::from))
}

/// Makes so many threads, or one for each core. Returns how many there are.
pub(super) fn make_threads(wanted: Option<u16>) -> usize {
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    let threads = wanted.map_or_else(cores, usize::from);
    // Mappers may use the threads of the global pool. It was built before where the process runs twice.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(16 << 20).build_global();
    threads
}

/// Opens all architectures. Nothing is written, except for what Accelergy makes where it is asked.
pub(super) fn open_architectures(args: &RunArgs, printer: &Printer) -> anyhow::Result<Vec<Architecture>> {
    let named: Vec<String> = if args.arch.is_empty() { DEFAULT.map(str::to_owned).to_vec() } else { args.arch.clone() };
    let named = given_once(named, printer);
    let mut names = UniqueNames::default();
    let open = |text: &String| {
        let mut description = Description::named(text)?;
        args.reading.variables.add_to(&mut description);
        let name = names.claim_safe(&description.name());
        let energies = args.energy.energies(&args.output.join("accelergy").join(&name));
        let options = ArchitectureOptions { name: Some(name), energies, frontend_quirks: args.reading.frontend_quirks };
        let architecture = Architecture::read(&description, &options)?;
        for warning in &architecture.energy_warnings {
            printer.warning(format!("{}: {warning}", architecture.name()));
        }
        if let Some(guessed) = guessed_energies(&architecture.guessed_energies()) {
            printer.warning(format!("{}: {guessed}", architecture.name()));
        }
        Ok(architecture)
    };
    named.iter().map(open).collect()
}

/// Drops architectures that were named before, and says so.
pub(super) fn given_once(mut named: Vec<String>, printer: &Printer) -> Vec<String> {
    let mut given = DistinctPaths::default();
    named.retain(|text| {
        let is_new = given.insert(Path::new(text));
        if !is_new {
            printer.warning(format!("`{text}` is given twice; it is used once"));
        }
        is_new
    });
    named
}

/// The mappers of each architecture, in the same order for all. `workers` searches go on at the same time.
pub(super) fn mappers(
    args: &RunArgs,
    architectures: &[Architecture],
    (threads, workers): (usize, usize),
    unless_stated: Budget,
) -> anyhow::Result<Vec<Vec<Arc<dyn Mapper>>>> {
    let search = &args.search;
    let timeloop = match search.mapper {
        MapperChoice::Exact => None,
        MapperChoice::Timeloop | MapperChoice::Both => Some(TimeloopProgram {
            program: Program::find(search.timeloop_bin.as_deref(), &interrupt::requested)?,
            threads: threads_per_job(threads, workers),
            folder: args.output.join("timeloop-jobs"),
        }),
    };
    let options = MapperOptions {
        own: (search.mapper != MapperChoice::Timeloop).then(|| search.search.method(search.seed)),
        timeloop,
        budget: search.budget.unwrap_or(unless_stated),
        template: search.mapspace.into(),
    };
    let mappers = |architecture: &Architecture| {
        let levels = architecture.resolved().levels().len();
        let named = search.metric.iter().map(|name| Metric::named(name, levels)).collect::<Result<Vec<_>, _>>();
        let metrics = named.with_context(|| format!("`--metric` on {}", architecture.name()))?.concat();
        Ok(options.mappers(&metrics)?)
    };
    architectures.iter().map(mappers).collect()
}

/// The cache of search results. A folder that cannot be written is an error only where the user named it.
pub(super) fn open_cache(args: &CacheArgs, printer: &Printer) -> anyhow::Result<Cache> {
    if args.no_cache {
        return Ok(Cache::none());
    }
    if let Some(folder) = &args.folder {
        crate::output::check_folder(folder).context("`--cache`")?;
        return Ok(Cache::in_folder(folder));
    }
    let Some(folder) = Cache::default_folder() else {
        printer.warning(
            "no cache directory is known (`XDG_CACHE_HOME`, `HOME` are not set): search results are not cached",
        );
        return Ok(Cache::none());
    };
    Ok(match crate::output::check_folder(&folder) {
        Ok(()) => Cache::in_folder(&folder),
        Err(error) => {
            printer.warning(format!("search results are not cached: {error}"));
            Cache::none()
        }
    })
}

/// What takes its time where all weights are read.
pub(super) const COUNTING: &str = "counting the zeros of the weights";

/// Opens all networks. Of several, those that cannot be read are told and counted.
pub(super) fn open_networks(
    paths: &[PathBuf],
    args: &NetworkArgs,
    reading: &ReadingArgs,
    printer: &Printer,
) -> anyhow::Result<(Vec<Network>, usize)> {
    refuse_descriptions(paths)?;
    let mut warnings = Vec::new();
    let files = NetworkFile::find(paths)?.unpack_into(&mut warnings);
    printer.warnings(&warnings);
    let mut options = args.options(reading.problem_shape.into(), files.len() > 1);
    options.datawidth = reading.datawidth.into();
    options.densities = reading.densities.options()?;
    let files = NetworkFile::in_phases(files, &args.phase)?;
    let several = files.len() > 1;
    let read = |file| {
        let network = Network::read(file, &options)?;
        // The hash is that of the file as it is now.
        network.input();
        Ok(network)
    };
    let read_all = || files.par_iter().map(read).collect::<Vec<_>>();
    let all = if options.densities.measured { printer.meanwhile(COUNTING, read_all) } else { read_all() };
    let mut networks = Vec::new();
    let mut failures = 0;
    for (file, read) in files.iter().zip(all) {
        match read.map_err(|error| detailed(error, printer)).with_context(|| format!("`{}`", file.label())) {
            Ok(network) => {
                say(&network, several.then(|| file.label()).as_deref(), printer);
                failures += usize::from(fails(&network, printer));
                networks.push(network);
            }
            Err(error) if !several => return Err(error),
            Err(error) => {
                printer.error(&error);
                failures += 1;
            }
        }
    }
    if networks.is_empty() {
        return Err(anyhow!("none of the {failures} files can be read as a network"));
    }
    check_density_file(&options.densities, &networks)?;
    Ok((networks, failures))
}

/// Refuses a file of densities with rows about no layer of any network.
pub(super) fn check_density_file(densities: &DensityOptions, networks: &[Network]) -> anyhow::Result<()> {
    let Some(file) = &densities.file else { return Ok(()) };
    file.check(&networks.iter().map(Network::network).collect::<Vec<_>>()).context("`--density-file`")
}
