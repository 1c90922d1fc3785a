//! What the bounds count of one level beside energy.

use super::prepared_job::PreparedJob;
use crate::architecture::Action;
use crate::model::level::{Bandwidth, MARGIN};
use crate::numbers::real;

/// The accesses of a level in words, where the objective asks for them; or else the cycles that one limit of its bandwidth makes of its
/// words: that which the words that every mapping moves take longest, if each level moves them once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) level: usize,
    /// In words per cycle and instance; `None` where accesses are counted.
    pub(super) limit: Option<(Bandwidth, f64)>,
}

impl Load {
    pub(super) fn of(prepared: &PreparedJob) -> Option<Self> {
        if let Some(level) = prepared.objective.counted_level() {
            return Some(Self { level, limit: None });
        }
        let points = |is_wanted: &dyn Fn(bool) -> bool| -> f64 {
            let wanted = prepared.spaces.iter().filter(|geometry| is_wanted(geometry.read_write));
            wanted.map(|geometry| real(geometry.points)).sum()
        };
        let (read, updated) = (points(&|read_write| !read_write), points(&|read_write| read_write));
        let architecture = prepared.job.architecture.levels();
        let limits = prepared.levels.iter().enumerate().flat_map(|(level, costs)| {
            let limits = costs.bandwidth.limits();
            limits.map(move |(bandwidth, limit)| {
                let words = match bandwidth {
                    Bandwidth::Read => read,
                    Bandwidth::Write if level + 1 == architecture.len() => updated,
                    Bandwidth::Write | Bandwidth::Shared => read + updated,
                };
                let cycles = words / limit / real(architecture[level].instances.max(1));
                (cycles, Self { level, limit: Some((bandwidth, limit)) })
            })
        });
        limits.max_by(|one, two| one.0.total_cmp(&two.0)).map(|(_, load)| load)
    }

    /// What one word of all instances together adds, `instances` being in use; each of which counts `scale` times.
    pub(super) fn of_word(&self, action: Action, instances: f64, scale: f64) -> f64 {
        match self.limit {
            None => scale,
            Some((bandwidth, limit)) if bandwidth.counts(action) => scale / limit / instances,
            Some(_) => 0.0,
        }
    }

    /// Cycles that this load takes at least.
    pub(super) fn cycles(&self, load: f64) -> f64 {
        if self.limit.is_some() { load * (1.0 - MARGIN) } else { 0.0 }
    }
}
