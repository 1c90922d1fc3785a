//! Builds a graph node by node, in executable order.

use std::ops::Range;

use super::{GraphNode, NetworkGraph, Operands, Producer, Tensor};

/// A node that is added to a graph.
#[derive(Clone, Debug)]
pub(crate) struct NewNode {
    /// See [`GraphNode::name`].
    pub(crate) name: String,
    /// See [`GraphNode::op`].
    pub(crate) op: String,
    /// See [`GraphNode::executions`].
    pub(crate) executions: u64,
    /// Tensors that it reads; repeated ones count once.
    pub(crate) inputs: Vec<usize>,
    /// See [`GraphNode::layers`].
    pub(crate) layers: Range<usize>,
    /// Whether it stays although nothing reads its results. Layers always stay.
    pub(crate) is_kept: bool,
}

/// Builds a [`NetworkGraph`]: inputs of the network first, then every node after those that it reads from, its outputs right
/// behind it.
#[derive(Debug, Default)]
pub(crate) struct GraphBuilder {
    graph: NetworkGraph,
    kept: Vec<bool>,
}

impl GraphBuilder {
    /// Adds an input of the network; returns its tensor.
    pub(crate) fn input(&mut self, name: String, shape: Option<Vec<u64>>, bits: Option<u32>) -> usize {
        let tensor = self.tensor(name, shape, bits, None);
        self.graph.inputs.push(tensor);
        tensor
    }

    /// Adds a node; returns its index.
    pub(crate) fn node(&mut self, new: NewNode) -> usize {
        let index = self.graph.nodes.len();
        let mut inputs = Vec::with_capacity(new.inputs.len());
        for tensor in new.inputs {
            let consumers = &mut self.graph.tensors[tensor].consumers;
            if consumers.last() != Some(&index) {
                consumers.push(index);
                inputs.push(tensor);
            }
        }
        self.kept.push(new.is_kept || !new.layers.is_empty());
        self.graph.nodes.push(GraphNode {
            name: new.name,
            op: new.op,
            executions: new.executions,
            inputs,
            outputs: Vec::new(),
            layers: new.layers,
            operands: None,
        });
        index
    }

    /// Adds the next output of a node; returns its tensor.
    pub(crate) fn output(&mut self, node: usize, name: String, shape: Option<Vec<u64>>, bits: Option<u32>) -> usize {
        let output = self.graph.nodes[node].outputs.len();
        let tensor = self.tensor(name, shape, bits, Some(Producer { node, output }));
        self.graph.nodes[node].outputs.push(tensor);
        tensor
    }

    /// Says which tensors the operands of a layer's node are.
    pub(crate) fn operands(&mut self, node: usize, operands: Operands) {
        self.graph.nodes[node].operands = Some(operands);
    }

    fn tensor(
        &mut self,
        name: String,
        shape: Option<Vec<u64>>,
        bits: Option<u32>,
        producer: Option<Producer>,
    ) -> usize {
        self.graph.tensors.push(Tensor { name, shape, bits, producer, consumers: Vec::new() });
        self.graph.tensors.len() - 1
    }

    /// The graph with the outputs of the network, without operators whose results reach neither a layer nor one of these.
    pub(crate) fn finish(self, outputs: Vec<usize>) -> NetworkGraph {
        let Self { graph: NetworkGraph { nodes, mut tensors, inputs, .. }, mut kept } = self;
        let mut is_read = vec![false; tensors.len()];
        for &tensor in inputs.iter().chain(&outputs) {
            is_read[tensor] = true;
        }
        for (node, kept) in nodes.iter().zip(&mut kept).rev() {
            *kept |= node.outputs.iter().any(|tensor| is_read[*tensor]);
            if *kept {
                node.inputs.iter().chain(&node.outputs).for_each(|tensor| is_read[*tensor] = true);
            }
        }
        let node_at = new_places(&kept);
        let tensor_at = new_places(&is_read);
        let renamed = |list: Vec<usize>| list.into_iter().map(|tensor| tensor_at[tensor]).collect::<Vec<_>>();
        retain(&mut tensors, &is_read);
        for tensor in &mut tensors {
            tensor.consumers.retain(|node| kept[*node]);
            tensor.consumers.iter_mut().for_each(|node| *node = node_at[*node]);
            tensor.producer = tensor.producer.map(|from| Producer { node: node_at[from.node], ..from });
        }
        let mut nodes = nodes;
        retain(&mut nodes, &kept);
        for node in &mut nodes {
            node.inputs = renamed(std::mem::take(&mut node.inputs));
            node.outputs = renamed(std::mem::take(&mut node.outputs));
            node.operands = node.operands.map(|operands| Operands {
                input: operands.input.map(|tensor| tensor_at[tensor]),
                weight: operands.weight.map(|tensor| tensor_at[tensor]),
                output: tensor_at[operands.output],
            });
        }
        NetworkGraph { nodes, tensors, inputs: renamed(inputs), outputs: renamed(outputs) }
    }
}

impl NetworkGraph {
    /// The graph after layers were replaced by several each: `parts[i]` is the number of those that layer `i` became.
    #[must_use]
    pub(in crate::workload) fn with_parts(mut self, parts: &[usize]) -> Self {
        let mut first = Vec::with_capacity(parts.len() + 1);
        first.push(0);
        for count in parts {
            first.push(first[first.len() - 1] + count);
        }
        for node in self.nodes.iter_mut().filter(|node| node.is_layer()) {
            node.layers = first[node.layers.start]..first[node.layers.end];
        }
        self
    }
}

/// Where what is kept stands once the rest is gone.
fn new_places(kept: &[bool]) -> Vec<usize> {
    let mut next = 0;
    let place = |kept: &bool| {
        let place = next;
        next += usize::from(*kept);
        place
    };
    kept.iter().map(place).collect()
}

fn retain<T>(list: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    list.retain(|_| kept.next().copied().unwrap_or(false));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, inputs: &[usize], layers: Range<usize>) -> NewNode {
        NewNode { name: name.into(), op: name.into(), executions: 1, inputs: inputs.to_vec(), layers, is_kept: false }
    }

    /// x -> conv -> relu -> y, and conv -> dead -> nothing; add(relu, relu) is a second output.
    #[test]
    fn dead_operators_go_and_edges_stay_mirrored() {
        let mut builder = GraphBuilder::default();
        let x = builder.input("x".into(), Some(vec![2, 3]), Some(8));
        let conv = builder.node(node("conv", &[x], 0..1));
        let a = builder.output(conv, "a".into(), Some(vec![4]), Some(32));
        builder.operands(conv, Operands { input: Some(x), weight: None, output: a });
        let dead = builder.node(node("dead", &[a], 0..0));
        builder.output(dead, "d".into(), None, None);
        let relu = builder.node(node("relu", &[a], 0..0));
        let y = builder.output(relu, "y".into(), Some(vec![4]), Some(32));
        let add = builder.node(node("add", &[y, y], 0..0));
        let z = builder.output(add, "z".into(), Some(vec![4]), Some(32));
        let graph = builder.finish(vec![z, y]);
        assert_eq!(graph.nodes().iter().map(|node| node.name.as_str()).collect::<Vec<_>>(), ["conv", "relu", "add"]);
        assert_eq!(graph.tensors().iter().map(|tensor| tensor.name.as_str()).collect::<Vec<_>>(), ["x", "a", "y", "z"]);
        assert_eq!(graph.tensors()[1].consumers, [1]);
        assert_eq!((&graph.nodes()[2].inputs[..], &graph.tensors()[2].consumers[..]), (&[2][..], &[2][..]));
        assert_eq!((graph.inputs(), graph.outputs()), (&[0][..], &[3, 2][..]));
        assert_eq!(graph.tensors()[0].elements(), Some(6));
        assert_eq!(graph.tensors()[3].producer, Some(Producer { node: 2, output: 0 }));
    }

    #[test]
    fn parts_of_a_layer_share_its_node() {
        let mut builder = GraphBuilder::default();
        let mut tensor = builder.input("x".into(), None, None);
        for layer in 0..3 {
            let place = builder.node(node("conv", &[tensor], layer..layer + 1));
            tensor = builder.output(place, format!("t{layer}"), None, None);
        }
        let graph = builder.finish(vec![tensor]).with_parts(&[1, 4, 1]);
        assert_eq!(graph.nodes().iter().map(|node| node.layers.clone()).collect::<Vec<_>>(), [0..1, 1..5, 5..6]);
        assert_eq!((graph.producers_of(5), graph.producers_of(3)), (vec![1, 2, 3, 4], vec![0]));
        assert_eq!((graph.consumers_of(0), graph.consumers_of(5)), (vec![1, 2, 3, 4], vec![]));
        assert_eq!((graph.node_of(4), graph.node_of(6)), (Some(1), None));
    }
}
