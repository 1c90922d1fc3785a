//! What a sparse design does: formats, gating, skipping (docs/model.md section 9.1). Plain data, in numbers of levels, data
//! spaces and dimensions.

/// What an accelerator does with the zeros of a problem.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseSettings {
    /// Whether anything is set at all: without, data are counted as dense.
    pub is_active: bool,
    /// One entry per storage level, innermost first.
    pub levels: Vec<LevelSettings>,
    /// Whether a compute unit idles where an operand is zero.
    pub gates_computes: bool,
    /// Whether a compute unit goes on at once where one operand is absent.
    pub skips_computes: bool,
}

impl SparseSettings {
    /// How a level holds a data space, if it has metadata of it.
    pub fn format(&self, level: usize, space: usize) -> Option<&Representation> {
        self.levels.get(level)?.formats.get(space)?.as_ref()
    }
}

/// What one storage level does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LevelSettings {
    /// How it holds each data space; `None` is without metadata.
    pub formats: Vec<Option<Representation>>,
    /// Accesses that take their time and are not done. Each entry is a list of choices, of which the best counts.
    pub gating: Vec<Vec<Choice>>,
    /// Accesses that are left out, likewise.
    pub skipping: Vec<Vec<Choice>>,
    /// Instances that are left out.
    pub spatial_skipping: Vec<Choice>,
}

/// Accesses of one data space that are saved where others have zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The data space whose accesses are saved.
    pub target: usize,
    /// The data spaces that decide.
    pub leaders: Vec<usize>,
}

/// How a level holds a data space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Representation {
    /// Ranks, innermost first.
    pub ranks: Vec<Rank>,
    /// From which side ranks take loops.
    pub order: RankOrder,
}

impl Representation {
    /// Whether zeros are left out at some rank.
    pub fn is_compressed(&self) -> bool {
        self.ranks.iter().any(|rank| rank.format.is_compressed())
    }
}

/// From which side ranks take loops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RankOrder {
    /// The outermost rank takes the outermost loop.
    #[default]
    OuterToInner,
    /// The innermost rank takes the innermost loop.
    InnerToOuter,
}

/// One rank of a representation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rank {
    /// Its format.
    pub format: RankFormat,
    /// Bits of a word of metadata, such as a coordinate.
    pub metadata_bits: u64,
    /// Bits of a word of payload, such as the position of a fibre.
    pub payload_bits: u64,
    /// Sets of dimensions that may be flattened into it; without any it takes one loop.
    pub rules: Vec<Vec<usize>>,
}

/// How a rank says which of its coordinates are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankFormat {
    /// Pairs of offsets: where each fibre begins and ends.
    OffsetPairs,
    /// A list of coordinates.
    Coordinates,
    /// Lengths of runs of zeros.
    RunLengths,
    /// One bit per coordinate; zeros are left out.
    Bitmask,
    /// One bit per coordinate; zeros are kept.
    UncompressedBitmask,
}

impl RankFormat {
    /// All formats.
    pub const ALL: [Self; 5] =
        [Self::OffsetPairs, Self::Coordinates, Self::RunLengths, Self::Bitmask, Self::UncompressedBitmask];

    /// Its name in descriptions, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OffsetPairs => "uop",
            Self::Coordinates => "cp",
            Self::RunLengths => "rle",
            Self::Bitmask => "b",
            Self::UncompressedBitmask => "ub",
        }
    }

    /// Whether zeros are left out.
    pub const fn is_compressed(self) -> bool {
        matches!(self, Self::Coordinates | Self::RunLengths | Self::Bitmask)
    }
}
