//! Attaches top-level constraints and sparse optimizations to the nodes they name.

use super::constraint::{Group, Kind};
use super::context::Context;
use super::node::{ArchNode, leaves, leaves_mut};
use super::problem::Problem;
use super::read_constraint::read_kind;
use super::sparse;
use crate::timeloop::frontend::error::ErrorKind;
use crate::timeloop::frontend::load::{Map, Node, join};

/// Combines every entry of `constraints.targets` and `mapping` into its node.
pub(super) fn constraints(context: &mut Context<'_>, problem: &Problem, nodes: &mut [ArchNode]) {
    let document = context.document;
    let map = context.map(document.keys.get("constraints"), "constraints");
    context.check_version(&map, "constraints");
    context.check_keys(&map, &["version", "targets"], "constraints");
    let targets = context.list(map.get("targets"), "constraints.targets");
    attach(context, problem, nodes, targets, "constraints.targets");
    let mapping = context.list(document.keys.get("mapping"), "mapping");
    attach(context, problem, nodes, mapping, "mapping");
}

fn attach(context: &mut Context<'_>, problem: &Problem, nodes: &mut [ArchNode], entries: &[Node], path: &str) {
    for (index, entry) in entries.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let map = context.map(Some(entry), &path);
        let Some(kind) = kind(context, &map, &path) else { continue };
        let mut group = Group::default();
        read_kind(context, problem, kind, Some(entry), &path, &mut group);
        let Some(target) = target(context, &map, &path, nodes) else { continue };
        let leaf = leaves_mut(nodes).into_iter().find(|leaf| leaf.name == target);
        if let Some(Err(cause)) = leaf.map(|leaf| leaf.constraints.combine(group)) {
            context.error(&path, cause);
        }
    }
}

fn kind(context: &mut Context<'_>, map: &Map, path: &str) -> Option<Kind> {
    match map.get("type").and_then(Node::as_str) {
        None => {
            context.missing(path, "type", map);
            None
        }
        Some(text) => {
            let kind = Kind::parse(text);
            if kind.is_none() {
                let known = super::constraint::KINDS.map(|kind| kind.key().to_owned());
                context.unknown(&join(path, "type"), "constraint type", text, &known);
            }
            kind
        }
    }
}

/// The name of an existing node; an error if no node has it.
fn target(context: &mut Context<'_>, map: &Map, path: &str, nodes: &[ArchNode]) -> Option<String> {
    let Some(name) = map.get("target").and_then(Node::as_str) else {
        context.missing(path, "target", map);
        return None;
    };
    let known: Vec<String> = leaves(nodes).into_iter().map(|leaf| leaf.name.clone()).collect();
    if known.iter().any(|known| known == name) {
        return Some(name.to_owned());
    }
    context.error(&join(path, "target"), ErrorKind::Unknown { what: "constraint target", name: name.into(), known });
    None
}

/// Combines every entry of `sparse_optimizations.targets` into its node.
pub(super) fn sparse_optimizations(context: &mut Context<'_>, problem: &Problem, nodes: &mut [ArchNode]) {
    const PATH: &str = "sparse_optimizations";
    let document = context.document;
    let map = context.map(document.keys.get(PATH), PATH);
    context.check_version(&map, PATH);
    for (index, entry) in context.list(map.get("targets"), &join(PATH, "targets")).iter().enumerate() {
        let path = format!("{PATH}.targets[{index}]");
        let mut entry = sparse::read(context, problem, Some(entry), &path);
        let Some(target) = target(context, &entry, &path, nodes) else { continue };
        entry.shift_remove("target");
        for leaf in leaves_mut(nodes).into_iter().filter(|leaf| leaf.name == target) {
            for (key, value) in &entry {
                match leaf.sparse.get(key) {
                    Some(own) if own != value => {
                        let cause = ErrorKind::Contradiction(format!("two different values of {key}"));
                        context.error(&path, cause);
                    }
                    _ => {
                        leaf.sparse.insert(key.clone(), value.clone());
                    }
                }
            }
        }
    }
}
