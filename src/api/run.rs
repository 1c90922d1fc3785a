//! Runs: networks x architectures x mappers.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use super::manifest::{Manifest, ManifestEntry, ResultsEntry, TOOL};
use super::results::statistics;
use super::{Architecture, Error, Network};
use crate::mapper::Mapper;
use crate::model::Footprint;
use crate::output::{write_many, write_whole};
use crate::report::phrases::listed;
use crate::report::{self, Provenance};
use crate::results::{self, NetworkResults};
use crate::run::{Cache, Done, NetworkRun, Plan, Watcher, execute, network_results, search_files};
use crate::timeloop::files::TimeloopVersion;
use crate::workload::Datawidth;

/// Results whose files are written together.
const RESULTS_TOGETHER: usize = 16;

/// Every distinct problem of networks on architectures, each searched once by each mapper.
pub struct Run {
    networks: Vec<Network>,
    architectures: Vec<Architecture>,
    plan: Plan,
}

impl Run {
    /// Networks on architectures, searched by one mapper, with tiles counted as Timeloop does.
    pub fn new(networks: &[Network], architectures: &[Architecture], mapper: impl Mapper + 'static) -> Self {
        let mapper: Arc<dyn Mapper> = Arc::new(mapper);
        let mappers = vec![vec![mapper]; architectures.len()];
        Self::with_mappers(networks, architectures, &mappers, Footprint::default())
    }

    /// The mappers of each architecture: as many for every one, in the same order. Uses the threads of the current pool.
    pub fn with_mappers(
        networks: &[Network],
        architectures: &[Architecture],
        mappers: &[Vec<Arc<dyn Mapper>>],
        footprint: Footprint,
    ) -> Self {
        let problems: Vec<_> = networks.iter().map(|network| network.content.clone()).collect();
        let named: Vec<_> = architectures.iter().map(|architecture| architecture.named.clone()).collect();
        let plan = Plan::new(&problems, &named, mappers, footprint);
        Self { networks: networks.to_vec(), architectures: architectures.to_vec(), plan }
    }

    /// The searches of the run, and what each serves.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Remarks on the descriptions, each once, with the architecture and the first problem that it is about.
    pub fn warnings(&self) -> Vec<String> {
        self.plan.warnings()
    }

    /// Does all searches, `workers` at the same time; those in the cache are not done again. What the watcher's end leaves
    /// undone is a layer without mapping in the results.
    pub fn execute(&self, cache: &Cache, workers: usize, watcher: &dyn Watcher) -> FinishedRun {
        let done = execute(&self.plan, cache, workers, watcher);
        let results = self.plan.runs.iter().map(|run| network_results(&self.plan, run, &done)).collect();
        FinishedRun { results, done }
    }

    /// Writes statistics, loop nest and mapping of a finished search, for every network and architecture that it serves, into
    /// `folder/NETWORK/ARCHITECTURE/PROBLEM`.
    ///
    /// # Errors
    ///
    /// The file system's, with the path in front.
    pub fn write_search(&self, folder: &Path, job: usize, done: &Done) -> io::Result<()> {
        write_many(&self.search_files(folder, job, done))
    }

    /// The files of [`Run::write_search`], each with its text, for those who write the files of several searches together.
    pub fn search_files(&self, folder: &Path, job: usize, done: &Done) -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        for run in &self.plan.runs {
            let served = run.jobs.iter().enumerate().filter(|(_, own)| matches!(own, Ok(own) if *own == job));
            for (problem, _) in served {
                files.extend(search_files(&self.plan, run, problem, done, &self.folder(folder, run)));
            }
        }
        files
    }

    /// Writes the results of all networks on all architectures, and the manifest. `version` is the form in which
    /// [`write_network`](super::write_network) has written the problems.
    ///
    /// # Errors
    ///
    /// The file system's, with the path in front; or that the folder's manifest is not of this tool.
    pub fn write_results(&self, folder: &Path, finished: &FinishedRun, version: TimeloopVersion) -> Result<(), Error> {
        let entry = |network: &Network| Ok((network.name().to_owned(), ManifestEntry::of(network, version)?));
        let mut entries = self.networks.iter().map(entry).collect::<Result<IndexMap<_, _>, Error>>()?;
        let all: Vec<_> = self.plan.runs.iter().zip(&finished.results).collect();
        for some in all.chunks(RESULTS_TOGETHER) {
            let mut files = Vec::new();
            for (run, results) in some {
                let own = self.folder(folder, run);
                files.push((own.join(results::FILE), results::to_json(results)?));
                files.push((own.join("results.csv"), report::totals::layers_csv(results)?));
                if let Some(network) = entries.get_mut(&results.network) {
                    network.results.insert(self.plan.folder(run), self.entry(run, results.energy_source.clone()));
                }
            }
            write_many(&files)?;
        }
        Manifest::add(folder, entries)
    }

    fn entry(&self, run: &NetworkRun, energy_source: String) -> ResultsEntry {
        let architecture = &self.architectures[run.architecture];
        ResultsEntry {
            architecture: self.plan.architectures[run.architecture].name.clone(),
            description: architecture.inputs.clone(),
            frontend_quirks: architecture.named.frontend_quirks,
            energy_source,
            energy_tables: architecture.tables.clone(),
            mapper: self.plan.mapper(run).name().to_owned(),
            mapper_settings: self.plan.mapper(run).settings(),
            footprint: self.plan.footprint.name().to_owned(),
        }
    }

    /// Where the statistics of a finished run are below a folder: index of the results, distinct problem, file.
    pub fn statistics(&self, folder: &Path, finished: &FinishedRun) -> Vec<(usize, String, PathBuf)> {
        let runs = self.plan.runs.iter().zip(&finished.results).enumerate();
        let own = |(index, (run, results)): (usize, (&NetworkRun, &NetworkResults))| {
            let files = statistics(results, &self.folder(folder, run));
            files.into_iter().map(move |(problem, file)| (index, problem, file)).collect::<Vec<_>>()
        };
        runs.flat_map(own).collect()
    }

    /// What lies in a folder from earlier runs, in sentences: results that this run will replace by others, and results that
    /// its totals and page will not show.
    ///
    /// # Errors
    ///
    /// If the folder's manifest is not of this tool.
    pub fn earlier_results(&self, folder: &Path, version: TimeloopVersion) -> Result<Vec<String>, Error> {
        let manifest = Manifest::read(folder)?;
        let (mut replaced, mut own) = (Vec::new(), Vec::new());
        for run in &self.plan.runs {
            let network = &self.networks[run.network];
            let name = format!("{}/{}", network.name(), self.plan.folder(run));
            if let Some((entry, results)) = manifest.results(network.name(), &self.plan.folder(run)) {
                let planned = self.entry(run, results.energy_source.clone());
                if !entry.is_same_network(&ManifestEntry::of(network, version)?) {
                    replaced.push(format!("{name} (of another network or other options)"));
                } else if *results != planned {
                    replaced.push(format!("{name} ({})", results.difference(&planned)));
                }
            }
            own.push(name);
        }
        let folder = folder.display();
        let mut sentences = Vec::new();
        if !replaced.is_empty() {
            let list = listed(&replaced);
            sentences.push(format!("`{folder}` has results of an earlier run, which are replaced: {list}"));
        }
        let kept: Vec<String> = manifest.folders().filter(|name| !own.contains(name)).collect();
        if !kept.is_empty() {
            sentences.push(format!(
                "`{folder}` also keeps results of earlier runs: {}\nhint: `onnx2timeloop report {folder}` shows all together",
                listed(&kept)
            ));
        }
        Ok(sentences)
    }

    /// One sentence where layers have wider numbers in their files than architectures have in main memory, or none.
    pub fn narrowed_numbers(&self) -> Option<String> {
        let bits = |network: &Network| network.layers().iter().map(|layer| layer.operands().bits()).max();
        let own = self.networks.iter().filter(|network| network.datawidth == Datawidth::Machine);
        let widest = u64::from(own.filter_map(bits).max()?);
        let memory = |design: &Architecture| {
            let outermost = design.resolved().levels().last()?;
            Some((design.name().to_owned(), outermost.word_bits))
        };
        let narrow = self.architectures.iter().filter_map(memory).filter(|(_, bits)| *bits < widest);
        let narrow: Vec<String> = narrow.map(|(name, bits)| format!("{name} ({bits} bits)")).collect();
        (!narrow.is_empty()).then(|| {
            format!(
                "layers have numbers of up to {widest} bits in their files; {} {} words of the architecture's width instead \
                 (`--datawidth from-network` gives each layer its own)",
                listed(&narrow),
                if narrow.len() == 1 { "counts" } else { "count" }
            )
        })
    }

    /// One sentence where densities are known and architectures make no use of zeros.
    pub fn unused_densities(&self) -> Option<String> {
        if self.networks.iter().all(|network| network.densities.is_empty()) {
            return None;
        }
        let dense = self.architectures.iter().filter(|design| !design.named.sources.mentions_zeros());
        let names: Vec<String> = dense.map(|design| design.name().to_owned()).collect();
        let make = if names.len() == 1 { "makes" } else { "make" };
        (!names.is_empty()).then(|| {
            format!(
                "{} {make} no use of zeros, for want of `sparse_optimizations` in the description: densities change no number there",
                listed(&names)
            )
        })
    }

    /// Writes `timing.json`, the only file that differs from run to run: the time of every search, and `seconds` in all.
    ///
    /// # Errors
    ///
    /// The file system's, with the path in front.
    pub fn write_timing(&self, folder: &Path, finished: &FinishedRun, seconds: f64) -> Result<(), Error> {
        let plan = &self.plan;
        let timing = |(job, done): (usize, &'_ Option<Done>)| {
            let Done { from_cache, seconds, .. } = *done.as_ref()?;
            let (network, problem, architecture) = plan.label(job);
            let mapper = plan.mapper(&plan.runs[plan.jobs[job].first.0]).name();
            let layers = plan.jobs[job].layers;
            Some(SearchTiming { network, problem, architecture, mapper, layers, from_cache, seconds })
        };
        let jobs = finished.done.iter().enumerate().filter_map(timing).collect();
        let text = serde_json::to_string_pretty(&Timing { schema: 1, seconds, jobs })? + "\n";
        Ok(write_whole(&folder.join("timing.json"), text.as_bytes())?)
    }

    /// What a report says of where the results come from.
    pub fn provenance(&self) -> Provenance {
        let mut provenance = Provenance { tool: TOOL.to_owned(), ..Provenance::default() };
        let networks = self.networks.iter().map(Network::input);
        let architectures = self.architectures.iter().flat_map(|design| design.inputs.iter().chain(&design.tables));
        for input in networks.chain(architectures.cloned()) {
            provenance.add_input(&input.source, input.blake3.as_deref());
        }
        for network in self.networks.iter().filter(|network| network.datawidth != Datawidth::Machine) {
            provenance.add_fact("widths of numbers", network.datawidth.name());
        }
        for mapper in self.plan.mappers.iter().flatten() {
            provenance.add_fact(&format!("mapper {}", mapper.name()), &mapper.settings());
        }
        provenance
    }

    /// The folder of a run: `DIR/NETWORK/ARCHITECTURE`.
    fn folder(&self, folder: &Path, run: &NetworkRun) -> PathBuf {
        folder.join(&self.plan.networks[run.network].network.name).join(self.plan.folder(run))
    }
}

/// What a run found.
#[derive(Clone, Debug)]
pub struct FinishedRun {
    /// Of every network on every architecture by every mapper.
    pub results: Vec<NetworkResults>,
    /// Of every search of the plan; `None` where the run was ended before.
    pub done: Vec<Option<Done>>,
}

/// The content of `timing.json`.
#[derive(Serialize)]
struct Timing<'a> {
    schema: u32,
    seconds: f64,
    jobs: Vec<SearchTiming<'a>>,
}

#[derive(Serialize)]
struct SearchTiming<'a> {
    network: &'a str,
    problem: &'a str,
    architecture: &'a str,
    mapper: &'a str,
    layers: usize,
    from_cache: bool,
    seconds: f64,
}
