//! The instances that the spatial loops of one level address, and who of them takes its words from a neighbour
//! (docs/model.md section 4.5).

use super::boundary::Boundary;
use crate::architecture::Mesh;
use crate::numbers::{count, real};

/// How one delivery spreads: groups of children with equal tiles, children that receive from the parent, and children that a
/// neighbour serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spread {
    pub(super) groups: u64,
    pub(super) receivers: u64,
    pub(super) served: u64,
}

/// Equally large groups of children with equal tiles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Groups {
    /// Children of each.
    pub(super) multicast: u64,
    /// How many there are.
    pub(super) count: u64,
    /// Hops of all, added.
    pub(super) hops: f64,
}

/// A child that receives from the parent: the tile of its group, and its place in the mesh.
type Receiver = (i64, u64, u64);

/// The children of one boundary, one by one. Keeps its memory from one boundary to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Children {
    /// Per child: where its tile lies.
    offsets: Vec<i64>,
    /// Distances between the tiles of neighbours.
    distances: Vec<i64>,
    /// Whether neighbours in a column may lie at other distances, too.
    is_askew: bool,
    sorted: Vec<i64>,
    receivers: Vec<Receiver>,
    pub(super) groups: Vec<Groups>,
    /// Words by multicast and number of groups.
    pub(super) parts: Vec<((u64, u64), f64)>,
}

impl Children {
    /// Finds where the tile of each child lies.
    pub(super) fn place(&mut self, boundary: &Boundary) {
        self.offsets.clear();
        self.offsets.push(0);
        // Innermost loop first: the children of the loops so far are copied for every further iteration.
        for (iteration, step) in boundary.spatial() {
            let shift = boundary.shift(iteration.dimension, step);
            let inner = self.offsets.len();
            for iteration in 1..iteration.bound.cast_signed() {
                for child in 0..inner {
                    let offset = self.offsets[child] + iteration * shift;
                    self.offsets.push(offset);
                }
            }
        }
    }

    /// Finds how far the tiles of neighbours lie apart. The children are numbered as an odometer counts: from one to the next
    /// (or to the one a row further), a loop advances and those inside it start again.
    pub(super) fn neighbour(&mut self, boundary: &Boundary) {
        let width = boundary.at().mesh.x;
        let (mut inside, mut wrapped, mut wrapped_in_row) = (1, 0, None);
        self.distances.clear();
        for (iteration, step) in boundary.spatial() {
            if inside == width {
                wrapped_in_row = Some(0);
            }
            let step = boundary.shift(iteration.dimension, step);
            let back = (iteration.bound - 1).cast_signed() * step;
            self.distances.push(step - wrapped);
            wrapped += back;
            if let Some(wrapped) = &mut wrapped_in_row {
                self.distances.push(step - *wrapped);
                *wrapped += back;
            }
            inside *= iteration.bound;
        }
        self.is_askew = inside > width && wrapped_in_row.is_none();
    }

    /// Whether a neighbour's tile may lie `shift` away.
    pub(super) fn reach(&self, shift: i64) -> bool {
        self.is_askew || self.distances.iter().any(|distance| *distance == shift || *distance == -shift)
    }

    /// Number of different tiles.
    pub(super) fn different(&mut self) -> u64 {
        self.sorted.clear();
        self.sorted.extend_from_slice(&self.offsets);
        distinct(&mut self.sorted)
    }

    /// Whether a neighbour held the tile of `child` in a delivery that lies `-shift` from this one. The mesh is the physical
    /// one, although children are numbered densely in the logical one: so does Timeloop.
    fn is_served(&self, child: usize, shift: i64, mesh: Mesh) -> bool {
        let place = count(child);
        let (column, row) = (place % mesh.x, place / mesh.x);
        let wanted = self.offsets[child] + shift;
        let holds = |neighbour: u64| {
            let there = usize::try_from(neighbour).ok().and_then(|index| self.offsets.get(index));
            there.is_some_and(|there| *there == wanted)
        };
        (row > 0 && holds(place - mesh.x))
            || (row + 1 < mesh.y && holds(place + mesh.x))
            || (column > 0 && holds(place - 1))
            || (column + 1 < mesh.x && holds(place + 1))
    }

    /// Who receives a delivery that lies `shift` from the one before; as `all`, if links save nothing.
    pub(super) fn spread(&mut self, boundary: &Boundary, shift: i64, all: Spread) -> Spread {
        let mesh = boundary.at().mesh;
        let mut sorted = std::mem::take(&mut self.sorted);
        sorted.clear();
        let receivers = (0..self.offsets.len()).filter(|&child| !self.is_served(child, shift, mesh));
        sorted.extend(receivers.map(|child| self.offsets[child]));
        let receivers = count(sorted.len());
        let groups = if boundary.multicast { distinct(&mut sorted) } else { receivers };
        self.sorted = sorted;
        if groups < all.groups { Spread { groups, receivers, served: all.receivers - receivers } } else { all }
    }

    /// Fills `groups`, smallest ones first: those of all children, or of those that no neighbour serves after a `shift`.
    pub(super) fn group(&mut self, boundary: &Boundary, shift: Option<i64>) {
        let mesh = boundary.at().mesh;
        let mut receivers = std::mem::take(&mut self.receivers);
        receivers.clear();
        let children = 0..self.offsets.len();
        let received = children.filter(|&child| shift.is_none_or(|shift| !self.is_served(child, shift, mesh)));
        receivers.extend(received.map(|child| {
            let place = count(child);
            let group = if boundary.multicast { self.offsets[child] } else { place.cast_signed() };
            (group, place % mesh.x, place / mesh.x)
        }));
        receivers.sort_unstable();
        self.groups.clear();
        for group in receivers.chunk_by(|left, right| left.0 == right.0) {
            let (multicast, hops) = (count(group.len()), hops(group, mesh));
            match self.groups.binary_search_by_key(&multicast, |groups| groups.multicast) {
                Ok(known) => {
                    self.groups[known].count += 1;
                    self.groups[known].hops += hops;
                }
                Err(new) => self.groups.insert(new, Groups { multicast, count: 1, hops }),
            }
        }
        self.receivers = receivers;
    }
}

/// Hops of one multicast: along the trunk to the farthest column, then up and down from the centre of each column.
fn hops(group: &[Receiver], mesh: Mesh) -> f64 {
    let centre = (real(mesh.y) - 1.0) / 2.0;
    let trunk = group.last().map_or(0.0, |last| real(last.1));
    group.chunk_by(|left, right| left.1 == right.1).fold(trunk, |hops, column| {
        let (low, high) = (column[0].2, column[column.len() - 1].2);
        hops + (centre - real(low)).max(0.0) + (real(high) - centre).max(0.0)
    })
}

/// Number of distinct values; sorts.
fn distinct(values: &mut [i64]) -> u64 {
    values.sort_unstable();
    count(values.chunk_by(|left, right| left == right).count())
}
