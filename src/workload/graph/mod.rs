//! The graph of a network: which layer's output is which layer's input, and what lies between them.
//!
//! ```text
//! tensor --> node (layer or operator) --> tensor --> node --> ...
//! ```
//!
//! * A *node* is a layer, or an operator without multiply-accumulates that carries data: element-wise, activation, pooling,
//!   resize, concatenation, reduction, softmax, normalisation, reshape and the like. Nodes stand in executable order.
//! * A *tensor* is what flows between nodes: it depends on an input of the network. Weights (also where the file has them as
//!   inputs of the network), biases, scales and everything else that is computed from constants alone is left out (a layer
//!   states its weights itself), and so is the arithmetic on shapes.
//! * Operators whose result reaches no layer and no output of the network are left out.
//!
//! What an operator that holds several layers (an attention, an LSTM) does between them belongs to those layers; what it does
//! behind the last one is an operator of its own where several results meet.
//!
//! Control flow: the nodes of a body stand in the graph once, with their executions. The node of an If joins the results of the
//! branches that may run. A Loop or Scan is two operators: `NAME/body` hands the values of an iteration to the body, `NAME`
//! collects its results. What one iteration hands to the next is left out, so that the graph has no cycles.

mod builder;
mod reach;

pub(crate) use builder::{GraphBuilder, NewNode};

use std::ops::Range;

/// What flows between nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// The name in the file; not unique where a function is called twice.
    pub name: String,
    /// The shape in ONNX order; `None` if it is not known.
    pub shape: Option<Vec<u64>>,
    /// Bits of an element; `None` if the type is not known or has no width.
    pub bits: Option<u32>,
    /// The node that makes it; `None` for an input of the network.
    pub producer: Option<Producer>,
    /// Indices of the nodes that read it, each once, in their order.
    pub consumers: Vec<usize>,
}

impl Tensor {
    /// Number of elements; `None` if the shape is not known or has more than 64 bits can count.
    pub fn elements(&self) -> Option<u64> {
        self.shape.as_ref()?.iter().try_fold(1u64, |product, size| product.checked_mul(*size))
    }
}

/// Where a tensor comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Producer {
    /// Index of the node.
    pub node: usize,
    /// Index into its [`GraphNode::outputs`].
    pub output: usize,
}

/// A layer or an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphNode {
    /// The node's name in the file, with the path of the functions and branches around it.
    pub name: String,
    /// Its operator, with the domain where that is not ONNX's own.
    pub op: String,
    /// How often one run of the network executes it.
    pub executions: u64,
    /// Tensors that it reads, each once, in the order of the operator; the operands of a layer first.
    pub inputs: Vec<usize>,
    /// Tensors that it makes, in the order of the operator.
    pub outputs: Vec<usize>,
    /// Indices of its layers in the network: one; the parts of a decomposed one; empty for an operator.
    pub layers: Range<usize>,
    /// Which tensors the operands of its layer are; `None` for an operator.
    pub operands: Option<Operands>,
}

impl GraphNode {
    /// Whether it is a layer.
    pub fn is_layer(&self) -> bool {
        !self.layers.is_empty()
    }
}

/// The tensors that the operands of a layer are, are a part of, or are computed from within the layer's node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operands {
    /// The input (of a matrix product: the first operand); `None` if it is constant.
    pub input: Option<usize>,
    /// The weights (of a matrix product: the second operand); `None` if they are constant.
    pub weight: Option<usize>,
    /// The tensor that the layer makes.
    pub output: usize,
}

/// The nodes and tensors of a network; every edge stands on both of its ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkGraph {
    nodes: Vec<GraphNode>,
    tensors: Vec<Tensor>,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
}

impl NetworkGraph {
    /// The nodes, each after those that it reads from.
    pub fn nodes(&self) -> &[GraphNode] {
        &self.nodes
    }

    /// The tensors: inputs of the network first, then in the order in which they are made.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// Tensors that are inputs of the network, in the file's order.
    pub fn inputs(&self) -> &[usize] {
        &self.inputs
    }

    /// Tensors that are outputs of the network, in the file's order; constant outputs are left out.
    pub fn outputs(&self) -> &[usize] {
        &self.outputs
    }

    /// The node of a layer; `None` if the graph does not hold it.
    pub fn node_of(&self, layer: usize) -> Option<usize> {
        self.nodes.iter().position(|node| node.layers.contains(&layer))
    }
}
