//! `!Parallel`: decides which branch keeps which data space; the others bypass it.

use super::constraint::Dataspace;
use super::context::Context;
use super::node::{ArchNode, BranchKind, leaves, leaves_mut};
use super::problem::Problem;
use crate::timeloop::frontend::error::ErrorKind;
use crate::timeloop::frontend::load::join;
use std::slice;

/// Adds the bypass lists that follow from every `!Parallel` node.
pub(super) fn resolve(context: &mut Context<'_>, problem: &Problem, nodes: &mut [ArchNode]) {
    serial(context, problem, nodes, &problem.space_names());
}

fn serial(context: &mut Context<'_>, problem: &Problem, nodes: &mut [ArchNode], spaces: &[String]) {
    for node in nodes {
        match node {
            ArchNode::Leaf(_) => {}
            ArchNode::Branch { kind: BranchKind::Serial, nodes, .. } => serial(context, problem, nodes, spaces),
            ArchNode::Branch { kind: BranchKind::Parallel, nodes, path } => {
                parallel(context, problem, nodes, spaces, path);
            }
        }
    }
}

fn parallel(context: &mut Context<'_>, problem: &Problem, nodes: &mut [ArchNode], spaces: &[String], path: &str) {
    let kept: Vec<Vec<String>> = nodes.iter().map(keeps).collect();
    let all = problem.space_names();
    let errors = context.errors.len();
    for space in &all {
        let keepers: Vec<usize> = (0..nodes.len()).filter(|&index| kept[index].contains(space)).collect();
        match keepers.as_slice() {
            [] if spaces.contains(space) => context.error(path, ErrorKind::NotKept(space.clone())),
            [first, second, ..] => {
                let (first, second) = (nodes[*first].label().to_owned(), nodes[*second].label().to_owned());
                context.error(path, ErrorKind::KeptTwice { space: space.clone(), branches: Box::new([first, second]) });
            }
            _ => {}
        }
    }
    if context.errors.len() > errors {
        return;
    }
    for (node, keep) in nodes.iter_mut().zip(&kept) {
        let bypass: Vec<String> = all.iter().filter(|space| !keep.contains(space)).cloned().collect();
        for leaf in leaves_mut(slice::from_mut(node)) {
            let added = Dataspace { bypass: bypass.clone(), ..Dataspace::default() };
            if let Err(cause) = leaf.constraints.dataspace.combine(added) {
                context.error(&join(&leaf.path, "constraints.dataspace"), cause);
            }
        }
        match node {
            ArchNode::Leaf(_) => {}
            branch @ ArchNode::Branch { .. } => serial(context, problem, slice::from_mut(branch), keep),
        }
    }
}

/// The data spaces any leaf below a node keeps.
fn keeps(node: &ArchNode) -> Vec<String> {
    let mut kept = Vec::new();
    for leaf in leaves(slice::from_ref(node)) {
        super::constraint::union(&mut kept, leaf.constraints.dataspace.keep.clone());
    }
    kept
}
