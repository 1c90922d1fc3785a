//! The jobs, on several threads.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use super::{Cache, Done, JobError, Lookup, Plan, PlannedJob, Solution};
use crate::mapper::{Job, MapError, NoProgress, Outcome, Progress, Status};
use crate::mapping::Mapping;
use crate::model::{Cost, Footprint};

/// Stack of a worker: searches recurse over the loops of a mapping.
pub(crate) const STACK: usize = 16 << 20;

/// Who watches a run; methods that are left out hear nothing. Called from any thread; workers are numbered from 0.
pub trait Watcher: Sync {
    /// A worker begins to search.
    fn started(&self, worker: usize, job: usize) {
        let _ = (worker, job);
    }

    /// Its best mapping so far.
    fn improved(&self, worker: usize, cost: Cost) {
        let _ = (worker, cost);
    }

    /// Share of its search that is done, as well as it is known.
    fn advanced(&self, worker: usize, share: f64) {
        let _ = (worker, share);
    }

    /// A job is finished, by the cache (no worker) or by a search.
    fn finished(&self, worker: Option<usize>, job: usize, done: &Done) {
        let _ = (worker, job, done);
    }

    /// Something is wrong that does not stop the run.
    fn warning(&self, text: String) {
        let _ = text;
    }

    /// Whether the run shall end now. What is finished is kept.
    fn is_cancelled(&self) -> bool;
}

impl Watcher for NoProgress {
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Does all jobs of a plan, `workers` at the same time, the longest first; those in the cache need no search. A result is
/// in the cache before it counts as finished. Jobs that the watcher's end leaves undone are `None`.
pub fn execute(plan: &Plan, cache: &Cache, workers: usize, watcher: &dyn Watcher) -> Vec<Option<Done>> {
    let results: Vec<Mutex<Option<Done>>> = plan.jobs.iter().map(|_| Mutex::default()).collect();
    let set = |job: usize, worker: Option<usize>, done: Done| {
        watcher.finished(worker, job, &done);
        *results[job].lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
    };
    let looked_up = Queue::new((0..plan.jobs.len()).collect());
    let missing: Mutex<Vec<usize>> = Mutex::default();
    in_parallel(workers, |_| {
        while let Some(job) = looked_up.next().filter(|_| !watcher.is_cancelled()) {
            match load(&plan.jobs[job], cache, plan.footprint, watcher) {
                Some(done) => {
                    warn_of_miscount(&done.outcome, &plan.jobs[job], plan.label(job), watcher);
                    set(job, None, done);
                }
                None => missing.lock().unwrap_or_else(PoisonError::into_inner).push(job),
            }
        }
    });
    let mut missing = missing.into_inner().unwrap_or_else(PoisonError::into_inner);
    let weight = |job: &usize| plan.jobs[*job].weight;
    missing.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then(a.cmp(b)));
    let queue = Queue::new(missing);
    let is_stored = AtomicBool::new(true);
    in_parallel(workers, |worker| {
        while let Some(job) = queue.next().filter(|_| !watcher.is_cancelled()) {
            watcher.started(worker, job);
            let Some(searched) = search(plan, job, None, worker, watcher) else { continue };
            set(job, Some(worker), solved(plan, job, searched, cache, &is_stored, watcher));
        }
    });
    results.into_iter().map(|done| done.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

/// Does one job of a plan, or finds it in the cache; `None` where the watcher ends it before anything is found. `upper_bound` is asked for a
/// value that a mapping of the job is [known](Job::upper_bound) to have.
pub fn execute_job(
    plan: &Plan,
    job: usize,
    upper_bound: impl FnOnce() -> Option<f64>,
    cache: &Cache,
    watcher: &dyn Watcher,
) -> Option<Done> {
    if let Some(done) = load(&plan.jobs[job], cache, plan.footprint, watcher) {
        return Some(done);
    }
    if watcher.is_cancelled() {
        return None;
    }
    let searched = search(plan, job, upper_bound(), 0, watcher).filter(|searched| searched.is_complete)?;
    Some(solved(plan, job, searched, cache, &AtomicBool::new(true), watcher))
}

/// What a search found, evaluated and kept in the cache. `is_stored` is whether no result has failed to be kept.
fn solved(
    plan: &Plan,
    job: usize,
    Searched { outcome, seconds, is_complete }: Searched,
    cache: &Cache,
    is_stored: &AtomicBool,
    watcher: &dyn Watcher,
) -> Done {
    let planned = &plan.jobs[job];
    let solved = match &outcome {
        Ok(outcome) => Solution::new(&planned.fitted, outcome.clone(), plan.footprint),
        Err(error) => Err(error.clone().into()),
    };
    let kept = match (&outcome, &solved) {
        // Later runs search again where the user ended the search, or where the model refuses its result.
        (Ok(outcome), Ok(_) | Err(JobError::NoMapping(_))) if is_complete => {
            cache.store(&planned.key, &planned.fitted, outcome)
        }
        _ => Ok(()),
    };
    if let Err(error) = kept
        && is_stored.swap(false, Ordering::Relaxed)
    {
        watcher.warning(format!("search results cannot be cached: {error}"));
    }
    warn_of_miscount(&solved, planned, plan.label(job), watcher);
    Done { outcome: solved, from_cache: false, seconds }
}

/// What the cache has for a job.
fn load(job: &PlannedJob, cache: &Cache, footprint: Footprint, watcher: &dyn Watcher) -> Option<Done> {
    let corrupt = |path: &std::path::Path, reason: &str| {
        watcher.warning(format!("ignoring the unusable cache entry `{}`: {reason}", path.display()));
    };
    let outcome = match cache.load(&job.key, &job.fitted) {
        Lookup::Miss => return None,
        Lookup::Corrupt(path, reason) => {
            corrupt(&path, &reason);
            return None;
        }
        Lookup::Hit(outcome) => *outcome,
    };
    let outcome = match Solution::new(&job.fitted, outcome, footprint) {
        Err(JobError::Refused(reason)) => {
            corrupt(&cache.path(&job.key).unwrap_or_default(), &reason);
            return None;
        }
        solved => solved,
    };
    Some(Done { outcome, from_cache: true, seconds: 0.0 })
}

/// Says where the model counts other operations than the layer has.
fn warn_of_miscount(
    outcome: &Result<Solution, JobError>,
    job: &PlannedJob,
    (network, problem, architecture): (&str, &str, &str),
    watcher: &dyn Watcher,
) {
    let miscount = |solution: &Solution| solution.evaluation.miscount(job.fitted.problem.macs());
    if let Some(miscount) = outcome.as_ref().ok().and_then(miscount) {
        watcher.warning(format!("{network}/{architecture}/{problem}: {miscount}"));
    }
}

/// How a search ended.
struct Searched {
    outcome: Result<Outcome, MapError>,
    seconds: f64,
    /// Whether it was not ended by the user.
    is_complete: bool,
}

/// Searches for one job. `None` if the user's wish ended the search before anything was found. A fault of the mapper is that
/// job's failure.
fn search(plan: &Plan, job: usize, upper_bound: Option<f64>, worker: usize, watcher: &dyn Watcher) -> Option<Searched> {
    let PlannedJob { fitted, mapper: (index, mapper), .. } = &plan.jobs[job];
    let mapper = &plan.mappers[*index][*mapper];
    let begun = Instant::now();
    let sparse = fitted.sparse_model();
    let task = Job { upper_bound, ..fitted.job(sparse.as_ref()) };
    let progress = WorkerProgress { watcher, worker, label: plan.label(job) };
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| mapper.search(task, &progress)));
    let outcome = outcome.unwrap_or_else(|_| {
        Err(MapError::Failed("the mapper failed on this job; this is a bug, please report it".to_owned()))
    });
    let status = outcome.as_ref().map(|outcome| &outcome.status);
    let is_final = matches!(status, Ok(Status::Optimal | Status::Infeasible(_)));
    let is_complete = is_final || !watcher.is_cancelled();
    let seconds = begun.elapsed().as_secs_f64();
    let has_mapping = outcome.as_ref().is_ok_and(|outcome| outcome.best.is_some());
    (is_complete || has_mapping).then_some(Searched { outcome, seconds, is_complete })
}

/// One worker's view of the watcher.
struct WorkerProgress<'a> {
    watcher: &'a dyn Watcher,
    worker: usize,
    /// Network, problem and architecture.
    label: (&'a str, &'a str, &'a str),
}

impl Progress for WorkerProgress<'_> {
    fn improved(&self, _: &Mapping, cost: Cost) {
        self.watcher.improved(self.worker, cost);
    }

    fn reported(&self, cost: Cost) {
        self.watcher.improved(self.worker, cost);
    }

    fn advanced(&self, share: f64) {
        self.watcher.advanced(self.worker, share);
    }

    fn is_cancelled(&self) -> bool {
        self.watcher.is_cancelled()
    }

    fn warned(&self, message: &str) {
        let (network, problem, architecture) = self.label;
        self.watcher.warning(format!("{network}/{architecture}/{problem}: {message}"));
    }
}

/// Items to be taken one after the other.
struct Queue {
    items: Vec<usize>,
    next: AtomicUsize,
}

impl Queue {
    fn new(items: Vec<usize>) -> Self {
        Self { items, next: AtomicUsize::new(0) }
    }

    fn next(&self) -> Option<usize> {
        self.items.get(self.next.fetch_add(1, Ordering::Relaxed)).copied()
    }
}

/// Runs `work` on so many threads, each with its number.
fn in_parallel(workers: usize, work: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        let work = &work;
        let spawn = |worker: usize| {
            let builder = thread::Builder::new().name(format!("worker {worker}")).stack_size(STACK);
            builder.spawn_scoped(scope, move || work(worker)).is_ok()
        };
        let spawned = (0..workers.max(1)).filter(|worker| spawn(*worker)).count();
        if spawned == 0 {
            // No thread is to be had: then this one.
            work(0);
        }
    });
}
