//! Loading test data and comparing documents.

use onnx2timeloop::timeloop::frontend::{
    Document, Errors, LoadOptions, ProcessOptions, Processed, load_files, process,
};
use serde_yaml::Value;
use std::path::PathBuf;

use crate::kit;

pub(super) fn data(name: &str) -> PathBuf {
    kit::data("frontend").join(name)
}

pub(super) fn load(names: &[&str]) -> Result<Document, Errors> {
    load_files(&names.iter().map(|name| data(name)).collect::<Vec<_>>(), &LoadOptions::default())
}

pub(super) fn processed(name: &str, options: ProcessOptions) -> Result<Processed, Errors> {
    process(&load(&["inputs/_common.yaml", &format!("inputs/{name}.yaml")])?, options)
}

pub(super) fn recorded(name: &str) -> Value {
    let path = data(&format!("recorded/{name}.yaml"));
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The problem as a user writes it: without what the front end adds.
pub(super) fn problem_of(recorded: &Value) -> Value {
    let mut problem = recorded["problem"].clone();
    problem["instance"].as_mapping_mut().unwrap().remove("densities");
    problem
}

/// Every place where two documents differ, as `path: ours / theirs`.
pub(super) fn difference(ours: &Value, theirs: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(ours, theirs, "", &mut found);
    found
}

fn compare(ours: &Value, theirs: &Value, path: &str, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Mapping(a), Value::Mapping(b)) => {
            let arbitrary = must_iterate(a);
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(key))) {
                let name = key.as_str().unwrap_or("?");
                let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                match (a.get(key), b.get(key)) {
                    (Some(x), Some(y)) if ["required_actions", "keep", "bypass"].contains(&name) => {
                        compare(&sorted(x), &sorted(y), &path, found);
                    }
                    (Some(x), Some(y)) if arbitrary && ["factors", "permutation"].contains(&name) => {
                        compare(&letters(x), &letters(y), &path, found);
                    }
                    (Some(x), Some(y)) => compare(x, y, &path, found),
                    (Some(x), None) => found.push(format!("{path}: {} / absent", short(x))),
                    (None, y) => found.push(format!("{path}: absent / {}", y.map(short).unwrap_or_default())),
                }
            }
        }
        (Value::Sequence(a), Value::Sequence(b)) if a.len() == b.len() => {
            for (index, (x, y)) in a.iter().zip(b).enumerate() {
                compare(x, y, &format!("{path}[{index}]"), found);
            }
        }
        _ if ours == theirs => {}
        _ => found.push(format!("{path}: {} / {}", short(ours), short(theirs))),
    }
}

/// The one constraint of `a4_macros` whose order the published tool takes from a set.
fn must_iterate(constraint: &serde_yaml::Mapping) -> bool {
    constraint.get("target").is_some_and(|target| target == "l1")
        && constraint.get("factors").is_some_and(|factors| factors == "C=1,R=1,S=1")
}

fn sorted(list: &Value) -> Value {
    let mut items = list.as_sequence().cloned().unwrap_or_default();
    items.sort_by_key(short);
    Value::Sequence(items)
}

fn letters(text: &Value) -> Value {
    let mut letters: Vec<char> = text.as_str().unwrap_or_default().chars().collect();
    letters.sort_unstable();
    letters.into_iter().collect::<String>().into()
}

fn short(value: &Value) -> String {
    serde_yaml::to_string(value).unwrap().trim().chars().take(60).collect()
}
