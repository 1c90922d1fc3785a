//! The recorded jobs of the real mapper: sizes of the mapspace, and the proved optimum of each.

use std::fs;
use std::path::PathBuf;

use onnx2timeloop::architecture::Architecture;
use onnx2timeloop::mapper::{ExactMapper, Job, Mapper, NoProgress, Outcome, Status, Template};
use onnx2timeloop::mapspace::{Constraints, Mapspace};
use onnx2timeloop::model::evaluate;
use onnx2timeloop::timeloop::files::constraints::Scope;
use onnx2timeloop::timeloop::files::{architecture, constraints, mapping, parse_document, problem};
use onnx2timeloop::workload::Problem;
use rayon::prelude::*;
use serde_json::Value;

fn data(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path)
}

struct Input {
    architecture: Architecture,
    problem: Problem,
    constraints: Constraints,
}

fn input(folder: &str) -> Input {
    let text = fs::read_to_string(data(folder)).unwrap();
    let document = parse_document(&text).unwrap();
    let (architecture, _) = architecture::read(&document).unwrap();
    let (problem, _) = problem::read(&document).unwrap();
    let constraints = constraints::read(&document, &architecture, &problem, Scope::All).unwrap().constraints;
    Input { architecture, problem, constraints }
}

fn job(name: &str) -> Input {
    input(&format!("mapper/{name}/in.yaml"))
}

fn json(file: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(data(file)).unwrap()).unwrap()
}

/// What differs from the proved optimum.
fn check(name: &str, optimum: f64) -> Result<(), String> {
    let Input { architecture, problem, constraints } = job(name);
    let job = Job::new(&architecture, &problem, &constraints);
    let Outcome { best, status, .. } =
        ExactMapper::default().search(job, &NoProgress).map_err(|error| format!("{name}: {error}"))?;
    let found = best.ok_or_else(|| format!("{name}: {status:?}"))?;
    let evaluation = evaluate(&architecture, &problem, &found.mapping).map_err(|error| format!("{name}: {error}"))?;
    let is_member = Mapspace::new(&architecture, &problem, &constraints).contains(&found.mapping);
    if (evaluation.edp() - optimum).abs() > 1e-9 * optimum || status != Status::Optimal || !is_member {
        return Err(format!("{name}: {}, {:?}, member: {is_member}; expected {optimum}", evaluation.edp(), status));
    }
    Ok(())
}

/// Every recorded job: the optimum that an independent search has proved, within the constraints of the job.
#[test]
fn proved_optima_of_all_jobs() {
    let optima = json("optimum.json");
    let jobs: Vec<_> = optima.as_object().unwrap().iter().collect();
    let wrong: Vec<String> =
        jobs.par_iter().filter_map(|&(name, edp)| check(name, edp.as_f64().unwrap()).err()).collect();
    assert!(wrong.is_empty() && jobs.len() == 45, "{} of {} differ\n{}", wrong.len(), jobs.len(), wrong.join("\n"));
}

/// 257 and 129 have no factor near the width of the array: padding alone gains these factors (stride 2 and 1).
#[test]
fn imperfect_factors_of_257_and_129() {
    let optima = json("optimum.json");
    for (name, gain) in [("stem_7x7_s2_3_64", 1.88), ("layer1_1x1_64_256", 1.16)] {
        let name = format!("eyeriss_like-shipped-{name}");
        let Input { architecture, problem, constraints } = job(&name);
        let job = Job::new(&architecture, &problem, &constraints);
        let mapper = ExactMapper { template: Template::Ruby, ..ExactMapper::default() };
        let Outcome { best, status, .. } = mapper.search(job, &NoProgress).unwrap();
        let found = best.unwrap();
        let perfect = optima[&name].as_f64().unwrap();
        assert!(found.cost.edp() * gain <= perfect, "{name}: {} of {perfect}", found.cost.edp());
        assert!(!found.mapping.is_perfect() && matches!(status, Status::Gap(_)), "{name}");
        // Written and read again, it costs the same.
        let text = mapping::write(&found.mapping, &architecture, &problem);
        let (again, _) = mapping::read(&parse_document(&text).unwrap(), &architecture, &problem).unwrap();
        let evaluation = evaluate(&architecture, &problem, &again).unwrap();
        assert_eq!(evaluation.cycles, found.cost.cycles, "{name}");
        assert!((evaluation.energy_pj / found.cost.energy_pj - 1.0).abs() < 1e-12, "{name}");
    }
}

/// The four figures that the real mapper prints.
#[test]
fn sizes_of_the_mapspaces() {
    let baseline = json("mapper-baseline.json");
    for recorded in baseline.as_array().unwrap() {
        let name = recorded["name"].as_str().unwrap();
        let Input { architecture, problem, constraints } = job(name);
        let size = Mapspace::new(&architecture, &problem, &constraints).size();
        let expected = |part: &str| recorded["mapspace"][part].as_str().unwrap().parse::<u128>().unwrap();
        assert_eq!(size.index_factorization, expected("IndexFactorization"), "{name}");
        assert_eq!(size.loop_permutation, expected("LoopPermutation"), "{name}");
        assert_eq!(size.spatial, expected("Spatial"), "{name}");
        assert_eq!(size.datatype_bypass, expected("DatatypeBypass"), "{name}");
    }
}

/// The recorded job without a valid mapping: its buffer holds one word.
#[test]
fn an_infeasible_job() {
    let Input { architecture, problem, constraints } = input("raw/03-mapper-no-valid-mapping/input.yaml");
    let job = Job::new(&architecture, &problem, &constraints);
    let outcome = ExactMapper::default().search(job, &NoProgress).unwrap();
    assert!(matches!(outcome.status, Status::Infeasible(_)));
    assert_eq!(
        outcome.reason().unwrap(),
        "no mapping is valid. One of these changes is enough:\n  \
         shared_glb holds 1 words, but must hold at least 2 of Inputs and Outputs"
    );
}
