//! The recursion over the loop nest: how many words of a data space cross each level boundary (docs/model.md section 4.2 to 4.5).
//!
//! Timeloop runs iterations 0 and 1 of every temporal loop (and the last ones, where factors are imperfect), lets
//! iteration 1 stand for the rest, and keeps at every boundary the tile it saw last. This module does the same for one
//! boundary and one data space at a time. What a run of loops does depends only on what the boundary remembers, relative to
//! the current position, and on which passes are the last ones: every such run is computed once, so that the work is a small
//! power of the number of loops, not exponential.

mod spatial;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::architecture::Mesh;
use crate::model::nest::projection::Projection;
use crate::model::nest::recursive::spatial::{Children, deliveries};
use crate::model::nest::region::{Region, Vector};
use crate::model::nest::{LastPass, Nest, NestLoop};
use crate::numbers::{count, real};

/// Words sent by one instance, and the hops they travel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sent {
    pub(crate) accesses: f64,
    /// Hops times words.
    pub(crate) hops: f64,
    /// The same if every child received its words alone. Of recursions only.
    pub(crate) unicast_hops: f64,
}

/// Words by (multicast, scatter): the children that receive them together, and how many such groups there are.
pub(crate) type SentWords = BTreeMap<(u64, u64), Sent>;

/// What one run of loops moves over one boundary.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transfers {
    pub(crate) sent: SentWords,
    /// Words that children take from a neighbour.
    pub(crate) over_links: f64,
    /// Operations of all compute units (innermost boundary only).
    pub(crate) computes: f64,
}

impl Transfers {
    fn add(&mut self, other: &Self, times: f64) {
        for (key, words) in &other.sent {
            let sum = self.sent.entry(*key).or_default();
            sum.accesses += words.accesses * times;
            sum.hops += words.hops * times;
            sum.unicast_hops += words.unicast_hops * times;
        }
        self.over_links += other.over_links * times;
        self.computes += other.computes * times;
    }

    fn unicast(words: f64) -> Self {
        let sent = SentWords::from([((1, 1), Sent { accesses: words, ..Sent::default() })]);
        Self { sent, over_links: 0.0, computes: words }
    }
}

/// What crosses the lower boundary of one level, and the tiles seen there.
#[derive(Debug)]
pub(crate) struct TileDelivery {
    pub(crate) transfers: Transfers,
    /// Words of the largest tile below the boundary; 0 at the innermost one.
    pub(crate) tile: u64,
    /// Words of the largest set of tiles of all children, where there are spatial loops.
    pub(crate) working_set: Option<u64>,
    /// Children, where there are spatial loops.
    pub(crate) children: u64,
}

/// Switches of one boundary and data space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) temporal_reuse: bool,
    pub(crate) multicast: bool,
    pub(crate) link_transfers: bool,
    pub(crate) fan_out: Mesh,
}

/// The delta that the first child received last: a shape, and where it lies relative to the current position.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Delivered<S> {
    shape: S,
    at: Vector,
    last: LastPass,
}

/// What a boundary remembers, relative to the current position.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Memory<R: Region> {
    tile: Option<R>,
    stride: Option<Vector>,
    delivered: Option<Delivered<R::Shape>>,
}

impl<R: Region> Memory<R> {
    fn empty() -> Self {
        Self { tile: None, stride: None, delivered: None }
    }

    /// The position moves by `steps` times `step` (back, if negative).
    fn advance(&mut self, step: &[i64], steps: i64) {
        if let Some(tile) = &mut self.tile {
            tile.shift(step, -steps);
        }
        if let Some(delivered) = &mut self.delivered {
            delivered.at.iter_mut().zip(step).for_each(|(at, step)| *at -= steps * step);
        }
    }

    /// The new part of `tile` under the stride rule (docs/model.md section 4.4, TL operation-space.cpp
    /// `SaveAndSubtractIfSameStride`): the overlap with the previous tile is reused as long as the tile moves as before.
    fn replace(&mut self, tile: R) -> R::Delta {
        let Some(previous) = self.tile.replace(tile.clone()) else { return tile.entire() };
        let movement = previous.translation_to(&tile);
        if movement.iter().any(|along| *along != 0) {
            match &self.stride {
                None => self.stride = Some(movement),
                Some(stride) if *stride == movement => {}
                Some(_) => {
                    self.stride = None;
                    return tile.entire();
                }
            }
        }
        tile.without(&previous)
    }
}

/// An iteration that is really run.
struct RunIteration {
    index: u64,
    /// Iterations it stands for.
    times: u64,
    /// Iterations it stands for in the loop directly above the boundary.
    times_above_boundary: u64,
}

/// Iterations of a temporal loop that are run (docs/model.md section 4.2 a, 4.3): the first; the second for all alike; the last, if an
/// inner loop has a residual that acts in it; the one before, if this loop has one too.
fn iterations_run(bound: u64, last: bool, second_last: bool) -> Vec<RunIteration> {
    let mut iterations = vec![RunIteration { index: 0, times: 1, times_above_boundary: 1 }];
    let merged = if second_last { bound >= 4 } else { last && bound >= 3 };
    if merged || (!last && bound >= 2) {
        let times = bound - 1 - u64::from(last) - u64::from(second_last);
        iterations.push(RunIteration { index: 1, times, times_above_boundary: times + u64::from(merged) });
    }
    if second_last && bound >= 3 {
        iterations.push(RunIteration { index: bound - 2, times: 1, times_above_boundary: u64::from(!merged) });
    }
    if last && bound >= 2 {
        let own = second_last || !merged;
        iterations.push(RunIteration { index: bound - 1, times: 1, times_above_boundary: u64::from(own) });
    }
    iterations
}

type Memo<R> = HashMap<(usize, LastPass, Memory<R>), (Transfers, Memory<R>)>;

/// One boundary (the lower one of a level) and one data space.
struct Boundary<'a, R: Region> {
    nest: &'a Nest,
    level: usize,
    projection: &'a Projection,
    options: Options,
    /// Loops from the innermost temporal loop of the level outwards.
    outer: &'a [NestLoop],
    steps: Vec<Vector>,
    /// Per outer loop: whether a loop inside it has a residual in its dimension.
    acts: Vec<bool>,
    children: HashMap<LastPass, Rc<Children>>,
    memo: Memo<R>,
    tile: u64,
    working_set: u64,
    widest: u64,
}

/// What crosses the lower boundary of `level`, the tiles being of kind `R`.
pub(crate) fn tile_delivery<R: Region>(
    nest: &Nest,
    level: usize,
    projection: &Projection,
    options: Options,
) -> TileDelivery {
    let first = nest.blocks[level].temporal;
    let outer = &nest.loops[first..];
    let acts = outer.iter().enumerate().map(|(index, nest_loop)| {
        let dimension = nest_loop.iteration.dimension;
        let mut inner = nest.loops[..first + index].iter();
        inner.any(|inner| inner.iteration.dimension == dimension && !inner.iteration.is_perfect())
    });
    let mut boundary = Boundary::<R> {
        nest,
        level,
        projection,
        options,
        outer,
        steps: outer
            .iter()
            .map(|nest_loop| projection.movement(nest_loop.iteration.dimension, nest_loop.step))
            .collect(),
        acts: acts.collect(),
        children: HashMap::new(),
        memo: Memo::new(),
        tile: 0,
        working_set: 0,
        widest: 1,
    };
    let (transfers, _) = boundary.run(outer.len(), LastPass::MAX, Memory::empty());
    let spatial = boundary.is_spatial();
    TileDelivery {
        transfers,
        tile: boundary.tile,
        working_set: spatial.then_some(boundary.working_set),
        children: boundary.widest,
    }
}

impl<R: Region> Boundary<'_, R> {
    fn is_spatial(&self) -> bool {
        !self.nest.spatial(self.level).is_empty()
    }

    /// Whether the innermost of the outer loops belongs to this level and sees the boundary without spatial loops between.
    fn is_directly_below(&self, loops: usize) -> bool {
        let block = self.nest.blocks[self.level];
        loops == 1 && block.temporal < block.end && !self.is_spatial()
    }

    /// Runs the innermost `loops` outer loops.
    fn run(&mut self, loops: usize, last: LastPass, mut memory: Memory<R>) -> (Transfers, Memory<R>) {
        let Some(index) = loops.checked_sub(1) else { return self.invoke(last, memory) };
        let outer = self.outer;
        let nest_loop = &outer[index];
        if nest_loop.axis.is_some() {
            // The other instances of outer levels are copies of the first.
            return self.run(index, nest_loop.narrow(last, 0), memory);
        }
        let last = last | !self.nest.residual_dimensions;
        let bound = nest_loop.bound(last);
        if self.level == 0 && self.is_directly_below(loops) {
            return (Transfers::unicast(real(bound)), memory);
        }
        let key = (loops, last, memory.clone());
        if let Some(known) = self.memo.get(&key) {
            return known.clone();
        }
        let run_last = self.acts[index] && last & nest_loop.bit() != 0;
        let mut transfers = Transfers::default();
        let mut position = 0;
        for run in iterations_run(bound, run_last, run_last && !nest_loop.iteration.is_perfect()) {
            memory.advance(&self.steps[index], (run.index - position).cast_signed());
            position = run.index;
            let (inner, after) = self.run(index, nest_loop.narrow(last, position), memory);
            let times = if self.is_directly_below(loops) { run.times_above_boundary } else { run.times };
            transfers.add(&inner, real(times));
            memory = after;
        }
        memory.advance(&self.steps[index], -position.cast_signed());
        self.memo.insert(key, (transfers.clone(), memory.clone()));
        (transfers, memory)
    }

    /// One visit of the boundary: the new words, sent to the children.
    fn invoke(&mut self, last: LastPass, mut memory: Memory<R>) -> (Transfers, Memory<R>) {
        let block = self.nest.blocks[self.level];
        let spatial = self.nest.spatial(self.level);
        let inside = spatial.iter().fold(last, |last, nest_loop| nest_loop.narrow(last, 0));
        let tile = R::tile(self.projection, &self.nest.mold(block.start).extents(inside));
        if self.level > 0 {
            self.tile = self.tile.max(tile.words());
        }
        if !spatial.is_empty() {
            let whole = R::tile(self.projection, &self.nest.mold(block.temporal).extents(last));
            self.working_set = self.working_set.max(whole.words());
        }
        // Compute units remember nothing: every operation takes its operands anew.
        let delta = if self.level == 0 || !self.options.temporal_reuse { tile.entire() } else { memory.replace(tile) };
        if spatial.is_empty() {
            return (Transfers::unicast(real(R::new_words(&delta))), memory);
        }
        (self.distribute(delta, last, &mut memory), memory)
    }

    /// The part of `last` that decides how many children there are.
    fn spatial_pass(&self, last: LastPass) -> LastPass {
        let residual = self.nest.spatial(self.level).iter().filter(|nest_loop| !nest_loop.iteration.is_perfect());
        last & residual.fold(0, |set, nest_loop| set | nest_loop.bit())
    }

    fn children(&mut self, last: LastPass) -> Rc<Children> {
        let spatial = self.nest.spatial(self.level);
        let last = self.spatial_pass(last);
        let (projection, options) = (self.projection, self.options);
        let build = || Rc::new(Children::new(spatial, projection, last, options.fan_out, options.multicast));
        let children = Rc::clone(self.children.entry(last).or_insert_with(build));
        self.widest = self.widest.max(children.len());
        children
    }

    /// Sends a delta and its copies to the children; a child whose neighbour had its words the last time takes them from
    /// there, if that saves the parent anything.
    fn distribute(&mut self, delta: R::Delta, last: LastPass, memory: &mut Memory<R>) -> Transfers {
        let children = self.children(last);
        let words = real(R::new_words(&delta));
        let mut transfers = Transfers { computes: real(children.len()), ..Transfers::default() };
        let delivered = R::anchored(delta).map(|(shape, at)| Delivered { shape, at, last: self.spatial_pass(last) });
        let Some(delivered) = delivered else {
            memory.delivered = None;
            return transfers;
        };
        let mut groups = children.groups.clone();
        if self.options.link_transfers {
            if let Some(previous) = memory.delivered.as_ref().filter(|previous| previous.shape == delivered.shape) {
                let shift: Vector = previous.at.iter().zip(&delivered.at).map(|(old, new)| old - new).collect();
                let earlier = self.children(previous.last);
                let served = children.served_by_neighbours(&earlier, &shift);
                let rest = children.groups_without(&served);
                if deliveries(&rest) < deliveries(&groups) {
                    groups = rest;
                    transfers.over_links = words * real(count(served.len()));
                }
            }
            memory.delivered = Some(delivered);
        }
        for (multicast, scatter) in groups {
            let accesses = words * real(scatter.groups);
            let sent = Sent { accesses, hops: scatter.hops * words, unicast_hops: scatter.unicast_hops * words };
            transfers.sent.insert((multicast, scatter.groups), sent);
        }
        transfers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(bound: u64, last: bool, second_last: bool) -> Vec<(u64, u64, u64)> {
        iterations_run(bound, last, second_last)
            .iter()
            .map(|run| (run.index, run.times, run.times_above_boundary))
            .collect()
    }

    /// Specification 4.3, by the cases of the reference program.
    #[test]
    fn only_iterations_that_differ_are_run() {
        assert_eq!(weights(1, false, false), [(0, 1, 1)]);
        assert_eq!(weights(7, false, false), [(0, 1, 1), (1, 6, 6)]);
        assert_eq!(weights(2, true, false), [(0, 1, 1), (1, 1, 1)]);
        assert_eq!(weights(7, true, false), [(0, 1, 1), (1, 5, 6), (6, 1, 0)]);
        assert_eq!(weights(2, true, true), [(0, 1, 1), (1, 1, 1)]);
        assert_eq!(weights(3, true, true), [(0, 1, 1), (1, 1, 1), (2, 1, 1)]);
        assert_eq!(weights(7, true, true), [(0, 1, 1), (1, 4, 5), (5, 1, 0), (6, 1, 1)]);
    }
}
