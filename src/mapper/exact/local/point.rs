//! One mapping of the mapspace, in a form in which small changes are small.

use super::frame::{Frame, Slot, UNIT};
use crate::mapping::{Axis, DataSpaceSet, LevelMapping, Loop, Mapping, SpatialLoop};
use crate::model::CompactMapping;

/// Factors, orders and what is kept. Within the constraints on these whatever is done with it through its functions; whether it
/// fits the machine is another matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Point {
    /// Per slot, per dimension of the search.
    factors: Vec<Vec<u64>>,
    /// Per slot: dimensions of the search, innermost first.
    orders: Vec<Vec<usize>>,
    /// Per slot of spatial loops: positions of its order that lie along X; the others lie along Y.
    pub(in super::super) cuts: Vec<usize>,
    /// Per level.
    pub(in super::super) keep: Vec<DataSpaceSet>,
}

impl Point {
    /// The least factors from the inside that the outer slots can complete, orders and axes as they come, and all kept that may
    /// be. `None` if a dimension has no factors.
    pub(in super::super) fn smallest(frame: &Frame) -> Option<Self> {
        let prepared = frame.prepared;
        let mut factors = vec![vec![1; frame.count()]; frame.slots.len()];
        let mut rests = prepared.whole.clone();
        // Spatial slots come first there.
        for (step, slot) in frame.spatial.iter().chain(&frame.temporal).enumerate() {
            for (dimension, (factor, rest)) in factors[*slot].iter_mut().zip(&mut rests).enumerate() {
                let choice = prepared.choices.at(step, dimension, *rest).first()?;
                (*factor, *rest) = (choice.factor, choice.rest);
            }
        }
        let keep = prepared.space.policies.iter().zip(&prepared.space.free);
        Some(Self {
            factors,
            orders: frame.slots.iter().map(|slot| slot.order.clone()).collect(),
            cuts: frame.slots.iter().map(|slot| slot.split.unwrap_or(slot.order.len()).min(slot.order.len())).collect(),
            keep: keep.map(|(policy, free)| policy.keep.union(*free)).collect(),
        })
    }

    /// A mapping of the mapspace.
    pub(in super::super) fn of(frame: &Frame, mapping: &Mapping) -> Self {
        let number = |dimension: usize| frame.prepared.dimensions.iter().position(|known| *known == dimension);
        let mut factors = vec![vec![1; frame.count()]; frame.slots.len()];
        let (mut orders, mut cuts) = (Vec::new(), Vec::new());
        for (described, factors) in frame.slots.iter().zip(&mut factors) {
            let level = &mapping.levels[described.level];
            let spatial = level.spatial.iter().map(|spatial| (spatial.iteration, spatial.axis));
            let temporal = level.temporal.iter().map(|iteration| (*iteration, Axis::X));
            let loops: Vec<(Loop, Axis)> =
                if described.fan_out.is_some() { spatial.collect() } else { temporal.collect() };
            let loops = loops.into_iter().filter_map(|(iteration, axis)| {
                number(iteration.dimension).map(|dimension| (dimension, iteration.bound, axis))
            });
            let loops: Vec<(usize, u64, Axis)> = loops.filter(|(_, bound, _)| *bound > 1).collect();
            for (dimension, bound, _) in &loops {
                factors[*dimension] = *bound;
            }
            let order = order_of(described, &loops);
            let along_x = |position: &usize| {
                loops.iter().any(|(dimension, _, axis)| *dimension == order[*position] && *axis == Axis::X)
            };
            let last = (0..order.len()).rev().find(along_x);
            cuts.push(described.split.unwrap_or(last.map_or(0, |last| last + 1)).min(order.len()));
            orders.push(order);
        }
        Self { factors, orders, cuts, keep: mapping.levels.iter().map(|level| level.policy.keep).collect() }
    }

    /// Becomes another point, without allocation.
    pub(in super::super) fn copy_from(&mut self, other: &Self) {
        let Self { factors, orders, cuts, keep } = self;
        factors.iter_mut().zip(&other.factors).for_each(|(to, from)| to.copy_from_slice(from));
        orders.iter_mut().zip(&other.orders).for_each(|(to, from)| to.copy_from_slice(from));
        cuts.copy_from_slice(&other.cuts);
        keep.copy_from_slice(&other.keep);
    }

    /// The factors of a slot.
    #[inline]
    pub(in super::super) fn factors(&self, slot: usize) -> &[u64] {
        &self.factors[slot]
    }

    /// The order of a slot.
    #[inline]
    pub(in super::super) fn order(&self, slot: usize) -> &[usize] {
        &self.orders[slot]
    }

    /// Gives a dimension so many iterations in a slot, whatever the others have.
    pub(in super::super) fn set(&mut self, slot: usize, dimension: usize, factor: u64) {
        self.factors[slot][dimension] = factor;
    }

    /// Moves iterations of a dimension from one slot to another; whether the constraints allow it.
    pub(in super::super) fn shift(
        &mut self,
        frame: &Frame,
        dimension: usize,
        part: u64,
        from: usize,
        to: usize,
    ) -> bool {
        let (less, more) = (self.factors[from][dimension] / part, self.factors[to][dimension] * part);
        let is_allowed = frame.slots[from].allows(dimension, less) && frame.slots[to].allows(dimension, more);
        if is_allowed {
            self.factors[from][dimension] = less;
            self.factors[to][dimension] = more;
        }
        is_allowed
    }

    /// Puts the dimension at one free position of a slot's order to another. Along axes without a stated split, only this
    /// dimension changes its axis.
    pub(in super::super) fn reorder(&mut self, frame: &Frame, slot: usize, from: usize, to: usize) {
        let order = &mut self.orders[slot];
        if from < to {
            order[from..=to].rotate_left(1);
        } else {
            order[to..=from].rotate_right(1);
        }
        if frame.slots[slot].fan_out.is_some() && frame.slots[slot].split.is_none() {
            let cut = &mut self.cuts[slot];
            if from < *cut && to >= *cut {
                *cut -= 1;
            } else if from >= *cut && to < *cut {
                *cut += 1;
            }
        }
    }

    /// The iterations of a slot's loops along X and Y.
    pub(in super::super) fn along_axes(&self, slot: usize) -> (u64, u64) {
        let (x, y) = self.orders[slot].split_at(self.cuts[slot]);
        let size = |part: &[usize]| {
            let dimensions = part.iter().filter(|dimension| **dimension != UNIT);
            dimensions.fold(1u64, |size, dimension| size.saturating_mul(self.factors[slot][*dimension]))
        };
        (size(x), size(y))
    }

    /// Loops of a slot of more than one iteration, innermost first: dimension of the problem, iterations, and the axis that a
    /// spatial one has.
    fn loops<'a>(&'a self, frame: &'a Frame, slot: usize) -> impl Iterator<Item = (usize, u64, Axis)> + 'a {
        let order = self.orders[slot].iter().enumerate().filter(|(_, dimension)| **dimension != UNIT);
        let loops = order.map(move |(position, dimension)| {
            let axis = if position < self.cuts[slot] { Axis::X } else { Axis::Y };
            (frame.prepared.dimensions[*dimension], self.factors[slot][*dimension], axis)
        });
        loops.filter(|(_, factor, _)| *factor > 1)
    }

    /// The mapping, in the form that the fast model reads.
    pub(in super::super) fn write(&self, frame: &Frame, compact: &mut CompactMapping) {
        compact.clear();
        for (slot, described) in frame.slots.iter().enumerate() {
            if described.fan_out.is_some() {
                self.loops(frame, slot)
                    .for_each(|(dimension, bound, axis)| compact.push_spatial(dimension, bound, axis));
                continue;
            }
            self.loops(frame, slot).for_each(|(dimension, bound, _)| compact.push_temporal(dimension, bound));
            let policy = frame.prepared.space.policies[described.level];
            compact.finish_level(policy.with_keep(self.keep[described.level]));
        }
    }

    /// The mapping.
    pub(in super::super) fn mapping(&self, frame: &Frame) -> Mapping {
        let policies = frame.prepared.space.policies.iter().zip(&self.keep);
        let level = |policy| LevelMapping { policy, ..LevelMapping::default() };
        let mut mapping = Mapping { levels: policies.map(|(policy, keep)| level(policy.with_keep(*keep))).collect() };
        for (slot, described) in frame.slots.iter().enumerate() {
            let level = &mut mapping.levels[described.level];
            for (dimension, bound, axis) in self.loops(frame, slot) {
                let iteration = Loop::perfect(dimension, bound);
                if described.fan_out.is_some() {
                    level.spatial.push(SpatialLoop { iteration, axis });
                } else {
                    level.temporal.push(iteration);
                }
            }
        }
        mapping
    }
}

/// The order of a slot in which these loops stand as they do, with those along X before dimensions without a loop and those
/// along Y after them.
fn order_of(slot: &Slot, loops: &[(usize, u64, Axis)]) -> Vec<usize> {
    let free = &slot.order[slot.free.clone()];
    let on = |wanted: Axis| {
        let loops = loops.iter().filter(move |(dimension, _, axis)| *axis == wanted && free.contains(dimension));
        loops.map(|(dimension, _, _)| *dimension)
    };
    let idle = free.iter().copied().filter(|dimension| loops.iter().all(|(looped, _, _)| looped != dimension));
    let (before, after) = (&slot.order[..slot.free.start], &slot.order[slot.free.end..]);
    let middle = on(Axis::X).chain(idle).chain(on(Axis::Y));
    before.iter().copied().chain(middle).chain(after.iter().copied()).collect()
}
