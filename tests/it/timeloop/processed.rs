//! Inputs of the real mapper: what is written is what was read.

use std::path::PathBuf;

use onnx2timeloop::architecture::presets::{PRESETS, Preset};
use onnx2timeloop::mapper::{Algorithm, SearchSettings};
use onnx2timeloop::timeloop::files::processed::{Processed, write};
use onnx2timeloop::timeloop::files::specification::{Purpose, Specification, SpecificationOptions};
use onnx2timeloop::timeloop::files::{
    EnergyTables, architecture, constraints, mapper_settings, parse_document, problem,
};
use onnx2timeloop::timeloop::frontend::Source;
use serde_yaml::Value;

use crate::kit::{Input, RecordedJob, data, names, read, recorded_jobs};

/// Writes what a document says, and reads it again.
fn written_and_read(document: &Value, tables: &EnergyTables, name: &str) -> String {
    let system = architecture::read_with(document, tables).unwrap().value;
    let problem = problem::read(document).unwrap().value;
    let read = constraints::read(document, &system, &problem, constraints::Scope::All).unwrap();
    let levels = system.levels().len();
    let settings = mapper_settings::read(document, levels).unwrap().settings;
    let stated =
        Processed { architecture: &system, problem: &problem, constraints: &read.constraints, settings: &settings };
    let text = write(stated).unwrap_or_else(|error| panic!("{name}: {error}"));
    let again = Input::parse(&text);
    assert!(again.warnings.is_empty(), "{name}: {:?}", again.warnings);
    assert_eq!(again.architecture, system, "{name}");
    assert_eq!(again.problem, problem, "{name}");
    assert_eq!(again.constraints, read.constraints, "{name}");
    let settings_again = mapper_settings::read(&again.document, levels).unwrap();
    assert!(settings_again.warnings.is_empty(), "{name}: {:?}", settings_again.warnings);
    assert_eq!(settings_again.settings, settings, "{name}");
    // What we write Timeloop's programs' way, the specification of files takes for the same.
    let files = [Source::Text { name: name.into(), text: text.clone() }];
    let specification = Specification::load(&files, &SpecificationOptions::default()).unwrap();
    assert_eq!(specification.warnings, [""; 0], "{name}");
    assert!(!specification.from_user_form, "{name}");
    text
}

fn inputs() -> Vec<PathBuf> {
    let raw = names(&data("raw"));
    let raw = raw.iter().map(|name| data("raw").join(name).join("input.yaml")).filter(|file| file.exists());
    recorded_jobs().iter().map(RecordedJob::file).chain(raw).collect()
}

/// The inputs that Timeloop's programs were run with.
#[test]
fn recorded_inputs_are_written_and_read_back() {
    let mut count = 0;
    let mut eyeriss = String::new();
    for path in inputs() {
        let name = path.display().to_string();
        // Sparse designs, and the one whose constraint is stated twice, are refused already when they are read.
        if ["04-mapper", "18-model"].iter().any(|refused| name.contains(refused)) {
            continue;
        }
        let input = parse_document(&read(&path)).unwrap();
        let mut tables = EnergyTables::default();
        tables.add(&input, "the input").unwrap();
        let text = written_and_read(&input, &tables, &name);
        if name.contains("raw/01-mapper") {
            eyeriss = text;
        }
        count += 1;
    }
    assert_eq!(count, 45 + 16);
    insta::assert_snapshot!("input_of_the_real_mapper", eyeriss);
}

/// What the recorded runs were told: their logs speak of 20 suboptimal mappings, one thread, a random search.
#[test]
fn search_settings_of_recorded_inputs_are_read() {
    let settings = Input::open(&data("raw/01-mapper-eyeriss_like-layer1_1x1/input.yaml")).settings();
    let expected = SearchSettings { victory_condition: 20, ..SearchSettings::of_exercises(1) };
    assert_eq!(settings, expected);
    let settings = RecordedJob::named("eyeriss_like-shipped-stem_7x7_s2_3_64").input().settings();
    assert_eq!((settings.algorithm, settings.threads, settings.victory_condition), (Algorithm::Random, 2, 100));
}

fn of_preset(preset: Preset) -> String {
    let problem = "problem: {version: 0.4, instance: {C: 64, M: 128, R: 3, S: 3, N: 1, P: 65, Q: 65, Wdilation: 2, Hdilation: 2},
        shape: {name: conv, dimensions: [C, M, R, S, N, P, Q], coefficients: [{name: Wdilation}, {name: Hdilation}], data_spaces: [
        {name: Weights, projection: [[[C]], [[M]], [[R]], [[S]]]},
        {name: Inputs, projection: [[[N]], [[C]], [[R, Wdilation], [P]], [[S, Hdilation], [Q]]]},
        {name: Outputs, projection: [[[N]], [[M]], [[Q]], [[P]]], read_write: true}]}}";
    let files = [("design", preset.text), ("problem", problem)];
    let files = files.map(|(name, text)| Source::Text { name: name.into(), text: text.into() });
    let options = SpecificationOptions { purpose: Purpose::Mapper, ..SpecificationOptions::default() };
    let specification = Specification::load(&files, &options).unwrap();
    let mut tables = EnergyTables::default();
    tables.add(&parse_document(preset.energy).unwrap(), preset.name).unwrap();
    written_and_read(specification.document(), &tables, preset.name)
}

#[test]
fn presets_are_written_and_read_back() {
    let texts: Vec<String> = PRESETS.into_iter().map(of_preset).collect();
    let fan_outs = texts.iter().map(|text| text.matches("class: dummy_storage").count());
    assert_eq!(fan_outs.collect::<Vec<_>>(), [2, 1, 1, 3, 3, 2, 2, 2, 4, 2, 5]);
    // Every design constrains some loops over instances.
    assert!(texts.iter().all(|text| text.contains("type: spatial, ")));
}
