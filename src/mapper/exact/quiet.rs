//! Searches within a search, of which nobody hears.

use std::time::Instant;

use crate::mapper::Progress;
use crate::model::Cost;

/// Listens for the user's wish to end, and looks at the clock.
pub(super) struct Quiet<'a> {
    pub(super) progress: &'a dyn Progress,
    pub(super) deadline: Option<Instant>,
}

impl Progress for Quiet<'_> {
    fn improved(&self, _: Cost) {}

    fn advanced(&self, _: f64) {}

    fn is_cancelled(&self) -> bool {
        self.progress.is_cancelled() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
