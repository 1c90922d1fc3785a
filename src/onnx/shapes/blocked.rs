//! True channel counts where channels lie in blocks.
//!
//! onnxruntime saves optimised models whose convolutions work on blocks of 8 or 16 channels, padded with zeros. What the
//! convolution truly has stands where the blocks end, in the attribute `channels` of `ReorderOutput`; from there it holds
//! for every value that is reached through operators which keep the channels.

use std::collections::HashMap;

use super::super::graph::{Domain, Graph, Node, NodeId, ValueId};

/// Domain of the operators on blocked channels.
const DOMAIN: &str = "com.microsoft.nchwc";

/// The true number of channels of every value for which the graph states it.
pub(super) fn channels(graph: &Graph) -> HashMap<ValueId, u64> {
    let mut known = HashMap::new();
    for node in graph.nodes.iter().filter(|node| is_blocked(node, "ReorderOutput")) {
        let stated = node.int("channels").and_then(|channels| u64::try_from(channels).ok());
        let (Some(value), Some(channels)) = (node.input(0), stated) else { continue };
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
    let is_depthwise = is_conv
        && node.int("group").is_some_and(|groups| groups > 1)
        && node.input(1).and_then(|weight| graph[weight].tensor.as_ref()).is_some_and(|w| w.dims.get(1) == Some(&1));
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
