//! What one pass of the exact search minimises.

use crate::mapper::Metric;
pub(super) use crate::mapper::objective::{Figures, TOLERANCE};

/// One metric to be minimised, under limits on others.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Objective {
    /// Never [`Metric::LastLevelAccesses`]: that is `Accesses` of the outermost level.
    pub(super) metric: Metric,
    /// Metrics that must not exceed a value.
    pub(super) limits: Vec<(Metric, f64)>,
}

impl Objective {
    /// One metric without limits.
    pub(super) fn single(metric: Metric) -> Self {
        Self { metric, limits: Vec::new() }
    }

    /// The metric whose words the bounds count: energies, unless accesses are minimised.
    pub(super) fn counted(&self) -> Metric {
        match self.metric {
            Metric::Accesses(level) => Metric::Accesses(level),
            Metric::Edp | Metric::Energy | Metric::Delay | Metric::LastLevelAccesses => Metric::Energy,
        }
    }

    /// The value that is minimised.
    #[inline]
    pub(super) fn value(&self, figures: &Figures) -> f64 {
        self.metric.value(figures)
    }

    /// Whether a mapping with these figures is within the limits.
    pub(super) fn admits(&self, figures: &Figures) -> bool {
        self.limits.iter().all(|(metric, limit)| metric.value(figures) <= *limit)
    }

    /// A bound of the value, of figures that are bounds; infinite where a limit refuses them. `slack` is the relative error that
    /// the figures may have.
    #[inline]
    pub(super) fn bound(&self, figures: &Figures, slack: f64) -> f64 {
        let is_beyond = |(metric, limit): &(Metric, f64)| metric.value(figures) * (1.0 - slack) > *limit;
        if self.limits.iter().any(is_beyond) { f64::INFINITY } else { self.value(figures) }
    }
}
