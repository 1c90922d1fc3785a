//! Tiles as density models see them.

use std::fmt;

use crate::model::nest::projection::Projection;

/// The box of a tile at the origin of its data space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TileBox {
    words: u64,
    /// Rows and columns, where the data space has two ranks.
    sides: Option<[u64; 2]>,
}

impl TileBox {
    /// The box of an operation-space tile with these extents per dimension.
    pub(super) fn of(projection: &Projection, extents: &[u64]) -> Self {
        let reach = |&(dimension, coefficient): &(usize, i64)| {
            coefficient.unsigned_abs().saturating_mul(extents[dimension].saturating_sub(1))
        };
        let extent = |rank: &Vec<(usize, i64)>| rank.iter().map(reach).fold(1, u64::saturating_add);
        match projection.ranks.as_slice() {
            [rows, columns] => Self::matrix(extent(rows), extent(columns)),
            ranks => Self { words: ranks.iter().map(extent).fold(1, u64::saturating_mul), sides: None },
        }
    }

    pub(super) fn matrix(rows: u64, columns: u64) -> Self {
        Self { words: rows.saturating_mul(columns), sides: Some([rows, columns]) }
    }

    /// A box of one rank.
    #[cfg(test)]
    pub(super) fn line(words: u64) -> Self {
        Self { words, sides: None }
    }

    /// Its points.
    pub(super) fn words(self) -> u64 {
        self.words
    }

    /// Its rows and columns, if it has two ranks.
    pub(super) fn sides(self) -> Option<[u64; 2]> {
        self.sides
    }
}

impl fmt::Display for TileBox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sides {
            Some([rows, columns]) => write!(out, "{rows} x {columns}"),
            None => write!(out, "{}", self.words),
        }
    }
}
