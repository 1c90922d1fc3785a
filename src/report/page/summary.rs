//! The table of whole networks.

use serde::Serialize;

use super::costs::Costs;
use super::mapped;
use super::number::Number;
use crate::results::quantity::{percent, si, significant};
use crate::results::{NetworkResults, OptimalityResult};

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
    /// `all proved optimal`, or what is not.
    optimality: String,
}

impl Run {
    pub(super) fn new(run: &NetworkResults) -> Self {
        let totals = &run.totals;
        let is_known = totals.cycles > 0;
        let number = |value: f64, text: String| if is_known { Number::new(value, text) } else { Number::unknown() };
        let fj_per_compute = totals.fj_per_compute.iter().map(|(_, fj)| fj).sum::<f64>();
        let area = |um2: f64| Number::new(um2, format!("{} mm²", significant(um2 * 1e-6)));
        Self {
            network: run.network.clone(),
            architecture: run.label(),
            layers: run.layers.len(),
            failed: totals.failed,
            costs: Costs::of_network(run),
            area: totals.area_um2.map_or_else(Number::unknown, area),
            fj_per_compute: number(fj_per_compute, si(fj_per_compute * 1e-15, "J")),
            optimality: optimality(run),
        }
    }

    pub(super) fn has_gaps(&self) -> bool {
        self.area.is_unknown()
    }
}

/// `all proved optimal`, or how many are not.
fn optimality(run: &NetworkResults) -> String {
    let (mut proved, mut unknown, mut gaps) = (0, 0, Vec::new());
    for (_, layer) in mapped(run) {
        match layer.optimality {
            OptimalityResult::Proved => proved += 1,
            OptimalityResult::Gap(gap) => gaps.push(gap),
            OptimalityResult::Unknown => unknown += 1,
        }
    }
    let mut parts = Vec::new();
    match (proved, gaps.len() + unknown) {
        (0, _) => {}
        (_, 0) => parts.push("all proved optimal".to_owned()),
        _ => parts.push(format!("{proved} proved optimal")),
    }
    if let Some(largest) = gaps.iter().copied().reduce(f64::max) {
        parts.push(format!("{} within {}", gaps.len(), percent(largest)));
    }
    if unknown > 0 {
        parts.push(format!("{unknown} not proved"));
    }
    parts.join(", ")
}
