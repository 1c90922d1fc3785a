//! The graph of the network: what of the file's values is data, and which layers and operators it flows through.
//!
//! Data is what depends on an input of the network, weights excepted. [`crate::workload::NetworkGraph`] says what
//! becomes of control flow and of operators that hold several layers.

use std::ops::Range;

use super::dtype;
use super::graph::{Body, Graph, Node, NodeId, ValueId};
use super::ops::Operand;
use super::shapes::{Shapes, Visit};
use crate::workload::{GraphBuilder, Layer, NetworkGraph, NewNode, Operands};

/// Where a layer comes from.
pub(super) struct LoweredLayer {
    pub(super) node: NodeId,
    /// Tells the layers of a node apart.
    pub(super) part: &'static str,
    pub(super) input: Operand,
    pub(super) weight: Operand,
    pub(super) output: Operand,
    /// Inputs of the node that the layer reads besides its operands.
    pub(super) further: &'static [usize],
}

/// The graph of a network whose layers are known; `lowered` says of each where it comes from. `inputs` are those of the
/// network that hold data.
pub(super) fn build(
    graph: &Graph,
    shapes: &Shapes,
    inputs: impl Iterator<Item = ValueId>,
    layers: &[Layer],
    lowered: &[LoweredLayer],
) -> NetworkGraph {
    let mut ranges = vec![0..0; graph.nodes.len()];
    for (index, layer) in lowered.iter().enumerate() {
        let range: &mut Range<usize> = &mut ranges[layer.node.0];
        *range = if range.start == range.end { index..index + 1 } else { range.start..index + 1 };
    }
    let builder = GraphBuilder::default();
    let mut flow =
        Dataflow { graph, shapes, layers, lowered, ranges, builder, tensors: vec![None; graph.values.len()] };
    for input in inputs {
        let (name, shape, bits) = flow.about(input);
        flow.tensors[input.0] = Some(flow.builder.input(name, shape, bits));
    }
    flow.body(&graph.root);
    let outputs = flow.all(graph.root.outputs.iter().copied());
    flow.builder.finish(outputs)
}

struct Dataflow<'g> {
    graph: &'g Graph,
    shapes: &'g Shapes,
    layers: &'g [Layer],
    lowered: &'g [LoweredLayer],
    /// The layers of every node.
    ranges: Vec<Range<usize>>,
    builder: GraphBuilder,
    /// The tensor that a value is; `None` where it is not data.
    tensors: Vec<Option<usize>>,
}

impl Dataflow<'_> {
    fn body(&mut self, body: &Body) {
        let graph = self.graph;
        for &id in &body.nodes {
            let Visit::Runs(executions) = *self.shapes.visit(id) else { continue };
            let node = &graph[id];
            let layers = self.ranges[id.0].clone();
            if !node.bodies.is_empty() {
                self.control(node, executions);
            } else if layers.start < layers.end {
                self.layers(node, layers, executions);
            } else if !reads_only_the_shape(node) {
                let inputs = self.all(node.inputs.iter().flatten().copied());
                if !inputs.is_empty() {
                    self.operator(node, &node.name, executions, inputs, false);
                }
            }
        }
    }

    /// Adds an operator that makes all outputs of its node.
    fn operator(&mut self, node: &Node, name: &str, executions: u64, inputs: Vec<usize>, is_kept: bool) {
        let name = name.to_owned();
        let new = NewNode { name, op: node.display_op(), executions, inputs, layers: 0..0, is_kept };
        let index = self.builder.node(new);
        for output in node.outputs.iter().flatten() {
            self.made(index, *output);
        }
    }

    /// Adds the nodes of the layers that an ONNX node holds, one each, and the results that stay within the node
    /// between them. What the node reads besides the operands of its layers (biases, masks, initial states) is read by
    /// the layers whose products name it (past keys and values), or else by those layers that read a result of an earlier one; without such a layer, by the last one.
    fn layers(&mut self, node: &Node, layers: Range<usize>, executions: u64) {
        let lowered = &self.lowered[layers.clone()];
        let operands = lowered.iter().flat_map(|source| [source.input, source.weight]).filter_map(number_of_input);
        let named: Vec<usize> = operands.chain(lowered.iter().flat_map(|source| source.further).copied()).collect();
        let unnamed = node.inputs.iter().enumerate().filter(|(number, _)| !named.contains(number));
        let unnamed = self.all(unnamed.filter_map(|(_, value)| *value));
        let reads_a_result = |source: &LoweredLayer| {
            [source.input, source.weight].iter().any(|operand| matches!(operand, Operand::Result(_)))
        };
        let mut results: Vec<usize> = Vec::with_capacity(layers.len());
        let mut unread: Vec<usize> = Vec::new();
        let mut index = 0;
        for (layer, source) in layers.clone().zip(lowered) {
            let (input, weight) =
                (self.operand(node, source.input, &results), self.operand(node, source.weight, &results));
            let mut inputs: Vec<usize> = [input, weight].into_iter().flatten().collect();
            inputs.extend(self.all(source.further.iter().filter_map(|number| node.input(*number))));
            if reads_a_result(source) || (layer + 1 == layers.end && !lowered.iter().any(reads_a_result)) {
                inputs.extend(&unnamed);
            }
            unread.retain(|tensor| !inputs.contains(tensor));
            index = self.layer_node(layer, inputs);
            let value = if let Operand::Output(number) = source.output { node.output(number) } else { None };
            let output = if let Some(value) = value {
                self.made(index, value)
            } else {
                let tensor = self.result(index, node, layer);
                unread.push(tensor);
                tensor
            };
            self.builder.operands(index, Operands { input, weight, output });
            results.push(output);
        }
        // Outputs that no layer makes.
        let left: Vec<ValueId> =
            node.outputs.iter().flatten().copied().filter(|value| self.tensors[value.0].is_none()).collect();
        if unread.is_empty() {
            for value in left {
                self.made(index, value);
            }
        } else {
            self.operator(node, &node.name, executions, unread, false);
        }
    }

    /// Adds the result of a layer that stays within its node.
    fn result(&mut self, index: usize, node: &Node, layer: usize) -> usize {
        let name = format!("{}.{}", node.name, self.lowered[layer].part);
        let layer = &self.layers[layer];
        self.builder.output(index, name, Some(layer.output.clone()), Some(layer.bits.output))
    }

    fn layer_node(&mut self, index: usize, inputs: Vec<usize>) -> usize {
        let layer = &self.layers[index];
        self.builder.node(NewNode {
            name: layer.node.clone(),
            op: layer.op.clone(),
            executions: layer.executions,
            inputs,
            layers: index..index + 1,
            is_kept: true,
        })
    }

    /// The tensor of an operand; `results` are those of the node's layers so far.
    fn operand(&self, node: &Node, operand: Operand, results: &[usize]) -> Option<usize> {
        match operand {
            Operand::Input(number) | Operand::Part(number) => {
                node.input(number).and_then(|value| self.tensors[value.0])
            }
            Operand::Result(number) => results.get(number).copied(),
            Operand::Output(_) => None,
        }
    }

    /// An If joins the results of its branches; a Loop or Scan hands data to its body and collects the results.
    fn control(&mut self, node: &Node, executions: u64) {
        let graph = self.graph;
        let given = self.all(node.inputs.iter().flatten().copied());
        let is_loop = !node.is_onnx("If");
        let mut read = if is_loop { Vec::new() } else { given.clone() };
        let mut holds_layers = false;
        let mut runs = false;
        for body in &node.bodies {
            let times = match body.nodes.first().map(|id| self.shapes.visit(*id)) {
                Some(Visit::Runs(times)) => *times,
                Some(Visit::Never(_)) => continue,
                None => executions,
            };
            runs = true;
            if is_loop && !given.is_empty() {
                self.entry(node, times, given.clone(), body);
            }
            self.body(body);
            holds_layers |= holds_layer(graph, &self.ranges, body);
            read.extend(self.all(body.outputs.iter().copied()));
        }
        if !runs {
            read = given;
        }
        if !read.is_empty() {
            self.operator(node, &node.name, executions, read, holds_layers);
        }
    }

    /// Adds the operator that hands an iteration's values to the body of a loop.
    fn entry(&mut self, node: &Node, executions: u64, inputs: Vec<usize>, body: &Body) {
        let index = self.builder.node(NewNode {
            name: format!("{}/{}", node.name, body.label),
            op: node.display_op(),
            executions,
            inputs,
            layers: 0..0,
            is_kept: false,
        });
        // The iteration's number and the condition of a Loop are not data.
        let first = if node.is_onnx("Loop") { 2 } else { 0 };
        for value in body.inputs.iter().skip(first) {
            self.made(index, *value);
        }
    }

    /// Adds a value as the next output of a node.
    fn made(&mut self, node: usize, value: ValueId) -> usize {
        let (name, shape, bits) = self.about(value);
        let tensor = self.builder.output(node, name, shape, bits);
        self.tensors[value.0] = Some(tensor);
        tensor
    }

    fn about(&self, value: ValueId) -> (String, Option<Vec<u64>>, Option<u32>) {
        let bits = self.shapes.dtype(value).and_then(dtype::bits);
        (self.graph[value].name.clone(), self.shapes.shape(value), bits)
    }

    /// The tensors among values.
    fn all(&self, values: impl Iterator<Item = ValueId>) -> Vec<usize> {
        values.filter_map(|value| self.tensors[value.0]).collect()
    }
}

/// The input of its node that an operand is or is a part of.
fn number_of_input(operand: Operand) -> Option<usize> {
    match operand {
        Operand::Input(number) | Operand::Part(number) => Some(number),
        Operand::Result(_) | Operand::Output(_) => None,
    }
}

/// Whether a body or one within it has a layer.
fn holds_layer(graph: &Graph, ranges: &[Range<usize>], body: &Body) -> bool {
    body.nodes.iter().any(|id| {
        ranges[id.0].start < ranges[id.0].end || graph[*id].bodies.iter().any(|inner| holds_layer(graph, ranges, inner))
    })
}

/// Whether an operator reads the shape of its first input and no element of it, so that no data flows through it.
fn reads_only_the_shape(node: &Node) -> bool {
    matches!(node.op.as_str(), "Shape" | "Size" | "EyeLike" | "RandomNormalLike" | "RandomUniformLike")
}
