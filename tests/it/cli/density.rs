//! Densities from the command line: stated for all layers, for single ones, for a problem.

use std::fs;

use prost::Message;
use serde_json::{Value, json};

use super::{path, run};
use crate::kit::onnx::{FLOAT, single, tensor};
use crate::kit::{Ran, data, folder, json as read_json, program, program_in};
use crate::schemas::{errors, schema};

const RESNET: &str = "resnet18__ts_rbn";

fn layer<'r>(record: &'r Value, name: &str) -> &'r Value {
    record["layers"].as_array().unwrap().iter().find(|layer| layer["name"] == name).unwrap()
}

#[test]
fn stated_densities_stand_in_records_problems_and_the_manifest() {
    let out = tempfile::tempdir().unwrap();
    let model = path(RESNET);
    let ran = run(&[
        "convert",
        &model,
        "--density",
        "weights=hypergeometric:0.3,Inputs=0.5",
        "-o",
        out.path().to_str().unwrap(),
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let record = ran.json();
    assert_eq!(errors(&schema("layers"), &record), Vec::<String>::new());
    let densities = &layer(&record, "conv1")["densities"];
    let weights = json!({"distribution": "hypergeometric", "density": 0.3});
    assert_eq!(densities, &json!({"inputs": {"distribution": "fixed_structured", "density": 0.5}, "weights": weights}));
    let own = out.path().join(RESNET);
    let problem = fs::read_to_string(own.join("problems/001_conv1.yaml")).unwrap();
    let stated = "densities: {Weights: {distribution: hypergeometric, density: 0.3}, \
                  Inputs: {distribution: fixed_structured, density: 0.5}}}";
    assert!(problem.contains(stated), "{problem}");
    let manifest = read_json(&out.path().join("manifest.json"));
    let option = &manifest["networks"][RESNET]["options"]["densities"];
    assert_eq!(option, &json!(["weights=hypergeometric:0.3", "inputs=fixed_structured:0.5"]));
    let table = run(&["convert", &model, "--density", "weights=0.25"]);
    assert!(table.stdout.lines().nth(2).unwrap().contains("W 25.00 %"), "{}", table.stdout);
}

/// Counted weights, activations from a file, and everything that a run writes of them.
#[test]
fn measured_densities_stand_in_lists_problems_and_results() {
    let out = folder(&[("inputs.csv", "layer,tensor,density\nraw_2_4,inputs,0.4\n")]);
    let weights = data("zeros/weights.onnx");
    let words = ["convert", weights.to_str().unwrap(), "--density", "measured", "--density-file", "inputs.csv"];
    let ran = |further: &[&str]| {
        let ran = Ran::of(program().current_dir(out.path()).args(words).args(further));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{further:?}");
        ran
    };
    let table = ran(&[]).stdout;
    let line = table.lines().find(|line| line.starts_with("raw_2_4 ")).unwrap();
    assert!(line.contains("I 40.00 %, W 50.00 % (2:4)"), "{line}");
    let record = ran(&["--format", "json"]).json();
    assert_eq!(errors(&schema("layers"), &record), Vec::<String>::new());
    let counted = json!({
        "distribution": "fixed_structured", "density": 0.5, "nonzeros": 576, "elements": 1152, "pattern": "2:4"
    });
    assert_eq!(layer(&record, "raw_2_4")["densities"]["weights"], counted);
    let problems = ran(&["--format", "problems"]).stdout;
    assert!(
        problems.contains("densities: {Weights: {distribution: fixed_structured, density: 0.5}, Inputs: {"),
        "{problems}"
    );
    // A layer without zeros states none.
    let dense = problems.split("---").find(|problem| problem.contains("# raw_dense, a layer")).unwrap();
    assert!(!dense.contains("densities"), "{dense}");
    let refused = Ran::of(program().args(["convert", &path(RESNET), "--density", "measured"]));
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("hint: give the model with its weights"), "{}", refused.stderr);
}

#[test]
fn a_file_states_single_layers() {
    let rows = "layer,tensor,density,distribution\nlayer1.*,inputs,0.4,\nlayer1.0.conv1,weights,0.2,hypergeometric\n";
    let yaml = "densities:\n- {layer: layer1.*, tensor: inputs, density: 0.4}\n\
                - {layer: layer1.0.conv1, tensor: weights, density: 0.2, distribution: hypergeometric}\n";
    let files = folder(&[("densities.csv", rows), ("densities.yaml", yaml)]);
    let model = path(RESNET);
    for file in ["densities.csv", "densities.yaml"] {
        let file = files.path().join(file);
        let words = ["convert", &model, "--format", "json", "--density", "inputs=0.9", "--density-file"];
        let record = Ran::of(program().args(words).arg(&file)).json();
        let own = &layer(&record, "layer1.0.conv1")["densities"];
        assert_eq!((&own["inputs"]["density"], &own["weights"]["density"]), (&json!(0.4), &json!(0.2)));
        assert_eq!(own["weights"]["distribution"], "hypergeometric");
        assert_eq!(layer(&record, "layer1.1.conv2")["densities"]["inputs"]["density"], 0.4);
        let other = &layer(&record, "layer2.0.conv1")["densities"];
        assert_eq!((&other["inputs"]["density"], &other["weights"]), (&json!(0.9), &Value::Null));
    }
}

/// Equal shapes with other densities are other problems.
#[test]
fn layers_of_other_densities_are_other_problems() {
    let files = folder(&[("densities.csv", "layer,tensor,density\nlayer1.0.conv2,weights,0.2\n")]);
    let problems = |record: &Value| {
        ["layer1.0.conv1", "layer1.0.conv2", "layer1.1.conv1"].map(|name| layer(record, name)["problem"].clone())
    };
    let [first, second, third] = problems(&run(&["convert", &path(RESNET), "--format", "json"]).json());
    assert!(first == second && second == third);
    let words = ["convert", &path(RESNET), "--format", "json", "--density-file"];
    let record = Ran::of(program().args(words).arg(files.path().join("densities.csv"))).json();
    let [first, second, third] = problems(&record);
    assert!(first == third && first != second);
}

#[test]
fn conflicts_ranges_and_unknown_names_are_errors() {
    let model = path(RESNET);
    let refused = |words: &[&str]| {
        let ran = Ran::of(program().args(["convert", &model]).args(words));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{words:?}");
        ran.stderr
    };
    let cases = [
        (&["--density", "weights=1.5"][..], "it must be a number above 0 and at most 1"),
        (&["--density", "weights=0"], "it must be a number above 0 and at most 1"),
        (&["--density", "wieghts=0.5"], "it must be inputs, weights or outputs; did you mean \"weights\"?"),
        (&["--density", "weights=normal:0.5"], "`normal` is no distribution"),
        (&["--density", "weights"], "it must be NAME=SHARE"),
        (&["--density", "weights=measured"], "`--density measured`"),
        (&["--density", "measured,weights=0.4"], "states the weights and asks for what is measured"),
        (&["--density", "weights=0.5", "--density", "Weights=0.4"], "states the weights twice"),
        (&["--density-file", "nothing.csv"], "`nothing.csv`"),
    ];
    for (words, expected) in cases {
        let stderr = refused(words);
        assert!(stderr.contains(expected), "{words:?}: {stderr}");
    }
    let wrong = "layer,tensor,density\nconv11,weights,0.3\nconv1,weight,0.3\nconv1,inputs,2\nconv1,outputs,0.5\nconv1,outputs,0.6\n";
    let yaml =
        "densities:\n- {layer: conv1, tensor: inputs, density: 0.4}\n- {layer: conv1, tensr: inputs, density: 0.4}\n";
    let files = folder(&[
        ("a.csv", wrong),
        ("b.csv", "layer,tensor,density\nconv11,weights,0.3\n"),
        ("c.csv", "layer,tensr,density\n"),
        ("d.yaml", yaml),
    ]);
    let file = |name: &str| refused(&["--density-file", files.path().join(name).to_str().unwrap()]);
    let told = file("a.csv");
    for line in [
        "a.csv:3: `weight` is no tensor of a layer: it must be inputs, weights or outputs; did you mean \"weights\"?",
        "a.csv:4: `2` is no share",
        "a.csv:6: `conv1`, outputs is stated before",
    ] {
        assert!(told.contains(line), "{told}");
    }
    let told = file("b.csv");
    assert!(told.contains("b.csv:2: no layer is called `conv11`; did you mean \"conv1\"?"), "{told}");
    let told = file("c.csv");
    assert!(told.contains("c.csv:1: unknown column `tensr`; did you mean \"tensor\"?"), "{told}");
    assert!(file("d.yaml").contains("d.yaml:3: unknown key `tensr`; did you mean \"tensor\"?"));
}

/// A row must be about a layer of one of several networks.
#[test]
fn a_file_is_for_all_networks_of_a_run() {
    let files = folder(&[
        ("known.csv", "layer,tensor,density\nconv1,weights,0.3\nm.backbone.conv1,weights,0.3\n"),
        ("unknown.csv", "layer,tensor,density\nconv9,weights,0.3\n"),
    ]);
    let run = |file: &str| {
        let words =
            ["convert", &path(RESNET), &path("deeplabv3_resnet50_513__ts_rbn"), "--format", "csv", "--density-file"];
        Ran::of(program().args(words).arg(files.path().join(file)))
    };
    let known = run("known.csv");
    assert_eq!((known.code, known.stdout.matches("fixed_structured:0.3").count()), (0, 2), "{}", known.stderr);
    assert_eq!(run("unknown.csv").code, 2);
}

/// A dot product, both operands in one buffer; skips what has no effect.
const SPARSE: &str = "
architecture:
  version: 0.3
  subtree:
  - name: System
    local:
    - {name: Buffer, class: SRAM, attributes: {width: 8, depth: 1024, word-bits: 8}}
    - {name: MAC, class: intmac, attributes: {datawidth: 8}}
problem:
  instance: {M: 4, K: 16, N: 2, densities: {A: 0.5, B: 0.25}}
  shape:
    name: product
    dimensions: [M, K, N]
    data-spaces:
    - {name: A, projection: [[[M]], [[K]]]}
    - {name: B, projection: [[[K]], [[N]]]}
    - {name: Z, projection: [[[M]], [[N]]], read-write: true}
mapping:
- {target: Buffer, type: temporal, factors: M=4 K=16 N=2, permutation: KMN}
sparse_optimizations:
  targets:
  - name: MAC
    compute_optimization: [{type: gating}]
";

#[test]
fn a_problem_takes_the_densities_of_the_command_line() {
    let file = folder(&[("sparse.yaml", SPARSE)]);
    let gated = |words: &str| {
        let ran = Ran::of(&mut program_in(file.path(), &format!("evaluate sparse.yaml {words}")));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let stats = fs::read_to_string(file.path().join("timeloop-model.stats.txt")).unwrap();
        let actual = stats.lines().find(|line| line.contains("Actual Computes (total)")).unwrap();
        actual.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(gated(""), 16);
    assert_eq!(gated("--density a=1"), 32);
    assert_eq!(gated("--density A=1 --density b=hypergeometric:0.5"), 64);
    let ran = Ran::of(&mut program_in(file.path(), "evaluate sparse.yaml --density C=0.5"));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no data space `C`; its data spaces are `A`, `B`, `Z`"), "{}", ran.stderr);
}

/// Timeloop's counts of a dense design do not depend on densities.
#[test]
fn densities_change_nothing_on_a_dense_design() {
    let out = tempfile::tempdir().unwrap();
    let conv =
        single("Conv", &[("x", FLOAT, &[1, 4, 9, 9])], vec![tensor("w", FLOAT, &[4, 4, 3, 3])], "y", vec![], "x w");
    fs::write(out.path().join("small.onnx"), conv.encode_to_vec()).unwrap();
    let results = |folder: &str, words: &str| {
        let common = "run small.onnx --arch simple_output_stationary --no-cache --chart-format none -o";
        let ran = Ran::of(&mut program_in(out.path(), &format!("{common} {folder} {words}")));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let file = out.path().join(folder).join("small/simple_output_stationary/results.json");
        (ran.stderr, read_json(&file))
    };
    let (_, dense) = results("dense", "");
    let (stderr, sparse) = results("sparse", "--density weights=0.3");
    assert!(stderr.contains("simple_output_stationary makes no use of zeros"), "{stderr}");
    assert_eq!(dense["totals"], sparse["totals"]);
    assert_eq!(errors(&schema("results"), &sparse), Vec::<String>::new());
    assert_eq!(sparse["layers"][0]["densities"]["weights"]["density"], 0.3);
}
