//! How a job ended.

use thiserror::Error;

use super::ProblemOnArchitecture;
use crate::mapper::{Effort, FoundMapping, MapError, Outcome, Status, StopReason};
use crate::model::{Evaluation, Footprint};
use crate::report::evaluation::rejection;
use crate::results::MappedLayer;
use crate::workload::{Problem, Term};

/// A finished job.
#[derive(Clone, Debug)]
pub struct Done {
    /// What came of it.
    pub outcome: Result<Solution, JobError>,
    /// Whether an earlier run had done it.
    pub from_cache: bool,
    /// Time of the search on the wall, in seconds; 0 from the cache.
    pub seconds: f64,
}

/// Why a job has no mapping.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum JobError {
    /// The search found none; the text says why, and what would help.
    #[error("{0}")]
    NoMapping(String),
    /// The mapper could not do its work.
    #[error(transparent)]
    Mapper(#[from] MapError),
    /// The model refuses what the mapper found.
    #[error("the model refuses the mapper's best mapping: {0}")]
    Refused(String),
}

/// The best mapping of a job with everything that the model says of it.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The mapping, with its cost as the mapper counts it.
    pub best: FoundMapping,
    /// How good it is known to be.
    pub status: Status,
    /// Why the search stopped.
    pub stop: StopReason,
    /// What the search did.
    pub effort: Effort,
    /// What it costs.
    pub evaluation: Evaluation,
    /// Its record for `results.json`.
    pub mapped: MappedLayer,
}

impl Solution {
    /// Evaluates what a mapper found. Mappers count tiles as hulls: where points are counted instead, and these are fewer,
    /// nothing is known of how good a mapping is.
    ///
    /// # Errors
    ///
    /// If nothing was found, or the model refuses the mapping.
    pub fn new(fitted: &ProblemOnArchitecture, mut outcome: Outcome, footprint: Footprint) -> Result<Self, JobError> {
        let ProblemOnArchitecture { architecture, problem, .. } = fitted;
        let Some(best) = outcome.best.take() else {
            return Err(JobError::NoMapping(outcome.reason().unwrap_or_default().to_owned()));
        };
        let evaluation =
            fitted.costs(&best.mapping, footprint).map_err(|refused| JobError::Refused(rejection(&refused)))?;
        if footprint == Footprint::Exact && !is_dense(problem) {
            outcome.status = Status::Unknown;
            outcome.proof = None;
        }
        let mapped = MappedLayer::new(architecture, problem, &best.mapping, &evaluation, &outcome);
        let Outcome { status, stop, effort, .. } = outcome;
        Ok(Self { best, status, stop, effort, evaluation, mapped })
    }
}

/// Whether every tile is its hull: no stride or dilation acts.
fn is_dense(problem: &Problem) -> bool {
    let terms = problem.data_spaces().iter().flat_map(|space| space.projection.iter().flatten());
    let is_unit = |term: &Term| {
        let coefficient = term.coefficient.and_then(|index| problem.coefficients().get(index));
        let (_, bound) = problem.dimensions()[term.dimension];
        bound == 1 || coefficient.is_none_or(|coefficient| coefficient.value == 1)
    };
    terms.into_iter().all(is_unit)
}
