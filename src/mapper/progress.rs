//! Who watches a search.

use std::time::Instant;

use crate::mapping::Mapping;
use crate::model::Cost;

/// Hears of a search while it runs, and may end it. Called from any thread.
pub trait Progress: Sync {
    /// A better mapping was found.
    fn improved(&self, mapping: &Mapping, cost: Cost);

    /// A program that tells costs while it runs, but no mappings, has found a better one. Its costs are rounded for print.
    fn reported(&self, cost: Cost) {
        let _ = cost;
    }

    /// Share of the work that is done, from 0 to 1, as well as it is known.
    fn advanced(&self, share: f64);

    /// Whether the search shall end now with the best mapping so far.
    fn is_cancelled(&self) -> bool;

    /// Something about the result that its reader should know, such as numbers of a program that are not ours.
    fn warned(&self, message: &str) {
        let _ = message;
    }
}

/// Hears nothing and never ends a search.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn improved(&self, _: &Mapping, _: Cost) {}

    fn advanced(&self, _: f64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// The progress of a search within a search: the user's wish to end it counts, and the clock, but nothing is told.
pub(super) struct SilentProgress<'a> {
    pub(super) progress: &'a dyn Progress,
    pub(super) deadline: Option<Instant>,
}

impl Progress for SilentProgress<'_> {
    fn improved(&self, _: &Mapping, _: Cost) {}

    fn advanced(&self, _: f64) {}

    fn is_cancelled(&self) -> bool {
        self.progress.is_cancelled() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
