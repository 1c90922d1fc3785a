//! What a storage level can hold and do of compressed data (docs/model.md section 9.1).

use super::ArchitectureError;
use crate::numbers::{real, truncated};

/// What a storage level can hold and do of compressed data. Nothing of it matters to a dense design.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an attribute of its own")]
pub struct Metadata {
    /// Bits of a word of metadata where a format states none; 0 if absent.
    pub word_bits: Option<u64>,
    /// Words of metadata of one block; 1 if absent.
    pub block_size: Option<u64>,
    /// Bits of one vector access of metadata; without them metadata costs nothing.
    pub width_bits: Option<u64>,
    /// Rows of that width.
    pub depth: Option<u64>,
    /// Whether data that arrive compressed may be held without compression.
    pub decompresses: bool,
    /// Whether data held without compression may be compressed on their way outwards.
    pub compresses: bool,
    /// Whether tiles of which only some would be too large are admitted.
    pub overbooks: bool,
    /// Whether tiles are partitioned while they arrive, which Timeloop's programs refuse.
    pub partitions: bool,
}

impl Metadata {
    /// Bits of a vector access; 0 if nothing states them.
    pub fn width(self) -> u64 {
        self.width_bits.unwrap_or(0)
    }

    /// Bits that it holds, each tile `buffering` times.
    pub(crate) fn capacity_bits(self, buffering: f64) -> u64 {
        truncated((real(self.depth.unwrap_or(0).saturating_mul(self.width())) / buffering).floor())
    }

    pub(super) fn check(self, level: &str) -> Result<(), ArchitectureError> {
        if self.partitions {
            return Err(ArchitectureError::TilePartition(level.to_owned()));
        }
        if let (Some(width), Some(word_bits), Some(block_size)) = (self.width_bits, self.word_bits, self.block_size) {
            let block = word_bits.saturating_mul(block_size);
            if block > 0 && !width.is_multiple_of(block) {
                return Err(ArchitectureError::MetadataWidth { level: level.to_owned(), width, word_bits, block_size });
            }
        }
        Ok(())
    }
}
