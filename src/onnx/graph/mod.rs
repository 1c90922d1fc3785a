//! The graph of a model: names resolved, local functions inlined, nodes in executable order.
//!
//! Subgraphs (branches of an If, bodies of a Loop or Scan) are bodies of their node; all nodes and values of all bodies
//! lie in two flat lists, so that an id names one node wherever it stands.

mod attribute;
mod build;
mod order;
mod unroll;

use std::ops::Index;

pub(super) use attribute::Attribute;

use super::proto::ModelProto;
use super::proto::tensor_proto::DataType;
use super::tensor::Tensor;

/// Steps of computation on constants that are followed back.
const MAX_CONSTANT_STEPS: usize = 16;

/// Index of a node in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct NodeId(pub(super) usize);

/// Index of a value in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ValueId(pub(super) usize);

/// A declared dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dim {
    Fixed(u64),
    Named(String),
    Unknown,
}

/// A tensor that flows between nodes.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) name: String,
    pub(super) dtype: Option<DataType>,
    /// Shape that the file states: of a graph input, an output or a value_info.
    pub(super) declared: Option<Vec<Dim>>,
    /// The constant it is: an initializer or the output of a Constant.
    pub(super) tensor: Option<Tensor>,
    pub(super) producer: Option<NodeId>,
    pub(super) consumers: Vec<NodeId>,
}

/// A list of nodes with inputs and outputs: the graph itself, a branch or a loop body.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    /// Name of the attribute that holds it (`then_branch`, `body`).
    pub(super) label: String,
    pub(super) inputs: Vec<ValueId>,
    pub(super) outputs: Vec<ValueId>,
    /// In executable order; file order where that is one.
    pub(super) nodes: Vec<NodeId>,
}

/// Who defines an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Domain {
    Onnx,
    Microsoft,
    Other(String),
}

/// An application of an operator.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Its name with the path of functions and subgraphs around it; the name of its first output where it has no name.
    pub(super) name: String,
    pub(super) op: String,
    pub(super) domain: Domain,
    /// Version of the default operator set it was written for.
    pub(super) opset: i64,
    pub(super) inputs: Vec<Option<ValueId>>,
    pub(super) outputs: Vec<Option<ValueId>>,
    pub(super) attributes: Vec<(String, Attribute)>,
    pub(super) bodies: Vec<Body>,
    /// Module path that the exporter recorded (`pkg.torch.onnx.name_scopes`).
    pub(super) module: Option<String>,
}

impl Node {
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// An integer attribute.
    pub(super) fn int(&self, name: &str) -> Option<i64> {
        match self.attribute(name) {
            Some(Attribute::Int(value)) => Some(*value),
            _ => None,
        }
    }

    /// An integer attribute that is 0 or 1, absent = 0.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.int(name).unwrap_or(0) != 0
    }

    /// An attribute of several integers.
    pub(super) fn ints(&self, name: &str) -> Option<&[i64]> {
        match self.attribute(name) {
            Some(Attribute::Ints(values)) => Some(values),
            _ => None,
        }
    }

    /// A text attribute.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.attribute(name) {
            Some(Attribute::Text(value)) => Some(value),
            _ => None,
        }
    }

    /// Input number `index`, if it is there.
    pub(super) fn input(&self, index: usize) -> Option<ValueId> {
        self.inputs.get(index).copied().flatten()
    }

    /// Output number `index`, if it is used.
    pub(super) fn output(&self, index: usize) -> Option<ValueId> {
        self.outputs.get(index).copied().flatten()
    }

    /// Whether this is an operator of ONNX itself.
    pub(super) fn is_onnx(&self, op: &str) -> bool {
        self.domain == Domain::Onnx && self.op == op
    }

    /// The operator for people: with its domain where that is not ONNX's own.
    pub(super) fn display_op(&self) -> String {
        match &self.domain {
            Domain::Onnx => self.op.clone(),
            Domain::Microsoft => format!("com.microsoft.{}", self.op),
            Domain::Other(domain) => format!("{domain}.{}", self.op),
        }
    }
}

/// A whole network.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) values: Vec<Value>,
    pub(super) root: Body,
}

impl Graph {
    /// Resolves a decoded model.
    ///
    /// # Errors
    ///
    /// What contradicts itself, in words that are safe to print.
    pub(super) fn build(model: &ModelProto) -> Result<Self, String> {
        // Names are part of the message; what they hold is shown as text.
        let shown = |message: String| -> String {
            message.chars().take(2000).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
        };
        build::build(model).map_err(shown)
    }

    /// Notes of every value which nodes read it.
    pub(super) fn find_consumers(&mut self) {
        for value in &mut self.values {
            value.consumers.clear();
        }
        for id in self.walk() {
            for value in self.nodes[id.0].inputs.clone().into_iter().flatten() {
                self.values[value.0].consumers.push(id);
            }
        }
    }

    /// Whether a value is constant, or computed from constants alone.
    pub(super) fn is_static(&self, value: ValueId) -> bool {
        self.is_static_within(value, MAX_CONSTANT_STEPS)
    }

    fn is_static_within(&self, value: ValueId, steps: usize) -> bool {
        if self[value].tensor.is_some() {
            return true;
        }
        let Some(producer) = self[value].producer.map(|id| &self[id]) else { return false };
        steps > 0
            && producer.bodies.is_empty()
            && producer.inputs.iter().any(Option::is_some)
            && producer.inputs.iter().flatten().all(|input| self.is_static_within(*input, steps - 1))
    }

    /// Every node, subgraphs included, in the order in which they would run.
    pub(super) fn walk(&self) -> Vec<NodeId> {
        let mut order = Vec::with_capacity(self.nodes.len());
        self.walk_body(&self.root, &mut order);
        order
    }

    fn walk_body(&self, body: &Body, order: &mut Vec<NodeId>) {
        for &id in &body.nodes {
            order.push(id);
            for inner in &self[id].bodies {
                self.walk_body(inner, order);
            }
        }
    }
}

impl Index<NodeId> for Graph {
    type Output = Node;
    fn index(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }
}

impl Index<ValueId> for Graph {
    type Output = Value;
    fn index(&self, id: ValueId) -> &Value {
        &self.values[id.0]
    }
}
