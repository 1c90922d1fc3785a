//! True channel counts where channels lie in blocks.
//!
//! onnxruntime saves optimised models whose convolutions work on blocks of 8 or 16 channels, padded with zeros. What the
//! convolution truly has stands where the blocks end, in the attribute `channels` of `ReorderOutput`; from there it holds
//! for every value that is reached through operators which keep the channels. Channels that a Concat joins in blocks have no
//! padding.

use std::collections::HashMap;

use super::super::graph::{Domain, Graph, Node, NodeId, ValueId};

/// Domain of the operators on blocked channels.
const DOMAIN: &str = "com.microsoft.nchwc";

/// The true number of channels of every value for which the graph states it.
pub(super) fn channels(graph: &Graph) -> HashMap<ValueId, u64> {
    let mut known = HashMap::new();
    let stated = graph.nodes.iter().filter(|node| is_blocked(node, "ReorderOutput")).filter_map(|node| {
        let channels = node.int("channels").and_then(|channels| u64::try_from(channels).ok())?;
        Some((node.input(0)?, channels))
    });
    for (value, channels) in stated.chain(joined(graph)) {
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            if known.contains_key(&value) {
                continue;
            }
            known.insert(value, channels);
            let nodes = graph[value].producer.into_iter().chain(graph[value].consumers.iter().copied());
            let linked = nodes.map(|id| same_channels(graph, id)).filter(|linked| linked.contains(&value));
            open.extend(linked.flatten());
        }
    }
    known
}

/// The operands of every Concat over channels that a convolution on blocks makes, with the channels of its weights.
fn joined(graph: &Graph) -> impl Iterator<Item = (ValueId, u64)> {
    let concats = graph.nodes.iter().filter(|node| node.is_onnx("Concat") && node.int("axis") == Some(1));
    concats.flat_map(|node| node.inputs.iter().flatten()).filter_map(|value| {
        let conv = graph[*value].producer.map(|id| &graph[id]).filter(|conv| is_blocked(conv, "Conv"))?;
        let weight = graph[conv.input(1)?].tensor.as_ref()?;
        Some((*value, *weight.dims.first()?))
    })
}

/// What the reader must know where the true channels of convolutions are not stated.
pub(super) fn warning(graph: &Graph, channels: &HashMap<ValueId, u64>) -> Option<String> {
    const LISTED: usize = 5;
    let is_open = |id: &NodeId| {
        let node = &graph[*id];
        is_blocked(node, "Conv")
            && !is_depthwise(graph, node)
            && node.output(0).is_some_and(|output| !channels.contains_key(&output))
    };
    let open: Vec<NodeId> = graph.walk().into_iter().filter(is_open).collect();
    let names: Vec<String> = open.iter().take(LISTED).map(|id| format!("`{}`", graph[*id].name)).collect();
    let more = if open.len() > LISTED { format!(" and {} more", open.len() - LISTED) } else { String::new() };
    (!open.is_empty()).then(|| {
        format!(
            "the file states the channels of these convolutions in whole blocks only, which may be more than the network has; \
             the blocks are counted: {}{more}",
            names.join(", ")
        )
    })
}

/// Whether a convolution on blocks has a group for every channel.
fn is_depthwise(graph: &Graph, node: &Node) -> bool {
    let weight = node.input(1).and_then(|weight| graph[weight].tensor.as_ref());
    node.int("group").is_some_and(|groups| groups > 1) && weight.is_some_and(|weight| weight.dims.get(1) == Some(&1))
}

fn is_blocked(node: &Node, op: &str) -> bool {
    node.op == op && matches!(&node.domain, Domain::Other(domain) if domain == DOMAIN)
}

/// The values of a node that have equally many channels: of operators that keep them, inputs and output.
fn same_channels(graph: &Graph, id: NodeId) -> Vec<ValueId> {
    let node = &graph[id];
    let is_pooling = ["MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool", "Upsample"]
        .iter()
        .any(|op| is_blocked(node, op));
    let is_sum = node.domain == Domain::Onnx && matches!(node.op.as_str(), "Add" | "Sum" | "Relu" | "Sigmoid" | "Tanh");
    let is_conv = is_blocked(node, "Conv");
    let is_depthwise = is_conv && is_depthwise(graph, node);
    let inputs: Vec<ValueId> = match () {
        () if is_sum => node.inputs.iter().flatten().copied().collect(),
        () if is_pooling || is_depthwise => node.input(0).into_iter().collect(),
        () => Vec::new(),
    };
    // A convolution adds its fourth input, if there is one, to its result.
    let added = node.input(3).filter(|_| is_conv);
    let ends: Vec<ValueId> = inputs.into_iter().chain(added).collect();
    if ends.is_empty() { Vec::new() } else { ends.into_iter().chain(node.output(0)).collect() }
}
