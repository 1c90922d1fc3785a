//! Factors that do not divide: no false proof, no false gap, and a word where the model counts other operations than the layer
//! has.

use onnx2timeloop::mapper::{ExactMapper, Mapper, NoProgress, Outcome, Status, Template};
use onnx2timeloop::model::evaluate;

use crate::kit::{Input, data, program_in, read};

fn search(input: &Input, template: Template) -> (f64, Outcome) {
    let outcome = ExactMapper { template, ..ExactMapper::default() }.search(input.job(), &NoProgress).unwrap();
    let edp = outcome.best.as_ref().unwrap().cost.edp();
    (edp, outcome)
}

/// The energy-delay product of a mapping that is better than what was once called proved.
fn known(input: &Input, name: &str) -> f64 {
    let mapping = input.mapping(&read(&data("search/imperfect").join(name))).value;
    assert_eq!(input.constraints.admits(&mapping, &input.architecture, &input.problem), Ok(()));
    evaluate(&input.architecture, &input.problem, &mapping).unwrap().edp()
}

/// What is found is no worse than the known mapping, or the gap admits that mapping.
fn assert_true(name: &str, edp: f64, outcome: &Outcome, known: f64) {
    match outcome.status {
        Status::Optimal => assert!(edp <= known * (1.0 + 1e-12), "{name}: {edp} is not the best, {known} is"),
        Status::Gap(gap) => {
            assert!(edp * (1.0 - gap) <= known, "{name}: {edp} with a gap of {gap}, but {known} is possible")
        }
        ref status => panic!("{name}: {status:?}"),
    }
}

#[test]
fn a_fixed_factor_that_does_not_divide_is_not_falsely_proved() {
    let input = Input::open(&data("search/imperfect/imperfect.yaml"));
    let known = known(&input, "imperfect-better.map.yaml");
    assert!((known - 7.781e-10).abs() < 1e-13, "{known}");
    let (edp, outcome) = search(&input, Template::Uber);
    assert_true("imperfect", edp, &outcome, known);
    assert_eq!(outcome.status, Status::Optimal);
}

#[test]
fn the_gap_of_factors_of_any_size_is_true() {
    let input = Input::open(&data("search/imperfect/imperfect-plain.yaml"));
    let (edp, outcome) = search(&input, Template::Ruby);
    let known = known(&input, "ruby-better.map.yaml");
    assert!((known - 7.582e-10).abs() < 1e-13, "{known}");
    assert_true("ruby", edp, &outcome, known);
}

/// Other jobs of the kind, against what the perfect and the imperfect search find.
#[test]
fn imperfect_searches_do_not_contradict_each_other() {
    for name in ["seed12294", "seed13997", "seed16894", "seed18309"] {
        let input = Input::open(&data("search/imperfect").join(format!("{name}.yaml")));
        let (uber, uber_outcome) = search(&input, Template::Uber);
        let (ruby, ruby_outcome) = search(&input, Template::Ruby);
        assert_true(name, ruby, &ruby_outcome, uber);
        let is_perfect = uber_outcome.best.as_ref().unwrap().mapping.is_perfect();
        assert!(ruby <= uber * (1.0 + 1e-12) && (is_perfect || uber_outcome.proof.is_some()), "{name}");
    }
}

/// 24 of 44 operations are counted: words on standard error and in the record, and both numbers.
#[test]
fn a_mapping_that_counts_other_operations_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = [data("search/imperfect/imperfect.yaml"), data("search/imperfect/imperfect-better.map.yaml")];
    let output = program_in(folder.path(), "evaluate").args(inputs).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let sentence = "the mapping counts 24 multiply-accumulates, fewer than the 44 of the layer";
    assert!(output.status.success() && said.contains(sentence), "{said}");
    let record = crate::kit::json(&folder.path().join("timeloop-model.json"));
    assert_eq!((record["computes"].as_u64(), record["problem"]["macs"].as_u64()), (Some(24), Some(44)));
    assert!(record["warnings"].to_string().contains(sentence));
}
