//! A mapping in the form that the fast path reads: one flat list of loops, rebuilt in place without allocation.

use crate::mapping::{Axis, LevelPolicy, Mapping};

/// One loop, temporal if it has no axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CompactLoop {
    pub(crate) dimension: usize,
    pub(crate) bound: u64,
    pub(crate) axis: Option<Axis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CompactLevel {
    /// One past its last spatial loop.
    pub(crate) temporal: usize,
    /// One past its last loop.
    pub(crate) end: usize,
    pub(crate) policy: LevelPolicy,
}

/// A mapping with perfect factors, innermost loop first.
///
/// Built level by level from the innermost: its spatial loops, its temporal loops, then [`finish_level`](Self::finish_level).
/// [`clear`](Self::clear) keeps the memory for the next mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompactMapping {
    pub(crate) loops: Vec<CompactLoop>,
    pub(crate) levels: Vec<CompactLevel>,
    temporal: usize,
    /// Levels whose policy has exceptions.
    exceptional: usize,
}

impl CompactMapping {
    /// Whether no level makes exceptions from the default rules.
    pub(crate) fn has_default_policy(&self) -> bool {
        self.exceptional == 0
    }

    /// The first loop of a level.
    pub(super) fn start(&self, level: usize) -> usize {
        level.checked_sub(1).map_or(0, |inner| self.levels[inner].end)
    }

    /// Forgets all loops.
    pub fn clear(&mut self) {
        self.loops.clear();
        self.levels.clear();
        self.temporal = 0;
        self.exceptional = 0;
    }

    /// Adds a spatial loop around the ones so far; only before the level's temporal loops. Unit loops are left out.
    pub fn push_spatial(&mut self, dimension: usize, bound: u64, axis: Axis) {
        if bound != 1 {
            self.loops.push(CompactLoop { dimension, bound, axis: Some(axis) });
            self.temporal = self.loops.len();
        }
    }

    /// Adds a temporal loop around the ones so far. Unit loops are left out.
    pub fn push_temporal(&mut self, dimension: usize, bound: u64) {
        if bound != 1 {
            self.loops.push(CompactLoop { dimension, bound, axis: None });
        }
    }

    /// Ends a level.
    pub fn finish_level(&mut self, policy: LevelPolicy) {
        self.exceptional += usize::from(!policy.has_no_exceptions());
        self.levels.push(CompactLevel { temporal: self.temporal, end: self.loops.len(), policy });
        self.temporal = self.loops.len();
    }

    /// A mapping in this form; `None` if its factors are imperfect.
    pub fn of(mapping: &Mapping) -> Option<Self> {
        mapping.is_perfect().then(|| {
            let mut compact = Self::default();
            for level in &mapping.levels {
                for spatial in &level.spatial {
                    compact.push_spatial(spatial.iteration.dimension, spatial.iteration.bound, spatial.axis);
                }
                level.temporal.iter().for_each(|iteration| compact.push_temporal(iteration.dimension, iteration.bound));
                compact.finish_level(level.policy);
            }
            compact
        })
    }
}
