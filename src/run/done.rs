//! How a job ended.

use super::Fitted;
use crate::mapper::{Found, MapError};
use crate::model::{Evaluation, Footprint, evaluate_footprint};
use crate::report::evaluation::rejection;
use crate::results::MappedLayer;

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
    /// Evaluates what a mapper found.
    ///
    /// # Errors
    ///
    /// If the model refuses the mapping.
    pub fn new(fitted: &Fitted, found: Found, footprint: Footprint) -> Result<Self, String> {
        let Fitted { architecture, problem, .. } = fitted;
        let evaluation = evaluate_footprint(architecture, problem, &found.mapping, footprint)
            .map_err(|refused| rejection(&refused))?;
        let mapped = MappedLayer::new(architecture, problem, &found, &evaluation);
        Ok(Self { found, evaluation, mapped })
    }
}
