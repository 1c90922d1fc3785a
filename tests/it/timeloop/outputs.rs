//! Folders of the exercises' workflow: what is read from texts is what the model says of the same mapping.

use std::fs;
use std::path::Path;

use onnx2timeloop::mapper::Outcome;
use onnx2timeloop::model::evaluate;
use onnx2timeloop::results::{ComponentKind, LayerOutcome, LayerResult, MappedLayer, NetworkResults, OptimalityResult};
use onnx2timeloop::timeloop::files::map_txt;
use onnx2timeloop::timeloop::files::stats::{self, Notation, StatsOptions};
use onnx2timeloop::timeloop::outputs::{ForeignError, read};
use tempfile::TempDir;

use crate::kit::{Input, RecordedRun, architectures, cases, data, recorded_runs};

/// Copies files of a recorded run into a folder, under the names that the front end gives them.
fn copy(run: &str, to: &Path, files: &[&str]) {
    fs::create_dir_all(to).unwrap();
    for file in files {
        let name = file.replace("input.yaml", "parsed-processed-input.yaml");
        fs::copy(data("raw").join(run).join(file), to.join(name)).unwrap();
    }
}

const EYERISS: &str = "01-mapper-eyeriss_like-layer1_1x1";
const WEIGHTS: &str = "02-mapper-simple_weight_stationary-resnet18";
const NOTHING: &str = "03-mapper-no-valid-mapping";

fn mapped(layer: &LayerResult) -> &MappedLayer {
    match &layer.outcome {
        LayerOutcome::Mapped(mapped) => mapped,
        LayerOutcome::Failed { reason } => panic!("{}: {reason}", layer.name),
    }
}

fn reason(layer: &LayerResult) -> &str {
    match &layer.outcome {
        LayerOutcome::Failed { reason } => reason,
        LayerOutcome::Mapped(_) => panic!("{}", layer.name),
    }
}

/// Two renamed folders of outputs, with everything that may lie in them.
fn workflow() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    let all = ["timeloop-mapper.stats.txt", "timeloop-mapper.map.txt", "timeloop-mapper.map.yaml", "input.yaml"];
    copy(EYERISS, &at("designs/eyeriss_like/outputs_mine/layer2"), &all);
    copy(EYERISS, &at("designs/eyeriss_like/outputs_mine/layer10"), &all[..1]);
    // Nothing found: empty files, with and without the input.
    copy(NOTHING, &at("designs/eyeriss_like/outputs_mine/layer3"), &["input.yaml"]);
    fs::write(at("designs/eyeriss_like/outputs_mine/layer3/timeloop-mapper.stats.txt"), "").unwrap();
    fs::create_dir_all(at("designs/eyeriss_like/outputs_mine/layer4")).unwrap();
    fs::write(at("designs/eyeriss_like/outputs_mine/layer4/timeloop-mapper.stats.txt"), "").unwrap();
    // A run that died.
    copy(NOTHING, &at("designs/eyeriss_like/outputs_mine/layer5"), &["input.yaml"]);
    copy(WEIGHTS, &at("designs/simple_weight_stationary/outputs_mine/layer2"), &all);
    fs::write(at("designs/simple_weight_stationary/arch.yaml"), "architecture: {version: 0.4}").unwrap();
    folder
}

#[test]
fn folders_of_the_exercises_become_networks_and_layers() {
    let folder = workflow();
    let found = read(folder.path()).unwrap();
    assert_eq!(found.warnings, [""; 0]);
    let names: Vec<_> =
        found.networks.iter().map(|run| (run.network.as_str(), run.architecture.as_str(), run.layers.len())).collect();
    assert_eq!(names, [("mine", "eyeriss_like", 5), ("mine", "simple_weight_stationary", 1)]);
    let run = &found.networks[0];
    assert_eq!((run.mapper.as_str(), run.energy_source.as_str()), ("timeloop", "Timeloop's statistics (ERT)"));
    let names: Vec<_> = run.layers.iter().map(|layer| (layer.index, layer.name.as_str())).collect();
    assert_eq!(names, [(0, "layer2"), (1, "layer3"), (2, "layer4"), (3, "layer5"), (4, "layer10")]);
    let [first, empty, unknown, dead, bare] = &run.layers[..] else { panic!() };
    // The last lines of the statistics: 8520192 cycles, 4986.81 uJ, 19.05 %.
    let layer = mapped(first);
    assert_eq!((layer.cycles, first.macs, first.executions), (8_520_192, Some(272_646_144), 1));
    assert!((layer.energy_pj / 4_986.81e6 - 1.0).abs() < 1e-6 && (layer.utilization - 0.1905).abs() < 5e-5);
    assert!((layer.gflops - 63.50).abs() < 0.005 && layer.optimality == OptimalityResult::Unknown);
    assert_eq!(first.bounds[0], ("C".to_owned(), 64));
    assert_eq!(first.coefficients[0], ("Wstride".to_owned(), 1));
    // Areas of the input's table: 217363.37 + 168 x (70.09 + 5816.44 + 123.63 + 191.82) + 15 of the dummies.
    assert!((layer.area_um2.unwrap() - 1_259_311.4).abs() < 1.0, "{:?}", layer.area_um2);
    // Without the input the same, but for what only the input says.
    let plain = mapped(bare);
    assert_eq!((&plain.components, plain.energy_pj), (&layer.components, layer.energy_pj));
    assert_eq!((bare.macs, bare.bounds.len(), plain.mapping.len()), (Some(272_646_144), 0, 0));
    // The levels print their areas, but not the dummies.
    assert!((plain.area_um2.unwrap() - 1_259_296.0).abs() < 1.0, "{:?}", plain.area_um2);
    // What failed has its reason, and no number that nobody knows.
    assert!(reason(empty).contains("are empty: timeloop-mapper found no valid mapping"));
    assert_eq!((empty.macs, unknown.macs, dead.macs), (Some(272_646_144), None, Some(272_646_144)));
    assert_eq!(reason(dead), "timeloop-mapper.stats.txt is missing: the run did not finish");
    assert_eq!((run.totals.failed, &run.totals.sums), (3, &None));
    // The record survives being stored, with what is absent.
    let text = serde_json::to_string(run).unwrap();
    assert_eq!(serde_json::from_str::<NetworkResults>(&text).unwrap(), *run);
    assert!(text.contains("\"macs\":null"), "{text}");
}

fn close(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * b.abs() + 0.02
}

/// A layer that was read against the record of its evaluation.
fn compare(found: &MappedLayer, expected: &MappedLayer, relative: f64, name: &str) {
    assert_eq!(found.cycles, expected.cycles, "{name}");
    assert!(close(found.energy_pj, expected.energy_pj, relative), "{name}");
    assert!(close(found.edp_j_cycle, expected.edp_j_cycle, relative), "{name}");
    assert!(close(found.gflops, expected.gflops, 1e-9) && (found.utilization - expected.utilization).abs() < 5.1e-5);
    assert_eq!(found.mapping, expected.mapping, "{name}");
    // A component without energy is not printed.
    let mut printed: Vec<_> = expected.components.iter().filter(|component| component.energy_pj != 0.0).collect();
    // Networks are printed by name.
    let levels = printed.iter().take_while(|component| component.kind != ComponentKind::Network).count();
    printed[levels..].sort_by_key(|component| component.name.clone());
    assert_eq!(found.components.len(), printed.len(), "{name}");
    let is_hidden = printed.len() < expected.components.len();
    for (found, expected) in found.components.iter().zip(printed) {
        let name = format!("{name} {}", expected.name);
        assert_eq!(
            (&found.name, found.kind, found.word_bits),
            (&expected.name, expected.kind, expected.word_bits),
            "{name}"
        );
        assert_eq!((found.instances, found.cycles), (expected.instances, expected.cycles), "{name}");
        assert_eq!(found.utilized_instances, expected.utilized_instances, "{name}");
        assert!(
            close(found.energy_pj, expected.energy_pj, relative),
            "{name}: {} {}",
            found.energy_pj,
            expected.energy_pj
        );
        assert_eq!(found.bandwidth_words_per_cycle.is_some(), expected.bandwidth_words_per_cycle.is_some(), "{name}");
        assert_eq!(found.data_spaces.len(), expected.data_spaces.len(), "{name}");
        for (found, expected) in found.data_spaces.iter().zip(&expected.data_spaces) {
            let of = |space: &onnx2timeloop::results::DataSpaceResult| {
                (space.name.clone(), space.tile_words, space.reads, space.fills, space.updates)
            };
            assert_eq!(of(found), of(expected), "{name}");
            assert!(close(found.energy_pj, expected.energy_pj, relative), "{name} {}", found.name);
            if !is_hidden {
                assert_eq!(found.multicast, expected.multicast, "{name} {}", found.name);
            }
        }
    }
    let limits = |layer: &MappedLayer| -> Vec<_> {
        layer.limited_by.iter().map(|limit| (limit.level.clone(), limit.bandwidth.clone())).collect()
    };
    assert_eq!(limits(found), limits(expected), "{name}");
    for (found, expected) in found.limited_by.iter().zip(&expected.limited_by) {
        assert!((found.wanted / expected.wanted - 1.0).abs() < 1e-3, "{name}: {found:?} {expected:?}");
    }
}

/// Every recorded run of both tools.
#[test]
fn recorded_outputs_give_the_records_of_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let runs = recorded_runs();
    for RecordedRun { name, program, .. } in &runs {
        let files = [&format!("{program}.stats.txt"), &format!("{program}.map.txt"), "input.yaml"];
        copy(name, &folder.path().join("design/outputs").join(name), &files.map(|file| file as &str));
    }
    let found = read(folder.path()).unwrap();
    assert_eq!(found.warnings, [""; 0]);
    let [network] = &found.networks[..] else { panic!() };
    assert_eq!((network.network.as_str(), network.architecture.as_str()), ("outputs", "design"));
    let mut limited = 0;
    for (layer, run) in network.layers.iter().zip(&runs) {
        assert_eq!(layer.name, run.name);
        let input = run.input();
        let mapping = run.mapping(&input).value;
        let Input { architecture, problem, .. } = input;
        let evaluation = evaluate(&architecture, &problem, &mapping).unwrap();
        let expected = MappedLayer::new(&architecture, &problem, &mapping, &evaluation, &Outcome::default());
        let relative = if run.is_scientific() { 0.005 } else { 1e-7 };
        compare(mapped(layer), &expected, relative, &layer.name);
        assert_eq!(layer.macs, Some(problem.macs()));
        limited += usize::from(!expected.limited_by.is_empty());
    }
    assert_eq!(network.layers.len(), 15);
    assert!(limited > 0);
}

/// Evaluated cases, as we write them: every design, and residuals.
#[test]
fn our_own_outputs_give_the_records_of_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let architectures = architectures();
    let mut expected = Vec::new();
    for (number, case) in ["cases-1.jsonl.gz", "cases-imperfect.jsonl.gz"].into_iter().flat_map(cases).enumerate() {
        if number % 40 != 0 || case.expected["accepted"] != true {
            continue;
        }
        let system = &architectures[&case.arch];
        let evaluation = evaluate(system, &case.problem, &case.mapping).unwrap();
        let at = folder.path().join(format!("outputs_x/my_design/{number}"));
        fs::create_dir_all(&at).unwrap();
        let options = StatsOptions { hide_inconsequential: true, notation: Notation::Fixed };
        fs::write(at.join("timeloop-mapper.stats.txt"), stats::write(system, &case.problem, &evaluation, options))
            .unwrap();
        let nest = map_txt::write(&case.mapping, system, &case.problem, &evaluation);
        fs::write(at.join("timeloop-mapper.map.txt"), nest).unwrap();
        let mut record = MappedLayer::new(system, &case.problem, &case.mapping, &evaluation, &Outcome::default());
        // Meshes of hidden levels are not printed.
        record.mapping.iter_mut().for_each(|level| level.mesh = None);
        expected.push((case.id, record));
    }
    let found = read(folder.path()).unwrap();
    assert_eq!(found.warnings, [""; 0]);
    let [run] = &found.networks[..] else { panic!() };
    assert_eq!((run.network.as_str(), run.architecture.as_str()), ("x", "my_design"));
    assert_eq!(run.layers.len(), expected.len());
    assert!(expected.len() > 45, "{}", expected.len());
    for (layer, (id, expected)) in run.layers.iter().zip(&expected) {
        let mut found = mapped(layer).clone();
        found.mapping.iter_mut().for_each(|level| level.mesh = None);
        compare(&found, expected, 1e-7, id);
    }
}

#[test]
fn bad_folders_are_errors_or_failed_layers_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let error = read(&folder.path().join("nowhere")).unwrap_err();
    assert!(matches!(&error, ForeignError::Read { .. }) && error.to_string().contains("nowhere`: "), "{error}");
    let error = read(folder.path()).unwrap_err().to_string();
    assert!(
        error.starts_with("there are no results of Timeloop in `") && error.contains("\nhint: a layer has a folder"),
        "{error}"
    );
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(read(&file).unwrap_err(), ForeignError::Read { .. }));
    // Garbage in every file: a failed layer and a remark.
    let layer = folder.path().join("outputs/layer");
    fs::create_dir_all(&layer).unwrap();
    for name in [
        "timeloop-mapper.stats.txt",
        "timeloop-mapper.map.txt",
        "parsed-processed-input.yaml",
        "timeloop-mapper.ART.yaml",
    ] {
        fs::write(layer.join(name), [0xff, 0xfe, 0, b'[', b'\n', b'{']).unwrap();
    }
    let found = read(folder.path()).unwrap();
    assert!(reason(&found.networks[0].layers[0]).contains("no line `Summary Stats`"));
    let [warning] = &found.warnings[..] else { panic!("{:?}", found.warnings) };
    assert!(
        warning.contains("parsed-processed-input.yaml: not YAML") && warning.ends_with("the file is left out"),
        "{warning}"
    );
    // Numbers that are none.
    let text =
        "Summary Stats\nUtilization: -nan%\nCycles: 12\nComputes = 2\nfJ/Compute\n    mac = 1.00\n    Total = 1.00\n";
    fs::write(layer.join("timeloop-mapper.stats.txt"), text).unwrap();
    let found = read(folder.path()).unwrap();
    assert_eq!(reason(&found.networks[0].layers[0]), "the statistics have no valid number for utilization");
    // A folder in itself.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path(), layer.join("loop")).unwrap();
        let found = read(folder.path()).unwrap();
        assert!(
            found.warnings.iter().any(|warning| warning.starts_with("left out: File system loop")),
            "{:?}",
            found.warnings
        );
        assert_eq!(found.networks.len(), 1);
    }
}
