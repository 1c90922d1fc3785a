//! The searches of a sweep, on several threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::SweepSpace;
use super::design::{DesignJobs, DesignSource};
use super::known::KnownMappings;
use crate::mapper::{Mapper, Template};
use crate::numbers::real;
use crate::results::sweep::{DesignCost, DesignOutcome, Incumbents, Shard, SweepDesign};
use crate::run::{Cache, Done, NetworkProblems, STACK, Watcher, execute_job};

/// Who watches a sweep. Called from any thread.
pub trait SweepWatcher: Sync {
    /// The bounds of a design are known, of so many designs that this run has.
    fn bounded(&self, designs: usize);
    /// A design is finished; so many designs dominate no other one by now.
    fn finished(&self, design: &SweepDesign, front: usize);
    /// Something is wrong that does not stop the sweep.
    fn warning(&self, text: String);
    /// Whether the sweep shall end now. What is finished is kept.
    fn is_cancelled(&self) -> bool;
}

/// What is searched.
#[derive(Clone, Copy)]
pub struct SweepSearch<'a> {
    /// The networks.
    pub networks: &'a [NetworkProblems],
    /// The designs.
    pub space: &'a SweepSpace,
    /// Makes them.
    pub source: &'a dyn DesignSource,
    /// Names of the architectures whose values are set.
    pub architectures: &'a [String],
    /// The mapper of each architecture.
    pub mappers: &'a [Arc<dyn Mapper>],
    /// The mapspace of the mappers.
    pub template: Template,
    /// How many designs shall be better than one that is skipped; at least 1.
    pub wanted: usize,
    /// Whether every design is searched.
    pub exhaustive: bool,
    /// The part of the designs that is searched, if not all.
    pub shard: Option<Shard>,
}

/// Searches the designs, `workers` at the same time, those of least bounds first, and leaves out those that cannot be good. What the
/// watcher's end leaves undone is unfinished. The designs of a shard are those that belong to it.
pub fn execute(search: &SweepSearch, cache: &Cache, workers: usize, watcher: &dyn SweepWatcher) -> Vec<SweepDesign> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers.max(1)).stack_size(STACK).build();
    let state = State::new(search, cache, watcher);
    match pool {
        Ok(pool) => pool.install(|| state.run(workers)),
        // No threads of its own are to be had: then those that are there.
        Err(_) => state.run(1),
    }
    state.into_designs()
}

/// A sweep that runs.
struct State<'a> {
    search: &'a SweepSearch<'a>,
    cache: &'a Cache,
    watcher: &'a dyn SweepWatcher,
    designs: Vec<Mutex<SweepDesign>>,
    incumbents: Mutex<Incumbents>,
    known: KnownMappings,
}

impl<'a> State<'a> {
    fn new(search: &'a SweepSearch<'a>, cache: &'a Cache, watcher: &'a dyn SweepWatcher) -> Self {
        let shard = search.shard.unwrap_or(Shard { index: 1, count: 1 });
        let own = (0..search.space.len()).filter(|design| design % shard.count == shard.index - 1);
        let unfinished = |design: usize| SweepDesign {
            design,
            architecture: search.architectures[search.space.architecture(design)].clone(),
            values: search.space.values(design),
            bounds: None,
            outcome: DesignOutcome::Unfinished,
        };
        let designs = own.map(unfinished).map(Mutex::new).collect();
        let incumbents = Mutex::new(Incumbents::new(search.wanted));
        Self { search, cache, watcher, designs, incumbents, known: KnownMappings::default() }
    }

    fn into_designs(self) -> Vec<SweepDesign> {
        self.designs.into_iter().map(|design| design.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
    }

    fn run(&self, workers: usize) {
        let bounds: Vec<Option<DesignCost>> = self.designs.par_iter().map(|design| self.bound(design)).collect();
        let mut order: Vec<(f64, usize)> =
            bounds.iter().enumerate().filter_map(|(index, bounds)| Some((product(bounds.as_ref()?), index))).collect();
        order.sort_by(|(left, a), (right, b)| left.total_cmp(right).then(a.cmp(b)));
        let next = AtomicUsize::new(0);
        // Each worker takes one design after the other; searches of one design are shared by those that have none left.
        rayon::scope(|scope| {
            for _ in 0..workers.max(1) {
                scope.spawn(|_| {
                    while let Some((_, index)) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if self.watcher.is_cancelled() {
                            return;
                        }
                        self.search_design(*index);
                    }
                });
            }
        });
    }

    /// The jobs of a design.
    fn jobs(&self, design: usize) -> Result<DesignJobs, String> {
        let SweepSearch { networks, space, source, mappers, .. } = self.search;
        DesignJobs::new(source.design(design)?, networks, &mappers[space.architecture(design)])
    }

    /// Bounds a design; `None` if it is not valid, or the sweep ended before.
    fn bound(&self, design: &Mutex<SweepDesign>) -> Option<DesignCost> {
        if self.watcher.is_cancelled() {
            return None;
        }
        let number = design.lock().unwrap_or_else(PoisonError::into_inner).design;
        let bounds = self.jobs(number).map(|jobs| jobs.bounds(self.search.template));
        let mut design = design.lock().unwrap_or_else(PoisonError::into_inner);
        design.bounds = bounds.as_ref().ok().copied();
        self.watcher.bounded(self.designs.len());
        match bounds {
            Ok(bounds) => Some(bounds),
            Err(reason) => {
                design.outcome = DesignOutcome::Failed { reason };
                self.watcher.finished(&design, self.front_size());
                None
            }
        }
    }

    fn front_size(&self) -> usize {
        self.incumbents.lock().unwrap_or_else(PoisonError::into_inner).front_size()
    }

    /// Searches a design, unless it cannot be good.
    fn search_design(&self, index: usize) {
        let (number, bounds) = {
            let design = self.designs[index].lock().unwrap_or_else(PoisonError::into_inner);
            (design.design, design.bounds)
        };
        let dominator = || self.incumbents.lock().unwrap_or_else(PoisonError::into_inner).dominator(&bounds?);
        let outcome = match if self.search.exhaustive { None } else { dominator() } {
            Some(dominated_by) => DesignOutcome::Skipped { dominated_by },
            None => match self.searched(number) {
                Some(outcome) => outcome,
                None => return,
            },
        };
        let mut design = self.designs[index].lock().unwrap_or_else(PoisonError::into_inner);
        design.outcome = outcome;
        if let Some(searched) = design.searched() {
            let is_above = bounds.is_none_or(|bounds| {
                bounds.energy_pj <= searched.cost.energy_pj && bounds.cycles <= searched.cost.cycles
            });
            debug_assert!(is_above, "{bounds:?} {:?}", searched.cost);
            self.incumbents.lock().unwrap_or_else(PoisonError::into_inner).add(number, searched.cost);
        }
        self.watcher.finished(&design, self.front_size());
    }

    /// Searches all layers of a design; `None` if the sweep ended before.
    fn searched(&self, number: usize) -> Option<DesignOutcome> {
        let jobs = match self.jobs(number) {
            Ok(jobs) => jobs,
            Err(reason) => return Some(DesignOutcome::Failed { reason }),
        };
        let indices: Vec<usize> = (0..jobs.plan.jobs.len()).collect();
        let done: Vec<Option<Done>> = indices.into_par_iter().map(|job| self.search_job(&jobs, number, job)).collect();
        if done.iter().any(Option::is_none) {
            return None;
        }
        Some(match jobs.summed(&done) {
            Ok(searched) => DesignOutcome::Searched(searched),
            Err(reason) => DesignOutcome::Failed { reason },
        })
    }

    fn search_job(&self, jobs: &DesignJobs, number: usize, index: usize) -> Option<Done> {
        let planned = &jobs.plan.jobs[index];
        let (run, problem) = planned.first;
        let of_sweep = (self.search.space.architecture(number), jobs.plan.runs[run].network, problem);
        let metric = self.search.mappers[of_sweep.0].metric();
        let upper_bound = || {
            let sparse = planned.fitted.sparse_model();
            self.known.least_value(of_sweep, &planned.fitted.job(sparse.as_ref()), metric?)
        };
        let done = execute_job(&jobs.plan, index, upper_bound, self.cache, &Quiet(self.watcher))?;
        if let Ok(solution) = &done.outcome {
            self.known.add(of_sweep, &solution.best.mapping);
        }
        Some(done)
    }
}

/// By what designs are ordered: a design that dominates another one's bounds has a smaller product.
fn product(bounds: &DesignCost) -> f64 {
    bounds.energy_pj * real(bounds.cycles) * bounds.area_um2.unwrap_or(1.0)
}

/// The searches of one design say only what is wrong.
struct Quiet<'a>(&'a dyn SweepWatcher);

impl Watcher for Quiet<'_> {
    fn warning(&self, text: String) {
        self.0.warning(text);
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
