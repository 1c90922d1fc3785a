//! What is said of the zeros of sparse designs: results, the page, charts, and the lines of an evaluation.

use std::fs;

use assert_cmd::assert::OutputAssertExt;
use onnx2timeloop::results::{LayerOutcome, MappedLayer, NetworkResults, read_folder};
use predicates::prelude::*;
use predicates::str::contains;
use prost::Message;
use tempfile::TempDir;

use super::page::between;
use crate::kit::onnx::{FLOAT, dims, graph, info, int_list, model_of, node, tensor};
use crate::kit::{Ran, names, program, program_in};

/// The first problem of the network and its folder in a run.
fn first_problem(folder: &TempDir) -> String {
    names(&folder.path().join("out/small/problems"))[0].trim_end_matches(".yaml").to_owned()
}

/// Two convolutions, run on a design that gates, one that skips, and a dense one; half of the inputs and of the weights is zero.
fn ran() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let conv = |names: &str, output: &str| node("Conv", names, output, vec![int_list("pads", &[1; 4])]);
    let weights = vec![tensor("first", FLOAT, &[16, 8, 3, 3]), tensor("second", FLOAT, &[8, 16, 3, 3])];
    let nodes = vec![conv("x first", "a"), conv("a second", "y")];
    let model = model_of(17, graph(vec![info("x", FLOAT, &dims(&[1, 8, 8, 8]))], weights, nodes, "y"));
    fs::write(folder.path().join("small.onnx"), model.encode_to_vec()).unwrap();
    let words = "run small.onnx --arch eyeriss_gated_like --arch a100_sparse_like --arch eyeriss_like --density inputs=0.5 \
                 --density weights=0.5 -o out --chart-format svg";
    let ran = Ran::of(&mut program_in(folder.path(), words));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    folder
}

fn layers(run: &NetworkResults) -> impl Iterator<Item = &MappedLayer> {
    run.layers.iter().map(|layer| match &layer.outcome {
        LayerOutcome::Mapped(mapped) => &**mapped,
        LayerOutcome::Failed { reason } => panic!("{}: {reason}", layer.name),
    })
}

#[test]
fn results_page_and_charts_say_what_becomes_of_zeros() {
    let folder = ran();
    let results: Vec<NetworkResults> =
        read_folder(&folder.path().join("out")).unwrap().into_iter().map(Result::unwrap).collect();
    let run = |name: &str| results.iter().find(|run| run.architecture == name).unwrap();
    assert_eq!(run("eyeriss_like").totals.sums.as_ref().unwrap().sparse, None);
    assert!(layers(run("eyeriss_like")).all(|layer| layer.sparse.is_none()));
    for name in ["eyeriss_gated_like", "a100_sparse_like"] {
        let sums = run(name).totals.sums.as_ref().unwrap();
        let sparse = sums.sparse.as_ref().unwrap();
        assert_eq!(sparse.algorithmic_computes, sums.macs, "{name}");
        assert_eq!(2 * sparse.actual_computes, sums.macs, "{name}");
        let shares: f64 = sparse.shares().iter().map(|(_, share)| share).sum();
        assert!((shares - 1.0).abs() < 1e-12, "{name}: {shares}");
        let spaces = || layers(run(name)).flat_map(|layer| &layer.components).flat_map(|part| &part.data_spaces);
        let of_levels: f64 = spaces().map(|space| space.sparse.as_ref().unwrap().metadata_energy_pj).sum();
        assert!(of_levels > 0.0 && (of_levels / sparse.metadata_energy_pj - 1.0).abs() < 1e-9, "{name}");
        // What a format leaves out is neither done nor gated nor skipped.
        for space in spaces() {
            let sparse = space.sparse.as_ref().unwrap();
            let all = sparse.actual.total() + sparse.gated.total() + sparse.skipped.total();
            let dense = space.reads + space.fills + space.updates;
            let has_zeros = !sparse.formats.is_empty() && space.name != "Outputs";
            assert!(all <= dense && (all < dense) == has_zeros, "{name} {}", space.name);
            assert_eq!(sparse.metadata_bits > 0, !sparse.formats.is_empty(), "{name} {}", space.name);
        }
    }
    // Gated: half of the multiplications are not begun. Skipped: half is left out.
    let fate = |name: &str| {
        let sparse = run(name).totals.sums.as_ref().unwrap().sparse.clone().unwrap();
        (
            2 * sparse.computes_without_operand == sparse.algorithmic_computes,
            2 * sparse.skipped_computes == sparse.algorithmic_computes,
        )
    };
    assert_eq!((fate("eyeriss_gated_like"), fate("a100_sparse_like")), ((true, false), (false, true)));

    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    let zeros = between(&page, "<section id=\"zeros\">", "</section>");
    for text in [
        "<li><i class=\"c0\"></i>done</li>",
        "not begun: 50.0 %",
        "skipped: 50.0 %",
        "uop rle",
        "uop uop uop cp",
        "Metadata take ",
    ] {
        assert!(zeros.contains(text), "{text}: {zeros}");
    }
    assert_eq!(zeros.matches("<details").count(), 2, "dense designs are not in it");
    assert!(page.contains("<a href=\"#zeros\">Zeros</a>"));
    assert_eq!(page.matches("Zeros: how tiles are stored").count(), 4);
    let chart = |stem: &str| fs::read_to_string(folder.path().join(format!("out/charts/{stem}.csv"))).unwrap();
    assert_eq!(
        chart("computes_networks"),
        "group,bar,done [%],gated [%],skipped [%],not begun [%]\nsmall,a100_sparse_like,50,0,50,0\nsmall,eyeriss_gated_like,50,0,0,50\n"
    );
    assert_eq!(chart("computes_small").lines().count(), 5);
    // Half of the weights and 2 bits for each of them in words of 16; of what is gated no bits are metadata.
    let moved = chart("moved_bits_small");
    for row in ["a100_sparse_like,weight_registers: Weights,50,6.25", "eyeriss_gated_like,weights_spad: Weights,"] {
        assert!(moved.lines().any(|line| line.starts_with(row)), "{row}: {moved}");
    }
    assert!(!moved.contains("input_registers") && !moved.contains("psum_spad"), "{moved}");
}

#[test]
fn pages_and_charts_of_dense_designs_do_not_speak_of_zeros() {
    let results = crate::kit::sample();
    let page = onnx2timeloop::report::page::write(&results, &super::page::provenance()).unwrap();
    assert!(!page.contains("zeros") && !page.contains("Zeros") && !page.contains("skipped"));
    let charts = onnx2timeloop::report::charts::charts(&results, &Default::default()).unwrap();
    assert!(charts.iter().all(|chart| !chart.stem.starts_with("computes") && !chart.stem.starts_with("moved_bits")));
}

/// The shares of the fifth line are all computes, and a table has formats, compression and metadata of every level.
#[test]
fn an_evaluation_says_what_becomes_of_zeros() {
    let folder = ran();
    let (id, path) = (first_problem(&folder), |file: String| folder.path().join("out/small").join(file));
    let mut command = program();
    command.args(["evaluate", "--arch", "eyeriss_gated_like", "--density", "Inputs=0.5", "--problem"]);
    command.arg(path(format!("problems/{id}.yaml"))).arg("--mapping");
    command.arg(path(format!("eyeriss_gated_like/{id}/timeloop-mapper.map.yaml"))).arg("-v");
    let assert = command.arg("-o").arg(folder.path()).assert().success();
    assert
        .stdout(contains(
            "of dense data: 50.00% done, 0.00% gated, 0.00% skipped, 50.00% not begun (an operand is not read)",
        ))
        .stdout(contains("metadata bits").and(contains("uop rle")));
}

/// As timeloop-mapper's last line: energy over the computes of dense data, and over those that are done.
#[test]
fn a_search_tells_energies_over_both_kinds_of_computes() {
    let folder = ran();
    let mut command = program();
    command.args(["map", "--arch", "a100_sparse_like", "--density", "Weights=0.5", "--problem"]);
    command
        .arg(folder.path().join(format!("out/small/problems/{}.yaml", first_problem(&folder))))
        .arg("-o")
        .arg(folder.path().join("mapped"));
    let output = command.assert().success().get_output().stdout.clone();
    let record = crate::kit::json(&folder.path().join("mapped/timeloop-mapper.json"));
    let energy = record["energy_pj"].as_f64().unwrap();
    let over = |computes: &str| energy / record["sparse"][computes].as_f64().unwrap();
    let (dense, done) = (over("algorithmic_computes"), over("actual_computes"));
    assert!((done / dense - 2.0).abs() < 1e-12);
    let line =
        format!("| pJ/Algorithmic-Compute = {dense:>8.3} | pJ/Compute = {done:>8.3} | Cycles = {}\n", record["cycles"]);
    let output = String::from_utf8(output).unwrap();
    assert!(output.ends_with(&line), "{output}");
}
