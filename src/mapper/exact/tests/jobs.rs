//! Random small jobs: architectures, problems and constraints of every kind, from a generator of our own.

use indexmap::IndexMap;

use crate::architecture::{
    ActionEnergies, Architecture, ArithmeticSpec, Bandwidth, InferredNetwork, LevelSpec, Metadata, Multicast,
    MulticastEntry, NetworkClass, NetworkSpec, NetworkType, SizeSpec, Technology, Tree, Wiring,
};
use crate::mapper::Job;
use crate::mapping::DataSpaceSet;
use crate::mapspace::{Constraints, FactorLimits, LoopConstraints};
use crate::model::{
    Choice, LevelSettings, Rank, RankFormat, RankOrder, Representation, SparseDesign, SparseModel, SparseSettings,
};
pub(super) use crate::random::Random;
use crate::workload::{Coefficient, DataSpace, Densities, Density, Problem, Term};

impl Random {
    fn subset(&mut self, count: usize, one_in: usize) -> DataSpaceSet {
        (0..count).filter(|_| self.one_in(one_in)).collect()
    }
}

/// One job, owned.
#[derive(Clone, Debug)]
pub(super) struct Owned {
    pub(super) architecture: Architecture,
    pub(super) problem: Problem,
    pub(super) constraints: Constraints,
    pub(super) design: Option<SparseDesign>,
}

impl Owned {
    pub(super) fn job(&self) -> Job<'_> {
        Job::new(&self.architecture, &self.problem, &self.constraints)
    }

    pub(super) fn sparse_model(&self) -> Option<SparseModel<'_>> {
        self.design.as_ref().map(|design| SparseModel::new(&self.architecture, &self.problem, design))
    }

    pub(super) fn sparse_job<'a>(&'a self, sparse: Option<&'a SparseModel<'a>>) -> Job<'a> {
        Job { sparse, ..self.job() }
    }
}

/// Which kinds a generator makes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kinds {
    /// Networks that cost energy, explicit ones of every class, too: what only the full model covers.
    pub(super) networks: bool,
    /// The same, and networks that spread tiles over instances.
    pub(super) spread_tiles: bool,
    /// Fixed factors that do not divide.
    pub(super) imperfect: bool,
    /// Constraints of every kind on every level.
    pub(super) constrained: bool,
    /// Compute units cost more than all else.
    pub(super) dear_computes: bool,
    /// Windows over long rows of children, so that groups of children with equal tiles differ in size.
    pub(super) uneven: bool,
    /// Other bounds, fixed factors and coefficients than the other kinds have, most of them prime.
    pub(super) odd: bool,
    /// Zeros in the data, and hardware that makes use of them.
    pub(super) sparse: bool,
}

pub(super) fn random(seed: u64, kinds: Kinds) -> Owned {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678);
    random.below(2);
    let architecture = architecture(&mut random, kinds);
    let problem = problem(&mut random, kinds);
    let constraints = constraints(&mut random, &architecture, &problem, kinds);
    let design = kinds.sparse.then(|| sparse_design(&mut random, &architecture, &problem));
    Owned { architecture, problem, constraints, design }
}

fn density(random: &mut Random, ranks: usize) -> Density {
    let share = random.pick(&[0.04, 0.1, 0.25, 0.3, 0.5, 0.5, 0.75, 1.0]);
    match random.below(8) {
        0..=2 => Density::Hypergeometric(share),
        3 if ranks == 2 => Density::Banded(1),
        _ => Density::FixedStructured(share),
    }
}

/// Formats from some level outwards; gating and skipping at some levels.
fn sparse_design(random: &mut Random, architecture: &Architecture, problem: &Problem) -> SparseDesign {
    let (levels, spaces) = (architecture.levels().len(), problem.data_spaces().len());
    let mut densities = Densities::dense(problem);
    let empty = LevelSettings { formats: vec![None; spaces], ..LevelSettings::default() };
    let mut settings = SparseSettings {
        is_active: !random.one_in(20),
        levels: vec![empty; levels],
        gates_computes: random.one_in(3),
        skips_computes: random.one_in(3),
    };
    if !settings.is_active {
        return SparseDesign { densities, settings };
    }
    let all: Vec<usize> = (0..problem.dimensions().len()).collect();
    for space in 0..spaces {
        if !random.one_in(4) {
            densities.set(space, density(random, problem.data_spaces()[space].projection.len()));
        }
        if random.one_in(2) {
            continue;
        }
        let from = random.below(levels);
        let is_flat = random.one_in(2);
        let mut ranks = Vec::new();
        for level in from..levels {
            if ranks.is_empty() || random.one_in(2) {
                let format = random.pick(&RankFormat::ALL);
                let rules = match random.below(3) {
                    _ if is_flat => vec![all.clone()],
                    0 => Vec::new(),
                    1 => vec![all.clone()],
                    _ => vec![all.iter().copied().filter(|_| random.one_in(2)).collect(), all.clone()],
                };
                ranks.push(Rank { format, metadata_bits: 2, payload_bits: random.pick(&[0, 3]), rules });
            }
            let order = random.pick(&[RankOrder::OuterToInner, RankOrder::OuterToInner, RankOrder::InnerToOuter]);
            settings.levels[level].formats[space] = Some(Representation { ranks: ranks.clone(), order });
        }
    }
    for level in &mut settings.levels {
        for _ in 0..random.below(3) {
            let mut choice = || {
                let target = random.below(spaces);
                let leaders = (0..1 + random.below(2)).map(|_| random.below(spaces)).collect();
                Choice { target, leaders }
            };
            let choices = vec![choice(), choice()];
            let choices = if random.one_in(4) { choices } else { choices[..1].to_vec() };
            match random.below(9) {
                0..=3 => level.gating.push(choices),
                4..=7 => level.skipping.push(choices),
                _ if random.one_in(2) => level.spatial_skipping.extend(choices.into_iter().take(1)),
                _ => {}
            }
        }
    }
    SparseDesign { densities, settings }
}

/// A small problem on so many levels of ample size, without constraints.
pub(super) fn deep(levels: usize) -> Owned {
    let mut random = Random(1);
    let problem = problem(&mut random, Kinds::default());
    let level = |index: usize| {
        let is_outermost = index + 1 == levels;
        LevelSpec {
            technology: Some(if is_outermost { Technology::Dram } else { Technology::Sram }),
            size: if is_outermost { SizeSpec::Unspecified } else { SizeSpec::Words(100_000) },
            actions: Some(["read", "write", "update"].map(|action| (action.to_owned(), 1.0 + index as f64)).into()),
            ..LevelSpec::new(format!("level{index}"), if is_outermost { "DRAM" } else { "SRAM" }, 1)
        }
    };
    let units = ArithmeticSpec {
        actions: Some(IndexMap::from([("compute".to_owned(), 0.5)])),
        ..ArithmeticSpec {
            name: "mac".to_owned(),
            class: "intmac".to_owned(),
            instances: 1,
            ..ArithmeticSpec::default()
        }
    };
    let architecture = Architecture::with_networks((0..levels).map(level).collect(), units, Vec::new()).unwrap();
    let constraints = Constraints::none(&architecture, &problem);
    Owned { architecture, problem, constraints, design: None }
}

/// What a level holds and does of compressed data.
fn metadata(random: &mut Random, level: &mut LevelSpec) {
    level.metadata = Metadata {
        width_bits: random.one_in(2).then(|| random.pick(&[6, 12, 24])),
        depth: Some(random.pick(&[1, 64, 100_000])),
        decompresses: !random.one_in(4),
        compresses: !random.one_in(4),
        overbooks: random.one_in(10),
        ..Metadata::default()
    };
    let names = ["gated_read", "skipped_read", "gated_write", "metadata_read", "metadata_write", "decompression_count"];
    for name in names {
        if random.one_in(2) {
            let pj = random.below(200) as f64 / 100.0;
            level.actions.get_or_insert_default().insert(name.to_owned(), pj);
        }
    }
}

fn architecture(random: &mut Random, kinds: Kinds) -> Architecture {
    let count = 2 + random.below(3);
    let (mut x, mut y) = (1u64, 1u64);
    let mut fan = |random: &mut Random| {
        if kinds.uneven {
            x *= if x == 1 { random.pick(&[6, 9]) } else { 1 };
        } else if random.one_in(2) {
            x *= random.pick(&[1, 2, 2, 3, 4]);
            y *= random.pick(&[1, 1, 2, 3, 4]);
        }
        (x, y)
    };
    let mut levels = Vec::new();
    let mut mesh = (1, 1);
    let energies = |random: &mut Random, scale: f64| -> ActionEnergies {
        let mut energy = || (1.0 + random.below(1000) as f64 / 100.0) * scale;
        IndexMap::from([
            ("read".to_owned(), energy()),
            ("write".to_owned(), energy()),
            ("update".to_owned(), energy()),
            ("leak".to_owned(), energy() / 50.0),
        ])
    };
    for level in (0..count).rev() {
        let is_outermost = level + 1 == count;
        let small = random.pick(&[2u64, 4, 8, 16, 64, 100_000]);
        let limit = |random: &mut Random| random.one_in(4).then(|| random.pick(&[0.25, 1.0, 2.0, 7.5]));
        let hop_energy_pj = (kinds.networks && random.one_in(2)).then_some(0.7);
        let wiring = Wiring { hop_energy_pj, ..Wiring::default() };
        let network = InferredNetwork { wiring, ..InferredNetwork::default() };
        levels.push(LevelSpec {
            technology: Some(if is_outermost { Technology::Dram } else { Technology::Sram }),
            mesh_x: Some(mesh.0),
            mesh_y: Some(mesh.1),
            block_size: Some(random.pick(&[1, 1, 2, 4])),
            cluster_size: Some(if mesh.0 * mesh.1 % 2 == 0 { random.pick(&[1, 1, 2]) } else { 1 }),
            size: if is_outermost { SizeSpec::Unspecified } else { SizeSpec::Words(small) },
            min_utilization: Some(if random.one_in(12) { 0.25 } else { 0.0 }),
            bandwidth: Bandwidth { read: limit(random), write: limit(random), shared: limit(random) },
            address_energy_pj: Some(if random.one_in(4) { 0.3 } else { 0.0 }),
            reduction_supported: Some(random.one_in(2)),
            actions: Some(energies(random, if is_outermost { 50.0 } else { 1.0 + level as f64 * 3.0 })),
            area_um2: Some(if kinds.networks { 16.0 } else { 0.0 }),
            network,
            ..LevelSpec::new(format!("level{level}"), if is_outermost { "DRAM" } else { "SRAM" }, mesh.0 * mesh.1)
        });
        mesh = fan(random);
    }
    levels.reverse();
    if kinds.sparse {
        levels.iter_mut().for_each(|level| metadata(random, level));
    }
    let units = ArithmeticSpec {
        mesh_x: Some(mesh.0),
        mesh_y: Some(mesh.1),
        actions: Some(IndexMap::from([("compute".to_owned(), if kinds.dear_computes { 500.0 } else { 0.5 })])),
        area_um2: Some(0.0),
        ..ArithmeticSpec {
            name: "mac".to_owned(),
            class: "intmac".to_owned(),
            instances: mesh.0 * mesh.1,
            ..ArithmeticSpec::default()
        }
    };
    let mut units = units;
    let networks = if kinds.networks { explicit_networks(random, &mut levels, &mut units, kinds) } else { Vec::new() };
    Architecture::with_networks(levels, units, networks).unwrap()
}

/// Explicit networks of every class at some of the connections; whatever they state, words may cost more with fewer accesses.
fn explicit_networks(
    random: &mut Random,
    levels: &mut [LevelSpec],
    units: &mut ArithmeticSpec,
    kinds: Kinds,
) -> Vec<NetworkSpec> {
    let mut networks = Vec::new();
    units.area_um2 = Some(9.0);
    for outer in 0..levels.len() {
        if kinds.spread_tiles && random.one_in(2) {
            levels[outer].network.wiring.kind = Some(NetworkType::ManyToMany);
        }
        let mut stated = |random: &mut Random, classes: usize| {
            let class = match random.below(2 * classes) {
                0 => NetworkClass::Legacy(wiring(random, kinds)),
                1 => NetworkClass::SimpleMulticast(multicast(random)),
                2 if classes > 2 => {
                    NetworkClass::ReductionTree(Tree { wire_energy_pj: Some(20.0), adder_energy_pj: 0.4 })
                }
                _ => return None,
            };
            let name = format!("network{}", networks.len());
            let fill_latency = random.pick(&[0, 0, 1, 5]);
            networks.push(NetworkSpec { name: name.clone(), class, word_bits: 8, fill_latency });
            Some(name)
        };
        let (read, update) = (stated(random, 2), stated(random, 3));
        let inner = match outer.checked_sub(1) {
            Some(inner) => &mut levels[inner].ends,
            None => &mut units.ends,
        };
        (inner.fill, inner.drain) = (read.clone(), update.clone());
        (levels[outer].ends.read, levels[outer].ends.update) = (read, update);
    }
    networks
}

fn wiring(random: &mut Random, kinds: Kinds) -> Wiring {
    Wiring {
        kind: (kinds.spread_tiles && random.one_in(2)).then_some(NetworkType::ManyToMany),
        hop_energy_pj: random.one_in(3).then_some(0.7),
        wire_energy_pj: random.one_in(2).then_some(20.0),
        router_energy_pj: random.one_in(2).then_some(0.3),
        ingress_energy_pj: random.one_in(3).then_some(0.2),
        ..Wiring::default()
    }
}

fn multicast(random: &mut Random) -> Multicast {
    let entry = |receivers: u64, energy_pj: f64| MulticastEntry {
        energy_pj: Some(energy_pj),
        arguments: Some(IndexMap::from([("n".to_owned(), receivers)])),
    };
    let entries = [1, 2, 3, 4, 6].map(|receivers| entry(receivers, random.pick(&[0.0, 0.5, 3.0])));
    Multicast {
        action: "send".to_owned(),
        argument: Some("n".to_owned()),
        per_data_space: false,
        table: Some(IndexMap::from([("send".to_owned(), entries.to_vec())])),
    }
}

fn problem(random: &mut Random, kinds: Kinds) -> Problem {
    let small = if kinds.odd { [1u64, 2, 3, 5, 7] } else { [1u64, 2, 2, 3, 4] };
    let kind = if kinds.uneven { random.pick(&[1, 2, 6]) } else { random.below(9) };
    // Letters, and per data space its ranks: letters with coefficients.
    type Ranks = &'static [&'static [(char, usize)]];
    let (letters, spaces): (&str, [(&str, Ranks); 3]) = match kind {
        0 => (
            "MNK",
            [
                ("A", &[&[('M', 0)], &[('K', 0)]]),
                ("B", &[&[('K', 0)], &[('N', 0)]]),
                ("Z", &[&[('M', 0)], &[('N', 0)]]),
            ],
        ),
        // Two dimensions, grouped.
        1 => (
            "GCMRP",
            [
                ("Weights", &[&[('G', 0)], &[('C', 0)], &[('M', 0)], &[('R', 0)]]),
                ("Inputs", &[&[('G', 0)], &[('C', 0)], &[('R', 2), ('P', 1)]]),
                ("Outputs", &[&[('G', 0)], &[('M', 0)], &[('P', 0)]]),
            ],
        ),
        // The output is what overlaps, as in a transposed convolution.
        2 => (
            "CMRP",
            [
                ("Weights", &[&[('C', 0)], &[('M', 0)], &[('R', 0)]]),
                ("Inputs", &[&[('C', 0)], &[('P', 0)]]),
                ("Outputs", &[&[('M', 0)], &[('R', 2), ('P', 1)]]),
            ],
        ),
        // Not regular: a difference.
        3 => (
            "CRP",
            [
                ("Weights", &[&[('C', 0)], &[('R', 0)]]),
                ("Inputs", &[&[('C', 0)], &[('P', 1), ('R', 3)]]),
                ("Outputs", &[&[('P', 0)]]),
            ],
        ),
        4 | 5 => (
            "CMRSPQ",
            [
                ("Weights", &[&[('C', 0)], &[('M', 0)], &[('R', 0)], &[('S', 0)]]),
                ("Inputs", &[&[('C', 0)], &[('R', 2), ('P', 1)], &[('S', 2), ('Q', 1)]]),
                ("Outputs", &[&[('M', 0)], &[('Q', 0)], &[('P', 0)]]),
            ],
        ),
        _ => (
            "CMRP",
            [
                ("Weights", &[&[('C', 0)], &[('M', 0)], &[('R', 0)]]),
                ("Inputs", &[&[('C', 0)], &[('R', 2), ('P', 1)]]),
                ("Outputs", &[&[('M', 0)], &[('P', 0)]]),
            ],
        ),
    };
    let letters: Vec<char> = letters.chars().collect();
    let mut bounds: Vec<u64> = letters.iter().map(|_| random.pick(&small)).collect();
    // A few loops with many places show more than many loops with few.
    while bounds.iter().filter(|bound| **bound > 1).count() > 4 {
        let dimension = random.below(bounds.len());
        bounds[dimension] = 1;
    }
    if kinds.uneven {
        for (letter, bound) in letters.iter().zip(&mut bounds) {
            *bound = match letter {
                'R' => random.pick(&[2, 3]),
                'P' => random.pick(&[3, 6, 9]),
                'M' => 2,
                _ => 1,
            };
        }
    } else if random.one_in(3) {
        let dimension = random.below(bounds.len());
        bounds[dimension] *= random.pick(&[2, 3]);
    }
    let coefficient = |name: &str, value: i64| Coefficient { name: name.to_owned(), default: 1, value };
    let coefficients = vec![
        coefficient("stride", if kinds.odd { random.pick(&[1, 2, 3, 4]) } else { random.pick(&[1, 1, 2]) }),
        coefficient("dilation", if kinds.odd { random.pick(&[1, 2, 4, 5]) } else { random.pick(&[1, 1, 2, 3]) }),
        coefficient("back", -1),
    ];
    let spaces = spaces.iter().map(|(name, ranks)| DataSpace {
        name: (*name).to_owned(),
        projection: ranks
            .iter()
            .map(|rank| {
                let term = |(letter, coefficient): &(char, usize)| Term {
                    dimension: letters.iter().position(|known| known == letter).unwrap(),
                    coefficient: coefficient.checked_sub(1),
                };
                rank.iter().map(term).collect()
            })
            .collect(),
        read_write: *name == "Z" || *name == "Outputs",
    });
    let bounds = letters.iter().copied().zip(bounds).collect();
    Problem::new(format!("kind{kind}"), bounds, coefficients, spaces.collect()).unwrap()
}

fn loops(random: &mut Random, problem: &Problem, into: &mut LoopConstraints, kinds: Kinds) {
    let dimensions = problem.dimensions();
    for (dimension, (_, bound)) in dimensions.iter().enumerate() {
        let limits = &mut into.factors[dimension];
        match random.below(14) {
            0 | 1 => limits.exact = Some(1),
            2 if kinds.odd && kinds.imperfect => limits.exact = Some(random.pick(&[2, 3, 4, 5])),
            2 => limits.exact = (bound % 2 == 0 || kinds.imperfect).then_some(2),
            3 => limits.at_most = Some(2),
            4 if random.one_in(3) => limits.at_least = Some(2),
            _ => {}
        }
    }
    let mut order: Vec<usize> = (0..dimensions.len()).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, random.below(last + 1));
    }
    if random.one_in(3) {
        let first = random.below(order.len());
        into.innermost = order[..first].to_vec();
        if random.one_in(2) {
            let last = first + random.below(order.len() - first);
            into.outermost = order[last..].to_vec();
        }
    }
}

fn constraints(random: &mut Random, architecture: &Architecture, problem: &Problem, kinds: Kinds) -> Constraints {
    let mut constraints = Constraints::none(architecture, problem);
    let (levels, spaces) = (architecture.levels().len(), problem.data_spaces().len());
    let is_constrained = (random.one_in(2) && !kinds.uneven) || kinds.constrained;
    for (level, stated) in constraints.levels.iter_mut().enumerate() {
        if is_constrained || kinds.imperfect {
            if level + 1 < levels {
                loops(random, problem, &mut stated.temporal, kinds);
            } else {
                let free = vec![FactorLimits::default(); problem.dimensions().len()];
                loops(random, problem, &mut stated.temporal, kinds);
                stated.temporal.factors = free;
            }
            loops(random, problem, &mut stated.spatial.loops, kinds);
            stated.spatial.split = random.one_in(3).then(|| random.below(problem.dimensions().len() + 2));
        }
        if kinds.uneven && architecture.fan_out(level).product() > 1 {
            for (dimension, (letter, bound)) in problem.dimensions().iter().enumerate() {
                stated.spatial.loops.factors[dimension].exact = match letter {
                    'R' => Some(*bound),
                    'P' => Some(3),
                    _ => Some(1),
                };
            }
        }
        for space in 0..spaces {
            let is_outermost = level + 1 == levels;
            if kinds.uneven && level + 2 < levels && random.one_in(2) {
                stated.bypass.insert(space);
                stated.policy.keep.remove(space);
                continue;
            }
            match random.below(if is_outermost { 12 } else { 4 }) {
                0 => {
                    stated.bypass.insert(space);
                    stated.policy.keep.remove(space);
                }
                1 | 2 => stated.policy.keep.insert(space),
                _ => {}
            }
        }
        if random.one_in(5) {
            stated.policy.no_temporal_reuse = random.subset(spaces, 2);
        }
        if random.one_in(5) {
            stated.policy.no_multicast = random.subset(spaces, 2);
        }
        if random.one_in(4) {
            stated.policy.no_link_transfer = random.subset(spaces, 2);
        }
        if random.one_in(8) {
            stated.policy.rmw_first_update = random.subset(spaces, 2);
        }
        if random.one_in(20) {
            stated.policy.no_coalesce = random.subset(spaces, 3);
        }
    }
    if random.one_in(8) {
        constraints.min_parallelism = random.pick(&[0.25, 0.5, 1.0]);
    }
    if random.one_in(8) {
        constraints.max_temporal_loops = Some(2 + random.below(3));
    }
    constraints
}
