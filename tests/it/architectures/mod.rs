//! Machines: what the shipped designs say, the page about descriptions, and the schema of their files.

mod datawidth;
mod page;
mod presets;
mod schema;
mod sparse_presets;

use std::collections::BTreeSet;

use regex::Regex;

use crate::house::{files, read};

/// Lists in the sources that hold the keys of a description.
const LISTS: [&str; 8] = [
    "FILE_KEYS",
    "CONTAINER_KEYS",
    "COMPONENT_KEYS",
    "ATTRIBUTES",
    "ESTIMATOR_ATTRIBUTES",
    "NETWORK_ATTRIBUTES",
    "ITERATION_KEYS",
    "DATASPACE_KEYS",
];
/// Keys that stand in no list.
const SINGLE: [&str; 4] = ["nodes", "version", "targets", "rmw_first_update"];

/// Every key that the code reads: of files, nodes, attributes and constraints.
fn known_keys() -> BTreeSet<String> {
    let typed = read("src/timeloop/frontend/process/attributes.rs");
    let typed = typed.split("fn storage_type").nth(1).and_then(|text| text.split("_ => return None").next()).unwrap();
    let lists = LISTS.iter().flat_map(|name| listed(name));
    lists.chain(quoted(typed)).chain(SINGLE.map(str::to_owned)).collect()
}

/// The texts in a list of the sources, by the name of the constant.
fn listed(name: &str) -> BTreeSet<String> {
    let list = Regex::new(&format!(r"(?s)\bconst {name}: [^=]*=\s*&?\[(.*?)\];")).unwrap();
    let sources: Vec<String> = files(&["src/timeloop"], "rs").iter().map(|file| read(file)).collect();
    let found: Vec<&str> = sources.iter().filter_map(|text| Some(list.captures(text)?.get(1)?.as_str())).collect();
    assert_eq!(found.len(), 1, "lists called {name}");
    quoted(found[0])
}

fn quoted(text: &str) -> BTreeSet<String> {
    let found: BTreeSet<String> =
        Regex::new("\"([^\"]+)\"").unwrap().captures_iter(text).map(|found| found[1].to_owned()).collect();
    assert!(!found.is_empty());
    found
}
