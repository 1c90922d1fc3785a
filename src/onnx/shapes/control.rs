//! If, Loop and Scan.

use super::super::graph::{Body, Domain, Graph, Node, NodeId, ValueId};
use super::super::ops;
use super::super::proto::tensor_proto::DataType;
use super::{Fact, Pass, ShapeDim, Visit};

/// Passes over a loop body until what it carries keeps its shape.
const MAX_PASSES: usize = 4;

impl Pass<'_> {
    /// Follows a node that has bodies.
    pub(super) fn control(&mut self, id: NodeId, times: u64) {
        let node = &self.graph.nodes[id.0];
        match (node.op.as_str(), node.domain == Domain::Onnx) {
            ("If", true) => self.branch(node, times),
            ("Loop", true) => self.repeat(node, times),
            ("Scan", true) if node.opset >= 9 => self.scan(node, times),
            _ => {
                // Some other operator with a body (SequenceMap, an old Scan): its layers are there, their shapes are not.
                for body in &node.bodies {
                    self.declared_inputs(body);
                    self.body(body, times);
                }
                self.shapes.warn(format!(
                    "node `{}` ({}): how often its body runs is not known; it is counted once",
                    node.name,
                    node.display_op()
                ));
            }
        }
        for output in node.outputs.iter().flatten() {
            let fact = self.shapes.facts[output.0].clone();
            self.shapes.facts[output.0] = self.with_declared(*output, &fact);
        }
    }

    fn branch(&mut self, node: &Node, times: u64) {
        let condition = node.input(0).and_then(|value| self.shapes.ints(value)).and_then(|ints| ints.first().copied());
        let mut results: Vec<Vec<ValueId>> = Vec::new();
        for body in &node.bodies {
            let wanted = condition.map(|value| if value == 0 { "else_branch" } else { "then_branch" });
            if wanted.is_some_and(|wanted| wanted != body.label) {
                let value = if condition == Some(0) { "false" } else { "true" };
                self.never(body, &format!("the condition of `{}` is always {value}", node.name));
            } else {
                self.body(body, times);
                results.push(body.outputs.clone());
            }
        }
        if condition.is_none() && node.bodies.iter().any(|body| self.has_work(body)) {
            self.shapes.warn(format!(
                "node `{}` (If): its condition depends on data; the layers of both branches are listed and counted",
                node.name
            ));
        }
        for (number, output) in node.outputs.iter().enumerate() {
            let Some(output) = output else { continue };
            let candidates: Vec<ValueId> = results.iter().filter_map(|outputs| outputs.get(number).copied()).collect();
            self.shapes.types[output.0] = candidates.iter().find_map(|value| self.shapes.types[value.0]);
            let mut facts = candidates.iter().map(|value| self.shapes.facts[value.0].clone());
            let Some(first) = facts.next() else { continue };
            let merged = facts.fold(first, |merged, fact| common(&merged, &fact));
            self.shapes.facts[output.0] = merged;
        }
    }

    fn repeat(&mut self, node: &Node, times: u64) {
        let Some(body) = node.bodies.first() else { return };
        let scalar = |value: Option<ValueId>, shapes: &super::Shapes| {
            value.map(|value| shapes.ints(value).and_then(|ints| ints.first().copied()))
        };
        let limit = scalar(node.input(0), &self.shapes);
        let start = scalar(node.input(1), &self.shapes);
        if start == Some(Some(0)) || limit.flatten().is_some_and(|limit| limit <= 0) {
            self.never(body, &format!("`{}` never enters its body", node.name));
            self.pass_states(node, body, 2, 0);
            return;
        }
        let carried = node.inputs.len().saturating_sub(2);
        if let Some(&iteration) = body.inputs.first() {
            self.shapes.facts[iteration.0] = Fact::of_shape(Some(DataType::Int64), &[]);
        }
        if let Some(&condition) = body.inputs.get(1) {
            // If it stays true whenever it is true, it is always true.
            self.shapes.facts[condition.0] = Fact::of_bool(true);
            self.shapes.types[condition.0] = Some(DataType::Bool);
        }
        let trips = |pass: &Self| {
            let stays = body.outputs.first().and_then(|value| pass.shapes.ints(*value)) == Some(vec![1]);
            let starts = start.is_none_or(|start| start == Some(1));
            limit.flatten().filter(|_| stays && starts).and_then(|limit| u64::try_from(limit).ok())
        };
        self.settle(node, body, 2, 2, carried, times, &trips);
        let count = trips(self);
        if count.is_none() && self.has_work(body) {
            self.shapes.warn(format!(
                "node `{}` (Loop): its trip count depends on data; its layers are counted once",
                node.name
            ));
        }
        for (number, output) in node.outputs.iter().enumerate() {
            let (Some(output), Some(&inner)) = (output, body.outputs.get(number + 1)) else { continue };
            self.shapes.types[output.0] = self.shapes.types[inner.0];
            self.shapes.facts[output.0] =
                if number < carried { self.shapes.facts[inner.0].clone() } else { self.stacked(inner, 0, count) };
        }
    }

    fn scan(&mut self, node: &Node, times: u64) {
        let Some(body) = node.bodies.first() else { return };
        let scanned = usize::try_from(node.int("num_scan_inputs").unwrap_or(0)).unwrap_or(0).min(node.inputs.len());
        let carried = node.inputs.len() - scanned;
        let mut count = None;
        for (number, value) in node.inputs.iter().skip(carried).enumerate() {
            let (Some(value), Some(&inner)) = (value, body.inputs.get(carried + number)) else { continue };
            self.shapes.types[inner.0] = self.shapes.types[inner.0].or(self.shapes.types[value.0]);
            let Some(mut dims) = self.shapes.facts[value.0].shape() else { continue };
            let axis = node.ints("scan_input_axes").and_then(|axes| axes.get(number).copied()).unwrap_or(0);
            let Some(axis) = ops::axis(axis, dims.len()) else { continue };
            if let ShapeDim::Known(length) = dims.remove(axis) {
                count = Some(length);
            }
            self.shapes.facts[inner.0] = Fact::of_shape(self.shapes.types[inner.0], &dims);
        }
        if count == Some(0) {
            self.never(body, &format!("`{}` scans nothing", node.name));
        } else {
            self.settle(node, body, 0, 0, carried, times, &|_| count);
        }
        if count.is_none() && self.has_work(body) {
            self.shapes.warn(format!(
                "node `{}` (Scan): the length it scans is not known; its layers are counted once",
                node.name
            ));
        }
        for (number, output) in node.outputs.iter().enumerate() {
            let (Some(output), Some(&inner)) = (output, body.outputs.get(number)) else { continue };
            self.shapes.types[output.0] = self.shapes.types[inner.0];
            self.shapes.facts[output.0] = if number < carried {
                self.shapes.facts[inner.0].clone()
            } else {
                let axis =
                    node.ints("scan_output_axes").and_then(|axes| axes.get(number - carried).copied()).unwrap_or(0);
                self.stacked(inner, axis, count)
            };
        }
    }

    /// Follows a loop body until the shapes of what it carries no longer change. `outer` and `inner` are where the carried
    /// values begin among the node's and the body's inputs; one before, among the body's outputs for a Loop.
    #[expect(clippy::too_many_arguments, reason = "the layout of Loop and Scan differs in each of these")]
    fn settle(
        &mut self,
        node: &Node,
        body: &Body,
        outer: usize,
        inner: usize,
        carried: usize,
        times: u64,
        trips: &dyn Fn(&Self) -> Option<u64>,
    ) {
        for number in 0..carried {
            let (Some(Some(from)), Some(&to)) = (node.inputs.get(outer + number), body.inputs.get(inner + number))
            else {
                continue;
            };
            self.shapes.types[to.0] = self.shapes.types[from.0].or(self.shapes.types[to.0]);
            self.shapes.facts[to.0] = self.shapes.facts[from.0].without_elements();
        }
        let first_output = usize::from(inner == 2);
        let size = count_nodes(self.graph, body);
        let mut settled = false;
        for pass in 0..MAX_PASSES {
            // Every pass but the first is paid for; with nothing left to pay there is one, over unknown shapes.
            if self.repeats < size {
                break;
            }
            if pass > 0 {
                self.repeats -= size;
            }
            self.body(body, times);
            settled = true;
            for number in 0..carried {
                let (Some(&to), Some(&back)) =
                    (body.inputs.get(inner + number), body.outputs.get(first_output + number))
                else {
                    continue;
                };
                let before = self.shapes.facts[to.0].shape();
                let merged = common(&self.shapes.facts[to.0], &self.shapes.facts[back.0]);
                settled &= before == merged.shape();
                self.shapes.facts[to.0] = merged;
            }
            if settled {
                break;
            }
        }
        if !settled {
            self.repeats = self.repeats.saturating_sub(size);
            for input in body.inputs.iter().skip(inner).take(carried) {
                self.shapes.facts[input.0] = Fact::default();
            }
            self.body(body, times);
        }
        // Again, now that the trip count is known.
        if let Some(total) = trips(self).map(|count| times.saturating_mul(count))
            && total != times
        {
            self.multiply(body, total, times);
        }
    }

    /// Rewrites the visits of a body that was followed `before` times to `times`.
    fn multiply(&mut self, body: &Body, times: u64, before: u64) {
        for &id in &body.nodes {
            if let Visit::Runs(count) = self.shapes.visits[id.0] {
                // Beyond counting stays beyond counting; lowering reports it.
                let product = (count / before.max(1)).saturating_mul(times);
                self.shapes.visits[id.0] = Visit::Runs(if count == u64::MAX { u64::MAX } else { product });
            }
            let graph = self.graph;
            for inner in &graph[id].bodies {
                self.multiply(inner, times, before);
            }
        }
    }

    fn never(&mut self, body: &Body, why: &str) {
        for &id in &body.nodes {
            self.shapes.visits[id.0] = Visit::Never(why.to_owned());
            let graph = self.graph;
            for inner in &graph[id].bodies {
                self.never(inner, why);
            }
        }
    }

    /// The outputs of a loop that never runs: what it would carry passes through.
    fn pass_states(&mut self, node: &Node, body: &Body, first: usize, count: u64) {
        let carried = node.inputs.len().saturating_sub(first);
        for (number, output) in node.outputs.iter().enumerate() {
            let Some(output) = output else { continue };
            if number < carried {
                let Some(from) = node.input(first + number) else { continue };
                self.shapes.types[output.0] = self.shapes.types[from.0];
                self.shapes.facts[output.0] = self.shapes.facts[from.0].clone();
            } else if let Some(&inner) = body.outputs.get(number + 1) {
                self.shapes.facts[output.0] = self.stacked(inner, 0, Some(count));
            }
        }
    }

    fn declared_inputs(&mut self, body: &Body) {
        for &input in &body.inputs {
            self.shapes.facts[input.0] = self.with_declared(input, &Fact::default());
        }
    }

    /// The values of all iterations, stacked along a new axis.
    fn stacked(&self, inner: ValueId, axis: i64, count: Option<u64>) -> Fact {
        let Some(mut dims) = self.shapes.facts[inner.0].shape() else { return Fact::default() };
        let Some(axis) = ops::axis(axis, dims.len() + 1) else { return Fact::default() };
        dims.insert(axis, count.map_or(ShapeDim::Unknown, ShapeDim::Known));
        Fact::of_shape(self.shapes.types[inner.0], &dims)
    }

    fn has_work(&self, body: &Body) -> bool {
        body.nodes.iter().any(|id| {
            let node = &self.graph[*id];
            ops::has_products(node) || node.bodies.iter().any(|inner| self.has_work(inner))
        })
    }
}

/// What two facts agree on.
fn common(first: &Fact, second: &Fact) -> Fact {
    let (Some(a), Some(b)) = (first.shape(), second.shape()) else { return Fact::default() };
    if a == b && first.ints() == second.ints() {
        return first.clone();
    }
    if a.len() != b.len() {
        return Fact::default();
    }
    let dims: Vec<_> = a.iter().zip(&b).map(|(a, b)| if a == b { *a } else { ShapeDim::Unknown }).collect();
    Fact::of_shape(None, &dims)
}

fn count_nodes(graph: &Graph, body: &Body) -> usize {
    body.nodes.iter().map(|id| 1 + graph[*id].bodies.iter().map(|inner| count_nodes(graph, inner)).sum::<usize>()).sum()
}
