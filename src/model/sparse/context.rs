//! One mapping of a sparse design, and questions about it that several steps ask.

use super::abort::Abort;
use super::boxes::TileBox;
use super::density::DensityModel;
use super::nest::SparseNest;
use super::settings::{Representation, SparseSettings};
use crate::architecture::Architecture;
use crate::mapping::Mapping;
use crate::model::nest::projection::Projection;
use crate::model::nest::tiles::Tile;
use crate::workload::Problem;

pub(super) struct Context<'a> {
    pub(super) architecture: &'a Architecture,
    pub(super) problem: &'a Problem,
    pub(super) mapping: &'a Mapping,
    pub(super) settings: &'a SparseSettings,
    pub(super) projections: &'a [Projection],
    pub(super) nest: SparseNest,
    /// Of the dense nest analysis, per data space and level.
    pub(super) tiles: &'a [Vec<Tile>],
    /// Per data space: the dimensions that move it, one bit each.
    pub(super) moving: &'a [u64],
    /// Per data space.
    pub(super) models: &'a [Box<dyn DensityModel>],
}

impl<'a> Context<'a> {
    pub(super) fn levels(&self) -> usize {
        self.architecture.levels().len()
    }

    pub(super) fn spaces(&self) -> usize {
        self.projections.len()
    }

    pub(super) fn is_read_write(&self, space: usize) -> bool {
        self.problem.data_spaces()[space].read_write
    }

    pub(super) fn level_name(&self, level: usize) -> String {
        self.architecture.levels()[level].name.clone()
    }

    pub(super) fn space_name(&self, space: usize) -> String {
        self.problem.data_spaces()[space].name.clone()
    }

    pub(super) fn keeps(&self, level: usize, space: usize) -> bool {
        self.mapping.levels[level].policy.keep.contains(space)
    }

    /// The next outer level that keeps a data space.
    pub(super) fn parent(&self, level: usize, space: usize) -> Option<usize> {
        (level + 1..self.levels()).find(|outer| self.keeps(*outer, space))
    }

    /// The next inner level that keeps a data space.
    pub(super) fn child(&self, level: usize, space: usize) -> Option<usize> {
        (0..level).rev().find(|inner| self.keeps(*inner, space))
    }

    /// The first level from `level` outwards that keeps a data space.
    pub(super) fn source(&self, level: usize, space: usize) -> Option<usize> {
        (level..self.levels()).find(|outer| self.keeps(*outer, space))
    }

    /// How a level holds a data space, if it has metadata of it.
    pub(super) fn representation(&self, level: usize, space: usize) -> Option<&'a Representation> {
        self.settings.format(level, space)
    }

    pub(super) fn has_metadata(&self, level: usize, space: usize) -> bool {
        self.representation(level, space).is_some()
    }

    pub(super) fn is_compressed(&self, level: usize, space: usize) -> bool {
        self.representation(level, space).is_some_and(Representation::is_compressed)
    }

    /// Whether a dimension moves a data space.
    pub(super) fn moves(&self, space: usize, dimension: usize) -> bool {
        self.moving[space] & (1 << dimension) != 0
    }

    pub(super) fn tile_box(&self, space: usize, extents: &[u64]) -> TileBox {
        TileBox::of(&self.projections[space], extents)
    }

    /// The tile of a level.
    pub(super) fn level_tile(&self, level: usize, space: usize) -> TileBox {
        self.tile_box(space, self.nest.tile(level))
    }

    /// Probability that a tile of these extents has no non-zero.
    pub(super) fn empty(&self, space: usize, extents: &[u64]) -> Result<f64, Abort> {
        self.models[space].probability(self.tile_box(space, extents), 0, None)
    }
}
