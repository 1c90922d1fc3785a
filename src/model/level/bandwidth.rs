//! Bandwidth of a level: what is wanted, what is there, and how much slower that makes a run (docs/model.md section 5.2).

use crate::architecture::{self, Action};
use crate::numbers::truncated;

/// Which limit of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bandwidth {
    /// Words read per cycle.
    Read,
    /// Words filled and updated per cycle.
    Write,
    /// Words read, filled and updated per cycle, together.
    Shared,
}

impl Bandwidth {
    /// Whether words of this action go through it.
    pub(crate) fn counts(self, action: Action) -> bool {
        match self {
            Self::Read => action == Action::Read,
            Self::Write => action != Action::Read,
            Self::Shared => true,
        }
    }

    /// Its name in descriptions, without `_bandwidth`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Shared => "shared",
        }
    }
}

/// Words that one instance of a level reads and writes, each data space times its factor: per cycle, or of a whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Demand {
    pub(crate) reads: f64,
    /// Fills and updates.
    pub(crate) writes: f64,
}

impl Demand {
    /// The smaller of each.
    pub(crate) fn min(self, other: Self) -> Self {
        Self { reads: self.reads.min(other.reads), writes: self.writes.min(other.writes) }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.reads += other.reads;
        self.writes += other.writes;
    }

    /// Words that arrive from the outer level: fills.
    pub(crate) fn receive(&mut self, words: f64) {
        self.writes += words;
    }

    /// Words that the inner level takes, or updates and reads before that.
    pub(crate) fn serve(&mut self, words: f64, read_write: bool) {
        self.reads += words;
        if read_write {
            self.writes += words;
        }
    }
}

/// Words per cycle and instance that a level can move; infinity is unlimited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BandwidthLimits {
    read: f64,
    write: f64,
    shared: f64,
    is_limited: bool,
}

/// Share of the compute cycles by which the exact rule may differ from sums of a whole run through rounding; it is far below.
pub(crate) const MARGIN: f64 = 1e-9;

impl BandwidthLimits {
    pub(crate) fn new(stated: architecture::Bandwidth) -> Self {
        let architecture::Bandwidth { read, write, shared } = stated;
        let limit = |stated: Option<f64>| stated.unwrap_or(f64::INFINITY);
        let is_limited = [read, write, shared].iter().any(Option::is_some);
        Self { read: limit(read), write: limit(write), shared: limit(shared), is_limited }
    }

    /// Whether anything is limited.
    #[inline]
    pub(crate) fn is_limited(&self) -> bool {
        self.is_limited
    }

    /// What is limited, with words per cycle and instance.
    pub(crate) fn limits(&self) -> impl Iterator<Item = (Bandwidth, f64)> {
        let limits = self.pairs(Demand::default()).into_iter().map(|(bandwidth, _, limit)| (bandwidth, limit));
        limits.filter(|(_, limit)| limit.is_finite())
    }

    /// Each limit, with what is wanted of it.
    fn pairs(&self, wanted: Demand) -> [(Bandwidth, f64, f64); 3] {
        let Demand { reads, writes } = wanted;
        [
            (Bandwidth::Read, reads, self.read),
            (Bandwidth::Write, writes, self.write),
            (Bandwidth::Shared, reads + writes, self.shared),
        ]
    }

    /// Share of a demand per cycle that the level delivers; at most 1.
    pub(crate) fn slowdown(&self, wanted: Demand) -> f64 {
        let pairs = self.pairs(wanted).into_iter();
        pairs.fold(
            1.0,
            |slowdown: f64, (_, wanted, limit)| {
                if limit < wanted { slowdown.min(limit / wanted) } else { slowdown }
            },
        )
    }

    /// Whether the level clearly delivers the demand of a whole run in this many cycles.
    #[inline]
    pub(crate) fn delivers(&self, wanted: Demand, compute_cycles: f64) -> bool {
        let cycles = compute_cycles * (1.0 - MARGIN);
        !self.is_limited || self.pairs(wanted).into_iter().all(|(_, wanted, limit)| wanted <= limit * cycles)
    }

    /// Cycles that the demand of a whole run takes at least.
    #[inline]
    pub(crate) fn min_cycles(&self, wanted: Demand) -> f64 {
        let Demand { reads, writes } = wanted;
        let needed = (reads / self.read).max(writes / self.write);
        needed.max((reads + writes) / self.shared) * (1.0 - MARGIN)
    }

    /// The limit of which the largest share is wanted, with what is wanted of it and what there is.
    pub(crate) fn bottleneck(&self, wanted: Demand) -> Option<(Bandwidth, f64, f64)> {
        let limited = self.pairs(wanted).into_iter().filter(|(_, _, limit)| limit.is_finite());
        limited.max_by(|left, right| (left.1 / left.2).total_cmp(&(right.1 / right.2)))
    }
}

/// Cycles of a run that is slowed down.
pub(crate) fn slowed(compute_cycles: f64, slowdown: f64) -> u64 {
    truncated((compute_cycles / slowdown).ceil())
}
