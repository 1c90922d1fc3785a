//! A simulation by enumeration: every iteration of every loop, every instance of every level,
//! every element of every tile in a set. Nothing of the crate's model is used.
//!
//! Rules from the specification: 4.2 (visits), 4.4 (which overlap is reused), 4.5 (who shares), 4.6 (counts). What is new in
//! the visit of a tile is decided by element sets alone; a box is its list of elements. Loops with residuals only where no
//! spatial loop is over their dimension, and where all visits are simulated.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use onnx2timeloop::architecture::Architecture;
use onnx2timeloop::mapping::{Axis, Mapping};
use onnx2timeloop::model::Footprint;
use onnx2timeloop::workload::Problem;

type Element = Vec<i64>;
type Elements = BTreeSet<Element>;

/// How visits other than the first two of a loop are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visits {
    /// Each is simulated.
    All,
    /// As Timeloop does: those at iteration 1 stand for all later ones, and are the ones remembered.
    Extrapolated,
}

/// What one level does for one data space, per instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) tile: u64,
    pub(crate) partition: u64,
    pub(crate) reads: u64,
    pub(crate) fills: u64,
    pub(crate) updates: u64,
}

#[derive(Clone, Copy)]
struct Each {
    level: usize,
    dimension: usize,
    bound: u64,
    residual: u64,
    axis: Option<Axis>,
}

/// Whether the loops (innermost first) ever stand at these indices: in the last iterations of all outer loops of its
/// dimension, a loop stops at its residual.
fn happens(loops: &[Each], at: &[u64]) -> bool {
    loops.iter().zip(at).enumerate().all(|(position, (each, index))| {
        let mut outer = loops[position + 1..].iter().zip(&at[position + 1..]);
        let last = outer.all(|(outer, index)| outer.dimension != each.dimension || index + 1 >= outer.residual);
        *index < if last { each.residual } else { each.bound }
    })
}

pub(crate) struct Simulator<'a> {
    pub(crate) architecture: &'a Architecture,
    pub(crate) problem: &'a Problem,
    pub(crate) mapping: &'a Mapping,
    pub(crate) footprint: Footprint,
    pub(crate) visits: Visits,
}

/// Words over one boundary, per instance of the outer level.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sent {
    /// By number of children that receive them together, and number of such groups.
    accesses: BTreeMap<(u64, u64), u64>,
    links: u64,
}

impl Sent {
    fn content(&self) -> f64 {
        self.accesses.values().sum::<u64>() as f64
    }

    fn received(&self) -> f64 {
        self.accesses.iter().map(|((multicast, _), words)| multicast * words).sum::<u64>() as f64
    }
}

/// What an instance remembers of a tile.
#[derive(Clone, Default)]
struct Kept {
    tile: Option<Elements>,
    movement: Option<Element>,
}

fn product(bounds: impl Iterator<Item = u64>) -> u64 {
    bounds.product()
}

/// All index vectors below the bounds, the first index varying fastest.
fn indices(bounds: &[u64]) -> Vec<Vec<u64>> {
    let mut all = vec![vec![]];
    for &bound in bounds.iter().rev() {
        let longer = all.iter().flat_map(|rest: &Vec<u64>| {
            (0..bound).map(move |index| [index].into_iter().chain(rest.iter().copied()).collect())
        });
        all = longer.collect();
    }
    all
}

/// Corners of the box around the elements, both inclusive.
fn corners(elements: &Elements) -> Vec<(i64, i64)> {
    let ranks = elements.first().map_or(0, Vec::len);
    let along = |rank: usize| elements.iter().map(move |element| element[rank]);
    (0..ranks).map(|rank| (along(rank).min().unwrap(), along(rank).max().unwrap())).collect()
}

impl Simulator<'_> {
    /// All loops, innermost first.
    fn loops(&self) -> Vec<Each> {
        let mut loops = Vec::new();
        for (level, mapping) in self.mapping.levels.iter().enumerate() {
            let spatial = mapping.spatial.iter().map(|each| (each.iteration, Some(each.axis)));
            let temporal = mapping.temporal.iter().map(|each| (*each, None));
            for (iteration, axis) in spatial.chain(temporal) {
                let (bound, residual) = (iteration.bound, iteration.residual);
                loops.push(Each { level, dimension: iteration.dimension, bound, residual, axis });
            }
        }
        loops
    }

    /// The elements of a data space touched while the first loops run and the others stand at `position`.
    fn touched(&self, space: usize, loops: &[Each], position: &[u64]) -> Elements {
        let inner = loops.len() - position.len();
        let bounds: Vec<u64> = loops[..inner].iter().map(|each| each.bound).collect();
        let mut touched = Elements::new();
        for running in indices(&bounds) {
            let whole: Vec<u64> = running.iter().chain(position).copied().collect();
            if !happens(loops, &whole) {
                continue;
            }
            let mut at = vec![0u64; self.problem.dimensions().len()];
            let mut step = vec![1u64; at.len()];
            for (each, index) in loops.iter().zip(&whole) {
                at[each.dimension] += index * step[each.dimension];
                step[each.dimension] *= each.bound;
            }
            let ranks = self.problem.data_spaces()[space].projection.iter().map(|terms| {
                let value = |index: usize| self.problem.coefficients()[index].value;
                terms.iter().map(|term| at[term.dimension] as i64 * term.coefficient.map_or(1, value)).sum()
            });
            touched.insert(ranks.collect());
        }
        if self.footprint == Footprint::Exact {
            return touched;
        }
        let mut boxed = vec![vec![]];
        for (low, high) in corners(&touched) {
            let wider = boxed.iter().flat_map(|element: &Element| {
                (low..=high).map(move |at| element.iter().copied().chain([at]).collect())
            });
            boxed = wider.collect();
        }
        boxed.into_iter().collect()
    }

    /// The new elements of a tile (4.4).
    fn renew(tile: &Elements, kept: &mut Kept) -> Elements {
        let Some(previous) = kept.tile.replace(tile.clone()) else { return tile.clone() };
        let (old, new) = (corners(&previous), corners(tile));
        // Between the centres, rounded half away from zero.
        let movement: Element = old
            .iter()
            .zip(&new)
            .map(|(old, new)| ((new.0 + new.1 - old.0 - old.1) as f64 / 2.0).round() as i64)
            .collect();
        if movement.iter().any(|along| *along != 0) {
            match &kept.movement {
                Some(before) if *before == movement => {}
                Some(_) => {
                    kept.movement = None;
                    return tile.clone();
                }
                None => kept.movement = Some(movement),
            }
        }
        tile.difference(&previous).cloned().collect()
    }

    /// What one instance of `level` sends over its lower boundary, and the most elements of a child's tile and of all.
    fn boundary(&self, space: usize, level: usize, instance: &[u64], tiles: &mut Tiles) -> (Sent, u64, u64) {
        let loops = self.loops();
        let start = loops.iter().position(|each| each.level >= level).unwrap_or(loops.len());
        let own = loops[start..].iter().take_while(|each| each.level == level && each.axis.is_some()).count();
        let (spatial, outer) = (&loops[start..start + own], &loops[start + own..]);
        let temporal: Vec<u64> = outer.iter().filter(|each| each.axis.is_none()).map(|each| each.bound).collect();
        let children = indices(&spatial.iter().map(|each| each.bound).collect::<Vec<_>>());
        let within = |set: onnx2timeloop::mapping::DataSpaceSet| set.contains(space);
        let mapping = &self.mapping.levels[level];
        let reuse = level > 0 && !within(self.mapping.levels[level - 1].policy.no_temporal_reuse);
        let along = |axis: Axis| product(spatial.iter().filter(|each| each.axis == Some(axis)).map(|each| each.bound));
        let fan_out = self.architecture.fan_out(level);
        let (width, height) = (fan_out.x.max(along(Axis::X)) as usize, fan_out.y.max(along(Axis::Y)) as usize);
        let mut memory = vec![Kept::default(); children.len()];
        let mut before: Vec<Elements> = vec![Elements::new(); children.len()];
        let (mut sent, mut largest, mut widest) = (Sent::default(), 0, 0);
        for visit in indices(&temporal) {
            let mut weight = 1;
            if self.visits == Visits::Extrapolated {
                if visit.iter().any(|index| *index > 1) {
                    continue;
                }
                let later = visit.iter().zip(&temporal).filter(|(index, _)| **index == 1);
                weight = product(later.map(|(_, bound)| bound - 1));
            }
            let (mut now, mut here) = (visit.iter(), instance.iter());
            let position: Vec<u64> =
                outer.iter().map(|each| *if each.axis.is_none() { now.next() } else { here.next() }.unwrap()).collect();
            if !happens(outer, &position) {
                continue;
            }
            let mut deltas = Vec::new();
            for (child, kept) in children.iter().zip(&mut memory) {
                let whole: Vec<u64> = child.iter().chain(&position).copied().collect();
                let tile = tiles.entry((space, whole.clone())).or_insert_with(|| self.touched(space, &loops, &whole));
                largest = largest.max(tile.len() as u64);
                deltas.push(if reuse { Self::renew(tile, kept) } else { tile.clone() });
            }
            widest = widest.max(self.touched(space, &loops, &position).len() as u64);
            let holds = |child: usize, neighbour: Option<usize>| {
                neighbour.and_then(|at| before.get(at)).is_some_and(|delta| *delta == deltas[child])
            };
            let is_served = |child: usize| {
                let (column, row) = (child % width, child / width);
                (row > 0 && holds(child, child.checked_sub(width)))
                    || (row + 1 < height && holds(child, Some(child + width)))
                    || (column > 0 && holds(child, Some(child - 1)))
                    || (column + 1 < width && holds(child, Some(child + 1)))
            };
            let receiving: Vec<usize> = (0..deltas.len()).filter(|child| !deltas[*child].is_empty()).collect();
            let (served, rest): (Vec<usize>, Vec<usize>) = receiving.iter().partition(|child| is_served(**child));
            let all = groups(&receiving, &deltas, !within(mapping.policy.no_multicast));
            let rest = groups(&rest, &deltas, !within(mapping.policy.no_multicast));
            let words = |groups: &[(u64, u64)]| groups.iter().map(|(_, words)| words).sum::<u64>();
            let mut chosen = all;
            if !spatial.is_empty() && !within(mapping.policy.no_link_transfer) && words(&rest) < words(&chosen) {
                chosen = rest;
                sent.links += weight * served.iter().map(|child| deltas[*child].len() as u64).sum::<u64>();
            }
            let mut by_size: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
            for (members, words) in chosen {
                let entry = by_size.entry(members).or_default();
                *entry = (entry.0 + 1, entry.1 + words);
            }
            for (members, (scatter, words)) in by_size {
                *sent.accesses.entry((members, scatter)).or_default() += weight * words;
            }
            before = deltas;
        }
        (sent, largest, widest)
    }

    /// Per data space and level, innermost first; `None` where bypassed. Every instance must do the same.
    pub(crate) fn run(&self) -> Vec<Vec<Option<Counted>>> {
        let spaces = 0..self.problem.data_spaces().len();
        spaces.map(|space| self.space(space)).collect()
    }

    fn space(&self, space: usize) -> Vec<Option<Counted>> {
        let loops = self.loops();
        let levels = self.mapping.levels.len();
        let mut tiles = Tiles::new();
        let mut boundaries = Vec::new();
        let mut replication = Vec::new();
        for level in 0..levels {
            let outside = loops.iter().filter(|each| each.level > level && each.axis.is_some());
            let bounds: Vec<u64> = outside.map(|each| each.bound).collect();
            replication.push(product(bounds.iter().copied()));
            let mut instances = indices(&bounds).into_iter();
            let first = self.boundary(space, level, &instances.next().unwrap(), &mut tiles);
            for instance in instances {
                assert_eq!(self.boundary(space, level, &instance, &mut tiles), first, "instance {instance:?}");
            }
            boundaries.push(first);
        }
        let fan_out = |level: usize| {
            product(loops.iter().filter(|each| each.level == level && each.axis.is_some()).map(|each| each.bound))
        };
        let mut size: Vec<u64> = boundaries.iter().skip(1).map(|boundary| boundary.1).collect();
        size.push(self.touched(space, &loops, &[]).len() as u64);
        let mut partition = size.clone();
        for level in (1..levels).rev() {
            let whole = if fan_out(level) > 1 { boundaries[level].2 } else { size[level - 1] };
            partition[level - 1] = partition[level] * size[level - 1] / whole;
        }
        self.counts(space, &boundaries, &size, &partition, &replication, &(0..levels).map(fan_out).collect::<Vec<_>>())
    }

    /// Specification 4.6, for data spaces kept at the outermost level.
    fn counts(
        &self,
        space: usize,
        boundaries: &[(Sent, u64, u64)],
        size: &[u64],
        partition: &[u64],
        replication: &[u64],
        fan_out: &[u64],
    ) -> Vec<Option<Counted>> {
        let levels = size.len();
        let keeps = |level: usize| self.mapping.levels[level].policy.keep.contains(space);
        assert!(keeps(levels - 1));
        let read_write = self.problem.data_spaces()[space].read_write;
        // What a bypassed level would have sent comes from the next outer one, and nobody takes it from a neighbour.
        let mut sent: Vec<f64> = boundaries.iter().map(|boundary| boundary.0.content()).collect();
        let mut links: Vec<u64> = boundaries.iter().map(|boundary| boundary.0.links).collect();
        for level in (0..levels - 1).filter(|level| !keeps(*level)) {
            let (content, received) = (boundaries[level + 1].0.content(), boundaries[level + 1].0.received());
            sent[level + 1] = content * sent[level] * fan_out[level + 1] as f64 / received;
            links[level + 1] = 0;
        }
        let counted = |level: usize| {
            let peers = if level + 1 < levels { links[level + 1] as f64 / replication[level] as f64 } else { 0.0 };
            let share = match boundaries.get(level + 1) {
                Some((sent, ..)) => sent.received() / fan_out[level + 1] as f64,
                None => 0.0,
            };
            let held = partition[level] as f64;
            let elided = if level + 1 == levels { 0.0 } else { held };
            let whole = |value: f64| value.max(0.0).round() as u64;
            let base = Counted { tile: size[level], partition: partition[level], ..Counted::default() };
            if read_write {
                let reads = whole(sent[level] + peers - held);
                let fills = whole(share + peers - elided);
                Counted { reads, fills, updates: whole(sent[level]), ..base }
            } else {
                Counted { reads: whole(sent[level] + peers), fills: (share + peers) as u64, ..base }
            }
        };
        (0..levels).map(|level| keeps(level).then(|| counted(level))).collect()
    }
}

type Tiles = HashMap<(usize, Vec<u64>), Elements>;

/// Children with equal deltas: how many, and the words.
fn groups(children: &[usize], deltas: &[Elements], multicast: bool) -> Vec<(u64, u64)> {
    let mut groups: BTreeMap<(&Elements, usize), u64> = BTreeMap::new();
    for &child in children {
        *groups.entry((&deltas[child], if multicast { 0 } else { child })).or_default() += 1;
    }
    groups.into_iter().map(|((delta, _), members)| (members, delta.len() as u64)).collect()
}
