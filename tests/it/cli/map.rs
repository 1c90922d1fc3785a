//! `map` from the command line.

use std::fs;
use std::path::Path;

use assert_cmd::assert::{Assert, OutputAssertExt};
use onnx2timeloop::model::evaluate;
use onnx2timeloop::report::search;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::kit::{Input, data, folder, json, names, program, read};

fn map(input: &Path, out: &Path, more: &[&str]) -> Assert {
    let mut command = program();
    command.arg("map").arg(input).arg("-o").arg(out).args(more).assert()
}

const EXTENSIONS: [&str; 4] = ["stats.txt", "map.txt", "map.yaml", "json"];

/// The files of a run are those of the real tool, and evaluating the mapping gives the same bytes and numbers.
#[track_caller]
fn evaluates_to_the_same(input: &Path, out: &Path, stdout: &[u8]) {
    let mut expected = EXTENSIONS.map(|extension| format!("timeloop-mapper.{extension}"));
    expected.sort();
    assert_eq!(names(out), expected);
    let again = tempfile::tempdir().unwrap();
    let map = out.join("timeloop-mapper.map.yaml");
    program().arg("evaluate").arg(input).arg(&map).arg("-o").arg(again.path()).assert().success();
    for extension in ["stats.txt", "map.txt", "map.yaml"] {
        let evaluated = read(&again.path().join(format!("timeloop-model.{extension}")));
        assert!(read(&out.join(format!("timeloop-mapper.{extension}"))) == evaluated, "{extension}");
    }
    let record = |folder: &Path, prefix: &str| json(&folder.join(format!("{prefix}.json")));
    let (found, evaluated) = (record(out, "timeloop-mapper"), record(again.path(), "timeloop-model"));
    for key in ["cycles", "energy_pj", "edp_j_cycle", "levels", "arithmetic", "problem"] {
        assert_eq!(found[key], evaluated[key], "{key}");
    }
    let per_compute = found["energy_pj"].as_f64().unwrap() / found["computes"].as_f64().unwrap();
    let expected = format!(
        "\nSummary stats for best mapping found by mapper:\n  Utilization = {:.2} | pJ/Compute = {per_compute:>8.3} | Cycles = {}\n",
        found["utilization"].as_f64().unwrap(),
        found["cycles"]
    );
    assert_eq!(String::from_utf8_lossy(stdout), expected);
}

/// The input that the real mapper was given; what it printed has the same form.
#[test]
fn a_recorded_input_is_searched_as_it_is() {
    let run = data("raw/01-mapper-eyeriss_like-layer1_1x1");
    let out = tempfile::tempdir().unwrap();
    let assert = map(&run.join("input.yaml"), out.path(), &["--search", "random", "--seed", "7"]).success();
    // It logs, and its end is one of random searches; the exact search needs none of this.
    let assert = assert.stderr(contains("mapper: log_stats are ignored by the random search"));
    evaluates_to_the_same(&run.join("input.yaml"), out.path(), &assert.get_output().stdout);
    let recorded = read(&run.join("stdout.txt"));
    let input = Input::open(&run.join("input.yaml"));
    let mapping = input.mapping(&read(&run.join("timeloop-mapper.map.yaml"))).value;
    let evaluation = evaluate(&input.architecture, &input.problem, &mapping).unwrap();
    assert!(recorded.ends_with(&search::summary(&evaluation)), "{recorded}");

    let verbose = map(&run.join("input.yaml"), out.path(), &["--search", "random", "--seed", "7", "-v"]).success();
    let verbose = String::from_utf8_lossy(&verbose.get_output().stdout).into_owned();
    for line in recorded.lines().filter(|line| line.starts_with("Mapspace Dimension")) {
        assert!(verbose.contains(line), "{line}\n{verbose}");
    }
    assert!(verbose.contains("Mappings evaluated: ") && verbose.contains("Cut: "), "{verbose}");
    assert!(verbose.contains("Cycles are limited by"), "{verbose}");
}

/// The same seed gives the same bytes for any number of threads, another seed another mapping.
#[test]
fn random_searches_repeat_for_a_seed() {
    let input = data("mapper/simple_output_stationary-intended-layer1_3x3_64/in.yaml");
    let out = tempfile::tempdir().unwrap();
    let run = |name: &str, more: &[&str]| {
        let folder = out.path().join(name);
        map(&input, &folder, &[&["--search", "random", "--budget", "5000mappings"], more].concat()).success();
        EXTENSIONS.map(|extension| read(&folder.join(format!("timeloop-mapper.{extension}"))))
    };
    let first = run("first", &["--seed", "3", "--threads", "1"]);
    assert!(first == run("again", &["--seed", "3", "--threads", "3"]));
    assert!(first[2] != run("other", &["--seed", "4"])[2]);
    let record: Value = serde_json::from_str(&first[3]).unwrap();
    let search = &record["search"];
    assert_eq!((&search["mapper"], &search["optimality"]["kind"]), (&"random".into(), &"unknown".into()));
    assert_eq!(
        search["settings"],
        "random, seed 3, metrics edp, 2 streams, timeout 10000, victory_condition 100, at most 5000 evaluations"
    );
    assert!(search["valid"].as_u64() > Some(10), "{search}");
}

const SYSTEM: &str = "
architecture:
  version: 0.4
  subtree:
  - name: system
    local:
    - {name: DRAM, class: DRAM, attributes: {datawidth: 16, width: 64}}
    - {name: glb, class: SRAM, attributes: {entries: 64, read_bandwidth: 8}}
    - {name: 'mac[0..15]', class: mac, attributes: {meshX: 4}}
ERT: {version: 0.4, tables: [
  {name: DRAM, actions: [{name: read, energy: 512}, {name: write, energy: 512}, {name: update, energy: 512}]},
  {name: glb, actions: [{name: read, energy: 3}, {name: write, energy: 3}, {name: update, energy: 3}]},
  {name: mac, actions: [{name: compute, energy: 1}]}]}
";
const PROBLEM: &str = "
problem:
  instance: {M: 4, N: 4, K: 4}
  shape:
    dimensions: [M, N, K]
    data_spaces:
    - {name: A, projection: [M, K]}
    - {name: B, projection: [K, N]}
    - {name: Z, projection: [M, N], read_write: true}
";

/// The exact search on a small job in several files, by every metric.
#[test]
fn exact_searches_are_proved_optimal_by_every_metric() {
    let constraints = "mapspace_constraints: {targets: [{target: glb, type: spatial, factors: K<=2, split: 2}]}";
    let files = folder(&[("system.yaml", SYSTEM), ("problem.yaml", PROBLEM), ("constraints.yaml", constraints)]);
    let mut best: Vec<(f64, f64)> = Vec::new();
    for metric in ["edp", "energy", "delay", "last_level_accesses"] {
        let out = files.path().join(metric);
        let mut command = program();
        command.args(["map", "--metric", metric, "-o"]).arg(&out);
        command.args(["system.yaml", "problem.yaml", "constraints.yaml"].map(|name| files.path().join(name)));
        command
            .assert()
            .success()
            .stderr(contains(format!("proved optimal: no mapping of the mapspace has a better {metric}")));
        let record = json(&out.join("timeloop-mapper.json"));
        assert_eq!(record["search"]["optimality"]["kind"], "proved");
        assert_eq!(record["search"]["stop"], "complete");
        best.push((record["energy_pj"].as_f64().unwrap(), record["cycles"].as_f64().unwrap()));
    }
    let [edp, energy, delay, _] = best[..] else { panic!() };
    assert!(energy.0 <= edp.0 && delay.1 <= edp.1 && edp.0 * edp.1 <= (energy.0 * energy.1).min(delay.0 * delay.1));
}

/// A shipped design and a problem: nothing else is needed.
#[test]
fn a_preset_and_a_problem_are_enough() {
    let problem = "problem: {version: 0.4, instance: {N: 1, C: 8, M: 16, R: 3, S: 3, P: 7, Q: 7}, shape: {name: conv,
        dimensions: [C, M, R, S, N, P, Q], data_spaces: [
        {name: Weights, projection: [[[C]], [[M]], [[R]], [[S]]]},
        {name: Inputs, projection: [[[N]], [[C]], [[R], [P]], [[S], [Q]]]},
        {name: Outputs, projection: [[[N]], [[M]], [[Q]], [[P]]], read_write: true}]}}";
    let files = folder(&[("problem.yaml", problem)]);
    let out = files.path().join("out");
    let mut command = program();
    command.args(["map", "--arch", "eyeriss_like", "--search", "random", "--budget", "4000mappings", "--problem"]);
    command.arg(files.path().join("problem.yaml")).arg("-o").arg(&out);
    command.assert().success().stderr(contains("warning").not());
    let mut again = program();
    again.args(["evaluate", "--arch", "eyeriss_like", "--problem"]).arg(files.path().join("problem.yaml"));
    again.arg("--mapping").arg(out.join("timeloop-mapper.map.yaml")).arg("-o").arg(&out);
    again.assert().success().stderr("");
    assert!(read(&out.join("timeloop-mapper.stats.txt")) == read(&out.join("timeloop-model.stats.txt")));
}

/// A user's own v0.4 files: their constraints count, and a mapping that lies beside them does not.
#[test]
fn constraints_of_user_files_count() {
    let design = "
architecture:
  version: 0.4
  nodes:
  - !Component {name: DRAM, class: DRAM, attributes: {width: 64, datawidth: 16}}
  - !Component {name: glb, class: SRAM, attributes: {depth: 64, width: 64, datawidth: 16}}
  - !Container
    name: PE
    spatial: {meshX: 4, meshY: 4}
    constraints: {spatial: {permutation: [K, M], split: 1, factors: [N=1, K=2]}}
  - !Component {name: reg, class: storage, attributes: {depth: 3, width: 16, datawidth: 16}}
  - !Component {name: mac, class: intmac}
mapper: {version: 0.4, algorithm: random, num_threads: 2, victory_condition: 20, timeout: 20000}
";
    let problem = PROBLEM.replace("instance", "version: 0.4\n  instance").replace(
        "[M, K]}\n    - {name: B, projection: [K, N]}\n    - {name: Z, projection: [M, N]",
        "[[[M]], [[K]]]}\n    - {name: B, projection: [[[K]], [[N]]]}\n    - {name: Z, projection: [[[M]], [[N]]]",
    );
    let problem = problem.replace("    dimensions", "    name: product\n    dimensions");
    let files = folder(&[("design.yaml", design), ("problem.yaml", &problem)]);
    let out = files.path().join("out");
    let run = |names: &[&str]| {
        let mut command = program();
        command.args(["map", "--search", "random", "--energy", "pat", "-o"]).arg(&out);
        command.args(names.iter().map(|name| files.path().join(name))).assert().success()
    };
    run(&["design.yaml", "problem.yaml"]).stderr(contains("warning").not());
    let first = EXTENSIONS.map(|extension| read(&out.join(format!("timeloop-mapper.{extension}"))));
    assert!(
        first[2].contains("target: inter_PE_spatial\n    type: spatial\n    factors: M") && first[2].contains(" K2\n"),
        "{}",
        first[2]
    );
    let again = run(&["design.yaml", "problem.yaml", "out/timeloop-mapper.map.yaml"]);
    again.stderr(contains("warning: `mapping` is ignored when searching"));
    assert!(first[2] == read(&out.join("timeloop-mapper.map.yaml")));
}

/// A buffer of one word: the exit code says so, and files of an earlier run are emptied.
#[test]
fn no_valid_mapping_exits_with_1_and_empties_old_files() {
    let input = data("raw/03-mapper-no-valid-mapping/input.yaml");
    let out = tempfile::tempdir().unwrap();
    fs::write(out.path().join("timeloop-mapper.stats.txt"), "Summary Stats").unwrap();
    let random = map(&input, out.path(), &["--search", "random"]).code(1).stdout("");
    random
        .stderr(contains("no valid mapping among 200 samples ").and(contains("stopped by `timeout`")))
        .stderr(contains("couldn't map level shared_glb: mapped tile size").and(contains("exceeds buffer capacity 1")));
    for extension in EXTENSIONS {
        assert_eq!(read(&out.path().join(format!("timeloop-mapper.{extension}"))), "", "{extension}");
    }
}

/// Whatever is wrong: where it is, exit 2, nothing written.
#[test]
fn bad_input_says_where() {
    let out = tempfile::tempdir().unwrap();
    let folder_of = out.path().join("out");
    let recorded = data("raw/04-mapper-respecified-constraint/input.yaml");
    map(&recorded, &folder_of, &[]).code(2).stdout("").stderr(contains(
        "`architecture_constraints.targets[15].permutation`: re-specification of the permutation at level DRAM (temporal)",
    ));
    let input = data("raw/01-mapper-eyeriss_like-layer1_1x1/input.yaml");
    let check = |more: &[&str], message: &str| {
        map(&input, &folder_of, more).code(2).stdout("").stderr(contains(message));
        assert!(!folder_of.exists(), "{message}");
    };
    check(&["--metric", "edpp"], "unknown metric `edpp`");
    check(&["--metric", "edp,accesses-7"], "storage levels are 0, the innermost, to 6");
    check(&["--budget", "10 parsecs"], "`10 parsecs` is not a budget; write a time such as 10s");
    check(&["--threads", "0"], "--threads");
    let text = read(&input);
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        folder(&[("in.yaml", &text.replacen(from, to, 1))])
    };
    let refuse = |from: &str, to: &str, message: &str| {
        let files = changed(from, to);
        map(&files.path().join("in.yaml"), &folder_of, &[]).code(2).stdout("").stderr(contains(message));
        assert!(!folder_of.exists(), "{message}");
    };
    refuse("algorithm: random", "algorithm: randm", "`mapper.algorithm`: `randm` is none of");
    refuse("template: uber", "template: rubi", "`mapspace.template`: `rubi` is none of");
    refuse("target: psum_spad", "target: psum_spud", "(did you mean `psum_spad`?)");
    refuse("timeout: ", "timeout: -", "`mapper.timeout` must be a whole number");
}

/// Of 100 units 7 can work. That is a share of 0.07, as Timeloop divides, for both searches and for `evaluate`; 0.0701 is more.
#[test]
fn the_share_of_units_that_must_work() {
    let input = data("parallelism/in.yaml");
    let files = folder(&[("more.yaml", &read(&input).replace("min: 0.07", "min: 0.0701"))]);
    let more = files.path().join("more.yaml");
    assert!(read(&more) != read(&input));
    let evaluate = |input: &Path, map: &Path| {
        program().arg("evaluate").args([input, map]).arg("-o").arg(files.path().join("evaluated")).assert()
    };
    let searches: [(&[&str], &str); 2] = [
        (&["--search", "exact"], "a parallelism of 0.0701 is required, but at most 7 of 100 compute units can work"),
        (&["--search", "random"], "no valid mapping among"),
    ];
    for (search, none) in searches {
        let out = files.path().join(search[1]);
        map(&input, &out, search).success();
        let record: Value = serde_json::from_str(&read(&out.join("timeloop-mapper.json"))).unwrap();
        assert_eq!(record["arithmetic"]["utilized_instances"], 7, "{search:?}: {}", record["arithmetic"]);
        let found = out.join("timeloop-mapper.map.yaml");
        evaluate(&input, &found).success();
        evaluate(&more, &found)
            .code(2)
            .stderr(contains("at least a share of 0.0701 of the 100 compute units must work, and 7 do"));
        map(&more, &files.path().join("none"), search).code(1).stderr(contains(none));
    }
}

/// A mapping outside of the constraints is refused with what is wanted and found.
#[test]
fn evaluate_refuses_mappings_outside_of_the_constraints() {
    let constraints = "architecture_constraints: [{target: glb, type: temporal, factors: M<=2}]";
    let mapping =
        "mapping: [{target: glb, type: temporal, factors: M4 N4}, {target: DRAM, type: temporal, factors: K4}]";
    let files = folder(&[
        ("system.yaml", SYSTEM),
        ("problem.yaml", PROBLEM),
        ("constraints.yaml", constraints),
        ("mapping.yaml", mapping),
    ]);
    let run = |names: &[&str]| {
        let mut command = program();
        command.arg("evaluate").arg("-o").arg(files.path().join("out"));
        command.args(names.iter().map(|name| files.path().join(name))).assert()
    };
    run(&["system.yaml", "problem.yaml", "constraints.yaml", "mapping.yaml"]).code(2).stdout("").stderr(contains(
        "mapping violates architecture constraints: level glb: the temporal factor of M must be at most 2, and it is 4",
    ));
    assert!(!files.path().join("out").exists());
    run(&["system.yaml", "problem.yaml", "mapping.yaml"]).success();
    // timeloop-model does not look at the mapspace.
    fs::write(files.path().join("constraints.yaml"), constraints.replace("architecture", "mapspace")).unwrap();
    run(&["system.yaml", "problem.yaml", "constraints.yaml", "mapping.yaml"]).success();
}

/// Ctrl-C writes the best so far, whole.
#[test]
#[cfg(unix)]
fn an_interrupted_search_keeps_its_best() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let mapper = "mapper: {algorithm: random, timeout: 1000000000, victory_condition: 0, num_threads: 2}";
    let files = folder(&[("system.yaml", SYSTEM), ("problem.yaml", PROBLEM), ("mapper.yaml", mapper)]);
    let out = files.path().join("out");
    let mut child = program()
        .args(["map", "-v", "--search", "random", "-o"])
        .arg(&out)
        .args(["system.yaml", "problem.yaml", "mapper.yaml"].map(|name| files.path().join(name)))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("best so far: EDP")));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let rest: Vec<String> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("interrupted: this is the best mapping so far")), "{rest:?}");
    assert!(read(&out.join("timeloop-mapper.stats.txt")).contains("Summary Stats"));
}

/// Inputs go from the buffer past an empty scratchpad to a row of compute units with uneven groups of equal tiles, so that the
/// order of the loops of the other data spaces decides how often they are read. The first order takes 45 reads, the best 42.
#[test]
fn loop_orders_count_where_bypassing_words_are_shared_unevenly() {
    let job = "
architecture:
  version: 0.4
  subtree:
  - name: system
    local:
    - {name: DRAM, class: DRAM}
    - {name: glb, class: SRAM, attributes: {entries: 100000}}
    - {name: 'spad[0..8]', class: SRAM, attributes: {entries: 1000, meshX: 9}}
    - {name: 'mac[0..8]', class: intmac, attributes: {meshX: 9}}
ERT: {version: 0.4, tables: [
  {name: DRAM, actions: [{name: read, energy: 1}, {name: write, energy: 1}, {name: update, energy: 1}]},
  {name: glb, actions: [{name: read, energy: 1000}, {name: write, energy: 1}, {name: update, energy: 1}]},
  {name: spad, actions: [{name: read, energy: 0.01}, {name: write, energy: 0.01}, {name: update, energy: 0.01}]},
  {name: mac, actions: [{name: compute, energy: 0.1}]}]}
problem:
  instance: {P: 9, R: 3, M: 2, di: 2}
  shape:
    dimensions: [P, R, M]
    coefficients: [{name: di, default: 1}]
    data_spaces:
    - {name: W, projection: [[[M]], [[R]]]}
    - {name: I, projection: [[[R, di], [P]]]}
    - {name: O, projection: [[[M]], [[P]]], read_write: true}
architecture_constraints:
- {target: spad, type: bypass, bypass: [I, W, O]}
- {target: glb, type: bypass, keep: [I], bypass: [W, O]}
- {target: DRAM, type: temporal, factors: M=1 P=1 R=1}
- {target: spad, type: temporal, factors: M=1 P=1 R=1}
- {target: glb, type: spatial, factors: M=1 P=3 R=3, permutation: RP, split: 9}
";
    let files = folder(&[("job.yaml", job)]);
    let input = files.path().join("job.yaml");
    let energy = |more: &[&str]| {
        let out = files.path().join("out");
        map(&input, &out, more).success();
        let record = json(&out.join("timeloop-mapper.json"));
        assert_eq!(record["search"]["optimality"]["kind"] == "proved", more.is_empty());
        record["energy_pj"].as_f64().unwrap()
    };
    let (exact, random) = (energy(&[]), energy(&["--search", "random", "--budget", "20000mappings"]));
    assert!((exact - random).abs() < 1e-6 * exact, "{exact} {random}");
    assert!((exact - 42_067.4).abs() < 0.1, "{exact}");
}

/// What a search does not look at is no proof, and neither searches nor their explanations go on after their time.
#[test]
fn searches_end_in_time_and_claim_no_proof_of_what_they_skip() {
    let refused = |text: &str, more: &[&str], message: &str| {
        let files = folder(&[("job.yaml", text)]);
        map(&files.path().join("job.yaml"), &files.path().join("out"), more).failure().stderr(contains(message));
    };
    let job = format!("{SYSTEM}{PROBLEM}");
    refused(&format!("{job}mapper: {{num_threads: 1000000000000}}"), &["--search", "random"], "at most 4096");
    let large = job.replace("M: 4, N: 4, K: 4", "M: 2305843009213693951, N: 1, K: 1");
    refused(&large, &["--budget", "1s"], "the number of computes is too large");
    // A mesh of a million units of which not all can work.
    let wide = job.replace(
        "'mac[0..15]', class: mac, attributes: {meshX: 4}",
        "'mac[0..1048575]', class: mac, attributes: {meshX: 1024}",
    );
    let wide = format!("{wide}mapspace_constraints: {{targets: [{{target: glb, type: utilization, min: 1.0}}]}}");
    refused(&wide, &["--budget", "2s"], "at most 64 of 1048576 compute units can work");
    // Fixed factors that do not divide, and no room for them.
    let uneven = "mapspace_constraints: {targets: [{target: glb, type: temporal, factors: K=3},
        {target: glb, type: datatype, keep: [A, B, Z]}]}";
    let uneven = format!("{}{uneven}", job.replace("entries: 64", "entries: 2"));
    refused(&uneven, &[], "no mapping is valid: fixed factors that do not divide the dimension (K=3 of K=4)");
}
