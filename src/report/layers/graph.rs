//! The record of a network's graph. Nodes and tensors are named by their index.

use serde::Serialize;

use crate::workload::{GraphNode, NetworkGraph, Operands, Tensor};

/// The graph of a network; see [`NetworkGraph`] for what is in it.
#[derive(Clone, Debug, Serialize)]
pub struct GraphRecord {
    /// Tensors that are inputs of the network.
    pub inputs: Vec<usize>,
    /// Tensors that are outputs of the network.
    pub outputs: Vec<usize>,
    /// Layers and operators, each after those that it reads from.
    pub nodes: Vec<NodeRecord>,
    /// What flows between them.
    pub tensors: Vec<TensorRecord>,
}

/// A layer or an operator.
#[derive(Clone, Debug, Serialize)]
pub struct NodeRecord {
    /// Index among the nodes.
    pub index: usize,
    /// Its name in the file, as in the records of layers and of other nodes.
    pub name: String,
    /// Operator of the node.
    pub op: String,
    /// Indices of its layers; empty for an operator.
    pub layers: Vec<usize>,
    /// Tensors that it reads.
    pub inputs: Vec<usize>,
    /// Tensors that it makes.
    pub outputs: Vec<usize>,
    /// Executions by one run of the network.
    pub executions: u64,
    /// Which tensors the operands of the layer are; absent for an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operands: Option<OperandsRecord>,
}

/// The tensors of a layer's operands; `null` where an operand is constant.
#[derive(Clone, Debug, Serialize)]
pub struct OperandsRecord {
    /// The input, or the first operand of a matrix product.
    pub input: Option<usize>,
    /// The weights, or the second operand of a matrix product.
    pub weight: Option<usize>,
    /// Index of the output tensor.
    pub output: usize,
}

/// What flows between nodes.
#[derive(Clone, Debug, Serialize)]
pub struct TensorRecord {
    /// Index among the tensors.
    pub index: usize,
    /// Its name in the file.
    pub name: String,
    /// Its shape; `null` if it is not known.
    pub shape: Option<Vec<u64>>,
    /// Bits of an element; `null` if they are not known.
    pub bits: Option<u32>,
    /// Number of elements; `null` if the shape is not known.
    pub elements: Option<u64>,
    /// The node that makes it; `null` for an input of the network.
    pub producer: Option<usize>,
    /// Which of that node's outputs it is.
    pub output: Option<usize>,
    /// Nodes that read it.
    pub consumers: Vec<usize>,
}

impl GraphRecord {
    /// The record of a graph.
    pub fn of(graph: &NetworkGraph) -> Self {
        Self {
            inputs: graph.inputs().to_vec(),
            outputs: graph.outputs().to_vec(),
            nodes: graph.nodes().iter().enumerate().map(|(index, node)| NodeRecord::of(index, node)).collect(),
            tensors: graph
                .tensors()
                .iter()
                .enumerate()
                .map(|(index, tensor)| TensorRecord::of(index, tensor))
                .collect(),
        }
    }
}

impl NodeRecord {
    fn of(index: usize, node: &GraphNode) -> Self {
        let operands = |Operands { input, weight, output }: Operands| OperandsRecord { input, weight, output };
        Self {
            index,
            name: node.name.clone(),
            op: node.op.clone(),
            layers: node.layers.clone().collect(),
            inputs: node.inputs.clone(),
            outputs: node.outputs.clone(),
            executions: node.executions,
            operands: node.operands.map(operands),
        }
    }
}

impl TensorRecord {
    fn of(index: usize, tensor: &Tensor) -> Self {
        Self {
            index,
            name: tensor.name.clone(),
            shape: tensor.shape.clone(),
            bits: tensor.bits,
            elements: tensor.elements(),
            producer: tensor.producer.map(|from| from.node),
            output: tensor.producer.map(|from| from.output),
            consumers: tensor.consumers.clone(),
        }
    }
}
