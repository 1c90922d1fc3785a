//! Whole runs of the real tools: the same input gives the same bytes.

use std::fs;
use std::path::Path;

use onnx2timeloop::architecture::Architecture;
use onnx2timeloop::mapping::{DataSpaceSet, LevelMapping, LevelPolicy, Mapping};
use onnx2timeloop::model::evaluate;
use onnx2timeloop::timeloop::files::stats::{self, Notation, StatsOptions};
use onnx2timeloop::timeloop::files::{architecture, map_txt, mapping, parse_document, problem};
use onnx2timeloop::workload::Problem;
use serde_json::Value;

use super::random::{self, Random};
use super::support::{architectures, cases, data};

struct Run {
    architecture: Architecture,
    problem: Problem,
    mapping: Mapping,
}

fn run(folder: &Path, map: Option<&str>) -> Run {
    let document = parse_document(&fs::read_to_string(folder.join("input.yaml")).unwrap()).unwrap();
    let (architecture, warnings) = architecture::read(&document).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let (problem, warnings) = problem::read(&document).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let map = map.map(|map| parse_document(&fs::read_to_string(folder.join(map)).unwrap()).unwrap());
    let (mapping, warnings) = mapping::read(map.as_ref().unwrap_or(&document), &architecture, &problem).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    Run { architecture, problem, mapping }
}

/// Where two texts first differ.
fn difference(mine: &str, expected: &str) -> Option<String> {
    if mine == expected {
        return None;
    }
    let lines = mine.lines().zip(expected.lines()).enumerate();
    let found = lines.filter(|(_, (mine, expected))| mine != expected);
    let lines: Vec<_> = found.take(4).map(|(n, (a, b))| format!("line {}: `{a}`, expected `{b}`", n + 1)).collect();
    Some(format!("{} of {} bytes; {}", mine.len(), expected.len(), lines.join("; ")))
}

fn index() -> Vec<Value> {
    let index: Value = serde_json::from_str(&fs::read_to_string(data("raw/index.json")).unwrap()).unwrap();
    index.as_array().unwrap().clone()
}

#[test]
fn bytes_of_whole_runs() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for entry in index().iter().filter(|entry| entry["has_summary"] == true) {
        let name = entry["dir"].as_str().unwrap();
        let folder = data("raw").join(name);
        let mapper = entry["binary"] == "timeloop-mapper";
        let Run { architecture, problem, mapping } = run(&folder, mapper.then_some("timeloop-mapper.map.yaml"));
        let evaluation = evaluate(&architecture, &problem, &mapping).unwrap();
        let env = &entry["env"];
        let options = StatsOptions {
            hide_inconsequential: env["TIMELOOP_HIDE_INCONSEQUENTIAL_STATS"] != "0",
            notation: if env["TIMELOOP_OUTPUT_STAT_SCIENTIFIC"] == "1" {
                Notation::Scientific
            } else {
                Notation::Fixed
            },
        };
        let prefix = entry["binary"].as_str().unwrap();
        let read = |file: &str| fs::read_to_string(folder.join(format!("{prefix}.{file}"))).unwrap();
        let mut check = |file: &str, mine: &str| {
            compared += 1;
            if let Some(difference) = difference(mine, &read(file)) {
                wrong.push(format!("{name} {file}: {difference}"));
            }
        };
        check("stats.txt", &stats::write(&architecture, &problem, &evaluation, options));
        check("map.txt", &map_txt::write(&mapping, &architecture, &problem, &evaluation));
        if mapper {
            check("map.yaml", &mapping::write(&mapping, &architecture, &problem));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(compared, 15 * 2 + 2);
}

#[test]
fn the_refused_run() {
    let folder = data("raw/11-model-rejected-capacity");
    let Run { architecture, problem, mapping } = run(&folder, None);
    let rejection = evaluate(&architecture, &problem, &mapping).unwrap_err();
    let expected = fs::read_to_string(folder.join("stderr.txt")).unwrap();
    assert_eq!(format!("ERROR: {rejection}"), expected.trim());
}

/// map.txt of the evaluated cases; and every accepted mapping survives being written and read.
#[test]
fn texts_of_the_cases() {
    let architectures = architectures();
    let mut texts = 0;
    for case in ["cases-1.jsonl.gz", "cases-imperfect.jsonl.gz"].into_iter().flat_map(cases) {
        let architecture = &architectures[&case.arch];
        if case.expected["accepted"] != true {
            continue;
        }
        let yaml = mapping::write(&case.mapping, architecture, &case.problem);
        let document = parse_document(&yaml).unwrap();
        let (again, _) = mapping::read(&document, architecture, &case.problem).unwrap();
        assert_eq!(again, case.mapping, "{}\n{yaml}", case.id);
        if let Some(expected) = case.expected["map_txt"].as_str() {
            let evaluation = evaluate(architecture, &case.problem, &case.mapping).unwrap();
            let mine = map_txt::write(&case.mapping, architecture, &case.problem, &evaluation);
            assert_eq!(difference(&mine, expected), None, "{}", case.id);
            let again = map_txt::read(expected, architecture, &case.problem).unwrap();
            assert_eq!(again, without_switches(&case.mapping), "{}\n{expected}", case.id);
            texts += 1;
        }
    }
    assert_eq!(texts, 274 + 17);
}

/// What a loop nest in text has of a mapping: all but the switches.
fn without_switches(mapping: &Mapping) -> Mapping {
    let level = |level: &LevelMapping| LevelMapping {
        temporal: level.temporal.clone(),
        spatial: level.spatial.clone(),
        policy: LevelPolicy::keeping(level.policy.keep),
    };
    Mapping { levels: mapping.levels.iter().map(level).collect() }
}

#[test]
fn loop_nests_of_whole_runs_are_read() {
    let mut read = 0;
    for entry in index().iter().filter(|entry| entry["has_summary"] == true) {
        let folder = data("raw").join(entry["dir"].as_str().unwrap());
        let prefix = entry["binary"].as_str().unwrap();
        let map = (prefix == "timeloop-mapper").then_some("timeloop-mapper.map.yaml");
        let Run { architecture, problem, mapping } = run(&folder, map);
        let text = fs::read_to_string(folder.join(format!("{prefix}.map.txt"))).unwrap();
        let again = map_txt::read(&text, &architecture, &problem).unwrap();
        assert_eq!(again, without_switches(&mapping), "{}", folder.display());
        read += 1;
    }
    assert_eq!(read, 15);
}

/// Written and read again: perfect factors, and factors with residuals.
#[test]
fn random_loop_nests_survive_as_text() {
    let architectures = architectures();
    let cases = cases("cases-1.jsonl.gz");
    for (generate, seed) in [(random::mapping as fn(&_, &_, &mut _) -> _, 11), (random::imperfect, 12)] {
        let mut random = Random(seed);
        let (mut survived, mut residuals) = (0, 0);
        for case in cases.iter().step_by(3) {
            let architecture = &architectures[&case.arch];
            let mut mapping: Mapping = generate(architecture, &case.problem, &mut random);
            // What the outermost level does not coalesce is not printed as kept there.
            mapping.levels.iter_mut().for_each(|level| level.policy.no_coalesce = DataSpaceSet::default());
            let yaml = mapping::write(&mapping, architecture, &case.problem);
            let (again, _) = mapping::read(&parse_document(&yaml).unwrap(), architecture, &case.problem).unwrap();
            assert_eq!(again, with_written_switches(&mapping), "{yaml}");
            let Ok(evaluation) = evaluate(architecture, &case.problem, &mapping) else { continue };
            let text = map_txt::write(&mapping, architecture, &case.problem, &evaluation);
            let again = map_txt::read(&text, architecture, &case.problem).unwrap();
            assert_eq!(again, without_switches(&mapping), "{text}");
            survived += 1;
            residuals += usize::from(text.contains(','));
        }
        println!("{survived} loop nests, {residuals} of them with residuals");
        assert!(survived > 30 && (seed == 11 || residuals > 20), "{survived}, {residuals}");
    }
}

/// What map.yaml has of a mapping: the switches of a fan-out stand with its loops.
fn with_written_switches(mapping: &Mapping) -> Mapping {
    let mut written = mapping.clone();
    for level in written.levels.iter_mut().filter(|level| level.spatial.is_empty()) {
        (level.policy.no_multicast, level.policy.no_link_transfer) = Default::default();
    }
    written
}

#[test]
fn what_is_wrong_with_a_loop_nest() {
    let folder = data("raw/01-mapper-eyeriss_like-layer1_1x1");
    let Run { architecture, problem, .. } = run(&folder, Some("timeloop-mapper.map.yaml"));
    let text = fs::read_to_string(folder.join("timeloop-mapper.map.txt")).unwrap();
    let changed = |from: &str, to: &str| {
        let text = text.replacen(from, to, 1);
        map_txt::read(&text, &architecture, &problem).unwrap_err().to_string()
    };
    let messages = [
        changed("shared_glb [", "shared_gbl ["),
        changed("Weights:", "Weihgts:"),
        changed("for P in [0:43)", "for Z in [0:43)"),
        changed("for P in [0:43)", "for P in [0:44)"),
        changed("for P in [0:43)", "for P from 0 to 43"),
        changed("(Spatial-X)", "(Spatial-Z)"),
        changed("DRAM [", "| for P in [0:43)\nDRAM ["),
        changed("<< Compute >>", ""),
        changed("psum_spad [ Outputs:4 (4) ]", ""),
        changed("shared_glb [ Inputs:1032 (1032) Outputs:33024 (33024) ]", ""),
        changed("shared_glb [ Inputs:1032 (1032) Outputs:33024 (33024) ]", "DRAM [ ]"),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

/// The best mappings that the real mapper found, with the numbers it printed.
#[test]
fn best_mappings_of_the_mapper() {
    let mut found = 0;
    for entry in fs::read_dir(data("mapper")).unwrap() {
        let folder = entry.unwrap().path();
        let input = parse_document(&fs::read_to_string(folder.join("in.yaml")).unwrap()).unwrap();
        let text = fs::read_to_string(folder.join("timeloop-mapper.map.yaml")).unwrap();
        let (architecture, _) = architecture::read(&input).unwrap();
        let (problem, _) = problem::read(&input).unwrap();
        let (mapping, _) = mapping::read(&parse_document(&text).unwrap(), &architecture, &problem).unwrap();
        let evaluation = evaluate(&architecture, &problem, &mapping).unwrap();
        let best: Value = serde_json::from_str(&fs::read_to_string(folder.join("best.json")).unwrap()).unwrap();
        let name = folder.display();
        assert_eq!(evaluation.cycles, best["cycles"].as_u64().unwrap(), "{name}");
        assert_eq!(
            format!("{:.2}", evaluation.energy_pj / 1e6),
            format!("{:.2}", best["energy_uJ"].as_f64().unwrap()),
            "{name}"
        );
        // Cycles times the printed energy, which has two decimals.
        let (edp, unit) = (best["edp_exact"].as_f64().unwrap(), evaluation.cycles as f64 / 1e6);
        assert!((evaluation.edp() - edp).abs() <= 0.005_000_1 * unit, "{name}: {}, expected {edp}", evaluation.edp());
        assert_eq!(difference(&mapping::write(&mapping, &architecture, &problem), &text), None, "{name}");
        found += 1;
    }
    assert_eq!(found, 45);
}
