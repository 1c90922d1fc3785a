//! Jobs, cache and results of the library.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use onnx2timeloop::mapper::{Job, MapError, Mapper, Outcome, Progress, Status};
use onnx2timeloop::model::{Cost, Footprint};
use onnx2timeloop::results::{self, LayerOutcome, NetworkResults, OptimalityResult};
use onnx2timeloop::run::{
    Cache, Done, NamedArchitecture, NetworkProblems, Plan, Watcher, execute, network_files, network_results,
};
use onnx2timeloop::workload::{Coefficient, Problem};

use super::support::{Outermost, for_all, preset, workload};

/// Counts, listens, and ends the run after so many searches.
#[derive(Default)]
struct Listener {
    finished: AtomicUsize,
    from_cache: AtomicUsize,
    warnings: Mutex<Vec<String>>,
    end_after: Option<usize>,
}

impl Watcher for Listener {
    fn started(&self, _: usize, _: usize) {}

    fn improved(&self, _: usize, _: Cost) {}

    fn advanced(&self, _: usize, _: f64) {}

    fn finished(&self, worker: Option<usize>, _: usize, done: &Done) {
        assert_eq!(worker.is_none(), done.from_cache);
        let count = if done.from_cache { &self.from_cache } else { &self.finished };
        count.fetch_add(1, Ordering::SeqCst);
    }

    fn warning(&self, text: String) {
        self.warnings.lock().unwrap().push(text);
    }

    fn is_cancelled(&self) -> bool {
        self.end_after.is_some_and(|end| self.finished.load(Ordering::SeqCst) >= end)
    }
}

fn networks() -> Vec<NetworkProblems> {
    let shared = [(4, 8, 3, 6), (8, 8, 1, 6), (8, 16, 3, 4)];
    vec![
        workload("one", &[&shared[..], &[(8, 8, 1, 6)]].concat()),
        workload("two", &[&shared[1..], &[(3, 101, 1, 2)]].concat()),
    ]
}

struct Ran {
    results: Vec<NetworkResults>,
    listener: Listener,
    searched: usize,
}

fn run(workloads: &[NetworkProblems], cache: &Cache, workers: usize, end_after: Option<usize>) -> Ran {
    let accelerators = [preset("eyeriss_like"), preset("simple_weight_stationary")];
    let mapper = Outermost::default();
    let mappers = for_all(&mapper, accelerators.len());
    let plan = Plan::new(workloads, &accelerators, &mappers, Footprint::BoundingBox);
    let listener = Listener { end_after, ..Listener::default() };
    let done = execute(&plan, cache, workers, &listener);
    let results = plan.runs.iter().map(|cell| network_results(&plan, cell, &done)).collect();
    Ran { results, listener, searched: mapper.searched.load(Ordering::SeqCst) }
}

fn text(results: &[NetworkResults]) -> String {
    results
        .iter()
        .map(|each| results::to_json(each).unwrap() + &onnx2timeloop::report::totals::layers_csv(each).unwrap())
        .collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { found.extend(entries(&entry)) } else { found.push(entry) }
    }
    found.sort();
    found
}

#[test]
fn equal_problems_are_searched_once() {
    let ran = run(&networks(), &Cache::none(), 2, None);
    // Four different problems on two accelerators, for seven layers each.
    assert_eq!(ran.searched, 4 * 2);
    let [one, ..] = &ran.results[..] else { panic!() };
    assert_eq!((ran.results.len(), one.network.as_str(), one.architecture.as_str()), (4, "one", "eyeriss_like"));
    assert_eq!(one.layers.iter().map(|layer| layer.index).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(one.layers[1].problem, one.layers[3].problem);
    assert_eq!(one.layers[1].outcome, one.layers[3].outcome);
    assert_eq!(one.energy_source, "the shipped table");
    let sum: u64 = one.layers.iter().filter_map(|layer| layer.macs).sum();
    let sums = one.totals.sums.as_ref().unwrap();
    assert_eq!((sums.macs, one.totals.failed), (sum, 0));
    // Everything loops in time: a compute each cycle on one unit, unless a buffer makes it wait.
    assert!(sums.cycles >= sum);
}

#[test]
fn a_layer_without_mapping_is_a_row_with_its_reason() {
    let ran = run(&networks(), &Cache::none(), 1, None);
    let two = &ran.results[2];
    assert_eq!((two.network.as_str(), two.totals.failed), ("two", 1));
    let LayerOutcome::Failed { reason } = &two.layers[2].outcome else { panic!() };
    assert_eq!(reason, "101 output channels are one too many");
    let csv = onnx2timeloop::report::totals::layers_csv(two).unwrap();
    let last = csv.lines().last().unwrap();
    assert!(last.contains(",failed,") && last.ends_with(reason.as_str()), "{last}");
    let columns = |line: &str| line.split(',').count();
    assert!(csv.lines().all(|line| columns(line) == columns(last)), "{csv}");
    insta::assert_snapshot!(onnx2timeloop::report::totals::totals_table(&ran.results, None), @r"
    network   architecture               layers   GFLOPs   utilization   cycles       time   frames/s     energy   EDP (J*cycle)     TOPS/W   DRAM GB/s       area     fJ/MAC               optimal
    ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    one       eyeriss_like                    4     1.97         0.6 %   33 408   33.41 us    2.993e4   5.162 uJ        1.724e-1    0.01273       2.294   1.26 mm²   154500.3   0 of 4, gap 30.00 %
    one       simple_weight_stationary        4     1.97         0.4 %   33 408   33.41 us    2.993e4   9.911 uJ        3.311e-1   0.006629       4.588   0.97 mm²   296651.5   0 of 4, gap 30.00 %
    two       eyeriss_like               2 of 3        -             -        -          -          -          -               -          -           -   1.26 mm²          -   0 of 2, gap 30.00 %
    two       simple_weight_stationary   2 of 3        -             -        -          -          -          -               -          -           -   0.97 mm²          -   0 of 2, gap 30.00 %
    ");
    let narrow = onnx2timeloop::report::totals::totals_table(&ran.results, Some(110));
    assert!(narrow.lines().all(|line| line.chars().count() <= 110) && narrow.contains("EDP"), "{narrow}");
}

#[test]
fn results_are_the_same_for_any_number_of_threads_and_from_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::in_folder(folder.path());
    let plain = run(&networks(), &Cache::none(), 1, None);
    for workers in [2, 5] {
        assert!(text(&run(&networks(), &Cache::none(), workers, None).results) == text(&plain.results));
    }
    let first = run(&networks(), &cache, 3, None);
    let second = run(&networks(), &cache, 2, None);
    assert_eq!((first.searched, second.searched), (8, 0));
    assert_eq!(second.listener.from_cache.load(Ordering::SeqCst), 8);
    assert!(text(&first.results) == text(&plain.results));
    assert!(text(&second.results) == text(&plain.results));
    assert_eq!(entries(folder.path()).len(), 8);
    assert!(second.listener.warnings.into_inner().unwrap().is_empty());
}

#[test]
fn networks_share_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::in_folder(folder.path());
    let [one, two] = &networks()[..] else { panic!() };
    assert_eq!(run(std::slice::from_ref(one), &cache, 1, None).searched, 3 * 2);
    // Of its three problems two are known.
    assert_eq!(run(std::slice::from_ref(two), &cache, 1, None).searched, 2);
}

#[test]
fn cache_keys_name_all_that_changes_a_result() {
    let workloads = [workload("one", &[(4, 8, 3, 6)])];
    let keys = |accelerators: &[NamedArchitecture], mapper: &Outermost, footprint| {
        let mappers = for_all(mapper, accelerators.len());
        let plan = Plan::new(&workloads, accelerators, &mappers, footprint);
        plan.jobs.iter().map(|job| job.key.clone()).collect::<Vec<_>>()
    };
    let plain = Outermost::default();
    let design = preset("eyeriss_like");
    let mut dearer = design.clone();
    let table = "ERT: {tables: [{name: DRAM, actions: [{name: read, energy: 1}, {name: write, energy: 1}]}]}";
    let mut tables = onnx2timeloop::timeloop::files::EnergyTables::default();
    tables.add(&onnx2timeloop::timeloop::files::parse_document(table).unwrap(), "x").unwrap();
    dearer.tables = tables.into();
    let mut renamed = design.clone();
    renamed.name = "another name".into();
    let same = keys(&[design.clone(), renamed], &plain, Footprint::BoundingBox);
    assert_eq!(same.len(), 1, "a name decides nothing");
    let mut all = same;
    all.extend(keys(&[dearer], &plain, Footprint::BoundingBox));
    assert_eq!(all[..1], keys(std::slice::from_ref(&design), &plain, Footprint::Exact), "mappers know hulls only");
    all.extend(keys(&[design], &Outermost { settings: "metric energy".into(), ..plain }, Footprint::BoundingBox));
    all.extend(keys(&[preset("simba_like")], &Outermost::default(), Footprint::BoundingBox));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4);
}

#[test]
fn a_changed_cache_entry_is_computed_anew() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::in_folder(folder.path());
    let workloads = [workload("one", &[(4, 8, 3, 6)])];
    let expected = run(&workloads, &cache, 1, None);
    let files = entries(folder.path());
    let whole = fs::read_to_string(&files[0]).unwrap();
    let half = whole[..whole.len() / 2].to_owned();
    let other = whole.replacen("\"evaluations\": 1", "\"evaluations\": 2", 1);
    assert_ne!(other, whole);
    let misplaced = fs::read_to_string(&files[1]).unwrap();
    for (text, why) in [
        (half, "EOF while parsing"),
        (String::new(), "EOF while parsing"),
        (other, "its content is not what was written"),
        (misplaced, "it is the result of another job"),
        ("[]".to_owned(), "invalid"),
    ] {
        fs::write(&files[0], text).unwrap();
        let again = run(&workloads, &cache, 1, None);
        assert!(again.searched == 1 && text_of(&again) == text_of(&expected), "{why}");
        let warnings = again.listener.warnings.into_inner().unwrap();
        assert!(warnings.len() == 1 && warnings[0].contains(why), "{why}: {warnings:?}");
        assert_eq!(fs::read_to_string(&files[0]).unwrap(), whole);
    }
}

fn text_of(ran: &Ran) -> String {
    text(&ran.results)
}

#[test]
fn a_stopped_run_keeps_what_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::in_folder(folder.path());
    let ended = run(&networks(), &cache, 1, Some(3));
    assert_eq!((ended.searched, entries(folder.path()).len()), (3, 3));
    let failed: usize = ended.results.iter().map(|each| each.totals.failed).sum();
    assert!(failed > 0 && results::to_json(&ended.results[3]).unwrap().contains("interrupted"));
    let resumed = run(&networks(), &cache, 2, None);
    assert_eq!(resumed.searched, 5);
    assert!(text_of(&resumed) == text_of(&run(&networks(), &Cache::none(), 1, None)));
}

#[test]
fn a_cache_that_cannot_be_written_is_one_warning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let ran = run(&networks(), &Cache::in_folder(&file.join("below")), 2, None);
    let mut warnings = ran.listener.warnings.into_inner().unwrap();
    warnings.retain(|warning| warning.starts_with("search results cannot be cached: "));
    assert_eq!((ran.searched, warnings.len()), (8, 1));
}

#[test]
fn results_are_read_as_they_were_written() {
    let ran = run(&networks(), &Cache::none(), 2, None);
    for each in &ran.results {
        let text = results::to_json(each).unwrap();
        assert!(results::from_json(&text).unwrap() == *each);
        let newer = text.replacen("\"schema\": 1", "\"schema\": 7", 1);
        assert!(results::from_json(&newer).unwrap_err().to_string().contains("schema 7"));
    }
    assert!(results::from_json("{}").is_err());
    let csv = onnx2timeloop::report::totals::totals_csv(&ran.results).unwrap();
    assert_eq!(csv.lines().count(), 1 + 4);
    let total = ran.results[0].totals.sums.as_ref().unwrap().energy_pj;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let row = reader.records().next().unwrap().unwrap();
    assert_eq!(row[9].parse::<f64>().unwrap(), total);
}

#[test]
fn files_of_a_layer_are_those_of_timeloop() {
    let accelerators = [preset("eyeriss_like")];
    let mapper = Outermost::default();
    let mappers = for_all(&mapper, accelerators.len());
    let workloads = networks();
    let plan = Plan::new(&workloads, &accelerators, &mappers, Footprint::BoundingBox);
    let done = execute(&plan, &Cache::none(), 1, &Listener::default());
    let folder = tempfile::tempdir().unwrap();
    let cell = &plan.runs[1];
    for (problem, job) in cell.jobs.iter().enumerate() {
        let done = done[*job.as_ref().unwrap()].as_ref().unwrap();
        network_files(&plan, cell, problem, done, folder.path()).unwrap();
    }
    let names: Vec<String> = entries(folder.path())
        .iter()
        .map(|path| path.strip_prefix(folder.path()).unwrap().display().to_string())
        .collect();
    let files = ["map.txt", "map.yaml", "stats.txt"].map(|extension| format!("timeloop-mapper.{extension}"));
    let files = [["count.txt".to_owned()].to_vec(), files.to_vec()].concat();
    let expected: Vec<String> =
        ["001_conv0", "002_conv1"].iter().flat_map(|id| files.iter().map(move |file| format!("{id}/{file}"))).collect();
    assert_eq!(names, expected);
    let stats = fs::read_to_string(folder.path().join("001_conv0/timeloop-mapper.stats.txt")).unwrap();
    assert!(stats.contains("Summary Stats") && stats.contains("Computes = 2304\n"), "{stats}");
}

/// A mapper that panics, returns a broken mapping, or fails, depending on the problem.
#[derive(Clone)]
struct Broken;

impl Mapper for Broken {
    fn name(&self) -> &str {
        "broken"
    }

    fn settings(&self) -> String {
        String::new()
    }

    fn search(&self, job: Job, progress: &dyn Progress) -> Result<Outcome, MapError> {
        match job.problem.bound('M') {
            Some(8) => panic!("a fault"),
            Some(16) => {
                let mut outcome = Outermost::default().search(job, progress)?;
                outcome.best.as_mut().unwrap().mapping.levels.pop();
                Ok(outcome)
            }
            _ => Err(MapError::Failed("no such program".into())),
        }
    }
}

#[test]
fn a_mapper_that_fails_fails_its_layer_only() {
    let workloads = [workload("one", &[(4, 8, 3, 6), (8, 16, 3, 4), (8, 2, 1, 1)])];
    let accelerators = [preset("eyeriss_like")];
    let mappers = for_all(&Broken, 1);
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::new(&workloads, &accelerators, &mappers, Footprint::BoundingBox);
    let done = execute(&plan, &Cache::in_folder(folder.path()), 2, &Listener::default());
    let results = network_results(&plan, &plan.runs[0], &done);
    let reason = |layer: usize| match &results.layers[layer].outcome {
        LayerOutcome::Failed { reason } => reason.as_str(),
        LayerOutcome::Mapped(_) => "",
    };
    assert!(reason(0).contains("please report it"));
    assert_eq!(reason(1), "the model refuses the mapper's best mapping: the mapping has 6 levels, the architecture 7");
    assert_eq!(reason(2), "no such program");
    assert!(entries(folder.path()).is_empty(), "what may go well next time is not kept");
    assert_eq!(plan.folder(&plan.runs[0]), "eyeriss_like@broken");
}

#[test]
fn a_proof_for_boxes_is_not_one_for_exact_footprints() {
    let accelerators = [preset("eyeriss_like")];
    let mapper = Outermost { status: Some(Status::Optimal), ..Outermost::default() };
    let mappers = for_all(&mapper, 1);
    let mut strided = workload("strided", &[(4, 8, 1, 3)]);
    let problem = &mut strided.problems[0].problem;
    let coefficients = problem.coefficients().iter().map(|each| Coefficient { value: 2, ..each.clone() }).collect();
    *problem =
        Problem::new("x".into(), problem.dimensions().to_vec(), coefficients, problem.data_spaces().to_vec()).unwrap();
    let workloads = [workload("dense", &[(4, 8, 3, 4)]), strided];
    let optimality = |footprint| {
        let plan = Plan::new(&workloads, &accelerators, &mappers, footprint);
        let done = execute(&plan, &Cache::none(), 1, &Listener::default());
        done.iter().map(|done| done.as_ref().unwrap().outcome.as_ref().unwrap().mapped.optimality).collect::<Vec<_>>()
    };
    assert_eq!(optimality(Footprint::BoundingBox), [OptimalityResult::Proved; 2]);
    assert_eq!(optimality(Footprint::Exact), [OptimalityResult::Proved, OptimalityResult::Unknown]);
}
