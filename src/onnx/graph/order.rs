//! Executable order: every node after the nodes it reads from.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::{Body, Node, NodeId, Value, ValueId};

/// Sorts the nodes of one body. File order is kept where it is executable; else, of the nodes that can run, the one that
/// stands first in the file runs first.
///
/// # Errors
///
/// The name of a node on a cycle.
pub(super) fn sort(nodes: &[Node], values: &[Value], list: &mut Vec<NodeId>) -> Result<(), String> {
    let place: HashMap<NodeId, usize> = list.iter().enumerate().map(|(index, id)| (*id, index)).collect();
    let mut reads: Vec<Vec<usize>> = Vec::with_capacity(list.len());
    for id in list.iter() {
        let mut needed = Vec::new();
        for_each_read(nodes, &nodes[id.0], &mut |value| {
            let producer = values[value.0].producer.and_then(|producer| place.get(&producer));
            needed.extend(producer.copied());
        });
        needed.sort_unstable();
        needed.dedup();
        reads.push(needed);
    }
    if reads.iter().enumerate().all(|(index, needed)| needed.last().is_none_or(|last| *last < index)) {
        return Ok(());
    }
    let mut waiting: Vec<usize> = reads.iter().map(Vec::len).collect();
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); list.len()];
    for (index, needed) in reads.iter().enumerate() {
        for &producer in needed {
            readers[producer].push(index);
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(index, _)| Reverse(index)).collect();
    let mut sorted = Vec::with_capacity(list.len());
    while let Some(Reverse(index)) = ready.pop() {
        sorted.push(list[index]);
        for &reader in &readers[index] {
            waiting[reader] -= 1;
            if waiting[reader] == 0 {
                ready.push(Reverse(reader));
            }
        }
    }
    if sorted.len() < list.len() {
        let stuck = waiting.iter().position(|count| *count > 0).unwrap_or_default();
        return Err(format!("node `{}` depends on its own output (a cycle)", nodes[list[stuck].0].name));
    }
    *list = sorted;
    Ok(())
}

/// Calls `read` with every value that a node reads, those captured by its bodies included.
fn for_each_read(nodes: &[Node], node: &Node, read: &mut impl FnMut(ValueId)) {
    fn visit(nodes: &[Node], node: &Node, read: &mut dyn FnMut(ValueId)) {
        for value in node.inputs.iter().flatten() {
            read(*value);
        }
        for Body { label: _, inputs: _, outputs, nodes: inner } in &node.bodies {
            for value in outputs {
                read(*value);
            }
            for id in inner {
                visit(nodes, &nodes[id.0], read);
            }
        }
    }
    visit(nodes, node, read);
}
