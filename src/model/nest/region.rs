//! Axis-aligned boxes in the coordinates of a data space, and what remains of one when another is taken away.
//!
//! A tile is one box, holes included; the new part of a moved tile is a list of disjoint boxes (docs/model.md section 1.2).

use std::hash::Hash;
use std::rc::Rc;

use crate::model::nest::projection::Projection;

/// A vector in the coordinates of a data space, one entry per rank.
pub(crate) type Vector = Vec<i64>;

/// A tile as the recursion sees it: a set of points, never empty.
pub(crate) trait Region: Clone + Eq + Hash {
    /// What is new in a tile.
    type Delta;
    /// A delta wherever it lies: equal exactly for deltas that are translations of each other.
    type Shape: Clone + Eq + Hash;

    /// The tile at the origin with the given extents per dimension.
    fn tile(projection: &Projection, extents: &[u64]) -> Self;
    /// Number of points.
    fn words(&self) -> u64;
    /// Moves it by `sign * by`.
    fn shift(&mut self, by: &[i64], sign: i64);
    /// The translation between the centres of the boxes around two tiles, rounded half away from zero.
    fn translation_to(&self, other: &Self) -> Vector;
    /// All of it.
    fn entire(self) -> Self::Delta;
    /// What `other` does not have.
    fn without(&self, other: &Self) -> Self::Delta;
    /// Number of points of a delta.
    fn new_words(delta: &Self::Delta) -> u64;
    /// A delta's shape and where it lies; `None` if it is empty.
    fn anchored(delta: Self::Delta) -> Option<(Self::Shape, Vector)>;
}

impl Region for Cuboid {
    type Delta = Vec<Self>;
    type Shape = Rc<[Self]>;

    fn tile(projection: &Projection, extents: &[u64]) -> Self {
        projection.tile(extents)
    }

    fn words(&self) -> u64 {
        self.volume()
    }

    fn shift(&mut self, by: &[i64], sign: i64) {
        self.shift(by, sign);
    }

    fn translation_to(&self, other: &Self) -> Vector {
        self.translation_to(other)
    }

    fn entire(self) -> Vec<Self> {
        vec![self]
    }

    fn without(&self, other: &Self) -> Vec<Self> {
        self.without(other)
    }

    fn new_words(delta: &Vec<Self>) -> u64 {
        volume(delta)
    }

    fn anchored(mut delta: Vec<Self>) -> Option<(Rc<[Self]>, Vector)> {
        delta.sort_unstable();
        let low = delta.first()?.low.clone();
        for cuboid in &mut delta {
            cuboid.shift(&low, -1);
        }
        Some((delta.into(), low))
    }
}

/// A box: inclusive low corner, exclusive high corner. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Cuboid {
    pub(crate) low: Vector,
    pub(crate) high: Vector,
}

impl Cuboid {
    /// Number of points.
    pub(crate) fn volume(&self) -> u64 {
        self.low.iter().zip(&self.high).fold(1, |product, (low, high)| product.saturating_mul(low.abs_diff(*high)))
    }

    pub(crate) fn shift(&mut self, by: &[i64], sign: i64) {
        for ((low, high), by) in self.low.iter_mut().zip(&mut self.high).zip(by) {
            *low += sign * by;
            *high += sign * by;
        }
    }

    /// The translation that takes this box's centre to the other's: the exact shift for equal shapes, else rounded half
    /// away from zero (TL point-set-aahr.cpp `GetTranslation`).
    pub(crate) fn translation_to(&self, other: &Self) -> Vector {
        let doubled = |cuboid: &Self, rank: usize| cuboid.low[rank] + cuboid.high[rank];
        (0..self.low.len())
            .map(|rank| {
                let twice = doubled(other, rank) - doubled(self, rank);
                twice.signum() * ((twice.abs() + 1) / 2)
            })
            .collect()
    }

    /// This box without the other: slices left and right of it, rank after rank (TL point-set-aahr.cpp `MultiSubtract`).
    pub(crate) fn without(&self, other: &Self) -> Vec<Self> {
        let ranks = 0..self.low.len();
        if ranks.clone().any(|rank| self.high[rank] <= other.low[rank] || other.high[rank] <= self.low[rank]) {
            return vec![self.clone()];
        }
        let mut slices = Vec::new();
        let mut rest = self.clone();
        for rank in ranks {
            if rest.low[rank] < other.low[rank] {
                let mut slice = rest.clone();
                slice.high[rank] = other.low[rank];
                rest.low[rank] = other.low[rank];
                slices.push(slice);
            }
            if other.high[rank] < rest.high[rank] {
                let mut slice = rest.clone();
                slice.low[rank] = other.high[rank];
                rest.high[rank] = other.high[rank];
                slices.push(slice);
            }
        }
        slices
    }
}

/// Number of points of disjoint boxes.
pub(crate) fn volume(boxes: &[Cuboid]) -> u64 {
    boxes.iter().fold(0, |sum, cuboid| sum.saturating_add(cuboid.volume()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cuboid(low: [i64; 2], extent: [i64; 2]) -> Cuboid {
        Cuboid { low: low.to_vec(), high: low.iter().zip(extent).map(|(low, extent)| low + extent).collect() }
    }

    proptest! {
        #[test]
        fn difference_equals_enumeration(
            low in prop::array::uniform2(-4i64..4), extent in prop::array::uniform2(1i64..6),
            other_low in prop::array::uniform2(-4i64..4), other_extent in prop::array::uniform2(1i64..6),
        ) {
            let (a, b) = (cuboid(low, extent), cuboid(other_low, other_extent));
            let inside = |c: &Cuboid, x: i64, y: i64| (c.low[0]..c.high[0]).contains(&x) && (c.low[1]..c.high[1]).contains(&y);
            let slices = a.without(&b);
            for x in -10..20 {
                for y in -10..20 {
                    let times = slices.iter().filter(|slice| inside(slice, x, y)).count();
                    prop_assert_eq!(times, usize::from(inside(&a, x, y) && !inside(&b, x, y)));
                }
            }
        }
    }

    #[test]
    fn centres_round_away_from_zero() {
        assert_eq!(cuboid([0, 0], [2, 2]).translation_to(&cuboid([0, 0], [3, 1])), [1, -1]);
    }
}
