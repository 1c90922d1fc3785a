//! The parts of the processed form that are mostly defaults: variables, components, mapper, mapspace, globals.

use super::context::{Context, version};
use crate::names::nearest;
use crate::timeloop::frontend::error::ErrorKind;
use crate::timeloop::frontend::expression::Value;
use crate::timeloop::frontend::load::{Map, Node, join};
use indexmap::IndexMap;

/// Evaluates the variables in order and puts them in scope.
pub(super) fn variables(context: &mut Context<'_>) -> Map {
    const PATH: &str = "variables";
    let document = context.document;
    let given = context.map(document.keys.get(PATH), PATH);
    context.check_version(&given, PATH);
    let mut variables = Map::new();
    for (key, value) in &given {
        let errors = context.errors.len();
        let value = if key == "version" { version() } else { context.evaluate(value, &join(PATH, key)) };
        let known = if context.errors.len() > errors { Value::Int(1) } else { Value::from_node(&value) };
        context.scope.set(key.clone(), known);
        variables.insert(key.clone(), value);
    }
    variables.entry("version".into()).or_insert_with(version);
    let all: IndexMap<String, Value> =
        variables.iter().map(|(key, value)| (key.clone(), Value::from_node(value))).collect();
    let mut spec = IndexMap::from([("variables".to_owned(), Value::Map(all.clone()))]);
    if let Some(problem) = document.keys.get("problem") {
        spec.insert("problem".into(), Value::from_node(problem));
    }
    context.scope.set("variables", Value::Map(all));
    context.scope.set("spec", Value::Map(spec));
    variables
}

/// Compound components, which only an energy estimator reads.
pub(super) fn components(context: &mut Context<'_>) -> Map {
    let document = context.document;
    let node = document.keys.get("components");
    let mut map = match node {
        Some(list @ Node::List(_)) => Map::from([("classes".to_owned(), list.clone())]),
        other => context.map(other, "components"),
    };
    context.check_version(&map, "components");
    map.insert("version".into(), version());
    map.entry("classes".into()).or_insert(Node::List(Vec::new()));
    map
}

/// Default settings of the mapper, in the order they are written.
fn mapper_defaults() -> Vec<(&'static str, Node)> {
    let no = Node::Bool(false);
    vec![
        ("out_prefix", Node::plain("timeloop-mapper")),
        ("num_threads", Node::int(8)),
        ("optimization_metric", Node::List(Vec::new())),
        ("search_size", Node::Null),
        ("timeout", Node::int(1000)),
        ("victory_condition", Node::Null),
        ("sync_interval", Node::Null),
        ("log_interval", Node::int(1)),
        ("log_oave_mappings", no.clone()),
        ("log_all_mappings", no.clone()),
        ("log_mappings_yaml", no.clone()),
        ("log_mappings_verbose", no.clone()),
        ("log_stats", no.clone()),
        ("log_suboptimal", no.clone()),
        ("live_status", no.clone()),
        ("diagnostics", no.clone()),
        ("penalize_consecutive_bypass_fails", no.clone()),
        ("emit_whoop_nest", no.clone()),
        ("max_temporal_loops_in_a_mapping", Node::int(-1)),
        ("algorithm", Node::plain("hybrid")),
        ("filter_revisits", no),
        ("max_permutations_per_if_visit", Node::int(16)),
    ]
}

const ALGORITHMS: [&str; 5] = ["random", "exhaustive", "linear_pruned", "hybrid", "random_pruned"];

/// The mapper's settings with defaults.
pub(super) fn mapper(context: &mut Context<'_>) -> Map {
    const PATH: &str = "mapper";
    let document = context.document;
    let given = context.map(document.keys.get(PATH), PATH);
    context.check_version(&given, PATH);
    let defaults = mapper_defaults();
    let mut map = Map::new();
    for (key, value) in given {
        let path = join(PATH, &key);
        let default = defaults.iter().find(|(name, _)| *name == key).map(|(_, default)| default);
        let value = match default {
            None if key == "version" => version(),
            None => {
                let known = defaults.iter().map(|(name, _)| *name).chain(["optimization_metrics"]);
                if key != "optimization_metrics"
                    && let Some(meant) = nearest(&key, known)
                {
                    context.warn(&path, format_args!("unknown key; did you mean {meant:?}?"));
                }
                value
            }
            // Text where a number or a truth value is wanted is an expression.
            Some(Node::Number(_) | Node::Bool(_) | Node::Null) => context.evaluate(&value, &path),
            Some(_) => value,
        };
        map.insert(key, value);
    }
    map.insert("version".into(), version());
    for (key, value) in defaults {
        map.entry(key.into()).or_insert(value);
    }
    match map.get("algorithm").and_then(Node::as_str) {
        Some(algorithm) if ALGORITHMS.contains(&algorithm) => {}
        other => {
            let name = other.unwrap_or_default().to_owned();
            context.unknown("mapper.algorithm", "algorithm", &name, &ALGORITHMS.map(str::to_owned));
        }
    }
    map
}

/// The mapspace with defaults.
pub(super) fn mapspace(context: &mut Context<'_>) -> Map {
    let document = context.document;
    let mut map = context.map(document.keys.get("mapspace"), "mapspace");
    context.check_version(&map, "mapspace");
    map.insert("version".into(), version());
    map.entry("template".into()).or_insert(Node::plain("uber"));
    map
}

/// Environment variables and plug-ins with defaults.
pub(super) fn globals(context: &mut Context<'_>) -> Map {
    let document = context.document;
    let mut map = context.map(document.keys.get("globals"), "globals");
    context.check_version(&map, "globals");
    map.insert("version".into(), version());
    map.entry("environment_variables".into()).or_insert(Node::Map(Map::new()));
    for key in ["expression_custom_functions", "accelergy_plug_ins"] {
        if map.get(key).is_some_and(|list| !list.is_empty()) && key == "expression_custom_functions" {
            context.warn(&join("globals", key), "Python functions cannot be loaded here");
        }
        map.entry(key.into()).or_insert(Node::List(Vec::new()));
    }
    map
}

const FILE_KEYS: [&str; 13] = [
    "architecture",
    "components",
    "constraints",
    "mapping",
    "mapper",
    "problem",
    "sparse_optimizations",
    "variables",
    "mapspace",
    "globals",
    "processors",
    "ERT",
    "ART",
];

/// Warns about top-level keys that have no effect.
pub(super) fn check_top_level(context: &mut Context<'_>) {
    let document = context.document;
    context.check_keys(&document.keys, &FILE_KEYS, "");
    if document.keys.is_empty() {
        context.error("", ErrorKind::Missing("architecture".into()));
    }
}
