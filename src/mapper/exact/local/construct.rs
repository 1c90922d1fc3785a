//! Points to begin with.

use super::frame::{Frame, UNIT};
use super::point::Point;
use super::shortage::Gauge;

/// A point that fills the meshes, then the levels from the inside. `variant` decides which dimensions come first.
pub(super) fn construct(frame: &Frame, gauge: &mut Gauge, variant: usize) -> Option<Point> {
    let point = Point::smallest(frame)?;
    let count = frame.count().max(1);
    let dimensions = (0..frame.count()).map(|index| (index + variant) % count).collect();
    let mut filling = Filling { frame, gauge, dimensions, next: point.clone(), point };
    for &slot in &frame.spatial {
        filling.fill(slot);
        filling.turn(slot);
        filling.fill(slot);
    }
    for &slot in &frame.temporal {
        filling.fill(slot);
    }
    Some(filling.point)
}

/// A point under construction.
struct Filling<'a> {
    frame: &'a Frame<'a>,
    gauge: &'a mut Gauge,
    /// Which dimensions come first.
    dimensions: Vec<usize>,
    point: Point,
    next: Point,
}

impl Filling<'_> {
    /// Moves what fits from the outer slots to this one.
    fn fill(&mut self, slot: usize) {
        let Self { frame, gauge, dimensions, point, next } = self;
        let mut shortage = gauge.shortage(frame, point);
        for &dimension in &*dimensions {
            for from in (slot + 1..frame.slots.len()).rev() {
                for prime in &frame.primes[dimension] {
                    while point.factors(from)[dimension].is_multiple_of(*prime) {
                        next.copy_from(point);
                        if !next.shift(frame, dimension, *prime, from, slot) {
                            break;
                        }
                        let after = gauge.shortage(frame, next);
                        if after > shortage {
                            break;
                        }
                        shortage = after;
                        std::mem::swap(point, next);
                    }
                }
            }
        }
    }

    /// Lays the dimensions that have no loop yet along the other axis.
    fn turn(&mut self, slot: usize) {
        let Self { frame, point, .. } = self;
        let described = &frame.slots[slot];
        if described.split.is_some() {
            return;
        }
        let is_loop = |point: &Point, position: usize| {
            let dimension = point.order(slot)[position];
            dimension != UNIT && point.factors(slot)[dimension] > 1
        };
        let mut first = described.free.start;
        for position in described.free.clone() {
            if is_loop(point, position) {
                point.reorder(frame, slot, position, first);
                first += 1;
            }
        }
        let last = (0..described.order.len()).rev().find(|position| is_loop(point, *position));
        point.cuts[slot] = last.map_or(0, |last| last + 1);
    }
}
