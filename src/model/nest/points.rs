//! Tiles as the points they really touch: a product of one set of integers per rank.
//!
//! A set is kept as intervals of a fixed step, the coefficient of the rank's longest dimension: `{stride * p + dilation * r}` is
//! one interval per tap, however many outputs there are. All sets of one rank have the same step, so that intersections,
//! differences and translations are those of intervals, residue class by residue class.

use std::rc::Rc;

use crate::model::nest::projection::Projection;
use crate::model::nest::region::{Region, Vector};
use crate::model::rejection::Rejection;
use crate::workload::{DataSpace, Problem};

/// Most intervals that a set may start from.
const MAX_PIECES: u64 = 1 << 16;

/// The projection of a data space for exact footprints: every dimension once per rank and only where it moves, the longest
/// first. `whole` are the extents of everything, for which the data space is countable.
pub(crate) fn projection(problem: &Problem, space: &DataSpace, whole: &[u64]) -> Result<Projection, Rejection> {
    let bound = |dimension: usize| whole[dimension];
    let mut ranks: Vec<Vec<(usize, i64)>> = Vec::new();
    for (index, terms) in Projection::of(problem, space).ranks.into_iter().enumerate() {
        let mut rank: Vec<(usize, i64)> = Vec::new();
        for (dimension, coefficient) in terms.into_iter().filter(|(dimension, _)| bound(*dimension) > 1) {
            match rank.iter_mut().find(|term| term.0 == dimension) {
                Some(term) => term.1 += coefficient,
                None => rank.push((dimension, coefficient)),
            }
        }
        rank.retain(|(_, coefficient)| *coefficient != 0);
        rank.sort_by_key(|(dimension, _)| std::cmp::Reverse(bound(*dimension)));
        let shared = rank.iter().find(|(dimension, _)| ranks.iter().flatten().any(|term| term.0 == *dimension));
        if let Some((dimension, _)) = shared {
            let dimension = problem.dimensions()[*dimension].0;
            return Err(Rejection::SharedDimension { data_space: space.name.clone(), dimension });
        }
        let pieces = rank.iter().skip(1).fold(1u64, |all, (dimension, _)| all.saturating_mul(bound(*dimension)));
        if pieces > MAX_PIECES {
            let data_space = space.name.clone();
            return Err(Rejection::ScatteredRank { data_space, rank: index, pieces, limit: MAX_PIECES });
        }
        ranks.push(rank);
    }
    Ok(Projection { ranks })
}

/// The points `class + step * i` for `from <= i < to`, the step being that of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Interval {
    class: i64,
    from: i64,
    to: i64,
}

/// A set of integers: sorted intervals that neither touch nor overlap, classes from 0 to `step - 1`. Equal sets of one step are
/// equal here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Set {
    step: i64,
    intervals: Vec<Interval>,
}

impl Set {
    /// `count` points from `start` on, `step` apart, for every start.
    fn combs(step: i64, count: i64, starts: &[i64]) -> Self {
        let interval = |start: &i64| {
            let from = start.div_euclid(step);
            Interval { class: start.rem_euclid(step), from, to: from + count }
        };
        let mut intervals: Vec<Interval> = starts.iter().map(interval).collect();
        intervals.sort_unstable();
        intervals.dedup_by(|next, interval| {
            let joins = next.class == interval.class && next.from <= interval.to;
            if joins {
                interval.to = interval.to.max(next.to);
            }
            joins
        });
        Self { step, intervals }
    }

    fn len(&self) -> u64 {
        self.intervals.iter().map(|interval| interval.from.abs_diff(interval.to)).sum()
    }

    fn first(&self) -> i64 {
        self.intervals.iter().map(|interval| interval.class + self.step * interval.from).min().unwrap_or(0)
    }

    fn last(&self) -> i64 {
        self.intervals.iter().map(|interval| interval.class + self.step * (interval.to - 1)).max().unwrap_or(0)
    }

    fn shifted(&self, by: i64) -> Self {
        let moved = |interval: &Interval| {
            let class = interval.class + by.rem_euclid(self.step);
            let carry = by.div_euclid(self.step) + i64::from(class >= self.step);
            Interval { class: class % self.step, from: interval.from + carry, to: interval.to + carry }
        };
        let mut intervals: Vec<Interval> = self.intervals.iter().map(moved).collect();
        intervals.sort_unstable();
        Self { step: self.step, intervals }
    }

    /// The points of both sets.
    fn common(&self, other: &Self) -> Self {
        let (mut mine, mut theirs) = (self.intervals.iter().peekable(), other.intervals.iter().peekable());
        let mut intervals = Vec::new();
        while let (Some(a), Some(b)) = (mine.peek(), theirs.peek()) {
            let both = Interval { class: a.class, from: a.from.max(b.from), to: a.to.min(b.to) };
            if a.class == b.class && both.from < both.to {
                intervals.push(both);
            }
            if (a.class, a.to) <= (b.class, b.to) {
                mine.next();
            } else {
                theirs.next();
            }
        }
        Self { step: self.step, intervals }
    }

    /// This set without a subset of it.
    fn without(&self, part: &Self) -> Self {
        let mut intervals = Vec::new();
        let mut taken = part.intervals.iter().peekable();
        for interval in &self.intervals {
            let mut from = interval.from;
            while let Some(hole) = taken.next_if(|hole| hole.class == interval.class && hole.from < interval.to) {
                if from < hole.from {
                    intervals.push(Interval { from, to: hole.from, ..*interval });
                }
                from = hole.to;
            }
            if from < interval.to {
                intervals.push(Interval { from, ..*interval });
            }
        }
        Self { step: self.step, intervals }
    }
}

/// A product of sets, one per rank, and where it lies. No set is empty, and the first point of each is 0: equal products are
/// equal here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Points {
    at: Vector,
    sets: Rc<[Set]>,
}

impl Points {
    /// A product of sets that need not begin at 0, moved by `at`.
    fn anchor(mut at: Vector, sets: Vec<Set>) -> Self {
        let zeroed = sets.into_iter().zip(&mut at).map(|(set, at)| {
            let first = set.first();
            *at += first;
            set.shifted(-first)
        });
        Self { sets: zeroed.collect(), at }
    }

    /// Per rank, twice the centre of the box around the points, the box's high corner being exclusive.
    fn doubled_centres(&self) -> impl Iterator<Item = i64> {
        self.at.iter().zip(self.sets.iter()).map(|(at, set)| 2 * at + set.last() + 1)
    }
}

fn product<'a>(sets: impl IntoIterator<Item = &'a Set>) -> u64 {
    sets.into_iter().fold(1, |product, set| product.saturating_mul(set.len()))
}

/// One product without another inside it, which differs from it in at least two ranks. (If it differs in one, the difference
/// is a product itself.) So the outer product is that of all coordinates that occur, and both are unique.
#[derive(Debug)]
pub(crate) struct Difference {
    outer: Points,
    hole: Option<Rc<[Set]>>,
}

impl Region for Points {
    /// `None` is the empty set.
    type Delta = Option<Difference>;
    type Shape = (Rc<[Set]>, Option<Rc<[Set]>>);

    fn tile(projection: &Projection, extents: &[u64]) -> Self {
        let mut at = Vec::with_capacity(projection.ranks.len());
        let sets = projection.ranks.iter().map(|rank| {
            let steps = |dimension: usize| (extents[dimension] - 1).cast_signed();
            at.push(rank.iter().map(|&(dimension, coefficient)| (coefficient * steps(dimension)).min(0)).sum());
            let Some((&(longest, coefficient), shorter)) = rank.split_first() else { return Set::combs(1, 1, &[0]) };
            let mut starts = vec![0];
            for &(dimension, coefficient) in shorter {
                let next = (0..=steps(dimension)).flat_map(|index| {
                    starts.iter().map(move |start| start + index * coefficient.abs()).collect::<Vec<i64>>()
                });
                starts = next.collect();
            }
            Set::combs(coefficient.abs(), steps(longest) + 1, &starts)
        });
        let sets = sets.collect();
        Self { at, sets }
    }

    fn words(&self) -> u64 {
        product(self.sets.iter())
    }

    fn shift(&mut self, by: &[i64], sign: i64) {
        self.at.iter_mut().zip(by).for_each(|(at, by)| *at += sign * by);
    }

    fn translation_to(&self, other: &Self) -> Vector {
        let twice = other.doubled_centres().zip(self.doubled_centres()).map(|(other, own)| other - own);
        twice.map(|twice| twice.signum() * ((twice.abs() + 1) / 2)).collect()
    }

    fn entire(self) -> Option<Difference> {
        Some(Difference { outer: self, hole: None })
    }

    fn without(&self, other: &Self) -> Option<Difference> {
        let ranks = 0..self.at.len();
        let there = |rank: usize| other.sets[rank].shifted(other.at[rank] - self.at[rank]);
        let common: Vec<Set> = ranks.clone().map(|rank| self.sets[rank].common(&there(rank))).collect();
        if common.iter().any(|set| set.intervals.is_empty()) {
            return self.clone().entire();
        }
        let mut differing = ranks.filter(|&rank| common[rank] != self.sets[rank]);
        let first = differing.next()?;
        if differing.next().is_some() {
            return Some(Difference { outer: self.clone(), hole: Some(common.into()) });
        }
        let mut sets = self.sets.to_vec();
        sets[first] = sets[first].without(&common[first]);
        Self::anchor(self.at.clone(), sets).entire()
    }

    fn new_words(delta: &Option<Difference>) -> u64 {
        let Some(Difference { outer, hole }) = delta else { return 0 };
        outer.words() - hole.as_ref().map_or(0, |hole| product(hole.iter()))
    }

    fn anchored(delta: Option<Difference>) -> Option<(Self::Shape, Vector)> {
        delta.map(|Difference { outer, hole }| ((outer.sets, hole), outer.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    type Elements = BTreeSet<Vec<i64>>;

    /// Two ranks of two dimensions each: coefficients as given.
    fn two_ranks(coefficients: [i64; 4]) -> Projection {
        let [a, b, c, d] = coefficients;
        Projection { ranks: vec![vec![(0, a), (1, b)], vec![(2, c), (3, d)]] }
    }

    fn elements(coefficients: [i64; 4], extents: [u64; 4], at: [i64; 2]) -> Elements {
        let [a, b, c, d] = coefficients;
        let [p, r, q, s] = extents.map(u64::cast_signed);
        let pairs = |m: i64, n: i64| (0..m).flat_map(move |i| (0..n).map(move |j| (i, j)));
        let all = pairs(p, r).flat_map(|(p, r)| pairs(q, s).map(move |(q, s)| (p, r, q, s)));
        all.map(|(p, r, q, s)| vec![at[0] + a * p + b * r, at[1] + c * q + d * s]).collect()
    }

    fn of_sets(at: &[i64], sets: &[Set]) -> Elements {
        let points = |set: &Set| -> Vec<i64> {
            let step = set.step;
            set.intervals
                .iter()
                .flat_map(|interval| (interval.from..interval.to).map(move |i| interval.class + step * i))
                .collect()
        };
        let (rows, columns) = (points(&sets[0]), points(&sets[1]));
        rows.iter().flat_map(|x| columns.iter().map(move |y| vec![at[0] + x, at[1] + y])).collect()
    }

    #[expect(clippy::ref_option, reason = "as the field holds it")]
    fn of_delta(delta: &Option<Difference>) -> Elements {
        let Some(Difference { outer, hole }) = delta else { return Elements::new() };
        let hole = hole.as_ref().map_or_else(Elements::new, |hole| of_sets(&outer.at, hole));
        of_sets(&outer.at, &outer.sets).difference(&hole).cloned().collect()
    }

    fn moved(elements: &Elements, by: &[i64]) -> Elements {
        elements.iter().map(|point| point.iter().zip(by).map(|(at, by)| at + by).collect()).collect()
    }

    fn coefficient() -> impl Strategy<Value = i64> {
        (1i64..6, any::<bool>()).prop_map(|(size, negative)| if negative { -size } else { size })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        /// Tiles, differences, and the equality of translated differences, element by element.
        #[test]
        fn differences_equal_enumeration(
            coefficients in prop::array::uniform4(coefficient()),
            extents in prop::array::uniform4(1u64..4), other_extents in prop::array::uniform4(1u64..4),
            same: bool, at in prop::array::uniform2(-6i64..7), next in prop::array::uniform2(-6i64..7),
        ) {
            let projection = two_ranks(coefficients);
            let other_extents = if same { extents } else { other_extents };
            let tile = Points::tile(&projection, &extents);
            let at_rest = elements(coefficients, extents, [0, 0]);
            prop_assert_eq!(of_sets(&tile.at, &tile.sets), at_rest.clone());
            prop_assert_eq!(tile.words(), at_rest.len() as u64);
            let before = |at: [i64; 2]| {
                let mut other = Points::tile(&projection, &other_extents);
                other.shift(&at, 1);
                (tile.without(&other), &at_rest - &elements(coefficients, other_extents, at))
            };
            let ((one, expected_one), (two, expected_two)) = (before(at), before(next));
            prop_assert_eq!(of_delta(&one), expected_one.clone());
            prop_assert_eq!(Points::new_words(&one), expected_one.len() as u64);
            match (Points::anchored(one), Points::anchored(two)) {
                (Some((shape, at)), Some((other, there))) => {
                    let by = [there[0] - at[0], there[1] - at[1]];
                    let all: Vec<Vec<i64>> = expected_one.iter().zip(&expected_two)
                        .map(|(a, b)| vec![b[0] - a[0], b[1] - a[1]]).take(1).collect();
                    // Translated at all, if then by the difference of the least elements.
                    let translated = moved(&expected_one, &all[0]) == expected_two;
                    prop_assert_eq!(shape == other, translated);
                    prop_assert!(!translated || all[0] == by);
                }
                (None, _) => prop_assert!(expected_one.is_empty()),
                (_, None) => prop_assert!(expected_two.is_empty()),
            }
        }

        /// The formula of the dilation notes.
        #[test]
        fn sizes_equal_the_closed_form(outputs in 1u64..200, taps in 1u64..12, stride in 1u64..7, dilation in 1u64..40) {
            let projection = Projection { ranks: vec![vec![(0, stride.cast_signed()), (1, dilation.cast_signed())]] };
            let expected = crate::workload::footprint::exact(outputs, taps, stride, dilation);
            prop_assert_eq!(Some(Points::tile(&projection, &[outputs, taps]).words()), expected);
        }
    }

    #[test]
    fn a_million_strided_outputs_are_one_run_per_tap() {
        let projection = Projection { ranks: vec![vec![(0, 3), (1, 7)]] };
        let tile = Points::tile(&projection, &[1 << 40, 2]);
        assert_eq!((tile.sets[0].intervals.len(), tile.words()), (2, 2 << 40));
    }
}
