//! Statistics that the real tools wrote, and those that we write, read back.

use std::fs;

use onnx2timeloop::architecture::Architecture;
use onnx2timeloop::mapping::Mapping;
use onnx2timeloop::model::{Evaluation, evaluate};
use onnx2timeloop::timeloop::files::stats::{self, Notation, StatsOptions};
use onnx2timeloop::timeloop::files::stats_reader::{Statistics, StatsError, read};
use onnx2timeloop::timeloop::files::{architecture, mapping, nest_text, parse_document, problem};
use onnx2timeloop::workload::Problem;
use serde_json::Value;

use crate::model::support::{architectures, cases, data};

fn close(found: f64, expected: f64, relative: f64) -> bool {
    (found - expected).abs() <= relative * expected.abs() + 0.02
}

/// Whether statistics say what an evaluation says. `relative` is how exact a number of the text is.
fn compare(
    found: &Statistics,
    evaluation: &Evaluation,
    architecture: &Architecture,
    problem: &Problem,
    relative: f64,
    name: &str,
) {
    let summary = &found.summary;
    assert_eq!((summary.cycles, summary.computes), (evaluation.cycles, evaluation.arithmetic.computes), "{name}");
    let energy = found.energy_pj().unwrap();
    assert!(close(energy, evaluation.energy_pj, relative), "{name}: {energy}, expected {}", evaluation.energy_pj);
    assert_eq!(found.operations, Some(evaluation.operations()), "{name}");
    let gflops = evaluation.operations() as f64 / evaluation.cycles as f64;
    assert!((found.gflops().unwrap() - gflops).abs() <= gflops * 1e-12, "{name}");
    assert!((found.utilization().unwrap() - evaluation.utilization).abs() < 5.1e-5, "{name}");
    let shown = |energy: &f64| *energy != 0.0;
    let energies = std::iter::once((&architecture.arithmetic().name, evaluation.arithmetic.energy_pj))
        .chain(architecture.levels().iter().zip(&evaluation.levels).map(|(level, used)| (&level.name, used.energy_pj)));
    for (component, energy) in energies.filter(|(_, energy)| shown(energy)) {
        let row = summary.components.iter().find(|row| row.name == *component).unwrap_or_else(|| panic!("{name}"));
        let stated = found.energy_pj_of(row).unwrap();
        assert!(close(stated, energy, relative), "{name}: {component} {stated}, expected {energy}");
    }
    for (level, (spec, used)) in architecture.levels().iter().zip(&evaluation.levels).enumerate() {
        let Some(stated) = found.levels.iter().find(|stated| stated.number == level + 1) else {
            assert!(used.energy_pj == 0.0, "{name}: {}", spec.name);
            continue;
        };
        assert_eq!(
            (&stated.name, stated.cycles, stated.instances),
            (&spec.name, Some(used.cycles), Some(spec.instances))
        );
        let spaces = problem.data_spaces().iter().zip(&used.data_spaces);
        let expected: Vec<_> = spaces
            .filter_map(|(space, used)| Some((space, used.as_ref()?)))
            .map(|(space, used)| {
                (
                    &space.name,
                    Some(used.tile),
                    Some(used.utilized_instances),
                    used.accesses.reads,
                    used.accesses.fills,
                    used.accesses.updates,
                )
            })
            .collect();
        let spaces: Vec<_> = stated
            .data_spaces
            .iter()
            .map(|space| {
                let counts = (space.reads.unwrap(), space.fills.unwrap(), space.updates.unwrap());
                (&space.name, space.tile, space.utilized_instances, counts.0, counts.1, counts.2)
            })
            .collect();
        assert_eq!(spaces, expected, "{name}: {}", spec.name);
    }
    assert_eq!(found.operations_per_byte.len(), architecture.levels().len(), "{name}");
}

struct Recorded {
    name: String,
    statistics: Statistics,
    text: String,
    entry: Value,
}

fn recorded() -> Vec<Recorded> {
    let index: Value = serde_json::from_str(&fs::read_to_string(data("raw/index.json")).unwrap()).unwrap();
    let runs = index.as_array().unwrap().iter().filter(|entry| entry["has_summary"] == true);
    runs.map(|entry| {
        let name = entry["dir"].as_str().unwrap().to_owned();
        let file = format!("{}.stats.txt", entry["binary"].as_str().unwrap());
        let text = fs::read_to_string(data("raw").join(&name).join(file)).unwrap();
        Recorded {
            statistics: read(&text).unwrap_or_else(|error| panic!("{name}: {error}")),
            text,
            name,
            entry: entry.clone(),
        }
    })
    .collect()
}

fn inputs_of(run: &Recorded) -> (Architecture, Problem, Mapping) {
    let folder = data("raw").join(&run.name);
    let document = parse_document(&fs::read_to_string(folder.join("input.yaml")).unwrap()).unwrap();
    let (architecture, _) = architecture::read(&document).unwrap();
    let (problem, _) = problem::read(&document).unwrap();
    let found = fs::read_to_string(folder.join("timeloop-mapper.map.yaml")).map(|text| parse_document(&text).unwrap());
    let (mapping, _) = mapping::read(found.as_ref().unwrap_or(&document), &architecture, &problem).unwrap();
    (architecture, problem, mapping)
}

/// Every recorded run: what its text says is what the model says of its mapping.
#[test]
fn recorded_statistics() {
    let mut compared = 0;
    for run in recorded() {
        let (architecture, problem, mapping) = inputs_of(&run);
        let evaluation = evaluate(&architecture, &problem, &mapping).unwrap();
        // Two decimals of picojoules for each part, or three digits.
        let relative = if run.entry["env"]["TIMELOOP_OUTPUT_STAT_SCIENTIFIC"] == "1" { 0.005 } else { 1e-7 };
        compare(&run.statistics, &evaluation, &architecture, &problem, relative, &run.name);
        compared += 1;
    }
    assert_eq!(compared, 15);
}

#[test]
fn what_the_summary_prints() {
    let runs = recorded();
    let of = |name: &str| runs.iter().find(|run| run.name.starts_with(name)).unwrap();
    let summary = &of("01").statistics.summary;
    // The last lines of the file.
    assert_eq!((summary.gflops, summary.utilization, summary.cycles), (Some(63.5), Some(0.1905), 8_520_192));
    assert_eq!((summary.energy_uj, summary.edp_j_cycle, summary.area_mm2), (Some(4986.81), Some(4.25e4), None));
    let rows: Vec<_> = summary.components.iter().map(|row| (row.name.as_str(), row.fj_per_compute.unwrap())).collect();
    let expected = [
        ("mac", 207.69),
        ("psum_spad", 510.61),
        ("weights_spad", 997.19),
        ("ifmap_spad", 123.41),
        ("shared_glb", 705.40),
        ("DRAM", 15746.12),
    ];
    assert_eq!((rows.as_slice(), summary.total.fj_per_compute), (expected.as_slice(), Some(18290.42)));
    // Exponents are kept.
    let summary = &of("16").statistics.summary;
    assert_eq!((summary.gflops, summary.energy_uj, summary.edp_j_cycle), (Some(31.9), Some(15.4), Some(0.999)));
    assert_eq!(summary.total.fj_per_compute, Some(14_900.0));
    // Networks that are shown: one word to several instances at once.
    let statistics = &of("12").statistics;
    assert_eq!(statistics.networks.len(), statistics.operations_per_byte.len());
    assert!(
        statistics.networks.iter().any(|network| network.multicast.iter().any(|(_, mean)| mean.unwrap_or(0.0) > 1.0))
    );
    assert!(of("14").statistics.networks.iter().any(|network| network.energy_pj.unwrap() > 0.0));
    // Areas: known where every level is printed, hidden ones would be missing.
    assert!(statistics.area_um2().is_some());
    assert_eq!(of("01").statistics.area_um2(), None);
}

/// A file that ends early is no result, wherever it ends.
#[test]
fn files_that_are_cut_off() {
    let run = recorded().swap_remove(0);
    let whole = run.text.trim_end();
    let last = whole.rfind("Total").unwrap();
    for end in (0..=last).step_by(997).chain([last]) {
        let error = read(&whole[..end]).unwrap_err();
        assert_eq!(error == StatsError::Empty, whole[..end].trim().is_empty());
    }
}

/// Our own text, of evaluated cases in every notation.
#[test]
fn our_own_statistics() {
    let architectures = architectures();
    let mut compared = 0;
    for (number, case) in ["cases-1.jsonl.gz", "cases-imperfect.jsonl.gz"].into_iter().flat_map(cases).enumerate() {
        if number % 40 != 0 || case.expected["accepted"] != true {
            continue;
        }
        let architecture = &architectures[&case.arch];
        let evaluation = evaluate(architecture, &case.problem, &case.mapping).unwrap();
        for (notation, hide, relative) in
            [(Notation::Fixed, true, 1e-7), (Notation::Fixed, false, 1e-7), (Notation::Scientific, false, 0.005)]
        {
            let options = StatsOptions { hide_inconsequential: hide, notation };
            let text = stats::write(architecture, &case.problem, &evaluation, options);
            let found = read(&text).unwrap();
            compare(&found, &evaluation, architecture, &case.problem, relative, &case.id);
        }
        compared += 1;
    }
    assert!(compared > 40, "{compared}");
}

/// Loop nests in map.txt, residuals too.
#[test]
fn nests_of_the_cases() {
    let mut compared = 0;
    for case in ["cases-1.jsonl.gz", "cases-imperfect.jsonl.gz"].into_iter().flat_map(cases) {
        let Some(text) = case.expected["map_txt"].as_str() else { continue };
        let levels = nest_text::read(text);
        assert_eq!(levels.len(), case.mapping.levels.len(), "{}", case.id);
        for (printed, level) in levels.iter().rev().zip(&case.mapping.levels) {
            let letter = |dimension: usize| case.problem.dimensions()[dimension].0;
            let temporal = level.temporal.iter().map(|each| (letter(each.dimension), each.bound, each.residual, None));
            let spatial = level.spatial.iter().map(|each| {
                let iteration = each.iteration;
                (letter(iteration.dimension), iteration.bound, iteration.residual, Some(each.axis))
            });
            let expected: Vec<_> = spatial.chain(temporal).filter(|each| each.1 > 1).collect();
            let loops: Vec<_> =
                printed.loops.iter().rev().map(|each| (each.dimension, each.bound, each.residual, each.axis)).collect();
            assert_eq!(loops, expected, "{}", case.id);
            let kept = (0..case.problem.data_spaces().len()).filter(|space| level.policy.keep.contains(*space)).count();
            assert_eq!(printed.tiles.len(), kept, "{}", case.id);
        }
        compared += 1;
    }
    assert_eq!(compared, 274 + 17);
}
