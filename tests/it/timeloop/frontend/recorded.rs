//! Our processed specifications against those the published front end made of the same files.
//!
//! Whole documents are compared as data, key order aside. Lists that the published tool fills from Python sets have no
//! order of their own (it changes from run to run): `required_actions`, `keep`, `bypass`, and in one case the factors of
//! `must_iterate_over_dataspaces` with the unit dimensions they put in front of the permutation.

use super::common::{data, difference, load, problem_of, processed, recorded};
use onnx2timeloop::architecture::presets;
use onnx2timeloop::timeloop::frontend::{ErrorKind, LoadOptions, ProcessOptions, Source, load_sources, process};
use serde_yaml::Value;

const QUIRKS: ProcessOptions = ProcessOptions { for_model: false, frontend_quirks: true };
const FOR_MODEL: ProcessOptions = ProcessOptions { for_model: true, frontend_quirks: true };

const ACCEPTED: [&str; 9] = [
    "a1_plain",
    "a2_expressions",
    "a3_parallel",
    "a4_macros",
    "a5_targets",
    "a6_maximize",
    "a7_hier",
    "e6_two_sizes",
    "e9_block_and_cluster",
];

#[test]
fn accepted_inputs_equal_the_recorded_output() {
    for name in ACCEPTED {
        let ours = processed(name, QUIRKS).unwrap_or_else(|errors| panic!("{name}: {errors}")).value;
        assert_eq!(difference(&ours, &recorded(name)), Vec::<String>::new(), "{name}");
        let for_model = format!("{name}.for_model");
        if data(&format!("recorded/{for_model}.yaml")).exists() {
            let ours = processed(name, FOR_MODEL).unwrap().value;
            assert_eq!(difference(&ours, &recorded(&for_model)), Vec::<String>::new(), "{for_model}");
        }
    }
}

/// Without the quirks only splits change, and only where dimensions were inserted before them.
#[test]
fn intended_meaning_differs_in_splits_only() {
    for name in ACCEPTED {
        let quirky = processed(name, QUIRKS).unwrap().value;
        let intended = processed(name, ProcessOptions::default()).unwrap().value;
        let changed = difference(&intended, &quirky);
        let expected: &[&str] = match name {
            "a1_plain" => &["architecture_constraints.targets[3].split: 5 / 2"],
            "a4_macros" => &["architecture_constraints.targets[5].split: 6 / 1"],
            _ => &[],
        };
        assert_eq!(changed, expected, "{name}");
    }
}

#[test]
fn refused_inputs_are_refused_for_the_same_cause() {
    let cause = |name: &str| {
        let errors = processed(name, QUIRKS).expect_err(name);
        assert!(!errors.errors.is_empty());
        errors.errors
    };
    let kinds = |name: &str| cause(name).into_iter().map(|error| error.kind).collect::<Vec<_>>();

    let e1 = kinds("e1_two_keep");
    assert!(
        matches!(&e1[..], [ErrorKind::KeptTwice { space, branches }] if space == "Inputs" && **branches == ["a", "b"]),
        "{e1:?}"
    );
    assert_eq!(kinds("e2_not_kept"), [ErrorKind::NotKept("Outputs".into())]);
    assert_eq!(kinds("e3_fanout_in_parallel"), [ErrorKind::FanoutInParallel("a".into())]);
    let e4 = kinds("e4_contradiction");
    assert!(matches!(&e4[..], [ErrorKind::Contradiction(text)] if text == "C=2 and C=4"), "{e4:?}");
    let e5 = kinds("e5_unknown_target");
    assert!(
        matches!(&e5[..], [ErrorKind::Unknown { what: "constraint target", name, known }]
        if name == "nowhere" && known == &["s", "DRAM", "mac"]),
        "{e5:?}"
    );
    assert_eq!(kinds("e7_bad_class"), [ErrorKind::UnknownClass("widget".into())]);
    let e8 = cause("e8_undefined_name");
    assert!(e8[0].to_string().contains("`undefined_thing * 2`"), "{}", e8[0]);
    assert!(e8[0].to_string().contains("name \"undefined_thing\" is not defined"), "{}", e8[0]);
    assert_eq!(e8[0].place.path, "architecture.nodes[2].attributes.depth");
    assert!(e8[0].place.file.ends_with("e8_undefined_name.yaml"));
    // The published tool stops at the first component; here all three are named.
    assert_eq!(kinds("e10_no_datawidth"), vec![ErrorKind::Missing("datawidth".into()); 3]);
    let e11 = cause("e11_float_depth");
    assert_eq!(e11.len(), 1);
    assert_eq!(e11[0].place.path, "architecture.nodes[2].attributes.depth");
    assert!(matches!(&e11[0].kind, ErrorKind::WrongType { found, .. } if found == "the float 8192.0"), "{}", e11[0]);
}

const DESIGNS: [&str; 4] = ["eyeriss_like", "simple_weight_stationary", "simple_output_stationary", "simba_like"];

fn preset(name: &str, problem: &Value, options: ProcessOptions) -> onnx2timeloop::timeloop::frontend::Processed {
    let text = serde_yaml::to_string(&Value::Mapping([("problem".into(), problem.clone())].into_iter().collect()));
    let design = Source::Text { name: name.into(), text: presets::find(name).unwrap().text.into() };
    let sources = [design, Source::Text { name: "problem".into(), text: text.unwrap() }];
    process(&load_sources(&sources, &LoadOptions::default()).unwrap(), options).unwrap()
}

/// The presets are our own files; processed with the problems of the recorded runs they give the recorded
/// architecture, constraints and problem, whole values. Mapper settings and energy estimation classes are no part of a
/// preset.
#[test]
fn presets_equal_the_recorded_designs() {
    for design in DESIGNS {
        for layer in ["", ".alexnet_0", ".mobilenet_v3_01", ".resnet18_03"] {
            let theirs = recorded(&format!("exercise.{design}{layer}"));
            let ours = preset(design, &problem_of(&theirs), QUIRKS);
            for key in ["architecture", "architecture_constraints", "problem", "mapspace", "mapping"] {
                assert_eq!(difference(&ours.value[key], &theirs[key]), Vec::<String>::new(), "{design}{layer} {key}");
            }
        }
    }
}

#[test]
fn presets_keep_the_intended_split_and_warn_about_the_other() {
    let problem = problem_of(&recorded("exercise.simple_weight_stationary"));
    let spatial = |options| {
        let ours = preset("simple_weight_stationary", &problem, options);
        let targets = ours.value["architecture_constraints"]["targets"].as_sequence().unwrap().clone();
        let spatial = targets.into_iter().find(|target| target["type"] == "spatial").unwrap();
        (spatial["permutation"].as_str().unwrap().to_owned(), spatial["split"].as_i64().unwrap(), ours.warnings)
    };
    let (permutation, split, warnings) = spatial(ProcessOptions::default());
    assert_eq!((permutation.as_str(), split, warnings), ("NQPSRCM", 6, vec![]));
    let (permutation, split, warnings) = spatial(QUIRKS);
    assert_eq!((permutation.as_str(), split), ("NQPSRCM", 1));
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("meshX of PE: at most one of its 16 instances"), "{}", warnings[0]);
    // The other designs say nothing about a dense convolution.
    for design in ["eyeriss_like", "simba_like", "simple_output_stationary"] {
        assert_eq!(preset(design, &problem, ProcessOptions::default()).warnings, Vec::<String>::new(), "{design}");
    }
}

/// The same constraints with the leading run of dimensions of bound 1 sorted: their order means nothing, and the jobs'
/// was put together by hand.
fn units_in_order(targets: &Value, instance: &Value) -> Value {
    let mut targets = targets.clone();
    for target in targets.as_sequence_mut().unwrap() {
        let Some(permutation) = target["permutation"].as_str().map(str::to_owned) else { continue };
        let units = permutation.chars().take_while(|d| instance[d.to_string()] == 1).count();
        let mut letters: Vec<char> = permutation.chars().collect();
        letters[..units].sort_unstable();
        target["permutation"] = letters.into_iter().collect::<String>().into();
    }
    targets
}

/// The constraints that 45 jobs of the real mapper were run with: `shipped` as the published front end wrote them,
/// `intended` as the design file means them.
#[test]
fn presets_equal_the_constraints_of_the_mapper_jobs() {
    let text = std::fs::read_to_string(data("mapper_jobs.json")).unwrap();
    let jobs: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(jobs.len(), 45);
    for job in &jobs {
        let design = job["design"].as_str().unwrap();
        let options = if job["mode"] == "shipped" { QUIRKS } else { ProcessOptions::default() };
        let ours = preset(design, &job["problem"], options).value;
        let constraints = |targets: &Value| units_in_order(targets, &job["problem"]["instance"]);
        let changed =
            difference(&constraints(&ours["architecture_constraints"]["targets"]), &constraints(&job["targets"]));
        assert_eq!(
            changed,
            Vec::<String>::new(),
            "{design} {} {}",
            job["mode"].as_str().unwrap(),
            job["layer"].as_str().unwrap()
        );
    }
}

#[test]
fn misspelt_coefficients_are_named() {
    let theirs = recorded("exercise.eyeriss_like.alexnet_0");
    let warnings = preset("eyeriss_like", &problem_of(&theirs), ProcessOptions::default()).warnings;
    let about = |name: &str| warnings.iter().any(|w| w.contains(name) && w.contains("did you mean"));
    assert!(about("problem.instance.HStride") && about("\"Hstride\""), "{warnings:?}");
    assert!(about("problem.instance.WStride") && about("\"Wstride\""), "{warnings:?}");
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn output_is_deterministic_and_reads_back() {
    for name in ACCEPTED {
        let first = serde_yaml::to_string(&processed(name, QUIRKS).unwrap().value).unwrap();
        let second = serde_yaml::to_string(&processed(name, QUIRKS).unwrap().value).unwrap();
        assert_eq!(first, second);
        let back: Value = serde_yaml::from_str(&first).unwrap();
        assert_eq!(difference(&back, &recorded(name)), Vec::<String>::new());
    }
}

#[test]
fn order_of_files_does_not_matter() {
    let forward = load(&["inputs/_common.yaml", "inputs/a1_plain.yaml"]).unwrap();
    let backward = load(&["inputs/a1_plain.yaml", "inputs/_common.yaml"]).unwrap();
    assert_eq!(process(&forward, QUIRKS).unwrap().value, process(&backward, QUIRKS).unwrap().value);
}
