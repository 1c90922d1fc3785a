//! The table of layers.

use serde::Serialize;

use super::costs::Costs;
use super::detail::Detail;
use crate::report::phrases::cycle_limit;
use crate::results::quantity::percent;
use crate::results::{LayerOutcome, LayerResult, NetworkResults, OptimalityResult};

/// One row of the table of layers: a layer of a network on an architecture.
#[derive(Debug, Serialize)]
pub(super) struct Layer {
    index: usize,
    name: String,
    network: String,
    architecture: String,
    shape: String,
    executions: u64,
    #[serde(flatten)]
    costs: Costs,
    limit: String,
    optimality: String,
    /// Number of its detail, if it has one.
    detail: Option<usize>,
}

impl Layer {
    pub(super) fn has_gaps(&self) -> bool {
        self.costs.has_gaps()
    }
}

/// The rows of a run of this number.
pub(super) fn rows(run_number: usize, run: &NetworkResults, details: &[Detail]) -> Vec<Layer> {
    let row = |layer: &LayerResult| {
        let mapped = match &layer.outcome {
            LayerOutcome::Mapped(mapped) => Some(&**mapped),
            LayerOutcome::Failed { .. } => None,
        };
        Layer {
            index: layer.index,
            name: layer.name.clone(),
            network: run.network.clone(),
            architecture: run.label(),
            shape: shape(layer),
            executions: layer.executions,
            costs: Costs::of_layer(layer),
            limit: mapped.map_or_else(|| "failed".to_owned(), cycle_limit),
            optimality: mapped.map_or_else(String::new, |layer| optimality(layer.optimality)),
            detail: details.iter().position(|detail| detail.is_of(run_number, &layer.problem)),
        }
    };
    run.layers.iter().map(row).collect()
}

pub(super) fn optimality(optimality: OptimalityResult) -> String {
    match optimality {
        OptimalityResult::Proved => "proved optimal".to_owned(),
        OptimalityResult::Gap(gap) => format!("within {} of the optimum", percent(gap)),
        OptimalityResult::Unknown => "not proved".to_owned(),
    }
}

/// `C64 M64 R3 S3 N1 P56 Q56, Wdilation 2`: the bounds of the problem, and the coefficients that are not 1.
pub(super) fn shape(layer: &LayerResult) -> String {
    let bounds: Vec<String> = layer.bounds.iter().map(|(name, bound)| format!("{name}{bound}")).collect();
    let coefficients = layer.coefficients.iter().filter(|(_, value)| *value != 1);
    let coefficients: Vec<String> = coefficients.map(|(name, value)| format!("{name} {value}")).collect();
    if coefficients.is_empty() {
        bounds.join(" ")
    } else {
        format!("{}, {}", bounds.join(" "), coefficients.join(", "))
    }
}
