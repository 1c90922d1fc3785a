//! The real mapper, driven; and a stand-in that follows its contract, failures included. Where TIMELOOP_MAPPER names a real one,
//! it has to pass what the stand-in passes.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use onnx2timeloop::mapper::{MapError, Mapper, NoProgress, Outcome, Progress, SearchSettings, Status, StopReason};
use onnx2timeloop::mapping::Mapping;
use onnx2timeloop::model::{Cost, evaluate};
use onnx2timeloop::timeloop::files::mapping;
use onnx2timeloop::timeloop::program::{NAME, Program, TimeloopMapper, TimeloopOptions, VARIABLE};
use tempfile::TempDir;

use crate::kit::{Input, data, path};

const EYERISS: &str = "raw/01-mapper-eyeriss_like-layer1_1x1";

/// A stand-in that does one thing, in a folder of its own.
struct StandIn {
    folder: TempDir,
    behaviour: &'static str,
}

impl StandIn {
    /// `recorded` is a folder of a run whose files it shall write and print.
    fn new(behaviour: &'static str, recorded: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().join(behaviour);
        fs::create_dir_all(here.join("recorded")).unwrap();
        for entry in fs::read_dir(data(recorded)).unwrap() {
            let path = entry.unwrap().path();
            // Runs of timeloop-model write the same files.
            let name = path.file_name().unwrap().to_str().unwrap().replace("timeloop-model", NAME);
            fs::copy(&path, here.join("recorded").join(name)).unwrap();
        }
        symlink(path("tests/it/timeloop/standin.sh"), here.join(NAME)).unwrap();
        Self { folder, behaviour }
    }

    fn here(&self) -> PathBuf {
        self.folder.path().join(self.behaviour)
    }

    fn program(&self) -> Program {
        Program::find_with(Some(&self.here()), None, None, &|| false).unwrap()
    }

    fn options(&self, job: &Input) -> TimeloopOptions {
        TimeloopOptions::new(job.settings(), self.folder.path().join("jobs"))
    }

    fn jobs(&self) -> usize {
        fs::read_dir(self.folder.path().join("jobs")).map_or(0, Iterator::count)
    }
}

/// The input of a recorded run.
fn job_in(folder: &str) -> Input {
    Input::open(&data(folder).join("input.yaml"))
}

/// What a search has told.
#[derive(Default)]
struct Told {
    improved: Mutex<Vec<Cost>>,
    shares: Mutex<Vec<f64>>,
    warnings: Mutex<Vec<String>>,
    /// The search is ended when it has found this many.
    enough: Option<usize>,
    asked: AtomicUsize,
}

impl Progress for Told {
    fn improved(&self, _: &Mapping, _: Cost) {
        panic!("the program tells costs only");
    }

    fn reported(&self, cost: Cost) {
        self.improved.lock().unwrap().push(cost);
    }

    fn advanced(&self, share: f64) {
        self.shares.lock().unwrap().push(share);
    }

    fn is_cancelled(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.enough.is_some_and(|enough| self.improved.lock().unwrap().len() >= enough)
    }

    fn warned(&self, message: &str) {
        self.warnings.lock().unwrap().push(message.to_owned());
    }
}

impl Told {
    fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap().clone()
    }
}

fn run(behaviour: &'static str, recorded: &str) -> (Result<Outcome, MapError>, Told, StandIn) {
    let (stand_in, input, told) = (StandIn::new(behaviour, recorded), job_in(EYERISS), Told::default());
    let mapper = TimeloopMapper::new(stand_in.program(), stand_in.options(&input));
    let outcome = mapper.search(input.job(), &told);
    (outcome, told, stand_in)
}

/// A run without result: how it ended, and its text. Its folder is kept, with the input in it.
fn failure(behaviour: &'static str, recorded: &str) -> (Result<Outcome, MapError>, String) {
    let (outcome, _, stand_in) = run(behaviour, recorded);
    let text = match &outcome {
        Ok(outcome) => outcome.reason().unwrap().to_owned(),
        Err(error) => error.to_string(),
    };
    let (text, folder) = text.split_once("\n  its input and its output are in `").unwrap();
    assert!(Path::new(folder.trim_end_matches('`')).join("input.yaml").exists(), "{folder}");
    assert_eq!(stand_in.jobs(), 1);
    (outcome, text.to_owned())
}

/// The real mapper, if there is one.
fn real() -> Option<Program> {
    let path = std::env::var_os(VARIABLE);
    if path.is_none() {
        eprintln!("{VARIABLE} is not set: only the stand-in is tested");
    }
    path.map(|path| Program::find(Some(Path::new(&path)), &|| false).unwrap())
}

/// What must hold of every result.
fn is_sound(outcome: &Outcome, input: &Input) {
    let found = outcome.best.as_ref().unwrap();
    let evaluation = evaluate(&input.architecture, &input.problem, &found.mapping).unwrap();
    assert_eq!(found.cost, Cost { energy_pj: evaluation.energy_pj, cycles: evaluation.cycles });
    assert_eq!(outcome.status, Status::Unknown);
    input.constraints.admits(&found.mapping, &input.architecture, &input.problem).unwrap();
    let parts: Vec<&str> = outcome.effort.mapspace.iter().map(|(part, _)| part.as_str()).collect();
    assert_eq!(parts, ["IndexFactorization", "LoopPermutation", "Spatial", "DatatypeBypass"]);
    assert!(outcome.effort.evaluations >= outcome.effort.valid && outcome.effort.valid > 0, "{:?}", outcome.effort);
}

#[test]
fn a_search_returns_the_mapping_and_the_counts_of_the_program() {
    let (found, told, stand_in) = run("normal", EYERISS);
    let (outcome, input) = (found.unwrap(), job_in(EYERISS));
    is_sound(&outcome, &input);
    // Its one thread ended after so many suboptimal mappings in a row.
    assert_eq!(outcome.stop, StopReason::VictoryCondition);
    let found = outcome.best.unwrap();
    // What the recorded run printed: its cycles, its last count, its one improvement.
    let recorded = fs::read_to_string(data(EYERISS).join("timeloop-mapper.map.yaml")).unwrap();
    assert_eq!(mapping::write(&found.mapping, &input.architecture, &input.problem), recorded);
    assert_eq!((found.cost.cycles, outcome.effort.evaluations, outcome.effort.valid), (8_520_192, 77, 21));
    assert_eq!(outcome.effort.mapspace[0].1, 1_496_880);
    let improved = told.improved.lock().unwrap().clone();
    assert_eq!((improved.len(), improved[0].cycles), (1, 8_520_192));
    assert!((improved[0].energy_pj / found.cost.energy_pj - 1.0).abs() < 1e-4);
    assert_eq!((told.warnings(), told.shares.lock().unwrap().as_slice()), (vec![], [1.0].as_slice()));
    // Nothing is left behind, unless it is asked for.
    assert_eq!(stand_in.jobs(), 0);
    let mapper = TimeloopMapper::new(stand_in.program(), TimeloopOptions { keep: true, ..stand_in.options(&input) });
    mapper.search(input.job(), &NoProgress).unwrap();
    assert_eq!(stand_in.jobs(), 1);
    if let Some(program) = real() {
        let folder = tempfile::tempdir().unwrap();
        let mapper = TimeloopMapper::new(program, TimeloopOptions::new(input.settings(), folder.path()));
        let told = Told::default();
        is_sound(&mapper.search(input.job(), &told).unwrap(), &input);
        assert_eq!(told.warnings(), [""; 0]);
        assert!(!told.improved.lock().unwrap().is_empty());
    }
}

/// A residual is in map.txt alone.
#[test]
fn residuals_are_read_from_map_txt() {
    let recorded = "raw/10-model-imperfect";
    let stand_in = StandIn::new("normal", recorded);
    let input = job_in(recorded);
    let expected = input.own_mapping().value;
    assert!(!expected.is_perfect());
    let mut perfect = expected.clone();
    for level in &mut perfect.levels {
        level.temporal.iter_mut().for_each(|iteration| iteration.residual = iteration.bound);
        level.spatial.iter_mut().for_each(|spatial| spatial.iteration.residual = spatial.iteration.bound);
    }
    let yaml = mapping::write(&perfect, &input.architecture, &input.problem);
    fs::write(stand_in.here().join("recorded/timeloop-mapper.map.yaml"), yaml).unwrap();
    let mapper = TimeloopMapper::new(stand_in.program(), stand_in.options(&input));
    let told = Told::default();
    assert_eq!(mapper.search(input.job(), &told).unwrap().best.unwrap().mapping, expected);
    assert_eq!(told.warnings(), [""; 0]);
}

/// Exit code 0, and empty files.
#[test]
fn empty_files_are_no_valid_mapping() {
    let (outcome, text) = failure("nothing-valid", "raw/03-mapper-no-valid-mapping");
    let outcome = outcome.unwrap();
    assert_eq!((outcome.status, outcome.stop), (Status::Unknown, StopReason::Timeout));
    assert_eq!(
        text,
        "timeloop-mapper found no valid mapping within its search criteria\n  thread 0: 200 invalid mappings (129 fanout, 71 \
         capacity) found since the last valid mapping, terminating search.\nhint: raise `timeout` (invalid mappings in a row) \
         or look at the constraints; the exact mapper says which of them leaves no mapping"
    );
    if let Some(program) = real() {
        let input = job_in("raw/03-mapper-no-valid-mapping");
        let folder = tempfile::tempdir().unwrap();
        let mapper = TimeloopMapper::new(program, TimeloopOptions::new(input.settings(), folder.path()));
        let outcome = mapper.search(input.job(), &NoProgress).unwrap();
        assert!(outcome.best.is_none() && outcome.status == Status::Unknown, "{outcome:?}");
    }
}

#[test]
fn failures_say_what_the_program_said() {
    let message = |behaviour| match failure(behaviour, EYERISS) {
        (Err(MapError::Failed(_)), text) => text,
        (outcome, _) => panic!("{outcome:?}"),
    };
    let aborted = "it aborted, which is how its assertions fail: timeloop-mapper: buffer.cpp:301: Assertion `width % word_bits == 0' failed.";
    assert_eq!(message("aborts"), format!("timeloop-mapper was ended by signal 6: {aborted}"));
    assert_eq!(message("aborts-in-a-shell"), format!("timeloop-mapper failed with exit code 134: {aborted}"));
    assert!(message("unknown-algorithm").contains("exit code 255: it does not know the algorithm"));
    assert_eq!(
        message("no-accelergy"),
        "timeloop-mapper wrote no timeloop-mapper.stats.txt, and ended with exit code 0: Failed to run Accelergy. Did you \
         install Accelergy or specify ACCELERGYPATH correctly?"
    );
    assert!(message("writes-nothing").starts_with("timeloop-mapper wrote no timeloop-mapper.stats.txt"));
    assert!(message("cut-off").starts_with("timeloop-mapper.stats.txt: the statistics have no line `Summary Stats`"));
    let (_, text) = failure("refuses", "raw/04-mapper-respecified-constraint");
    assert!(
        text.starts_with(
            "timeloop-mapper failed with exit code 1: ERROR: re-specification of permutation at level DRAM"
        ),
        "{text}"
    );
}

#[test]
fn output_that_cannot_be_read_is_an_error_of_bounded_length() {
    let (_, text) = failure("garbage", EYERISS);
    assert!(text.starts_with("timeloop-mapper.stats.txt: the statistics have no line"), "{text}");
    assert!(text.len() < 2000, "{}", text.len());
    let (_, text) = failure("garbage-map", EYERISS);
    assert!(
        text.starts_with("timeloop-mapper wrote no readable mapping: timeloop-mapper.map.yaml: not YAML"),
        "{text}"
    );
    assert!(text.contains("timeloop-mapper.map.txt: the loop nest has no line for"), "{text}");
}

/// Numbers that are not ours: ours count, and both are told.
#[test]
fn numbers_that_differ_from_ours_are_warned_about() {
    let (found, told, _) = run("lies", EYERISS);
    assert_eq!(found.unwrap().best.unwrap().cost.cycles, 8_520_192);
    let [warning] = &told.warnings()[..] else { panic!("{:?}", told.warnings()) };
    assert!(
        warning.starts_with("timeloop-mapper states 12345 cycles and 4986.81")
            && warning.contains("our model 8520192 cycles"),
        "{warning}"
    );
}

fn stopped(behaviour: &'static str, told: &Told, limit: Option<Duration>) -> (Result<Outcome, MapError>, Duration) {
    let (stand_in, input) = (StandIn::new(behaviour, EYERISS), job_in(EYERISS));
    let options = TimeloopOptions { time_limit: limit, grace: Duration::from_millis(400), ..stand_in.options(&input) };
    let mapper = TimeloopMapper::new(stand_in.program(), options);
    let started = Instant::now();
    (mapper.search(input.job(), told), started.elapsed())
}

const SHORT: Option<Duration> = Some(Duration::from_millis(700));

/// Told to stop, it writes its best.
#[test]
fn at_the_time_limit_the_best_mapping_is_returned() {
    let told = Told::default();
    let (found, _) = stopped("searches", &told, SHORT);
    assert_eq!(found.unwrap().best.unwrap().cost.cycles, 8_520_192);
    assert_eq!(told.warnings(), ["timeloop-mapper was stopped after 0.7 s; this is its best mapping until then"]);
    if let Some(program) = real() {
        let input = job_in(EYERISS);
        let folder = tempfile::tempdir().unwrap();
        // It would never end.
        let settings = SearchSettings { victory_condition: 0, timeout: 1_000_000, ..input.settings() };
        let options = TimeloopOptions {
            time_limit: Some(Duration::from_secs(3)),
            ..TimeloopOptions::new(settings, folder.path())
        };
        let told = Told::default();
        is_sound(&TimeloopMapper::new(program, options).search(input.job(), &told).unwrap(), &input);
        assert_eq!(told.warnings().len(), 1);
    }
}

/// The user ends it when the first improvement is on the screen.
#[test]
fn a_cancelled_search_returns_its_best_mapping() {
    let told = Told { enough: Some(1), ..Told::default() };
    let (found, took) = stopped("searches", &told, None);
    assert_eq!((found.unwrap().best.unwrap().cost.cycles, told.warnings()), (8_520_192, vec![]));
    assert!(took < Duration::from_secs(20), "{took:?}");
    // Ended before it began, nothing is run.
    let told = Told { enough: Some(0), ..Told::default() };
    let (found, _) = stopped("hangs", &told, None);
    let outcome = found.unwrap();
    assert_eq!((outcome.best, outcome.status, outcome.stop), (None, Status::Unknown, StopReason::Cancelled));
    assert_eq!(told.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn at_the_time_limit_without_a_mapping_the_outcome_says_so() {
    let (found, _) = stopped("searches-in-vain", &Told::default(), SHORT);
    let outcome = found.unwrap();
    let text = outcome.reason().unwrap();
    assert!(
        text.starts_with("timeloop-mapper was ended at its time limit before it had a valid mapping to write\n"),
        "{text}"
    );
}

/// What does not stop is killed, with what it has started.
#[test]
fn a_program_that_does_not_stop_is_killed() {
    let (found, took) = stopped("hangs", &Told::default(), SHORT);
    let outcome = found.unwrap();
    assert_eq!((&outcome.best, &outcome.status, outcome.stop), (&None, &Status::Unknown, StopReason::Time));
    assert!(outcome.reason().unwrap().contains("did not stop when it was told to, and was killed"), "{outcome:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
}

/// A child of the program that keeps its streams open does not keep us.
#[test]
fn a_child_that_keeps_the_streams_open_is_not_waited_for() {
    let (found, took) = stopped("leaves-a-child", &Told::default(), None);
    assert_eq!(found.unwrap().best.unwrap().cost.cycles, 8_520_192);
    assert!(took < Duration::from_secs(20), "{took:?}");
}

/// What cannot be told to the real mapper is not run.
#[test]
fn a_job_that_no_input_can_state_is_not_run() {
    let stand_in = StandIn::new("normal", EYERISS);
    let mut input = job_in(EYERISS);
    input.constraints.levels.pop();
    let mapper = TimeloopMapper::new(stand_in.program(), stand_in.options(&input));
    let error = mapper.search(input.job(), &NoProgress).unwrap_err().to_string();
    assert!(
        error.starts_with("the job cannot be written for timeloop-mapper: the constraints are for 6 levels"),
        "{error}"
    );
    // A factor that is larger than its dimension is read over.
    let mut input = job_in(EYERISS);
    input.constraints.levels[6].temporal.factors[0].exact = Some(1000);
    let error = mapper.search(input.job(), &NoProgress).unwrap_err().to_string();
    assert!(error.contains("its constraints has no form in a file"), "{error}");
    assert_eq!(stand_in.jobs(), 0);
}

#[test]
fn settings_name_all_that_changes_a_result() {
    let (stand_in, input) = (StandIn::new("normal", EYERISS), job_in(EYERISS));
    let of = |change: fn(&mut TimeloopOptions)| {
        let mut options = stand_in.options(&input);
        change(&mut options);
        TimeloopMapper::new(stand_in.program(), options).settings()
    };
    let plain = of(|_| ());
    assert!(plain.contains(stand_in.program().hash()), "{plain}");
    assert_ne!(of(|options| options.settings.victory_condition += 1), plain);
    assert_ne!(of(|options| options.settings.threads += 1), plain);
    assert_ne!(of(|options| options.time_limit = SHORT), plain);
    assert_eq!(of(|options| options.keep = true), plain);
    assert_eq!(of(|options| options.folder = "elsewhere".into()), plain);
}

#[test]
fn the_program_is_found_by_option_variable_and_path() {
    let stand_in = StandIn::new("normal", EYERISS);
    let here = stand_in.here();
    let found = |stated: Option<&Path>, variable: Option<&OsStr>, path: Option<&OsStr>| {
        Program::find_with(stated, variable, path, &|| false).map(|program| program.path().to_owned())
    };
    let file = here.join(NAME);
    let path = std::env::join_paths([Path::new("/nowhere"), &here]).unwrap();
    assert_eq!(found(Some(&file), None, None).unwrap(), file);
    assert_eq!(found(None, Some(here.as_os_str()), None).unwrap(), file);
    assert_eq!(found(None, None, Some(&path)).unwrap(), file);
    assert_eq!(found(Some(Path::new(NAME)), None, Some(&path)).unwrap(), file);
    let error = |stated: Option<&Path>, variable: Option<&str>, path: Option<&OsStr>| {
        found(stated, variable.map(OsStr::new), path).unwrap_err().to_string()
    };
    let nothing = error(None, None, Some(OsStr::new("/nowhere")));
    assert_eq!(
        nothing.lines().next().unwrap(),
        "no place of `timeloop-mapper` is stated, TIMELOOP_MAPPER is not set, and none of the 1 folders on PATH has it"
    );
    assert!(nothing.contains("\nhint: timeloop-mapper is part of Timeloop: build it from https://"));
    // What is stated counts alone.
    let wrong = error(Some(Path::new("/nowhere/timeloop-mapper")), Some(here.to_str().unwrap()), Some(&path));
    assert!(wrong.starts_with("`/nowhere/timeloop-mapper` (from the options): there is no such file"), "{wrong}");
    let wrong = error(None, Some("/"), Some(&path));
    assert!(wrong.starts_with("`/` (from TIMELOOP_MAPPER): the folder holds no `timeloop-mapper`"), "{wrong}");
    let library = StandIn::new("missing-library", EYERISS);
    let wrong = error(Some(&library.here()), None, None);
    assert!(
        wrong.contains("does not run: it ended with exit code 127, which means that it could not be started: "),
        "{wrong}"
    );
    assert!(wrong.contains("error while loading shared libraries"), "{wrong}");
    // A text is no program.
    let text = here.join("recorded/stderr.txt");
    let wrong = error(Some(&text), None, None);
    assert!(wrong.contains("(from the options) does not run: ") && wrong.contains("chmod +x"), "{wrong}");
}

/// What a program leaves running ends with it.
#[cfg(target_os = "linux")]
#[test]
fn children_of_the_program_end_with_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (script, child) = (folder.path().join("mapper"), folder.path().join("child"));
    fs::write(&script, format!("#!/bin/sh\nsleep 60 &\necho $! > '{}'\nexit 1\n", child.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    Program::find_with(Some(&script), None, None, &|| false).unwrap();
    let pid = fs::read_to_string(&child).unwrap();
    let state = || fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let is_gone = || state().is_empty() || state().contains(") Z ");
    let begun = std::time::Instant::now();
    while !is_gone() && begun.elapsed().as_secs() < 5 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(is_gone(), "{}", state());
}
