//! The loops of a mapping as one nest, innermost first, with the static data of every loop (docs/model.md section 4.1).

pub(crate) mod closed_form;
pub(super) mod points;
pub(super) mod projection;
pub(super) mod recursive;
pub(super) mod region;
pub(super) mod tiles;

use crate::mapping::{Axis, Loop, Mapping};
use crate::numbers::real;
use crate::workload::Problem;

/// A set of dimensions whose outer loops are all at their last iteration.
pub(crate) type LastPass = u64;

/// How many dimensions a [`LastPass`] can hold.
pub(crate) const MAX_DIMENSIONS: usize = 64;

/// One loop with more than one iteration.
#[derive(Clone, Debug)]
pub(crate) struct NestLoop {
    pub(crate) iteration: Loop,
    /// The axis of a spatial loop.
    pub(crate) axis: Option<Axis>,
    /// How far one iteration advances its dimension.
    pub(crate) step: u64,
}

impl NestLoop {
    /// Iterations in the given pass.
    pub(crate) fn bound(&self, last: LastPass) -> u64 {
        if last & self.bit() == 0 { self.iteration.bound } else { self.iteration.residual }
    }

    /// What inner loops see while this loop is at iteration `index`.
    pub(crate) fn narrow(&self, last: LastPass, index: u64) -> LastPass {
        if index + 1 >= self.iteration.residual { last } else { last & !self.bit() }
    }

    pub(crate) fn bit(&self) -> LastPass {
        1 << self.iteration.dimension
    }
}

/// The loops of one level: indices into [`Nest::loops`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    /// First loop; the spatial loops come first.
    pub(crate) start: usize,
    /// First temporal loop.
    pub(crate) temporal: usize,
    /// One past the last loop.
    pub(crate) end: usize,
}

/// Iterations that a run of loops makes in each dimension: in the full passes and in the last pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mold<'a> {
    full: &'a [u64],
    last: &'a [u64],
}

impl Mold<'_> {
    /// Extents of a tile per dimension.
    pub(crate) fn extents(&self, pass: LastPass) -> Vec<u64> {
        let extents = self.full.iter().zip(self.last).enumerate();
        extents.map(|(dimension, (full, last))| if pass & (1 << dimension) == 0 { *full } else { *last }).collect()
    }
}

/// All loops of a mapping.
#[derive(Debug)]
pub(crate) struct Nest {
    pub(crate) loops: Vec<NestLoop>,
    pub(crate) blocks: Vec<Block>,
    dimensions: usize,
    /// One mold after the other: number `n` is the tile inside the first `n` loops. In the full passes, and in the last one.
    full: Vec<u64>,
    last: Vec<u64>,
    /// Dimensions with a residual loop; the pass of the others makes no difference.
    pub(crate) residual_dimensions: LastPass,
}

impl Nest {
    pub(crate) fn new(mapping: &Mapping, problem: &Problem) -> Self {
        let mut loops = Vec::new();
        let mut blocks = Vec::new();
        let dimensions = problem.dimensions().len();
        let (mut full, mut last) = (vec![1u64; dimensions], vec![1u64; dimensions]);
        let mut push = |iteration: Loop, axis: Option<Axis>, loops: &mut Vec<NestLoop>| {
            if iteration.bound > 1 {
                // The mold so far, and the loop added.
                let start = full.len() - dimensions;
                full.extend_from_within(start..);
                last.extend_from_within(start..);
                let index = start + dimensions + iteration.dimension;
                loops.push(NestLoop { iteration, axis, step: full[index] });
                last[index] = full[index].saturating_mul(iteration.residual - 1).saturating_add(last[index]);
                full[index] = full[index].saturating_mul(iteration.bound);
            }
        };
        for level in &mapping.levels {
            let start = loops.len();
            level.spatial.iter().for_each(|spatial| push(spatial.iteration, Some(spatial.axis), &mut loops));
            let temporal = loops.len();
            level.temporal.iter().for_each(|iteration| push(*iteration, None, &mut loops));
            blocks.push(Block { start, temporal, end: loops.len() });
        }
        let residual = loops.iter().filter(|nest_loop| !nest_loop.iteration.is_perfect());
        let residual_dimensions = residual.fold(0, |set, nest_loop| set | nest_loop.bit());
        Self { loops, blocks, dimensions, full, last, residual_dimensions }
    }

    /// The tile inside the first `loops` loops.
    pub(crate) fn mold(&self, loops: usize) -> Mold<'_> {
        let range = loops * self.dimensions..(loops + 1) * self.dimensions;
        Mold { full: &self.full[range.clone()], last: &self.last[range] }
    }

    /// Extents of the largest tile kept at storage level `level`, per dimension.
    pub(crate) fn tile(&self, level: usize) -> &[u64] {
        self.mold(self.blocks[level].end).full
    }

    /// Extents of everything, were no pass short.
    pub(crate) fn whole(&self) -> &[u64] {
        self.mold(self.loops.len()).full
    }

    pub(crate) fn spatial(&self, level: usize) -> &[NestLoop] {
        &self.loops[self.blocks[level].start..self.blocks[level].temporal]
    }

    /// Product of the bounds of the spatial loops from loop `from` on, along X and Y, saturating.
    pub(crate) fn expansion(&self, from: usize) -> (u64, u64) {
        let along = |axis: Axis| {
            let loops = self.loops[from..].iter().filter(|nest_loop| nest_loop.axis == Some(axis));
            loops.fold(1u64, |product, nest_loop| product.saturating_mul(nest_loop.iteration.bound))
        };
        (along(Axis::X), along(Axis::Y))
    }

    /// Average number of instances in use of what lies inside the loops from `from` on: the product of the spatial bounds,
    /// where a loop with a residual counts its average over the iterations of the outer loops of its dimension.
    pub(crate) fn replication(&self, from: usize) -> f64 {
        let mut product = 1.0;
        for (index, nest_loop) in
            self.loops.iter().enumerate().skip(from).filter(|(_, nest_loop)| nest_loop.axis.is_some()).rev()
        {
            let Loop { bound, residual, dimension } = nest_loop.iteration;
            if nest_loop.iteration.is_perfect() {
                product *= real(bound);
                continue;
            }
            let outer = self.loops[index + 1..].iter().rev().filter(|outer| outer.iteration.dimension == dimension);
            let passes = outer.fold(1.0, |passes, outer| {
                real(outer.iteration.residual) + real(outer.iteration.bound) * (passes - 1.0)
            });
            product *= (real(residual) + real(bound) * (passes - 1.0)) / passes;
        }
        product
    }

    /// Product of the bounds of all temporal loops, saturating.
    pub(crate) fn temporal_bounds(&self) -> u64 {
        let temporal = self.loops.iter().filter(|nest_loop| nest_loop.axis.is_none());
        temporal.fold(1u64, |product, nest_loop| product.saturating_mul(nest_loop.iteration.bound))
    }

    /// Product of the bounds of all loops, saturating.
    pub(crate) fn all_bounds(&self) -> u64 {
        self.loops.iter().fold(1u64, |product, nest_loop| product.saturating_mul(nest_loop.iteration.bound))
    }
}
