//! What one pass of the exact search minimises.

use crate::mapper::Metric;
pub(super) use crate::mapper::objective::{Figures, NOISE, TOLERANCE};
use crate::mapper::objective::{Quantities, Rank};
use crate::model::Cost;

/// One metric to be minimised, under limits on others. Of mappings of equal value the one of lower cost is better ([`Rank`]).
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

    /// The level whose accesses the bounds count: that of the metric, or else of the first limit that counts accesses.
    pub(super) fn counted_level(&self) -> Option<usize> {
        let metrics = std::iter::once(self.metric).chain(self.limits.iter().map(|limit| limit.0));
        metrics.into_iter().find_map(|metric| if let Metric::Accesses(level) = metric { Some(level) } else { None })
    }

    /// What mappings are compared by.
    #[inline]
    pub(super) fn rank(&self, quantities: &impl Quantities) -> Rank {
        self.metric.rank(quantities)
    }

    /// Whether a mapping with these figures is within the limits.
    pub(super) fn admits(&self, figures: &Figures) -> bool {
        self.limits.iter().all(|(metric, limit)| metric.value(figures) <= *limit)
    }

    /// A bound of the rank, of quantities that are bounds; its value is infinite where a limit refuses them. `slack` is the
    /// relative error that the quantities may have.
    #[inline]
    pub(super) fn bound(&self, bounds: &LowerBounds, slack: f64) -> Rank {
        let is_beyond = |(metric, limit): &(Metric, f64)| metric.value(bounds) * (1.0 - slack) > *limit;
        let rank = self.rank(bounds);
        if self.limits.iter().any(is_beyond) { Rank { value: f64::INFINITY, ..rank } } else { rank }
    }
}

/// Lower bounds of what decides the metrics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LowerBounds {
    pub(super) cost: Cost,
    /// The level whose accesses are bounded, if any, and by how many words. Those of other levels may be 0.
    pub(super) accesses: Option<(usize, f64)>,
}

impl Quantities for LowerBounds {
    #[inline]
    fn cost(&self) -> Cost {
        self.cost
    }

    #[inline]
    fn accesses(&self, level: usize) -> f64 {
        self.accesses.filter(|(counted, _)| *counted == level).map_or(0.0, |(_, words)| words)
    }

    fn outermost(&self) -> usize {
        usize::MAX
    }
}
