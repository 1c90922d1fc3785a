//! How one delivery spreads over the instances of the next inner level: multicast, scatter, hops and link transfers
//! (docs/model.md section 4.5).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::architecture::Mesh;
use crate::mapping::Axis;
use crate::model::nest::projection::Projection;
use crate::model::nest::region::Vector;
use crate::model::nest::{LastPass, NestLoop};
use crate::numbers::{count, real};

/// Groups of children that receive the same words, by size of the group.
pub(crate) type Groups = BTreeMap<u64, Scatter>;

/// All groups of one size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Scatter {
    /// How many there are.
    pub(crate) groups: u64,
    /// Their hops, added.
    pub(crate) hops: f64,
    /// Hops of all their children, if each received its words alone.
    pub(crate) unicast_hops: f64,
}

/// The instances that the spatial loops of one level address, and where each one's tile lies.
#[derive(Debug)]
pub(crate) struct Children {
    /// Offset of the tile of each child from that of the first.
    offsets: Vec<Vector>,
    mesh: Mesh,
    multicast: bool,
    /// The groups when neighbours serve none of the children.
    pub(crate) groups: Groups,
}

impl Children {
    /// The children of the given spatial loops (innermost first). `fan_out` is what the hardware has.
    pub(crate) fn new(
        loops: &[NestLoop],
        projection: &Projection,
        last: LastPass,
        fan_out: Mesh,
        multicast: bool,
    ) -> Self {
        let mut offsets = vec![vec![0; projection.ranks.len()]];
        for nest_loop in loops.iter().rev() {
            let step = projection.movement(nest_loop.iteration.dimension, nest_loop.step);
            let bound = nest_loop.bound(last).cast_signed();
            let moved = |offset: &Vector| {
                let offset = offset.clone();
                let step = step.clone();
                (0..bound).map(move |index| offset.iter().zip(&step).map(|(at, step)| at + index * step).collect())
            };
            offsets = offsets.iter().flat_map(moved).collect();
        }
        // Physical width, although children are numbered densely in the logical one: so does Timeloop.
        let logical = |axis: Axis| {
            let along = loops.iter().filter(|nest_loop| nest_loop.axis == Some(axis));
            along.fold(1u64, |product, nest_loop| product.saturating_mul(nest_loop.iteration.bound))
        };
        let mesh = Mesh { x: fan_out.x.max(logical(Axis::X)), y: fan_out.y.max(logical(Axis::Y)) };
        let mut children = Self { offsets, mesh, multicast, groups: Groups::new() };
        children.groups = children.groups_without(&HashSet::new());
        children
    }

    pub(crate) fn len(&self) -> u64 {
        count(self.offsets.len())
    }

    /// Groups of children with equal tiles, without the children that a neighbour serves.
    pub(crate) fn groups_without(&self, served: &HashSet<usize>) -> Groups {
        let rest = (0..self.offsets.len()).filter(|child| !served.contains(child));
        let mut members: HashMap<(&Vector, usize), Vec<usize>> = HashMap::new();
        for child in rest {
            let own = if self.multicast { 0 } else { child };
            members.entry((&self.offsets[child], own)).or_default().push(child);
        }
        let mut groups = Groups::new();
        for group in members.values() {
            let scatter = groups.entry(count(group.len())).or_default();
            scatter.groups += 1;
            scatter.hops += self.hops(group);
            scatter.unicast_hops += group.iter().map(|&child| self.unicast_hops(child)).sum::<f64>();
        }
        groups
    }

    /// Hops of one multicast: along the trunk to the farthest column, then up and down from the centre of each column.
    fn hops(&self, group: &[usize]) -> f64 {
        let centre = (real(self.mesh.y) - 1.0) / 2.0;
        let mut columns: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for &child in group {
            let (column, row) = self.position(child);
            let ends = columns.entry(column).or_insert((row, row));
            *ends = (ends.0.min(row), ends.1.max(row));
        }
        let trunk = columns.keys().next_back().map_or(0.0, |column| real(*column));
        columns
            .values()
            .fold(trunk, |hops, (low, high)| hops + (centre - real(*low)).max(0.0) + (real(*high) - centre).max(0.0))
    }

    /// Hops of a word to one child: along the trunk, then up or down.
    fn unicast_hops(&self, child: usize) -> f64 {
        let (column, row) = self.position(child);
        real(column) + (real(row) - (real(self.mesh.y) - 1.0) / 2.0).abs()
    }

    fn position(&self, child: usize) -> (u64, u64) {
        let child = count(child);
        (child % self.mesh.x, child / self.mesh.x)
    }

    /// Children whose tile a neighbour held in the previous delivery, when the tiles of `previous` now lie `shift` from those
    /// of the same child here.
    pub(crate) fn served_by_neighbours(&self, previous: &Self, shift: &[i64]) -> HashSet<usize> {
        let width = usize::try_from(self.mesh.x).unwrap_or(usize::MAX);
        let holds = |child: usize, neighbour: usize| {
            previous.offsets.get(neighbour).is_some_and(|offset| {
                let own = &self.offsets[child];
                own.iter().zip(offset).zip(shift).all(|((own, there), shift)| *own == there + shift)
            })
        };
        let served = (0..self.offsets.len()).filter(|&child| {
            let (column, row) = self.position(child);
            (row > 0 && holds(child, child - width))
                || (row + 1 < self.mesh.y && child.checked_add(width).is_some_and(|below| holds(child, below)))
                || (column > 0 && holds(child, child - 1))
                || (column + 1 < self.mesh.x && holds(child, child + 1))
        });
        served.collect()
    }
}

/// Number of deliveries that the parent makes.
pub(crate) fn deliveries(groups: &Groups) -> u64 {
    groups.values().map(|scatter| scatter.groups).sum()
}
