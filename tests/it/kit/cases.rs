//! Mappings that the real timeloop-model has evaluated, and their architectures.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use onnx2timeloop::architecture::{
    ActionEnergies, Architecture, ArithmeticSpec, Bandwidth, LevelSpec, SizeSpec, Technology,
};
use onnx2timeloop::mapping::{Axis, DataSpaceSet, LevelMapping, LevelPolicy, Loop, Mapping, SpatialLoop};
use onnx2timeloop::workload::{Coefficient, DataSpace, Problem, Term};
use serde_json::Value;

use super::files::{data, json};

pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) arch: String,
    pub(crate) problem: Problem,
    pub(crate) mapping: Mapping,
    pub(crate) expected: Value,
}

pub(crate) fn cases(file: &str) -> Vec<Case> {
    let reader = BufReader::new(GzDecoder::new(fs::File::open(data(file)).unwrap()));
    reader.lines().map(|line| case(&serde_json::from_str(&line.unwrap()).unwrap())).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn case(value: &Value) -> Case {
    let problem = problem(&value["problem"]);
    Case {
        id: text(&value["id"]),
        arch: text(&value["arch"]),
        mapping: mapping(&value["mapping"], &problem),
        problem,
        expected: value["expected"].clone(),
    }
}

fn problem(value: &Value) -> Problem {
    let letters: Vec<char> =
        value["dimensions"].as_array().unwrap().iter().map(|letter| text(letter).chars().next().unwrap()).collect();
    let bounds =
        letters.iter().map(|letter| (*letter, value["bounds"][letter.to_string()].as_u64().unwrap())).collect();
    let coefficients: Vec<Coefficient> = value["coefficients"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| Coefficient { name: name.clone(), default: 1, value: value.as_i64().unwrap() })
        .collect();
    let term = |term: &Value| Term {
        dimension: letters.iter().position(|letter| letter.to_string() == term[0].as_str().unwrap()).unwrap(),
        coefficient: term.get(1).map(|name| {
            coefficients.iter().position(|coefficient| coefficient.name == name.as_str().unwrap()).unwrap()
        }),
    };
    let spaces = value["data_spaces"].as_array().unwrap().iter().map(|space| DataSpace {
        name: text(&space["name"]),
        projection: space["projection"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rank| rank.as_array().unwrap().iter().map(term).collect())
            .collect(),
        read_write: space["read_write"].as_bool().unwrap(),
    });
    Problem::new(text(&value["name"]), bounds, coefficients.clone(), spaces.collect()).unwrap()
}

fn mapping(value: &Value, problem: &Problem) -> Mapping {
    let set = |value: Option<&Value>| -> DataSpaceSet {
        let names = value.and_then(Value::as_array).into_iter().flatten();
        names
            .map(|name| problem.data_spaces().iter().position(|space| space.name == name.as_str().unwrap()).unwrap())
            .collect()
    };
    let dimension = |name: &Value| {
        problem.dimensions().iter().position(|(letter, _)| letter.to_string() == name.as_str().unwrap()).unwrap()
    };
    let iteration = |entry: &Value, residual: usize| {
        let bound = entry[1].as_u64().unwrap();
        let residual = entry.get(residual).map_or(bound, |value| value.as_u64().unwrap());
        Loop { dimension: dimension(&entry[0]), bound, residual }
    };
    let level = |value: &Value| LevelMapping {
        temporal: value["temporal"].as_array().unwrap().iter().rev().map(|entry| iteration(entry, 2)).collect(),
        spatial: value["spatial"]
            .as_array()
            .unwrap()
            .iter()
            .rev()
            .map(|entry| SpatialLoop {
                iteration: iteration(entry, 3),
                axis: if entry[2] == "X" { Axis::X } else { Axis::Y },
            })
            .collect(),
        policy: LevelPolicy {
            keep: set(value.get("keep")),
            no_temporal_reuse: set(value.get("temporal_no_reuse")),
            no_multicast: set(value.get("spatial_no_reuse")),
            no_link_transfer: set(value.get("no_link_transfer")),
            rmw_first_update: set(value.get("rmw_first_update")),
            no_coalesce: DataSpaceSet::default(),
        },
    };
    Mapping { levels: value.as_array().unwrap().iter().map(level).collect() }
}

/// By name, read once.
pub(crate) fn architectures() -> &'static HashMap<String, Architecture> {
    static ARCHITECTURES: LazyLock<HashMap<String, Architecture>> = LazyLock::new(|| {
        let list = json(&data("architectures.json"));
        list.as_array().unwrap().iter().map(|each| (text(&each["id"]), architecture(each))).collect()
    });
    &ARCHITECTURES
}

pub(crate) fn architecture(value: &Value) -> Architecture {
    let exercise = value["source"].as_str().unwrap().contains("exercises");
    let levels = value["levels"].as_array().unwrap().iter().map(|level| level_spec(level, exercise)).collect();
    let mac = &value["mac"];
    let units = ArithmeticSpec {
        name: text(&mac["name"]),
        class: text(&mac["class"]),
        instances: mac["instances"].as_u64().unwrap(),
        mesh_x: mac["mesh_x"].as_u64(),
        mesh_y: mac["mesh_y"].as_u64(),
        word_bits: mac["word_bits"].as_u64(),
        actions: Some(ActionEnergies::from([("compute".to_owned(), mac["energy_pj"].as_f64().unwrap())])),
        energy_pj: None,
        area_um2: mac["area_um2"].as_f64(),
        ..ArithmeticSpec::default()
    };
    Architecture::new(levels, units).unwrap()
}

fn level_spec(value: &Value, exercise: bool) -> LevelSpec {
    let actions = value["energy_pj"]
        .as_object()
        .map(|energies| energies.iter().map(|(name, energy)| (name.clone(), energy.as_f64().unwrap())).collect());
    LevelSpec {
        technology: Some(if value["technology"] == "DRAM" { Technology::Dram } else { Technology::Sram }),
        mesh_x: value["mesh_x"].as_u64(),
        mesh_y: value["mesh_y"].as_u64(),
        word_bits: value["word_bits"].as_u64(),
        block_size: value["block_size"].as_u64(),
        cluster_size: value["cluster_size"].as_u64(),
        size: value["size_words"].as_u64().map_or(SizeSpec::Unspecified, SizeSpec::Words),
        multiple_buffering: value["multiple_buffering"].as_f64(),
        min_utilization: value["min_utilization"].as_f64(),
        bandwidth: Bandwidth {
            read: value["read_bandwidth"].as_f64(),
            write: value["write_bandwidth"].as_f64(),
            shared: value["shared_bandwidth"].as_f64(),
        },
        reduction_supported: exercise.then_some(true),
        actions,
        area_um2: value["area_um2"].as_f64(),
        ..LevelSpec::new(text(&value["name"]), text(&value["class"]), value["instances"].as_u64().unwrap())
    }
}
