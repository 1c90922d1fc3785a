//! Exact footprints: against a simulation by enumeration, and against hulls.

use onnx2timeloop::architecture::{ActionEnergies, Architecture, ArithmeticSpec, LevelSpec, SizeSpec, Technology};
use onnx2timeloop::mapping::{Axis, DataSpaceSet, LevelMapping, LevelPolicy, Loop, Mapping, SpatialLoop};
use onnx2timeloop::model::{Evaluation, Footprint, Rejection, evaluate, evaluate_footprint};
use onnx2timeloop::workload::{Coefficient, DataSpace, Problem, Term};

use super::simulator::{Counted, Simulator, Visits};
use crate::kit::Random;
use crate::kit::mappings::mapping;
use crate::kit::{architectures, cases};

/// C, M, R, S, P, Q, and the coefficients `[Wstride, Wdilation, Hstride, Hdilation]`.
fn convolution(bounds: [u64; 6], coefficients: [i64; 4]) -> Problem {
    let plain = |dimension| vec![Term { dimension, coefficient: None }];
    let sliding = |tap, output, axis: usize| {
        vec![
            Term { dimension: tap, coefficient: Some(2 * axis + 1) },
            Term { dimension: output, coefficient: Some(2 * axis) },
        ]
    };
    let space = |name: &str, projection, read_write| DataSpace { name: name.into(), projection, read_write };
    let names = ["Wstride", "Wdilation", "Hstride", "Hdilation"].iter().zip(coefficients);
    Problem::new(
        "conv".into(),
        ['C', 'M', 'R', 'S', 'P', 'Q'].into_iter().zip(bounds).collect(),
        names.map(|(name, value)| Coefficient { name: (*name).into(), default: 1, value }).collect(),
        vec![
            space("Weights", vec![plain(0), plain(1), plain(2), plain(3)], false),
            space("Inputs", vec![plain(0), sliding(2, 4, 0), sliding(3, 5, 1)], false),
            space("Outputs", vec![plain(1), plain(5), plain(4)], true),
        ],
    )
    .unwrap()
}

/// Levels of the given instances along X and Y, innermost first; the last are the compute units'.
fn machine(levels: &[(u64, u64)], words: u64) -> Architecture {
    let actions = |names: &[&str]| Some(names.iter().map(|name| ((*name).to_owned(), 1.5)).collect::<ActionEnergies>());
    let level = |(index, (x, y)): (usize, &(u64, u64))| LevelSpec {
        mesh_x: Some(*x),
        mesh_y: Some(*y),
        word_bits: Some(8),
        block_size: Some(1),
        technology: Some(Technology::Sram),
        size: SizeSpec::Words(words),
        actions: actions(&["read", "write", "update"]),
        ..LevelSpec::new(format!("level{index}"), "storage", x * y)
    };
    let (storage, units) = levels.split_at(levels.len() - 1);
    let units = ArithmeticSpec {
        name: "mac".into(),
        class: "mac".into(),
        instances: units[0].0 * units[0].1,
        mesh_x: Some(units[0].0),
        mesh_y: Some(units[0].1),
        actions: actions(&["compute"]),
        ..ArithmeticSpec::default()
    };
    Architecture::new(storage.iter().enumerate().map(level).collect(), units).unwrap()
}

fn machines(words: u64) -> [Architecture; 4] {
    [
        machine(&[(1, 1), (1, 1), (1, 1)], words),
        machine(&[(4, 1), (1, 1), (4, 1)], words),
        machine(&[(3, 2), (1, 1), (6, 2)], words),
        machine(&[(4, 2), (2, 1), (1, 1), (4, 2)], words),
    ]
}

fn counted(evaluation: &Evaluation) -> Vec<Vec<Option<Counted>>> {
    let spaces = 0..evaluation.levels[0].data_spaces.len();
    let of = |space: usize| {
        let levels = evaluation.levels.iter().map(|level| &level.data_spaces[space]);
        let each = levels.map(|used| {
            used.as_ref().map(|used| Counted {
                tile: used.tile,
                partition: used.partition,
                reads: used.accesses.reads,
                fills: used.accesses.fills,
                updates: used.accesses.updates,
            })
        });
        each.collect()
    };
    spaces.map(of).collect()
}

fn problem(random: &mut Random, bounds: &[u64]) -> Problem {
    let mut bound = || bounds[random.below(bounds.len())];
    let bounds = [1 + bound() % 2, 1, bound(), 1 + bound() % 2, bound(), bound()];
    let mut coefficient = |most: usize| 1 + random.below(most) as i64;
    convolution(bounds, [coefficient(3), coefficient(4), coefficient(3), coefficient(4)])
}

/// A random mapping that keeps no read-modify-write switches: the simulator does not know them.
fn plain_mapping(architecture: &Architecture, problem: &Problem, random: &mut Random) -> Mapping {
    let mut mapping = mapping(architecture, problem, random);
    for level in &mut mapping.levels {
        level.policy.rmw_first_update = DataSpaceSet::default();
        level.policy.no_coalesce = DataSpaceSet::default();
    }
    mapping
}

/// Compares both footprints with the simulation on random nests; how many were compared, in how many the footprints differ.
fn compare(nests: usize, bounds: &[u64], visits: Visits, seed: u64) -> (usize, usize) {
    let machines = machines(1 << 20);
    let mut random = Random(seed);
    let (mut compared, mut different) = (0, 0);
    while compared < nests {
        let architecture = &machines[random.below(machines.len())];
        let problem = problem(&mut random, bounds);
        let mapping = plain_mapping(architecture, &problem, &mut random);
        let operations: u64 = problem.dimensions().iter().map(|(_, bound)| bound).product();
        let longest = mapping.levels.iter().flat_map(|level| &level.temporal).map(|each| each.bound).max();
        if operations > 600 || (visits == Visits::All && longest > Some(2)) {
            continue;
        }
        let [hull, exact] = [Footprint::BoundingBox, Footprint::Exact].map(|footprint| {
            let mine = counted(&evaluate_footprint(architecture, &problem, &mapping, footprint).unwrap());
            let simulator = Simulator { architecture, problem: &problem, mapping: &mapping, footprint, visits };
            assert_eq!(mine, simulator.run(), "{footprint:?} {problem:?} {mapping:?}");
            mine
        });
        compared += 1;
        different += usize::from(hull != exact);
    }
    println!("{visits:?}: {compared} nests, the footprints differ in {different}");
    (compared, different)
}

#[test]
fn exact_footprint_equals_a_simulation_that_extrapolates() {
    let (_, different) = compare(600, &[1, 2, 3, 4, 6], Visits::Extrapolated, 1);
    assert!(different > 200, "{different}");
}

/// Where no loop has more than two iterations, Timeloop extrapolates nothing: each iteration is simulated.
#[test]
fn exact_footprint_equals_a_simulation_of_every_iteration() {
    let (_, different) = compare(600, &[1, 2, 2, 4], Visits::All, 2);
    assert!(different > 100, "{different}");
}

/// A nest whose loops over R and P have at most two iterations and random residuals; C and Q may be spatial.
fn imperfect(random: &mut Random) -> (Problem, Mapping) {
    let mut levels = vec![LevelMapping::default(); 3];
    let mut bounds = [1u64; 6];
    for dimension in [2, 4] {
        let mut last = 0;
        for level in levels.iter_mut().rev() {
            if random.one_in(2) {
                continue;
            }
            let residual = 1 + random.below(2) as u64;
            level.temporal.push(Loop { dimension, bound: 2, residual });
            last = last * 2 + residual - 1;
        }
        bounds[dimension] = last + 1;
    }
    for dimension in [0, 5] {
        let level = &mut levels[random.below(3)];
        match random.below(3) {
            0 => continue,
            1 => level.temporal.push(Loop::perfect(dimension, 2)),
            _ => levels[1].spatial.push(SpatialLoop { iteration: Loop::perfect(dimension, 2), axis: Axis::X }),
        }
        bounds[dimension] = 2;
    }
    for (index, level) in levels.iter_mut().enumerate() {
        random.shuffle(&mut level.temporal);
        level.policy.keep = (0..3).filter(|_| index == 2 || !random.one_in(3)).collect();
    }
    let mut coefficient = |most: usize| 1 + random.below(most) as i64;
    let problem = convolution(bounds, [coefficient(3), coefficient(4), coefficient(3), 1]);
    (problem, Mapping { levels })
}

/// Tiles of different shapes follow each other.
#[test]
fn exact_footprint_equals_a_simulation_with_residuals() {
    let architecture = &machine(&[(4, 1), (1, 1), (1, 1), (4, 1)], 1 << 20);
    let mut random = Random(3);
    let (mut compared, mut different) = (0, 0);
    while compared < 600 {
        let (problem, mapping) = imperfect(&mut random);
        if mapping.is_perfect() {
            continue;
        }
        let [hull, exact] = [Footprint::BoundingBox, Footprint::Exact].map(|footprint| {
            let mine = counted(&evaluate_footprint(architecture, &problem, &mapping, footprint).unwrap());
            let simulator =
                Simulator { architecture, problem: &problem, mapping: &mapping, footprint, visits: Visits::All };
            assert_eq!(mine, simulator.run(), "{footprint:?} {problem:?} {mapping:?}");
            mine
        });
        compared += 1;
        different += usize::from(hull != exact);
    }
    println!("residuals: {compared} nests, the footprints differ in {different}");
    assert!(different > 100, "{different}");
}

/// All real cases. A tile is never more than its hull; without temporal reuse, neither is what moves; where strides and
/// dilations are 1, everything is equal.
#[test]
fn exact_tiles_are_never_larger_than_their_boxes() {
    let architectures = architectures();
    let (mut equal, mut smaller, mut refused) = (0, 0, 0);
    for case in ["cases-1.jsonl.gz", "cases-imperfect.jsonl.gz", "cases-networks.jsonl.gz"].into_iter().flat_map(cases)
    {
        let architecture = &architectures[&case.arch];
        let both = |mapping: &Mapping| {
            [Footprint::BoundingBox, Footprint::Exact]
                .map(|footprint| evaluate_footprint(architecture, &case.problem, mapping, footprint))
        };
        let [hull, exact] = both(&case.mapping);
        if case.problem.coefficients().iter().all(|coefficient| coefficient.value == 1) {
            assert_eq!(hull, exact, "{}", case.id);
            equal += 1;
            continue;
        }
        match (hull, exact) {
            (Ok(hull), Ok(exact)) => smaller += usize::from(check_tiles(&hull, &exact, &case.id)),
            // A level may be too small for the hull, or too large for the points.
            (hull, Err(refusal)) => {
                assert!(hull.is_err() || matches!(refusal, Rejection::Utilization { .. }), "{}: {refusal}", case.id);
                refused += 1;
            }
            (Err(refusal), Ok(_)) => {
                assert!(matches!(refusal, Rejection::Capacity { .. }), "{}: {refusal}", case.id);
            }
        }
        let mut forgetful = case.mapping.clone();
        forgetful.levels.iter_mut().for_each(|level| level.policy.no_temporal_reuse = DataSpaceSet::all(3));
        let [Ok(hull), Ok(exact)] = both(&forgetful) else { continue };
        for (hull, exact) in counted(&hull)[1].iter().zip(&counted(&exact)[1]) {
            let (Some(hull), Some(exact)) = (hull, exact) else { continue };
            assert!(exact.reads <= hull.reads && exact.fills <= hull.fills, "{}: {exact:?} {hull:?}", case.id);
        }
    }
    println!("{equal} equal, {smaller} with smaller tiles, {refused} refused by both");
    assert!(equal > 100 && smaller > 100, "{equal} {smaller}");
}

/// Whether some exact tile is smaller; none may be larger.
fn check_tiles(hull: &Evaluation, exact: &Evaluation, id: &str) -> bool {
    assert!(exact.required_accesses <= hull.required_accesses, "{id}");
    let tiles = |evaluation| counted(evaluation).into_iter().flatten().flatten().map(|counted| counted.tile);
    assert!(tiles(hull).zip(tiles(exact)).all(|(hull, exact)| exact <= hull), "{id}");
    tiles(hull).ne(tiles(exact))
}

fn keeping(temporal: Vec<Loop>, keep: DataSpaceSet) -> LevelMapping {
    LevelMapping { temporal, policy: LevelPolicy::keeping(keep), ..LevelMapping::default() }
}

/// Stride 1: no holes once a tile has as many outputs as the dilation.
#[test]
fn both_footprints_are_equal_where_tiles_have_no_holes() {
    let architecture = &machines(1 << 20)[0];
    for dilation in 1..=6 {
        for outputs in [6, 12] {
            let problem = convolution([2, 2, 3, 1, outputs, 4], [1, dilation, 1, 1]);
            let inner = keeping(vec![Loop::perfect(4, 6)], DataSpaceSet::all(3));
            let rest = [(2, 3), (4, outputs / 6), (5, 4), (0, 2), (1, 2)];
            let outer = rest.map(|(dimension, bound)| Loop::perfect(dimension, bound)).to_vec();
            let mapping = Mapping { levels: vec![inner, keeping(outer, DataSpaceSet::all(3))] };
            let exact = evaluate_footprint(architecture, &problem, &mapping, Footprint::Exact);
            assert_eq!(evaluate(architecture, &problem, &mapping), exact);
            assert!(exact.is_ok());
        }
    }
}

/// The input scratchpad of eyeriss_like, 24 words, and a row of three taps.
#[test]
fn a_scratchpad_holds_the_taps_of_a_dilated_row() {
    let architectures = architectures();
    let architecture = &architectures["eyeriss_like"];
    let pad = architecture.level_index("ifmap_spad").unwrap();
    let words = architecture.levels()[pad].effective_size.unwrap();
    let levels = architecture.levels().len();
    for (rate, held) in [(11, true), (12, false), (36, false)] {
        let problem = convolution([1, 1, 3, 1, 65, 65], [1, rate, 1, rate]);
        let level = |level: usize| {
            let loops = match level {
                0 => vec![Loop::perfect(2, 3)],
                _ if level + 1 == levels => vec![Loop::perfect(4, 65), Loop::perfect(5, 65)],
                _ => vec![],
            };
            let keep = if level + 1 == levels {
                DataSpaceSet::all(3)
            } else {
                [1].into_iter().filter(|_| level == pad).collect()
            };
            keeping(loops, keep)
        };
        let mapping = Mapping { levels: (0..levels).map(level).collect() };
        let hull = evaluate(architecture, &problem, &mapping);
        let hull_words = 2 * rate.cast_unsigned() + 1;
        if held {
            assert_eq!(hull.unwrap().levels[pad].data_spaces[1].as_ref().unwrap().tile, hull_words);
        } else {
            let tiles = vec![("Inputs".to_owned(), hull_words)];
            let level = "ifmap_spad".to_owned();
            assert_eq!(hull, Err(Rejection::Capacity { level, tiles, words: hull_words, capacity: words }));
        }
        let exact = evaluate_footprint(architecture, &problem, &mapping, Footprint::Exact).unwrap();
        assert_eq!(exact.levels[pad].data_spaces[1].as_ref().unwrap().tile, 3);
    }
}

/// Exact traffic can be more than that of the hull, which brings the holes: see [`Footprint`].
#[test]
fn exact_fills_can_exceed_those_of_the_box() {
    let architecture = &machines(1 << 20)[0];
    let problem = convolution([1, 1, 2, 1, 10, 1], [1, 2, 1, 1]);
    let inner = keeping(vec![Loop::perfect(2, 2)], DataSpaceSet::all(3));
    let outer = keeping(vec![Loop::perfect(4, 10)], DataSpaceSet::all(3));
    let mapping = Mapping { levels: vec![inner, outer] };
    let fills = [Footprint::BoundingBox, Footprint::Exact].map(|footprint| {
        let evaluation = evaluate_footprint(architecture, &problem, &mapping, footprint).unwrap();
        let [inner, outer] = [0, 1].map(|level| counted(&evaluation)[1][level].unwrap());
        (inner.tile, inner.fills, outer.tile)
    });
    assert_eq!(fills, [(3, 3 + 9, 12), (2, 2 + 2 * 9, 12)]);
}

/// A layer at rate 36, on a machine so roomy that every mapping is evaluated to the end.
#[test]
fn dilated_layers_are_evaluated_quickly() {
    let architecture = machine(&[(14, 12), (14, 1), (1, 1), (14, 12)], 1 << 40);
    let problem = convolution([2048, 256, 3, 3, 65, 65], [1, 36, 1, 36]);
    let mut random = Random(9);
    let mappings: Vec<Mapping> = (0..300).map(|_| mapping(&architecture, &problem, &mut random)).collect();
    for footprint in [Footprint::BoundingBox, Footprint::Exact] {
        let start = std::time::Instant::now();
        for mapping in &mappings {
            assert!(evaluate_footprint(&architecture, &problem, mapping, footprint).is_ok());
        }
        let time = start.elapsed() / 300;
        println!("{footprint:?}: {time:?} each");
        assert!(time.as_millis() < 100, "{footprint:?}: {time:?}");
    }
}

#[test]
fn tiles_too_large_to_count_are_refused() {
    let term = |dimension| Term { dimension, coefficient: None };
    let refusal = |bounds: [u64; 3], inputs: Vec<Vec<Term>>| {
        let space = |name: &str, projection, read_write| DataSpace { name: name.into(), projection, read_write };
        let bounded = ['A', 'B', 'C'].into_iter().zip(bounds).collect();
        let spaces = vec![space("Inputs", inputs, false), space("Outputs", vec![vec![term(0)]], true)];
        let problem = Problem::new("p".into(), bounded, vec![], spaces).unwrap();
        let loops = (0..3).map(|dimension| Loop::perfect(dimension, bounds[dimension])).collect();
        let outer = keeping(loops, DataSpaceSet::all(2));
        let mapping = Mapping { levels: vec![LevelMapping::default(), outer] };
        evaluate_footprint(&machine(&[(1, 1), (1, 1), (1, 1)], 1 << 40), &problem, &mapping, Footprint::Exact).err()
    };
    let data_space = || "Inputs".to_owned();
    let diagonal = vec![vec![term(0), term(1)], vec![term(1), term(2)]];
    let shared = Rejection::SharedDimension { data_space: data_space(), dimension: 'B' };
    assert_eq!(refusal([3, 3, 3], diagonal.clone()), Some(shared));
    assert_eq!(refusal([3, 1, 3], diagonal), None);
    let wide = vec![vec![term(0), term(1), term(2)]];
    assert_eq!(refusal([1 << 20, 256, 256], wide.clone()), None);
    let pieces = Rejection::ScatteredRank { data_space: data_space(), rank: 0, pieces: 257 << 8, limit: 1 << 16 };
    assert_eq!(refusal([256, 1 << 20, 257], wide), Some(pieces));
}
