//! The loops of a mapping with those of one iteration, whose place matters to sparse designs (docs/model.md section 9.3).

use std::ops::Range;

use crate::architecture::Architecture;
use crate::mapping::{Axis, LoopOrder, Mapping};

#[derive(Clone, Copy, Debug)]
pub(super) struct SparseLoop {
    pub(super) dimension: usize,
    pub(super) bound: u64,
    pub(super) axis: Option<Axis>,
    pub(super) is_spatial: bool,
}

/// All loops of a mapping, innermost first: at each level every dimension in time, inside it every dimension over instances if
/// the level has a fan-out.
#[derive(Debug)]
pub(super) struct SparseNest {
    pub(super) loops: Vec<SparseLoop>,
    pub(super) levels: Vec<Range<usize>>,
    dimensions: usize,
    /// One after the other: number `n` is the extents per dimension inside the first `n` loops.
    molds: Vec<u64>,
}

impl SparseNest {
    pub(super) fn new(mapping: &Mapping, order: &LoopOrder, architecture: &Architecture, dimensions: usize) -> Self {
        let (mut loops, mut levels) = (Vec::new(), Vec::new());
        for (level, (mapping, order)) in mapping.levels.iter().zip(&order.levels).enumerate() {
            let start = loops.len();
            if architecture.fan_out(level).product() > 1 {
                loops.extend(order.spatial.iter().map(|&dimension| {
                    let found = mapping.spatial.iter().find(|spatial| spatial.iteration.dimension == dimension);
                    let bound = found.map_or(1, |spatial| spatial.iteration.bound);
                    SparseLoop { dimension, bound, axis: found.map(|spatial| spatial.axis), is_spatial: true }
                }));
            }
            loops.extend(order.temporal.iter().map(|&dimension| {
                let found = mapping.temporal.iter().find(|iteration| iteration.dimension == dimension);
                let bound = found.map_or(1, |iteration| iteration.bound);
                SparseLoop { dimension, bound, axis: None, is_spatial: false }
            }));
            levels.push(start..loops.len());
        }
        let mut molds = Vec::with_capacity((loops.len() + 1) * dimensions);
        molds.resize(dimensions, 1u64);
        for sparse_loop in &loops {
            let start = molds.len() - dimensions;
            molds.extend_from_within(start..);
            let extent = &mut molds[start + dimensions + sparse_loop.dimension];
            *extent = extent.saturating_mul(sparse_loop.bound);
        }
        Self { loops, levels, dimensions, molds }
    }

    /// Extents per dimension inside a loop and all inner ones.
    pub(super) fn inside(&self, index: usize) -> &[u64] {
        &self.molds[index * self.dimensions..][..self.dimensions]
    }

    /// Extents per dimension of a loop and all inner ones.
    pub(super) fn through(&self, index: usize) -> &[u64] {
        self.inside(index + 1)
    }

    /// Extents per dimension of the tile of a level.
    pub(super) fn tile(&self, level: usize) -> &[u64] {
        self.inside(self.levels[level].end)
    }

    /// Indices of the loops of the levels `from..=to`, innermost first.
    pub(super) fn between(&self, from: usize, to: usize) -> Range<usize> {
        self.levels[from].start..self.levels[to].end
    }
}
