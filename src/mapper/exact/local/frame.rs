//! What all points of a local search have in common: their slots, and what may stand in each.

use super::super::prepared_job::PreparedJob;
use crate::architecture::Mesh;
use crate::mapspace::{FactorLimits, Kind, Order};

/// A position of an order where a dimension of one iteration stands.
pub(in super::super) const UNIT: usize = usize::MAX;

/// One tiling level.
#[derive(Clone, Debug)]
pub(in super::super) struct Slot {
    pub(in super::super) level: usize,
    /// The instances below each one of the level; `None`: the loops are temporal.
    pub(in super::super) fan_out: Option<Mesh>,
    /// Positions of the order that lie along X, where the constraints say so.
    pub(in super::super) split: Option<usize>,
    /// Per dimension of the search.
    limits: Vec<FactorLimits>,
    /// An allowed order of the dimensions, innermost first.
    pub(in super::super) order: Vec<usize>,
    /// Positions of the order whose dimensions may change places.
    pub(in super::super) free: std::ops::Range<usize>,
}

impl Slot {
    /// Whether a dimension may have this factor.
    #[inline]
    pub(in super::super) fn allows(&self, dimension: usize, factor: u64) -> bool {
        self.limits[dimension].allow(factor)
    }

    /// Whether a dimension has no other factor than one.
    fn is_fixed(&self, dimension: usize) -> bool {
        let FactorLimits { exact, at_most, .. } = self.limits[dimension];
        exact.is_some() || at_most == Some(1)
    }
}

/// The slots of a job, innermost first.
#[derive(Debug)]
pub(in super::super) struct Frame<'a> {
    pub(in super::super) prepared: &'a PreparedJob<'a>,
    pub(in super::super) slots: Vec<Slot>,
    /// Dimensions that more than one slot may share, with these slots.
    pub(in super::super) movable: Vec<(usize, Vec<usize>)>,
    /// Per dimension of the search: its different prime factors, largest first.
    pub(in super::super) primes: Vec<Vec<u64>>,
    /// Slots of spatial loops, and of temporal ones.
    pub(in super::super) spatial: Vec<usize>,
    pub(in super::super) temporal: Vec<usize>,
    /// Slots in which more than one order is possible.
    pub(in super::super) orderable: Vec<usize>,
    /// Levels and data spaces that may be kept or not.
    pub(in super::super) free_keeps: Vec<(usize, usize)>,
}

impl<'a> Frame<'a> {
    pub(in super::super) fn new(prepared: &'a PreparedJob<'a>) -> Self {
        let space = prepared.space;
        let slots: Vec<Slot> = (0..space.tiling.len()).map(|step| slot(prepared, step)).collect();
        let shared = |dimension: usize| -> Vec<usize> {
            (0..slots.len()).filter(|slot| !slots[*slot].is_fixed(dimension)).collect()
        };
        let movable = (0..prepared.count()).map(|dimension| (dimension, shared(dimension)));
        let free = space.free.iter().enumerate();
        let free_keeps = free.flat_map(|(level, free)| {
            (0..space.spaces).filter(|index| free.contains(*index)).map(move |index| (level, index))
        });
        Self {
            movable: movable.filter(|(_, slots)| slots.len() > 1).collect(),
            primes: prepared.bounds.iter().map(|bound| primes(*bound)).collect(),
            spatial: (0..slots.len()).filter(|slot| slots[*slot].fan_out.is_some()).collect(),
            temporal: (0..slots.len()).filter(|slot| slots[*slot].fan_out.is_none()).collect(),
            orderable: (0..slots.len()).filter(|slot| slots[*slot].free.len() > 1).collect(),
            free_keeps: free_keeps.collect(),
            prepared,
            slots,
        }
    }

    /// Number of dimensions.
    pub(in super::super) fn count(&self) -> usize {
        self.prepared.count()
    }
}

fn slot(prepared: &PreparedJob, step: usize) -> Slot {
    let space = prepared.space;
    let tiling = space.tiling[step];
    let limits = prepared.dimensions.iter().map(|dimension| space.factors[*dimension].limits[step]);
    let placement = space.placements[tiling.level].as_ref().filter(|_| tiling.kind == Kind::Spatial);
    // Positions along an axis count dimensions of one iteration, too.
    let order = placement.map_or(&space.orders[tiling.level], |placement| &placement.order);
    let Order { innermost, free, outermost } = order;
    let number = |dimension: &usize| prepared.dimensions.iter().position(|known| known == dimension).unwrap_or(UNIT);
    Slot {
        level: tiling.level,
        fan_out: placement.map(|placement| placement.fan_out),
        split: placement.and_then(|placement| placement.split),
        limits: limits.collect(),
        order: [innermost.as_slice(), free, outermost].concat().iter().map(number).collect(),
        free: innermost.len()..innermost.len() + free.len(),
    }
}

/// The different prime factors of a number, largest first.
fn primes(number: u64) -> Vec<u64> {
    let divisors = crate::mapspace::divisors(number);
    let is_prime =
        |divisor: &u64| *divisor > 1 && divisors.iter().filter(|other| divisor.is_multiple_of(**other)).count() == 2;
    divisors.iter().copied().filter(is_prime).rev().collect()
}
