//! `run` from the command line.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use onnx2timeloop::architecture::presets;
use onnx2timeloop::results;
use prost::Message;
use serde_json::Value;

use super::place::{ONE_DESIGN, Place, assert_same, network};
use crate::kit::onnx::{FLOAT, dims, graph, info, model_of, node};

fn read_results(folder: &Path) -> Vec<results::NetworkResults> {
    results::read_folder(folder).unwrap().into_iter().map(Result::unwrap).collect()
}

#[test]
fn a_run_writes_all_its_files() {
    let place = Place::new();
    let ran = place.run(&format!("one.onnx two.onnx {ONE_DESIGN} -o out"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let files = place.files("out");
    // The charts have tests of their own; each has its table.
    let charts: Vec<&str> = files.keys().filter_map(|name| name.strip_prefix("charts/")).collect();
    for stem in [
        "energy_by_component_networks",
        "energy_networks",
        "energy_by_component_one",
        "energy_two",
        "roofline_eyeriss_like",
    ] {
        let has = |extension: &str| charts.contains(&format!("{stem}.{extension}").as_str());
        assert!(has("csv") && has("svg") && has("png"), "{stem}: {charts:?}");
    }
    let names: Vec<&String> = files.keys().filter(|name| !name.starts_with("charts/")).collect();
    let mut expected = vec!["manifest.json".to_owned(), "report.html".to_owned(), "totals.csv".to_owned()];
    let problems = [("one", &["001_layer0", "002_layer1", "003_layer2"][..]), ("two", &["001_layer0", "002_layer1"])];
    for (network, ids) in problems {
        expected.extend(["layers.csv", "layers.json"].map(|file| format!("{network}/{file}")));
        expected.extend(["results.csv", "results.json"].map(|file| format!("{network}/eyeriss_like/{file}")));
        for id in ids {
            expected.push(format!("{network}/problems/{id}.yaml"));
            expected.push(format!("{network}/eyeriss_like/{id}/count.txt"));
            let files = ["map.txt", "map.yaml", "stats.txt"];
            expected.extend(files.map(|file| format!("{network}/eyeriss_like/{id}/timeloop-mapper.{file}")));
        }
    }
    expected.sort();
    assert_eq!(names, expected.iter().collect::<Vec<_>>());
    // The second layer of the one is the first of the other.
    let mapping = |of: &str| fs::read(place.path(&format!("out/{of}/timeloop-mapper.map.yaml"))).unwrap();
    assert!(mapping("one/eyeriss_like/002_layer1") == mapping("two/eyeriss_like/001_layer0"));
    assert!(ran.stderr.contains("4 of 4 searches; everything is in `out`"), "{}", ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines.len() == 4 && lines[2].starts_with("one ") && lines[3].ends_with("all"), "{}", ran.stdout);
    // Everything the totals say is the sum of what the layers say.
    let results = read_results(&place.path("out"));
    let [one, two] = &results[..] else { panic!("{}", results.len()) };
    assert_eq!((one.network.as_str(), one.layers.len(), two.layers.len()), ("one", 4, 2));
    assert_eq!(one.totals, results::Totals::of(&one.layers, one.cycle_seconds));
}

#[test]
fn the_manifest_names_all_inputs() {
    let place = Place::new();
    let preset = presets::find("eyeriss_like").unwrap();
    place.write("arch/top.yaml", "{{include_text('parts.yaml')}}\n");
    place.write("arch/parts.yaml", preset.text);
    place.write("ert.yaml", preset.energy);
    let ran = place.run("run one.onnx --arch arch/top.yaml --ert ert.yaml --metric delay -o out");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let manifest = place.json("out/manifest.json");
    let entry = &manifest["networks"]["one"];
    let hash = |file: &str| blake3::hash(&fs::read(place.path(file)).unwrap()).to_hex().to_string();
    assert_eq!(
        (entry["source"].as_str(), entry["blake3"].as_str()),
        (Some("one.onnx"), Some(hash("one.onnx").as_str()))
    );
    assert_eq!(entry["tool"], concat!("onnx2timeloop ", env!("CARGO_PKG_VERSION")));
    assert_eq!(
        (&entry["options"]["variant"], &entry["options"]["problem_shape"]),
        (&"native".into(), &"conv2d".into())
    );
    let results = &entry["results"]["top"];
    let inputs = |list: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(|each| (text(&each["source"]), text(&each["blake3"]))).collect()
    };
    let file = |shown: &str, file: &str| (shown.to_owned(), hash(file));
    assert_eq!(
        inputs(&results["description"]),
        [file("arch/top.yaml", "arch/top.yaml"), file("parts.yaml", "arch/parts.yaml")]
    );
    assert_eq!(inputs(&results["energy_tables"]), [file("ert.yaml", "ert.yaml")]);
    assert_eq!((&results["mapper"], &results["footprint"]), (&"exact".into(), &"hull".into()));
    assert_eq!(results["energy_source"], "ert.yaml");
    assert!(results["mapper_settings"].as_str().unwrap().to_lowercase().contains("delay"), "{results}");
    // Another design joins; another file of the same name takes its place. `embedded` is the former name of `exact`.
    let run = "run one.onnx --mapper embedded --arch simple_weight_stationary --budget 50mappings -o out";
    assert_eq!(place.run(run).code, 0);
    let manifest = place.json("out/manifest.json");
    assert_eq!(manifest["networks"]["one"]["results"]["simple_weight_stationary"]["mapper"], "exact");
    let keys = |manifest: &Value| -> Vec<String> {
        manifest["networks"]["one"]["results"].as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(keys(&place.json("out/manifest.json")), ["simple_weight_stationary", "top"]);
    place.write("one.onnx", network(5, &[(4, 8, 1)]));
    assert_eq!(place.run("run one.onnx --arch simple_weight_stationary --budget 50mappings -o out").code, 0);
    assert_eq!(keys(&place.json("out/manifest.json")), ["simple_weight_stationary"]);
}

#[test]
fn files_are_the_same_for_any_number_of_threads_and_from_the_cache() {
    let place = Place::new();
    let run = |more: &str, out: &str| {
        let ran = place.run(&format!("run one.onnx two.onnx {ONE_DESIGN} -q -o {out} {more}"));
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
        place.files(out)
    };
    let plain = run("--no-cache --threads 1", "a");
    assert!(!place.path("cache").exists());
    assert_same(&plain, &run("--no-cache --threads 4", "b"));
    assert_same(&plain, &run("--jobs 3", "c"));
    assert!(place.path("cache/onnx2timeloop/v1").exists());
    assert_same(&plain, &run("", "d"));
    assert_same(&plain, &run("", "d"));
    let timing = place.json("d/timing.json");
    assert!(timing["jobs"].as_array().unwrap().iter().all(|job| job["from_cache"] == true), "{timing}");
    // A cache of the user's own.
    assert_same(&plain, &run("--cache mine", "e"));
    assert!(place.path("mine/v1").exists());
}

#[test]
fn a_run_that_was_killed_goes_on() {
    let place = Place::new();
    let words = format!("run one.onnx two.onnx {ONE_DESIGN} --arch simple_weight_stationary --no-progress");
    let expected = {
        let ran = place.run(&format!("{words} -o expected --no-cache"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        place.files("expected")
    };
    let whole = place.json("expected/timing.json")["seconds"].as_f64().unwrap();
    let mut killed = 0;
    for round in 0..10 {
        // The moments lie anywhere in the run; later rounds find more in the cache.
        let share = [0.13, 0.71, 0.37, 0.93, 0.05, 0.58, 0.24, 0.82, 0.46, 0.66][round];
        let mut child =
            place.command(&format!("{words} -o out")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_secs_f64(whole * share * 0.6));
        killed += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        // Nothing is half there: what is there is as it will be.
        for (name, bytes) in if place.path("out").exists() { place.files("out") } else { BTreeMap::new() } {
            let is_temporary = name.rsplit('/').next().unwrap().starts_with(".onnx2timeloop-");
            assert!(is_temporary || expected.get(&name) == Some(&bytes), "{name}");
        }
    }
    assert!(killed >= 3, "{killed} of 10 were still running");
    let resumed = place.run(&format!("{words} -o out"));
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    let mut files = place.files("out");
    files.retain(|name, _| !name.rsplit('/').next().unwrap().starts_with(".onnx2timeloop-"));
    assert_same(&expected, &files);
}

#[test]
fn a_corrupt_result_is_computed_anew() {
    let place = Place::new();
    let words = format!("run two.onnx {ONE_DESIGN} -o out");
    assert_eq!(place.run(&words).code, 0);
    let expected = place.files("out");
    let cached = place.files("cache/onnx2timeloop/v1");
    let (name, bytes) = cached.first_key_value().unwrap();
    fs::write(place.path(&format!("cache/onnx2timeloop/v1/{name}")), &bytes[..bytes.len() / 3]).unwrap();
    let again = place.run(&words);
    assert_eq!(again.code, 0);
    assert!(again.stderr.contains("ignoring the unusable cache entry"), "{}", again.stderr);
    assert!(again.stderr.contains("2 of 2 searches (1 from the cache)"), "{}", again.stderr);
    assert_same(&expected, &place.files("out"));
    assert_same(&cached, &place.files("cache/onnx2timeloop/v1"));
}

#[test]
fn networks_share_the_cache() {
    let place = Place::new();
    assert_eq!(place.run(&format!("run one.onnx {ONE_DESIGN} -o a")).code, 0);
    let second = place.run(&format!("run two.onnx {ONE_DESIGN} -o b"));
    assert!(second.stderr.contains("2 of 2 searches (1 from the cache)"), "{}", second.stderr);
    // Mappings are searched by hulls, whatever is counted afterwards.
    let exact = place.run(&format!("run two.onnx {ONE_DESIGN} --footprint exact -o c"));
    assert!(exact.stderr.contains("2 of 2 searches (2 from the cache)"), "{}", exact.stderr);
}

/// Prefill and decode of a decoder are two networks of one run.
#[test]
fn phases_of_a_decoder_are_networks_of_a_run() {
    use crate::kit::onnx::{D, INT64, ints, tensor};
    let place = Place::new();
    let nodes = vec![
        node("Gather", "words input_ids", "x", vec![]),
        node("MatMul", "x project.weight", "p", vec![]),
        node("Reshape", "p heads", "q", vec![]),
        node("Concat", "past_key_values.0.key q", "keys", vec![crate::kit::onnx::int("axis", 2)]),
        node("Transpose", "keys", "turned", vec![crate::kit::onnx::int_list("perm", &[0, 1, 3, 2])]),
        node("MatMul", "q turned", "scores", vec![]),
    ];
    let inits =
        vec![tensor("words", FLOAT, &[50, 4]), tensor("project.weight", FLOAT, &[4, 8]), ints("heads", &[1, 1, -1, 8])];
    let inputs = vec![
        info("input_ids", INT64, &[D::N(1), D::S("sequence_length")]),
        info("past_key_values.0.key", FLOAT, &[D::N(1), D::N(1), D::S("past_sequence_length"), D::N(8)]),
    ];
    place.write("lm.onnx", model_of(17, graph(inputs, inits, nodes, "scores keys")).encode_to_vec());
    let ran = place.run(&format!("run lm.onnx --phase prefill:6,decode:1@9 {ONE_DESIGN} -o out --chart-format none"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut macs: Vec<(String, Vec<u64>)> = read_results(&place.path("out"))
        .into_iter()
        .map(|results| (results.network, results.layers.iter().filter_map(|layer| layer.macs).collect()))
        .collect();
    macs.sort();
    // One token reads all ten keys, six tokens read each other's.
    let expected = [("lm_decode", vec![4 * 8, 10 * 8]), ("lm_prefill", vec![6 * 4 * 8, 6 * 6 * 8])];
    assert_eq!(macs, expected.map(|(name, macs)| (name.to_owned(), macs)));
    let refused = place.run(&format!("run one.onnx --phase decode:1@9 {ONE_DESIGN} -o refused"));
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("cannot run the phase `decode`"), "{}", refused.stderr);
    assert!(!place.path("refused").exists());
}

#[test]
fn a_layer_without_mapping_is_a_row() {
    let place = Place::new();
    let preset = presets::find("simple_weight_stationary").unwrap();
    place.write("three.onnx", network(4, &[(8, 8, 1), (8, 12, 1), (12, 8, 3)]));
    // The register of one weight has no room for a row of three.
    let text = preset.text.replace("factors: [R=1, S=1, M=1, C=1]", "factors: [R=0, S=1, M=1, C=1]");
    assert_ne!(text, preset.text);
    place.write("narrow.yaml", &text);
    place.write("tables.yaml", preset.energy);
    let ran = place.run("run three.onnx --arch narrow.yaml,tables.yaml -o out");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let results = read_results(&place.path("out"));
    let failed: Vec<&str> = results[0]
        .layers
        .iter()
        .filter(|layer| matches!(layer.outcome, results::LayerOutcome::Failed { .. }))
        .map(|layer| layer.name.as_str())
        .collect();
    assert_eq!((failed, results[0].totals.failed), (vec!["layer2"], 1));
    assert!(ran.stderr.contains("error: no mapping of three/narrow/layer2: "), "{}", ran.stderr);
    assert!(ran.stdout.contains("2 of 3"), "{}", ran.stdout);
    assert!(place.path("out/three/narrow/002_layer1/timeloop-mapper.stats.txt").exists());
    assert!(!place.path("out/three/narrow/003_layer2").exists());
    // What is impossible need not be tried twice.
    let again = place.run("run three.onnx --arch narrow.yaml,tables.yaml -o out");
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("3 of 3 searches (3 from the cache)"), "{}", again.stderr);
}

#[test]
fn bad_usage_writes_nothing() {
    let place = Place::new();
    place.write("broken.onnx", b"not a network");
    place.write("file", b"");
    place.write("broken.yaml", b"architecture: {nodes: [!Container {}]}");
    for (words, expected) in [
        ("run missing.onnx -o out", "missing.onnx"),
        ("run broken.onnx -o out", "broken.onnx"),
        ("run one.onnx --arch eyeris_like -o out", "did you mean \"eyeriss_like\"?"),
        ("run one.onnx --arch broken.yaml -o out", "broken.yaml"),
        ("run one.onnx --metric edpp -o out", "unknown metric `edpp`"),
        ("run one.onnx --metric accesses-9 -o out", "on eyeriss_like"),
        ("run one.onnx --ert file -o out", "`file`"),
        ("run one.onnx -o file/out", "file/out"),
        ("run one.onnx --cache file/cache -o out", "`--cache`"),
        ("run one.onnx --budget 0s -o out", "is not a budget"),
        ("run one.onnx --threads 0 -o out", "--threads"),
        ("run one.onnx --chart-metric cycels -o out", "did you mean \"cycles\"?"),
        ("run one.onnx --chart-metric reads:shared_glb:Input -o out", "did you mean \"Inputs\"?"),
        ("run one.onnx --chart-metric cycles,energy -o out", "they cannot share an axis"),
    ] {
        let ran = place.run(words);
        assert_eq!(ran.code, 2, "{words}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected) && ran.stdout.is_empty(), "{words}: {}", ran.stderr);
        assert!(!place.path("out").exists(), "{words}");
    }
}

#[test]
fn of_several_networks_those_that_can_be_read_are_run() {
    let place = Place::new();
    place.write("zoo/sub/three.onnx", network(4, &[(8, 8, 1)]));
    place.write("zoo/broken.onnx", b"not a network");
    let ran = place.run(&format!("run zoo {ONE_DESIGN} -o out"));
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("`zoo/broken.onnx`"), "{}", ran.stderr);
    assert!(place.path("out/sub/three/eyeriss_like/results.json").exists());
}

#[test]
fn networks_of_equal_names_have_their_own_folders() {
    let place = Place::new();
    place.write("other/one.onnx", network(4, &[(8, 8, 1)]));
    let text = presets::find("simple_output_stationary").unwrap().text;
    place.write("eyeriss_like.yaml", text.replace("smartbuffer_SRAM", "smartbuffer_XRAM"));
    let ran = place
        .run(&format!("run one.onnx other/one.onnx {ONE_DESIGN} --arch eyeriss_like.yaml --budget 30mappings -o out"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let count = |path: &str| place.json(&format!("out/{path}/results.json"))["layers"].as_array().unwrap().len();
    assert_eq!((count("one/eyeriss_like"), count("one_2/eyeriss_like")), (4, 1));
    assert_eq!((count("one/eyeriss_like_2"), count("one_2/eyeriss_like_2")), (4, 1));
    // The second has a buffer that nothing can estimate, and that is said.
    let unknown = "no estimator knows the class `smartbuffer_XRAM`";
    assert!(ran.stderr.contains(unknown), "{}", ran.stderr);
    let guessed = "eyeriss_like_2: nothing states or estimates the energies of pe_spad, shared_glb;";
    assert!(ran.stderr.contains(guessed), "{}", ran.stderr);
}

#[test]
fn a_read_only_cache_is_a_warning() {
    let place = Place::new();
    place.write("cache", b"a file");
    let ran = place.run(&format!("run two.onnx {ONE_DESIGN} -o out"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("warning: search results are not cached: "), "{}", ran.stderr);
}

#[test]
fn a_random_search_is_the_same_for_a_seed() {
    let place = Place::new();
    let run = |seed: u32, out: &str| {
        let ran = place.run(&format!(
            "run two.onnx {ONE_DESIGN} --search random --seed {seed} --budget 400mappings --no-cache -q -o {out}"
        ));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        fs::read(place.path(&format!("{out}/two/eyeriss_like@random/results.json"))).unwrap()
    };
    let first = run(1, "a");
    assert!(first == run(1, "b"));
    assert!(first != run(2, "c"));
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_keeps_what_is_finished() {
    let place = Place::new();
    // Large enough to be still at it.
    place.write("large.onnx", network(48, &[(8, 64, 1), (64, 96, 3), (96, 120, 3), (120, 180, 3)]));
    let words = format!("run large.onnx {ONE_DESIGN} --jobs 1 -o out");
    let child = place.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while !place.path("out/large/layers.json").exists() && std::time::Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("error: interrupted"), "{stderr}");
    let results = place.json("out/large/eyeriss_like/results.json");
    assert!(results["totals"]["failed"].as_u64().unwrap() > 0);
    assert!(results["totals"]["cycles"].is_null(), "sums over some layers are not the network's");
    assert!(results["layers"].to_string().contains("run the same command again to continue"));
}

/// What cannot be read takes nothing else along.
/// Networks have no names that files of the run have.
#[test]
fn networks_named_as_our_own_files_have_other_folders() {
    let place = Place::new();
    for name in ["charts", "report.html"] {
        place.write(&format!("zoo/{name}.onnx"), network(4, &[(8, 8, 1), (8, 6, 1)]));
    }
    let ran = place.run(&format!("run zoo {ONE_DESIGN} -o out"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(place.path("out/charts_2/layers.json").exists() && !place.path("out/charts/layers.json").exists());
    assert!(place.path("out/report.html_2/layers.json").exists() && place.path("out/report.html").is_file());
}

/// A network without any layer is said to be one; a file is no folder.
#[test]
fn empty_and_missing_folders_are_refused() {
    let place = Place::new();
    let relu = graph(vec![info("x", FLOAT, &dims(&[1, 4]))], Vec::new(), vec![node("Relu", "x", "y", Vec::new())], "y");
    place.write("relu.onnx", model_of(21, relu).encode_to_vec());
    let ran = place.run(&format!("run relu.onnx {ONE_DESIGN} -o out"));
    assert!(ran.stderr.contains("relu: it has no layers"), "{}", ran.stderr);
    let ran = place.run("run two.onnx -o one.onnx");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("one.onnx` is a file"), "{}", ran.stderr);
}

/// A second run into a folder says what it replaces and what it leaves, and is silent where it repeats the first.
#[test]
fn a_second_run_says_what_it_replaces() {
    let place = Place::new();
    let run = |words: &str| {
        let ran = place.run(&format!("run {words} -o out --chart-format none"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stderr
    };
    let first = run(&format!("two.onnx {ONE_DESIGN}"));
    let same = run(&format!("two.onnx {ONE_DESIGN}"));
    assert!(!first.contains("earlier run") && !same.contains("earlier run"), "{first}{same}");
    let other = run(&format!("two.onnx {ONE_DESIGN} --metric delay"));
    assert!(other.contains("`out` has results of an earlier run, which are replaced: two/eyeriss_like"), "{other}");
    assert!(other.contains("metric edp") && other.contains("instead of") && other.contains("metric delay"), "{other}");
    let beside = run("two.onnx --arch simple_weight_stationary");
    assert!(beside.contains("`out` also keeps results of earlier runs: two/eyeriss_like"), "{beside}");
    assert!(beside.contains("onnx2timeloop report out"), "{beside}");
    place.write("two.onnx", network(4, &[(8, 8, 1), (8, 4, 1)]));
    let changed = run(&format!("two.onnx {ONE_DESIGN}"));
    assert!(changed.contains("two/eyeriss_like (of another network or other options)"), "{changed}");
}

/// 32-bit floats in the file, 8-bit words in the architecture: said once for the whole run.
#[test]
fn wider_numbers_than_the_architecture_has_are_a_remark() {
    let place = Place::new();
    let ran = place.run(&format!("run one.onnx two.onnx {ONE_DESIGN} -o out --chart-format none"));
    assert_eq!(ran.stderr.matches("layers have numbers of up to 32 bits").count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("eyeriss_like (8 bits) counts"), "{}", ran.stderr);
}

/// Temporary files of processes that are no more, deep in the folder and in the cache.
#[test]
fn temporary_files_of_killed_runs_are_removed() {
    let place = Place::new();
    let words = format!("run two.onnx {ONE_DESIGN} -o out --chart-format none");
    assert_eq!(place.run(&words).code, 0);
    let left_over = ["out/.onnx2timeloop-4294967294-a", "out/two/eyeriss_like/001_layer0/.onnx2timeloop-4294967294-b"];
    for name in left_over {
        place.write(name, "half");
    }
    place.write("cache/onnx2timeloop/v1/ab/.onnx2timeloop-4294967294-c", "half");
    assert_eq!(place.run(&words).code, 0);
    let is_left =
        |files: &std::collections::BTreeMap<String, Vec<u8>>| files.keys().any(|name| name.contains(".onnx2"));
    assert_eq!(
        (is_left(&place.files("out")), is_left(&place.files("cache"))),
        (cfg!(not(target_os = "linux")), cfg!(not(target_os = "linux")))
    );
}
