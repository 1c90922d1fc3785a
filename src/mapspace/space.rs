//! All mappings of a problem on an architecture under constraints (docs/search.md section 1).

use super::factors::Factors;
use super::order::Order;
use super::placement::Placement;
use super::{Constraints, LevelConstraints};
use crate::architecture::Architecture;
use crate::mapping::{DataSpaceSet, LevelPolicy};
use crate::workload::Problem;

/// Which loops a tiling level has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Spatial,
    Temporal,
}

/// The loops of one kind at one storage level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TilingLevel {
    pub(crate) level: usize,
    pub(crate) kind: Kind,
}

/// The mapspace of one problem on one architecture under constraints: Timeloop's `uber`.
#[derive(Clone, Debug)]
pub struct Mapspace {
    /// Tiling levels, innermost first.
    pub(crate) tiling: Vec<TilingLevel>,
    /// One per dimension; their limits are in the order of `tiling`.
    pub(crate) factors: Vec<Factors>,
    /// Per level: orders of its temporal loops.
    pub(crate) orders: Vec<Order>,
    /// Per level with a fan-out: places of its spatial loops.
    pub(crate) placements: Vec<Option<Placement>>,
    /// Per level: what it keeps in every mapping, and its exceptions from the default rules.
    pub(crate) policies: Vec<LevelPolicy>,
    /// Per level: data spaces that it may keep or not.
    pub(crate) free: Vec<DataSpaceSet>,
    pub(crate) spaces: usize,
    pub(crate) min_parallelism: f64,
    pub(crate) max_temporal_loops: usize,
}

/// Levels that keep one data space.
#[derive(Clone, Debug)]
pub(crate) struct KeepChoice {
    /// Ascending.
    pub(crate) levels: Vec<usize>,
    /// A bit for each level that the constraints leave open and that bypasses the data space.
    pub(crate) code: u64,
}

/// The sizes of the four parts of a mapspace, as the real mapper counts them. Their product is the number of mappings, many of
/// which do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapspaceSize {
    /// Factorisations of all dimensions.
    pub index_factorization: u128,
    /// Orders of the loops of all tiling levels.
    pub loop_permutation: u128,
    /// Splits into X and Y.
    pub spatial: u128,
    /// Choices of what to keep.
    pub datatype_bypass: u128,
}

impl Mapspace {
    /// The mapspace of a problem: levels and dimensions without a stated constraint are free.
    pub fn new(architecture: &Architecture, problem: &Problem, constraints: &Constraints) -> Self {
        let (levels, dimensions) = (architecture.levels().len(), problem.dimensions().len());
        let none = LevelConstraints::default();
        let stated = |level: usize| constraints.levels.get(level).unwrap_or(&none);
        let mut tiling = Vec::new();
        for level in 0..levels {
            if architecture.fan_out(level).product() > 1 {
                tiling.push(TilingLevel { level, kind: Kind::Spatial });
            }
            tiling.push(TilingLevel { level, kind: Kind::Temporal });
        }
        let limits = |tiling: &TilingLevel, dimension: usize| {
            let loops = match tiling.kind {
                Kind::Spatial => &stated(tiling.level).spatial.loops,
                Kind::Temporal => &stated(tiling.level).temporal,
            };
            loops.factors.get(dimension).copied().unwrap_or_default()
        };
        let bounds = problem.dimensions().iter().map(|(_, bound)| *bound).enumerate();
        let factors = bounds
            .map(|(dimension, bound)| Factors::new(bound, tiling.iter().map(|level| limits(level, dimension))))
            .collect();
        let innermost = tiling.first().filter(|first| first.kind == Kind::Temporal).map(|first| first.level);
        let order = |level: usize| {
            // Inside the innermost level every iteration counts, whatever its place.
            let order = if Some(level) == innermost { Order::single } else { Order::new };
            order(dimensions, &stated(level).temporal)
        };
        let placement = |level: usize| {
            let fan_out = architecture.fan_out(level);
            let constraints = &stated(level).spatial;
            let is_free = constraints.loops.innermost.is_empty() && constraints.loops.outermost.is_empty();
            let is_line = fan_out.x == 1 || fan_out.y == 1;
            let order = if is_line && is_free { Order::single } else { Order::new };
            let order = order(dimensions, &constraints.loops);
            (fan_out.product() > 1).then_some(Placement { order, split: constraints.split, fan_out })
        };
        let spaces = problem.data_spaces().len();
        let free = |level: usize| {
            let (keep, bypass) = (stated(level).policy.keep, stated(level).bypass);
            (0..spaces).filter(|space| !keep.contains(*space) && !bypass.contains(*space)).collect()
        };
        let mut space = Self {
            factors,
            orders: (0..levels).map(order).collect(),
            placements: (0..levels).map(placement).collect(),
            policies: (0..levels).map(|level| stated(level).policy).collect(),
            free: (0..levels).map(free).collect(),
            spaces,
            min_parallelism: constraints.min_parallelism,
            max_temporal_loops: constraints.max_temporal_loops.unwrap_or(usize::MAX),
            tiling,
        };
        space.settle_outermost();
        space
    }

    /// The outermost level keeps what no constraint bypasses there.
    fn settle_outermost(&mut self) {
        if let (Some(free), Some(policy)) = (self.free.last_mut(), self.policies.last_mut()) {
            for space in 0..self.spaces {
                if free.contains(space) {
                    free.remove(space);
                    policy.keep.insert(space);
                }
            }
        }
    }

    /// The sizes of its parts.
    pub fn size(&self) -> MapspaceSize {
        let product = |sizes: &mut dyn Iterator<Item = u128>| sizes.fold(1u128, u128::saturating_mul);
        let placements = || self.placements.iter().flatten();
        let orders = self.orders.iter().chain(placements().map(|placement| &placement.order));
        let flags: usize =
            self.free.iter().map(|free| (0..self.spaces).filter(|space| free.contains(*space)).count()).sum();
        MapspaceSize {
            index_factorization: product(&mut self.factors.iter().map(Factors::count)),
            loop_permutation: product(&mut orders.map(Order::count)),
            spatial: product(&mut placements().map(|placement| placement.splits(self.factors.len()))),
            datatype_bypass: u32::try_from(flags).ok().and_then(|flags| 1u128.checked_shl(flags)).unwrap_or(u128::MAX),
        }
    }

    /// Whether every mapping has perfect factors.
    pub fn is_perfect(&self) -> bool {
        self.factors.iter().all(Factors::is_perfect)
    }

    /// The choices of the levels that keep a data space, at least one, as the constraints leave them; `None` if there are more than
    /// `limit`.
    pub(crate) fn keep_choices(&self, space: usize, limit: usize) -> Option<Vec<KeepChoice>> {
        let free: Vec<(usize, u64)> =
            self.free_pairs()?.filter(|pair| pair.1 == space).map(|pair| (pair.0, pair.2)).collect();
        let count = u32::try_from(free.len()).ok().and_then(|count| 1usize.checked_shl(count))?;
        if count > limit {
            return None;
        }
        let is_fixed = |level: &usize| self.policies[*level].keep.contains(space);
        let choice = |bypassed: usize| {
            let is_kept = |(index, _): &(usize, &(usize, u64))| bypassed >> index & 1 == 0;
            let chosen = free.iter().enumerate().filter(is_kept).map(|(_, (level, _))| *level);
            let mut levels: Vec<usize> = (0..self.policies.len()).filter(is_fixed).chain(chosen).collect();
            levels.sort_unstable();
            let code = free.iter().enumerate().filter(|pair| !is_kept(pair)).map(|(_, (_, bit))| bit).sum();
            KeepChoice { levels, code }
        };
        Some((0..count).map(choice).filter(|choice| !choice.levels.is_empty()).collect())
    }

    /// Per data space: the one choice that it is kept where a constraint says so, and nowhere else.
    pub(crate) fn fixed_choices(&self) -> Vec<Vec<KeepChoice>> {
        let choice = |space: usize| {
            let is_fixed = |level: &usize| self.policies[*level].keep.contains(space);
            let bits = self.free_pairs().into_iter().flatten().filter(|pair| pair.1 == space).map(|pair| pair.2);
            KeepChoice { levels: (0..self.policies.len()).filter(is_fixed).collect(), code: bits.sum() }
        };
        let all = (0..self.spaces).map(choice);
        all.map(|choice| if choice.levels.is_empty() { Vec::new() } else { vec![choice] }).collect()
    }

    /// What each level keeps, by the sum of the codes of one choice of each data space.
    pub(crate) fn kept_by(&self, code: u64) -> Vec<DataSpaceSet> {
        let mut kept: Vec<DataSpaceSet> = self.policies.iter().map(|policy| policy.keep).collect();
        for (level, space, bit) in self.free_pairs().into_iter().flatten() {
            if code & bit == 0 {
                kept[level].insert(space);
            }
        }
        kept
    }

    /// The pairs of a level and a data space that no constraint decides, each with a bit of its own; `None` if there are more
    /// than bits.
    fn free_pairs(&self) -> Option<impl Iterator<Item = (usize, usize, u64)>> {
        let pairs = self.free.iter().enumerate().flat_map(|(level, free)| {
            (0..self.spaces).filter(|space| free.contains(*space)).map(move |space| (level, space))
        });
        let pairs: Vec<(usize, usize)> = pairs.collect();
        (pairs.len() <= 64)
            .then(|| pairs.into_iter().enumerate().map(|(index, (level, space))| (level, space, 1 << index)))
    }

    /// All choices of what each level keeps that the constraints leave, in a fixed order; `None` if there are more than
    /// `limit`.
    pub(crate) fn bypass_masks(&self, limit: usize) -> Option<Vec<Vec<DataSpaceSet>>> {
        let mut all = vec![self.policies.iter().map(|policy| policy.keep).collect::<Vec<_>>()];
        for (level, free) in self.free.iter().enumerate() {
            for space in (0..self.spaces).filter(|space| free.contains(*space)) {
                if all.len() * 2 > limit {
                    return None;
                }
                let kept = all.clone().into_iter().map(|mut kept| {
                    kept[level].insert(space);
                    kept
                });
                all = kept.chain(all.iter().cloned()).collect();
            }
        }
        Some(all)
    }
}
