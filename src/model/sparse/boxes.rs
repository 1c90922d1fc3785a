//! Tiles as density models see them.

use std::fmt;

use crate::model::nest::projection::Projection;

/// The box of a tile at the origin of its data space: one extent per rank, in points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TileBox {
    pub(super) extents: Vec<u64>,
}

impl TileBox {
    /// The box of an operation-space tile with these extents per dimension.
    pub(super) fn of(projection: &Projection, extents: &[u64]) -> Self {
        let reach = |&(dimension, coefficient): &(usize, i64)| {
            coefficient.unsigned_abs().saturating_mul(extents[dimension].saturating_sub(1))
        };
        let extent = |rank: &Vec<(usize, i64)>| rank.iter().map(reach).fold(1, u64::saturating_add);
        Self { extents: projection.ranks.iter().map(extent).collect() }
    }

    /// A box of one rank.
    #[cfg(test)]
    pub(super) fn line(words: u64) -> Self {
        Self { extents: vec![words] }
    }

    /// Its points.
    pub(super) fn words(&self) -> u64 {
        self.extents.iter().fold(1, |words, extent| words.saturating_mul(*extent))
    }
}

impl fmt::Display for TileBox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extents: Vec<String> = self.extents.iter().map(u64::to_string).collect();
        out.write_str(&extents.join(" x "))
    }
}
