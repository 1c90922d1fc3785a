//! An entry of a list that is searched by ascending bound.

use std::cmp::Ordering;

use crate::mapper::objective::Rank;

/// A part of the mapspace in few words, with its bound. Ordered by bound; equal ones by the code, the order of enumeration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounded<C> {
    pub(super) bound: Rank,
    pub(super) code: C,
}

impl<C: Ord> Ord for Bounded<C> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bound.total_cmp(&other.bound).then_with(|| self.code.cmp(&other.code))
    }
}

impl<C: Ord> PartialOrd for Bounded<C> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<C: Ord> PartialEq for Bounded<C> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<C: Ord> Eq for Bounded<C> {}
