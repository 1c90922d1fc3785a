//! A mapping of a sparse design, evaluated: the analysis, then the compute units and the levels from the inside outwards.

use super::abort::Abort;
use super::analysis::{Analysis, DenseComputes, SpaceAnalysis, analyse};
use super::boxes::TileBox;
use super::computes::SparseComputes;
use super::context::Context;
use super::costs::{Demanded, Vectors, cluster_energy, overflow_energy, vectors};
use super::counts::{FormatWords, SparseAccesses};
use super::density::{DensityModel, model};
use super::least::{Entry, alternatives};
use super::nest::SparseNest;
use super::room::{self, Held};
use super::saving::Failure;
use super::settings::RankFormat;
use super::{SparseDesign, formats};
use crate::architecture::{Action, Architecture, Kind, Mesh};
use crate::mapping::{LoopOrder, Mapping, MappingError};
use crate::model::evaluation::{ArithmeticUse, DataSpaceUse, Evaluation, LevelUse, NetworkUse};
use crate::model::level::usage::throttled;
use crate::model::nest::closed_form::ClosedForm;
use crate::model::nest::projection::Projection;
use crate::model::nest::tiles::Tile;
use crate::model::nest::{MAX_DIMENSIONS, Nest};
use crate::model::{Evaluator, Footprint, Model, Operations, Rejection, feasible, network, total_energy};
use crate::numbers::{real, wrapped};
use crate::workload::{Density, Problem};

/// What a sparse design makes of a mapping, beside what an [`Evaluation`] says of every design.
#[derive(Clone, Debug, PartialEq)]
pub struct SparseUse {
    /// Whether the design sets anything.
    pub is_active: bool,
    /// What becomes of the computes.
    pub computes: SparseComputes,
    /// Compute units in use on average.
    pub compute_instances: f64,
    /// Per level, innermost first, and data space; `None` where bypassed.
    pub levels: Vec<Vec<Option<SparseDataSpaceUse>>>,
}

/// A data space at a storage level of a sparse design. Counts are per instance.
#[derive(Clone, Debug, PartialEq)]
pub struct SparseDataSpaceUse {
    /// How its non-zeros are spread.
    pub density: Density,
    /// Words of a tile, zeros included.
    pub shape: u64,
    /// Words that the level holds of it at most.
    pub held: u64,
    /// The formats of its ranks, innermost first; empty without metadata.
    pub formats: Vec<RankFormat>,
    /// Words of metadata that the level holds at most, per rank, innermost first.
    pub held_metadata: Vec<FormatWords>,
    /// Bits of all of these.
    pub held_metadata_bits: u64,
    /// Words on average as share of the tile.
    pub expected_density: f64,
    /// Instances that the loops name.
    pub max_instances: u64,
    /// Instances in use on average.
    pub instances: f64,
    /// Accesses of data and metadata by kind.
    pub accesses: SparseAccesses,
    /// Words that are decompressed.
    pub decompressions: u64,
    /// Words that are compressed.
    pub compressions: u64,
    /// Energy of metadata of one instance, in pJ; part of the energy of the data space.
    pub metadata_energy_per_instance_pj: f64,
    /// Shares of metadata in what is read and written together, read, and written.
    pub format_shares: [f64; 3],
}

/// A sparse design, prepared for many mappings of one problem.
#[derive(Debug)]
pub struct SparseModel<'a> {
    pub(super) model: Model<'a>,
    pub(super) design: &'a SparseDesign,
    /// Extents per dimension of the whole problem, and the density models of its data spaces.
    pub(super) whole: Vec<u64>,
    pub(super) densities: Result<Densities, Abort>,
    /// Per data space: the dimensions that move it, one bit each.
    pub(super) moving: Vec<u64>,
    /// Per way to choose among options, and level: what is saved.
    pub(super) alternatives: Vec<Vec<Vec<Entry>>>,
}

pub(super) type Densities = Vec<Box<dyn DensityModel>>;

fn densities(design: &SparseDesign, projections: &[Projection], whole: &[u64]) -> Result<Densities, Abort> {
    let spaces = projections.iter().enumerate();
    spaces.map(|(space, projection)| model(design.densities.of(space), TileBox::of(projection, whole))).collect()
}

impl<'a> SparseModel<'a> {
    /// Prepares what all mappings of the problem share.
    pub fn new(architecture: &'a Architecture, problem: &'a Problem, design: &'a SparseDesign) -> Self {
        let model = Model::new(architecture, problem);
        let whole: Vec<u64> = problem.dimensions().iter().map(|(_, bound)| *bound).collect();
        // A problem that cannot be counted is refused before densities matter.
        let densities = match feasible::countable_problem(problem) {
            Ok(()) => densities(design, &model.projections, &whole),
            Err(_) => Ok(Vec::new()),
        };
        let bit = |dimension: usize| if dimension < MAX_DIMENSIONS { 1 << dimension } else { 0 };
        let dimensions = |projection: &Projection| {
            projection.ranks.iter().flatten().fold(0, |set: u64, (dimension, _)| set | bit(*dimension))
        };
        let moving = model.projections.iter().map(dimensions).collect();
        let alternatives = alternatives(&design.settings);
        Self { model, design, whole, densities, moving, alternatives }
    }

    /// Whether the densities can be counted at all.
    ///
    /// # Errors
    ///
    /// Where they cannot: then no mapping can be evaluated.
    pub fn check(&self) -> Result<(), Abort> {
        self.densities.as_ref().map(|_| ()).map_err(Clone::clone)
    }

    /// Everything that the model says of a mapping (docs/model.md section 9). `order` says where loops of one iteration stand.
    ///
    /// # Errors
    ///
    /// Where the real program refuses the mapping, with its words, or aborts.
    pub fn evaluate(&self, mapping: &Mapping, order: &LoopOrder) -> Result<Evaluation, Rejection> {
        let Model { architecture, problem, projections, costs, shape } = &self.model;
        feasible::few_dimensions(problem)?;
        mapping.check(architecture, problem)?;
        if !order.is_complete(mapping.levels.len(), problem.dimensions().len()) {
            return Err(MappingError::Order.into());
        }
        let nest = Nest::new(mapping, problem);
        feasible::countable(&nest, problem, projections)?;
        feasible::kept(architecture, problem, mapping)?;
        let footprint = Footprint::BoundingBox;
        let evaluator = Evaluator { architecture, problem, costs, mapping, nest: &nest, projections, footprint };
        evaluator.check_formats(self.design)?;
        let closed_form = shape.as_ref().and_then(|shape| ClosedForm::of(shape, mapping));
        let (tiles, operations) = evaluator.tiles(closed_form)?;
        let sparse_nest = SparseNest::new(mapping, order, architecture, problem.dimensions().len());
        let whole = sparse_nest.inside(sparse_nest.loops.len());
        // Imperfect factors may make a tensor larger than it is.
        let own = if *whole == *self.whole { None } else { Some(densities(self.design, projections, whole)?) };
        let context = Context {
            architecture,
            problem,
            mapping,
            settings: &self.design.settings,
            projections,
            tiles: &tiles,
            moving: &self.moving,
            models: own.as_ref().map_or_else(|| self.densities.as_ref(), Ok).map_err(Clone::clone)?,
            nest: sparse_nest,
        };
        evaluator.sparse_evaluation(self.design, &context, operations)
    }
}

impl Evaluator<'_> {
    /// Whether levels can hand on the formats that they hold.
    fn check_formats(&self, design: &SparseDesign) -> Result<(), Rejection> {
        let read_write: Vec<bool> = self.problem.data_spaces().iter().map(|space| space.read_write).collect();
        let checked = formats::check(self.architecture, self.mapping, &design.settings, &read_write);
        checked.map_err(|(level, reason)| Rejection::Sparse {
            level: self.architecture.levels()[level].name.clone(),
            reason,
        })
    }

    /// The evaluation of a sparse design. The checks of a dense one are made here, of the tiles as they are held.
    fn sparse_evaluation(
        &self,
        design: &SparseDesign,
        context: &Context,
        operations: Operations,
    ) -> Result<Evaluation, Rejection> {
        let Operations { computes, instances } = operations;
        let analysis = analyse(context, self.nest, DenseComputes { computes, instances });
        let analysis = analysis.map_err(rejection)?;
        let instances = &analysis.instances;
        feasible::compute_units(self.architecture, instances.compute_expansion)?;
        let mut held = Vec::new();
        for level in 0..context.levels() {
            let own = room::held(context, level, &analysis).map_err(rejection)?;
            room::check(context, level, &own)?;
            held.push(own);
            let expansions = instances.expansions.iter().map(|levels| levels[level]);
            let most = expansions
                .fold(Mesh { x: 1, y: 1 }, |most, own| if own.product() > most.product() { own } else { most });
            feasible::instances(&self.architecture.levels()[level], most)?;
        }
        if let Some(undefined) = held.iter().flatten().flatten().find(|held| held.is_undefined) {
            return Err(Abort::EndOfTable { entries: undefined.words }.into());
        }
        self.costs_of(context, design, &analysis, &held)
    }

    fn costs_of(
        &self,
        context: &Context,
        design: &SparseDesign,
        analysis: &Analysis,
        held: &[Vec<Option<Held>>],
    ) -> Result<Evaluation, Rejection> {
        let SparseComputes { algorithmic, actual, gated, skipped } = analysis.computes;
        let units = self.architecture.arithmetic();
        let busy = real(actual.wrapping_add(gated));
        let compute_cycles = if self.mapping.is_perfect() {
            wrapped((busy / analysis.instances.compute_average.trunc()).ceil())
        } else {
            self.nest.temporal_bounds()
        };
        let arithmetic = ArithmeticUse {
            utilized_instances: analysis.instances.compute_expansion.product(),
            computes: algorithmic,
            cycles: compute_cycles,
            energy_pj: real(actual) * units.energy.pj + real(skipped) * units.skipped_pj + real(gated) * units.gated_pj,
            area_um2: f64::from(units.area.um2) * real(units.instances),
        };
        let (mut levels, mut sparse) = (Vec::new(), Vec::new());
        let mut inner: Vec<Option<(Vectors, Held)>> = vec![None; context.spaces()];
        for (level, held) in held.iter().enumerate() {
            let (used, of_spaces) =
                self.level_of(context, design, analysis, (level, held), compute_cycles, &mut inner)?;
            levels.push(used);
            sparse.push(of_spaces);
        }
        let cycles = levels.iter().map(|level: &LevelUse| level.cycles).fold(compute_cycles, u64::max);
        for (level, used) in levels.iter_mut().enumerate() {
            self.leak(level, used, &analysis.averages, cycles);
        }
        let networks = self.architecture.networks().iter();
        let networks = networks.map(|network| {
            let tiles: Vec<&Tile> = context.tiles.iter().map(|tiles| &tiles[network.level]).collect();
            network::evaluate(network, self.problem, &tiles)
        });
        let networks: Vec<NetworkUse> = networks.collect::<Result<_, _>>()?;
        let cycles = cycles.saturating_add(self.architecture.network_latency());
        let whole = |space: usize| {
            let outermost = held.iter().rev().find_map(|level| level[space].as_ref());
            outermost.map(|held| held.words).filter(|words| *words > 0)
        };
        let mut sizes = Vec::new();
        for space in 0..context.spaces() {
            let words = whole(space).ok_or_else(|| Abort::Empty(context.space_name(space)))?;
            sizes.push(words);
        }
        let written = (0..context.spaces()).filter(|space| context.is_read_write(*space)).map(|space| sizes[space]);
        let area = |um2: f32, instances: u64| f64::from(um2) * real(instances);
        Ok(Evaluation {
            energy_pj: total_energy(&arithmetic, &levels, &networks),
            area_um2: arithmetic.area_um2
                + self.architecture.levels().iter().map(|level| area(level.area.um2, level.instances)).sum::<f64>(),
            utilization: busy / real(units.instances) / real(cycles),
            outputs: written.sum(),
            required_accesses: sizes.iter().sum(),
            cycles,
            arithmetic,
            levels,
            networks,
            sparse: Some(Box::new(SparseUse {
                is_active: design.settings.is_active,
                computes: analysis.computes,
                compute_instances: analysis.instances.compute_average,
                levels: sparse,
            })),
        })
    }

    /// A level without its leakage.
    fn level_of(
        &self,
        context: &Context,
        design: &SparseDesign,
        analysis: &Analysis,
        (level, held): (usize, &[Option<Held>]),
        compute_cycles: u64,
        inner: &mut [Option<(Vectors, Held)>],
    ) -> Result<(LevelUse, Vec<Option<SparseDataSpaceUse>>), Rejection> {
        let cycles = real(compute_cycles);
        let (mut spaces, mut sparse) = (Vec::new(), Vec::new());
        for space in 0..context.spaces() {
            let (Some(own), Some(held)) = (&analysis.spaces[space][level], &held[space]) else {
                spaces.push(None);
                sparse.push(None);
                continue;
            };
            let vectors = vectors(context, (level, space), own)?;
            let expansion = analysis.instances.expansions[space][level];
            let instances = analysis.averages[space][level];
            let place = Place { level, space, expansion, instances, cycles };
            let (used, of_space) = self.space_of(context, design, place, own, held, &vectors, inner[space].as_ref());
            spaces.push(Some(used));
            sparse.push(Some(of_space));
            inner[space] = Some((vectors, held.clone()));
        }
        let used = throttled(&self.costs[level], spaces, |slowdown| wrapped((cycles / slowdown).ceil()));
        Ok((used, sparse))
    }

    #[expect(clippy::too_many_arguments, reason = "what the steps before found")]
    fn space_of(
        &self,
        context: &Context,
        design: &SparseDesign,
        place: Place,
        own: &SpaceAnalysis,
        held: &Held,
        vectors: &Vectors,
        inner: Option<&(Vectors, Held)>,
    ) -> (DataSpaceUse, SparseDataSpaceUse) {
        let Place { level, space, expansion, instances, cycles } = place;
        let (description, tile) = (&self.architecture.levels()[level], &context.tiles[space][level]);
        let costs = &self.costs[level];
        let clusters = expansion.product().min(description.instances / description.cluster_size);
        let (of_cluster, metadata) = cluster_energy(description, own, vectors, held);
        let overflow = inner.map_or(0.0, |(vectors, held)| overflow_energy(description, vectors, held));
        let per_instance = |of_cluster: f64| {
            if instances > 0.0 { of_cluster / (real(expansion.product()) / real(clusters)) } else { 0.0 }
        };
        let energy_per_instance_pj = per_instance(of_cluster + overflow);
        let addressed = |action: Action| {
            own.accesses.words(Kind::Actual, action).wrapping_add(own.accesses.words(Kind::Gated, action))
        };
        let other = if context.is_read_write(space) { Action::Update } else { Action::Read };
        let address_generations = addressed(other).wrapping_add(addressed(Action::Fill));
        let address_energy = real(address_generations) * description.address_energy_pj.max(0.0);
        let demands = [&Action::ALL[..], &[Action::Read], &[Action::Fill, Action::Update]]
            .map(|actions| Demanded::of(&own.accesses, actions));
        let [_, reads, writes] =
            demands.map(|demanded| demanded.per_cycle(description, (expansion, instances), cycles));
        let [_, read, written] = demands.map(|demanded| demanded.words(description));
        let [shares, read_shares, write_shares] = demands;
        let format_shares = [
            shares.format_share(description, read.wrapping_add(written)),
            read_shares.format_share(description, read),
            write_shares.format_share(description, written),
        ];
        let scale = costs.bandwidth_scale(space);
        let representation = context.representation(level, space);
        let units = held.units.iter();
        let used = DataSpaceUse {
            partition: tile.partition,
            tile: held.words,
            held: tile.size,
            utilized_instances: wrapped(instances),
            utilized_clusters: clusters,
            accesses: tile.accesses,
            temporal_reductions: own.temporal_reductions,
            address_generations,
            energy_per_instance_pj,
            energy_pj: energy_per_instance_pj * instances,
            address_energy_per_cluster_pj: address_energy,
            address_energy_pj: address_energy * real(clusters),
            bandwidth_scale: scale,
            read_bandwidth: reads * scale,
            write_bandwidth: writes * scale,
        };
        let of_space = SparseDataSpaceUse {
            density: design.densities.of(space),
            shape: tile.size,
            held: held.words,
            formats: representation
                .map_or_else(Vec::new, |representation| representation.ranks.iter().map(|rank| rank.format).collect()),
            held_metadata: units
                .map(|units| FormatWords {
                    metadata: wrapped(units.metadata.ceil()),
                    payload: wrapped(units.payload.ceil()),
                })
                .collect(),
            held_metadata_bits: held.metadata_bits,
            expected_density: own.occupancy.density,
            max_instances: expansion.product(),
            instances,
            accesses: own.accesses.clone(),
            decompressions: own.decompressions,
            compressions: own.compressions,
            metadata_energy_per_instance_pj: per_instance(metadata),
            format_shares,
        };
        (used, of_space)
    }

    /// Adds the leakage over all cycles to a level, and sums its energy.
    fn leak(&self, level: usize, used: &mut LevelUse, averages: &[Vec<f64>], cycles: u64) {
        let most = |level: usize| averages.iter().map(|levels| levels[level]).fold(0.0, f64::max);
        let description = &self.architecture.levels()[level];
        let in_use = most(level).max(1.0);
        let mut powered = in_use;
        if let Some(gate) = description.power_gated_at {
            let outer = &self.architecture.levels()[gate];
            if description.instances > outer.instances {
                used.instances_per_power_gate = real(description.instances) / real(outer.instances);
                powered = used.instances_per_power_gate * most(gate);
                used.powered_utilization = in_use / powered;
            }
        }
        used.leakage_pj = self.costs[level].leakage(real(cycles), powered);
        let leakage = used.leakage_pj / real(crate::numbers::count(used.data_spaces.len()));
        let energy = |space: &Option<DataSpaceUse>| {
            space.as_ref().map_or(0.0, |space| space.energy_pj + space.address_energy_pj) + leakage
        };
        used.energy_pj = used.data_spaces.iter().map(energy).sum();
    }
}

/// Where a data space is looked at.
#[derive(Clone, Copy)]
struct Place {
    level: usize,
    space: usize,
    /// Instances that the loops name.
    expansion: Mesh,
    /// Instances in use on average.
    instances: f64,
    cycles: f64,
}

fn rejection(failure: Failure) -> Rejection {
    match failure {
        Failure::Level(level, reason) => Rejection::Sparse { level, reason },
        Failure::Abort(abort) => abort.into(),
    }
}
