//! The search for the best mapping.
//!
//! A [`Mapper`] takes a [`Job`] and returns an [`Outcome`]; a [`Progress`] hears of it meanwhile. There are three: the exact search
//! ([`ExactMapper`]), a random one by Timeloop's rules ([`RandomMapper`]), and the real `timeloop-mapper`, which
//! `timeloop::program` drives from outside.

mod budget;
mod exact;
mod generator;
mod incumbent;
mod job;
mod lower_bound;
mod objective;
mod outcome;
mod progress;
mod random;
mod settings;

pub use budget::{Budget, BudgetError};
pub use exact::ExactMapper;
pub use job::Job;
pub use objective::{Metric, UnknownMetric};
pub use outcome::{Effort, FoundMapping, MapError, Outcome, Proof, ProofStep, Status, StopReason};
pub use progress::{NoProgress, Progress};
pub use random::RandomMapper;
pub use settings::{Algorithm, SearchSettings, Template};

/// Finds mappings. An implementation states in [`Mapper::settings`] everything that its results depend on; the same job with the
/// same settings has the same result, whatever the number of threads, unless its budget is a time.
pub trait Mapper: Send + Sync {
    /// Its name in results: `exact`, `random`, `timeloop`.
    fn name(&self) -> &str;

    /// Everything about it that may change a result, as text: part of the address of a cached result.
    fn settings(&self) -> String;

    /// What it minimizes first, where its results say how good they are.
    fn metric(&self) -> Option<Metric> {
        None
    }

    /// Searches the mapspace of a job for the mapping with the least objective.
    ///
    /// # Errors
    ///
    /// When the mapper cannot do its work. A search that finds nothing is an [`Outcome`].
    fn search(&self, job: Job, progress: &dyn Progress) -> Result<Outcome, MapError>;
}
