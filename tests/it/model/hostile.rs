//! No input makes the crate panic.

use onnx2timeloop::mapping::{Axis, DataSpaceSet, LevelMapping, LevelPolicy, Loop, Mapping, SpatialLoop};
use onnx2timeloop::model::{CompactMapping, FastModel, Rejection, Scratch, evaluate};
use onnx2timeloop::timeloop::files::{architecture, mapping, parse_document, problem, stats};
use onnx2timeloop::workload::{Coefficient, DataSpace, Problem, Term};
use proptest::prelude::*;

use crate::kit::{Random, architectures, data, read};

const NUMBERS: [u64; 10] = [0, 1, 2, 3, 4, 7, 1 << 20, 1 << 31, 1 << 62, u64::MAX];

fn problem_with(bounds: [u64; 3], coefficients: [i64; 2]) -> Option<Problem> {
    let plain = |dimension| vec![Term { dimension, coefficient: None }];
    let sliding = vec![
        Term { dimension: 0, coefficient: Some(0) },
        Term { dimension: 1, coefficient: Some(1) },
        Term { dimension: 1, coefficient: None },
    ];
    let space = |name: &str, projection, read_write| DataSpace { name: name.into(), projection, read_write };
    let coefficients = coefficients.iter().enumerate();
    Problem::new(
        "hostile".into(),
        ['P', 'R', 'C'].into_iter().zip(bounds).collect(),
        coefficients.map(|(n, value)| Coefficient { name: n.to_string(), default: 1, value: *value }).collect(),
        vec![
            space("Inputs", vec![sliding, plain(2)], false),
            space("Weights", vec![plain(1), plain(2)], false),
            space("Outputs", vec![plain(0)], true),
        ],
    )
    .ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn any_mapping_is_evaluated_or_refused_and_both_models_agree(seed: u64) {
        let mut random = Random(seed);
        let architectures = architectures();
        let architecture = &architectures[["syn05_hier", "syn03_flat_y", "eyeriss_like"][random.below(3)]];
        let mut number = |small: bool| NUMBERS[random.below(if small { 6 } else { 10 })];
        let small = seed % 3 > 0;
        let bounds = [number(small), number(small), number(small)];
        let coefficients = [number(small).cast_signed(), number(small).cast_signed().wrapping_neg()];
        let Some(problem) = problem_with(bounds, coefficients) else { return Ok(()) };
        let mut random = Random(seed ^ 0x5555);
        let iteration = |random: &mut Random| {
            let bound = NUMBERS[random.below(if small { 6 } else { 10 })];
            let residual = if random.one_in(3) { NUMBERS[random.below(6)] } else { bound };
            Loop { dimension: random.below(4), bound, residual }
        };
        let levels = architecture.levels().iter().map(|_| LevelMapping {
            temporal: (0..random.below(3)).map(|_| iteration(&mut random)).collect(),
            spatial: (0..random.below(2)).map(|_| SpatialLoop { iteration: iteration(&mut random), axis: Axis::X }).collect(),
            policy: LevelPolicy::keeping(DataSpaceSet::all(random.below(5))),
        });
        let mapping = Mapping { levels: levels.collect() };
        let full = evaluate(architecture, &problem, &mapping);
        if let (Some(model), Some(compact)) = (FastModel::new(architecture, &problem), CompactMapping::of(&mapping)) {
            let fast = model.cost(&compact, &mut Scratch::default());
            prop_assert_eq!(fast.map(|fast| fast.cycles), full.ok().map(|full| full.cycles));
        }
    }

    /// A real input with a piece of text replaced.
    #[test]
    fn any_changed_input_is_read_or_refused(seed: u64) {
        let mut random = Random(seed);
        let files = ["raw/05-model-bandwidth-throttling/input.yaml", "raw/10-model-imperfect/input.yaml"];
        let text = read(&data(random.pick(&files)));
        let pieces = ["0", "-1", "99999999999999999999", "[]", "{}", "~", "x", "1.5", "[1..0]", ".nan", "1e400", ",", "'"];
        let words: Vec<&str> = text.split_inclusive([' ', '\n', ',']).collect();
        let at = random.below(words.len());
        let mut changed: Vec<&str> = words.clone();
        changed[at] = random.pick(&pieces);
        let Ok(document) = parse_document(&changed.concat()) else { return Ok(()) };
        let Ok(architecture) = architecture::read(&document).map(|read| read.value) else { return Ok(()) };
        let Ok(problem) = problem::read(&document).map(|read| read.value) else { return Ok(()) };
        let Ok(mapping) = mapping::read(&document, &architecture, &problem).map(|read| read.value) else { return Ok(()) };
        if let Ok(evaluation) = evaluate(&architecture, &problem, &mapping) {
            let _ = stats::write(&architecture, &problem, &evaluation, stats::StatsOptions::default());
        }
    }
}

#[test]
fn problems_too_large_to_count_are_refused() {
    let architectures = architectures();
    let architecture = &architectures["syn01_two_level"];
    let problem = problem_with([1 << 20, 1, 1], [1 << 40, 1]).unwrap();
    let policy = LevelPolicy::keeping(DataSpaceSet::all(3));
    let outer = LevelMapping { temporal: vec![Loop::perfect(0, 1 << 20)], policy, ..LevelMapping::default() };
    let mapping = Mapping { levels: vec![LevelMapping { policy, ..LevelMapping::default() }, outer] };
    assert_eq!(evaluate(architecture, &problem, &mapping), Err(Rejection::TooLarge("data space Inputs".into())));
}
