//! Which layers feed which, through the operators that lie between them.

use std::collections::BTreeSet;

use super::{GraphNode, NetworkGraph};

impl NetworkGraph {
    /// The layers whose outputs reach a layer through operators alone, by rising index; empty if it reads only inputs of the
    /// network. Behind residual adds these are all layers that the sum is made of.
    pub fn producers_of(&self, layer: usize) -> Vec<usize> {
        self.reached_from(layer, |node| {
            let producers = node.inputs.iter().filter_map(|tensor| self.tensors[*tensor].producer);
            producers.map(|producer| producer.node).collect()
        })
    }

    /// The layers that a layer's output reaches through operators alone, by rising index.
    pub fn consumers_of(&self, layer: usize) -> Vec<usize> {
        self.reached_from(layer, |node| {
            node.outputs.iter().flat_map(|tensor| self.tensors[*tensor].consumers.iter().copied()).collect()
        })
    }

    /// The layers that are met first when following `next` from a layer's node.
    fn reached_from(&self, layer: usize, next: impl Fn(&GraphNode) -> Vec<usize>) -> Vec<usize> {
        let Some(start) = self.node_of(layer) else { return Vec::new() };
        let mut layers = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut waiting = next(&self.nodes[start]);
        while let Some(index) = waiting.pop() {
            if !seen.insert(index) {
                continue;
            }
            let node = &self.nodes[index];
            if node.is_layer() {
                layers.extend(node.layers.clone());
            } else {
                waiting.extend(next(node));
            }
        }
        layers.into_iter().collect()
    }
}
