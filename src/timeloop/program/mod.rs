//! The real `timeloop-mapper` as a mapper: each job in a folder of its own, watched while it runs, and its result evaluated
//! again by our model.

mod accelergy;
mod bounded_output;
mod exit_status;
mod locate;
mod log;
mod result;
mod run;
mod signal;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

pub use self::accelergy::{AccelergyError, add_estimates, has_accelergy};
use self::exit_status::{Verdict, verdict};
pub use self::locate::{NAME, Program, ProgramError, VARIABLE};
use self::log::{Said, stop_reason};
use self::run::{Ended, Limits, Stop, Stream, run};
pub use self::signal::kill_all;
use crate::mapper::{
    Effort, FoundMapping, Job, MapError, Mapper, Metric, Outcome, Progress, SearchSettings, Status, StopReason,
};
use crate::model::Cost;
use crate::timeloop::files::processed::{Processed, write};

/// The input of every job.
const INPUT: &str = "input.yaml";
/// Digits of a job's hash that name its folder.
const PREFIX: usize = 12;

/// How the real mapper is run.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeloopOptions {
    /// What it is told about its search.
    pub settings: SearchSettings,
    /// After this long a job is told to stop and to write its best. Without it, only its own criteria end it.
    pub time_limit: Option<Duration>,
    /// How long it may take to stop before it is killed.
    pub grace: Duration,
    /// Where the folders of the jobs are made.
    pub folder: PathBuf,
    /// Whether folders of jobs that went well are kept. Those of others always are.
    pub keep: bool,
}

impl TimeloopOptions {
    /// A search with the given settings, without limit of time, with 10 s to stop. Folders of jobs are in `folder`.
    pub fn new(settings: SearchSettings, folder: impl Into<PathBuf>) -> Self {
        Self { settings, time_limit: None, grace: Duration::from_secs(10), folder: folder.into(), keep: false }
    }
}

/// Threads for each of several jobs at a time, so that together they have what there is.
pub fn threads_per_job(threads: usize, jobs: usize) -> usize {
    (threads / jobs.max(1)).max(1)
}

/// The real mapper.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeloopMapper {
    program: Program,
    options: TimeloopOptions,
}

impl TimeloopMapper {
    /// The mapper that `program` is.
    pub fn new(program: Program, options: TimeloopOptions) -> Self {
        Self { program, options }
    }

    /// Makes a folder for a job and writes its input.
    fn prepare(&self, job: Job) -> Result<TempDir, MapError> {
        let input = Processed {
            architecture: job.architecture,
            problem: job.problem,
            constraints: job.constraints,
            settings: &self.options.settings,
        };
        let text =
            write(input).map_err(|error| failed(format!("the job cannot be written for timeloop-mapper: {error}")))?;
        result::check_input(&text, job)?;
        let base = &self.options.folder;
        let in_base =
            |error: std::io::Error| failed(format!("cannot make a folder for a job in `{}`: {error}", base.display()));
        fs::create_dir_all(base).map_err(in_base)?;
        // Jobs run with this folder as their own, wherever we are.
        let base = std::path::absolute(base).map_err(in_base)?;
        let hash = blake3::hash(text.as_bytes()).to_hex();
        let prefix = hash.get(..PREFIX).unwrap_or_default();
        let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(base).map_err(in_base)?;
        fs::write(folder.path().join(INPUT), text).map_err(in_base)?;
        Ok(folder)
    }

    /// Runs the program in the job's folder.
    fn run(&self, job: Job, folder: &Path, progress: &dyn Progress) -> Result<(Ended, Watch<'_>), MapError> {
        let mut watch = Watch::new(&self.options.settings, job);
        let limits = Limits { time: self.options.time_limit, grace: self.options.grace };
        let mut on_line = |_: Stream, line: &str| watch.line(line, progress);
        let is_cancelled = || progress.is_cancelled();
        let ended = run(self.program.path(), &[INPUT], folder, limits, &mut on_line, &is_cancelled);
        let path = self.program.path().display();
        let ended = ended.map_err(|error| failed(format!("cannot run `{path}`: {error}")))?;
        // For whoever looks into the folder.
        for (name, said) in [("stdout.txt", &ended.stdout), ("stderr.txt", &ended.stderr)] {
            let _ = fs::write(folder.join(format!("{NAME}.{name}")), said.text());
        }
        Ok((ended, watch))
    }

    fn search_in(&self, job: Job, folder: &Path, progress: &dyn Progress) -> Result<Outcome, MapError> {
        let (ended, watch) = self.run(job, folder, progress)?;
        let stop = match ended.stop {
            Some(Stop::Cancelled) => StopReason::Cancelled,
            Some(Stop::TimedOut) => StopReason::Time,
            None => watch.stop(),
        };
        let statistics = match verdict(folder, &ended, &watch.endings())? {
            Verdict::Found(statistics) => statistics,
            Verdict::Nothing(text) => return Ok(Outcome::nothing(text, stop, watch.effort())),
        };
        let (mapping, cost) = result::read_back(folder, job, &statistics, progress)?;
        if let (Some(Stop::TimedOut), Some(limit)) = (ended.stop, self.options.time_limit) {
            progress.warned(&format!(
                "timeloop-mapper was stopped after {} s; this is its best mapping until then",
                limit.as_secs_f64()
            ));
        }
        Ok(Outcome::found(FoundMapping { mapping, cost }, Status::Unknown, stop, watch.effort()))
    }
}

impl Mapper for TimeloopMapper {
    fn name(&self) -> &'static str {
        "timeloop"
    }

    fn settings(&self) -> String {
        let limit =
            self.options.time_limit.map_or_else(|| "none".to_owned(), |limit| format!("{} s", limit.as_secs_f64()));
        format!("{NAME} {}; {:?}; time limit {limit}", self.program.hash(), self.options.settings)
    }

    fn search(&self, job: Job, progress: &dyn Progress) -> Result<Outcome, MapError> {
        if job.sparse.is_some() {
            return Err(MapError::SparseProgram);
        }
        if progress.is_cancelled() {
            let text = "the job was cancelled before it began".to_owned();
            return Ok(Outcome::nothing(text, StopReason::Cancelled, Effort::default()));
        }
        let folder = self.prepare(job)?;
        let outcome = self.search_in(job, folder.path(), progress);
        if outcome.as_ref().is_ok_and(|outcome| outcome.best.is_some()) && !self.options.keep {
            return outcome;
        }
        let kept = kept(folder);
        let with_folder = |text: String| format!("{text}\n  its input and its output are in `{}`", kept.display());
        match outcome {
            Ok(outcome) => Ok(Outcome { explanation: outcome.explanation.map(with_folder), ..outcome }),
            Err(error) => Err(MapError::Failed(with_folder(error.to_string()))),
        }
    }
}

/// Keeps the folder of a job under the job's own name, in the place of what an earlier run of it left.
fn kept(folder: TempDir) -> PathBuf {
    let kept = folder.keep();
    let name = kept.file_name().and_then(|name| name.to_str()).and_then(|name| name.get(..PREFIX));
    let Some(own) = name.map(|name| kept.with_file_name(name)) else { return kept };
    let _ = fs::remove_dir_all(&own);
    if fs::rename(&kept, &own).is_ok() { own } else { kept }
}

fn failed(text: String) -> MapError {
    MapError::Failed(text)
}

/// What the program's lines have told so far.
struct Watch<'a> {
    settings: &'a SearchSettings,
    computes: u64,
    best: Option<Cost>,
    /// Mappings tried and valid ones, by thread.
    tried: BTreeMap<usize, (u64, u64)>,
    ended: BTreeMap<usize, String>,
    mapspace: Vec<(String, u128)>,
}

impl<'a> Watch<'a> {
    fn new(settings: &'a SearchSettings, job: Job) -> Self {
        Self {
            settings,
            computes: job.problem.macs(),
            best: None,
            tried: BTreeMap::new(),
            ended: BTreeMap::new(),
            mapspace: Vec::new(),
        }
    }

    fn line(&mut self, line: &str, progress: &dyn Progress) {
        match Said::parse(line, self.computes) {
            Some(Said::Improved(cost)) if self.is_better(cost) => {
                self.best = Some(cost);
                progress.reported(cost);
            }
            Some(Said::Tried { thread, mappings, valid }) => drop(self.tried.insert(thread, (mappings, valid))),
            Some(Said::Ended { thread, reason }) => {
                self.ended.insert(thread, reason);
                progress.advanced(share(self.ended.len(), self.settings.threads));
            }
            Some(Said::Mapspace { part, size }) => self.mapspace.push((part, size)),
            Some(Said::Improved(_)) | None => {}
        }
    }

    /// Every thread tells its own best: of them, those count that are the best of all. Metrics that the lines do not tell count
    /// as the energy-delay product.
    fn is_better(&self, cost: Cost) -> bool {
        let metric = self.settings.metrics.first().filter(|metric| !metric.counts_accesses()).unwrap_or(&Metric::Edp);
        self.best.is_none_or(|best| metric.value(&cost) < metric.value(&best))
    }

    /// Why the threads ended.
    fn endings(&self) -> Vec<String> {
        self.ended.iter().map(|(thread, reason)| format!("thread {thread}: {reason}")).collect()
    }

    /// Why the threads together ended.
    fn stop(&self) -> StopReason {
        self.ended.values().map(|text| stop_reason(text)).max().unwrap_or(StopReason::Unstated)
    }

    /// Mappings tried, as far as the last line of each thread tells.
    fn effort(&self) -> Effort {
        let sum = |count: fn(&(u64, u64)) -> u64| self.tried.values().map(count).fold(0, u64::saturating_add);
        Effort {
            mapspace: self.mapspace.clone(),
            evaluations: sum(|(mappings, _)| *mappings),
            valid: sum(|(_, valid)| *valid),
            cuts: Vec::new(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "threads are few")]
fn share(done: usize, all: usize) -> f64 {
    (done as f64 / all.max(1) as f64).min(1.0)
}
