//! How good the mappings of a network are known to be, all together.

use super::record::{LayerOutcome, MappedLayer, NetworkResults, OptimalityResult};
use crate::numbers::real;

/// What is proved of the layers of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProofSummary {
    /// Layers with a mapping.
    pub mapped: usize,
    /// Of them, those whose mapping is proved to be the best.
    pub proved: usize,
    /// Of them, those of which nothing is known.
    pub unknown: usize,
    /// By which share the sum of the metric over all layers, each times its executions, can be lower at most: one less the sum of
    /// the bounds over the sum of the values. `None` if a layer has no bound, or the metric is not one that adds up.
    pub gap: Option<f64>,
}

impl ProofSummary {
    /// Of all layers of a network that have a mapping.
    pub fn of(results: &NetworkResults) -> Self {
        let mut summary = Self::default();
        let (mut values, mut excess) = (Some(0.0), Some(0.0));
        for layer in &results.layers {
            let LayerOutcome::Mapped(mapped) = &layer.outcome else { continue };
            summary.mapped += 1;
            let gap = match mapped.optimality {
                OptimalityResult::Proved => {
                    summary.proved += 1;
                    Some(0.0)
                }
                OptimalityResult::Gap(gap) => Some(gap),
                OptimalityResult::Unknown => {
                    summary.unknown += 1;
                    None
                }
            };
            let value = value(results.metric.as_deref(), mapped).map(|value| value * real(layer.executions));
            values = values.zip(value).map(|(sum, value)| sum + value);
            excess = excess.zip(value).zip(gap).map(|((sum, value), gap)| sum + value * gap);
        }
        let share = values.zip(excess).map(|(values, excess)| excess / values);
        summary.gap = share.filter(|share| share.is_finite());
        summary
    }
}

/// What a layer contributes to the metric that was minimized; results that do not name it are taken for those of the usual one.
fn value(metric: Option<&str>, mapped: &MappedLayer) -> Option<f64> {
    match metric.unwrap_or("edp") {
        "edp" => Some(mapped.edp_j_cycle),
        "energy" => Some(mapped.energy_pj),
        "delay" => Some(real(mapped.cycles)),
        _ => None,
    }
}
