//! Loops written out: where every iteration has shapes of its own, each is a copy of the body.

use std::collections::HashMap;

use super::{Attribute, Body, Domain, Graph, Node, NodeId, Value, ValueId};
use crate::onnx::proto::tensor_proto::DataType;
use crate::onnx::tensor::Tensor;

/// Version of the operators that collect what iterations yield: their axes are attributes.
const OPSET: i64 = 11;

impl Graph {
    /// Replaces a Loop by so many copies of its body. One in the body of another that was replaced before is left: its copies
    /// are loops of their own.
    pub(in crate::onnx) fn unroll(&mut self, id: NodeId, count: u64) {
        if !self.walk().contains(&id) {
            return;
        }
        let node = self.nodes[id.0].clone();
        let Some(body) = node.bodies.first() else { return };
        let carried = node.inputs.len().saturating_sub(2);
        let mut state: Vec<Option<ValueId>> = node.inputs.iter().skip(2).copied().collect();
        let mut yielded: Vec<Vec<ValueId>> = vec![Vec::new(); body.outputs.len().saturating_sub(1 + carried)];
        let mut list = Vec::new();
        for iteration in 0..count {
            let mut names = HashMap::new();
            self.state_inputs(body, iteration, &state, &mut names);
            let path = (format!("{}/{}/", node.name, body.label), format!("{}/{}.{iteration}/", node.name, body.label));
            list.extend(self.copies(&body.nodes, &mut names, &path));
            let made = |value: &ValueId| names.get(value).copied().unwrap_or(*value);
            let mut outputs = body.outputs.iter().skip(1).map(made);
            for (slot, value) in state.iter_mut().zip(outputs.by_ref()) {
                *slot = Some(value);
            }
            for (all, value) in yielded.iter_mut().zip(outputs) {
                all.push(value);
            }
        }
        for (number, output) in node.outputs.iter().enumerate() {
            let Some(output) = *output else { continue };
            if let Some(last) = state.get(number) {
                list.push(self.add(&node, "Identity", vec![*last], output, Vec::new()));
            } else if let Some(all) = yielded.get(number - carried) {
                let axes = || vec![("axes".to_owned(), Attribute::Ints(vec![0]))];
                let mut parts = Vec::with_capacity(all.len());
                for value in all {
                    let part = self.add_value(self[*value].name.clone());
                    list.push(self.add(&node, "Unsqueeze", vec![Some(*value)], part, axes()));
                    parts.push(Some(part));
                }
                list.push(self.add(&node, "Concat", parts, output, vec![("axis".to_owned(), Attribute::Int(0))]));
            }
        }
        self.replace(id, &list);
    }

    /// What an iteration is given: its number, a condition that holds, what is carried.
    fn state_inputs(
        &mut self,
        body: &Body,
        iteration: u64,
        state: &[Option<ValueId>],
        names: &mut HashMap<ValueId, ValueId>,
    ) {
        let number = i64::try_from(iteration).unwrap_or(i64::MAX);
        let constants =
            [Tensor::of_ints(Vec::new(), vec![number]), Tensor::of_ints(Vec::new(), vec![1]).with_type(DataType::Bool)];
        for (inner, tensor) in body.inputs.iter().zip(constants) {
            let value = self.add_value(self[*inner].name.clone());
            self.values[value.0].dtype = Some(tensor.dtype);
            self.values[value.0].tensor = Some(tensor);
            names.insert(*inner, value);
        }
        for (inner, value) in body.inputs.iter().skip(2).zip(state) {
            if let Some(value) = value {
                names.insert(*inner, *value);
            }
        }
    }

    /// Copies of nodes, whose names begin with `path.1` instead of `path.0`. `names` are the copies of values so far.
    fn copies(
        &mut self,
        nodes: &[NodeId],
        names: &mut HashMap<ValueId, ValueId>,
        path: &(String, String),
    ) -> Vec<NodeId> {
        let mut copies = Vec::with_capacity(nodes.len());
        for id in nodes {
            let mut node = self.nodes[id.0].clone();
            if let Some(rest) = node.name.strip_prefix(&path.0) {
                node.name = format!("{}{rest}", path.1);
            }
            for input in node.inputs.iter_mut().flatten() {
                *input = names.get(input).copied().unwrap_or(*input);
            }
            for body in &mut node.bodies {
                for input in &mut body.inputs {
                    *input = self.copied(*input, names);
                }
                body.nodes = self.copies(&body.nodes, names, path);
                for output in &mut body.outputs {
                    *output = names.get(output).copied().unwrap_or(*output);
                }
            }
            let copy = NodeId(self.nodes.len());
            for output in node.outputs.iter_mut().flatten() {
                *output = self.copied(*output, names);
                self.values[output.0].producer = Some(copy);
            }
            self.nodes.push(node);
            copies.push(copy);
        }
        copies
    }

    fn copied(&mut self, value: ValueId, names: &mut HashMap<ValueId, ValueId>) -> ValueId {
        let copy = Value { consumers: Vec::new(), ..self[value].clone() };
        let copy = self.push_value(copy);
        names.insert(value, copy);
        copy
    }

    fn add_value(&mut self, name: String) -> ValueId {
        self.push_value(Value {
            name,
            dtype: None,
            declared: None,
            tensor: None,
            producer: None,
            consumers: Vec::new(),
        })
    }

    fn push_value(&mut self, value: Value) -> ValueId {
        self.values.push(value);
        ValueId(self.values.len() - 1)
    }

    /// Adds an operator of ONNX that the Loop stands for.
    fn add(
        &mut self,
        of: &Node,
        op: &str,
        inputs: Vec<Option<ValueId>>,
        output: ValueId,
        attributes: Vec<(String, Attribute)>,
    ) -> NodeId {
        let id = NodeId(self.nodes.len());
        self.values[output.0].producer = Some(id);
        self.nodes.push(Node {
            name: of.name.clone(),
            op: op.to_owned(),
            domain: Domain::Onnx,
            opset: OPSET,
            inputs,
            outputs: vec![Some(output)],
            attributes,
            bodies: Vec::new(),
            module: None,
        });
        id
    }

    /// Puts nodes in the place of one.
    fn replace(&mut self, id: NodeId, list: &[NodeId]) {
        let inner = self.nodes.iter_mut().flat_map(|node| &mut node.bodies);
        for body in std::iter::once(&mut self.root).chain(inner) {
            if let Some(place) = body.nodes.iter().position(|node| *node == id) {
                body.nodes.splice(place..=place, list.iter().copied());
            }
        }
    }
}
