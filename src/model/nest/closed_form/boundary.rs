//! What crosses one boundary (docs/model.md section 4.9): how often a tile is delivered, and how much of it is new.

use super::Shape;
use super::children::{Children, Spread};
use super::compact::{CompactLoop, CompactMapping};
use super::layout::{Layout, LevelAt, Temporal};
use crate::numbers::real;

/// What crosses the lower boundary of a level for one data space. Words.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Flow {
    /// Sent by one instance.
    pub(crate) sent: f64,
    /// Received by all children.
    pub(crate) received: f64,
    /// Taken from neighbours by all children.
    pub(crate) link_transfers: f64,
}

impl Flow {
    /// With words that spread in this way.
    fn with(self, words: f64, spread: Spread) -> Self {
        Self {
            sent: self.sent + words * real(spread.groups),
            received: self.received + words * real(spread.receivers),
            link_transfers: self.link_transfers + words * real(spread.served),
        }
    }
}

/// A boundary: the lower one of `level`, for one data space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Boundary<'a> {
    pub(crate) shape: &'a Shape,
    pub(crate) mapping: &'a CompactMapping,
    pub(crate) layout: &'a Layout,
    pub(crate) level: usize,
    /// The data space.
    pub(crate) index: usize,
    pub(crate) temporal_reuse: bool,
    pub(crate) multicast: bool,
    pub(crate) link_transfers: bool,
}

/// Deliveries of the same kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) times: f64,
    pub(super) words: u64,
    /// Translation since the previous delivery, if that one had the same shape.
    pub(super) shift: Option<i64>,
}

impl<'a> Boundary<'a> {
    /// The lower boundary of `level` with the mapping's policies.
    pub(crate) fn new(
        shape: &'a Shape,
        mapping: &'a CompactMapping,
        layout: &'a Layout,
        level: usize,
        index: usize,
    ) -> Self {
        let policy = &mapping.levels[level].policy;
        let below = level.checked_sub(1).map(|inner| &mapping.levels[inner].policy);
        Self {
            shape,
            mapping,
            layout,
            level,
            index,
            temporal_reuse: !below.is_some_and(|below| below.no_temporal_reuse.contains(index)),
            multicast: !policy.no_multicast.contains(index),
            link_transfers: !policy.no_link_transfer.contains(index),
        }
    }

    pub(super) fn at(&self) -> &'a LevelAt {
        &self.layout.levels[self.level]
    }

    /// Whether tiles never overlap.
    #[inline]
    pub(crate) fn is_product(&self) -> bool {
        self.shape.spaces[self.index].ranks.is_empty()
    }

    /// The translation of the tile by one iteration of a loop over `dimension` with this step.
    #[inline]
    pub(super) fn shift(&self, dimension: usize, step: u64) -> i64 {
        self.shape.key(self.index, dimension, step)
    }

    /// Spatial loops between the boundary and the level, innermost first, with their steps.
    pub(super) fn spatial(&self) -> impl Iterator<Item = (&'a CompactLoop, u64)> + use<'a> {
        let range = self.mapping.start(self.level)..self.mapping.levels[self.level].temporal;
        self.mapping.loops[range.clone()].iter().zip(self.layout.steps[range].iter().copied())
    }

    /// The outermost `count` temporal loops, innermost first.
    fn temporal(&self, count: usize) -> impl Iterator<Item = &'a Temporal> + use<'a> {
        self.layout.temporal[..count].iter().rev()
    }

    /// Children of one instance.
    #[inline]
    pub(crate) fn children(&self) -> u64 {
        self.at().children
    }

    /// Whether every visit delivers the whole tile: compute units remember nothing, and reuse may be switched off.
    #[inline]
    fn is_forgetful(&self) -> bool {
        self.level == 0 || !self.temporal_reuse
    }

    /// Whether the innermost temporal loop outside the boundary moves the tile.
    #[inline]
    fn moves_at_once(&self) -> bool {
        self.at().first[self.index] == self.at().loops && self.at().loops > 0
    }

    /// Whether a child may take words from a neighbour. With temporal reuse: only if the delivery before was the one of the
    /// innermost temporal loop, nothing irrelevant in between, and tiles differ between children.
    #[inline]
    pub(crate) fn may_link(&self) -> bool {
        if self.children() == 1 || !self.link_transfers {
            return false;
        }
        self.is_forgetful() || (!self.is_product() && self.at().groups[self.index] != 1 && self.moves_at_once())
    }

    /// Groups of children with equal tiles.
    #[inline]
    pub(crate) fn groups(&self, children: &mut Children) -> u64 {
        if !self.multicast {
            return self.children();
        }
        let known = self.at().groups[self.index];
        if known > 0 {
            return known;
        }
        children.different(self)
    }

    /// What crosses the boundary.
    pub(crate) fn flow(&self, children: &mut Children) -> Flow {
        let all = Spread { groups: self.groups(children), receivers: self.children(), served: 0 };
        if !self.may_link() {
            return Flow::default().with(self.words(), all);
        }
        let mut flow = Flow::default();
        // Most deliveries spread alike: what is new to everyone.
        let mut unlinked = 0.0;
        let mut known: Option<(i64, Spread)> = None;
        children.turn_to(self);
        self.events(|event| {
            let words = event.times * real(event.words);
            let Some(shift) = event.shift.filter(|shift| children.reach(*shift)) else {
                unlinked += words;
                return;
            };
            let spread = match known {
                Some((before, spread)) if before == shift => spread,
                _ => children.spread(self, shift, all),
            };
            known = Some((shift, spread));
            flow = flow.with(words, spread);
        });
        flow.with(unlinked, all)
    }

    /// Words of one delivery of everything.
    fn size(&self) -> u64 {
        if self.level == 0 { 1 } else { self.at().tile[self.index] }
    }

    /// Words of all deliveries to one child, if no neighbour serves it.
    pub(crate) fn words(&self) -> f64 {
        if self.is_forgetful() {
            return self.at().visits * real(self.size());
        }
        if self.is_product() {
            // Tiles of a product never overlap and never come back: all that matters is how often they change.
            return self.at().changes[self.index] * real(self.size());
        }
        let mut words = 0.0;
        self.events(|event| words += event.times * real(event.words));
        words
    }

    /// New words of a tile of `size` words after one iteration of `each`.
    #[inline]
    fn fresh(&self, size: u64, iteration: &Temporal) -> u64 {
        let dimension = &self.shape.dimensions[iteration.dimension];
        if dimension.scales[self.index] {
            return size;
        }
        let (mut whole, mut shared) = (1, 1);
        for rank in self.shape.spaces[self.index].ranks.clone() {
            let extent = self.at().extents[rank];
            whole *= extent;
            shared *= extent.saturating_sub(dimension.reach[rank] * iteration.step);
        }
        if shared == 0 { size } else { size / whole * (whole - shared) }
    }

    /// Deliveries over the boundary, each kind with its weight (docs/model.md section 4.9: the starts and the steps of r1).
    #[inline]
    pub(super) fn events(&self, mut tell: impl FnMut(Event)) {
        let size = self.size();
        let starts = |iteration: &Temporal| real(iteration.bound - 1) * iteration.above;
        tell(Event { times: 1.0, words: size, shift: None });
        if self.is_forgetful() {
            let mut below = 0;
            for iteration in self.temporal(self.at().loops) {
                let shift = self.shift(iteration.dimension, iteration.step);
                tell(Event { times: starts(iteration), words: size, shift: Some(shift - below) });
                below += shift;
            }
            return;
        }
        let mut loops = self.temporal(self.at().first[self.index]);
        let Some(first) = loops.next() else { return };
        let linkable = self.moves_at_once();
        let link = |shift: i64, same_shape: bool| Some(shift).filter(|_| linkable && same_shape);
        let new = self.fresh(size, first);
        let (first_shift, steps) = (self.shift(first.dimension, first.step), real(first.bound - 1));
        // Each start of the first relevant loop is followed by its steps. A delta has the shape of a step's if it is one, or if
        // nothing overlaps.
        tell(Event { times: steps, words: new, shift: link(first_shift, new == size) });
        let mut below = first_shift;
        for outer in loops {
            let shift = self.shift(outer.dimension, outer.step);
            let (jump, times) = (shift - below, starts(outer));
            below += shift;
            let (words, partial) = if jump == first_shift { (new, true) } else { (size, false) };
            if jump != 0 {
                let same_shape = partial || new == size;
                tell(Event { times, words, shift: link(jump, same_shape) });
                tell(Event { times: times * steps, words: new, shift: link(first_shift, same_shape) });
            } else {
                tell(Event { times: times * steps, words: new, shift: None });
            }
        }
    }
}
