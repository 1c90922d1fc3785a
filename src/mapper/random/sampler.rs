//! One mapping of a mapspace at random: factors, orders and splits, each with equal chances (docs/search.md section 1).

use crate::mapper::generator::Generator;
use crate::mapping::{Axis, LevelMapping, Loop, Mapping, SpatialLoop};
use crate::mapspace::{FactorLimits, Factors, Kind, Mapspace, Order, divisors, next_loop};

/// A mapspace, prepared to be sampled.
pub(super) struct MapspaceSampler<'a> {
    space: &'a Mapspace,
    dimensions: Vec<FactorCounts>,
}

/// In how many ways the iterations of one dimension can be factorised.
struct FactorCounts {
    divisors: Vec<u64>,
    /// Tiling levels without a fixed factor, innermost first.
    slots: Vec<TilingSlot>,
}

/// A tiling level whose factor is not fixed.
struct TilingSlot {
    tiling: usize,
    limits: FactorLimits,
    /// The ways in which this level and all inside make each divisor.
    ways: Vec<u128>,
}

/// What was sampled: everything but what each level keeps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sample {
    /// Per tiling level: a factor for every dimension.
    pub(super) factors: Vec<Vec<u64>>,
    /// Per tiling level: all dimensions, innermost first.
    orders: Vec<Vec<usize>>,
    /// Per tiling level: how many of them lie along X.
    splits: Vec<usize>,
}

impl<'a> MapspaceSampler<'a> {
    /// Prepares a mapspace.
    ///
    /// # Errors
    ///
    /// The index of a dimension that the limits leave no factorisation.
    pub(super) fn new(space: &'a Mapspace) -> Result<Self, usize> {
        let dimensions = space.factors.iter().enumerate().map(|(dimension, factors)| {
            let counts = FactorCounts::new(factors);
            if counts.total() == 0 { Err(dimension) } else { Ok(counts) }
        });
        Ok(Self { space, dimensions: dimensions.collect::<Result<_, _>>()? })
    }

    pub(super) fn sample(&self, generator: &mut Generator) -> Sample {
        let count = self.dimensions.len();
        let mut factors = vec![vec![1; count]; self.space.tiling.len()];
        for (dimension, (counts, limits)) in self.dimensions.iter().zip(&self.space.factors).enumerate() {
            for (position, limits) in limits.limits.iter().enumerate() {
                factors[position][dimension] = limits.exact.unwrap_or(1);
            }
            counts.sample(generator, |position, factor| factors[position][dimension] = factor);
        }
        let mut orders = Vec::new();
        let mut splits = Vec::new();
        for tiling in &self.space.tiling {
            let placement = self.space.placements[tiling.level].as_ref().filter(|_| tiling.kind == Kind::Spatial);
            let order = placement.map_or(&self.space.orders[tiling.level], |placement| &placement.order);
            orders.push(shuffled(order, generator));
            let split = placement.map(|placement| placement.split.unwrap_or_else(|| generator.index(count + 1)));
            splits.push(split.unwrap_or(0));
        }
        Sample { factors, orders, splits }
    }
}

fn shuffled(order: &Order, generator: &mut Generator) -> Vec<usize> {
    let mut free = order.free.clone();
    generator.shuffle(&mut free);
    [order.innermost.as_slice(), &free, &order.outermost].concat()
}

impl FactorCounts {
    fn new(factors: &Factors) -> Self {
        let divisors = divisors(factors.shared);
        let mut inner: Vec<u128> = divisors.iter().map(|divisor| u128::from(*divisor == 1)).collect();
        let mut slots = Vec::new();
        for (tiling, limits) in factors.limits.iter().enumerate().filter(|(_, limits)| limits.exact.is_none()) {
            let made = |(index, product): (usize, &u64)| {
                let parts = divisors[..=index].iter().zip(&inner);
                let parts = parts.filter(|(part, _)| product % **part == 0 && limits.allow(product / **part));
                parts.fold(0u128, |sum, (_, ways)| sum.saturating_add(*ways))
            };
            inner = divisors.iter().enumerate().map(made).collect();
            slots.push(TilingSlot { tiling, limits: *limits, ways: inner.clone() });
        }
        Self { divisors, slots }
    }

    /// Number of factorisations.
    fn total(&self) -> u128 {
        match self.slots.last() {
            Some(outermost) => outermost.ways.last().copied().unwrap_or(0),
            // All factors are fixed.
            None => u128::from(self.divisors.len() == 1),
        }
    }

    /// Samples a factorisation from the outermost level inwards: each share inside as often as there are ways to make it.
    fn sample(&self, generator: &mut Generator, mut set: impl FnMut(usize, u64)) {
        let mut product = self.divisors.len() - 1;
        for (index, slot) in self.slots.iter().enumerate().rev() {
            let inner = index.checked_sub(1).map(|inner| &self.slots[inner].ways);
            let whole = self.divisors[product];
            let mut left = generator.below(slot.ways[product]);
            let mut chosen = 0;
            for (part, divisor) in self.divisors[..=product].iter().enumerate() {
                if !whole.is_multiple_of(*divisor) || !slot.limits.allow(whole / divisor) {
                    continue;
                }
                let ways = inner.map_or(u128::from(part == 0), |ways| ways[part]);
                chosen = part;
                if left < ways {
                    break;
                }
                left -= ways;
            }
            set(slot.tiling, whole / self.divisors[chosen]);
            product = chosen;
        }
    }
}

impl Sample {
    /// The mapping, keeping what every mapping of the space keeps; `None` if the spatial loops of some level are more than it
    /// has instances below it.
    ///
    /// Factors are handed out from the innermost level on: where fixed ones do not divide the dimension, the last pass of a
    /// loop is shorter, and a loop runs no more often than there is something left to do.
    pub(super) fn mapping(&self, space: &Mapspace) -> Option<Mapping> {
        let mut left: Vec<u64> = space.factors.iter().map(|factors| factors.bound).collect();
        let mut levels: Vec<LevelMapping> =
            space.policies.iter().map(|&policy| LevelMapping { policy, ..LevelMapping::default() }).collect();
        for (tiling_index, tiling) in space.tiling.iter().enumerate() {
            let mut loops = Vec::new();
            for (position, &dimension) in self.orders[tiling_index].iter().enumerate() {
                let (bound, residual) = next_loop(self.factors[tiling_index][dimension], &mut left[dimension]);
                if bound > 1 {
                    loops.push((position, Loop { dimension, bound, residual }));
                }
            }
            let level = &mut levels[tiling.level];
            if tiling.kind == Kind::Temporal {
                level.temporal = loops.into_iter().map(|(_, iteration)| iteration).collect();
                continue;
            }
            let axis = |position: usize| if position < self.splits[tiling_index] { Axis::X } else { Axis::Y };
            let placed = loops.into_iter().map(|(position, iteration)| SpatialLoop { iteration, axis: axis(position) });
            level.spatial = placed.collect();
            let along = |axis: Axis| level.spatial.iter().filter(move |spatial| spatial.axis == axis);
            let size =
                |axis: Axis| along(axis).fold(1u64, |size, spatial| size.saturating_mul(spatial.iteration.bound));
            let fan_out = space.placements[tiling.level].as_ref().map(|placement| placement.fan_out)?;
            if size(Axis::X) > fan_out.x || size(Axis::Y) > fan_out.y {
                return None;
            }
        }
        Some(Mapping { levels })
    }
}
