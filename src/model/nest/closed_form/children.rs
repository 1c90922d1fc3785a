//! The instances that the spatial loops of one level address, and who of them takes its words from a neighbour
//! (docs/model.md section 4.5).

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

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

/// What was found for children that lie alike, by the numbers that decide it.
type Memo<T> = HashMap<Box<[i64]>, T, BuildHasherDefault<Mixer>>;

/// Entries of a memo; then it begins anew.
const MEMO: usize = 1 << 14;

/// Distances that fit into a code.
const CODED: usize = 31;

/// In place of a shift: all children receive.
const ALL: i64 = i64::MIN;

/// Hashes short lists of numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.write_u64(chunk.try_into().map_or(0, u64::from_le_bytes));
        }
        chunks.remainder().iter().for_each(|byte| self.write_u64((*byte).into()));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(count(number));
    }
}

/// The children of one boundary, one by one. Keeps its memory from one boundary to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Children {
    /// What decides how deliveries of the boundary at hand spread; the last number is the shift.
    key: Vec<i64>,
    /// Whether `offsets` are those of the boundary at hand.
    is_placed: bool,
    /// Whether its tiles are equal only where no loop moves them: then how far the loops move them does not matter.
    is_scattered: bool,
    /// Steps of its loops and their iterations.
    steps: Vec<(u64, u64)>,
    known: Memo<Box<[Groups]>>,
    /// Per child: where its tile lies.
    offsets: Vec<i64>,
    /// Distances between the tiles of neighbours.
    distances: Vec<i64>,
    /// Whether neighbours in a column may lie at other distances, too.
    is_askew: bool,
    /// Per child: the number of its tile among the different ones.
    tiles: Vec<u32>,
    /// Where the different tiles lie, ascending; and those of the loops before.
    distinct: Vec<i64>,
    distinct_before: Vec<i64>,
    /// Per child: whether a neighbour serves it.
    served: Vec<bool>,
    /// Per different tile: children that receive it.
    members: Vec<u64>,
    receivers: Vec<Receiver>,
    pub(super) groups: Vec<Groups>,
    /// Words by multicast and number of groups.
    pub(super) parts: Vec<((u64, u64), f64)>,
}

impl Children {
    /// Turns to another boundary.
    pub(super) fn turn_to(&mut self, boundary: &Boundary) {
        self.neighbour(boundary);
        self.is_placed = false;
        self.is_scattered = !self.is_askew && self.distances.len() <= CODED && is_scattered(boundary, &mut self.steps);
        self.key.clear();
        let flags = i64::from(boundary.multicast) + 2 * i64::from(self.is_scattered);
        self.key.extend([boundary.at().mesh.x.cast_signed(), flags]);
        for (iteration, step) in boundary.spatial() {
            let shift = boundary.shift(iteration.dimension, step);
            let shift = if self.is_scattered { i64::from(shift != 0) } else { shift };
            self.key.extend([iteration.bound.cast_signed(), shift]);
        }
        self.key.push(ALL);
    }

    /// What decides who receives after a shift: the shift, or where tiles are scattered, which distances it equals.
    fn code(&self, shift: Option<i64>) -> i64 {
        let Some(shift) = shift else { return ALL };
        if !self.is_scattered {
            return shift;
        }
        let digit = |distance: i64| i64::from(distance == shift) + 2 * i64::from(distance == -shift);
        self.distances.iter().fold(0, |code, distance| code << 2 | digit(*distance))
    }

    /// Finds where the tile of each child lies, and which are equal.
    fn place(&mut self, boundary: &Boundary) {
        if std::mem::replace(&mut self.is_placed, true) {
            return;
        }
        let Self { offsets, tiles, distinct, distinct_before, .. } = self;
        offsets.clear();
        offsets.push(0);
        tiles.clear();
        tiles.push(0);
        distinct.clear();
        distinct.push(0);
        // Innermost loop first: the children of the loops so far are copied for every further iteration.
        for (iteration, step) in boundary.spatial() {
            let shift = boundary.shift(iteration.dimension, step);
            let iterations = 0..iteration.bound.cast_signed();
            std::mem::swap(distinct, distinct_before);
            distinct.clear();
            iterations
                .clone()
                .for_each(|number| distinct.extend(distinct_before.iter().map(|tile| tile + number * shift)));
            distinct.sort_unstable();
            distinct.dedup();
            let number_of = |offset: i64| u32::try_from(distinct.binary_search(&offset).unwrap_or(0)).unwrap_or(0);
            let inner = offsets.len();
            for number in iterations.skip(1) {
                let renamed: Vec<u32> = distinct_before.iter().map(|tile| number_of(tile + number * shift)).collect();
                offsets.extend_from_within(..inner);
                tiles.extend_from_within(..inner);
                let last = offsets.len() - inner;
                offsets[last..].iter_mut().for_each(|offset| *offset += number * shift);
                tiles[last..].iter_mut().for_each(|tile| *tile = renamed[*tile as usize]);
            }
            let renamed: Vec<u32> = distinct_before.iter().map(|tile| number_of(*tile)).collect();
            tiles[..inner].iter_mut().for_each(|tile| *tile = renamed[*tile as usize]);
        }
    }

    /// Finds how far the tiles of neighbours lie apart. The children are numbered as an odometer counts: from one to the next
    /// (or to the one a row further), a loop advances and those inside it start again.
    fn neighbour(&mut self, boundary: &Boundary) {
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
    pub(super) fn different(&mut self, boundary: &Boundary) -> u64 {
        self.turn_to(boundary);
        self.sizes(boundary, None);
        self.groups.iter().map(|groups| groups.count).sum()
    }

    /// Fills `groups` as [`Self::group`] does, but for the hops; what was found once is remembered.
    pub(super) fn sizes(&mut self, boundary: &Boundary, shift: Option<i64>) {
        let code = self.code(shift);
        if let Some(last) = self.key.last_mut() {
            *last = code;
        }
        self.groups.clear();
        if let Some(known) = self.known.get(self.key.as_slice()) {
            return self.groups.extend_from_slice(known);
        }
        self.place(boundary);
        self.count_groups(shift, boundary.at().mesh, boundary.multicast);
        if self.known.len() >= MEMO {
            self.known.clear();
        }
        self.known.insert(self.key.as_slice().into(), self.groups.as_slice().into());
    }

    fn count_groups(&mut self, shift: Option<i64>, mesh: Mesh, multicast: bool) {
        self.find_served(shift, mesh);
        let Self { tiles, distinct, served, members, groups, .. } = self;
        let receivers = tiles.iter().zip(&*served).filter(|(_, served)| !**served).map(|(tile, _)| *tile);
        if !multicast {
            groups.push(Groups { multicast: 1, count: count(receivers.count()), hops: 0.0 });
            return;
        }
        members.clear();
        members.resize(distinct.len(), 0);
        receivers.for_each(|tile| members[tile as usize] += 1);
        for &multicast in members.iter().filter(|members| **members > 0) {
            match groups.binary_search_by_key(&multicast, |groups| groups.multicast) {
                Ok(known) => groups[known].count += 1,
                Err(new) => groups.insert(new, Groups { multicast, count: 1, hops: 0.0 }),
            }
        }
    }

    /// Marks the children whose tile a neighbour held in a delivery that lies `-shift` from this one; none without a shift. The mesh
    /// is the physical one, although children are numbered densely in the logical one: so does Timeloop.
    fn find_served(&mut self, shift: Option<i64>, mesh: Mesh) {
        let Self { offsets, served, .. } = self;
        served.clear();
        served.resize(offsets.len(), false);
        let Some(shift) = shift else { return };
        let width = usize::try_from(mesh.x).unwrap_or(usize::MAX);
        for (row, served) in offsets.chunks(width).zip(served.chunks_mut(width)) {
            for (column, pair) in row.windows(2).enumerate() {
                let distance = pair[1] - pair[0];
                served[column] |= distance == shift;
                served[column + 1] |= -distance == shift;
            }
        }
        for child in width..offsets.len() {
            let distance = offsets[child] - offsets[child - width];
            served[child - width] |= distance == shift;
            served[child] |= -distance == shift;
        }
    }

    /// Who receives a delivery that lies `shift` from the one before; as `all`, if links save nothing.
    pub(super) fn spread(&mut self, boundary: &Boundary, shift: i64, all: Spread) -> Spread {
        self.sizes(boundary, Some(shift));
        let (groups, receivers) = self.groups.iter().fold((0, 0), |(groups, receivers), group| {
            (groups + group.count, receivers + group.count * group.multicast)
        });
        if groups < all.groups { Spread { groups, receivers, served: all.receivers - receivers } } else { all }
    }

    /// Fills `groups`, smallest ones first: those of all children, or of those that no neighbour serves after a `shift`.
    pub(super) fn group(&mut self, boundary: &Boundary, shift: Option<i64>) {
        self.place(boundary);
        let mesh = boundary.at().mesh;
        self.find_served(shift, mesh);
        let mut receivers = std::mem::take(&mut self.receivers);
        receivers.clear();
        let received = (0..self.offsets.len()).filter(|&child| !self.served[child]);
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

/// Whether the loops over children move tiles so far that two are equal only if they differ in loops that do not move them: each step
/// is longer than all shorter loops together.
fn is_scattered(boundary: &Boundary, steps: &mut Vec<(u64, u64)>) -> bool {
    steps.clear();
    let loops = boundary
        .spatial()
        .map(|(iteration, step)| (boundary.shift(iteration.dimension, step).unsigned_abs(), iteration.bound));
    steps.extend(loops.filter(|(step, _)| *step > 0));
    steps.sort_unstable();
    let mut reach = 0u64;
    steps.iter().all(|&(step, iterations)| {
        let is_longer = step > reach;
        reach = reach.saturating_add(step.saturating_mul(iterations - 1));
        is_longer
    })
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
