//! The search for the best mapping.
//!
//! [`Mapper`] has two implementations: the embedded search, and the real `timeloop-mapper` driven from outside.

mod budget;
mod exact;
mod metric;
mod objective;
mod random;
mod settings;

pub use budget::{Budget, BudgetError};
pub use exact::ExactMapper;
pub use metric::{Metric, UnknownMetric};
pub use random::RandomMapper;
pub use settings::{Algorithm, SearchSettings, Template};

use std::fmt;

use crate::architecture::Architecture;
use crate::mapping::Mapping;
use crate::mapspace::Constraints;
use crate::model::{Cost, countable_problem};
use crate::workload::Problem;

/// One problem to be mapped.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Where to.
    pub architecture: &'a Architecture,
    /// What.
    pub problem: &'a Problem,
    /// Under which constraints.
    pub constraints: &'a Constraints,
}

impl Job<'_> {
    /// Whether the model can count the problem.
    fn check(&self) -> Result<(), MapError> {
        countable_problem(self.problem).map_err(|rejection| MapError::Failed(rejection.to_string()))
    }
}

/// What a mapper found for a job.
#[derive(Clone, Debug)]
pub struct Found {
    /// The best mapping.
    pub mapping: Mapping,
    /// Its cost.
    pub cost: Cost,
    /// How good it is known to be.
    pub optimality: Optimality,
    /// What was done; lines for people, in the order of the search, without times (the same for every number of threads).
    pub effort: Effort,
}

/// How good a mapping is known to be among all of its mapspace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimality {
    /// None is better.
    Proved,
    /// None is better than this share below it: with a gap of 0.02 the optimum is at least 0.98 times its metric.
    Gap(f64),
    /// Nothing is known, as after a random search.
    Unknown,
}

/// The size of the space and of the search in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effort {
    /// Sizes of the parts of the mapspace, by Timeloop's names (IndexFactorization, LoopPermutation, Spatial,
    /// DatatypeBypass); empty if nobody counted.
    pub mapspace: Vec<(String, u128)>,
    /// Mappings evaluated exactly.
    pub evaluations: u64,
    /// Of them, those that were valid.
    pub valid: u64,
    /// What each bound cut: its name, and how many candidates (tilings, classes) it refused.
    pub cuts: Vec<(String, u64)>,
}

/// Who watches a search. Called from any thread.
pub trait Progress: Sync {
    /// A better mapping was found.
    fn improved(&self, cost: Cost);
    /// Share of the work that is done, from 0 to 1, as well as it is known.
    fn advanced(&self, share: f64);
    /// Whether the search shall end now with the best so far.
    fn is_cancelled(&self) -> bool;
    /// Something about the result that its reader should know, such as numbers of a program that are not ours.
    fn warned(&self, message: &str) {
        let _ = message;
    }
}

/// Nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn improved(&self, _: Cost) {}

    fn advanced(&self, _: f64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Why there is no mapping.
#[derive(Clone, Debug, PartialEq)]
pub enum MapError {
    /// The mapspace has no valid mapping; the text says which constraint, level, data space or mesh makes every one fail, and
    /// the smallest change that would help.
    Infeasible(String),
    /// The budget ended, or the user ended it, before a valid mapping was found.
    NothingYet(String),
    /// The mapper itself failed, such as a program that cannot be run.
    Failed(String),
}

impl fmt::Display for MapError {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let (Self::Infeasible(text) | Self::NothingYet(text) | Self::Failed(text)) = self;
        formatter.write_str(text)
    }
}

impl std::error::Error for MapError {}

/// Finds mappings.
pub trait Mapper: Send + Sync {
    /// Its name in results: `embedded`, `timeloop`.
    fn name(&self) -> &str;

    /// Everything about it that may change a result, as text: part of the address of a cached result.
    fn settings(&self) -> String;

    /// The best mapping of a job. `start` is a mapping of a similar job that may be tried first; it changes how long the
    /// search takes, never what it finds.
    ///
    /// # Errors
    ///
    /// When there is none.
    fn map(&self, job: Job, start: Option<&Mapping>, progress: &dyn Progress) -> Result<Found, MapError>;
}
