//! A mapping in the form that the fast path reads: one flat list of loops, rebuilt in place without allocation.

use crate::mapping::{Axis, DataSpaceSet, LevelMapping, Mapping};

/// One loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CompactLoop {
    pub(crate) dimension: usize,
    pub(crate) bound: u64,
    pub(crate) axis: Option<Axis>,
}

/// What a level keeps, and its switches; the sets of [`LevelMapping`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of `LevelMapping`")]
pub struct LevelPolicy {
    pub keep: DataSpaceSet,
    pub no_temporal_reuse: DataSpaceSet,
    pub no_multicast: DataSpaceSet,
    pub no_link_transfer: DataSpaceSet,
    pub rmw_first_update: DataSpaceSet,
    pub no_coalesce: DataSpaceSet,
}

impl LevelPolicy {
    /// Whether no switch changes the rules for any data space.
    fn is_plain(&self) -> bool {
        self.no_temporal_reuse.is_empty()
            && self.no_multicast.is_empty()
            && self.no_link_transfer.is_empty()
            && self.rmw_first_update.is_empty()
            && self.no_coalesce.is_empty()
    }
}

impl From<&LevelMapping> for LevelPolicy {
    fn from(level: &LevelMapping) -> Self {
        let LevelMapping {
            temporal: _,
            spatial: _,
            keep,
            no_temporal_reuse,
            no_multicast,
            no_link_transfer,
            rmw_first_update,
            no_coalesce,
        } = *level;
        Self { keep, no_temporal_reuse, no_multicast, no_link_transfer, rmw_first_update, no_coalesce }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CompactLevel {
    /// One past its last spatial loop.
    pub(crate) temporal: usize,
    /// One past its last loop.
    pub(crate) end: usize,
    pub(crate) switches: LevelPolicy,
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
    /// Levels with switches.
    special: usize,
}

impl CompactMapping {
    /// Whether all levels follow the plain rules.
    pub(crate) fn is_plain(&self) -> bool {
        self.special == 0
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
        self.special = 0;
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
    pub fn finish_level(&mut self, switches: LevelPolicy) {
        self.special += usize::from(!switches.is_plain());
        self.levels.push(CompactLevel { temporal: self.temporal, end: self.loops.len(), switches });
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
                level.temporal.iter().for_each(|each| compact.push_temporal(each.dimension, each.bound));
                compact.finish_level(level.into());
            }
            compact
        })
    }
}
