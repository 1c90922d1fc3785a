//! Which of two mappings is better (docs/search.md section 2).

use super::Metric;
use crate::model::{Cost, Evaluation};

/// Differences relative to the incumbent up to this decide nothing while there is a further metric.
const TOLERANCE: f64 = 0.001;

/// Whether metrics need more than energy and cycles.
pub(super) fn needs_accesses(metrics: &[Metric]) -> bool {
    metrics.iter().any(|metric| matches!(metric, Metric::LastLevelAccesses | Metric::Accesses(_)))
}

/// The value of one metric; infinite where it needs an evaluation that is not there.
#[expect(clippy::cast_precision_loss, reason = "counts of the model are below 2^53")]
pub(super) fn value(metric: Metric, cost: Cost, evaluation: Option<&Evaluation>) -> f64 {
    let accesses = |level: Option<usize>| {
        let level = evaluation.and_then(|evaluation| evaluation.levels.get(level?));
        level.map_or(f64::INFINITY, |level| level.accesses() as f64)
    };
    match metric {
        Metric::Edp => cost.edp(),
        Metric::Energy => cost.energy_pj,
        Metric::Delay => cost.cycles as f64,
        Metric::LastLevelAccesses => accesses(evaluation.and_then(|evaluation| evaluation.levels.len().checked_sub(1))),
        Metric::Accesses(level) => accesses(Some(level)),
    }
}

/// Whether a candidate is better than the incumbent: the first metric that differs by more than 0.1 % decides, and if none
/// does the candidate must be strictly better by the first.
pub(super) fn is_better(candidate: &[f64], incumbent: &[f64]) -> bool {
    let pairs = || candidate.iter().zip(incumbent);
    if candidate.len() > 1 {
        for (candidate, incumbent) in pairs() {
            if (candidate - incumbent).abs() > TOLERANCE * incumbent.abs() {
                return candidate < incumbent;
            }
        }
    }
    pairs().next().is_some_and(|(candidate, incumbent)| candidate < incumbent)
}

#[cfg(test)]
mod tests {
    use super::is_better;

    #[test]
    fn the_first_that_differs_decides() {
        assert!(is_better(&[0.9999], &[1.0]) && !is_better(&[1.0], &[1.0]));
        assert!(is_better(&[1.0005, 1.0], &[1.0, 2.0]), "the second decides");
        assert!(!is_better(&[0.9995, 2.0], &[1.0, 1.0]));
        assert!(is_better(&[0.9995, 1.0005], &[1.0, 1.0]), "none decides: the first, strictly");
        assert!(!is_better(&[1.0005, 0.9995], &[1.0, 1.0]));
        assert!(is_better(&[0.5, 9.0], &[1.0, 1.0]));
    }
}
