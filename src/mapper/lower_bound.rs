//! What every mapping of a job costs at least, and what mappings found elsewhere cost on it: for sweeps over designs, which need not
//! search those that cannot be good (docs/search.md section 10).

use super::exact::{admitted_value, least_costs};
use super::{Job, Metric, Template};
use crate::mapping::Mapping;
use crate::model::Cost;

/// Margin for energies, which are sums of doubles in another order than those of the model. Cycles are whole numbers, rounded down.
const ROUNDING: f64 = 1e-9;

impl Job<'_> {
    /// Energy and cycles that no mapping of the mapspace falls below; each may be that of another mapping, or of none. They depend on
    /// the job alone. Nothing is claimed (0) where the model cannot count the problem, or factors need not divide and there are too many ways
    /// to share the iterations.
    pub fn lower_bounds(&self, template: Template) -> Cost {
        const NOTHING: Cost = Cost { energy_pj: 0.0, cycles: 0 };
        if self.check().is_err() {
            return NOTHING;
        }
        let Cost { energy_pj, cycles } = least_costs(*self, template).unwrap_or(NOTHING);
        Cost { energy_pj: (energy_pj * (1.0 - ROUNDING)).max(0.0), cycles }
    }

    /// The least value that any of these mappings has on this job, of those that it admits and that are valid: an [upper
    /// bound](Job::upper_bound) of the best. The mappings may be those of other architectures.
    pub fn least_value<'m>(&self, metric: Metric, mappings: impl IntoIterator<Item = &'m Mapping>) -> Option<f64> {
        admitted_value(*self, metric, mappings)
    }
}
