//! Sparse designs: every number and text that the real timeloop-model printed, and what it refused.

use std::collections::BTreeMap;
use std::path::Path;

use onnx2timeloop::model::Evaluation;
use onnx2timeloop::timeloop::files::parse_document;
use rayon::prelude::*;
use serde_json::Value;

use crate::kit::{
    PrintedDesign, Ran, data, folder, names, printed_design, program_in, read, sparse_architectures, sparse_cases,
    sparse_input,
};

/// A printed key in the form of the recordings.
fn key(printed: &str) -> String {
    let plain = printed.trim().to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
    let mut key = String::new();
    for letter in plain.trim_matches('_').chars() {
        if letter != '_' || !key.ends_with('_') {
            key.push(letter);
        }
    }
    key
}

/// Printed lines of a level: those of the level and those of each data space, by key.
#[derive(Default)]
struct PrintedLevel {
    own: BTreeMap<String, String>,
    spaces: BTreeMap<String, BTreeMap<String, String>>,
}

/// Reads what was printed of the levels, by their names.
fn printed_levels(stats: &str) -> BTreeMap<String, PrintedLevel> {
    let mut levels: BTreeMap<String, PrintedLevel> = BTreeMap::new();
    let end = stats.find("\nNetworks\n").unwrap();
    let (mut level, mut space, mut before) = (String::new(), None, String::new());
    for line in stats[..end].lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            (level, space) = (name.trim_end_matches(" ===").to_owned(), None);
            levels.entry(level.clone()).or_default();
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let Some(entry) = levels.get_mut(&level) else { continue };
        if indent == 4 && line.ends_with(':') {
            space = Some(line.trim().trim_end_matches(':').to_owned());
            continue;
        }
        let of_space = |space: &Option<String>| space.clone().filter(|_| indent >= 8);
        let values = match of_space(&space) {
            Some(space) => entry.spaces.entry(space).or_default(),
            None => &mut entry.own,
        };
        if let Some(rank) = line.trim().strip_prefix("Rank ") {
            let words = &rank[rank.find(": (").unwrap() + 3..rank.len() - 1];
            let words: Vec<&str> = words.split(',').map(str::trim).collect();
            let list = values.entry(before.clone()).or_default();
            list.push_str(&format!("[{}]", words.join(",")));
        } else if let Some(shares) = line.trim().strip_prefix("Breakdown (Data, Format): (") {
            values.insert(format!("{before}_breakdown"), shares.trim_end_matches(')').replace(['%', ' '], ""));
        } else if let Some((name, value)) = line.split_once(':') {
            before = key(name);
            values.insert(before.clone(), value.trim().to_owned());
        } else {
            before = key(line);
            values.insert(before.clone(), String::new());
        }
    }
    levels
}

/// A recorded value in the form in which it is printed.
fn as_printed(value: &Value) -> String {
    match value {
        Value::Null => "-nan".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => {
            let text = format!("{:.2}", number.as_f64().unwrap());
            if text == "-0.00" { "0.00".to_owned() } else { text }
        }
        other => other.to_string(),
    }
}

/// Compares a printed value with a recorded one.
fn agrees(name: &str, printed: &str, recorded: &Value) -> bool {
    let plain = printed
        .trim_end_matches(" pJ")
        .trim_end_matches(" words/cycle")
        .trim_end_matches(" um^2")
        .trim_end_matches('%');
    let plain = if plain == "-0.00" { "0.00" } else { plain };
    match recorded {
        Value::Array(list) if name == "representation_format" => {
            list.iter().map(|format| format.as_str().unwrap()).collect::<Vec<_>>()
                == plain.split_whitespace().collect::<Vec<_>>()
        }
        Value::Array(list) if name.ends_with("breakdown") => {
            list.iter().map(as_printed).collect::<Vec<_>>().join(",") == plain
        }
        Value::Array(list) => list.iter().map(|pair| format!("[{},{}]", pair[0], pair[1])).collect::<String>() == plain,
        Value::String(text) if name == "instances" => plain.starts_with(text),
        recorded => {
            as_printed(recorded) == plain || (recorded.is_number() && plain.parse::<f64>().ok() == recorded.as_f64())
        }
    }
}

/// Whether two doubles are equal but for rounding.
fn is_near(mine: f64, recorded: &Value) -> bool {
    let Some(recorded) = recorded.as_f64() else { return !mine.is_finite() };
    (mine - recorded).abs() <= 1e-12 * recorded.abs() || mine == recorded
}

/// What differs between what is printed and what was recorded.
fn differences(case: &Value, architecture: &Value, printed: &PrintedDesign) -> Vec<String> {
    let expected = &case["expected"];
    let mut wrong = Vec::new();
    let levels = printed_levels(&printed.stats);
    let mut check = |place: &str, name: &str, mine: Option<&String>, recorded: &Value| {
        let same = mine.is_some_and(|mine| agrees(name, mine, recorded));
        if !same {
            wrong.push(format!(
                "{place} {name}: {} instead of {recorded}",
                mine.map_or("nothing", |mine| mine.as_str())
            ));
        }
    };
    if let Some(mac) = expected.get("mac") {
        let name = mac["name"].as_str().unwrap();
        let own = &levels.get(name).map(|level| &level.own);
        for (recorded, printed) in [
            ("utilized_instances", "utilized_instances_max"),
            ("utilized_instances_average", "utilized_instances_average"),
            ("cycles", "cycles"),
            ("algorithmic_computes", "algorithmic_computes_total"),
            ("computes", "actual_computes_total"),
            ("gated_computes", "gated_computes_total"),
            ("skipped_computes", "skipped_computes_total"),
            ("energy_total_pj", "energy_total"),
            ("area_total_um2", "area_total"),
            ("compute_energy_pj", "compute_energy"),
        ] {
            check("mac", recorded, own.and_then(|own| own.get(printed)), &mac[recorded]);
        }
    }
    let recorded = expected["levels"].as_array().unwrap();
    for level in recorded {
        let name = level["name"].as_str().unwrap();
        let own = levels.get(name);
        for (name_of, value) in level["specs"].as_object().unwrap() {
            check(name, name_of, own.and_then(|own| own.own.get(name_of)), value);
        }
        for name_of in ["cycles", "bandwidth_throttling"] {
            check(name, name_of, own.and_then(|own| own.own.get(name_of)), &level[name_of]);
        }
        for (space, values) in level["data_spaces"].as_object().unwrap() {
            let printed = own.and_then(|own| own.spaces.get(space));
            for (name_of, value) in values.as_object().unwrap().iter().filter(|(name, _)| !name.ends_with("_exact")) {
                check(&format!("{name}/{space}"), name_of, printed.and_then(|printed| printed.get(name_of)), value);
            }
        }
    }
    for (name, mine, recorded) in exact_values(case, architecture, &printed.evaluation) {
        if !is_near(mine, &recorded) {
            wrong.push(format!("{name}: {mine} instead of {recorded}"));
        }
    }
    wrong.extend(text_differences(expected, printed));
    wrong
}

/// The values of levels that were recorded with all digits, each beside this library's.
pub(crate) fn exact_values(case: &Value, architecture: &Value, evaluation: &Evaluation) -> Vec<(String, f64, Value)> {
    let mut all = Vec::new();
    let place =
        |list: &Value, name: &Value| list.as_array().unwrap().iter().position(|each| each["name"] == *name).unwrap();
    for level in case["expected"]["levels"].as_array().unwrap() {
        let index = place(&architecture["levels"], &level["name"]);
        let used = &evaluation.levels[index];
        all.push((format!("{} slowdown", level["name"]), used.slowdown, level["slowdown_exact"].clone()));
        for (name, values) in level["data_spaces"].as_object().unwrap() {
            let space = place(&case["problem"]["data_spaces"], &name.as_str().into());
            let used = used.data_spaces[space].as_ref().unwrap();
            let instances =
                evaluation.sparse.as_ref().and_then(|sparse| Some(sparse.levels[index][space].as_ref()?.instances));
            for (key, mine) in [
                ("energy_per_instance_exact", used.energy_per_instance_pj),
                ("utilized_instances_exact", instances.unwrap_or(f64::NAN)),
                ("read_bandwidth_exact", used.read_bandwidth),
                ("write_bandwidth_exact", used.write_bandwidth),
            ] {
                all.push((format!("{}/{name} {key}", level["name"]), mine, values[key].clone()));
            }
        }
    }
    all
}

/// The texts that were recorded whole, and the values that were recorded with all digits.
fn text_differences(expected: &Value, printed: &PrintedDesign) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, mine) in [("stats_txt", &printed.stats), ("map_txt", &printed.map)] {
        if let Some(recorded) = expected.get(name).and_then(Value::as_str)
            && let Some(difference) = first_difference(mine, recorded)
        {
            wrong.push(format!("{name}: {difference}"));
        }
    }
    let evaluation = &printed.evaluation;
    if let Some(energy) = expected["mac"].get("energy_total_exact")
        && !is_near(evaluation.arithmetic.energy_pj, energy)
    {
        wrong.push(format!("mac energy {} instead of {energy}", evaluation.arithmetic.energy_pj));
    }
    let summary = &expected["summary"];
    for (name, mine) in [("cycles", evaluation.cycles)] {
        if summary[name].as_u64() != Some(mine) {
            wrong.push(format!("{name} {mine} instead of {}", summary[name]));
        }
    }
    for line in ["fj_per_algorithmic_compute", "fj_per_compute"] {
        for entry in summary[line].as_array().into_iter().flatten() {
            let (name, value) = (entry[0].as_str().unwrap(), as_printed(&entry[1]));
            let title = if line == "fj_per_compute" { "\nfJ/Compute\n" } else { "\nfJ/Algorithmic-Compute\n" };
            let block = printed.stats.find(title).map_or("", |start| &printed.stats[start + title.len()..]);
            let block = block.find("\n\n").map_or(block, |end| &block[..end]);
            let found = block.lines().find_map(|line| line.trim().strip_prefix(name)?.trim_start().strip_prefix("= "));
            if found != Some(value.as_str()) {
                wrong.push(format!("{line} of {name}: {found:?} instead of {value}"));
            }
        }
    }
    wrong
}

/// The first line in which two texts differ.
pub(crate) fn first_difference(mine: &str, recorded: &str) -> Option<String> {
    if mine == recorded {
        return None;
    }
    let pair = mine.lines().zip(recorded.lines()).enumerate().find(|(_, (mine, recorded))| mine != recorded);
    Some(pair.map_or_else(
        || "one is longer".to_owned(),
        |(line, (mine, recorded))| format!("line {}: `{mine}` instead of `{recorded}`", line + 1),
    ))
}

/// Text without white space.
fn dense(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Whether an input is refused as the real program refuses it.
pub(crate) fn refusal_difference(case: &Value, mine: &Result<PrintedDesign, String>) -> Option<String> {
    let expected = &case["expected"];
    let reason = expected["reason"].as_str().unwrap_or_default();
    let Err(message) = mine else { return Some(format!("accepted instead of {}: {reason}", expected["exit"])) };
    let is_same =
        expected["exit"] != 1 || dense(message).contains(&dense(reason.trim_start().trim_start_matches("ERROR: ")));
    (!is_same).then(|| format!("`{message}` instead of `{reason}`"))
}

/// What differs of a case.
pub(crate) fn case_differences(case: &Value, architecture: &Value) -> Vec<String> {
    let mine = printed_design(&sparse_input(case, architecture).to_string());
    if case["expected"]["accepted"] == false {
        return refusal_difference(case, &mine).into_iter().collect();
    }
    match mine {
        Err(message) => vec![format!("refused: {message}")],
        Ok(printed) if case["sparse"].is_null() => text_differences(&case["expected"], &printed),
        Ok(printed) => differences(case, architecture, &printed),
    }
}

/// Cases and what differs of them; those without differences are left out.
fn compared(accepted: bool) -> (usize, Vec<String>) {
    let architectures = sparse_architectures();
    let all = sparse_cases();
    let cases: Vec<&Value> = all.iter().filter(|case| case["expected"]["accepted"] == accepted).collect();
    let wrong = cases.par_iter().filter_map(|case| {
        let found = case_differences(case, &architectures[case["arch"].as_str().unwrap()]);
        (!found.is_empty()).then(|| format!("{} ({}): {}", case["id"], case["kind"], found.join("; ")))
    });
    (cases.len(), wrong.collect())
}

#[test]
fn recorded_designs_are_printed_digit_for_digit() {
    let (cases, wrong) = compared(true);
    assert!(wrong.is_empty(), "{} of {cases} differ:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    assert_eq!(cases, 1232);
}

#[test]
fn recorded_refusals_have_their_reason() {
    let (cases, wrong) = compared(false);
    assert!(wrong.is_empty(), "{} of {cases} differ:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    assert_eq!(cases, 456);
}

/// Public designs, and designs with one thing each that is rare.
#[test]
fn recorded_runs_are_printed_byte_for_byte_by_the_program() {
    let mut runs = 0;
    for name in names(&data("sparse/raw")).into_iter().filter(|name| !Path::new(name).ends_with("index.json")) {
        let recorded = data("sparse/raw").join(&name);
        let folder = folder(&[("input.yaml", &read(&recorded.join("input.yaml")))]);
        let Ran { stdout, stderr, code } = Ran::of(&mut program_in(folder.path(), "evaluate input.yaml -o ."));
        assert_eq!(code, 0, "{name}: {stderr}");
        assert!(stdout.contains("of dense data: "), "{name}: {stdout}");
        assert_eq!(
            stderr.contains("counts of accesses are below 0"),
            name.contains("wrapped-counts"),
            "{name}: {stderr}"
        );
        for file in ["timeloop-model.stats.txt", "timeloop-model.map.txt"] {
            let (mine, recorded) = (read(&folder.path().join(file)), read(&recorded.join(file)));
            assert_eq!(first_difference(&mine, &recorded), None, "{name} {file}");
        }
        runs += 1;
    }
    assert_eq!(runs, 12);
}

/// Every kind of thing that has no effect is named, with the place where it stands.
#[test]
fn keys_without_effect_are_named() {
    let input = read(&data("sparse/raw/06-model-exercises-SCDU-dot-product/input.yaml"));
    let changed = input.replace("- {format: CP}", "- {format: CP, metadata_words: 3}").replace(
        "    name: Buffer",
        "    name: Buffer\n    action-optimisation: []\n  - name: mac\n    compute_optimization: [{kind: gating}]",
    );
    assert_ne!(input, changed);
    let printed = printed_design(&changed).unwrap();
    let warnings = printed.warnings.join("\n");
    for expected in [
        "ranks[0].metadata_words: unknown key, ignored",
        "targets[0].action-optimisation: unknown key, ignored (did you mean `action_optimization`?)",
        "compute_optimization[0]: its `type` is missing or no text; it has no effect",
    ] {
        assert!(warnings.contains(expected), "{expected}\n{warnings}");
    }
}

/// A mapping that is written and read again costs the same, although the place of loops of one iteration matters.
#[test]
fn mappings_of_sparse_designs_survive_being_written_and_read() {
    let architectures = sparse_architectures();
    let mut compared = 0;
    for case in sparse_cases().iter().filter(|case| case["expected"]["accepted"] == true).step_by(7) {
        let input = sparse_input(case, &architectures[case["arch"].as_str().unwrap()]);
        let first = printed_design(&input.to_string()).unwrap();
        let mut again = parse_document(&input.to_string()).unwrap();
        let written = parse_document(&first.mapping).unwrap();
        again["mapping"] = written["mapping"].clone();
        let again = printed_design(&serde_yaml::to_string(&again).unwrap()).unwrap();
        assert_eq!(first_difference(&first.stats, &again.stats), None, "{}", case["id"]);
        compared += 1;
    }
    assert!(compared > 150, "{compared}");
}

/// A v0.4 description with the optimizations at the component, or at the top.
fn user_form(at_the_top: bool) -> String {
    let input = read(&data("sparse/raw/06-model-exercises-SCDU-dot-product/input.yaml"));
    let part = |from: &str, to: &str| &input[input.find(from).unwrap()..input.find(to).unwrap_or(input.len())];
    let (problem, tables) = (part("problem:", "mapping:"), part("ERT:", "sparse_optimizations:"));
    let optimizations = "{representation_format: {data_spaces: [{name: A, ranks: [{format: CP}]}]}, action_optimization: [\
                         {type: skipping, options: [{target: B, condition_on: [A]}]}, \
                         {type: skipping, options: [{target: Z, condition_on: [A]}]}]}";
    let (own, top) = if at_the_top {
        (
            String::new(),
            format!("sparse_optimizations: {{targets: [{}]}}\n", optimizations.replacen('{', "{target: Buffer, ", 1)),
        )
    } else {
        (format!("    sparse_optimizations: {optimizations}\n"), String::new())
    };
    format!(
        "architecture:
  version: 0.4
  nodes:
  - !Container
    name: PE_top_level
    attributes: {{technology: \"45nm\", global_cycle_seconds: 1e-9, has_power_gating: False}}
  - !Component
    name: Buffer
    class: storage
    subclass: regfile_metadata
    attributes: {{depth: 64, width: 8, datawidth: 8, metadata_storage_depth: 32, metadata_storage_width: 4, metadata_datawidth: 4,
      read_bandwidth: 4, write_bandwidth: 3}}
{own}  - !Component
    name: mac
    class: intmac
    attributes: {{multiplier_width: 8, adder_width: 16}}
mapping:
- {{target: Buffer, type: dataspace, keep: [A, B, Z], bypass: []}}
- {{target: Buffer, type: temporal, factors: [K=16, M=1], permutation: [K, M]}}
{problem}{tables}{top}"
    )
}

#[test]
fn optimizations_of_v04_descriptions_are_those_of_processed_files() {
    let recorded = read(&data("sparse/raw/06-model-exercises-SCDU-dot-product/timeloop-model.stats.txt"));
    for at_the_top in [false, true] {
        let folder = folder(&[("design.yaml", &user_form(at_the_top))]);
        let Ran { stderr, code, .. } = Ran::of(&mut program_in(folder.path(), "evaluate design.yaml -o ."));
        assert_eq!(code, 0, "{stderr}");
        let mine = read(&folder.path().join("timeloop-model.stats.txt"));
        assert_eq!(first_difference(&mine, &recorded), None, "{at_the_top}");
    }
}

/// The best mapping of a sparse design is proved, is none of factors that do not divide, and checks of a description read it.
#[test]
fn sparse_designs_are_searched_and_checked() {
    let folder = folder(&[
        ("design.yaml", &user_form(false)),
        ("wrong.yaml", &user_form(false).replace("format: CP", "format: CSR")),
    ]);
    let run = |words: &str| Ran::of(&mut program_in(folder.path(), words));
    let Ran { stderr, code, .. } = run("map design.yaml -o found");
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("proved optimal"), "{stderr}");
    let stats = read(&folder.path().join("found/timeloop-mapper.stats.txt"));
    assert!(stats.contains("Algorithmic Computes"), "{stats}");
    let Ran { stderr, code, .. } = run("map design.yaml -o found --mapspace ruby");
    assert!(code != 0 && stderr.contains("searched with factors that divide"), "{code} {stderr}");
    assert_eq!(run("arch check design.yaml").code, 0);
    let Ran { stderr, code, .. } = run("arch check wrong.yaml");
    assert_eq!(code, 2, "{stderr}");
    assert!(
        stderr.contains("wrong.yaml:13: `architecture.nodes[1].sparse_optimizations.representation_format")
            && stderr.contains("unrecognized metadata format name: CSR"),
        "{stderr}"
    );
}
