//! What is refused, and how it is told.

use super::{SETS, place, swept};

#[test]
fn wrong_paths_values_and_conditions_say_what_to_do() {
    let place = place();
    place.write("own.yaml", place.run("arch show eyeriss_like").stdout);
    for (words, expected) in [
        (
            "--set shard_glb.depth=1,2 --arch own.yaml",
            "`shard_glb.depth`: own.yaml:7: the description has neither a component nor a variable `shard_glb`; did you mean \
             \"shared_glb\"?",
        ),
        (
            "--set shared_glb.dept=1,2 --arch own.yaml",
            "`shared_glb.dept`: `shared_glb` (own.yaml:23) has no key `dept`, nor is it an attribute that is known; did you mean \
             \"depth\"?",
        ),
        ("--set shared_glb=1,2", "names the component `shared_glb`"),
        (
            "--set shared_glb.entries=1,2",
            "says that with `depth`; set `shared_glb.depth` instead of `shared_glb.entries`",
        ),
        ("--set PE.meshX=8..4", "`PE.meshX`: the range `8..4` is empty: 8 is above 4"),
        ("--set PE.meshX=1..4*1", "`PE.meshX`: the range `1..4*1` has no end: the factor must be above 1"),
        ("--set shared_glb.depth=big --arch own.yaml", "`big` is no number, and shared_glb.depth is one (own.yaml:26)"),
        ("--set PE.meshX=2,2", "`PE.meshX`: `2` is given twice"),
        ("--set PE.meshX=2 --set PE.meshX=3", "`PE.meshX` is varied twice"),
        ("--set =3", "there is no path before `=`"),
        ("--set PE.meshX", "it must be PATH=VALUES"),
        ("", "nothing is varied\nhint: `--set PATH=VALUES`"),
        (
            "--set PE.meshX=1..1000 --set PE.meshY=1..1000",
            "the sweep has 1000000 designs; if so many are meant, say `--yes`",
        ),
        (
            "--set PE.meshX=1..100000 --set PE.meshY=1..100000 --yes",
            "the sweep has 10000000000 designs, and at most 100000000 are possible",
        ),
        (
            "--set PE.meshX=1..4 --where PE.meshX>4 --where PE.meshX*PE.meshY<0",
            "none of 4 designs satisfies the conditions: `PE.meshX>4` excludes 4, `PE.meshX*PE.meshY<0` excludes 4",
        ),
        ("--set PE.meshX=1..4 --where PF.meshX>4", "the condition `PF.meshX>4`: name \"PF\" is not defined"),
        ("--set PE.meshX=1..4 --where PE.meshX>", "the condition `PE.meshX>`: "),
        ("--set PE.meshX=1,2 --label PE.meshY=rows", "the label of `PE.meshY` belongs to nothing that is varied"),
        ("--set PE.meshX=1,2 --shard 5/4", "shard 5 of 4 does not exist: shards count from 1 to 4"),
        ("--set PE.meshX=1,2 --shard x", "`x` is no shard; write I/N"),
        ("--set PE.meshX=1,2 --shard auto", "`auto` finds no array job"),
        ("--set PE.meshX=1,2 --objective edpa", "unknown objective `edpa` (known: edp, energy, delay, area"),
    ] {
        let mut command = place.command(&format!("sweep net.onnx {words} -o none"));
        command.env_remove("SLURM_ARRAY_TASK_ID").env_remove("JOB_COMPLETION_INDEX");
        let ran = crate::kit::Ran::of(&mut command);
        assert_eq!(ran.code, 2, "{words}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{words}: {}", ran.stderr);
        assert!(!place.path("none").exists(), "{words}");
    }
    let ran = place.run("sweep --set PE.meshX=1,2");
    assert!(
        ran.code == 2 && ran.stderr.contains("no network is given\nhint: `onnx2timeloop sweep MODEL.onnx"),
        "{}",
        ran.stderr
    );
}

#[test]
fn so_many_designs_are_made_if_they_are_meant() {
    let place = place();
    let words = "--set PE.meshX=1..400 --set PE.meshY=1..400 --where PE.meshX==3 --where PE.meshY>398";
    let ran = place.run(&format!("sweep net.onnx {words} -o none"));
    assert!(ran.stderr.contains("the sweep has 160000 designs"), "{}", ran.stderr);
}

/// A design that is not valid is a row with its reason; the others are searched.
#[test]
fn a_design_that_is_not_valid_is_a_row_with_its_reason() {
    let place = place();
    let sets = "--set shared_glb.depth=-4,64 --set shared_glb.datawidth=8,7 --set weights_spad.depth=48,1";
    let sweep = swept(&place, &format!("net.onnx {sets} --exhaustive"), "out");
    let shown = |design: usize| {
        use onnx2timeloop::results::sweep::DesignOutcome::{Failed, Searched};
        match &sweep.designs[design].outcome {
            Searched(_) => "searched".to_owned(),
            Failed { reason } => reason.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert!(shown(0).contains("depth") && shown(0).contains("-4"), "{}", shown(0));
    assert_eq!(shown(4), "searched");
    assert!(sweep.front.iter().any(|front| front.design == 4));
    // All of them: the reason is an error, and the exit code says so.
    let ran = place.run("sweep net.onnx --set shared_glb.depth=-4,-5 --chart-format none -o bad");
    assert!(ran.code == 1 && ran.stderr.contains("error: not valid: shared_glb.depth=-4"), "{}", ran.stderr);
}

/// As `run` says it of one design.
#[test]
fn energies_that_nothing_states_are_told() {
    let place = place();
    let own = place.run("arch show eyeriss_like").stdout.replace("class: smartbuffer_SRAM", "class: my_storage");
    place.write("own.yaml", own);
    let told = |words: &str| {
        let ran = place.run(&format!("{words} net.onnx --arch own.yaml --chart-format none -o out"));
        let is_told = |line: &&str| line.contains("nothing states or estimates the energies of shared_glb");
        ran.stderr.lines().filter(is_told).count()
    };
    assert_eq!((told("sweep --set shared_glb.depth=1024,2048"), told("run")), (1, 1));
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_cannot_be_written_is_told_before_any_work() {
    let ran = place().run(&format!("sweep net.onnx {SETS} -o /proc/nothing"));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("error: cannot write into `/proc/nothing`"), "{}", ran.stderr);
}

#[test]
fn a_sweep_file_is_read_like_flags_and_told_by_its_lines() {
    let place = place();
    let text = "models: [net.onnx]
arch: eyeriss_like
set:
  shared_glb.depth: [1024, 2**14, 2**17]
  PE_column.meshX: [2, 3, 6]
  weights_spad.depth: 48, 1024
where: PE_column.meshX * PE.meshY <= 72
objective: edap
best: 1
labels: {shared_glb.depth: rows of the buffer}
chart_format: none
";
    place.write("sub/sweep.yaml", text.replace("net.onnx", "../net.onnx"));
    let ran = place.run("sweep sub/sweep.yaml -o filed");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let flags = format!("net.onnx {SETS} --objective edap --best 1 --label shared_glb.depth=rows");
    let by_flags = swept(&place, &flags, "flags");
    let by_file = super::results(&place, "filed");
    assert_eq!(by_file.designs, by_flags.designs);
    assert_eq!(by_file.parameters[0].label(), "rows of the buffer");
    assert!(ran.stdout.contains("rows of the buffer"), "{}", ran.stdout);
    // Flags count instead of the file.
    let fewer = swept(&place, "sub/sweep.yaml --set shared_glb.depth=2048 --objective energy", "fewer");
    assert_eq!(
        (fewer.designs.len(), fewer.metric.as_str(), fewer.parameters[0].path.as_str()),
        (6, "energy", "shared_glb.depth")
    );
    place.write("bad.yaml", format!("{text}labls: {{}}\nbest: many\n").replace("best: 1\n", ""));
    let ran = place.run("sweep --file bad.yaml -o bad");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("bad.yaml:11: unknown key `labls`; did you mean \"labels\"?"), "{}", ran.stderr);
    assert!(ran.stderr.contains("bad.yaml:12: best: expected a whole number, found \"many\""), "{}", ran.stderr);
    let ran = place.run("sweep none.yaml");
    assert!(ran.code == 2 && ran.stderr.contains("the sweep file `none.yaml`"), "{}", ran.stderr);
    let ran = place.run("sweep sub/sweep.yaml bad.yaml");
    assert!(ran.stderr.contains("two sweep files are given"), "{}", ran.stderr);
}
