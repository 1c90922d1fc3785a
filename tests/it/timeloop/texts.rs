//! Whole runs of Timeloop's programs: the same input gives the same bytes.

use onnx2timeloop::api::Warned;
use onnx2timeloop::mapping::{DataSpaceSet, LevelMapping, LevelPolicy, Mapping};
use onnx2timeloop::model::evaluate;
use onnx2timeloop::timeloop::files::stats::{self, Notation, StatsOptions};
use onnx2timeloop::timeloop::files::{map_txt, mapping, parse_document};

use crate::kit::{
    Input, Random, RecordedRun, architectures, cases, data, mappings, read, recorded_jobs, recorded_runs,
};

/// A run whose files are read without a warning.
fn unwarned(run: &RecordedRun) -> (Input, Mapping) {
    let input = run.input();
    assert!(input.warnings.is_empty(), "{:?}", input.warnings);
    let Warned { value: mapping, warnings } = run.mapping(&input);
    assert!(warnings.is_empty(), "{warnings:?}");
    (input, mapping)
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

#[test]
fn recorded_runs_are_written_byte_for_byte() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for run in recorded_runs() {
        let (Input { architecture, problem, .. }, mapping) = unwarned(&run);
        let evaluation = evaluate(&architecture, &problem, &mapping).unwrap();
        let env = &run.entry["env"];
        let options = StatsOptions {
            hide_inconsequential: env["TIMELOOP_HIDE_INCONSEQUENTIAL_STATS"] != "0",
            notation: if run.is_scientific() { Notation::Scientific } else { Notation::Fixed },
        };
        let mut check = |file: &str, mine: &str| {
            compared += 1;
            if let Some(difference) = difference(mine, &run.text(file)) {
                wrong.push(format!("{} {file}: {difference}", run.name));
            }
        };
        check("stats.txt", &stats::write(&architecture, &problem, &evaluation, options));
        check("map.txt", &map_txt::write(&mapping, &architecture, &problem, &evaluation));
        if run.is_mapper() {
            check("map.yaml", &mapping::write(&mapping, &architecture, &problem));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(compared, 15 * 2 + 2);
}

#[test]
fn recorded_rejection_has_the_same_text() {
    let folder = data("raw/11-model-rejected-capacity");
    let input = Input::open(&folder.join("input.yaml"));
    let Warned { value: mapping, warnings } = input.own_mapping();
    assert!(input.warnings.is_empty() && warnings.is_empty(), "{:?} {warnings:?}", input.warnings);
    let rejection = evaluate(&input.architecture, &input.problem, &mapping).unwrap_err();
    let expected = read(&folder.join("stderr.txt"));
    assert_eq!(format!("ERROR: {rejection}"), expected.trim());
}

/// map.txt of the evaluated cases; and every accepted mapping survives being written and read.
#[test]
fn recorded_mappings_are_written_as_recorded_and_read_back() {
    let architectures = architectures();
    let mut texts = 0;
    for case in ["cases-1.jsonl.gz", "cases-imperfect.jsonl.gz"].into_iter().flat_map(cases) {
        let architecture = &architectures[&case.arch];
        if case.expected["accepted"] != true {
            continue;
        }
        let yaml = mapping::write(&case.mapping, architecture, &case.problem);
        let document = parse_document(&yaml).unwrap();
        let again = mapping::read(&document, architecture, &case.problem).unwrap().value;
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
fn map_txt_of_recorded_runs_reads_as_its_mapping() {
    let mut read = 0;
    for run in recorded_runs() {
        let (Input { architecture, problem, .. }, mapping) = unwarned(&run);
        let again = map_txt::read(&run.text("map.txt"), &architecture, &problem).unwrap();
        assert_eq!(again, without_switches(&mapping), "{}", run.name);
        read += 1;
    }
    assert_eq!(read, 15);
}

/// Written and read again: perfect factors, and factors with residuals.
#[test]
fn random_mappings_survive_being_written_and_read() {
    let architectures = architectures();
    let cases = cases("cases-1.jsonl.gz");
    for (generate, seed) in [(mappings::mapping as fn(&_, &_, &mut _) -> _, 11), (mappings::imperfect, 12)] {
        let mut random = Random(seed);
        let (mut survived, mut residuals) = (0, 0);
        for case in cases.iter().step_by(3) {
            let architecture = &architectures[&case.arch];
            let mut mapping: Mapping = generate(architecture, &case.problem, &mut random);
            // What the outermost level does not coalesce is not printed as kept there.
            mapping.levels.iter_mut().for_each(|level| level.policy.no_coalesce = DataSpaceSet::default());
            let yaml = mapping::write(&mapping, architecture, &case.problem);
            let again = mapping::read(&parse_document(&yaml).unwrap(), architecture, &case.problem).unwrap().value;
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
fn errors_in_a_loop_nest_are_named() {
    let runs = recorded_runs();
    let run = runs.iter().find(|run| run.name == "01-mapper-eyeriss_like-layer1_1x1").unwrap();
    let (Input { architecture, problem, .. }, _) = unwarned(run);
    let text = run.text("map.txt");
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
fn recorded_best_mappings_cost_what_timeloop_printed() {
    for job in recorded_jobs() {
        let input = job.input();
        let mapping = job.mapping(&input);
        let Input { architecture, problem, .. } = input;
        let evaluation = evaluate(&architecture, &problem, &mapping).unwrap();
        let (name, best) = (&job.name, job.best());
        assert_eq!(evaluation.cycles, best["cycles"].as_u64().unwrap(), "{name}");
        assert_eq!(
            format!("{:.2}", evaluation.energy_pj / 1e6),
            format!("{:.2}", best["energy_uJ"].as_f64().unwrap()),
            "{name}"
        );
        // Cycles times the printed energy, which has two decimals.
        let (edp, unit) = (best["edp_exact"].as_f64().unwrap(), evaluation.cycles as f64 / 1e6);
        assert!((evaluation.edp() - edp).abs() <= 0.005_000_1 * unit, "{name}: {}, expected {edp}", evaluation.edp());
        let text = read(&job.folder.join("timeloop-mapper.map.yaml"));
        assert_eq!(difference(&mapping::write(&mapping, &architecture, &problem), &text), None, "{name}");
    }
}
