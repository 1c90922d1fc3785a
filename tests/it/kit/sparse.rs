//! Sparse designs that the real timeloop-model has evaluated or refused, and what this library prints of them.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader};

use flate2::read::GzDecoder;
use onnx2timeloop::model::{Evaluation, SparseDesign, SparseModel, evaluate};
use onnx2timeloop::timeloop::files::stats::{self, StatsOptions};
use onnx2timeloop::timeloop::files::{architecture, map_txt, mapping, parse_document, problem, sparse};
use serde_json::{Map, Value, json};

use super::files::{data, json as read_json};

/// The recorded cases, one JSON object each (their form: tests/data/README.md).
pub(crate) fn sparse_cases() -> Vec<Value> {
    let file = fs::File::open(data("sparse/cases.jsonl.gz")).unwrap();
    BufReader::new(GzDecoder::new(file)).lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

/// The architectures of the cases by their names.
pub(crate) fn sparse_architectures() -> HashMap<String, Value> {
    let list = read_json(&data("sparse/architectures.json"));
    let named = list.as_array().unwrap().iter().map(|each| (each["id"].as_str().unwrap().to_owned(), each.clone()));
    named.collect()
}

/// A name with the range that stands for so many.
fn ranged(value: &Value) -> String {
    format!("{}[1..{}]", value["name"].as_str().unwrap(), value["instances"])
}

/// Attributes of a level, under the names that Timeloop reads.
const ATTRIBUTES: [(&str, &str); 21] = [
    ("word_bits", "word_bits"),
    ("block_size", "block_size"),
    ("cluster_size", "cluster_size"),
    ("mesh_x", "meshX"),
    ("mesh_y", "meshY"),
    ("size_words", "entries"),
    ("multiple_buffering", "multiple_buffering"),
    ("min_utilization", "min_utilization"),
    ("read_bandwidth", "read_bandwidth"),
    ("write_bandwidth", "write_bandwidth"),
    ("shared_bandwidth", "shared_bandwidth"),
    ("metadata_word_bits", "metadata_word_bits"),
    ("metadata_block_size", "metadata_block_size"),
    ("metadata_storage_width", "metadata_storage_width"),
    ("metadata_storage_depth", "metadata_storage_depth"),
    ("decompression_supported", "decompression_supported"),
    ("compression_supported", "compression_supported"),
    ("allow_overbooking", "allow_overbooking"),
    ("network_fill_latency", "network_fill_latency"),
    ("network_drain_latency", "network_drain_latency"),
    ("power_gated_at", "power_gated_at"),
];

fn attributes(level: &Value) -> Value {
    let stated = ATTRIBUTES.iter().filter_map(|(from, to)| {
        let value = level.get(from).filter(|value| !value.is_null())?;
        Some(((*to).to_owned(), value.clone()))
    });
    let mut stated: Map<String, Value> = stated.collect();
    if level["technology"] == "DRAM" && !level["class"].as_str().unwrap().contains("DRAM") {
        stated.insert("technology".to_owned(), "DRAM".into());
    }
    Value::Object(stated)
}

fn table(owner: &Value, actions: &Map<String, Value>) -> Value {
    let actions = actions.iter().map(|(name, energy)| json!({"name": name, "arguments": {}, "energy": energy}));
    json!({"name": format!("system.{}", ranged(owner)), "actions": actions.collect::<Vec<_>>()})
}

/// The input that the real program was given.
pub(crate) fn sparse_input(case: &Value, architecture: &Value) -> Value {
    let (levels, mac) = (architecture["levels"].as_array().unwrap(), &architecture["mac"]);
    let element = |each: &Value, attributes: Value| json!({"name": ranged(each), "class": each["class"], "attributes": attributes});
    let mut local: Vec<Value> = levels.iter().rev().map(|level| element(level, attributes(level))).collect();
    local.push(element(mac, json!({"datawidth": mac["word_bits"], "meshX": mac["mesh_x"], "meshY": mac["mesh_y"]})));
    let mut tables: Vec<Value> =
        levels.iter().filter_map(|level| Some(table(level, level["energy_pj"].as_object()?))).collect();
    let mut computes = Map::from_iter([("compute".to_owned(), mac["energy_pj"].clone())]);
    computes.extend(
        mac.get("energy_pj_sparse")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(k, v)| (k.clone(), v.clone())),
    );
    tables.push(table(mac, &computes));
    let areas = levels
        .iter()
        .chain([mac])
        .map(|each| json!({"name": format!("system.{}", ranged(each)), "area": each["area_um2"]}));
    let problem = &case["problem"];
    let mut instance = problem["bounds"].as_object().unwrap().clone();
    instance.extend(problem["coefficients"].as_object().unwrap().clone());
    for key in ["densities", "commonDensity"] {
        if let Some(value) = problem.get(key) {
            instance.insert(key.to_owned(), value.clone());
        }
    }
    let coefficients =
        problem["coefficients"].as_object().unwrap().keys().map(|name| json!({"name": name, "default": 1}));
    let mut input = json!({
        "architecture": {"version": "0.4", "subtree": [{"name": "system", "local": local}]},
        "problem": {
            "instance": instance,
            "shape": {
                "name": "shape", "dimensions": problem["dimensions"], "data_spaces": problem["data_spaces"],
                "coefficients": coefficients.collect::<Vec<_>>(),
            },
        },
        "mapping": directives(case, levels),
        "ERT": {"version": "0.4", "tables": tables},
        "ART": {"version": "0.4", "tables": areas.collect::<Vec<_>>()},
    });
    if !case["sparse"].is_null() {
        input["sparse_optimizations"] = case["sparse"].clone();
    }
    input
}

/// The loops of a level as factors, and the order in which they are written.
fn loops(case: &Value, stated: &Value, residual: usize) -> (String, String) {
    let letters: Vec<&str> =
        case["problem"]["dimensions"].as_array().unwrap().iter().map(|each| each.as_str().unwrap()).collect();
    let stated: Vec<&Value> = stated.as_array().unwrap().iter().rev().collect();
    let name = |entry: &&Value| entry[0].as_str().unwrap().to_owned();
    let factor = |letter: &&str| match stated.iter().find(|entry| entry[0] == **letter) {
        None => format!("{letter}=1"),
        Some(entry) => match entry.get(residual).filter(|residual| **residual != entry[1]) {
            None => format!("{letter}={}", entry[1]),
            Some(residual) => format!("{letter}={},{residual}", entry[1]),
        },
    };
    let factors: Vec<String> = letters.iter().map(factor).collect();
    let mut order: Vec<String> = stated.iter().map(name).collect();
    let rest: Vec<String> =
        letters.iter().map(|letter| (*letter).to_owned()).filter(|letter| !order.contains(letter)).collect();
    order.extend(rest);
    (factors.join(" "), order.concat())
}

fn directives(case: &Value, levels: &[Value]) -> Value {
    let mut all = Vec::new();
    for (index, stated) in case["mapping"].as_array().unwrap().iter().enumerate() {
        let target = &levels[index]["name"];
        let optional = |key: &str| stated.get(key).cloned().unwrap_or_else(|| json!([]));
        all.push(json!({
            "target": target, "type": "datatype", "keep": stated["keep"], "bypass": optional("bypass"),
            "no_coalesce": optional("no_coalesce"),
        }));
        let spatial = stated["spatial"].as_array().unwrap();
        if !spatial.is_empty() {
            let (factors, order) = loops(case, &stated["spatial"], 3);
            let split = spatial.iter().filter(|entry| entry[2] == "X").count();
            all.push(json!({
                "target": target, "type": "spatial", "factors": factors, "permutation": order, "split": split,
                "no_reuse": optional("spatial_no_reuse"), "no_link_transfer": optional("no_link_transfer"),
            }));
        }
        let (factors, order) = loops(case, &stated["temporal"], 2);
        all.push(json!({
            "target": target, "type": "temporal", "factors": factors, "permutation": order,
            "no_reuse": optional("temporal_no_reuse"), "rmw_first_update": optional("rmw_first_update"),
        }));
    }
    Value::Array(all)
}

/// What is printed of an input that Timeloop reads itself.
pub(crate) struct PrintedDesign {
    pub(crate) evaluation: Evaluation,
    pub(crate) stats: String,
    pub(crate) map: String,
    /// The text of map.yaml.
    pub(crate) mapping: String,
    pub(crate) warnings: Vec<String>,
}

/// Reads and evaluates an input.
pub(crate) fn printed_design(text: &str) -> Result<PrintedDesign, String> {
    let words = |error: &dyn std::error::Error| error.to_string();
    let document = parse_document(text).map_err(|error| words(&error))?;
    let mut warnings = Vec::new();
    let architecture = architecture::read(&document).map_err(|error| words(&error))?.unpack_into(&mut warnings);
    let problem = problem::read(&document).map_err(|error| words(&error))?.unpack_into(&mut warnings);
    let densities = sparse::densities::read(&document, &problem).map_err(|error| words(&error))?;
    let densities = densities.unpack_into(&mut warnings);
    let settings = sparse::read(&document, &architecture, &problem).map_err(|error| words(&error))?;
    let read = mapping::read_with_order(&document, &architecture, &problem).map_err(|error| words(&error))?;
    let (mapping, order) = read.unpack_into(&mut warnings);
    let evaluation = match settings {
        None => evaluate(&architecture, &problem, &mapping),
        Some(settings) => {
            let design = SparseDesign { densities, settings: settings.unpack_into(&mut warnings) };
            SparseModel::new(&architecture, &problem, &design).evaluate(&mapping, &order)
        }
    };
    let evaluation = evaluation.map_err(|error| words(&error))?;
    let stats = stats::write(&architecture, &problem, &evaluation, StatsOptions::default());
    let map = map_txt::write(&mapping, &architecture, &problem, &evaluation);
    let mapping = mapping::write_in_order(&mapping, &order, &architecture, &problem);
    Ok(PrintedDesign { evaluation, stats, map, mapping, warnings: warnings.iter().map(ToString::to_string).collect() })
}
