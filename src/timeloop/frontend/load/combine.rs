//! Combining the top-level keys of several documents.

use super::{Document, Map, Node, join};
use crate::timeloop::frontend::error::{ErrorKind, FrontendError, Place};
use std::sync::Arc;

/// Lists that simply grow when several files give them.
const GROWING: [&str; 3] = ["nodes", "targets", "classes"];

/// Top-level keys that may be written with something around them (`compound_components`, `my_constraints`).
const PART_NAMES: [&str; 4] = ["components", "constraints", "mapping", "globals"];

/// The standard name of a top-level key.
fn standard_name(key: &str) -> &str {
    const EXACT: [&str; 7] =
        ["architecture", "mapper", "problem", "sparse_optimizations", "variables", "mapspace", "mapping"];
    if EXACT.contains(&key) || key.contains("ignore") {
        return key;
    }
    PART_NAMES.into_iter().find(|part| key.contains(part)).unwrap_or(key)
}

/// Adds the top-level keys of one document.
pub(super) fn add(document: &mut Document, file: &str, node: Node, errors: &mut Vec<FrontendError>) {
    let map = match node {
        Node::Map(map) => map,
        Node::Null => return,
        other => {
            let kind = ErrorKind::WrongType { expected: "a mapping of top-level keys".into(), found: other.describe() };
            errors.push(FrontendError::new(Place::file(file), kind));
            return;
        }
    };
    for (key, value) in map {
        if key.contains('-') && document.keys.contains_key(&key.replace('-', "_")) {
            let kind = ErrorKind::Invalid(format!("{key:?} and its form with underscores are both given"));
            errors.push(FrontendError::new(Place::new(file, key), kind));
        } else {
            set(document, file, &key, value, errors);
        }
    }
}

/// The document with every top-level key under its standard name.
pub(super) fn standardise(document: &Document, errors: &mut Vec<FrontendError>) -> Document {
    let mut standard =
        Document { warnings: document.warnings.clone(), texts: Arc::clone(&document.texts), ..Document::default() };
    for (key, value) in &document.keys {
        let name = standard_name(key);
        let file = document.origin.get(key).cloned().unwrap_or_default();
        let value = match value {
            // A bare list of constraints means the same as a list under `targets`.
            Node::List(_) if name == "constraints" => Node::Map(Map::from([("targets".to_owned(), value.clone())])),
            other => other.clone(),
        };
        set(&mut standard, &file, name, value, errors);
    }
    standard
}

fn set(document: &mut Document, file: &str, key: &str, value: Node, errors: &mut Vec<FrontendError>) {
    let Some(mine) = document.keys.get_mut(key) else {
        document.keys.insert(key.to_owned(), value);
        document.origin.insert(key.to_owned(), file.to_owned());
        return;
    };
    if key == "architecture" {
        document.warnings.push(format!("{file}: architecture given again; its nodes are appended"));
    }
    if let Err(path) = combine(mine, value, key) {
        let first = document.origin.get(key).cloned().unwrap_or_default();
        errors.push(FrontendError::new(Place::new(file, path), ErrorKind::Respecified { first }));
    }
}

/// Whether a list at this path simply grows when several files give it.
fn grows(path: &str) -> bool {
    match path.rsplit_once('.') {
        Some((_, last)) => GROWING.contains(&last),
        None => ["constraints", "components", "mapping"].contains(&standard_name(path)),
    }
}

/// Combines two values of one key; the error is the path of the first disagreement.
fn combine(mine: &mut Node, theirs: Node, path: &str) -> Result<(), String> {
    if theirs.is_empty() || *mine == theirs {
        return Ok(());
    }
    if mine.is_empty() {
        *mine = theirs;
        return Ok(());
    }
    match (mine, theirs) {
        (Node::Map(mine), Node::Map(theirs)) => {
            for (key, value) in theirs {
                match mine.get_mut(&key) {
                    Some(own) => combine(own, value, &join(path, &key))?,
                    None => {
                        mine.insert(key, value);
                    }
                }
            }
            Ok(())
        }
        (Node::List(mine), Node::List(theirs)) if grows(path) => {
            mine.extend(theirs);
            Ok(())
        }
        _ => Err(path.to_owned()),
    }
}
