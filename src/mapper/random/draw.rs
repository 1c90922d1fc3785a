//! One mapping of a mapspace at random: factors, orders and splits, each with equal chances (docs/search.md section 1, 6.2).

use super::generator::Generator;
use crate::mapping::{Axis, LevelMapping, Loop, Mapping, SpatialLoop};
use crate::mapspace::{FactorLimits, Factors, Kind, Mapspace, Order, divisors};

/// A mapspace, prepared for drawing.
pub(super) struct Urn<'a> {
    space: &'a Mapspace,
    dimensions: Vec<Shares>,
}

/// In how many ways the iterations of one dimension can be shared out.
struct Shares {
    divisors: Vec<u64>,
    /// Tiling levels without a fixed factor, innermost first.
    places: Vec<Place>,
}

/// One tiling level's part in the sharing.
struct Place {
    tiling: usize,
    limits: FactorLimits,
    /// The ways in which this level and all inside make each divisor.
    ways: Vec<u128>,
}

/// What was drawn: everything but what each level keeps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Draw {
    /// Per tiling level: a factor for every dimension.
    pub(super) factors: Vec<Vec<u64>>,
    /// Per tiling level: all dimensions, innermost first.
    orders: Vec<Vec<usize>>,
    /// Per tiling level: how many of them lie along X.
    splits: Vec<usize>,
}

impl<'a> Urn<'a> {
    /// Prepares. If the limits leave some dimension no factorisation: its index.
    pub(super) fn new(space: &'a Mapspace) -> Result<Self, usize> {
        let dimensions = space.factors.iter().enumerate().map(|(dimension, factors)| {
            let shares = Shares::new(factors);
            if shares.total() == 0 { Err(dimension) } else { Ok(shares) }
        });
        Ok(Self { space, dimensions: dimensions.collect::<Result<_, _>>()? })
    }

    pub(super) fn draw(&self, generator: &mut Generator) -> Draw {
        let count = self.dimensions.len();
        let mut factors = vec![vec![1; count]; self.space.tiling.len()];
        for (dimension, (shares, limits)) in self.dimensions.iter().zip(&self.space.factors).enumerate() {
            for (at, limits) in limits.limits.iter().enumerate() {
                factors[at][dimension] = limits.exact.unwrap_or(1);
            }
            shares.draw(generator, |at, factor| factors[at][dimension] = factor);
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
        Draw { factors, orders, splits }
    }
}

fn shuffled(order: &Order, generator: &mut Generator) -> Vec<usize> {
    let mut free = order.free.clone();
    generator.shuffle(&mut free);
    [order.innermost.as_slice(), &free, &order.outermost].concat()
}

impl Shares {
    fn new(factors: &Factors) -> Self {
        let divisors = divisors(factors.shared);
        let mut inner: Vec<u128> = divisors.iter().map(|divisor| u128::from(*divisor == 1)).collect();
        let mut places = Vec::new();
        for (tiling, limits) in factors.limits.iter().enumerate().filter(|(_, limits)| limits.exact.is_none()) {
            let made = |(index, product): (usize, &u64)| {
                let parts = divisors[..=index].iter().zip(&inner);
                let parts = parts.filter(|(part, _)| product % **part == 0 && limits.allow(product / **part));
                parts.fold(0u128, |sum, (_, ways)| sum.saturating_add(*ways))
            };
            inner = divisors.iter().enumerate().map(made).collect();
            places.push(Place { tiling, limits: *limits, ways: inner.clone() });
        }
        Self { divisors, places }
    }

    /// Number of factorisations.
    fn total(&self) -> u128 {
        match self.places.last() {
            Some(outermost) => outermost.ways.last().copied().unwrap_or(0),
            // All factors are fixed.
            None => u128::from(self.divisors.len() == 1),
        }
    }

    /// Draws a factorisation from the outermost level inwards: each share inside as often as there are ways to make it.
    fn draw(&self, generator: &mut Generator, mut set: impl FnMut(usize, u64)) {
        let mut product = self.divisors.len() - 1;
        for (index, place) in self.places.iter().enumerate().rev() {
            let inner = index.checked_sub(1).map(|inner| &self.places[inner].ways);
            let whole = self.divisors[product];
            let mut left = generator.below(place.ways[product]);
            let mut chosen = 0;
            for (part, divisor) in self.divisors[..=product].iter().enumerate() {
                if !whole.is_multiple_of(*divisor) || !place.limits.allow(whole / divisor) {
                    continue;
                }
                let ways = inner.map_or(u128::from(part == 0), |ways| ways[part]);
                chosen = part;
                if left < ways {
                    break;
                }
                left -= ways;
            }
            set(place.tiling, whole / self.divisors[chosen]);
            product = chosen;
        }
    }
}

impl Draw {
    /// The mapping, keeping what every mapping of the space keeps; `None` if the spatial loops of some level are more than it
    /// has instances below it.
    ///
    /// Factors are handed out from the innermost level on: where fixed ones do not divide the dimension, the last pass of a
    /// loop is shorter, and a loop runs no more often than there is something left to do.
    pub(super) fn mapping(&self, space: &Mapspace) -> Option<Mapping> {
        let mut left: Vec<u64> = space.factors.iter().map(|factors| factors.bound).collect();
        let mut levels: Vec<LevelMapping> =
            space.policies.iter().map(|&policy| LevelMapping { policy, ..LevelMapping::default() }).collect();
        for (at, tiling) in space.tiling.iter().enumerate() {
            let mut loops = Vec::new();
            for (position, &dimension) in self.orders[at].iter().enumerate() {
                let rest = left[dimension];
                let bound = self.factors[at][dimension].min(rest);
                let residual = if rest.is_multiple_of(bound) { bound } else { rest % bound };
                left[dimension] = rest.div_ceil(bound);
                if bound > 1 {
                    loops.push((position, Loop { dimension, bound, residual }));
                }
            }
            let level = &mut levels[tiling.level];
            if tiling.kind == Kind::Temporal {
                level.temporal = loops.into_iter().map(|(_, iteration)| iteration).collect();
                continue;
            }
            let axis = |position: usize| if position < self.splits[at] { Axis::X } else { Axis::Y };
            let placed = loops.into_iter().map(|(position, iteration)| SpatialLoop { iteration, axis: axis(position) });
            level.spatial = placed.collect();
            let along = |axis: Axis| level.spatial.iter().filter(move |each| each.axis == axis);
            let size = |axis: Axis| along(axis).fold(1u64, |size, each| size.saturating_mul(each.iteration.bound));
            let fan_out = space.placements[tiling.level].as_ref().map(|placement| placement.fan_out)?;
            if size(Axis::X) > fan_out.x || size(Axis::Y) > fan_out.y {
                return None;
            }
        }
        Some(Mapping { levels })
    }
}
