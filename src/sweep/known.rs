//! Mappings that were found for the same layer on other designs: what they cost on a new one bounds its best from above.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use crate::mapper::{Job, MapError, Mapper, Metric, Outcome, Progress};
use crate::mapping::Mapping;

/// Mappings that are kept of each problem: those of the last designs.
const KEPT: usize = 16;

/// A problem of a network on the designs of an architecture: the indices of all three.
pub(super) type ProblemOfSweep = (usize, usize, usize);

/// The last different mappings of each problem.
#[derive(Debug, Default)]
pub(super) struct KnownMappings(Mutex<HashMap<ProblemOfSweep, VecDeque<Arc<Mapping>>>>);

impl KnownMappings {
    /// Adds one that was found.
    pub(super) fn add(&self, problem: ProblemOfSweep, mapping: &Mapping) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(problem).or_default();
        if let Some(at) = known.iter().position(|known| **known == *mapping) {
            known.remove(at);
        }
        known.push_front(Arc::new(mapping.clone()));
        known.truncate(KEPT);
    }

    /// The least value of the mappings of a problem on a job.
    pub(super) fn least_value(&self, problem: ProblemOfSweep, job: &Job, metric: Metric) -> Option<f64> {
        let known: Vec<Arc<Mapping>> = {
            let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.get(&problem).into_iter().flatten().cloned().collect()
        };
        job.least_value(metric, known.iter().map(Arc::as_ref))
    }
}

/// A mapper that is told what other designs found. The mapping that it finds is the same, but the effort of its search is not; so the cache
/// keeps its results apart from those of other runs, whose files state the effort.
pub(super) struct Told(pub(super) Arc<dyn Mapper>);

impl Mapper for Told {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn settings(&self) -> String {
        format!("{}, told of other designs", self.0.settings())
    }

    fn metric(&self) -> Option<Metric> {
        self.0.metric()
    }

    fn search(&self, job: Job, progress: &dyn Progress) -> Result<Outcome, MapError> {
        self.0.search(job, progress)
    }
}
