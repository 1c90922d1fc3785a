//! How a level treats the data spaces.

use super::DataSpaceSet;

/// How a level treats the data spaces: which ones it keeps, and which ones are excepted from the default rules of reuse
/// (docs/model.md section 3.1). The one type for mappings, constraints, mapspaces and the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LevelPolicy {
    /// Data spaces kept here; the others pass through.
    pub keep: DataSpaceSet,
    /// Data spaces whose tile is fetched anew in every iteration of the next outer loops (`no_reuse` of a temporal directive).
    pub no_temporal_reuse: DataSpaceSet,
    /// Data spaces that are neither multicast nor spatially reduced (`no_reuse` of a spatial directive).
    pub no_multicast: DataSpaceSet,
    /// Data spaces that are not handed from neighbour to neighbour.
    pub no_link_transfer: DataSpaceSet,
    /// Data spaces that are read before their first update.
    pub rmw_first_update: DataSpaceSet,
    /// Data spaces whose updates are not coalesced.
    pub no_coalesce: DataSpaceSet,
}

impl LevelPolicy {
    /// Keeps these data spaces, with the default rules for all.
    pub fn keeping(keep: DataSpaceSet) -> Self {
        Self { keep, ..Self::default() }
    }

    /// The same exceptions with other data spaces kept.
    #[must_use]
    pub fn with_keep(self, keep: DataSpaceSet) -> Self {
        Self { keep, ..self }
    }

    /// The exceptions of both; what is kept stays as it is here.
    #[must_use]
    pub fn with_exceptions_of(self, other: Self) -> Self {
        Self {
            keep: self.keep,
            no_temporal_reuse: self.no_temporal_reuse.union(other.no_temporal_reuse),
            no_multicast: self.no_multicast.union(other.no_multicast),
            no_link_transfer: self.no_link_transfer.union(other.no_link_transfer),
            rmw_first_update: self.rmw_first_update.union(other.rmw_first_update),
            no_coalesce: self.no_coalesce.union(other.no_coalesce),
        }
    }

    /// Whether the default rules hold for all data spaces, kept or not.
    pub fn has_no_exceptions(&self) -> bool {
        self.no_temporal_reuse.is_empty()
            && self.no_multicast.is_empty()
            && self.no_link_transfer.is_empty()
            && self.rmw_first_update.is_empty()
            && self.no_coalesce.is_empty()
    }
}
