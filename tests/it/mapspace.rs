//! The mapspaces of the recorded jobs: their sizes, and what lies in them.

use onnx2timeloop::mapspace::Mapspace;
use onnx2timeloop::timeloop::files::{mapping, parse_document};

use crate::kit::{Input, RecordedJob, data, json, read, recorded_jobs};

fn admits(input: &Input, map: &str) -> Result<(), String> {
    let mapping = input.mapping(map).value;
    input.constraints.admits(&mapping, &input.architecture, &input.problem).map_err(|violation| violation.to_string())
}

/// What the real mapper found is within the constraints as they are read, and its mapspace is as large as it printed. The
/// published front end leaves two of the designs one axis, and only these have a remark.
#[test]
fn recorded_best_mappings_lie_within_their_constraints() {
    for job in recorded_jobs() {
        let (name, input) = (&job.name, job.input());
        assert_eq!(input.constraint_warnings, [], "{name}");
        let one_axis = name.contains("-shipped-") && !name.starts_with("eyeriss_like");
        assert_eq!(input.idle_axes.len(), usize::from(one_axis), "{name}");
        assert_eq!(admits(&input, &read(&job.folder.join("timeloop-mapper.map.yaml"))), Ok(()), "{name}");
        let best = job.best();
        for (part, size) in Mapspace::new(&input.architecture, &input.problem, &input.constraints).size().parts() {
            assert_eq!(best["mapspace"][part], size.to_string(), "{name} {part}");
        }
    }
    for run in ["01-mapper-eyeriss_like-layer1_1x1", "02-mapper-simple_weight_stationary-resnet18"] {
        let input = Input::open(&data(&format!("raw/{run}/input.yaml")));
        let map = read(&data(&format!("raw/{run}/timeloop-mapper.map.yaml")));
        assert_eq!(admits(&input, &map), Ok(()), "{run}");
        // Every loop at another level is outside of them.
        let moved = map.replacen("type: temporal\n    factors: C1 ", "type: temporal\n    factors: C2 ", 1);
        if moved != map {
            let document = parse_document(&moved).unwrap();
            assert!(mapping::read(&document, &input.architecture, &input.problem).is_err());
        }
    }
}

/// The four figures that the real mapper prints.
#[test]
fn mapspaces_have_the_sizes_that_timeloop_printed() {
    let baseline = json(&data("mapper-baseline.json"));
    for recorded in baseline.as_array().unwrap() {
        let name = recorded["name"].as_str().unwrap();
        let Input { architecture, problem, constraints, .. } = RecordedJob::named(name).input();
        let size = Mapspace::new(&architecture, &problem, &constraints).size();
        let expected = |part: &str| recorded["mapspace"][part].as_str().unwrap().parse::<u128>().unwrap();
        assert_eq!(size.index_factorization, expected("IndexFactorization"), "{name}");
        assert_eq!(size.loop_permutation, expected("LoopPermutation"), "{name}");
        assert_eq!(size.spatial, expected("Spatial"), "{name}");
        assert_eq!(size.datatype_bypass, expected("DatatypeBypass"), "{name}");
    }
}
