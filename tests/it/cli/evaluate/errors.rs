//! What is wrong with input, and what is left of what failed.

use super::*;

/// Whatever is wrong: the file and the key, exit 2, nothing written.
#[test]
fn bad_input_says_where() {
    let whole = [("arch.yaml", design("64")), ("problem.yaml", PROBLEM.into()), ("mapping.yaml", MAPPING.into())];
    let check = |changed: &str, from: &str, to: &str, message: &str| {
        let texts = whole.clone().map(|(name, text)| {
            let text = if name == changed { text.replacen(from, to, 1) } else { text };
            (name, text)
        });
        let files = folder(&texts.each_ref().map(|(name, text)| (*name, text.as_str())));
        evaluated(&files, &[]).code(2).stdout("").stderr(contains(message));
        assert!(!files.path().join("out").exists(), "{message}");
    };
    check(
        "arch.yaml",
        "depth: 64",
        "depth: rows * 2",
        "arch.yaml:6: architecture.nodes[1].attributes.depth: cannot evaluate `rows * 2`",
    );
    check("arch.yaml", "name: mac", "name: [", "arch.yaml: YAML: ");
    check("arch.yaml", "intmac", "widget", "unknown class \"widget\"");
    check("problem.yaml", "M: 8", "M: 0", "problem.yaml:4: problem.instance.M: a dimension cannot have the bound 0");
    check("problem.yaml", "problem:", "poblem:", "missing required key \"problem\"");
    check("mapping.yaml", "target: glb", "target: gbl", "unknown constraint target \"gbl\"");
    check("mapping.yaml", "K=2", "K=3", "product of all factors of dimension K is 12");
    check("mapping.yaml", "N=8", "N=x", "mapping.yaml:3: mapping[0].factors");
    let raw = data("raw/13-model-unit-problem/input.yaml");
    let out = tempfile::tempdir().unwrap();
    let mut absent = program();
    absent.arg("evaluate").arg(&raw).arg(out.path().join("none.yaml")).arg("-o").arg(out.path().join("out"));
    absent.assert().code(2).stderr(contains("cannot read").and(contains("none.yaml")));
    program().arg("evaluate").assert().code(2).stderr(contains("required"));
    let unknown = program().args(["evaluate", "--arch", "eyeris_like"]).assert().code(2);
    unknown.stderr(contains("did you mean \"eyeriss_like\"?"));
    let mut nothing = program();
    nothing.args(["evaluate", "--arch", "eyeriss_like", "-o"]).arg(out.path().join("out"));
    nothing.assert().code(2).stderr(contains("no problem is given\nhint: pass `--problem FILE`"));
}

/// An error tells its file, and what was noticed before it and may be its cause.
#[test]
fn errors_come_with_earlier_warnings() {
    let check = |design: String, messages: [&str; 2]| {
        let files = folder(&[("arch.yaml", &design), ("problem.yaml", PROBLEM), ("mapping.yaml", MAPPING)]);
        let assert = evaluated(&files, &[]).code(2).stdout("");
        messages.into_iter().fold(assert, |assert, message| assert.stderr(contains(message)));
        assert!(!files.path().join("out").exists());
    };
    check(
        design("64").replace("depth: 64", "dpeth: 64"),
        ["arch.yaml:6: level `glb` has no size", "did you mean `depth`?"],
    );
    check(
        design("64").replace("width: 64, datawidth: 16, r", "width: 65, datawidth: 16, r"),
        ["arch.yaml:6: level `glb`: width 65 is not a multiple", ""],
    );
    check(design("64").replace("nodes:", "nodse:"), ["neither `nodes`", "did you mean `nodes`?"]);
    let files = folder(&[
        ("arch.yaml", &design("64")),
        ("problem.yaml", &PROBLEM.replace("problem:", "problm:")),
        ("mapping.yaml", MAPPING),
    ]);
    evaluated(&files, &[]).code(2).stderr(contains("did you mean \"problem\"?"));
}

/// The files of one result are replaced together or not at all; nothing is left where Accelergy is missing.
#[test]
fn a_failed_evaluation_leaves_no_files() {
    let files = folder(&[("arch.yaml", &design("64")), ("problem.yaml", PROBLEM), ("mapping.yaml", MAPPING)]);
    let out = files.path().join("out");
    fs::create_dir_all(out.join("timeloop-model.json")).unwrap();
    fs::write(out.join("timeloop-model.stats.txt"), "earlier").unwrap();
    evaluated(&files, &[]).code(2).stderr(contains("timeloop-model.json"));
    assert_eq!(read(&out.join("timeloop-model.stats.txt")), "earlier");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 2);
    let files = folder(&[("arch.yaml", &design("64")), ("problem.yaml", PROBLEM), ("mapping.yaml", MAPPING)]);
    let mut command = program();
    command.env("PATH", "").args(["evaluate", "--energy", "accelergy", "-o"]).arg(files.path().join("out"));
    command.args(["arch.yaml", "problem.yaml", "mapping.yaml"].map(|name| files.path().join(name)));
    command.assert().code(2).stderr(contains("there is no program `accelergy`"));
    assert!(!files.path().join("out").exists());
}

/// What would make costs meaningless, or the reader slow.
#[test]
fn energies_and_nesting_beyond_their_limits_are_refused() {
    let refused = |table: &str, message: &str| {
        let files = folder(&[
            ("arch.yaml", &design("64")),
            ("problem.yaml", PROBLEM),
            ("mapping.yaml", MAPPING),
            ("ert.yaml", table),
        ]);
        let ert = files.path().join("ert.yaml");
        evaluated(&files, &["--ert", ert.to_str().unwrap()]).code(2).stderr(contains(message));
    };
    refused("ERT: {tables: [{name: glb, actions: [{name: read, energy: -3}]}]}", "the energy of `read` is -3 pJ");
    refused(&"{a: ".repeat(60_000), "brackets are nested more than 1000 deep");
}
