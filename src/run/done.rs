//! How a job ended.

use super::ProblemOnArchitecture;
use crate::mapper::{Found, MapError, Optimality};
use crate::model::{Evaluation, Footprint, Rejection, evaluate_footprint};
use crate::results::MappedLayer;
use crate::workload::{Problem, Term};

/// A finished job.
#[derive(Clone, Debug)]
pub struct Done {
    /// What came of it.
    pub outcome: Result<Solution, MapError>,
    /// Whether an earlier run had done it.
    pub from_cache: bool,
    /// Time of the search on the wall, in seconds; 0 from the cache.
    pub seconds: f64,
}

/// The best mapping of a job with everything that the model says of it.
#[derive(Clone, Debug)]
pub struct Solution {
    /// What the mapper found.
    pub found: Found,
    /// What it costs.
    pub evaluation: Evaluation,
    /// Its record.
    pub mapped: MappedLayer,
}

impl Solution {
    /// Evaluates what a mapper found. Mappers count tiles as hulls: where points are counted instead, and these are fewer,
    /// nothing is known of how good a mapping is.
    ///
    /// # Errors
    ///
    /// If the model refuses the mapping.
    pub fn new(fitted: &ProblemOnArchitecture, mut found: Found, footprint: Footprint) -> Result<Self, Rejection> {
        let ProblemOnArchitecture { architecture, problem, .. } = fitted;
        let evaluation = evaluate_footprint(architecture, problem, &found.mapping, footprint)?;
        if footprint == Footprint::Exact && !is_dense(problem) {
            found.optimality = Optimality::Unknown;
        }
        let mapped = MappedLayer::new(architecture, problem, &found, &evaluation);
        Ok(Self { found, evaluation, mapped })
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
