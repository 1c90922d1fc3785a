//! `check` from the command line.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use super::{path, run};
use crate::kit::{Ran, model, program, without_paths};

#[test]
fn an_expectation_is_written_met_and_missed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("expected.yaml");
    let expected = file.to_str().unwrap();
    let model = path("oddconvs2d__ts");
    let missing = run(&["check", &model, "--expect", expected]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("hint: `--update` writes it"), "{}", missing.stderr);
    for nothing in ["", "# later\n", "{}", "network: x\n"] {
        fs::write(&file, nothing).unwrap();
        let empty = run(&["check", &model, "--expect", expected]);
        assert_eq!(empty.code, 2, "{nothing:?}: {}", empty.stderr);
    }
    assert_eq!(run(&["check", &model, "--expect", expected, "--update"]).code, 0);
    let text = fs::read_to_string(&file).unwrap();
    insta::assert_snapshot!("expectation", text);
    let met = run(&["check", &model, "--expect", expected]);
    assert_eq!((met.code, met.stdout.as_str()), (0, ""));

    // A person's edits: fields left out are not compared, wrong ones are.
    let shorter = text.lines().filter(|line| !line.contains("name: b,")).collect::<Vec<_>>().join("\n");
    let edited = shorter
        .replace("stride: [2, 1]", "stride: [1, 1]")
        .replace("name: d,", "name: dd,")
        .replace("macs: 19496064", "macs: 7");
    fs::write(&file, edited).unwrap();
    let missed = run(&["check", &model, "--expect", expected]);
    assert_eq!(missed.code, 1);
    insta::assert_snapshot!("differences", without_paths(&missed.stdout, &[(&file, "[expected]")]));
    fs::write(&file, "layers:\n- {name: a, stride: [2, 1]}\n- {name: b}\n").unwrap();
    assert_eq!(run(&["check", &model, "--expect", expected]).code, 1, "layers that are not listed are not expected");
    fs::write(&file, "layers: []\n").unwrap();
    assert_eq!(run(&["check", &model, "--expect", expected]).code, 1, "none is not any");
    fs::write(&file, "macs: 19496064\n").unwrap();
    assert_eq!(run(&["check", &model, "--expect", expected]).code, 0);
    fs::write(&file, "maccs: 19496064\n").unwrap();
    let misspelt = run(&["check", &model, "--expect", expected]);
    assert_eq!(misspelt.code, 2);
    assert!(misspelt.stderr.contains("maccs"), "{}", misspelt.stderr);
}

#[test]
fn check_reads_standard_input() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("expected.yaml");
    fs::write(&file, "macs: 19496064\n").unwrap();
    let child = program()
        .args(["check", "-", "--expect", file.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(model("oddconvs2d__ts")).unwrap()).unwrap();
    let result = Ran::from(child.wait_with_output().unwrap());
    assert_eq!((result.code, result.stderr.as_str()), (0, "standard input: 7 layers as expected\n"));
}

/// What was written with options is checked, and written again, without them; an option that is given counts all the same.
#[test]
fn sizes_of_inputs_come_from_the_expectation() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("expected.yaml");
    let model = path("deeplabv3_resnet50_224__ts_dynall");
    let check = |more: &[&str]| run(&[&["check", &model, "--expect", file.to_str().unwrap()], more].concat());
    let sizes = ["--batch", "1", "--dim", "height=65", "--dim", "width=65"];
    let unbound = check(&["--update"]);
    assert_eq!(unbound.code, 2, "{}", unbound.stderr);
    assert_eq!(check(&[&sizes[..], &["--update"]].concat()).code, 0);
    let first = fs::read_to_string(&file).unwrap();
    assert!(first.contains(": [1, 3, 65, 65]\n"), "{first}");
    let met = check(&[]);
    assert_eq!((met.code, met.stdout.as_str()), (0, ""), "{}", met.stderr);
    assert_eq!(check(&["--update"]).code, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), first);
    let other = check(&["--dim", "height=33"]);
    assert_eq!(other.code, 1, "{}", other.stderr);
    assert!(other.stdout.contains("found input [1, 3, 33, 65]"), "{}", other.stdout);
}
