//! The order of all loops of a mapping, those of one iteration included.

use super::Mapping;

/// The dimensions of each level in the order of their loops. It matters to sparse designs alone (docs/model.md section 9.3): a
/// [`Mapping`] leaves out loops of one iteration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoopOrder {
    /// One entry per storage level, innermost first.
    pub levels: Vec<LevelOrder>,
}

/// The dimensions of the loops of one level, innermost first, each of the problem's once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LevelOrder {
    /// Of its loops in time.
    pub temporal: Vec<usize>,
    /// Of its loops over instances.
    pub spatial: Vec<usize>,
}

impl LoopOrder {
    /// The order in which mappings are written: the loops that a mapping has, then the other dimensions in the problem's order.
    pub fn of(mapping: &Mapping, dimensions: usize) -> Self {
        let complete = |stated: Vec<usize>| {
            let rest: Vec<usize> = (0..dimensions).filter(|dimension| !stated.contains(dimension)).collect();
            [stated, rest].concat()
        };
        let level = |level: &super::LevelMapping| LevelOrder {
            temporal: complete(level.temporal.iter().map(|iteration| iteration.dimension).collect()),
            spatial: complete(level.spatial.iter().map(|spatial| spatial.iteration.dimension).collect()),
        };
        Self { levels: mapping.levels.iter().map(level).collect() }
    }

    /// Whether it has each dimension once in both lists of every level.
    pub(crate) fn is_complete(&self, levels: usize, dimensions: usize) -> bool {
        let is_permutation = |order: &Vec<usize>| {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            sorted.into_iter().eq(0..dimensions)
        };
        self.levels.len() == levels
            && self.levels.iter().all(|level| is_permutation(&level.temporal) && is_permutation(&level.spatial))
    }
}
