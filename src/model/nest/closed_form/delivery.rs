//! What the recursion finds for one boundary, from the closed form: the same words, groups, hops and links.

use super::boundary::{Boundary, Flow};
use super::children::{Children, Groups};
use super::{CompactMapping, Layout, Shape};
use crate::mapping::Mapping;
use crate::model::nest::recursive::{Sent, TileDelivery, Transfers};
use crate::numbers::real;

/// A mapping that the closed form covers.
#[derive(Debug)]
pub(crate) struct ClosedForm<'a> {
    shape: &'a Shape,
    mapping: CompactMapping,
    layout: Layout,
    children: Children,
}

impl<'a> ClosedForm<'a> {
    /// `None` if factors are imperfect.
    pub(crate) fn of(shape: &'a Shape, mapping: &Mapping) -> Option<Self> {
        let mapping = CompactMapping::of(mapping)?;
        let mut layout = Layout::default();
        layout.count(shape, &mapping)?;
        layout.measure(shape, &mapping)?;
        Some(Self { shape, mapping, layout, children: Children::default() })
    }

    /// What crosses the lower boundary of `level` for one data space.
    pub(crate) fn tile_delivery(&mut self, level: usize, space: usize) -> TileDelivery {
        Boundary::new(self.shape, &self.mapping, &self.layout, level, space).tile_delivery(&mut self.children)
    }
}

impl Boundary<'_> {
    /// What crosses the boundary, with everything that the statistics say of it.
    pub(crate) fn tile_delivery(&self, children: &mut Children) -> TileDelivery {
        let tile = if self.level == 0 { 0 } else { self.at().tile[self.index] };
        let count = self.children();
        if count == 1 {
            let words = Sent { accesses: self.words(), ..Sent::default() };
            let transfers = Transfers { sent: [((1, 1), words)].into(), over_links: 0.0, computes: self.layout.cycles };
            return TileDelivery { transfers, tile, working_set: None, children: 1 };
        }
        let mut transfers = Transfers { computes: self.layout.cycles * real(count), ..Transfers::default() };
        children.turn_to(self);
        self.distribute(children, Children::group, |groups, words| transfers.deliver(groups, words, count));
        TileDelivery { transfers, tile, working_set: Some(self.at().working_set[self.index]), children: count }
    }

    /// Words that each child receives on average, given what crosses; `peers` come from neighbours. Timeloop divides each kind
    /// of group on its own (see `tiles::share`): where the sum of all is whole, its sum of quotients may be less.
    pub(crate) fn share(&self, children: &mut Children, flow: Flow, peers: f64) -> f64 {
        let count = real(self.children());
        let quotient = flow.received / count;
        if self.children().is_power_of_two() || !is_almost_whole(quotient + peers) {
            return quotient;
        }
        children.turn_to(self);
        let mut parts = std::mem::take(&mut children.parts);
        parts.clear();
        self.distribute(children, Children::sizes, |groups, words| {
            for group in groups {
                let (key, words) = ((group.multicast, group.count), words * real(group.count));
                match parts.binary_search_by_key(&key, |(key, _)| *key) {
                    Ok(known) => parts[known].1 += words,
                    Err(new) => parts.insert(new, (key, words)),
                }
            }
        });
        let sum = parts.iter().fold(0.0, |sum, ((multicast, _), words)| sum + words * real(*multicast) / count);
        children.parts = parts;
        sum
    }

    /// Delivery by delivery: the groups that the parent serves, and the words that each receives. Neighbours serve the others.
    fn distribute(
        &self,
        children: &mut Children,
        group: impl Fn(&mut Children, &Self, Option<i64>),
        mut deliver: impl FnMut(&[Groups], f64),
    ) {
        group(children, self, None);
        if !self.may_link() {
            return deliver(&children.groups, self.words());
        }
        let all = std::mem::take(&mut children.groups);
        let groups_of = |groups: &[Groups]| groups.iter().map(|group| group.count).sum::<u64>();
        self.events(|event| {
            let words = event.times * real(event.words);
            if let Some(shift) = event.shift.filter(|shift| children.reach(*shift)) {
                group(children, self, Some(shift));
                if groups_of(&children.groups) < groups_of(&all) {
                    return deliver(&children.groups, words);
                }
            }
            deliver(&all, words);
        });
        children.groups = all;
    }
}

/// Whether rounding may decide what is left when the fraction is cut off.
fn is_almost_whole(value: f64) -> bool {
    (value - value.round()).abs() <= 1e-9 + 1e-12 * value
}

impl Transfers {
    /// Adds words that all of these groups receive, and that all other children take from neighbours.
    fn deliver(&mut self, groups: &[Groups], words: f64, children: u64) {
        let receivers: u64 = groups.iter().map(|group| group.count * group.multicast).sum();
        self.over_links += words * real(children - receivers);
        for group in groups {
            let sum = self.sent.entry((group.multicast, group.count)).or_default();
            sum.accesses += words * real(group.count);
            sum.hops += words * group.hops;
        }
    }
}
