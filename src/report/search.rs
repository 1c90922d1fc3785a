//! What a search for a mapping did, for people and programs.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde::Serialize;

use super::evaluation::EvaluationRecord;
use crate::mapper::{Effort, Metric, Outcome, Status};
use crate::model::Evaluation;
use crate::numbers::real;
use crate::results::{OptimalityResult, ProofStepResult};

/// The record of a mapping that was searched for: that of its evaluation, and what the search says.
#[derive(Clone, Debug, Serialize)]
pub struct MapRecord {
    /// As `evaluate` writes it.
    #[serde(flatten)]
    pub evaluation: EvaluationRecord,
    /// What the search says.
    pub search: SearchRecord,
}

/// A search as JSON has it.
#[derive(Clone, Debug, Serialize)]
pub struct SearchRecord {
    /// Name of the mapper.
    pub mapper: String,
    /// What its result depends on.
    pub settings: String,
    /// How good the mapping is known to be.
    pub optimality: OptimalityResult,
    /// Each metric that was minimised, one after the other, with the value found and what no mapping is below; empty if the search
    /// does not know.
    pub proof: Vec<ProofStepResult>,
    /// Why it stopped, such as `complete` or `victory_condition`.
    pub stop: &'static str,
    /// Sizes of the parts of the mapspace, as decimal text.
    pub mapspace: IndexMap<String, String>,
    /// Mappings evaluated exactly.
    pub evaluations: u64,
    /// Of them, those that were valid.
    pub valid: u64,
    /// What was not looked at, and why.
    pub cuts: IndexMap<String, u64>,
}

/// The record of a search.
pub fn record(mapper: &str, settings: String, outcome: &Outcome) -> SearchRecord {
    let effort = &outcome.effort;
    SearchRecord {
        mapper: mapper.to_owned(),
        settings,
        optimality: (&outcome.status).into(),
        proof: outcome.proof.iter().flat_map(|proof| &proof.steps).map(Into::into).collect(),
        stop: outcome.stop.name(),
        mapspace: effort.mapspace.iter().map(|(name, size)| (name.clone(), size.to_string())).collect(),
        evaluations: effort.evaluations,
        valid: effort.valid,
        cuts: effort.cuts.iter().cloned().collect(),
    }
}

/// The block that timeloop-mapper prints at the end. Of a sparse design it has energies over the computes of dense data and over those
/// that are done.
pub fn summary(evaluation: &Evaluation) -> String {
    let per_compute = |computes: u64| evaluation.energy_pj / real(computes);
    let of_dense_data = match &evaluation.sparse {
        Some(sparse) if sparse.is_active => {
            format!("pJ/Algorithmic-Compute = {:>8.3} | ", per_compute(sparse.computes.algorithmic))
        }
        _ => String::new(),
    };
    format!(
        "\nSummary stats for best mapping found by mapper:\n  Utilization = {:.2} | {of_dense_data}pJ/Compute = {:>8.3} | \
         Cycles = {}\n",
        evaluation.utilization,
        per_compute(evaluation.actual_computes()),
        evaluation.cycles
    )
}

/// The sizes of the parts of the mapspace, as timeloop-mapper prints them.
pub fn mapspace(effort: &Effort) -> String {
    let line = |(name, size): &(String, u128)| format!("Mapspace Dimension [{name}] Size: {size}\n");
    effort.mapspace.iter().map(line).collect()
}

/// What was evaluated and what was cut, one line each.
pub fn effort(effort: &Effort) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "Mappings evaluated: {}, of which valid: {}", effort.evaluations, effort.valid);
    for (name, count) in &effort.cuts {
        let _ = writeln!(out, "Cut: {count} {name}");
    }
    out
}

/// How good the mapping is known to be, in one line.
pub fn optimality(status: &Status, metrics: &[Metric]) -> String {
    let metric = metrics.first().map_or_else(|| Metric::Edp.to_string(), ToString::to_string);
    match status {
        Status::Optimal => format!("proved optimal: no mapping of the mapspace has a better {metric}"),
        Status::Gap(0.0) => {
            format!(
                "no mapping of the mapspace has a better {metric}, but the search ended before it had compared all equal ones"
            )
        }
        Status::Gap(gap) => {
            format!("not proved optimal: the best {metric} of the mapspace is at most {:.2} % lower", gap * 100.0)
        }
        Status::Unknown | Status::Infeasible(_) => {
            "not proved optimal: a random search does not know how far from the optimum it is".to_owned()
        }
    }
}
