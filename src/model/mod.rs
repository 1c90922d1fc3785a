//! What a mapping costs: Timeloop's nest analysis and level model, number for number.
//!
//! The steps of [`evaluate`] are those of docs/model.md: does it fit (5.1); how many words cross each boundary
//! (4.2 to 4.5); what that means for each level (4.6); the networks (4.7); energy and cycles (5.2, 5.3). Of sparse designs
//! ([`SparseModel`]) what zeros save comes between counts and costs (9).

mod accesses;
mod cost;
mod evaluation;
mod fast;
mod feasible;
mod footprint;
pub(crate) mod level;
mod limits;
mod nest;
mod network;
mod rejection;
mod sparse;
mod zero_use;

pub use accesses::Accesses;
pub use cost::Cost;
pub(crate) use evaluation::total_words;
pub use evaluation::{ArithmeticUse, DataSpaceUse, Evaluation, Ingress, LevelUse, NetworkDataSpaceUse, NetworkUse};
pub use fast::{FastModel, Scratch};
pub use footprint::Footprint;
pub use level::Bandwidth;
pub use limits::{Limit, Roof, Roofline, limits, roofline};
pub use nest::closed_form::CompactMapping;
pub use rejection::Rejection;
pub use sparse::{
    Abort, Choice, FormatWords, LevelSettings, Rank, RankAccesses, RankFormat, RankOrder, Representation,
    SparseAccesses, SparseComputes, SparseDataSpaceUse, SparseDesign, SparseModel, SparseReason, SparseSettings,
    SparseUse,
};
pub(crate) use sparse::{LeastLoops, LevelShares, Watched, Watches};

use crate::architecture::{Architecture, Mesh};
use crate::mapping::{DataSpaceSet, LevelPolicy, LoopOrder, Mapping};
use crate::numbers::{real, truncated};
use crate::workload::Problem;
pub(crate) use feasible::countable_problem;
use level::LevelCosts;
use level::usage::{self, LevelInUse};
use nest::Nest;
use nest::closed_form::{ClosedForm, Shape};
use nest::points::{self, Points};
pub(crate) use nest::projection::Projection;
use nest::recursive::{Options, tile_delivery};
use nest::region::{Cuboid, Region};
use nest::tiles::{self, Tile};

/// Evaluates one mapping as Timeloop does. For more than one of the same problem, prepare a [`Model`].
pub fn evaluate(architecture: &Architecture, problem: &Problem, mapping: &Mapping) -> Result<Evaluation, Rejection> {
    Model::new(architecture, problem).evaluate(mapping)
}

/// Evaluates one mapping, its tiles taken as the given footprint.
pub fn evaluate_footprint(
    architecture: &Architecture,
    problem: &Problem,
    mapping: &Mapping,
    footprint: Footprint,
) -> Result<Evaluation, Rejection> {
    Model::new(architecture, problem).evaluate_footprint(mapping, footprint)
}

/// Evaluates one mapping of a dense design or, where `design` says what becomes of zeros, of a sparse one. `order` says where loops of
/// one iteration stand, which matters to sparse designs alone.
///
/// # Errors
///
/// Where the model refuses the mapping; or exact footprints are asked for of a sparse design.
pub fn evaluate_design(
    architecture: &Architecture,
    problem: &Problem,
    design: Option<&SparseDesign>,
    (mapping, order): (&Mapping, &LoopOrder),
    footprint: Footprint,
) -> Result<Evaluation, Rejection> {
    match (design, footprint) {
        (None, _) => evaluate_footprint(architecture, problem, mapping, footprint),
        (Some(_), Footprint::Exact) => Err(Rejection::SparseFootprint),
        (Some(design), Footprint::BoundingBox) => {
            SparseModel::new(architecture, problem, design).evaluate(mapping, order)
        }
    }
}

/// One problem on one architecture, prepared for many mappings.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    architecture: &'a Architecture,
    problem: &'a Problem,
    projections: Vec<Projection>,
    /// Per level, innermost first: what its accesses cost.
    costs: Vec<LevelCosts>,
    /// For the closed form, if it covers the problem.
    shape: Option<Shape>,
}

impl<'a> Model<'a> {
    /// Prepares what all mappings of the problem share.
    pub fn new(architecture: &'a Architecture, problem: &'a Problem) -> Self {
        let projections = problem.data_spaces().iter().map(|space| Projection::of(problem, space)).collect();
        let costs = LevelCosts::of_all(architecture.levels(), problem);
        // Distributed multicast is a matter of the recursion.
        let shape = Shape::new(architecture, problem).filter(|_| !is_distributed(architecture));
        Self { architecture, problem, projections, costs, shape }
    }

    /// Everything that the model says of a mapping, with [`Footprint::BoundingBox`]. Perfect factors take the closed form, the
    /// others the recursion.
    pub fn evaluate(&self, mapping: &Mapping) -> Result<Evaluation, Rejection> {
        self.run(mapping, self.shape.as_ref(), Footprint::BoundingBox)
    }

    /// As [`Self::evaluate`], by the recursion whatever the factors: slow, and what the closed form is checked against.
    pub fn evaluate_by_recursion(&self, mapping: &Mapping) -> Result<Evaluation, Rejection> {
        self.run(mapping, None, Footprint::BoundingBox)
    }

    /// As [`Self::evaluate`], the tiles taken as the given footprint. The closed form knows hulls only.
    pub fn evaluate_footprint(&self, mapping: &Mapping, footprint: Footprint) -> Result<Evaluation, Rejection> {
        let shape = self.shape.as_ref().filter(|_| footprint == Footprint::BoundingBox);
        self.run(mapping, shape, footprint)
    }

    fn run(&self, mapping: &Mapping, shape: Option<&Shape>, footprint: Footprint) -> Result<Evaluation, Rejection> {
        let Self { architecture, problem, projections, costs, .. } = self;
        feasible::few_dimensions(problem)?;
        mapping.check(architecture, problem)?;
        let nest = Nest::new(mapping, problem);
        feasible::countable(&nest, problem, projections)?;
        feasible::kept(architecture, problem, mapping)?;
        let exact: Vec<Projection> = match footprint {
            Footprint::BoundingBox => Vec::new(),
            Footprint::Exact => {
                let spaces = problem.data_spaces().iter();
                spaces.map(|space| points::projection(problem, space, nest.whole())).collect::<Result<_, _>>()?
            }
        };
        let projections = if footprint == Footprint::Exact { &exact } else { projections };
        let evaluator = Evaluator { architecture, problem, costs, mapping, nest: &nest, projections, footprint };
        evaluator.fits()?;
        let closed_form = shape.and_then(|shape| ClosedForm::of(shape, mapping));
        let (tiles, operations) = evaluator.tiles(closed_form)?;
        evaluator.parts_fit(&tiles)?;
        evaluator.evaluation(&tiles, operations)
    }
}

/// Whether the tiles of some level may be spread over its instances (docs/model.md section 4.7.5).
fn is_distributed(architecture: &Architecture) -> bool {
    architecture.levels().iter().any(|level| level.is_distributed)
}

/// One mapping with everything it refers to.
struct Evaluator<'a> {
    architecture: &'a Architecture,
    problem: &'a Problem,
    costs: &'a [LevelCosts],
    mapping: &'a Mapping,
    nest: &'a Nest,
    projections: &'a [Projection],
    footprint: Footprint,
}

/// Operations of one compute unit on average, and of all.
#[derive(Clone, Copy)]
struct Operations {
    computes: u64,
    instances: f64,
}

impl Evaluator<'_> {
    fn fits(&self) -> Result<(), Rejection> {
        feasible::compute_units(self.architecture, self.expansion(0))?;
        let levels = self.costs.iter().enumerate();
        for (level, costs) in levels.filter(|(level, _)| !self.architecture.levels()[*level].is_distributed) {
            let extents = self.nest.tile(level);
            let size = |space: usize| self.words(&self.projections[space], extents);
            feasible::capacity(self.architecture, self.problem, self.mapping, (level, costs), size)?;
        }
        let mut levels = self.architecture.levels().iter().enumerate();
        levels.try_for_each(|(index, level)| feasible::instances(level, self.outside(index)))
    }

    /// Whether the parts of tiles fit that instances of a level hold for one another.
    fn parts_fit(&self, tiles: &[Vec<Tile>]) -> Result<(), Rejection> {
        let levels = self.costs.iter().enumerate();
        for (level, costs) in levels.filter(|(level, _)| self.architecture.levels()[*level].is_distributed) {
            let size = |space: usize| tiles[space][level].size;
            feasible::capacity(self.architecture, self.problem, self.mapping, (level, costs), size)?;
        }
        Ok(())
    }

    fn expansion(&self, from: usize) -> Mesh {
        let (x, y) = self.nest.expansion(from);
        Mesh { x, y }
    }

    fn outside(&self, level: usize) -> Mesh {
        self.expansion(self.nest.blocks[level].end)
    }

    /// Words of a tile of the given extents per dimension.
    fn words(&self, projection: &Projection, extents: &[u64]) -> u64 {
        match self.footprint {
            Footprint::BoundingBox => projection.volume(extents),
            Footprint::Exact => Points::tile(projection, extents).words(),
        }
    }

    /// The tiles per data space and level, innermost first, and the operations.
    fn tiles(&self, mut closed_form: Option<ClosedForm>) -> Result<(Vec<Vec<Tile>>, Operations), Rejection> {
        let mut operations = Operations { computes: 0, instances: 1.0 };
        let mut all = Vec::new();
        for (space, projection) in self.projections.iter().enumerate() {
            let levels = 0..self.architecture.levels().len();
            let recursion = match self.footprint {
                Footprint::BoundingBox => tile_delivery::<Cuboid>,
                Footprint::Exact => tile_delivery::<Points>,
            };
            let delivery = |level| match &mut closed_form {
                Some(closed_form) => closed_form.tile_delivery(level, space),
                None => recursion(self.nest, level, projection, self.options(level, space)),
            };
            let deliveries: Vec<_> = levels.map(delivery).collect();
            if let Some(innermost) = deliveries.first().filter(|_| space == 0) {
                let inside = if innermost.working_set.is_some() { self.fan_out(0) } else { 1 };
                let instances = self.nest.replication(self.nest.blocks[0].temporal) * real(inside);
                let instances = real(truncated(instances));
                let per_unit = innermost.transfers.computes / real(innermost.children);
                operations = Operations { computes: truncated(per_unit * instances), instances };
            }
            let whole = self.nest.mold(self.nest.loops.len()).extents(nest::LastPass::MAX);
            let whole = self.words(projection, &whole);
            let sizes: Vec<u64> = deliveries.iter().skip(1).map(|delivery| delivery.tile).chain([whole]).collect();
            let mut tiles: Vec<Tile> = deliveries
                .into_iter()
                .zip(sizes)
                .enumerate()
                .map(|(level, (delivery, size))| {
                    let replication = self.nest.replication(self.nest.blocks[level].end);
                    Tile::new(delivery, size, self.fan_out(level), replication)
                })
                .collect();
            let policies: Vec<LevelPolicy> = self.mapping.levels.iter().map(|level| level.policy).collect();
            let (description, described) = (&self.problem.data_spaces()[space], self.architecture.levels());
            let is_distributed = |level: usize| described[level].is_distributed;
            tiles::finish(&mut tiles, &policies, space, description.read_write, is_distributed).map_err(|level| {
                let (level, data_space) = (described[level].name.clone(), description.name.clone());
                Rejection::ComplexMulticast { level, data_space }
            })?;
            all.push(tiles);
        }
        Ok((all, operations))
    }

    /// Product of the spatial loops of a level.
    fn fan_out(&self, level: usize) -> u64 {
        self.nest.spatial(level).iter().fold(1u64, |product, spatial| product.saturating_mul(spatial.iteration.bound))
    }

    fn options(&self, level: usize, space: usize) -> Options {
        let within = |set: DataSpaceSet| set.contains(space);
        let below = level.checked_sub(1).map(|inner| &self.mapping.levels[inner].policy);
        let policy = &self.mapping.levels[level].policy;
        Options {
            temporal_reuse: !below.is_some_and(|inner| within(inner.no_temporal_reuse)),
            multicast: !within(policy.no_multicast),
            link_transfers: !within(policy.no_link_transfer),
            fan_out: self.architecture.fan_out(level),
        }
    }

    fn evaluation(&self, tiles: &[Vec<Tile>], operations: Operations) -> Result<Evaluation, Rejection> {
        let Operations { computes, instances } = operations;
        let compute_cycles = if self.mapping.is_perfect() {
            truncated((real(computes) / instances).ceil()).max(1)
        } else {
            self.nest.temporal_bounds()
        };
        let descriptions = self.architecture.levels();
        let tiles_at = |level: usize| -> Vec<&Tile> { tiles.iter().map(|tiles| &tiles[level]).collect() };
        let costs = self.costs.iter().enumerate();
        let mut levels: Vec<LevelUse> = costs
            .map(|(level, costs)| usage::level(costs, &tiles_at(level), self.outside(level).product(), compute_cycles))
            .collect();
        let cycles = levels.iter().map(|level| level.cycles).fold(compute_cycles, u64::max);
        let in_use = |level: usize| LevelInUse {
            level: &descriptions[level],
            instances: tiles.iter().map(|tiles| tiles[level].replication).max().unwrap_or(0),
        };
        for (level, used) in levels.iter_mut().enumerate() {
            let gate = descriptions[level].power_gated_at.map(in_use);
            usage::finish(&self.costs[level], used, cycles, in_use(level), gate);
        }
        let units = self.architecture.arithmetic();
        let networks = self.architecture.networks().iter();
        let networks = networks.map(|network| network::evaluate(network, self.problem, &tiles_at(network.level)));
        let networks: Vec<NetworkUse> = networks.collect::<Result<_, _>>()?;
        let cycles = cycles.saturating_add(self.architecture.network_latency());
        let area = |um2: f32, instances: u64| f64::from(um2) * real(instances);
        let arithmetic = ArithmeticUse {
            utilized_instances: self.expansion(0).product(),
            computes,
            cycles: compute_cycles,
            energy_pj: real(computes) * units.energy.pj,
            area_um2: area(units.area.um2, units.instances),
        };
        let stored = |space: &Vec<Tile>| space.iter().rev().map(|tile| tile.size).find(|size| *size > 0).unwrap_or(0);
        let sizes: Vec<u64> = tiles.iter().map(stored).collect();
        let written = self.problem.data_spaces().iter().zip(&sizes).filter(|(space, _)| space.read_write);
        Ok(Evaluation {
            energy_pj: total_energy(&arithmetic, &levels, &networks),
            area_um2: arithmetic.area_um2
                + descriptions.iter().map(|level| area(level.area.um2, level.instances)).sum::<f64>(),
            utilization: real(computes) / real(units.instances) / real(cycles),
            outputs: written.map(|(_, size)| size).sum(),
            required_accesses: sizes.iter().sum(),
            cycles,
            arithmetic,
            levels,
            networks,
            sparse: None,
        })
    }
}

/// Energy of the whole in pJ, summed in Timeloop's order: levels from the inside, then networks by their names.
fn total_energy(arithmetic: &ArithmeticUse, levels: &[LevelUse], networks: &[NetworkUse]) -> f64 {
    let mut by_name: Vec<(&str, f64)> =
        networks.iter().map(|network| (network.name.as_str(), network.energy_pj)).collect();
    by_name.sort_by_key(|(name, _)| *name);
    let levels = std::iter::once(arithmetic.energy_pj).chain(levels.iter().map(|level| level.energy_pj));
    levels.chain(by_name.into_iter().map(|(_, energy)| energy)).sum()
}
