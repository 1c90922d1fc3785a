//! Where the spatial loops of one level may lie: along X or along Y, in which order (docs/search.md section 1).

use std::ops::RangeInclusive;

use super::order::Order;
use crate::architecture::Mesh;
use crate::mapping::{Axis, Loop, SpatialLoop};

/// The places of the spatial loops of one level.
#[derive(Clone, Debug)]
pub(crate) struct Placement {
    pub(crate) order: Order,
    /// Positions of the order, unit loops included, that lie along X; the others lie along Y. `None`: any number.
    pub(crate) split: Option<usize>,
    /// What the level has below each of its instances.
    pub(crate) fan_out: Mesh,
}

impl Placement {
    /// Number of splits.
    pub(crate) fn splits(&self, dimensions: usize) -> u128 {
        if self.split.is_some() { 1 } else { dimensions as u128 + 1 }
    }

    /// How many of the loops can lie along X. Unit loops of the free part can stand on either side of the split.
    fn along_x(&self, is_loop: &impl Fn(usize) -> bool) -> RangeInclusive<usize> {
        let count = |list: &[usize]| list.iter().filter(|dimension| is_loop(**dimension)).count();
        let Order { innermost, free, outermost } = &self.order;
        let (first, between, last) = (count(innermost), count(free), count(outermost));
        let Some(split) = self.split else { return 0..=first + between + last };
        if split <= innermost.len() {
            let fixed = count(&innermost[..split]);
            return fixed..=fixed;
        }
        let places = split - innermost.len();
        if places < free.len() {
            let outside = free.len() - places;
            return first + between.saturating_sub(outside)..=first + between.min(places);
        }
        let fixed = first + between + count(&outermost[..(places - free.len()).min(outermost.len())]);
        fixed..=fixed
    }

    /// Whether these factors, one per dimension, fit the mesh in some order and with some split.
    pub(crate) fn fits(&self, factors: &[u64]) -> bool {
        let is_loop = |dimension: usize| factors[dimension] > 1;
        let list = |list: &[usize]| -> Vec<u64> {
            list.iter().map(|dimension| factors[*dimension]).filter(|factor| *factor > 1).collect()
        };
        let (first, between, last) = (list(&self.order.innermost), list(&self.order.free), list(&self.order.outermost));
        let all = product(first.iter().chain(&between).chain(&last));
        let fits = |x: u128| x <= self.fan_out.x.into() && all / x <= self.fan_out.y.into();
        let chosen = |set: u32| {
            let members =
                between.iter().enumerate().filter(|(index, _)| set >> index & 1 == 1).map(|(_, factor)| factor);
            product(first.iter().chain(members))
        };
        // More loops than the mesh has doublings cannot fit.
        if all > u128::from(self.fan_out.x) * u128::from(self.fan_out.y) || between.len() > 24 {
            return false;
        }
        self.along_x(&is_loop).any(|count| {
            if count <= first.len() {
                return fits(product(&first[..count]));
            }
            if count <= first.len() + between.len() {
                let wanted = count - first.len();
                return (0..1u32 << between.len()).any(|set| set.count_ones() as usize == wanted && fits(chosen(set)));
            }
            fits(product(first.iter().chain(&between).chain(&last[..count - first.len() - between.len()])))
        })
    }

    /// All places of these factors, one per dimension, that fit the mesh, in a fixed order.
    pub(crate) fn all(&self, factors: &[u64]) -> Vec<Vec<SpatialLoop>> {
        let is_loop = |dimension: usize| factors[dimension] > 1;
        let mut all = Vec::new();
        for order in self.order.all(is_loop) {
            for count in self.along_x(&is_loop).rev() {
                let (x, y) = order.split_at(count);
                let size = |part: &[usize]| product(part.iter().map(|dimension| &factors[*dimension]));
                if size(x) <= self.fan_out.x.into() && size(y) <= self.fan_out.y.into() {
                    all.push(loops(x, y, factors));
                }
            }
        }
        all
    }

    /// One of [`Self::all`].
    pub(crate) fn first(&self, factors: &[u64]) -> Option<Vec<SpatialLoop>> {
        self.all(factors).into_iter().next()
    }

    /// Whether loops, innermost first, lie as one of [`Self::all`] does.
    #[cfg(test)]
    pub(crate) fn allows(&self, loops: &[SpatialLoop]) -> bool {
        let order: Vec<usize> = loops.iter().map(|spatial| spatial.iteration.dimension).collect();
        let along = |axis: Axis| loops.iter().filter(move |spatial| spatial.axis == axis);
        let size = |axis: Axis| product(along(axis).map(|spatial| &spatial.iteration.bound));
        let splits = self.along_x(&|dimension: usize| order.contains(&dimension));
        self.order.allows(&order)
            && splits.contains(&along(Axis::X).count())
            && size(Axis::X) <= self.fan_out.x.into()
            && size(Axis::Y) <= self.fan_out.y.into()
    }
}

fn product<'a>(factors: impl IntoIterator<Item = &'a u64>) -> u128 {
    factors.into_iter().fold(1u128, |product, factor| product.saturating_mul((*factor).into()))
}

fn loops(x: &[usize], y: &[usize], factors: &[u64]) -> Vec<SpatialLoop> {
    let on = |axis: Axis| {
        move |dimension: &usize| SpatialLoop { iteration: Loop::perfect(*dimension, factors[*dimension]), axis }
    };
    x.iter().map(on(Axis::X)).chain(y.iter().map(on(Axis::Y))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapspace::LoopConstraints;

    fn placement(innermost: &[usize], split: Option<usize>, x: u64, y: u64) -> Placement {
        let constraints = LoopConstraints { innermost: innermost.to_vec(), ..LoopConstraints::default() };
        Placement { order: Order::new(4, &constraints), split, fan_out: Mesh { x, y } }
    }

    /// All that the definition gives: every order of all dimensions, unit ones included, and every split.
    fn by_definition(placement: &Placement, factors: &[u64]) -> Vec<Vec<SpatialLoop>> {
        let mut found: Vec<Vec<SpatialLoop>> = Vec::new();
        for order in placement.order.all(|_| true) {
            let splits = placement.split.map_or(0..=4, |split| split.min(4)..=split.min(4));
            for split in splits {
                let only = |part: &[usize]| -> Vec<usize> {
                    part.iter().copied().filter(|dimension| factors[*dimension] > 1).collect()
                };
                let (x, y) = (only(&order[..split]), only(&order[split..]));
                let size = |part: &[usize]| part.iter().map(|dimension| factors[*dimension]).product::<u64>();
                let placed = loops(&x, &y, factors);
                if size(&x) <= placement.fan_out.x && size(&y) <= placement.fan_out.y && !found.contains(&placed) {
                    found.push(placed);
                }
            }
        }
        found
    }

    #[test]
    fn all_places_are_those_of_the_definition() {
        let mut tried = 0;
        for innermost in [&[][..], &[2], &[3, 1], &[0, 1, 2, 3]] {
            for split in [None, Some(0), Some(1), Some(2), Some(3), Some(999)] {
                for (x, y) in [(4, 4), (8, 1), (2, 6), (16, 16)] {
                    let placement = placement(innermost, split, x, y);
                    for factors in [[2, 3, 1, 1], [2, 2, 2, 1], [1, 1, 1, 1], [1, 4, 1, 2], [2, 2, 2, 2], [1, 1, 5, 1]]
                    {
                        let mut expected = by_definition(&placement, &factors);
                        let mut found = placement.all(&factors);
                        let key = |placed: &Vec<SpatialLoop>| format!("{placed:?}");
                        expected.sort_by_key(key);
                        found.sort_by_key(key);
                        assert_eq!(found, expected, "{placement:?} {factors:?}");
                        assert_eq!(placement.fits(&factors), !expected.is_empty(), "{placement:?} {factors:?}");
                        assert!(found.iter().all(|placed| placement.allows(placed)));
                        tried += found.len();
                    }
                }
            }
        }
        assert!(tried > 1000, "{tried}");
    }
}
