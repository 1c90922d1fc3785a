//! What a layer or a network costs, as the tables of the page show it.

use serde::Serialize;

use super::number::Number;
use crate::numbers::real;
use crate::results::quantity::{percent, si, significant};
use crate::results::{LayerOutcome, LayerResult, NetworkResults};

/// The columns that the tables of networks and of layers have in common.
#[derive(Debug, Serialize)]
pub(super) struct Costs {
    macs: Number,
    cycles: Number,
    energy: Number,
    edp: Number,
    utilization: Number,
    gflops: Number,
}

/// The values of the columns behind the multiply-accumulates.
struct Values {
    cycles: u64,
    energy_pj: f64,
    edp_j_cycle: f64,
    utilization: f64,
    gflops: f64,
}

impl Costs {
    /// Of one execution of a layer.
    pub(super) fn of_layer(layer: &LayerResult) -> Self {
        let values = match &layer.outcome {
            LayerOutcome::Mapped(mapped) => Some(Values {
                cycles: mapped.cycles,
                energy_pj: mapped.energy_pj,
                edp_j_cycle: mapped.edp_j_cycle,
                utilization: mapped.utilization,
                gflops: mapped.gflops,
            }),
            LayerOutcome::Failed { .. } => None,
        };
        Self::new(layer.macs, values.as_ref())
    }

    /// Of a network.
    pub(super) fn of_network(run: &NetworkResults) -> Self {
        let sums = run.totals.known();
        let values = sums.map(|sums| Values {
            cycles: sums.cycles,
            energy_pj: sums.energy_pj,
            edp_j_cycle: sums.edp_j_cycle,
            utilization: sums.utilization,
            gflops: sums.gflops,
        });
        Self::new(sums.map(|sums| sums.macs), values.as_ref())
    }

    fn new(macs: Option<u64>, values: Option<&Values>) -> Self {
        let number = |value: fn(&Values) -> f64, text: fn(f64) -> String| {
            let value = values.map(value);
            value.map_or_else(Number::unknown, |value| Number::new(value, text(value)))
        };
        Self {
            macs: macs.map_or_else(Number::unknown, |macs| Number::count(macs, "")),
            cycles: number(|values| real(values.cycles), |cycles| si(cycles, "")),
            energy: number(|values| values.energy_pj, |pj| si(pj * 1e-12, "J")),
            edp: number(|values| values.edp_j_cycle, significant),
            utilization: number(|values| values.utilization, percent),
            gflops: number(|values| values.gflops, significant),
        }
    }

    /// Whether a number behind the multiply-accumulates is not known.
    pub(super) fn has_gaps(&self) -> bool {
        let numbers = [&self.cycles, &self.energy, &self.edp, &self.utilization, &self.gflops];
        numbers.iter().any(|number| number.is_unknown())
    }
}
