//! Reads, fills and updates of a level, from the words that meet there (docs/model.md section 4.6).

use crate::mapping::LevelPolicy;
use crate::numbers::{real, rounded, truncated};

/// What one instance of a level does for one data space over the whole run. Words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accesses {
    /// Read by the inner level.
    pub reads: u64,
    /// Filled by the outer level.
    pub fills: u64,
    /// Updated by the inner level.
    pub updates: u64,
}

impl Accesses {
    /// Fills and updates.
    #[inline]
    pub fn writes(self) -> u64 {
        self.fills.saturating_add(self.updates)
    }

    /// Reads, fills and updates.
    pub fn total(self) -> u64 {
        self.reads.saturating_add(self.fills).saturating_add(self.updates)
    }
}

/// Words that meet at one level for one data space, per instance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    /// Asked for by the inner level.
    pub(crate) content: f64,
    /// Received from the outer level.
    pub(crate) share: f64,
    /// Exchanged with the neighbours.
    pub(crate) peers: f64,
    /// Held in turn. A partial sum needs no reading the first time.
    pub(crate) partition: u64,
    /// Whether no level outside keeps the data space: nothing returns from there.
    pub(crate) is_outermost: bool,
}

impl Words {
    /// The final counts (docs/model.md section 4.6, step 7), with the exceptions that `policy` makes for data space `space`.
    #[inline]
    pub(crate) fn accesses(self, read_write: bool, policy: &LevelPolicy, space: usize) -> Accesses {
        let (asked, received) = (self.content + self.peers, self.share + self.peers);
        if !read_write {
            return Accesses { reads: rounded(asked), fills: truncated(received), updates: 0 };
        }
        let updates = rounded(self.content);
        if policy.no_coalesce.contains(space) {
            return Accesses { reads: rounded(asked), fills: rounded(asked), updates };
        }
        let first_touch = if policy.rmw_first_update.contains(space) { 0.0 } else { real(self.partition) };
        let first_return = if self.is_outermost { 0.0 } else { first_touch };
        Accesses { reads: rounded(asked - first_touch), fills: rounded(received - first_return), updates }
    }
}

/// Words of a data space that one instance of a level holds in turn (docs/model.md section 4.6, step 2): its part of those that
/// one instance of the next outer level holds. `tile` are the words of its tile, `working_set` those of all tiles that the
/// outer instance feeds at a time. Saturating.
#[inline]
pub(crate) fn partition(outer: u64, tile: u64, working_set: u64) -> u64 {
    if tile == working_set || working_set == 0 {
        return outer;
    }
    match outer.checked_mul(tile) {
        Some(product) => product / working_set,
        None => u64::try_from(u128::from(outer) * u128::from(tile) / u128::from(working_set)).unwrap_or(u64::MAX),
    }
}
