//! What the real program cannot count: it aborts where this library says what is wrong.

use thiserror::Error;

/// Why a sparse design cannot be counted. The real program ends with a failed assertion or a crash on each of these.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Abort {
    /// The number of words of an element does not divide that of its fibre.
    #[error("fiber shape not divisiable by element shape: skipping over instances needs tiles that divide one another")]
    Fibre,
    /// Banded data must be a square matrix.
    #[error("a banded density needs a data space of two ranks of equal size")]
    NotSquare,
    /// No tile of a band has a number of non-zeros that was asked for.
    #[error("cannot find representative occupancy: {nonzeros} for a tile of {tile} words of a banded data space")]
    NoRepresentative {
        /// Non-zeros of the tile.
        nonzeros: u64,
        /// Its extents.
        tile: String,
    },
    /// A band that is too large to be counted.
    #[error("a banded density of {side} rows is too large to be counted")]
    WideBand {
        /// Rows of the matrix.
        side: u64,
    },
    /// A band knows of tiles within tiles only whether they are empty.
    #[error("a banded density does not say how many non-zeros a tile within another one has")]
    BandedCondition,
    /// A confidence of 0 of a banded tile.
    #[error("a banded density has no tile for the confidence that overbooking asks for")]
    EndOfTable {
        /// Numbers of non-zeros in its table.
        entries: u64,
    },
    /// More non-zeros than words, or more words than can be counted.
    #[error("a hypergeometric density of {nonzeros} non-zeros among {words} words cannot be counted")]
    Hypergeometric {
        /// Words of the tensor.
        words: u64,
        /// Its non-zeros.
        nonzeros: u64,
    },
    /// The smallest number of non-zeros of a tile is beyond what can be listed.
    #[error(
        "level {level}: the non-zeros of {data_space} cannot be listed: with imperfect factors its tile is larger than the model \
         says"
    )]
    Occupancies {
        /// The level.
        level: String,
        /// The data space.
        data_space: String,
    },
    /// A level holds compressed data and the level outside it does not.
    #[error(
        "level {level} holds {data_space} compressed and level {parent} outside it does not; this cannot be modelled"
    )]
    CompressedInside {
        /// The inner level.
        level: String,
        /// The outer level.
        parent: String,
        /// The data space.
        data_space: String,
    },
    /// Nothing of a data space arrives, so that nothing can be said of what it leaves out.
    #[error("level {level}: no tile of {data_space} has non-zeros, so that its metadata cannot be counted")]
    NoOccupancy {
        /// The level.
        level: String,
        /// The data space.
        data_space: String,
    },
    /// Ranks of an inner level beyond those of this one.
    #[error("level {level}: the next inner level that keeps {data_space} has more ranks")]
    MoreRanksInside {
        /// The level.
        level: String,
        /// The data space.
        data_space: String,
    },
    /// Accesses are skipped in time and over instances at once.
    #[error(
        "level {level}: skipping in time and skipping over instances of {data_space} at one level cannot be modelled"
    )]
    TwoWays {
        /// The level.
        level: String,
        /// The data space.
        data_space: String,
    },
    /// A level saves everything, and an inner one saves a share of nothing.
    #[error("level {level}: all accesses of {data_space} are saved, so that an inner level has none to save")]
    AllSaved {
        /// The level.
        level: String,
        /// The data space.
        data_space: String,
    },
    /// Computes need two operands.
    #[error("a sparse design needs exactly two read-only data spaces, found {0}")]
    Operands(usize),
    /// An operand is non-zero more often than always, or less often than never.
    #[error("operand probability: {0}: illegal operand probability, can be due to rounding")]
    Probability(String),
    /// No compute is left.
    #[error("no compute is left: the densities and savings leave no multiply-accumulate")]
    NoComputes,
    /// Bits or words of a tile that no block size is tabulated for.
    #[error(
        "level {level}: a block of {block_size} words cannot hold compressed data; it must be 1, 2, 4, 8, 16 or 32"
    )]
    Block {
        /// The level.
        level: String,
        /// Words of a block.
        block_size: u64,
    },
    /// A search for the largest confidence never ends.
    #[error(
        "level {level}: a tile of {data_space} is exactly as large as its share of the level; the real program searches its \
         confidence for ever (allow_overbooking)"
    )]
    Overbooking {
        /// The level.
        level: String,
        /// The data space.
        data_space: String,
    },
    /// One-dimensional problems.
    #[error("a sparse design needs a problem of at least two dimensions")]
    OneDimension,
    /// The largest tile of a data space has no non-zeros.
    #[error("no tile of {0} has non-zeros")]
    Empty(String),
    /// A share of instances of nothing.
    #[error("level {level}: no instances are left of {data_space}")]
    NoInstances {
        /// The level.
        level: String,
        /// The data space.
        data_space: String,
    },
}
