//! Networks between levels: inferred ones cost what Timeloop prints, explicit ones are refused.

use std::fs;
use std::io::{BufRead, BufReader};

use flate2::read::GzDecoder;
use onnx2timeloop::model::evaluate;
use onnx2timeloop::timeloop::files::EnergyTables;
use onnx2timeloop::timeloop::files::specification::{Specification, SpecificationOptions};
use onnx2timeloop::timeloop::files::stats::{self, StatsOptions};
use onnx2timeloop::timeloop::frontend::Source;
use serde_json::Value;

use crate::kit::{Ran, data, folder, names, program_in, read};

/// The statistics of an input with its mapping: what is hidden by default left out, and all of it.
fn statistics(input: &str) -> Result<[String; 2], String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let source = Source::Text { name: "in.yaml".to_owned(), text: input.to_owned() };
    let specification =
        Specification::load(&[source], &SpecificationOptions::default()).map_err(|error| text(&error))?;
    let mut tables = EnergyTables::default();
    tables.add(specification.document(), "the input").map_err(|error| text(&error))?;
    let architecture = specification.architecture(&tables).map_err(|error| text(&error))?.value;
    let problem = specification.problem().map_err(|error| text(&error))?.value;
    let mapping = specification.mapping(&architecture, &problem).map_err(|error| text(&error))?.value;
    let evaluation = evaluate(&architecture, &problem, &mapping).map_err(|error| text(&error))?;
    Ok([true, false].map(|hide_inconsequential| {
        let options = StatsOptions { hide_inconsequential, ..StatsOptions::default() };
        stats::write(&architecture, &problem, &evaluation, options)
    }))
}

/// Designs that the real timeloop-model has evaluated or refused, most of them with explicit networks.
fn recorded() -> Vec<Value> {
    let file = fs::File::open(data("networks/cases-explicit.jsonl.gz")).unwrap();
    BufReader::new(GzDecoder::new(file)).lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

/// Whether an input states a network.
fn is_explicit(input: &str) -> bool {
    ["XY_NoC", "Legacy", "ReductionTree", "SimpleMulticast", "network_read", "M:N"]
        .iter()
        .any(|part| input.contains(part))
}

#[test]
fn recorded_inferred_networks_are_printed_byte_for_byte() {
    let mut compared = 0;
    for case in recorded() {
        let input = case["input"].as_str().unwrap();
        if is_explicit(input) || case.get("stats").is_none() {
            continue;
        }
        let name = &case["name"];
        let [hidden, all] = statistics(input).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(case["undefined"].as_array().is_none_or(Vec::is_empty), "{name}");
        for (mine, recorded) in [(hidden, &case["stats"]), (all, &case["stats_all"])] {
            let different = mine.lines().zip(recorded.as_str().unwrap().lines()).find(|(mine, line)| mine != line);
            assert_eq!(different, None, "{name}");
            assert_eq!(mine, recorded.as_str().unwrap(), "{name}");
        }
        compared += 1;
    }
    assert_eq!(compared, 16);
}

/// Until explicit networks are modelled, a number would be too low.
#[test]
fn explicit_networks_are_refused_with_the_path_of_their_key() {
    let mut refused = 0;
    for case in recorded() {
        let input = case["input"].as_str().unwrap();
        if is_explicit(input) && case.get("stats").is_some() {
            let error = statistics(input).expect_err(case["name"].as_str().unwrap());
            let is_named =
                ["explicit network", "distributed multicast", "the flat form", "dense designs", "].energy` is missing"];
            assert!(is_named.iter().any(|part| error.contains(part)), "{}: {error}", case["name"]);
            refused += 1;
        }
    }
    assert_eq!(refused, 174);
    let error = statistics(&read(&data("networks/xy_noc.yaml"))).unwrap_err();
    assert_eq!(
        error,
        "in.yaml:49: `architecture.subtree[0].subtree[0].local[0].attributes.network_read`: explicit networks such as `noc` \
         are not modelled; remove this key (the network is inferred), or let Timeloop evaluate the design"
    );
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
    let mut command = program_in(folder.path(), "evaluate -o out");
    command.args([inputs.join("_common.yaml"), inputs.join(name)]);
    (Ran::of(command.env("TIMELOOP_HIDE_INCONSEQUENTIAL_STATS", hides)), folder)
}

#[test]
fn inferred_networks_of_descriptions_are_printed_byte_for_byte() {
    for name in ["a4_inferred_latency", "a6_inferred_over_the_fanout"] {
        for (hides, recorded) in [("1", "stats"), ("0", "stats-all")] {
            let (ran, folder) = evaluated(&format!("{name}.yaml"), hides);
            assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
            for (mine, recorded) in [("stats", recorded), ("map", "map")] {
                let text = read(&folder.path().join(format!("out/timeloop-model.{mine}.txt")));
                let recorded = read(&data(&format!("networks/frontend/{name}.{recorded}.txt")));
                let different = text.lines().zip(recorded.lines()).find(|(mine, recorded)| mine != recorded);
                assert_eq!((different, text == recorded), (None, true), "{name} {mine}");
            }
        }
    }
}

#[test]
fn explicit_networks_of_descriptions_are_refused_at_their_node() {
    let mut refused = 0;
    for name in names(&data("networks/frontend")) {
        let is_other = ["_", "a4", "a6"].iter().any(|start| name.starts_with(start));
        if is_other || !name.ends_with(".yaml") {
            continue;
        }
        let (ran, folder) = evaluated(&name, "1");
        assert_eq!((ran.code, folder.path().join("out").exists()), (2, false), "{name}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(&format!("{name}:")) && ran.stderr.contains("architecture.nodes["),
            "{}",
            ran.stderr
        );
        assert!(
            ran.stderr.contains("explicit network") || ran.stderr.contains("cannot evaluate `noc`"),
            "{name}: {}",
            ran.stderr
        );
        refused += 1;
    }
    assert_eq!(refused, 10);
}
