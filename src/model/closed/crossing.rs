//! What the recursion finds for one boundary, from the closed form: the same words, groups, hops and links.

use super::boundary::Boundary;
use super::children::{Children, Groups};
use super::{CompactMapping, Layout, Shape};
use crate::mapping::Mapping;
use crate::model::movement::{Crossing, Traffic, Words};
use crate::model::number::real;

/// A mapping that the closed form covers.
#[derive(Debug)]
pub(crate) struct Closed<'a> {
    shape: &'a Shape,
    mapping: CompactMapping,
    layout: Layout,
    children: Children,
}

impl<'a> Closed<'a> {
    /// `None` if factors are imperfect.
    pub(crate) fn of(shape: &'a Shape, mapping: &Mapping) -> Option<Self> {
        let mapping = CompactMapping::of(mapping)?;
        let mut layout = Layout::default();
        layout.count(shape, &mapping)?;
        layout.measure(shape, &mapping)?;
        Some(Self { shape, mapping, layout, children: Children::default() })
    }

    /// What crosses the lower boundary of `level` for one data space.
    pub(crate) fn crossing(&mut self, level: usize, space: usize) -> Crossing {
        Boundary::new(self.shape, &self.mapping, &self.layout, level, space).crossing(&mut self.children)
    }
}

impl Boundary<'_> {
    /// What crosses the boundary, with everything that the statistics say of it.
    pub(crate) fn crossing(&self, children: &mut Children) -> Crossing {
        let tile = if self.level == 0 { 0 } else { self.at().tile[self.index] };
        let count = self.children();
        if count == 1 {
            let words = Words { accesses: self.words(), hops: 0.0 };
            let traffic = Traffic { accesses: [((1, 1), words)].into(), links: 0.0, computes: self.layout.cycles };
            return Crossing { traffic, tile, working_set: None, children: 1 };
        }
        let mut traffic = Traffic { computes: self.layout.cycles * real(count), ..Traffic::default() };
        children.place(self);
        children.group(self, None);
        if self.may_link() {
            self.distribute(children, &mut traffic);
        } else {
            traffic.deliver(&children.groups, self.words());
        }
        Crossing { traffic, tile, working_set: Some(self.at().working_set[self.index]), children: count }
    }

    /// Delivery by delivery: neighbours serve some.
    fn distribute(&self, children: &mut Children, traffic: &mut Traffic) {
        let all = std::mem::take(&mut children.groups);
        let groups_of = |groups: &[Groups]| groups.iter().map(|each| each.count).sum::<u64>();
        let members = |groups: &[Groups]| groups.iter().map(|each| each.count * each.multicast).sum::<u64>();
        children.neighbour(self);
        self.events(|event| {
            let words = event.times * real(event.words);
            if let Some(shift) = event.shift.filter(|shift| children.reach(*shift)) {
                children.group(self, Some(shift));
                if groups_of(&children.groups) < groups_of(&all) {
                    traffic.deliver(&children.groups, words);
                    traffic.links += words * real(self.children() - members(&children.groups));
                    return;
                }
            }
            traffic.deliver(&all, words);
        });
        children.groups = all;
    }
}

impl Traffic {
    /// Adds words that all of these groups receive.
    fn deliver(&mut self, groups: &[Groups], words: f64) {
        for each in groups {
            let sum = self.accesses.entry((each.multicast, each.count)).or_default();
            sum.accesses += words * real(each.count);
            sum.hops += words * each.hops;
        }
    }
}
