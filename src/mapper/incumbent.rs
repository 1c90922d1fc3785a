//! What a search keeps of the mappings that it has evaluated.
//!
//! A search asks an [`Archive`] two things: whether a mapping, or a part of the mapspace with a bound, is still of interest, and
//! to take a mapping. An [`Incumbent`] keeps the best one. An archive that keeps all mappings that no other dominates (a Pareto
//! front) is another implementation, with one number a metric as its score.

use super::Metric;
use super::objective::{Figures, Rank, is_better, is_lower_cost};
use crate::mapping::Mapping;
use crate::model::Cost;

/// A mapping with its figures, and what it is compared by.
#[derive(Clone, Debug)]
pub(super) struct Scored<S> {
    pub(super) mapping: Mapping,
    pub(super) figures: Figures,
    pub(super) score: S,
}

/// The mappings that a search keeps. `S` is what they are compared by.
pub(super) trait Archive<S> {
    /// Whether no mapping with this score is of interest. Of a bound: whether nothing in the part of the mapspace that it bounds
    /// is.
    fn refuses(&self, score: &S) -> bool;

    /// Takes a mapping unless its score is refused; returns whether it did.
    fn offer(&mut self, candidate: Scored<S>) -> bool;
}

/// When a score is better than that of the incumbent.
pub(super) trait Comparison {
    type Score;

    fn is_better(&self, candidate: &Self::Score, incumbent: &Self::Score) -> bool;
}

/// One metric, the lower the better, and what decides between equal values; of several mappings of equal rank the first is
/// kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ByRank {
    /// Relative differences of values that do not count.
    noise: f64,
}

impl ByRank {
    pub(super) fn of(metric: Metric) -> Self {
        Self { noise: metric.noise() }
    }
}

impl Comparison for ByRank {
    type Score = Rank;

    #[inline]
    fn is_better(&self, candidate: &Rank, incumbent: &Rank) -> bool {
        candidate.is_before(incumbent, self.noise)
    }
}

/// One value a metric, compared as Timeloop compares lists of metrics (docs/search.md section 2.1). Where all are equal, which
/// Timeloop leaves to chance, the cost decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ByMetrics;

/// A mapping's values, one a metric, and its cost.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Values {
    pub(super) values: Vec<f64>,
    pub(super) cost: Cost,
}

impl Comparison for ByMetrics {
    type Score = Values;

    fn is_better(&self, candidate: &Values, incumbent: &Values) -> bool {
        if candidate.values == incumbent.values {
            return is_lower_cost(candidate.cost, incumbent.cost);
        }
        is_better(&candidate.values, &incumbent.values)
    }
}

/// The best mapping so far.
#[derive(Clone, Debug)]
pub(super) struct Incumbent<C: Comparison> {
    comparison: C,
    best: Option<Scored<C::Score>>,
}

impl<C: Comparison> Incumbent<C> {
    pub(super) fn new(comparison: C) -> Self {
        Self { comparison, best: None }
    }

    #[inline]
    pub(super) fn best(&self) -> Option<&Scored<C::Score>> {
        self.best.as_ref()
    }

    pub(super) fn into_best(self) -> Option<Scored<C::Score>> {
        self.best
    }
}

impl<C: Comparison> Archive<C::Score> for Incumbent<C> {
    #[inline]
    fn refuses(&self, score: &C::Score) -> bool {
        self.best.as_ref().is_some_and(|best| !self.comparison.is_better(score, &best.score))
    }

    fn offer(&mut self, candidate: Scored<C::Score>) -> bool {
        let is_taken = !self.refuses(&candidate.score);
        if is_taken {
            self.best = Some(candidate);
        }
        is_taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored<S>(cycles: u64, score: S) -> Scored<S> {
        let figures = Figures { cost: Cost { energy_pj: 1.0, cycles }, accesses: Vec::new() };
        Scored { mapping: Mapping::default(), figures, score }
    }

    #[test]
    fn the_first_of_equals_is_kept() {
        let mut incumbent = Incumbent::new(ByRank::of(Metric::Edp));
        let rank = |value: f64| Rank { value, cost: Cost { energy_pj: 1.0, cycles: 1 } };
        assert!(!incumbent.refuses(&rank(f64::MAX)), "nothing is kept yet");
        assert!(incumbent.offer(scored(1, rank(2.0))));
        assert!(!incumbent.offer(scored(2, rank(2.0))) && !incumbent.offer(scored(3, rank(2.0 * (1.0 - 1e-13)))));
        assert!(incumbent.refuses(&rank(2.0)) && !incumbent.refuses(&rank(1.999)));
        assert!(incumbent.offer(scored(4, rank(1.0))));
        assert_eq!(incumbent.into_best().unwrap().figures.cost.cycles, 4);
    }

    #[test]
    fn lists_of_metrics_are_compared_in_order_and_the_cost_decides_between_equal_ones() {
        let mut incumbent = Incumbent::new(ByMetrics);
        let values =
            |values: [f64; 2], cycles| Values { values: values.to_vec(), cost: Cost { energy_pj: 1.0, cycles } };
        assert!(incumbent.offer(scored(1, values([1.0, 2.0], 1))));
        assert!(incumbent.offer(scored(2, values([1.0005, 1.0], 4))), "the first does not differ: the second decides");
        assert!(!incumbent.offer(scored(3, values([1.1, 0.1], 1))));
        assert!(!incumbent.offer(scored(4, values([1.0005, 1.0], 5))));
        assert!(incumbent.offer(scored(5, values([1.0005, 1.0], 3))), "equal values: the cost decides");
        assert_eq!(incumbent.best().unwrap().figures.cost.cycles, 5);
    }
}
