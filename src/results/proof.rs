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
    /// the bounds over the sum of the values. Of several metrics the first counts, which the others may have made worse by 0.1 %.
    /// `None` if a layer has no bound.
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
            summary.proved += usize::from(mapped.optimality == OptimalityResult::Proved);
            summary.unknown += usize::from(mapped.optimality == OptimalityResult::Unknown);
            let times = real(layer.executions);
            let bounded = Bounded::of(results.metric.as_deref(), mapped);
            values = values.zip(bounded).map(|(sum, Bounded { value, .. })| sum + value * times);
            excess = excess.zip(bounded).map(|(sum, Bounded { value, bound })| sum + (value - bound).max(0.0) * times);
        }
        let share = values.zip(excess).map(|(values, excess)| excess / values);
        summary.gap = share.filter(|share| share.is_finite());
        summary
    }
}

/// What a layer contributes to the metric that was minimized.
#[derive(Clone, Copy)]
struct Bounded {
    value: f64,
    /// No mapping of the mapspace has a lower value.
    bound: f64,
}

impl Bounded {
    /// `None` if no bound is known. Results that do not name their metric are taken for those of the usual one.
    fn of(metric: Option<&str>, mapped: &MappedLayer) -> Option<Self> {
        let steps = mapped.proof.as_ref().map_or(&[][..], |proof| &proof.steps);
        let (first, last) = (steps.first(), steps.last());
        let value = match metric.unwrap_or("edp") {
            "edp" => mapped.edp_j_cycle,
            "energy" => mapped.energy_pj,
            "delay" => real(mapped.cycles),
            // Of a list the first metric is minimised once more at the end; if that was not reached its value is not recorded.
            _ => last.filter(|last| first.is_some_and(|first| first.metric == last.metric))?.value,
        };
        let bound = match mapped.optimality {
            OptimalityResult::Proved if steps.len() < 2 => value,
            _ => match (first, mapped.optimality) {
                (Some(first), _) => first.lower_bound,
                (None, OptimalityResult::Gap(gap)) => value * (1.0 - gap),
                (None, _) => return None,
            },
        };
        Some(Self { value, bound })
    }
}
