//! Sparse designs: what formats, gating and skipping make of the accesses of a mapping (docs/model.md section 9).
//!
//! ```text
//! dense tiles --> ranks, occupancy --> metadata, savings --> accesses, computes --> room, energy, cycles
//!                 (9.3, 9.4)           (9.4 to 9.6)          (9.7, 9.8)             (9.9)
//! ```
//!
//! It stands at the seam of docs/model.md section 5.6. Dense evaluations do not come here.

mod abort;
mod analysis;
mod boxes;
mod computes;
mod context;
mod costs;
mod counts;
mod density;
mod evaluate;
mod formats;
mod least;
mod metadata;
mod nest;
mod occupancy;
mod ranks;
mod room;
mod saving;
mod settings;
mod spatial;

pub use abort::Abort;
pub use computes::SparseComputes;
pub use counts::{FormatWords, RankAccesses, SparseAccesses};
pub use evaluate::{SparseDataSpaceUse, SparseModel, SparseUse};
pub(crate) use least::{LeastLoops, LevelShares, Watched, Watches};
pub use settings::{Choice, LevelSettings, Rank, RankFormat, RankOrder, Representation, SparseSettings};

use thiserror::Error;

use crate::workload::Densities;

/// A problem's densities and what an accelerator makes of them.
#[derive(Clone, Debug, PartialEq)]
pub struct SparseDesign {
    /// Of the problem's data spaces.
    pub densities: Densities,
    /// Of the accelerator.
    pub settings: SparseSettings,
}

/// Why a level cannot do what a sparse design asks. The messages are timeloop-model's.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SparseReason {
    /// Compressed data arrive at a level that holds them without compression.
    #[error("decompression (from parent level) needed but not supported")]
    Decompression,
    /// Data leave for a level that holds them compressed.
    #[error("compression (to parent level) needed but not supported")]
    Compression,
    /// A level has fewer ranks than the next inner one.
    #[error("runtime partition needed but not supported (NOT IMPLEMENTED YET)")]
    Partition,
    /// The ranks of a level do not begin with those of the next inner one.
    #[error("pretiling for {data_space}required but level compression format does not align: {level} {child}")]
    Pretiling {
        /// The data space.
        data_space: String,
        /// The level.
        level: String,
        /// The next inner level that keeps it.
        child: String,
    },
    /// Loops are left that no rank takes.
    #[error("more compression ranks needed than supported in hardware. dataspace name: {data_space}")]
    Ranks {
        /// The data space.
        data_space: String,
    },
    /// No level from this one outwards keeps the data space whose accesses are to be saved.
    #[error("skipping/gating for {data_space}does not have a source storage for datastreams{level}")]
    NoSource {
        /// The data space.
        data_space: String,
        /// The level.
        level: String,
    },
    /// More instances are needed than there are.
    #[error("{0}")]
    FanOut(String),
    /// The metadata of a level do not fit.
    #[error("mapped metadata tile size {bits} exceeds metadata buffer capacity {capacity}")]
    MetadataCapacity {
        /// Bits of all tiles.
        bits: u64,
        /// Bits that the level holds.
        capacity: u64,
    },
    /// Too few tiles fit.
    #[error("{}", "best tile confidence is less than constrained minimum tile confidence 0".repeat(*data_spaces))]
    Confidence {
        /// Data spaces of the problem, for each of which the real program says it.
        data_spaces: usize,
    },
}
