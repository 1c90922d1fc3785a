//! Parameters of the layers: weights and biases, each tensor once.

use std::collections::{BTreeMap, HashSet};

use super::bits::whole;
use crate::onnx::graph::{Graph, Node, ValueId};
use crate::onnx::shapes::Shapes;

/// The parameter tensors seen so far, with their numbers of elements.
#[derive(Debug)]
pub(super) struct Parameters {
    elements: BTreeMap<ValueId, u64>,
    /// Inputs of the network.
    inputs: HashSet<ValueId>,
}

impl Parameters {
    pub(super) fn new(graph: &Graph) -> Self {
        Self { elements: BTreeMap::new(), inputs: graph.root.inputs.iter().copied().collect() }
    }

    /// Counts the second operand of a product if it is static. `place`: the operator takes nothing but weights there, so
    /// that a graph input counts too.
    pub(super) fn weight(&mut self, graph: &Graph, value: ValueId, elements: u64, place: bool) {
        let root = whole(graph, value);
        if graph.is_static(root) || (place && self.inputs.contains(&root)) {
            self.elements.insert(root, elements);
        }
    }

    /// Counts a bias operand if it is static.
    pub(super) fn bias(&mut self, graph: &Graph, shapes: &Shapes, value: ValueId) {
        let elements = shapes.shape(value).and_then(|dims| dims.into_iter().try_fold(1u64, u64::checked_mul));
        if let Some(elements) = elements {
            self.weight(graph, value, elements, true);
        }
    }

    /// Counts the bias that the node behind a matrix product adds: a constant vector.
    pub(super) fn added_bias(&mut self, graph: &Graph, shapes: &Shapes, node: &Node, columns: u64) {
        let Some([consumer]) = node.output(0).map(|output| graph[output].consumers.as_slice()) else { return };
        let consumer = &graph[*consumer];
        if !consumer.is_onnx("Add") {
            return;
        }
        for &operand in consumer.inputs.iter().flatten() {
            if graph.is_static(whole(graph, operand)) && shapes.shape(operand) == Some(vec![columns]) {
                self.weight(graph, operand, columns, false);
            }
        }
    }

    /// Whether a value is a parameter tensor.
    pub(super) fn contains(&self, value: ValueId) -> bool {
        self.elements.contains_key(&value)
    }

    /// Their sum. `None` on overflow.
    pub(super) fn total(&self) -> Option<u64> {
        self.elements.values().try_fold(0u64, |sum, elements| sum.checked_add(*elements))
    }
}
