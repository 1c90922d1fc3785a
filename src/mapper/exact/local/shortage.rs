//! How far a point is from fitting the machine.

use super::frame::Frame;
use super::point::Point;
use crate::architecture::Mesh;
use crate::mapspace::parallelism;
use crate::numbers::{count, real};

/// What a point asks of the machine, measured before it is evaluated.
#[derive(Debug)]
pub(in super::super) struct Gauge {
    /// Per dimension: iterations of the slots so far.
    extents: Vec<u64>,
}

impl Gauge {
    pub(in super::super) fn new(frame: &Frame) -> Self {
        Self { extents: vec![1; frame.count()] }
    }

    /// The doublings by which a point misses the meshes, the parallelism, the number of loops, the sizes and the least
    /// utilization, all added: 0 where it fits.
    pub(in super::super) fn shortage(&mut self, frame: &Frame, point: &Point) -> f64 {
        of_meshes(frame, point) + of_parallelism(frame, point) + of_loops(frame, point) + self.of_sizes(frame, point)
    }

    /// Of sizes and least utilization.
    fn of_sizes(&mut self, frame: &Frame, point: &Point) -> f64 {
        let mut shortage = 0.0;
        self.extents.fill(1);
        for (slot, described) in frame.slots.iter().enumerate() {
            for (extent, factor) in self.extents.iter_mut().zip(point.factors(slot)) {
                *extent *= factor;
            }
            let level = &frame.prepared.levels[described.level];
            if described.fan_out.is_none() && (level.capacity != u64::MAX || level.min_words > 0.0) {
                let words = real(frame.prepared.words(described.level, point.keep[described.level], &self.extents));
                shortage += excess(words, real(level.capacity)) + excess(level.min_words, words);
            }
        }
        shortage
    }
}

fn of_meshes(frame: &Frame, point: &Point) -> f64 {
    let of_slot = |slot: &usize| {
        let Mesh { x, y } = frame.slots[*slot].fan_out.unwrap_or(Mesh { x: 1, y: 1 });
        let (along_x, along_y) = point.along_axes(*slot);
        excess(real(along_x), real(x)) + excess(real(along_y), real(y))
    };
    frame.spatial.iter().map(of_slot).sum()
}

fn of_parallelism(frame: &Frame, point: &Point) -> f64 {
    let least = frame.prepared.space.min_parallelism;
    if least <= 0.0 {
        return 0.0;
    }
    let used = frame.spatial.iter().map(|slot| point.factors(*slot).iter().product());
    let available = frame.spatial.iter().map(|slot| frame.slots[*slot].fan_out.map_or(1, Mesh::product));
    excess(least, parallelism(used.zip(available)))
}

fn of_loops(frame: &Frame, point: &Point) -> f64 {
    let limit = frame.prepared.space.max_temporal_loops;
    if limit == usize::MAX {
        return 0.0;
    }
    let in_slot = |slot: &usize| point.factors(*slot).iter().filter(|factor| **factor > 1).count();
    let loops: usize = frame.temporal.iter().map(in_slot).sum();
    real(count(loops.saturating_sub(limit)))
}

/// The doublings by which something is more than it may be.
#[inline]
pub(in super::super) fn excess(found: f64, limit: f64) -> f64 {
    if found <= limit { 0.0 } else { (found / limit.max(0.001)).log2().max(1e-3) }
}
