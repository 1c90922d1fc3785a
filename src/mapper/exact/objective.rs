//! What is minimised.

use crate::mapper::Metric;
use crate::model::Cost;
use crate::numbers::real;

/// The relative difference below which Timeloop looks at the next metric of a list (docs/search.md section 2).
pub(super) const TOLERANCE: f64 = 0.001;

/// What is known of a mapping, or a bound of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figures {
    pub(super) energy_pj: f64,
    /// With the latency of the networks.
    pub(super) cycles: u64,
    /// Of the level that the objective counts, if it does.
    pub(super) accesses: f64,
}

impl Figures {
    pub(super) fn value(&self, metric: Metric) -> f64 {
        match metric {
            Metric::Edp => Cost { energy_pj: self.energy_pj, cycles: self.cycles }.edp(),
            Metric::Energy => self.energy_pj,
            Metric::Delay => real(self.cycles),
            Metric::LastLevelAccesses | Metric::Accesses(_) => self.accesses,
        }
    }
}

/// One metric to be minimised, under limits on others.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Objective {
    /// Never [`Metric::LastLevelAccesses`]: that is `Accesses` of the outermost level.
    pub(super) metric: Metric,
    /// Metrics that must not exceed a value.
    pub(super) limits: Vec<(Metric, f64)>,
}

impl Objective {
    /// The metric whose words the bounds count: energies, unless accesses are minimised.
    pub(super) fn counted(&self) -> Metric {
        match self.metric {
            Metric::Accesses(level) => Metric::Accesses(level),
            _ => Metric::Energy,
        }
    }

    /// Whether a mapping with these figures is within the limits.
    pub(super) fn admits(&self, figures: &Figures) -> bool {
        self.limits.iter().all(|(metric, limit)| figures.value(*metric) <= *limit)
    }
}
