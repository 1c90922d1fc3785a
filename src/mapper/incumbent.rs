//! What a search keeps of the mappings that it has evaluated.
//!
//! A search asks an [`Archive`] two things: whether a mapping, or a part of the mapspace with a bound, is still of interest, and
//! to take a mapping. An [`Incumbent`] keeps the best one. An archive that keeps all mappings that no other dominates (a Pareto
//! front) is another implementation, with one number a metric as its score.

use super::objective::{Figures, is_better};
use crate::mapping::Mapping;

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

/// One number, the lower the better; relative differences up to `tolerance` do not count, so that of several equal mappings
/// the first is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lower {
    pub(super) tolerance: f64,
}

impl Comparison for Lower {
    type Score = f64;

    #[inline]
    fn is_better(&self, candidate: &f64, incumbent: &f64) -> bool {
        *candidate < *incumbent * (1.0 - self.tolerance)
    }
}

/// One number a metric, compared as Timeloop compares lists of metrics (docs/search.md section 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ByMetrics;

impl Comparison for ByMetrics {
    type Score = Vec<f64>;

    fn is_better(&self, candidate: &Vec<f64>, incumbent: &Vec<f64>) -> bool {
        is_better(candidate, incumbent)
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
    use crate::model::Cost;

    fn scored<S>(cycles: u64, score: S) -> Scored<S> {
        let figures = Figures { cost: Cost { energy_pj: 1.0, cycles }, accesses: 0.0 };
        Scored { mapping: Mapping::default(), figures, score }
    }

    #[test]
    fn the_first_of_equals_is_kept() {
        let mut incumbent = Incumbent::new(Lower { tolerance: 1e-12 });
        assert!(!incumbent.refuses(&f64::MAX), "nothing is kept yet");
        assert!(incumbent.offer(scored(1, 2.0)));
        assert!(!incumbent.offer(scored(2, 2.0)) && !incumbent.offer(scored(3, 2.0 * (1.0 - 1e-13))));
        assert!(incumbent.refuses(&2.0) && !incumbent.refuses(&1.999));
        assert!(incumbent.offer(scored(4, 1.0)));
        assert_eq!(incumbent.into_best().unwrap().figures.cost.cycles, 4);
    }

    #[test]
    fn lists_of_metrics_are_compared_in_order() {
        let mut incumbent = Incumbent::new(ByMetrics);
        assert!(incumbent.offer(scored(1, vec![1.0, 2.0])));
        assert!(incumbent.offer(scored(2, vec![1.0005, 1.0])), "the first does not differ: the second decides");
        assert!(!incumbent.offer(scored(3, vec![1.1, 0.1])));
        assert_eq!(incumbent.best().unwrap().figures.cost.cycles, 2);
    }
}
