//! How a search ended: what it found, how good that is known to be, and why it stopped.

use std::fmt;

use thiserror::Error;

use super::Metric;
use crate::mapping::Mapping;
use crate::mapspace::Violation;
use crate::model::{Cost, Rejection};

/// How a search ended. There are five cases:
///
/// | `best` | `status`           | what is known |
/// |--------|--------------------|---------------|
/// | some   | [`Status::Optimal`]| no mapping of the mapspace is better; `stop` is [`StopReason::Complete`] |
/// | some   | [`Status::Gap`]    | a lower bound of the optimum: the search ended early, or covers part of the mapspace |
/// | some   | [`Status::Unknown`]| nothing but that the mapping is valid, as after a random search |
/// | none   | [`Status::Infeasible`] | the whole mapspace has no valid mapping; the status says why |
/// | none   | [`Status::Unknown`]| none was found; `stop` and `explanation` say why |
///
/// The default is the last, with nothing said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The best mapping that was found.
    pub best: Option<FoundMapping>,
    /// How good the mapping is known to be, or that the mapspace has no valid one.
    pub status: Status,
    /// Why the search stopped.
    pub stop: StopReason,
    /// What was done.
    pub effort: Effort,
    /// Why nothing was found although there may be a valid mapping, and what would help.
    pub explanation: Option<String>,
    /// What shows how good the mapping is, if the search knows.
    pub proof: Option<Proof>,
}

/// What a reader needs to check how good a mapping is: with these settings, each metric was minimised in turn. The counts of what
/// was looked at and cut are in [`Effort`].
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// [`Mapper::settings`](super::Mapper::settings) of the mapper.
    pub settings: String,
    /// One step a metric, in the order of the search. With several metrics each is minimised among the mappings within 0.1 % of
    /// the values of the earlier steps, and at last the first metric again.
    pub steps: Vec<ProofStep>,
}

/// One metric that was minimised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProofStep {
    /// The metric. Accesses are those of a level counted from the innermost.
    pub metric: Metric,
    /// The lowest value found, in J*cycle, pJ, cycles or words.
    pub value: f64,
    /// No mapping of the mapspace has a lower value; equal to `value` where that is the minimum.
    pub lower_bound: f64,
}

/// A valid mapping with its cost.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundMapping {
    /// Loops and kept data spaces of every level.
    pub mapping: Mapping,
    /// Its energy and cycles, by our model.
    pub cost: Cost,
}

/// What a search knows about its result.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Status {
    /// No mapping of the mapspace has a lower metric.
    Optimal,
    /// No mapping of the mapspace is below this share: with a gap of 0.02 the optimum is at least 0.98 times the metric found. A
    /// gap of 0 says that no mapping has a lower metric, but that the search ended before it had settled what decides between
    /// equal ones.
    Gap(f64),
    /// The mapspace has no valid mapping. The text says which constraint, level, data space or mesh makes every one fail, and
    /// the smallest change that would help.
    Infeasible(String),
    /// The search says nothing about how good its result is.
    #[default]
    Unknown,
}

/// Why a search stopped. Of several streams or threads that stopped for different reasons, the one that stands last here counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StopReason {
    /// The whole mapspace was searched, most of it by bounds.
    Complete,
    /// A search without proof has tried everything that it tries: all paddings of imperfect factors, or random draws that only
    /// repeat each other.
    Exhausted,
    /// A program ended by itself and did not say why.
    #[default]
    Unstated,
    /// Timeloop's `timeout`: so many invalid mappings in a row.
    Timeout,
    /// Timeloop's `victory_condition`: so many valid mappings in a row that are not better.
    VictoryCondition,
    /// Timeloop's `search_size`: so many valid mappings.
    SearchSize,
    /// A limit that no setting states, such as on the number of bypass choices that are looked at.
    OwnLimit,
    /// The budget's number of evaluations.
    Evaluations,
    /// The budget's time.
    Time,
    /// The user ended it ([`Progress::is_cancelled`](super::Progress::is_cancelled)).
    Cancelled,
}

impl StopReason {
    /// Its name in results, such as `victory_condition`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Exhausted => "exhausted",
            Self::Unstated => "unstated",
            Self::Timeout => "timeout",
            Self::VictoryCondition => "victory_condition",
            Self::SearchSize => "search_size",
            Self::OwnLimit => "own_limit",
            Self::Evaluations => "evaluations",
            Self::Time => "time",
            Self::Cancelled => "cancelled",
        }
    }

    /// All of them, in their order.
    pub const ALL: [Self; 10] = [
        Self::Complete,
        Self::Exhausted,
        Self::Unstated,
        Self::Timeout,
        Self::VictoryCondition,
        Self::SearchSize,
        Self::OwnLimit,
        Self::Evaluations,
        Self::Time,
        Self::Cancelled,
    ];

    /// The reason of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The size of the mapspace and of the search in it. Without times: the same for every number of threads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effort {
    /// Sizes of the parts of the mapspace, by Timeloop's names (IndexFactorization, LoopPermutation, Spatial,
    /// DatatypeBypass); empty if unknown.
    pub mapspace: Vec<(String, u128)>,
    /// Mappings evaluated exactly.
    pub evaluations: u64,
    /// Of them, those that were valid.
    pub valid: u64,
    /// What each rule cut: its name, and how many candidates (tilings, orders) it refused; in the order of the search.
    pub cuts: Vec<(String, u64)>,
}

impl Outcome {
    /// A search that found a mapping.
    pub fn found(best: FoundMapping, status: Status, stop: StopReason, effort: Effort) -> Self {
        Self { best: Some(best), status, stop, effort, explanation: None, proof: None }
    }

    /// A complete search: no mapping is valid.
    pub fn infeasible(reason: String, effort: Effort) -> Self {
        Self { status: Status::Infeasible(reason), stop: StopReason::Complete, effort, ..Self::default() }
    }

    /// A search that found nothing, though there may be something.
    pub fn nothing(explanation: String, stop: StopReason, effort: Effort) -> Self {
        Self { stop, effort, explanation: Some(explanation), ..Self::default() }
    }

    /// Why the search found no mapping, in words; `None` if it found one.
    pub fn reason(&self) -> Option<&str> {
        match (&self.best, &self.status) {
            (Some(_), _) => None,
            (None, Status::Infeasible(reason)) => Some(reason),
            (None, _) => Some(self.explanation.as_deref().unwrap_or("no valid mapping was found")),
        }
    }
}

/// A mapper that cannot do its work. A search that finds nothing returns an [`Outcome`], not an error.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum MapError {
    /// The problem is larger than the model can count.
    #[error(transparent)]
    Problem(#[from] Rejection),
    /// A metric counts the accesses of a level that the architecture does not have.
    #[error("metric accesses-{level}: the architecture has {levels} storage levels, numbered from 0")]
    Metric {
        /// The level that the metric names.
        level: usize,
        /// How many storage levels there are.
        levels: usize,
    },
    /// Factors that do not divide, of a sparse design.
    #[error(
        "mappings of sparse designs are searched with factors that divide the bounds; leave the template ruby out, and factors that \
         do not divide in the constraints"
    )]
    SparseFactors,
    /// A sparse design for the program timeloop-mapper.
    #[error("timeloop-mapper is not given sparse designs yet; search them with the exact mapper")]
    SparseProgram,
    /// A search ended with a mapping outside of the constraints.
    #[error("the search ended with a mapping that the constraints do not allow, which is a fault of this program: {0}")]
    Constraints(#[from] Violation),
    /// Anything else, such as a program that cannot be run.
    #[error("{0}")]
    Failed(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_read_by_name_and_in_order() {
        for reason in StopReason::ALL {
            assert_eq!(StopReason::named(reason.name()), Some(reason));
        }
        assert_eq!(StopReason::named("timed_out"), None);
        assert!(StopReason::ALL.is_sorted());
    }

    #[test]
    fn only_outcomes_without_mapping_have_a_reason() {
        let best = FoundMapping { mapping: Mapping::default(), cost: Cost { energy_pj: 1.0, cycles: 1 } };
        let effort = Effort::default;
        assert_eq!(Outcome::found(best, Status::Optimal, StopReason::Complete, effort()).reason(), None);
        assert_eq!(Outcome::infeasible("too small".to_owned(), effort()).reason(), Some("too small"));
        assert_eq!(Outcome::nothing("too short".to_owned(), StopReason::Time, effort()).reason(), Some("too short"));
    }
}
