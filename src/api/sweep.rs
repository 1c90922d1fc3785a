//! Sweeps: networks on many designs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Architecture, ArchitectureOptions, Description, Error, ErrorKind, InputFile, MapperOptions, Network};
use crate::mapper::{Mapper, Metric};
use crate::names::UniqueNames;
use crate::output::{write_all_whole, write_whole};
use crate::results::area;
use crate::results::sweep::{
    DesignOutcome, PairFronts, SWEEP_FILE, SWEEP_SCHEMA, Shard, SweepInput, SweepObjective, SweepResults, from_json,
    to_json,
};
use crate::run::{Cache, NetworkProblems};
use crate::sweep::{
    DesignSource, NamedDesign, SweepSearch, SweepSpace, SweepWatcher, Variation, execute, finish, merge, sweep_csv,
};
use crate::timeloop::files::specification::{ReadSources, SpecificationError};

/// What a sweep is.
#[derive(Clone, Debug, Default)]
pub struct SweepOptions {
    /// What is varied, the slowest first.
    pub variations: Vec<Variation>,
    /// Conditions on designs, in the expressions of descriptions.
    pub conditions: Vec<String>,
    /// What decides which designs are the best, and by which metric layers are mapped.
    pub objective: SweepObjective,
    /// How many best designs are asked for.
    pub best: usize,
    /// Whether every design is searched, also those that cannot be good.
    pub exhaustive: bool,
    /// Whether more than a hundred thousand designs are meant.
    pub is_many_meant: bool,
    /// The mapper; a program of Timeloop does not take part.
    pub mapper: MapperOptions,
    /// The part of the designs that is searched.
    pub shard: Option<Shard>,
}

/// Many designs, checked and counted.
pub struct Sweep {
    bases: Vec<Base>,
    space: SweepSpace,
    mappers: Vec<Arc<dyn Mapper>>,
    options: SweepOptions,
}

/// An architecture whose values are set.
struct Base {
    name: String,
    description: Description,
    options: ArchitectureOptions,
    sources: ReadSources,
    inputs: Vec<InputFile>,
    tables: Vec<InputFile>,
}

impl Base {
    /// The architecture with the values of a design.
    fn with_values(&self, space: &SweepSpace, design: usize) -> Result<Architecture, Error> {
        let settings = space.settings(design);
        let sources = self.sources.with_settings(&settings).map_err(SpecificationError::from)?;
        let set = settings.iter().map(|setting| InputFile { source: format!("set {setting}"), blake3: None });
        let inputs = self.inputs.iter().cloned().chain(set).collect();
        let options = ArchitectureOptions { name: Some(format!("{}-{design}", self.name)), ..self.options.clone() };
        Architecture::of_sources(sources, &self.description, &options, (inputs, self.tables.clone()))
    }
}

impl Sweep {
    /// The designs of architectures. Nothing is searched or written.
    ///
    /// # Errors
    ///
    /// If a description cannot be read, a path or a value does not fit it, no design is left, or there are very many.
    pub fn new(architectures: &[(Description, ArchitectureOptions)], options: SweepOptions) -> Result<Self, Error> {
        let mut names = UniqueNames::default();
        let base = |(description, options): &(Description, ArchitectureOptions)| {
            let sources = ReadSources::read(&description.sources, &description.variables)?;
            let energies = &options.energies;
            Ok(Base {
                name: names.claim_safe(&options.name.clone().unwrap_or_else(|| description.name())),
                inputs: description.inputs(&sources),
                tables: energies.ert.iter().chain(&energies.art).map(|path| InputFile::of(path, path)).collect(),
                description: description.clone(),
                options: options.clone(),
                sources,
            })
        };
        let bases = architectures.iter().map(base).collect::<Result<Vec<_>, Error>>()?;
        let sources: Vec<ReadSources> = bases.iter().map(|base| base.sources.clone()).collect();
        let space = SweepSpace::new(&sources, &options.variations, &options.conditions, options.is_many_meant);
        let space = space.map_err(ErrorKind::Sweep)?;
        let metrics = Metric::named(options.objective.metric(), 1)?;
        let mapper = options.mapper.mappers(&metrics)?;
        let mappers = bases.iter().filter_map(|_| mapper.first().cloned()).collect();
        Ok(Self { bases, space, mappers, options })
    }

    /// The designs.
    pub fn space(&self) -> &SweepSpace {
        &self.space
    }

    /// The mapper without knowledge of other designs: that of runs.
    pub fn mapper(&self) -> Option<&Arc<dyn Mapper>> {
        self.mappers.first()
    }

    /// A design.
    ///
    /// # Errors
    ///
    /// Why it is not valid.
    pub fn architecture(&self, design: usize) -> Result<Architecture, Error> {
        self.bases[self.space.architecture(design)].with_values(&self.space, design)
    }

    /// The first design that is valid, of the first few.
    pub fn example(&self) -> Option<Architecture> {
        (0..self.space.len().min(FIRST)).find_map(|design| self.architecture(design).ok())
    }

    /// Searches the designs, `workers` at the same time. What the watcher's end leaves undone is unfinished.
    pub fn execute(
        &self,
        networks: &[Network],
        cache: &Cache,
        workers: usize,
        watcher: &dyn SweepWatcher,
    ) -> SweepResults {
        let problems: Vec<NetworkProblems> = networks.iter().map(|network| network.content.clone()).collect();
        let names: Vec<String> = self.bases.iter().map(|base| base.name.clone()).collect();
        let SweepOptions { objective, best, exhaustive, shard, mapper, .. } = &self.options;
        let shard = shard.filter(|shard| !shard.is_whole());
        let search = SweepSearch {
            networks: &problems,
            space: &self.space,
            source: self,
            architectures: &names,
            mappers: &self.mappers,
            template: mapper.template,
            wanted: (*best).max(1),
            exhaustive: *exhaustive,
            shard,
        };
        let designs = execute(&search, cache, workers, watcher);
        let describe = |mapper: &Arc<dyn Mapper>| format!("{}: {}", mapper.name(), mapper.settings());
        let mut results = SweepResults {
            schema: SWEEP_SCHEMA,
            networks: networks.iter().map(|network| network.name().to_owned()).collect(),
            architectures: names,
            parameters: self.space.parameters(),
            conditions: self.options.conditions.clone(),
            objective: *objective,
            metric: objective.metric().to_owned(),
            mapper: self.mappers.first().map(describe).unwrap_or_default(),
            best_count: (*best).max(1),
            exhaustive: *exhaustive,
            shard,
            inputs: self.inputs(networks),
            warnings: self.warnings(networks),
            designs,
            front: Vec::new(),
            pair_fronts: PairFronts::default(),
            best: Vec::new(),
        };
        finish(&mut results);
        results
    }

    fn inputs(&self, networks: &[Network]) -> Vec<SweepInput> {
        let networks = networks.iter().map(Network::input);
        let bases = self.bases.iter().flat_map(|base| base.inputs.iter().chain(&base.tables).cloned());
        let mut inputs: Vec<SweepInput> = Vec::new();
        for InputFile { source, blake3 } in networks.chain(bases) {
            let input = SweepInput { source, blake3 };
            if !inputs.contains(&input) {
                inputs.push(input);
            }
        }
        inputs
    }

    /// What the reader should know of the networks, and of the first design that is valid.
    fn warnings(&self, networks: &[Network]) -> Vec<String> {
        let networks = networks
            .iter()
            .flat_map(|network| network.warnings().iter().map(|warning| format!("{}: {warning}", network.name())));
        let design =
            self.example().into_iter().flat_map(|design| design.warnings.into_iter().chain(design.energy_warnings));
        networks.chain(design).collect()
    }
}

/// Designs among which one is looked for that is valid, for what is to be remarked on it.
const FIRST: usize = 20;

impl DesignSource for Sweep {
    fn design(&self, number: usize) -> Result<NamedDesign, String> {
        let architecture = self.architecture(number).map_err(|error| told(&error))?;
        let area_um2 = area::known(architecture.resolved());
        Ok(NamedDesign { named: architecture.named, area_um2 })
    }
}

/// An error with its causes, in one line.
fn told(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let text = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
    text.split("\nhint: ").next().unwrap_or_default().replace('\n', "; ")
}

/// Writes `sweep.csv` and `sweep.json`; of a shard its own file, of a sweep that was ended `sweep.csv` alone.
///
/// # Errors
///
/// The file system's, with the path in front.
pub fn write_sweep(folder: &Path, results: &SweepResults) -> Result<(), Error> {
    let json = to_json(results)?;
    if let Some(shard) = results.shard {
        return Ok(write_whole(&folder.join(shard.file()), json.as_bytes())?);
    }
    let csv = sweep_csv(results)?;
    let is_finished = !results.designs.iter().any(|design| design.outcome == DesignOutcome::Unfinished);
    let mut files = vec![(folder.join("sweep.csv"), csv)];
    files.extend(is_finished.then(|| (folder.join(SWEEP_FILE), json)));
    Ok(write_all_whole(&files)?)
}

/// Whether a folder has the results of a sweep, or of shards of one.
pub fn has_sweep(folder: &Path) -> bool {
    folder.join(SWEEP_FILE).is_file() || !shard_files(folder).is_empty()
}

/// The sweep in folders: that of `sweep.json`, or of the shards of one.
///
/// # Errors
///
/// If a file cannot be read, a shard is missing, or there are several sweeps.
pub fn open_sweep(folders: &[PathBuf]) -> Result<SweepResults, Error> {
    let shards: Vec<PathBuf> = folders.iter().flat_map(|folder| shard_files(folder)).collect();
    let whole = folders.iter().map(|folder| folder.join(SWEEP_FILE)).filter(|file| file.is_file());
    // Where shards lie beside what was made of them before, the shards count.
    let files: Vec<PathBuf> = if shards.is_empty() { whole.collect() } else { shards };
    let read = |file: &PathBuf| {
        let text = fs::read_to_string(file)
            .map_err(|error| io::Error::new(error.kind(), format!("cannot read `{}`: {error}", file.display())))?;
        let error = |source| ErrorKind::SweepFile { file: file.clone(), source };
        Ok(from_json(&text).map_err(error)?)
    };
    let mut parts = files.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    match parts.pop() {
        Some(only) if parts.is_empty() && only.shard.is_none() => Ok(only),
        last => {
            parts.extend(last);
            Ok(merge(parts).map_err(ErrorKind::Merge)?)
        }
    }
}

/// The files of shards in a folder, in the order of their names.
fn shard_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<PathBuf> = entries
        .filter(|entry| Shard::is_file(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files
}
