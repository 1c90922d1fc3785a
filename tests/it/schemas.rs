//! Documents that the commands write, against `docs/schema`.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;
use serde_json::{Value, json};

use crate::kit::onnx::{
    BOOL, FLOAT, INT64, dims, graph, graph_attribute, info, int, int_list, model_of, node, tensor, truth,
};
use crate::kit::{Ran, data, program_in};

/// A dilated convolution, an add of what goes in and what comes out, and a matrix product.
fn network() -> Vec<u8> {
    let conv = vec![int_list("pads", &[2, 2, 2, 2]), int_list("dilations", &[2, 2])];
    let mut nodes = vec![
        node("Conv", "x conv.weight", "c", conv),
        node("Add", "c x", "sum", vec![]),
        node("Flatten", "sum", "flat", vec![int("axis", 1)]),
        node("Gemm", "flat fc.weight", "y", vec![]),
    ];
    for (node, name) in nodes.iter_mut().zip(["/conv/Conv", "/Add", "/Flatten", "/fc/Gemm"]) {
        node.name = name.into();
    }
    let weights = vec![tensor("conv.weight", FLOAT, &[2, 2, 3, 3]), tensor("fc.weight", FLOAT, &[32, 3])];
    model_of(17, graph(vec![info("x", FLOAT, &dims(&[1, 2, 4, 4]))], weights, nodes, "y")).encode_to_vec()
}

fn run(folder: &Path, words: &str) {
    let ran = Ran::of(&mut program_in(folder, words));
    assert_eq!(ran.code, 0, "{words}: {}", ran.stderr);
}

fn document(path: PathBuf) -> Value {
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn schema(name: &str) -> Value {
    document(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schema/{name}.schema.json")))
}

/// What is wrong with a document.
pub(crate) fn errors(schema: &Value, document: &Value) -> Vec<String> {
    let validator = jsonschema::draft202012::new(schema).unwrap();
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The schema admits the document, and none of the broken ones that are made from it: a key too many in the object at `place`,
/// and each of `changes` (a place and the value that is put there; `null` takes the key away where the key may not be `null`).
fn check(name: &str, document: &Value, place: &str, changes: &[(&str, Value)]) {
    let schema = schema(name);
    assert_eq!(errors(&schema, document), Vec::<String>::new(), "{name}");
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut broken = document.clone();
        change(&mut broken);
        assert_ne!(&broken, document, "{name}: the change changes something");
        errors(&schema, &broken)
    };
    let unknown = broken(&|of| of.pointer_mut(place).unwrap()["no_such_key"] = json!(1));
    assert!(!unknown.is_empty(), "{name}: an unknown key in `{place}`");
    for (place, value) in changes {
        let found = broken(&|of| match value {
            Value::Null => {
                let (object, key) = place.rsplit_once('/').unwrap();
                of.pointer_mut(object).unwrap().as_object_mut().unwrap().remove(key);
            }
            value => *of.pointer_mut(place).unwrap_or_else(|| panic!("{name}: {place}")) = value.clone(),
        });
        assert!(!found.is_empty(), "{name}: {value} at `{place}`");
    }
}

/// A folder in which every command has written its files, for the small network.
pub(crate) fn small_network_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &str| run(folder.path(), words);
    fs::write(folder.path().join("small.onnx"), network()).unwrap();
    run("run small.onnx --arch eyeriss_like --arch simple_weight_stationary -o out --chart-format none");
    run("report out --compare architectures -o compared --chart-format none");
    run("run small.onnx --arch eyeriss_gated_like --density inputs=0.5 -o zeros --chart-format none");
    run("dilation small.onnx --arch eyeriss_like -o dilated --chart-format none");
    run("sweep small.onnx --set weights_spad.depth=96,192 --set PE_column.meshX=7,14 --chart-format none -o swept");
    run("convert small.onnx -o converted");
    run("check small.onnx --expect small.layers.yaml --update");
    run("map --arch eyeriss_like --problem out/small/problems/001_conv.yaml -o mapped");
    run(
        "evaluate --arch eyeriss_like --problem out/small/problems/001_conv.yaml --mapping mapped/timeloop-mapper.map.yaml -o cost",
    );
    let design = data("sparse/raw/12-model-multi-rank-inner-to-outer-compute/input.yaml");
    fs::copy(design, folder.path().join("design.yaml")).unwrap();
    run("evaluate design.yaml -o sparse");
    folder
}

#[test]
fn documents_follow_their_schemas() {
    let folder = small_network_folder();
    let folder = folder.path();
    let path = |file: &str| document(folder.join(file));

    let layers = path("converted/small/layers.json");
    assert_eq!(layers, path("out/small/layers.json"));
    check(
        "layers",
        &layers,
        "/graph/tensors/0",
        &[
            ("/schema", json!(1)),
            ("/graph", Value::Null),
            ("/layers/0/macs", json!(-1)),
            ("/layers/0/kernel", Value::Null),
            ("/layers/0/kind", json!("matmul")),
            ("/graph/nodes/0/operands", Value::Null),
            ("/graph/nodes/1/layers", json!([0])),
            ("/graph/tensors/0/consumers", json!([0, 0])),
        ],
    );
    assert_eq!(
        errors(&schema("layers"), &json!([layers, layers])),
        Vec::<String>::new(),
        "several networks are a list"
    );
    let sparse = path("zeros/small/eyeriss_gated_like/results.json");
    let reads = "/layers/0/components/1/data_spaces/0/sparse";
    check(
        "results",
        &sparse,
        reads,
        &[
            ("/layers/0/sparse/computes_without_operand", Value::Null),
            ("/totals/sparse/actual_computes", json!(-1)),
            (&format!("{reads}/gated/reads"), json!(0.5)),
            (&format!("{reads}/formats"), json!(["csr"])),
        ],
    );
    let results = path("out/small/eyeriss_like/results.json");
    check(
        "results",
        &results,
        "/layers/0/components/0",
        &[
            ("/totals/cycles", json!(1.5)),
            ("/totals/failed", json!(1)),
            ("/layers/0/status", json!("failed")),
            ("/layers/0/utilization", json!(1.01)),
            ("/layers/0/components/0/kind", json!("other")),
            ("/layers/0/optimality", json!({"kind": "gap"})),
            ("/footprint", json!("box")),
        ],
    );
    let mut failed = results.clone();
    let layer = &mut failed["layers"][0];
    let kept = ["index", "name", "op", "problem", "executions", "macs", "bounds", "coefficients"];
    let mut without: serde_json::Map<String, Value> =
        kept.iter().map(|key| ((*key).to_owned(), layer[*key].clone())).collect();
    without.extend([("status".to_owned(), json!("failed")), ("reason".to_owned(), json!("no mapping"))]);
    *layer = Value::Object(without);
    failed["totals"] = json!({"failed": 1, "reason": "1 of 2 layers has no mapping", "area_um2": null});
    assert_eq!(errors(&schema("results"), &failed), Vec::<String>::new(), "a layer without a mapping");
    failed["totals"]["cycles"] = json!(7);
    assert!(!errors(&schema("results"), &failed).is_empty(), "sums over some layers");
    for file in ["out/manifest.json", "converted/manifest.json"] {
        check(
            "manifest",
            &path(file),
            "/networks/small",
            &[
                ("/networks/small/blake3", json!("0123")),
                ("/networks/small/options/variant", json!("undilated")),
                ("/networks/small/layers", Value::Null),
            ],
        );
    }
    check(
        "comparison",
        &path("compared/comparison.json"),
        "/0/layers/0",
        &[("/0/totals", json!({})), ("/0/layers/0/executions", json!(0)), ("/0/base", Value::Null)],
    );
    check(
        "dilation",
        &path("dilated/small/dilation.json"),
        "/layers/0/variants/0/cells/0",
        &[
            ("/layers/0/variants/0/on_padding", json!(2)),
            ("/layers/0/variants/0/cells/0/cycles", Value::Null),
            ("/layers/0/kernel", json!([])),
        ],
    );
    for file in ["mapped/timeloop-mapper.json", "cost/timeloop-model.json"] {
        check(
            "evaluation",
            &path(file),
            "/levels/0",
            &[
                ("/levels/0/read/source", Value::Null),
                ("/problem/bounds", json!({})),
                ("/arithmetic/mesh", json!([14])),
                ("/cycles", json!("many")),
            ],
        );
    }
    check(
        "evaluation",
        &path("sparse/timeloop-model.json"),
        "/sparse/levels/0/data_spaces/0",
        &[
            ("/sparse/actual_computes", json!(-1)),
            ("/sparse/levels/0/data_spaces/0/formats", json!(["csr"])),
            ("/sparse/levels/0/data_spaces/0/gated/reads", Value::Null),
        ],
    );
    assert!(path("cost/timeloop-model.json").get("sparse").is_none());
    // Only a search says how it was searched.
    assert!(path("mapped/timeloop-mapper.json")["search"].is_object());
    assert!(path("cost/timeloop-model.json").get("search").is_none());
}

/// A matrix product, one in a loop of unknown length, and one whose shape depends on data.
fn uncertain_network() -> Vec<u8> {
    let body = graph(
        vec![info("i", INT64, &[]), info("go", BOOL, &[])],
        vec![],
        vec![node("MatMul", "x loop.weight", "p", vec![]), node("Identity", "go", "go_out", vec![])],
        "go_out",
    );
    let nodes = vec![
        node("MatMul", "x first.weight", "y", vec![]),
        node("Loop", "count go", "", vec![graph_attribute("body", body)]),
        node("NonZero", "y", "found", vec![]),
        node("Cast", "found", "places", vec![int("to", 1)]),
        node("Transpose", "places", "rows", vec![int_list("perm", &[1, 0])]),
        node("MatMul", "rows last.weight", "z", vec![]),
    ];
    let weights = vec![
        tensor("first.weight", FLOAT, &[8, 4]),
        tensor("loop.weight", FLOAT, &[8, 4]),
        tensor("last.weight", FLOAT, &[2, 16]),
        truth("go", true),
    ];
    let inputs = vec![info("x", FLOAT, &dims(&[2, 8])), info("count", INT64, &[])];
    model_of(17, graph(inputs, weights, nodes, "y z")).encode_to_vec()
}

/// What is not certain stands in every document of a run, and follows the schemas.
#[test]
fn what_is_not_certain_is_in_the_documents() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("net.onnx"), uncertain_network()).unwrap();
    let ran =
        Ran::of(&mut program_in(folder, "run net.onnx --arch simple_weight_stationary -o out --chart-format none"));
    assert_eq!(ran.code, 1, "a layer has no mapping: {}", ran.stderr);
    let path = |file: &str| document(folder.join("out").join(file));
    let (layers, manifest) = (path("net/layers.json"), path("manifest.json"));
    let results = path("net/simple_weight_stationary/results.json");
    for (name, document) in [("layers", &layers), ("manifest", &manifest), ("results", &results)] {
        assert_eq!(errors(&schema(name), document), Vec::<String>::new(), "{name}");
    }
    let warning = "node `node_` (Loop): its trip count depends on data; its layers are counted once";
    for document in [&layers, &results, &manifest["networks"]["net"]] {
        assert_eq!((&document["mac_coverage"], &document["warnings"]), (&Value::Null, &json!([warning])));
    }
    assert_eq!((&layers["layers"][1]["name"], &layers["unknown_layers"][0]["name"]), (&json!("loop"), &json!("last")));
    assert!(layers["layers"][0].get("note").is_none() && layers["layers"][1]["note"].is_string());
    assert_eq!(results["layers"][1]["note"], layers["layers"][1]["note"]);
    let unknown = &results["layers"][2];
    assert_eq!(
        (&unknown["name"], &unknown["status"], &unknown["macs"]),
        (&json!("last"), &json!("failed"), &Value::Null)
    );
    let reason = unknown["reason"].as_str().unwrap();
    assert!(reason.contains("`node_found` (NonZero)") && reason.contains("--shape rows=N,N"), "{reason}");
    for file in ["net/layers.csv", "totals.csv", "report.html"] {
        let text = fs::read_to_string(folder.join("out").join(file)).unwrap();
        assert!(text.contains("its layers are counted once"), "{file}: {text}");
    }
    // Stated, the same network is certain.
    run(folder, "convert net.onnx --input-value count=3 --shape rows=5,2 -o sure");
    let sure = document(folder.join("sure/net/layers.json"));
    assert_eq!((&sure["macs"], &sure["mac_coverage"]), (&json!(2 * 8 * 4 * 4 + 5 * 2 * 16), &json!(1.0)));
}

/// One line a layer, node and tensor, so that `diff` shows what differs.
#[test]
fn an_item_is_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("small.onnx"), network()).unwrap();
    run(folder, "convert small.onnx -o out");
    let text = fs::read_to_string(folder.join("out/small/layers.json")).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let items = [&value["layers"], &value["not_lowered"], &value["graph"]["nodes"], &value["graph"]["tensors"]];
    for item in items.iter().flat_map(|list| list.as_array().unwrap()) {
        let found = text.lines().filter(|line| {
            serde_json::from_str::<Value>(line.trim().trim_end_matches(',')).is_ok_and(|line| line == *item)
        });
        assert_eq!(found.count(), 1, "{item}");
    }
}

#[test]
fn sweeps_and_sweep_files_follow_their_schemas() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("small.onnx"), network()).unwrap();
    // A design of every kind but unfinished ones.
    let sets = "--set shared_glb.depth=-1,64,16384,131072 --set weights_spad.depth=96,1024";
    run(folder, &format!("sweep small.onnx {sets} --where weights_spad.depth>0 --chart-format none -o out"));
    let sweep = document(folder.join("out/sweep.json"));
    let has = |status: &str| sweep["designs"].as_array().unwrap().iter().any(|design| design["status"] == status);
    assert!(has("searched") && has("skipped") && has("failed"), "{sweep}");
    check(
        "sweep",
        &sweep,
        "/parameters/0",
        &[
            ("/schema", json!(2)),
            ("/front", Value::Null),
            ("/front/0/energy_pj", Value::Null),
            ("/designs/0/status", json!("done")),
            ("/designs/0/reason", Value::Null),
            ("/designs/2/cycles", json!(-1)),
            ("/designs/2/networks", Value::Null),
            ("/designs/2/shared_glb.depth", json!([64])),
            ("/objective", json!("speed")),
            ("/pair_fronts/energy_area", json!([1, 1])),
        ],
    );
    run(folder, &format!("sweep small.onnx {sets} --shard 2/3 --chart-format none -o out"));
    let shard = document(folder.join("out/sweep.shard-2-of-3.json"));
    assert_eq!(errors(&schema("sweep"), &shard), Vec::<String>::new());
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/file-formats.md")).unwrap();
    let example = page.split("## Sweep files").nth(1).unwrap();
    let example = example.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    fs::write(folder.join("sweep.yaml"), example).unwrap();
    let file: Value = serde_yaml::from_str(example).unwrap();
    check(
        "sweep-file",
        &file,
        "",
        &[
            ("/set", json!([])),
            ("/best", json!("many")),
            ("/labels/shared_glb.depth", json!(1)),
            ("/chart_size", json!("wide")),
        ],
    );
    // It is a sweep that can be done, and each of its keys one that is read.
    run(folder, "sweep sweep.yaml --print-sbatch");
    let known: Vec<&String> = file.as_object().unwrap().keys().collect();
    let schema = schema("sweep-file");
    assert_eq!(known.len(), schema["properties"].as_object().unwrap().len(), "{known:?}");
    run(
        folder,
        "sweep sweep.yaml --best 0 -q --set PE_column.meshX=14 --set weights_spad.depth=192 --chart-format none -o filed",
    );
}

/// The examples of the documentation follow the schemas; each stands behind a comment that names its schema.
#[test]
fn examples_in_the_documentation_follow_their_schemas() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/file-formats.md");
    let text = fs::read_to_string(path).unwrap();
    let mut checked = Vec::new();
    for part in text.split("<!-- schema: ").skip(1) {
        let (name, rest) = part.split_once(" -->\n```json\n").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        let example: Value = serde_json::from_str(example).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(errors(&schema(name), &example), Vec::<String>::new(), "{name}");
        checked.push(name);
    }
    assert_eq!(checked, ["layers", "results", "manifest", "comparison", "sweep", "dilation", "evaluation"]);
}
