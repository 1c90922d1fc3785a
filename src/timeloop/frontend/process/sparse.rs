//! What a node states of sparse data.

use super::context::Context;
use super::problem::Problem;
use crate::timeloop::frontend::load::{Map, Node};

/// Keys from a node's sparse optimizations to the sets of dimensions that a rank flattens.
const FLATTENED: [&str; 4] = ["representation_format", "data_spaces", "ranks", "flattened_rankIDs"];

/// All dimensions of the problem, in a set of dimensions: a description for layers of any shape cannot name them.
const ALL: &str = "*";

/// The sparse optimizations of a node, with remarks on entries that the published front end refuses and this one passes on.
pub(super) fn read(context: &mut Context<'_>, problem: &Problem, node: Option<&Node>, path: &str) -> Map {
    let mut sparse = context.map(node, path);
    let entries = sparse.get("action_optimization").and_then(Node::as_list).unwrap_or_default();
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.get("options").is_none()) {
        if entry.get("target").is_some() {
            let path = format!("{path}.action_optimization[{index}]");
            context.warn(&path, "Timeloop's own front end refuses an entry without `options`, a list of choices");
        }
    }
    if let Some(formats) = sparse.get_mut(FLATTENED[0]) {
        name_dimensions(formats, &FLATTENED[1..], &problem.dimensions);
    }
    sparse
}

/// Puts all dimensions in the place of [`ALL`], in each set below these keys.
fn name_dimensions(node: &mut Node, keys: &[&str], dimensions: &[String]) {
    match (node, keys) {
        (Node::Map(map), [key, rest @ ..]) => {
            if let Some(value) = map.get_mut(*key) {
                name_dimensions(value, rest, dimensions);
            }
        }
        (Node::List(items), [_, ..]) => {
            for item in items {
                name_dimensions(item, keys, dimensions);
            }
        }
        (Node::List(sets), []) => {
            for set in sets {
                if set.as_list().is_some_and(|names| names.iter().any(|name| name.as_str() == Some(ALL))) {
                    *set = Node::List(dimensions.iter().map(Node::plain).collect());
                }
            }
        }
        _ => {}
    }
}
