//! What holds for all commands: usage, colours, pipes. Help texts are in `house/wording.rs`.

#[cfg(unix)]
use std::process::Command;
use std::process::Stdio;

use super::place::{ONE_DESIGN, Place, network};
use super::{path, run};
use crate::kit::{Ran, program};

#[test]
fn bad_usage_says_what_next() {
    for (arguments, part) in [
        (vec!["no-such-file.onnx"], "`no-such-file.onnx`: cannot read the file"),
        (vec!["convert", "--format", "xml", "m.onnx"], "possible values: table, json, csv, yaml, problems"),
        (vec!["--dim", "height", "m.onnx"], "it must be NAME=SIZE"),
        (vec!["frob"], "`frob` is neither a command nor a file\nhint: the commands are run, convert,"),
        (vec!["-q", "Run", "m.onnx"], "`Run` is neither a command nor a file; did you mean \"run\"?"),
        (vec!["--threads", "0", "m.onnx"], "--threads"),
        (vec!["--batch", "x", "m.onnx"], "it must be a whole number"),
        (vec!["--budget", "10", "m.onnx"], "`10` has no unit; write 10s or 10m for a time, or 10mappings for a number"),
        (vec!["man", "rum"], "there is no command `rum`; did you mean \"run\"?"),
        (vec!["run", "problem.yaml"], "`problem.yaml` is not an ONNX file\nhint: Timeloop's files are for `map`"),
        (
            vec!["map", "m.onnx"],
            "`m.onnx` is a network, not a file of Timeloop\nhint: `onnx2timeloop run m.onnx` finds",
        ),
        (vec!["evaluate", "m.onnx"], "hint: `onnx2timeloop run m.onnx` finds the best mapping"),
        (vec!["arch", "check", "m.onnx"], "`m.onnx` is a network"),
        (vec!["report", "m.onnx"], "hint: `onnx2timeloop run m.onnx -o DIR` makes such a folder"),
        (vec!["map", "--arch", "eyeriss_like"], "no problem is given\nhint: pass `--problem FILE`"),
        (vec!["convert"], "<PATH>..."),
        (vec!["--nonsense", "m.onnx"], "--nonsense"),
        (vec!["convert", "--jobs", "2", "m.onnx"], "tip: `--jobs` is an option of `run` and `dilation`"),
        (vec!["--moe-balance", "even", "m.onnx"], "possible values: uniform, skewed"),
        (vec!["run", "--var", "A=1", "--var", "A=2", "m.onnx"], "`--var` gives `A` two values: 1 and 2"),
        (vec!["arch", "check", "--var", "A=1", "--var", "A=x", "a.yaml"], "`--var` gives `A` two values: 1 and \"x\""),
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

/// Sixty columns are enough for every line but the ones that show what to type.
#[test]
fn help_fits_a_narrow_terminal() {
    for command in [
        "",
        "run",
        "convert",
        "dilation",
        "report",
        "check",
        "map",
        "evaluate",
        "arch",
        "arch check",
        "arch schema",
        "completions",
        "man",
    ] {
        let mut program = program();
        let help = Ran::of(program.env("COLUMNS", "60").args(command.split_whitespace()).arg("--help"));
        let wide: Vec<&str> = help.stdout.lines().filter(|line| line.chars().count() > 60).collect();
        assert!(help.code == 0 && wide.iter().all(|line| line.starts_with("Usage: ")), "{command}: {wide:?}");
    }
}

/// Every option that is given and ignored says so; the same options where they count say nothing.
#[test]
fn options_without_effect_are_told() {
    let place = Place::new();
    let told = |words: &str| {
        let result = place.run(&format!("{words} --chart-format none {ONE_DESIGN} -o out"));
        let lines = result.stderr.lines().filter(|line| line.contains("has no effect"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told("run two.onnx"), Vec::<String>::new());
    assert_eq!(
        told("run two.onnx --seed 3 --timeloop-bin x --chart-size screen"),
        [
            "warning: `--seed` has no effect: only `--search random` draws mappings",
            "warning: `--timeloop-bin` has no effect: timeloop-mapper runs with `--mapper timeloop` and `--mapper both` only",
            "warning: `--chart-size` has no effect: `--chart-format none` draws no charts",
        ]
    );
    assert_eq!(told("run two.onnx --search random --seed 3 --budget 50mappings"), Vec::<String>::new());
    let report = place.run("report out --chart-metric cycles --chart-format svg").stderr;
    assert!(report.contains("`--chart-metric` has no effect: charts are written with `-o DIR` only"), "{report}");
    assert!(report.contains("`--chart-format` has no effect"), "{report}");
    let convert = place.run("convert two.onnx --timeloop-version 0.3").stderr;
    assert!(convert.contains("`--timeloop-version` has no effect"), "{convert}");
    assert_eq!(place.run("convert two.onnx --timeloop-version 0.3 --format problems").stderr, "");
}

/// However the path is written; a folder beside one of its files, too.
#[test]
fn a_file_that_is_given_twice_is_read_once() {
    let place = Place::new();
    let convert = |words: &str| place.run(&format!("convert {words} --format csv"));
    let twice = convert("two.onnx ./two.onnx");
    assert_eq!((twice.code, twice.stdout), (0, convert("two.onnx").stdout));
    assert!(twice.stderr.contains("warning: `./two.onnx` is given twice; it is read once"), "{}", twice.stderr);
    place.write("zoo/a.onnx", network(4, &[(2, 2, 1)]));
    let beside = convert("zoo/a.onnx zoo");
    assert!(beside.stderr.contains("warning: `zoo/a.onnx` is given twice; it is read once"), "{}", beside.stderr);
    assert_eq!(beside.stdout.lines().count(), 2, "{}", beside.stdout);
    assert_eq!(place.run("convert two.onnx -o out -q").code, 0);
    let map = place
        .run("map --arch eyeriss_like out/two/problems/001_layer0.yaml --problem out/two/problems/001_layer0.yaml");
    assert!(map.stderr.contains("001_layer0.yaml` is given twice; it is read once"), "{}", map.stderr);
    assert_eq!(place.run(&format!("run two.onnx {ONE_DESIGN} --chart-format none -o ran")).code, 0);
    let run = place.run(&format!("run two.onnx {ONE_DESIGN} --arch eyeriss_like --chart-format none -o once"));
    assert!(run.stderr.contains("warning: `eyeriss_like` is given twice; it is used once"), "{}", run.stderr);
    assert!(!place.path("once/two/eyeriss_like_2").exists());
    place.write("own.yaml", place.run("arch show eyeriss_like").stdout);
    let check = place.run("arch check own.yaml ./own.yaml");
    assert!(check.stderr.contains("warning: `./own.yaml` is given twice; it is read once"), "{}", check.stderr);
    let map = place.run("map --arch own.yaml own.yaml out/two/problems/001_layer0.yaml");
    assert!(map.stderr.contains("warning: `own.yaml` is given twice; it is read once"), "{}", map.stderr);
    let report = place.run("report ran ran/");
    assert!(report.stderr.contains("warning: `ran/` is given twice; it is read once"), "{}", report.stderr);
    assert_eq!(report.stdout, place.run("report ran").stdout);
}

/// A message names the path that the user gave, not one that the program made up.
#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_cannot_be_written_is_named_as_the_user_did() {
    let result = run(&["convert", &path("oddconvs2d__ts"), "-o", "/proc/nothing"]);
    assert_eq!(result.code, 2);
    assert!(result.stderr.starts_with("error: cannot write into `/proc/nothing`: "), "{}", result.stderr);
    assert!(!result.stderr.contains(".onnx2timeloop-"), "{}", result.stderr);
}

#[test]
fn completions_and_manual_are_printed() {
    assert!(run(&["completions", "bash"]).stdout.contains("onnx2timeloop"));
    assert!(run(&["man"]).stdout.contains(".TH onnx2timeloop"));
    let page = run(&["man", "run"]).stdout;
    assert!(page.contains(".TH onnx2timeloop") && page.contains(".SH EXAMPLES") && page.contains("TIMELOOP"), "{page}");
}

/// Timeloop's own variables, wherever the library reads them. Those that it refuses stand in inputs, not in the environment.
#[test]
fn the_manual_names_every_variable_that_is_read() {
    let manual = run(&["man"]).stdout.replace('\\', "");
    let mut names = std::collections::BTreeSet::new();
    for file in walkdir::WalkDir::new(crate::kit::path("src")) {
        let file = file.unwrap().into_path();
        if file.extension().is_none_or(|extension| extension != "rs")
            || ["cli/manual/text.rs", "specification/unsupported.rs"].iter().any(|other| file.ends_with(other))
        {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let literals = text.split('"').filter(|part| part.starts_with("TIMELOOP_"));
        names.extend(
            literals
                .filter(|part| part.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
                .map(str::to_owned),
        );
    }
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        assert!(manual.contains(&name), "{name}");
    }
}

/// The script as bash runs it: presets and files where both are taken.
#[test]
#[cfg(unix)]
fn bash_completes_presets_and_files() {
    let place = Place::new();
    place.write("eyeriss_local.yaml", "");
    place.write("complete.bash", run(&["completions", "bash"]).stdout);
    let complete = |words: &str| {
        let script = format!(
            "source ./complete.bash; words=({words}); COMP_WORDS=(\"${{words[@]}}\"); COMP_CWORD=$((${{#words[@]}} - 1)); \
             _onnx2timeloop onnx2timeloop \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\" | sort"
        );
        let output = Command::new("bash").current_dir(place.path("")).args(["-c", &script]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(complete("onnx2timeloop run one.onnx --arch eyeriss_l"), "eyeriss_like eyeriss_local.yaml");
    assert_eq!(complete("onnx2timeloop arch show si"), "simba_like simple_output_stationary simple_weight_stationary");
    assert_eq!(complete("onnx2timeloop run --metric e"), "edp energy");
    assert_eq!(complete("onnx2timeloop man ch"), "check");
    assert_eq!(complete("onnx2timeloop map --ert ey"), "eyeriss_local.yaml");
}
