use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use super::*;
use crate::architecture::{
    ArithmeticSpec, Bandwidth, InferredNetwork, LevelSpec, Metadata, Multicast, MulticastEntry, NetworkClass,
    NetworkEnds, NetworkSpec, NetworkType, SizeSpec, Tree, Wiring,
};
use crate::mapper::{Algorithm, Metric, Template};
use crate::mapping::DataSpaceSet;
use crate::mapspace::{FactorLimits, LoopConstraints};
use crate::timeloop::files::{architecture, constraints, mapper_settings, parse_document, problem};
use crate::warned::Warned;
use crate::workload::{Axis, Convolution, Operation, ProblemStyle};

fn problem() -> Problem {
    let operation = Operation::Convolution(Convolution {
        batch: 1,
        groups: 2,
        in_channels_per_group: 4,
        out_channels_per_group: 12,
        window: vec![Axis::convolution(3, 2, 6, (6, 6), 65).unwrap(), Axis::convolution(5, 1, 2, (0, 0), 33).unwrap()],
        transposed: false,
    });
    Problem::of(&operation, ProblemStyle::Native).unwrap()
}

/// Energies of some actions.
fn actions() -> impl Strategy<Value = Option<Vec<(&'static str, f64)>>> {
    let names = [
        "leak",
        "write",
        "read",
        "update",
        "fill",
        "random_read",
        "random_write",
        "metadata_read",
        "metadata_write",
        "gated_read",
        "skipped_write",
        "compression_count",
        "compute",
        "compute_gated",
    ];
    // Few values, so that the largest are often equal.
    let energy = prop_oneof![Just(0.0), Just(512.0), 0.0..3.0, 1e-9..1e-6];
    of(vec((prop::sample::select(names.to_vec()), energy), 0..7))
}

fn positive() -> impl Strategy<Value = Option<f64>> {
    of(prop_oneof![Just(0.5), Just(16.0), 1e-3..1e4])
}

fn level() -> impl Strategy<Value = LevelSpec> {
    let class = prop::sample::select(vec!["DRAM", "SRAM", "smartbuffer_RF", "dummy_storage", "my DRAM: #1"]);
    let geometry = (1u64..33, 1u64..9, 1u64..4, of(0u64..1 << 40), 1.0..3.0, 0.0..1.0);
    let energies = (actions(), of(0.0..9.0), of(0.0..9.0), of(0.0..1e7));
    let bandwidth = (positive(), positive(), positive(), of(0.1..2.0));
    let network = (positive(), positive(), positive(), positive(), positive(), 0u64..3, 0u64..3);
    (class, geometry, energies, bandwidth, network, of(any::<bool>())).prop_map(
        |(class, geometry, energies, bandwidth, network, reduction)| {
            let (word_bits, block_size, cluster_size, size, buffering, min_utilization) = geometry;
            let (actions, user, address, area) = energies;
            let mut spec = LevelSpec::new("", class, 1);
            spec.word_bits = Some(word_bits);
            spec.block_size = Some(block_size);
            spec.cluster_size = Some(cluster_size);
            if class.contains("DRAM") {
                spec.technology = Some(crate::architecture::Technology::Dram);
            }
            spec.size = match size {
                Some(words) => SizeSpec::Words(words),
                None if class.contains("DRAM") => SizeSpec::Unspecified,
                None => SizeSpec::Depth(64),
            };
            spec.multiple_buffering = Some(buffering);
            spec.min_utilization = Some(min_utilization);
            spec.actions = actions.map(|actions| actions.into_iter().map(|(name, pj)| (name.to_owned(), pj)).collect());
            spec.vector_access_energy_pj = user;
            if reduction == Some(true) {
                let (width_bits, depth) = (Some(8 * block_size), size);
                spec.metadata = Metadata {
                    word_bits: Some(word_bits),
                    width_bits,
                    depth,
                    decompresses: true,
                    ..Metadata::default()
                };
            }
            spec.address_energy_pj = address;
            spec.area_um2 = area;
            let (read, write, shared, scale) = bandwidth;
            spec.bandwidth = Bandwidth { read, write, shared };
            spec.bandwidth_scale = scale.map(|scale| ("Inputs".to_owned(), scale)).into_iter().collect();
            let (hop, wire, tile, router, ingress, fill_latency, drain_latency) = network;
            spec.network = InferredNetwork {
                wiring: Wiring {
                    kind: fill_latency.is_multiple_of(3).then_some(NetworkType::OneToMany),
                    hop_energy_pj: hop,
                    wire_energy_pj: wire,
                    tile_width_um: tile,
                    router_energy_pj: router,
                    ingress_energy_pj: ingress,
                },
                word_bits: fill_latency.is_multiple_of(2).then_some(5),
                fill_latency,
                drain_latency,
            };
            spec.reduction_supported = reduction;
            spec
        },
    )
}

/// What a network may be: its class, an energy, a latency.
type Drawn = (usize, f64, u64);

fn network_class((class, pj, latency): Drawn) -> Option<NetworkClass> {
    match class {
        0 => Some(NetworkClass::Legacy(Wiring {
            kind: latency.is_multiple_of(2).then_some(NetworkType::ManyToMany),
            router_energy_pj: Some(pj),
            ..Wiring::default()
        })),
        1 => {
            let arguments = latency.is_multiple_of(2).then(|| [("n".to_owned(), 3)].into());
            let energy_pj = arguments.is_none().then_some(pj);
            let entries =
                vec![MulticastEntry { energy_pj: Some(pj), arguments: None }, MulticastEntry { energy_pj, arguments }];
            let entries = if latency == 0 { entries } else { entries[..1].to_vec() };
            Some(NetworkClass::SimpleMulticast(Multicast {
                action: "send on".to_owned(),
                argument: (latency < 2).then(|| "n".to_owned()),
                per_data_space: latency.is_multiple_of(3),
                table: Some([("send on_Weights".to_owned(), entries)].into()),
            }))
        }
        2 => Some(NetworkClass::ReductionTree(Tree { wire_energy_pj: Some(pj), adder_energy_pj: pj / 2.0 })),
        _ => None,
    }
}

/// Networks at the connections, two for each.
fn connect(levels: &mut [LevelSpec], units: &mut ArithmeticSpec, drawn: &[Drawn]) -> Vec<NetworkSpec> {
    let mut networks = Vec::new();
    for outer in 0..levels.len() {
        let mut name = |drawn: Drawn, reads: bool| {
            let class =
                network_class(drawn).filter(|class| !reads || !matches!(class, NetworkClass::ReductionTree(_)))?;
            let name = format!("network {}", networks.len());
            networks.push(NetworkSpec { name: name.clone(), class, word_bits: 8 + drawn.2, fill_latency: drawn.2 });
            Some(name)
        };
        let (read, update) = (name(drawn[2 * outer], true), name(drawn[2 * outer + 1], false));
        let inner = if outer == 0 { &mut units.ends } else { &mut levels[outer - 1].ends };
        (inner.fill, inner.drain) = (read.clone(), update.clone());
        (levels[outer].ends.read, levels[outer].ends.update) = (read, update);
    }
    networks
}

/// One to four levels with meshes that fit into each other, and networks of every class between them.
fn systems() -> impl Strategy<Value = Architecture> {
    let units = (actions(), of(0.0..9.0), of(0.0..1e4), 1u64..33);
    let networks = vec((0usize..6, 0.0..3.0f64, 0u64..4), 8);
    (vec((level(), 1u64..4, 1u64..4), 1..5), units, 0usize..8, networks).prop_map(|(parts, units, gate, drawn)| {
        let (mut x, mut y) = (1, 1);
        let mut levels: Vec<LevelSpec> = Vec::new();
        // From the outermost inwards.
        for (at, (mut spec, fan_out_x, fan_out_y)) in parts.into_iter().enumerate() {
            let cluster = spec.cluster_size.unwrap_or(1);
            (x, y) = (x * fan_out_x * cluster, y * fan_out_y);
            spec.name = format!("level {at}");
            (spec.instances, spec.mesh_x, spec.mesh_y) = (x * y, Some(x), Some(y));
            if at == gate {
                spec.power_gated_at = Some("level 0".to_owned());
            }
            levels.insert(0, spec);
        }
        let (actions, energy_pj, area_um2, word_bits) = units;
        let mut units = ArithmeticSpec {
            name: "mac".into(),
            class: "intmac".into(),
            instances: 2 * x * y,
            mesh_x: Some(x),
            mesh_y: Some(2 * y),
            word_bits: Some(word_bits),
            actions: actions.map(|actions| actions.into_iter().map(|(name, pj)| (name.to_owned(), pj)).collect()),
            energy_pj,
            area_um2,
            ends: NetworkEnds::default(),
        };
        let networks = connect(&mut levels, &mut units, &drawn);
        Architecture::with_networks(levels, units, networks).unwrap()
    })
}

fn loops(dimensions: usize) -> impl Strategy<Value = LoopConstraints> {
    let limit = || (of(1u64..3), of(1u64..3), of(1u64..99), of(1u64..9));
    let order = Just((0..dimensions).collect::<Vec<_>>()).prop_shuffle();
    (vec(limit(), dimensions), order, 0..dimensions, 0..dimensions).prop_map(|(limits, order, inner, outer)| {
        let limits = limits.into_iter().map(|(exact, is_one, at_most, at_least)| FactorLimits {
            exact: exact.filter(|_| is_one.is_some()).map(|_| 1),
            at_most,
            at_least,
        });
        let mut limits: Vec<FactorLimits> = limits.collect();
        // The same sets as a reader makes of them: all dimensions.
        limits.iter_mut().filter(|limits| limits.exact.is_some()).for_each(|limits| limits.at_most = None);
        let inner = inner.min(order.len());
        let outer = outer.min(order.len() - inner);
        LoopConstraints {
            factors: limits,
            innermost: order[..inner].to_vec(),
            outermost: order[order.len() - outer..].to_vec(),
        }
    })
}

/// Constraints of one level, before it is known whether it has a fan-out.
fn stated(dimensions: usize) -> impl Strategy<Value = crate::mapspace::LevelConstraints> {
    let sets = vec(prop::array::uniform3(any::<bool>()), 7);
    (loops(dimensions), loops(dimensions), of(0usize..1000), sets).prop_map(|(temporal, spatial, split, sets)| {
        let set = |at: usize| (0..3).filter(|space| sets[at][*space]).collect::<DataSpaceSet>();
        let keep = set(0);
        crate::mapspace::LevelConstraints {
            temporal,
            spatial: crate::mapspace::SpatialConstraints { loops: spatial, split },
            policy: crate::mapping::LevelPolicy {
                keep,
                no_temporal_reuse: set(2),
                no_multicast: set(3),
                no_link_transfer: set(4),
                rmw_first_update: set(5),
                no_coalesce: set(6),
            },
            bypass: (0..3).filter(|space| sets[1][*space] && !keep.contains(*space)).collect(),
        }
    })
}

fn settings() -> impl Strategy<Value = SearchSettings> {
    let metrics = vec![Metric::Edp, Metric::Energy, Metric::Delay, Metric::LastLevelAccesses, Metric::Accesses(0)];
    let counts = (1usize..99, 0u64..99_999, 0u64..999, 0u64..1 << 33, 0u64..99, 1u64..99);
    (
        prop::sample::select(Algorithm::ALL.to_vec()),
        prop::sample::select(Template::ALL.to_vec()),
        prop::sample::subsequence(metrics, 1..4),
        counts,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(algorithm, template, metrics, counts, filter_revisits, penalize)| {
            let (threads, timeout, victory_condition, search_size, sync_interval, visits) = counts;
            SearchSettings {
                algorithm,
                metrics,
                threads,
                timeout,
                victory_condition,
                search_size,
                sync_interval,
                filter_revisits,
                max_permutations_per_if_visit: visits,
                penalize_consecutive_bypass_fails: penalize,
                template,
            }
        })
}

proptest! {
    #[test]
    fn everything_reads_back(
        system in systems(),
        stated in vec(stated(8), 4),
        settings in settings(),
        min_parallelism in prop_oneof![Just(0.0), 0.0..1.0],
        max_temporal_loops in of(0usize..30),
    ) {
        let problem = problem();
        let mut levels = stated;
        levels.truncate(system.levels().len());
        for (index, level) in levels.iter_mut().enumerate() {
            if system.fan_out(index).product() == 1 {
                level.spatial = crate::mapspace::Constraints::none(&system, &problem).levels[index].spatial.clone();
                (level.policy.no_multicast, level.policy.no_link_transfer) = Default::default();
            }
        }
        let constraints = Constraints { levels, min_parallelism, max_temporal_loops };
        let written = Processed { architecture: &system, problem: &problem, constraints: &constraints, settings: &settings };
        let text = write(written).unwrap();
        let document = parse_document(&text).unwrap();
        let Warned { value: architecture, warnings } = architecture::read(&document).unwrap();
        prop_assert!(warnings.is_empty(), "{warnings:?}");
        prop_assert_eq!(&architecture, &system, "{}", text);
        let Warned { value: read, warnings } = problem::read(&document).unwrap();
        prop_assert!(warnings.is_empty(), "{warnings:?}");
        prop_assert_eq!(&read, &problem);
        let read = constraints::read(&document, &architecture, &problem, constraints::Scope::All).unwrap();
        prop_assert!(read.warnings.is_empty(), "{:?}", read.warnings);
        let mut again = mapper_settings::read(&document, system.levels().len()).unwrap();
        prop_assert!(again.warnings.is_empty(), "{:?}", again.warnings);
        prop_assert_eq!(again.max_temporal_loops.take(), max_temporal_loops);
        prop_assert_eq!(again.settings, settings);
        prop_assert_eq!(Constraints { max_temporal_loops, ..read.constraints }, constraints, "{}", text);
    }
}

fn one_level(change: impl FnOnce(&mut LevelSpec)) -> Result<String, ProcessedError> {
    let mut spec = LevelSpec::new("DRAM", "DRAM", 1);
    spec.technology = Some(crate::architecture::Technology::Dram);
    change(&mut spec);
    let units = ArithmeticSpec { name: "mac".into(), class: "mac".into(), instances: 1, ..Default::default() };
    let (architecture, problem) = (Architecture::new(vec![spec], units).unwrap(), problem());
    let constraints = Constraints::none(&architecture, &problem);
    let settings = SearchSettings::default();
    write(Processed { architecture: &architecture, problem: &problem, constraints: &constraints, settings: &settings })
}

#[test]
fn what_no_file_can_state_is_an_error() {
    let message = |change: fn(&mut LevelSpec)| one_level(change).unwrap_err().to_string();
    assert_eq!(
        message(|spec| spec.name = "a.b".into()),
        "the name `a.b` cannot be written: tables of energies cut names at `.` and `[`"
    );
    assert_eq!(
        message(|spec| spec.class = "memory".into()),
        "`DRAM` of class `memory`: Timeloop would not read that class as storage"
    );
    assert_eq!(
        message(|spec| {
            spec.technology = None;
            spec.size = SizeSpec::Words(1);
        }),
        "`DRAM` of class `DRAM`: Timeloop would not read that class as SRAM"
    );
    assert_eq!(message(|spec| spec.area_um2 = Some(f64::INFINITY)), "`DRAM`: the area is inf, which no file can state");
}

/// Without a table Timeloop's programs would run Accelergy.
#[test]
fn empty_energy_and_area_tables_are_written() {
    let text = one_level(|_| ()).unwrap();
    assert!(text.contains("ERT:\n  version: 0.4\n  tables: []\n"), "{text}");
    assert!(text.contains("ART:\n  version: 0.4\n  tables: []\n"), "{text}");
}

#[test]
fn a_spatial_constraint_without_a_fan_out_is_an_error() {
    let units = ArithmeticSpec { name: "mac".into(), class: "mac".into(), instances: 1, ..Default::default() };
    let mut spec = LevelSpec::new("DRAM", "DRAM", 1);
    spec.technology = Some(crate::architecture::Technology::Dram);
    let (architecture, problem) = (Architecture::new(vec![spec], units).unwrap(), problem());
    let mut constraints = Constraints::none(&architecture, &problem);
    constraints.levels[0].spatial.split = Some(1);
    let settings = SearchSettings::default();
    let mut job =
        Processed { architecture: &architecture, problem: &problem, constraints: &constraints, settings: &settings };
    let message = write(job).unwrap_err().to_string();
    assert!(message.contains("no instances to spread over"), "{message}");
    let none = Constraints::default();
    job.constraints = &none;
    assert_eq!(write(job).unwrap_err(), ProcessedError::Levels { found: 0, expected: 1 });
}
