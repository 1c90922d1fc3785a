//! Networks between levels, inferred and explicit: they cost what Timeloop prints, and what it refuses is refused.

use std::fs;
use std::io::{BufRead, BufReader};

use flate2::read::GzDecoder;
use onnx2timeloop::model::{SparseModel, evaluate};
use onnx2timeloop::timeloop::files::specification::{Specification, SpecificationOptions};
use onnx2timeloop::timeloop::files::stats::{self, StatsOptions};
use onnx2timeloop::timeloop::files::{EnergyTables, map_txt};
use onnx2timeloop::timeloop::frontend::Source;
use regex::Regex;
use serde_json::Value;

use crate::kit::{Ran, data, folder, names, program_in, read};

/// What is printed of an input with its mapping: the statistics with what is hidden by default left out, all of them, and the map.
fn evaluated_text(input: &str) -> Result<[String; 3], String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let source = Source::Text { name: "in.yaml".to_owned(), text: input.to_owned() };
    let specification =
        Specification::load(&[source], &SpecificationOptions::default()).map_err(|error| text(&error))?;
    let mut tables = EnergyTables::default();
    tables.add(specification.document(), "the input").map_err(|error| text(&error))?;
    let architecture = specification.architecture(&tables).map_err(|error| text(&error))?.value;
    let problem = specification.problem().map_err(|error| text(&error))?.value;
    let (mapping, order) =
        specification.mapping_with_order(&architecture, &problem).map_err(|error| text(&error))?.value;
    let design = specification.sparse_design(&architecture, &problem).map_err(|error| text(&error))?;
    let evaluation = match design {
        None => evaluate(&architecture, &problem, &mapping),
        Some(design) => SparseModel::new(&architecture, &problem, &design.value).evaluate(&mapping, &order),
    };
    let evaluation = evaluation.map_err(|error| text(&error))?;
    let [hidden, all] = [true, false].map(|hide_inconsequential| {
        let options = StatsOptions { hide_inconsequential, ..StatsOptions::default() };
        stats::write(&architecture, &problem, &evaluation, options)
    });
    Ok([hidden, all, map_txt::write(&mapping, &architecture, &problem, &evaluation)])
}

/// The statistics of an input.
fn statistics(input: &str) -> Result<[String; 2], String> {
    let [hidden, all, _] = evaluated_text(input)?;
    Ok([hidden, all])
}

/// Designs that the real timeloop-model has evaluated or refused, most of them with explicit networks.
fn recorded() -> Vec<Value> {
    let file = fs::File::open(data("networks/cases-explicit.jsonl.gz")).unwrap();
    BufReader::new(GzDecoder::new(file)).lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

/// The text without the lines of these values, which the real program never set: `NETWORK/Fill latency`.
fn without<'t>(text: &'t str, undefined: &[&str]) -> Vec<&'t str> {
    let mut lines: Vec<&str> = Vec::new();
    let (mut network, mut before) = ("", "");
    for line in text.lines() {
        if before == "---------" && !line.is_empty() {
            network = line;
        }
        before = line;
        let is_undefined = |stated: &&str| {
            let (name, key) = stated.split_once('/').unwrap();
            name == network && line.trim().starts_with(key)
        };
        if !undefined.iter().any(is_undefined) {
            lines.push(line);
        }
    }
    lines
}

#[test]
fn recorded_networks_are_printed_byte_for_byte() {
    let mut compared = 0;
    for case in recorded() {
        let (name, input) = (case["name"].as_str().unwrap(), case["input"].as_str().unwrap());
        if case.get("stats").is_none() {
            continue;
        }
        let mine = evaluated_text(input).unwrap_or_else(|error| panic!("{name}: {error}"));
        let undefined: Vec<&str> =
            case["undefined"].as_array().into_iter().flatten().map(|stated| stated.as_str().unwrap()).collect();
        for (mine, recorded) in mine.iter().zip(["stats", "stats_all", "map"]) {
            let recorded = case[recorded].as_str().unwrap();
            let (mine_defined, recorded_defined) = (without(mine, &undefined), without(recorded, &undefined));
            let different = mine_defined.iter().zip(&recorded_defined).find(|(mine, recorded)| mine != recorded);
            assert_eq!(different, None, "{name}");
            assert_eq!(mine_defined.len(), recorded_defined.len(), "{name}");
            assert!(mine == recorded || !undefined.is_empty(), "{name}");
        }
        compared += 1;
    }
    assert_eq!(compared, 190);
}

/// Why each recorded input is refused, by its name.
const REASONS: [(&str, &str); 35] = [
    (
        "r-without-GLB-network_read",
        "network `noc`: `RF` names it (`network_fill`) and `GLB` does not; state `network_read: noc`",
    ),
    ("r-without-GLB-network_update", "`RF` names it (`network_drain`) and `GLB` does not; state `network_update: noc`"),
    ("r-without-RF-network_fill", "`GLB` names it (`network_read`) and `RF` does not; state `network_fill: noc`"),
    ("r-without-RF-network_drain", "`GLB` names it (`network_update`) and `RF` does not; state `network_drain: noc`"),
    (
        "r-other-GLB-network_read",
        "level `GLB`: `network_read: other` names no network; the explicit networks are: `noc`",
    ),
    ("r-other-RF-network_drain", "has two names: `network_update: noc` at `GLB` and `network_drain: other` at `RF`"),
    ("r-ends-differ-update", "the connection from `GLB` to `RF` has two names: `network_update: "),
    ("r-read-without-fill", "`DRAM` names it (`network_read`) and `GLB` does not; state `network_fill: noc`"),
    ("r-read-without-operand", "names it (`network_read`) and `MAC` does not; state `network_operand: "),
    ("r-update-without-result", "names it (`network_update`) and `MAC` does not; state `network_result: "),
    ("r-operand-without-read", "`MAC` names it (`network_operand`) and `RF` does not; state `network_read: "),
    ("r-result-without-update", "`MAC` names it (`network_result`) and `RF` does not; state `network_update: "),
    ("r-class-LegacyNetwork", "`noc` is of class `LegacyNetwork`, which Timeloop does not recognize as a network"),
    ("r-class-NoC", "`noc` of class `NoC` is left out: Timeloop does not know the class"),
    ("r-class-Legacy_mac", "`network_read: noc` names no network"),
    ("r-no-class", "class` is missing"),
    ("r-no-name", "name` is missing"),
    ("r-key-networks-top", "`network_read: noc` names no network; the explicit networks are: none"),
    ("r-key-networks-subtree", "`network_read: noc` names no network; the explicit networks are: none"),
    ("r-type-NM", "network_type`: `N:M` is none of 1:1, 1:N, M:N"),
    ("r-fill_latency-abc", "fill_latency`: must be a whole number"),
    ("r-fill_latency--3", "found `-3`"),
    ("r-fill_latency-2.5", "found `2.5`"),
    ("r-drain_latency-x", "drain_latency`: must be a whole number"),
    ("r-mc-no-table", "network noc carries words and has no energy reference table"),
    ("r-mc-no-action-name", "network `noc` is a SimpleMulticast and has no `action_name`"),
    ("r-mc-list-no-argument-name", "state multicast_factor_argument"),
    ("r-mc-list-no-arguments", "one of the entries of action t in its table has no arguments"),
    ("r-mc-per-space-text", "per_datatype_ERT` must be true or false, found `maybe`"),
    ("r-mc-negative", "it must be a finite number, at least 0"),
    ("r-unconnected-XY_NoC", "network `idle` is connected to nothing"),
    ("r-unconnected-SimpleMulticast", "network `idle` is connected to nothing"),
    ("r-unconnected-ReductionTree", "network `idle` is connected to nothing"),
    ("r-wire-table-other-action", "transfer_random` is missing"),
    ("r-old-form-network-read", "level `GLB`: `network_read: x` names no network; the explicit networks are: none"),
];

#[test]
fn recorded_refusals_are_refused_with_their_reason() {
    let mut refused = Vec::new();
    for case in recorded() {
        if case.get("stats").is_none() {
            let name = case["name"].as_str().unwrap();
            let error = evaluated_text(case["input"].as_str().unwrap()).expect_err(name);
            let (_, reason) = REASONS.iter().find(|(reason_of, _)| *reason_of == name).unwrap();
            assert!(error.contains(reason), "{name}: {error}");
            refused.push(name.to_owned());
        }
    }
    assert_eq!(refused.len(), REASONS.len(), "{refused:?}");
}

/// Without `tile_width` a hop is as long as the side of a tile: its own area and all that lies inside.
#[test]
fn wires_are_as_long_as_a_tile_is_wide() {
    let [text, _] = statistics(&read(&data("networks/wire_energy.yaml"))).unwrap();
    for line in ["Network 0", "GLB <==> RF", "    GLB <==> RF   = 833.33", "    Total         = 47179.17"] {
        assert!(text.lines().any(|printed| printed == line), "{line}\n{text}");
    }
}

#[test]
fn a_table_of_wires_goes_before_the_attribute() {
    let input = read(&data("networks/wire_energy.yaml"));
    let wire = "  - {name: System.wire, actions: [{name: transfer_random, energy: 1.0}]}\n";
    let doubled = input.replace("ART:\n", &format!("{wire}ART:\n"));
    let [text, _] = statistics(&doubled).unwrap();
    assert!(text.contains("Wire energy     : 1.00 pJ/b/mm") && text.contains("    GLB <==> RF   = 1666.67"), "{text}");
    let error = statistics(&doubled.replace("transfer_random", "transfer")).unwrap_err();
    assert!(error.ends_with(": `ERT.tables.wire.actions.transfer_random` is missing"), "{error}");
}

#[test]
fn wires_have_the_bits_of_the_network() {
    let input = read(&data("networks/wire_energy.yaml"));
    let bits = "wire_energy: 0.5\n          network_word_bits: 16\n          network_type: \"1:N\"";
    let [text, _] = statistics(&input.replace("wire_energy: 0.5", bits)).unwrap();
    assert!(text.contains("        Word bits       : 16") && text.contains("    GLB <==> RF   = 1666.67"), "{text}");
    assert!(text.contains("        Legacy sub-type : 1_N\n"), "{text}");
}

/// What would change the numbers and is not modelled is refused with its path.
#[test]
fn layouts_and_switches_of_the_analysis_are_refused() {
    let input = read(&data("networks/wire_energy.yaml"));
    let refusal = |text: &str| statistics(&format!("{input}\n{text}\n")).unwrap_err();
    let layout = refusal("layout: [{target: GLB}]");
    assert!(layout.contains("in.yaml:145: `layout`: conflicts of memory banks are not modelled"), "{layout}");
    let switch =
        |value: &str| format!("globals: {{environment_variables: {{TIMELOOP_DISABLE_LINK_TRANSFERS: {value}}}}}");
    let links = refusal(&switch("1"));
    let path = "`globals.environment_variables.TIMELOOP_DISABLE_LINK_TRANSFERS`: the model does not have this switch";
    assert!(links.contains(path), "{links}");
    assert!(statistics(&format!("{input}\n{}\n", switch("0"))).is_ok());
}

/// Evaluates a v0.4 description of `networks/frontend` into a folder of its own.
fn evaluated(name: &str, hides: &str) -> (Ran, tempfile::TempDir) {
    let (folder, inputs) = (folder(&[]), data("networks/frontend"));
    let mut command = program_in(folder.path(), "evaluate --energy recorded-2024-05 -o out");
    command.args([inputs.join("_common.yaml"), inputs.join(name)]);
    (Ran::of(command.env("TIMELOOP_HIDE_INCONSEQUENTIAL_STATS", hides)), folder)
}

/// `a*` are evaluated, `e*` are refused.
fn descriptions(start: &str) -> Vec<String> {
    let all = names(&data("networks/frontend")).into_iter();
    all.filter(|name| name.starts_with(start) && name.ends_with(".yaml")).collect()
}

#[test]
fn networks_of_descriptions_are_printed_byte_for_byte() {
    let described = descriptions("a");
    for name in &described {
        for (hides, recorded) in [("1", "stats"), ("0", "stats-all")] {
            let (ran, folder) = evaluated(name, hides);
            assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
            for (mine, recorded) in [("stats", recorded), ("map", "map")] {
                let text = read(&folder.path().join(format!("out/timeloop-model.{mine}.txt")));
                let recorded = data(&format!("networks/frontend/{}.{recorded}.txt", name.trim_end_matches(".yaml")));
                // Latencies that the real program never set are arbitrary memory.
                let lines = |text: &str| -> Vec<String> {
                    let lines = text.lines().filter(|line| !line.contains("latency ") || name.starts_with("a4"));
                    lines.map(str::to_owned).collect()
                };
                let (mine, recorded) = (lines(&text), lines(&read(&recorded)));
                let different = mine.iter().zip(&recorded).find(|(mine, recorded)| mine != recorded);
                assert_eq!((different, mine.len()), (None, recorded.len()), "{name}");
            }
        }
    }
    assert_eq!(described.len(), 7);
}

#[test]
fn descriptions_without_a_connection_are_refused_at_their_node() {
    let reasons = [
        ("e1", "in quotes"),
        ("e2", "`RF` names it (`network_fill`) and `inter_RF_spatial` does not; state `network_read: noc`"),
        ("e3", "is connected to nothing"),
        ("e4", "explicit networks are components"),
        ("e5", "of class `LegacyNetwork`, which Timeloop does not recognize"),
    ];
    let described = descriptions("e");
    for (name, (start, reason)) in described.iter().zip(reasons) {
        let (ran, folder) = evaluated(name, "1");
        assert_eq!((ran.code, folder.path().join("out").exists()), (2, false), "{name}: {}", ran.stderr);
        let is_placed = Regex::new(&format!(r"{name}:\d+: ")).unwrap().is_match(&ran.stderr);
        assert!(name.starts_with(start) && is_placed && ran.stderr.contains(reason), "{name}: {}", ran.stderr);
    }
    assert_eq!(described.len(), reasons.len());
}

/// A recorded input without its mapping, in a folder of its own, and what the search for one says.
fn searched(name: &str) -> (Ran, tempfile::TempDir) {
    let case = recorded().into_iter().find(|case| case["name"] == name).unwrap();
    let (input, _) = case["input"].as_str().unwrap().split_once("\nmapping:\n").unwrap();
    let folder = folder(&[("in.yaml", &format!("{input}\n"))]);
    let ran = Ran::of(&mut program_in(folder.path(), "map in.yaml -o out"));
    (ran, folder)
}

#[test]
fn a_search_minimises_the_energy_of_explicit_networks() {
    let (ran, folder) = searched("base");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("proved optimal"), "{}", ran.stderr);
    let record = read(&folder.path().join("out/timeloop-mapper.json"));
    assert!(record.contains("\"noc\""), "{record}");
    let stats = read(&folder.path().join("out/timeloop-mapper.stats.txt"));
    let recorded = recorded().into_iter().find(|case| case["name"] == "base").unwrap();
    let total = |text: &str| -> f64 {
        let line = text.lines().rfind(|line| line.trim().starts_with("Total ")).unwrap().to_owned();
        line.split('=').next_back().unwrap().trim().parse().unwrap()
    };
    assert!(total(&stats) < total(recorded["stats"].as_str().unwrap()), "{stats}");
}

#[test]
fn a_search_names_the_network_without_a_table() {
    let (ran, _folder) = searched("r-mc-no-table");
    let reason = "network noc has no energy reference table, and every mapping sends words through it";
    assert!(ran.code != 0 && ran.stderr.contains(reason), "{}", ran.stderr);
}
