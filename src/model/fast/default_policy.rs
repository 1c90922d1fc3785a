//! The short way through the levels (docs/model.md section 4.6, "simple form"), for mappings whose policies make no exceptions.

use super::FastEvaluator;
use crate::mapping::LevelPolicy;
use crate::model::accesses::{Accesses, Words};
use crate::model::nest::closed_form::{Boundary, Children};
use crate::numbers::real;

impl<'a> FastEvaluator<'a> {
    /// As [`FastEvaluator::add_space`], if no level makes exceptions. A data space is kept by a level, or passes through it: then the outer
    /// level serves every group of its children.
    pub(super) fn add_default_space(
        &self,
        children: &mut Children,
        partitions: &mut Vec<u64>,
        index: usize,
        mut add: impl FnMut(usize, Accesses),
    ) -> Option<()> {
        let levels = &self.mapping.levels;
        let space = &self.model.shape.spaces[index];
        let outermost = levels.iter().rposition(|level| level.policy.keep.contains(index))?;
        if space.read_write {
            self.partitions(partitions, index);
        }
        let mut content = self.layout.cycles;
        if self.layout.levels[0].children > 1 {
            content = self.boundary(0, index).flow(children).sent;
        }
        for (level, mapped) in levels[..outermost].iter().enumerate() {
            let above = self.default_boundary(level + 1, index);
            if !mapped.policy.keep.contains(index) {
                if above.children() > 1 {
                    content = passed_on(above, children, content);
                }
                continue;
            }
            let (share, sent, peers) = self.received(above, children);
            let partition = if space.read_write { partitions[level] } else { 0 };
            let words = Words { content, share, peers, partition, is_outermost: false };
            add(level, words.accesses(space.read_write, &LevelPolicy::default(), index));
            content = sent;
        }
        let partition = if space.read_write { partitions[outermost] } else { 0 };
        let words = Words { content, share: 0.0, peers: 0.0, partition, is_outermost: true };
        add(outermost, words.accesses(space.read_write, &LevelPolicy::default(), index));
        Some(())
    }

    fn default_boundary(&self, level: usize, index: usize) -> Boundary<'a> {
        Boundary {
            shape: &self.model.shape,
            mapping: self.mapping,
            layout: self.layout,
            level,
            index,
            temporal_reuse: true,
            multicast: true,
            link_transfers: true,
        }
    }

    /// Words that one instance receives from above, that its parent sends, and that its neighbours exchange with it.
    fn received(&self, above: Boundary, children: &mut Children) -> (f64, f64, f64) {
        let count = above.children();
        if count == 1 || above.is_product() {
            let words = above.words();
            return (words, if count == 1 { words } else { words * real(above.groups(children)) }, 0.0);
        }
        let flow = above.flow(children);
        let instances = self.layout.levels[above.level - 1].instances;
        let peers = super::per_child(flow.link_transfers, instances);
        (above.share(children, flow, peers), flow.sent, peers)
    }
}

/// What a level that passes `content` on asks of the outer one.
#[inline]
fn passed_on(above: Boundary, children: &mut Children, content: f64) -> f64 {
    if !above.may_link() {
        return content * real(above.groups(children));
    }
    let flow = above.flow(children);
    flow.sent * (content * real(above.children()) / flow.received)
}
