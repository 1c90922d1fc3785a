//! One job, prepared for the search: everything that does not depend on a mapping.

use super::counted::{Counted, WordPrice};
use super::geometry::Geometry;
use super::load::Load;
use super::objective::{LowerBounds, NOISE, Objective};
use crate::architecture::{Action, Architecture, Network};
use crate::mapper::Job;
use crate::mapping::{Axis, DataSpaceSet};
use crate::mapspace::{Kind, Mapspace, Order, Placement, divisors};
use crate::model::level::{CostPerWord, LevelCosts};
use crate::model::{Cost, LeastLoops, LevelShares, SparseModel};
use crate::numbers::{real, truncated};

/// A factor of one dimension at one tiling level, and what it leaves to the later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) factor: u64,
    /// Index of what remains, among the divisors of the bound.
    pub(super) rest: u32,
}

/// Factors of all dimensions for the tiling levels, in the order in which the search decides them: spatial ones first, then
/// temporal ones, both innermost first. Only those from which the later tiling levels can be completed.
#[derive(Clone, Debug)]
pub(super) struct Choices {
    /// Per step, dimension and index of what remains; ascending factors.
    table: Vec<Vec<Vec<Vec<Choice>>>>,
    /// Per dimension: its divisors.
    pub(super) divisors: Vec<Vec<u64>>,
}

impl Choices {
    fn new(space: &Mapspace, dimensions: &[usize], steps: &[usize]) -> Self {
        let divisors: Vec<Vec<u64>> =
            dimensions.iter().map(|dimension| divisors(space.factors[*dimension].bound)).collect();
        let mut table = vec![Vec::new(); steps.len()];
        for (at, dimension) in dimensions.iter().enumerate() {
            let factors = &space.factors[*dimension];
            let mut is_complete: Vec<bool> = divisors[at].iter().map(|rest| *rest == 1).collect();
            for (step, tiling) in steps.iter().enumerate().rev() {
                let choices_for = |rest: u64| -> Vec<Choice> {
                    let parts = divisors[at].iter().enumerate().take_while(|(_, left)| **left <= rest);
                    let mut choices: Vec<Choice> = parts
                        .filter(|(index, left)| is_complete[*index] && rest.is_multiple_of(**left))
                        .map(|(index, left)| Choice {
                            factor: rest / left,
                            rest: u32::try_from(index).unwrap_or(u32::MAX),
                        })
                        .filter(|choice| factors.limits[*tiling].allow(choice.factor))
                        .collect();
                    choices.reverse();
                    choices
                };
                let choices: Vec<Vec<Choice>> = divisors[at].iter().map(|rest| choices_for(*rest)).collect();
                is_complete = choices.iter().map(|choices| !choices.is_empty()).collect();
                table[step].push(choices);
            }
        }
        Self { table, divisors }
    }

    #[inline]
    pub(super) fn at(&self, step: usize, dimension: usize, rest: u32) -> &[Choice] {
        &self.table[step][dimension][rest as usize]
    }
}

/// A job, prepared.
#[derive(Debug)]
pub(super) struct PreparedJob<'a> {
    pub(super) job: Job<'a>,
    pub(super) space: &'a Mapspace,
    pub(super) objective: Objective,
    /// What the bounds count beside energy.
    pub(super) load: Option<Load>,
    /// Dimensions with more than one iteration. All lists over dimensions here have one entry for each of these.
    pub(super) dimensions: Vec<usize>,
    pub(super) bounds: Vec<u64>,
    pub(super) spaces: Vec<Geometry>,
    pub(super) levels: Vec<LevelCosts>,
    /// Per level; over the dimensions of the search.
    pub(super) orders: Vec<Order>,
    /// Per spatial step: its level and its places. These are over all dimensions of the problem: unit loops take positions, too.
    pub(super) placements: Vec<(usize, Placement)>,
    pub(super) choices: Choices,
    /// Index of the whole bound, per dimension.
    pub(super) whole: Vec<u32>,
    pub(super) macs: f64,
    /// Energy of one operation at least, in pJ.
    pub(super) compute_pj: f64,
    /// Least share of the operations that take their time.
    pub(super) busy: f64,
    /// Per level and data space, of sparse designs: what is left of dense accesses at least.
    shares: Option<Vec<Vec<LevelShares>>>,
    /// Cycles to fill and drain all networks.
    pub(super) latency: u64,
    /// Whether some level has a limited bandwidth.
    pub(super) is_throttled: bool,
    /// What networks ask of the search.
    pub(super) networks: NetworkEffects,
    /// What the outermost level counts at least, whatever the mapping.
    pub(super) compulsory: Counted,
}

/// What networks ask of the search (docs/search.md section 6.1).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NetworkEffects {
    /// Their energy counts, and what passes levels that keep nothing decides it, too.
    pub(super) cost: bool,
    /// Tiles may be spread over instances: then levels do less than their loops say, and no traffic has a bound.
    pub(super) spread_tiles: bool,
}

impl NetworkEffects {
    fn of(architecture: &Architecture) -> Self {
        let spread_tiles = architecture.levels().iter().any(|level| level.is_distributed);
        Self { cost: spread_tiles || !architecture.networks().iter().all(Network::is_free), spread_tiles }
    }
}

impl<'a> PreparedJob<'a> {
    pub(super) fn new(job: Job<'a>, space: &'a Mapspace, objective: Objective) -> Self {
        let problem = job.problem;
        let dimensions: Vec<usize> =
            (0..problem.dimensions().len()).filter(|dimension| problem.dimensions()[*dimension].1 > 1).collect();
        let bounds: Vec<u64> = dimensions.iter().map(|dimension| problem.dimensions()[*dimension].1).collect();
        let spatial =
            space.tiling.iter().enumerate().filter(|(_, tiling)| tiling.kind == Kind::Spatial).map(|(step, _)| step);
        let temporal =
            space.tiling.iter().enumerate().filter(|(_, tiling)| tiling.kind == Kind::Temporal).map(|(step, _)| step);
        let steps: Vec<usize> = spatial.chain(temporal).collect();
        let choices = Choices::new(space, &dimensions, &steps);
        let placements = space.placements.iter().enumerate();
        let placements =
            placements.filter_map(|(level, placement)| placement.clone().map(|placement| (level, placement)));
        let mut levels = LevelCosts::bounding(job.architecture, problem);
        let computes = job.sparse.map(SparseModel::least_computes);
        for (level, costs) in levels.iter_mut().enumerate() {
            if job.sparse.is_some_and(|sparse| !sparse.knows_held(level)) {
                costs.min_words = 0.0;
            }
        }
        let mut prepared = Self {
            shares: None,
            busy: computes.map_or(1.0, |computes| computes.cycles),
            compulsory: Counted::default(),
            is_throttled: levels.iter().any(|level| level.bandwidth.is_limited()),
            levels,
            spaces: problem
                .data_spaces()
                .iter()
                .map(|space| Geometry::new(problem, space, &dimensions, &bounds))
                .collect(),
            orders: space.orders.iter().map(|order| translated(order, &dimensions)).collect(),
            placements: placements.collect(),
            whole: choices.divisors.iter().map(|all| u32::try_from(all.len() - 1).unwrap_or(u32::MAX)).collect(),
            macs: real(problem.macs()),
            compute_pj: computes.map_or(job.architecture.arithmetic().energy.pj, |computes| computes.energy_pj),
            latency: job.architecture.network_latency(),
            networks: NetworkEffects::of(job.architecture),
            job,
            space,
            load: None,
            objective,
            dimensions,
            bounds,
            choices,
        };
        prepared.shares = prepared.least_shares();
        prepared.load = Load::of(&prepared);
        prepared.compulsory = prepared.compulsory();
        prepared
    }

    /// Gives a spatial step this many instances along one axis.
    pub(super) fn widen(&mut self, step: usize, axis: Axis, instances: u64) {
        let fan_out = &mut self.placements[step].1.fan_out;
        let along = if axis == Axis::X { &mut fan_out.x } else { &mut fan_out.y };
        *along = instances;
    }

    /// Whether it does not matter along which axis a loop over instances lies, only where in their order it stands: to sparse designs that
    /// leave no instances out.
    pub(super) fn axes_are_equal(&self) -> bool {
        !self.networks.cost && self.job.sparse.is_some_and(|sparse| !sparse.skips_instances())
    }

    /// Number of dimensions of the search.
    pub(super) fn count(&self) -> usize {
        self.dimensions.len()
    }

    /// What spatial loops leave to the temporal ones: per dimension, its index among the divisors of the bound.
    pub(super) fn temporal_rest(&self, spatial: &[Vec<u64>]) -> Vec<u32> {
        let place = |dimension: usize| {
            let left = spatial.iter().fold(self.bounds[dimension], |left, factors| left / factors[dimension]);
            let found = self.choices.divisors[dimension].binary_search(&left);
            u32::try_from(found.unwrap_or_default()).unwrap_or(u32::MAX)
        };
        (0..self.count()).map(place).collect()
    }

    /// Factors of all dimensions for the temporal loops of a level.
    #[inline]
    pub(super) fn temporal(&self, level: usize, dimension: usize, rest: u32) -> &[Choice] {
        self.choices.at(self.placements.len() + level, dimension, rest)
    }

    /// Factors of all dimensions of the problem.
    pub(super) fn all_dimensions(&self, factors: &[u64]) -> Vec<u64> {
        let mut all = vec![1; self.job.problem.dimensions().len()];
        for (dimension, factor) in self.dimensions.iter().zip(factors) {
            all[*dimension] = *factor;
        }
        all
    }

    /// Words that a level must hold for tiles of these extents.
    #[inline]
    pub(super) fn words(&self, level: usize, keep: DataSpaceSet, extents: &[u64]) -> u64 {
        self.levels[level].held(keep, |space| self.held(level, space, self.spaces[space].words(extents)))
    }

    /// Words that a level holds at least of a tile of so many words.
    #[inline]
    pub(super) fn held(&self, level: usize, space: usize, words: u64) -> u64 {
        self.job.sparse.map_or(words, |sparse| sparse.least_held((level, space), words))
    }

    /// What a word of a data space adds, with this number of instances in use.
    pub(super) fn per_word(&self, level: usize, space: usize, instances: f64) -> WordPrice {
        let shares = self.shares.as_ref().map(|shares| shares[level][space]);
        self.per_dense_word(level, space, instances, shares)
    }

    /// What a word of a data space adds that dense data would move, if these shares are left of it.
    pub(super) fn per_dense_word(
        &self,
        level: usize,
        space: usize,
        instances: f64,
        shares: Option<LevelShares>,
    ) -> WordPrice {
        if self.networks.spread_tiles {
            return WordPrice::default();
        }
        let costs = &self.levels[level];
        let CostPerWord { read, fill, update } = match shares {
            None => costs.energy_per_word(space, instances),
            Some(LevelShares { read, fill, update, .. }) => {
                costs.energy_per_word_left(space, instances, [read, fill, update])
            }
        };
        let of_word = |action: Action| {
            let load = self.load.filter(|load| load.level == level);
            let scale = || match load.and_then(|load| load.limit) {
                None => shares.map_or(1.0, |shares| shares.accesses),
                Some(_) => self.levels[level].bandwidth_scale(space) * shares.map_or(1.0, |shares| shares.bandwidth),
            };
            load.map_or(0.0, |load| load.of_word(action, instances, scale()))
        };
        let price = |energy_pj: f64, action: Action| Counted { energy_pj, load: of_word(action) };
        WordPrice {
            read: price(read, Action::Read),
            fill: price(fill, Action::Fill),
            update: price(update, Action::Update),
        }
    }

    /// Factor on the bandwidth that a word of a data space takes at least, that dense data would move.
    #[inline]
    pub(super) fn bandwidth_scale(&self, level: usize, space: usize) -> f64 {
        let left = self.shares.as_ref().map_or(1.0, |shares| shares[level][space].bandwidth);
        self.levels[level].bandwidth_scale(space) * left
    }

    /// What is left of dense accesses, whatever the mapping.
    pub(super) fn least_shares(&self) -> Option<Vec<Vec<LevelShares>>> {
        let sparse = self.job.sparse?;
        let ones = vec![vec![1; self.job.problem.dimensions().len()]; self.levels.len()];
        let loops = LeastLoops { tiles: &ones, spatial: &ones, known: 0, alternative: 0 };
        let of_level = |level: usize| {
            (0..self.spaces.len()).map(|space| sparse.least_share_of_level(space, level, &loops)).collect()
        };
        Some((0..self.levels.len()).map(of_level).collect())
    }

    /// What is left of a data space at the levels that keep it, innermost first, with these loops over instances.
    pub(super) fn shares_of(&self, space: usize, kept: &[usize], spatial: &[Vec<u64>]) -> Option<Vec<LevelShares>> {
        let sparse = self.job.sparse?;
        let spatial: Vec<Vec<u64>> = spatial.iter().map(|factors| self.all_dimensions(factors)).collect();
        let mut tiles = spatial.clone();
        for level in 1..tiles.len() {
            let (inside, outside) = tiles.split_at_mut(level);
            outside[0].iter_mut().zip(&inside[level - 1]).for_each(|(extent, inner)| *extent *= inner);
        }
        let loops = LeastLoops { tiles: &tiles, spatial: &spatial, known: 0, alternative: 0 };
        Some(sparse.least_shares_of_all(space, kept, &loops))
    }

    /// Least share of the instances of a level that are in use.
    pub(super) fn used_share(&self, level: usize) -> f64 {
        let ones = vec![vec![1; self.job.problem.dimensions().len()]; self.levels.len()];
        let loops = LeastLoops { tiles: &ones, spatial: &ones, known: 0, alternative: 0 };
        self.job.sparse.map_or(1.0, |sparse| sparse.least_instances(level, &loops))
    }

    /// What the outermost level counts at least, whatever the mapping: it serves every word once (docs/search.md section 5.5).
    fn compulsory(&self) -> Counted {
        let last = self.levels.len() - 1;
        let policies = &self.space.policies;
        let mut counted = Counted::default();
        for (space, geometry) in self.spaces.iter().enumerate() {
            let has_bound = geometry.is_regular && !policies.iter().any(|level| level.no_coalesce.contains(space));
            if !has_bound || !policies[last].keep.contains(space) {
                continue;
            }
            // Where neighbours hand on what a level passes, its parent may be asked for less: a level passes what the one inside bypasses.
            let passes = |level: usize| {
                let is_wide =
                    self.placements.iter().any(|(wide, placement)| *wide == level && placement.fan_out.product() > 1);
                is_wide && !policies[level - 1].keep.contains(space)
            };
            let may_link = policies.iter().any(|level| !level.no_link_transfer.contains(space));
            let may_link = may_link && (1..=last).any(passes);
            let asked = real(geometry.points)
                / if may_link { geometry.most_equal_sums(|dimension| self.bounds[dimension]) } else { 1.0 };
            let first = if geometry.read_write && !policies[last].rmw_first_update.contains(space) {
                real(geometry.whole)
            } else {
                0.0
            };
            let price = self.per_word(last, space, 1.0);
            // Counts of an instance are rounded by less than a word.
            counted += price.served(geometry.read_write) * (asked - 1.0).max(0.0);
            counted -= price.read * first;
            let shares = self.shares.as_ref().map(|shares| shares[last][space]);
            if geometry.read_write && shares.is_some_and(|shares| shares.rounds_reads) {
                counted -= self.whole_read(last, space, 1.0);
            }
        }
        counted
    }

    /// What a word that is read of each instance counts, where nothing is saved of it.
    pub(super) fn whole_read(&self, level: usize, space: usize, instances: f64) -> Counted {
        self.per_dense_word(level, space, instances, None).read * instances
    }

    /// Bounds of all metrics, from one of what is counted, the least cycles, and the energy that leaks per cycle.
    pub(super) fn lower_bounds(&self, counted: Counted, cycles: f64, leak: f64) -> LowerBounds {
        let cycles = self.load.map_or(cycles, |load| cycles.max(load.cycles(counted.load)));
        let energy_pj = (counted.energy_pj + leak * cycles).max(0.0);
        let cost = Cost { energy_pj, cycles: truncated(cycles).saturating_add(self.latency) };
        // Accesses are whole numbers, compared exactly: a sum that is too high by its rounding would refuse mappings of equal value.
        let accesses = (counted.load * (1.0 - NOISE)).ceil().max(0.0);
        LowerBounds { cost, accesses: self.counted_level().map(|level| (level, accesses)) }
    }

    /// The level whose accesses the bounds count, if any.
    pub(super) fn counted_level(&self) -> Option<usize> {
        self.load.filter(|load| load.limit.is_none()).map(|load| load.level)
    }
}

/// An order of the problem's dimensions as one of the dimensions of the search.
fn translated(order: &Order, dimensions: &[usize]) -> Order {
    let list = |list: &[usize]| -> Vec<usize> {
        list.iter().filter_map(|wanted| dimensions.iter().position(|dimension| dimension == wanted)).collect()
    };
    Order { innermost: list(&order.innermost), free: list(&order.free), outermost: list(&order.outermost) }
}
