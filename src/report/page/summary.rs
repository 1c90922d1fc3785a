//! The table of whole networks.

use serde::Serialize;

use super::costs::Costs;
use super::number::Number;
use crate::results::quantity::{percent, si, significant};
use crate::results::{NetworkResults, ProofSummary};

/// One network on one architecture.
#[derive(Debug, Serialize)]
pub(super) struct Run {
    network: String,
    architecture: String,
    layers: usize,
    failed: usize,
    #[serde(flatten)]
    costs: Costs,
    area: Number,
    fj_per_compute: Number,
    time: Number,
    frames_per_second: Number,
    tops_per_watt: Number,
    /// Gigabytes per second.
    main_memory: Number,
    /// `all proved optimal`, or what is not.
    optimality: String,
}

impl Run {
    pub(super) fn new(run: &NetworkResults) -> Self {
        let totals = &run.totals;
        let sums = totals.known();
        let optional = |value: Option<f64>, text: fn(f64) -> String| {
            value.map_or_else(Number::unknown, |value| Number::new(value, text(value)))
        };
        let fj_per_compute = sums.map(|sums| sums.fj_per_compute.iter().map(|(_, fj)| fj).sum::<f64>());
        let area = |um2: f64| Number::new(um2, format!("{} mm²", significant(um2 * 1e-6)));
        Self {
            network: run.network.clone(),
            architecture: run.label(),
            layers: run.layers.len(),
            failed: totals.failed,
            costs: Costs::of_network(run),
            area: totals.area_um2.map_or_else(Number::unknown, area),
            fj_per_compute: optional(fj_per_compute, |fj| si(fj * 1e-15, "J")),
            time: optional(sums.and_then(|sums| sums.time_seconds), |seconds| si(seconds, "s")),
            frames_per_second: optional(sums.and_then(|sums| sums.frames_per_second), significant),
            tops_per_watt: optional(sums.and_then(|sums| sums.tops_per_watt), significant),
            main_memory: optional(sums.and_then(|sums| sums.main_memory_gb_per_second), significant),
            optimality: optimality(run),
        }
    }

    pub(super) fn has_gaps(&self) -> bool {
        let own = [&self.area, &self.time, &self.tops_per_watt, &self.main_memory];
        own.iter().any(|number| number.is_unknown()) || self.costs.has_gaps()
    }
}

/// `all proved optimal`, or how many are not and how far the network may be from the optimum.
fn optimality(run: &NetworkResults) -> String {
    let ProofSummary { mapped, proved, unknown, gap } = ProofSummary::of(run);
    let mut parts = Vec::new();
    match proved {
        0 => {}
        _ if proved == mapped => parts.push("all proved optimal".to_owned()),
        _ => parts.push(format!("{proved} of {mapped} proved optimal")),
    }
    if let Some(gap) = gap.filter(|_| proved < mapped) {
        parts.push(format!("together within {}", percent(gap)));
    }
    if unknown > 0 {
        parts.push(format!("{unknown} not proved"));
    }
    parts.join(", ")
}
