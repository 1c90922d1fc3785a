//! Why a shape is not known: open dimensions of inputs, inputs without a shape, and nodes whose outputs cannot be inferred
//! though all they read is known.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::super::bindings::{Bound, BoundDim};
use super::super::graph::{Body, Graph, NodeId, ValueId};
use super::super::proto::tensor_proto::DataType;
use super::Shapes;

/// A reason why a shape is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::onnx) enum Cause {
    /// An open dimension, as an index into [`Bound::open`].
    Open(usize),
    /// An input of the network without a shape.
    Unshaped(ValueId),
    /// A node whose outputs cannot be inferred.
    Node(NodeId),
}

/// Reasons kept for one value; a shape with more is not explained better by more.
const KEPT: usize = 16;

/// The reasons for every value that is not known. One pass in executable order.
pub(in crate::onnx) struct Causes {
    by_value: HashMap<ValueId, Rc<BTreeSet<Cause>>>,
}

impl Causes {
    pub(in crate::onnx) fn find(graph: &Graph, shapes: &Shapes, bound: &Bound) -> Self {
        let mut this = Self { by_value: HashMap::new() };
        for (input, dims) in &bound.inputs {
            let causes: BTreeSet<Cause> = match dims {
                None => BTreeSet::from([Cause::Unshaped(*input)]),
                Some(dims) => dims
                    .iter()
                    .filter_map(|dim| match dim {
                        BoundDim::Open(index) => Some(Cause::Open(*index)),
                        BoundDim::Known(_) => None,
                    })
                    .collect(),
            };
            if !causes.is_empty() {
                this.by_value.insert(*input, Rc::new(causes));
            }
        }
        this.body(graph, shapes, &graph.root);
        this
    }

    /// The reasons for a value.
    pub(in crate::onnx) fn behind(&self, value: ValueId) -> impl Iterator<Item = Cause> {
        self.by_value.get(&value).into_iter().flat_map(|causes| causes.iter().copied())
    }

    fn body(&mut self, graph: &Graph, shapes: &Shapes, body: &Body) {
        for &id in &body.nodes {
            let node = &graph[id];
            let mut read: Vec<ValueId> = node.inputs.iter().flatten().copied().collect();
            let given = self.union(&read);
            for inner in &node.bodies {
                for input in &inner.inputs {
                    if !given.is_empty() && !is_settled(graph, shapes, *input) {
                        self.by_value.insert(*input, Rc::clone(&given));
                    }
                }
                self.body(graph, shapes, inner);
                read.extend(&inner.outputs);
            }
            if node.outputs.iter().flatten().all(|output| is_settled(graph, shapes, *output)) {
                continue;
            }
            let mut causes = if node.bodies.is_empty() { given } else { self.union(&read) };
            if causes.is_empty() {
                causes = Rc::new(BTreeSet::from([Cause::Node(id)]));
            }
            for output in node.outputs.iter().flatten() {
                self.by_value.insert(*output, Rc::clone(&causes));
            }
        }
    }

    fn union(&self, values: &[ValueId]) -> Rc<BTreeSet<Cause>> {
        let mut sets = values.iter().filter_map(|value| self.by_value.get(value));
        let Some(first) = sets.next() else { return Rc::default() };
        let mut union = Rc::clone(first);
        for set in sets {
            if !Rc::ptr_eq(set, &union) && !set.is_subset(&union) && union.len() < KEPT {
                let merged: BTreeSet<Cause> = union.union(set).copied().take(KEPT).collect();
                union = Rc::new(merged);
            }
        }
        union
    }
}

/// Whether nothing about a value is in doubt: its shape is known, and its elements too where a shape may depend on them.
fn is_settled(graph: &Graph, shapes: &Shapes, value: ValueId) -> bool {
    let is_integer = shapes.dtype(value).is_none_or(|dtype| matches!(dtype, DataType::Int64 | DataType::Int32));
    shapes.shape(value).is_some() && (!is_integer || shapes.ints(value).is_some() || graph[value].producer.is_none())
}
