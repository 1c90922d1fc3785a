//! `convert` from the command line.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use onnx2timeloop::timeloop::files::read_problem;
use serde_json::Value;

use super::{path, run};
use crate::kit::{Ran, json, model, names, program, without_paths};

const DEEPLAB: &str = "deeplabv3_resnet50_513__ts_rbn";
const TWIN: &str = "deeplabv3_resnet50_undilated_513__ts";

#[test]
fn table_of_a_small_network() {
    let small = run(&["convert", &path("oddconvs2d__ts")]);
    assert_eq!((small.code, small.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(small.stdout);
}

#[test]
fn the_layer_record_has_exactly_its_fields() {
    let record = run(&["convert", &path(DEEPLAB), "--format", "json"]).json();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&record),
        [
            "graph",
            "inputs",
            "layers",
            "mac_coverage",
            "macs",
            "network",
            "not_lowered",
            "schema",
            "unknown_layers",
            "warnings"
        ]
    );
    let mut conv = keys(&record["layers"][0]);
    conv.sort();
    let mut expected = [
        "index",
        "name",
        "node",
        "op",
        "problem",
        "kind",
        "batch",
        "groups",
        "in_channels_per_group",
        "out_channels_per_group",
        "kernel",
        "stride",
        "dilation",
        "pads",
        "transposed",
        "input",
        "weight",
        "output",
        "bits",
        "formats",
        "macs",
        "macs_not_on_padding",
        "executions",
    ];
    expected.sort_unstable();
    assert_eq!(conv, expected);
    assert_eq!(record["macs"], 168_652_962_240u64);
    assert_eq!(record["mac_coverage"], 1.0);
    assert_eq!(record["layers"][0]["macs_not_on_padding"], 615_874_752);
    assert_eq!(record["inputs"]["input"], serde_json::json!([1, 3, 513, 513]));
    let vit = run(&["convert", &path("vit_b_16__dynamo_op23"), "--format", "json"]).json();
    let mut matmul = keys(&vit["layers"][2]);
    matmul.sort();
    assert_eq!(
        matmul,
        [
            "batch",
            "bits",
            "executions",
            "formats",
            "index",
            "input",
            "k",
            "kind",
            "m",
            "macs",
            "macs_not_on_padding",
            "n",
            "name",
            "node",
            "op",
            "output",
            "problem",
            "weight"
        ]
    );
}

#[test]
fn every_format_holds_the_same_layers() {
    let file = path("unet_small__ts");
    let record = run(&["convert", &file, "--format", "json"]).json();
    let yaml: Value = serde_yaml::from_str(&run(&["convert", &file, "--format", "yaml"]).stdout).unwrap();
    assert_eq!(yaml, record);
    let text = run(&["convert", &file, "--format", "csv"]).stdout;
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    let column = csv.headers().unwrap().iter().position(|name| name == "macs").unwrap();
    let macs: Vec<u64> = csv.records().map(|row| row.unwrap()[column].parse().unwrap()).collect();
    let expected: Vec<u64> =
        record["layers"].as_array().unwrap().iter().map(|layer| layer["macs"].as_u64().unwrap()).collect();
    assert_eq!(macs, expected);
    let problems = run(&["convert", &file, "--format", "problems"]).stdout;
    assert_eq!(problems.matches("---\n").count(), 12);
}

#[test]
fn an_output_folder_holds_every_layer_and_is_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("new/out");
    let foreign = dir.path().join("keep.txt");
    fs::write(&foreign, "mine").unwrap();
    let first = run(&["convert", &path(DEEPLAB), "-o", out.to_str().unwrap(), "-q"]);
    assert_eq!((first.code, first.stdout.as_str(), first.stderr.as_str()), (0, "", ""));
    let folder = out.join(DEEPLAB);
    let record = json(&folder.join("layers.json"));
    let files = names(&folder.join("problems"));
    assert_eq!(files.len(), 30);
    let mut total = 0;
    for layer in record["layers"].as_array().unwrap() {
        let name = format!("{}.yaml", layer["problem"].as_str().unwrap());
        assert!(files.contains(&name), "{name}");
        let read = read_problem(&fs::read_to_string(folder.join("problems").join(name)).unwrap()).unwrap();
        assert_eq!(read.value.macs(), layer["macs"].as_u64().unwrap());
        assert!(read.warnings.is_empty());
        total += read.value.macs();
    }
    assert_eq!(total, 168_652_962_240);
    insta::assert_snapshot!("problem", fs::read_to_string(folder.join("problems/001_m.backbone.conv1.yaml")).unwrap());

    // Again, another variant and another network: nothing is lost, and equal runs write equal bytes.
    let before = fs::read(folder.join("layers.json")).unwrap();
    assert_eq!(run(&["convert", &path(DEEPLAB), &path(TWIN), "-o", out.to_str().unwrap(), "--threads", "1"]).code, 0);
    assert_eq!(fs::read(folder.join("layers.json")).unwrap(), before);
    let manifest = json(&out.join("manifest.json"));
    assert_eq!(manifest["networks"].as_object().unwrap().len(), 2);
    assert_eq!(manifest["networks"][DEEPLAB]["blake3"].as_str().unwrap().len(), 64);
    // Files of an earlier run are pointed out, never removed.
    let native = run(&["convert", &path(DEEPLAB), "-o", out.to_str().unwrap(), "--problem-shape", "conv2d"]);
    assert_eq!(native.code, 0);
    fs::write(folder.join("problems/999_old.yaml"), "old").unwrap();
    let stale = run(&["convert", &path(DEEPLAB), "-o", out.to_str().unwrap()]);
    assert!(stale.stderr.contains("999_old.yaml"), "{}", stale.stderr);
    assert_eq!(fs::read_to_string(folder.join("problems/999_old.yaml")).unwrap(), "old");
    assert_eq!(fs::read_to_string(foreign).unwrap(), "mine");
    let left: Vec<_> = walk(&out).into_iter().filter(|name| name.contains(".onnx2timeloop-")).collect();
    assert!(left.is_empty(), "temporary files: {left:?}");
}

fn walk(folder: &Path) -> Vec<String> {
    walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.unwrap().path().display().to_string()).collect()
}

#[test]
fn old_problem_files_and_seven_dimensions() {
    let old = run(&[
        "convert",
        "convert",
        &path("conv1dnet__ts"),
        "--format",
        "problems",
        "--timeloop-version",
        "0.3",
        "--problem-shape",
        "conv2d",
    ])
    .stdout;
    insta::assert_snapshot!(old.split("---\n").nth(5).unwrap());
    for document in old.split("---\n").skip(1) {
        let problem = read_problem(document).unwrap().value;
        for dimension in "CMRSNPQ".chars() {
            assert!(problem.bound(dimension).is_some(), "{dimension}: {document}");
        }
    }
}

#[test]
fn same_size_variant_equals_the_undilated_export() {
    for (dilated, undilated) in [
        (DEEPLAB, TWIN),
        ("deeplabv3_resnet50_513__dynamo_rbn", "deeplabv3_resnet50_undilated_513__dynamo"),
        ("deeplabv3_mobilenet_v3_large_513__ts_rbn", "deeplabv3_mobilenet_v3_large_undilated_513__ts"),
        ("deeplabv3_mobilenet_v3_large_513__dynamo_rbn", "deeplabv3_mobilenet_v3_large_undilated_513__dynamo"),
    ] {
        let layers = |file: &str, more: &[&str]| {
            let path = path(file);
            let mut record = run(&[&["convert", &path, "--format", "json"], more].concat()).json();
            let layers = record["layers"].as_array_mut().unwrap();
            for layer in layers.iter_mut() {
                // Exporters number nodes; the problem's name is that of its first layer.
                layer.as_object_mut().unwrap().retain(|key, _| key != "node");
            }
            record["layers"].clone()
        };
        assert_eq!(layers(dilated, &["--variant", "same-size"]), layers(undilated, &[]), "{dilated}");
    }
}

#[test]
fn holes_of_a_zero_inserted_kernel_are_zeros_of_the_weights() {
    let words = ["convert", &path(DEEPLAB), "--variant", "zero-inserted", "--format", "json"];
    let density = |further: &[&str], name: &str| {
        let record = Ran::of(program().args(words).args(further)).json();
        let layers = record["layers"].as_array().unwrap().clone();
        layers.into_iter().find(|layer| layer["name"] == name).unwrap()["densities"]["weights"].clone()
    };
    // 3x3 taps of rate 12 are 25x25 places.
    let name = "m.classifier.0.convs.1.0";
    assert_eq!(density(&[], name)["density"], 9.0 / 625.0);
    assert_eq!(density(&[], name)["distribution"], "fixed_structured");
    assert_eq!(density(&[], "m.backbone.conv1"), Value::Null);
    let pruned = density(&["--density", "weights=hypergeometric:0.5"], name);
    assert_eq!(
        (&pruned["density"], &pruned["distribution"]),
        (&serde_json::json!(0.5 * 9.0 / 625.0), &serde_json::json!("hypergeometric"))
    );
}

#[test]
fn variants_keep_the_work_but_for_zero_insertion() {
    let of = |variant: &str| run(&["convert", &path(DEEPLAB), "--format", "json", "--variant", variant]).json();
    let decomposed = of("phase-decomposed");
    assert_eq!(decomposed["macs"], 168_652_962_240u64);
    assert_eq!(decomposed["network"], format!("{DEEPLAB}.phase-decomposed"));
    let inserted = of("zero-inserted");
    let rate_36 = |record: &Value| {
        let layers = record["layers"].as_array().unwrap();
        layers
            .iter()
            .find(|layer| layer["name"] == "m.classifier.0.convs.3.0")
            .map(|layer| layer["macs"].as_u64().unwrap())
    };
    // A kernel of 73 x 73 in place of 3 x 3: 592 times the work.
    let (native, wide) = (rate_36(&of("native")).unwrap(), rate_36(&inserted).unwrap());
    assert_eq!(wide, native / 9 * 73 * 73);
}

#[test]
fn convert_reads_standard_input() {
    let mut child = program()
        .args(["convert", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(model(DEEPLAB)).unwrap()).unwrap();
    let record = Ran::from(child.wait_with_output().unwrap()).json();
    assert_eq!((&record["network"], &record["macs"]), (&"stdin".into(), &168_652_962_240u64.into()));
}

#[test]
fn a_zoo_survives_its_bad_files() {
    let dir = tempfile::tempdir().unwrap();
    let zoo = dir.path().join("zoo");
    for (from, to) in [
        ("oddconvs2d__ts", "a.onnx"),
        ("oddconvs2d__ts", "sub/a.onnx"),
        ("unet_small__ts", "sub/deep/u.ONNX"),
        ("unet_small__ts", ".hidden/u.onnx"),
    ] {
        fs::create_dir_all(zoo.join(to).parent().unwrap()).unwrap();
        fs::copy(model(from), zoo.join(to)).unwrap();
    }
    fs::write(zoo.join("empty.onnx"), "").unwrap();
    fs::write(zoo.join("text.onnx"), "hello, world").unwrap();
    fs::write(zoo.join("notes.txt"), "no model").unwrap();
    let whole = fs::read(model(DEEPLAB)).unwrap();
    fs::write(zoo.join("cut.onnx"), &whole[..whole.len() / 2]).unwrap();
    let out = dir.path().join("out");
    let result = run(&["convert", zoo.to_str().unwrap(), "-o", out.to_str().unwrap()]);
    assert_eq!(result.code, 1, "{}", result.stderr);
    // The table is as wide as the folder's name is long.
    let stderr = without_paths(&result.stderr, &[(dir.path(), "[tmp]")]);
    let stderr = stderr.lines().filter(|line| !line.starts_with('─'));
    let stderr: Vec<String> = stderr.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    insta::assert_snapshot!(format!("{}\n{}", result.stdout, stderr.join("\n")));
    assert!(out.join("sub/a/layers.json").exists() && out.join("sub/deep/u/layers.csv").exists());
    for threads in ["1", "5"] {
        let again = run(&["convert", zoo.to_str().unwrap(), "--format", "json", "--threads", threads]);
        assert_eq!(again.code, 1);
        assert_eq!(again.json().as_array().unwrap().len(), 3);
        assert_eq!(again.stdout, run(&["convert", zoo.to_str().unwrap(), "--format", "json"]).stdout);
    }
    // A folder without models is bad input.
    let none = run(&["convert", zoo.join("sub/deep/nothing").to_str().unwrap()]);
    assert_eq!(none.code, 2);
    fs::create_dir(dir.path().join("bare")).unwrap();
    let bare = run(&["convert", dir.path().join("bare").to_str().unwrap()]);
    assert_eq!(bare.code, 2);
    assert!(bare.stderr.contains("there is no .onnx file in"), "{}", bare.stderr);
}

#[test]
fn dynamic_shapes_from_the_command_line() {
    let file = path("deeplabv3_resnet50_224__ts_dynall");
    let unbound = run(&["convert", &file]);
    assert_eq!((unbound.code, unbound.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(without_paths(&unbound.stderr, &[]));
    let bound =
        run(&["convert", &file, "--batch", "1", "--dim", "height=513", "--dim", "width=513", "--format", "json"]);
    assert_eq!(bound.json()["macs"], 168_652_962_240u64);
    let shaped = run(&["convert", &file, "--input-shape", "input=1,3,513,513", "--format", "json"]);
    assert_eq!(shaped.stdout, bound.stdout);
}

#[test]
fn an_unwritable_folder_is_found_before_the_work() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    let result = run(&["convert", &path("oddconvs2d__ts"), "-o", file.join("out").to_str().unwrap()]);
    assert_eq!((result.code, result.stdout.as_str()), (2, ""));
    assert!(result.stderr.contains("cannot write into"), "{}", result.stderr);
    assert_eq!(fs::read_to_string(file).unwrap(), "not a folder");
}

#[test]
fn a_manifest_of_another_program_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("manifest.json"), "{\"other\": 1}").unwrap();
    let result = run(&["convert", &path("oddconvs2d__ts"), "-o", dir.path().to_str().unwrap()]);
    assert_eq!(result.code, 2);
    assert!(result.stderr.contains("is not a manifest of onnx2timeloop"), "{}", result.stderr);
    assert_eq!(fs::read_to_string(dir.path().join("manifest.json")).unwrap(), "{\"other\": 1}");
    assert_eq!(walk(dir.path()).len(), 2, "nothing else was written");
}

/// The bits of quantised and narrow exports, as stored.
#[test]
fn quantized_exports_have_their_stored_bits() {
    for (name, expected) in [
        ("resnet50__int8_qdq", [8, 8, 8]),
        ("mobilenet_v2__int8_qoperator", [8, 8, 8]),
        ("resnet50__int8_dynamic", [8, 8, 32]),
        ("resnet50__fp16", [16, 16, 16]),
        ("mobilenet_v2__fp16_keepio", [16, 16, 16]),
        ("resnet18__ts_rbn", [32, 32, 32]),
    ] {
        for layer in run(&["convert", &path(name), "--format", "json"]).json()["layers"].as_array().unwrap() {
            let bits = ["input", "weight", "output"].map(|operand| layer["bits"][operand].as_u64().unwrap());
            assert_eq!(bits, expected, "{name}: {}", layer["name"]);
        }
    }
}

/// One convolution in each branch, one in the body of a loop over the batch; shapes of the batch pick and count.
#[test]
fn layers_in_branches_and_loops_are_counted() {
    let of = |shape: &str| {
        let run = run(&["convert", &path("control_if_loop__ts_script"), "--input-shape", shape, "--format", "csv"]);
        run.stdout
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(2).unwrap().to_owned() + " x" + line.split(',').rev().nth(3).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("3,3,32,40"), ["b x1", "c x3"]);
    assert_eq!(of("1,3,40,32"), ["a x1", "c x1"]);
}

/// Ctrl-C keeps what is finished, whole, and says so by its exit code.
#[test]
#[cfg(unix)]
fn an_interrupted_zoo_keeps_what_is_finished() {
    let dir = tempfile::tempdir().unwrap();
    let zoo = dir.path().join("zoo");
    fs::create_dir(&zoo).unwrap();
    for number in 0..600 {
        fs::copy(model("vit_b_16__dynamo_op23"), zoo.join(format!("m{number:03}.onnx"))).unwrap();
    }
    let out = dir.path().join("out");
    let child = program()
        .args(["convert", zoo.to_str().unwrap(), "-o", out.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !out.join("m000/layers.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let result = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(result.code, 130, "{}", result.stderr);
    let finished: Vec<_> = (0..600).filter(|number| out.join(format!("m{number:03}/layers.json")).exists()).collect();
    assert!(!finished.is_empty() && finished.len() < 600, "{}", finished.len());
    let manifest = json(&out.join("manifest.json"));
    assert_eq!(manifest["networks"].as_object().unwrap().len(), finished.len());
    for number in finished {
        let record = fs::read(out.join(format!("m{number:03}/layers.json"))).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&record).unwrap()["macs"], 17_563_828_224u64);
    }
    assert!(walk(&out).iter().all(|name| !name.contains(".onnx2timeloop-")));
}

/// Both phases of a decoder are networks of one command.
#[test]
fn phases_are_networks() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let file = crate::kit::data("onnx/genai_llama_int4.onnx");
    let words = ["convert", file.to_str().unwrap(), "--batch", "1", "--dim", "kv_cache_dim=16", "-o", out];
    let phases = run(&[&words[..], &["--phase", "prefill:32,decode:1@96", "--format", "csv"]].concat());
    assert_eq!(phases.code, 0, "{}", phases.stderr);
    let shape = |name: &str, input: &str| json(&folder.path().join(name).join("layers.json"))["inputs"][input].clone();
    for (name, ids, mask) in [("prefill", 32, 32), ("decode", 1, 97)] {
        let name = format!("genai_llama_int4_{name}");
        assert_eq!(shape(&name, "input_ids"), serde_json::json!([1, ids]));
        assert_eq!(shape(&name, "attention_mask"), serde_json::json!([1, mask]));
        assert!(phases.stdout.contains(&format!("{name},0,")), "{}", phases.stdout);
    }
    let usage = run(&["convert", file.to_str().unwrap(), "--phase", "decode"]);
    assert_eq!(usage.code, 2);
    assert!(usage.stderr.contains("NAME:TOKENS@PAST"), "{}", usage.stderr);
}

/// A network of whose work nothing is known is no success, and its files are written all the same.
#[test]
fn a_network_of_unknown_work_ends_with_exit_code_1() {
    let file = crate::kit::data("onnx/unbacked_dim.onnx");
    let unknown = run(&["convert", file.to_str().unwrap(), "--format", "json"]);
    assert_eq!(unknown.code, 1, "{}", unknown.stderr);
    assert!(unknown.stderr.contains("nothing of its work is known: `y` (MatMul)"), "{}", unknown.stderr);
    assert_eq!(unknown.json()["mac_coverage"], Value::Null);
    let known = run(&["convert", file.to_str().unwrap(), "--dim", "u0=5", "--format", "json"]);
    assert_eq!((known.code, &known.json()["macs"]), (0, &serde_json::json!(160)));
}
