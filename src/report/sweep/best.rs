//! The best designs of parts of a sweep.

use crate::results::sweep::{DesignOutcome, SweepDesign, SweepObjective, SweepParameter, SweepResults, SweepValue};

/// What is known of the best design among some.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Best<'a> {
    /// The best of those that were searched, with its value of the objective.
    pub(super) found: Option<(&'a SweepDesign, f64)>,
    /// No design that was skipped has less.
    pub(super) skipped: Option<f64>,
}

impl Best<'_> {
    /// The value of the best design is at least this.
    pub(super) fn at_least(&self) -> Option<f64> {
        let found = self.found.map(|(_, value)| value);
        match (found, self.skipped) {
            (Some(found), Some(skipped)) => Some(found.min(skipped)),
            (found, skipped) => found.or(skipped),
        }
    }

    /// The value of the best design, if no skipped design can be better.
    pub(super) fn exactly(&self) -> Option<f64> {
        let (_, value) = self.found?;
        self.skipped.is_none_or(|skipped| skipped >= value).then_some(value)
    }
}

/// The best among designs, the values of the objective in the unit of [`unit`].
pub(super) fn best_of<'a>(designs: impl Iterator<Item = &'a SweepDesign>, objective: SweepObjective) -> Best<'a> {
    let (.., scale) = unit(objective);
    let mut best = Best::default();
    for design in designs {
        match (&design.outcome, design.bounds) {
            (DesignOutcome::Searched(searched), _) => {
                let value = objective.value(&searched.cost) * scale;
                let is_better = best.found.is_none_or(|(_, known)| value < known);
                if is_better && value.is_finite() {
                    best.found = Some((design, value));
                }
            }
            (DesignOutcome::Skipped { .. }, Some(bounds)) => {
                let value = objective.value(&bounds) * scale;
                best.skipped = Some(best.skipped.map_or(value, |known| known.min(value)));
            }
            _ => {}
        }
    }
    best
}

/// Name and unit of an objective, and what its values are multiplied with for that unit.
pub(super) fn unit(objective: SweepObjective) -> (&'static str, &'static str, f64) {
    match objective {
        SweepObjective::Edp => ("EDP", "J·cycle", 1e-12),
        SweepObjective::Energy => ("Energy", "J", 1e-12),
        SweepObjective::Delay => ("Cycles", "", 1.0),
        SweepObjective::Area => ("Area", "mm²", 1e-6),
        SweepObjective::Edap => ("EDP times area", "J·cycle·mm²", 1e-18),
        SweepObjective::Eap => ("Energy times area", "J·mm²", 1e-18),
        SweepObjective::Dap => ("Cycles times area", "cycle·mm²", 1e-6),
    }
}

/// The best for every value of a parameter, with all others as they are best.
pub(super) fn by_value<'a>(results: &'a SweepResults, parameter: &SweepParameter) -> Vec<(SweepValue, Best<'a>)> {
    let best = |value: &SweepValue| {
        let has_value = |design: &&SweepDesign| design.values.get(&parameter.path) == Some(value);
        (value.clone(), best_of(results.designs.iter().filter(has_value), results.objective))
    };
    parameter.values.iter().map(best).collect()
}

/// How much a parameter decides: by which share its best value has less of the objective than its worst. At least that much where
/// designs were skipped.
pub(super) fn influence(values: &[(SweepValue, Best)]) -> f64 {
    let known = || values.iter().filter_map(|(_, best)| best.at_least());
    let (least, largest) =
        known().fold((f64::INFINITY, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    if least.is_finite() && largest > 0.0 { 1.0 - least / largest } else { 0.0 }
}

/// The parameters that have several values, those that decide most first.
pub(super) fn by_influence(results: &SweepResults) -> Vec<&SweepParameter> {
    let varied = results.parameters.iter().filter(|parameter| parameter.values.len() > 1);
    let mut rated: Vec<(f64, &SweepParameter)> =
        varied.map(|parameter| (influence(&by_value(results, parameter)), parameter)).collect();
    rated.sort_by(|left, right| right.0.total_cmp(&left.0));
    rated.into_iter().map(|(_, parameter)| parameter).collect()
}
