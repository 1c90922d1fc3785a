//! What holds for all commands: usage, colours, pipes. Help texts are in `house/wording.rs`.

use std::process::Stdio;

use super::{path, run};
use crate::kit::program;

#[test]
fn bad_usage_says_what_next() {
    for (arguments, part) in [
        (vec!["no-such-file.onnx"], "`no-such-file.onnx`: cannot read the file"),
        (vec!["convert", "--format", "xml", "m.onnx"], "possible values: table, json, csv, yaml, problems"),
        (vec!["--dim", "height", "m.onnx"], "it must be NAME=SIZE"),
        (vec!["--threads", "0", "m.onnx"], "--threads"),
        (vec!["convert"], "<PATH>..."),
        (vec!["--nonsense", "m.onnx"], "--nonsense"),
        (vec!["-", "-"], "standard input can be read only once"),
        (vec!["-q", "-v", "m.onnx"], "cannot be used with"),
    ] {
        let result = run(&arguments);
        assert_eq!((result.code, result.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(result.stderr.contains(part), "{arguments:?}: {}", result.stderr);
    }
}

#[test]
fn colour_follows_its_option() {
    let colored = run(&["--color", "always", "nothing.onnx"]).stderr;
    assert!(colored.contains("\u{1b}["), "{colored}");
    assert!(!run(&["--color", "never", "nothing.onnx"]).stderr.contains('\u{1b}'));
    assert!(!run(&["nothing.onnx"]).stderr.contains('\u{1b}'), "no terminal");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = program()
        .args(["convert", &path("deeplabv3_resnet50_513__ts_rbn")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn completions_and_manual_are_printed() {
    assert!(run(&["completions", "bash"]).stdout.contains("onnx2timeloop"));
    assert!(run(&["man"]).stdout.contains(".TH onnx2timeloop"));
}
