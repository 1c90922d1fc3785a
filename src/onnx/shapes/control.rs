//! If and Scan, and what all operators with bodies have in common.

use super::super::graph::{Body, Domain, Graph, Node, NodeId, ValueId};
use super::super::ops;
use super::{Fact, Pass, ShapeDim, Trouble, Visit};

/// Passes over a loop body until what it carries keeps its shape.
const MAX_PASSES: usize = 6;

impl Pass<'_> {
    /// Follows a node that has bodies.
    pub(super) fn control(&mut self, id: NodeId, times: u64) {
        let node = &self.graph.nodes[id.0];
        match (node.op.as_str(), node.domain == Domain::Onnx) {
            ("If", true) => self.branch(node, times),
            ("Loop", true) => self.repeat(id, node, times),
            ("Scan", true) if node.opset >= 9 => self.scan(node, times),
            ("SequenceMap", true) => self.map_sequence(node, times),
            _ if ops::has_products(node) => {
                // The subgraphs of an attention change scores; its own products are what counts.
                self.node(id);
                node.bodies.iter().for_each(|body| self.never(body, &format!("it is part of `{}`", node.name)));
            }
            _ => {
                // Some other operator with a body (an old Scan): its layers are there, their shapes are not.
                for body in &node.bodies {
                    self.declared_inputs(body);
                    self.body(body, times);
                    self.uncertain(body, &format!("counted once: how often `{}` repeats it is not known", node.name));
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

    /// The condition of an If, where it is known.
    pub(super) fn condition(&self, node: &Node) -> Option<i64> {
        self.shapes.ints(node.input(0)?)?.first().copied()
    }

    fn branch(&mut self, node: &Node, times: u64) {
        let condition = self.condition(node);
        let mut followed: Vec<&Body> = Vec::new();
        for body in &node.bodies {
            let wanted = condition.map(|value| if value == 0 { "else_branch" } else { "then_branch" });
            if wanted.is_some_and(|wanted| wanted != body.label) {
                let value = if condition == Some(0) { "false" } else { "true" };
                self.never(body, &format!("the condition of `{}` is always {value}", node.name));
            } else {
                self.body(body, times);
                followed.push(body);
            }
        }
        if condition.is_none() {
            self.choose(node, &mut followed);
        }
        let results: Vec<&[ValueId]> = followed.iter().map(|body| body.outputs.as_slice()).collect();
        self.join_sequences(node, &results);
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

    /// Of branches between which data decides: the one that the shapes permit, where they permit only one. Else all of them are
    /// counted.
    fn choose(&mut self, node: &Node, followed: &mut Vec<&Body>) {
        let problems: Vec<Option<String>> = followed.iter().map(|body| self.contradiction(body)).collect();
        let contradicted = problems.iter().flatten().count();
        if contradicted > 0 && contradicted < followed.len() {
            for (body, problem) in followed.iter().zip(&problems) {
                let Some(problem) = problem else { continue };
                self.shapes.warn(format!(
                    "node `{}` (If): its condition depends on data; its {} cannot run on these shapes and is not counted ({problem})",
                    node.name, body.label
                ));
                self.never(body, &format!("the shapes contradict themselves in the {} of `{}`", body.label, node.name));
            }
            let mut problems = problems.iter();
            followed.retain(|_| problems.next().is_some_and(Option::is_none));
            return;
        }
        if followed.iter().any(|body| self.has_work(body)) {
            for body in followed {
                self.uncertain(body, &format!("counted though the condition of `{}` depends on data", node.name));
            }
            self.shapes.warn(format!(
                "node `{}` (If): its condition depends on data; the layers of both branches are listed and counted",
                node.name
            ));
        }
    }

    /// What is wrong with the first node of a body that no run can execute.
    fn contradiction(&self, body: &Body) -> Option<String> {
        body.nodes.iter().find_map(|id| {
            let node = &self.graph[*id];
            match (&self.shapes.visits[id.0], &self.shapes.troubles[id.0]) {
                (Visit::Never(_), _) => None,
                (_, Some(Trouble::Contradiction(problem))) => {
                    Some(format!("node `{}` ({}): {problem}", node.name, node.display_op()))
                }
                _ => node.bodies.iter().find_map(|inner| self.contradiction(inner)),
            }
        })
    }

    /// Notes on every layer of a body why its number of executions is not certain.
    pub(super) fn uncertain(&mut self, body: &Body, why: &str) {
        let graph = self.graph;
        for &id in &body.nodes {
            self.shapes.notes[id.0].get_or_insert_with(|| why.to_owned());
            for inner in &graph[id].bodies {
                self.uncertain(inner, why);
            }
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
            self.settle(node, body, (0, 0), carried, times);
            if let Some(total) = count.map(|count| times.saturating_mul(count)).filter(|total| *total != times) {
                self.multiply(body, total, times);
            }
        }
        if count.is_none() && self.has_work(body) {
            self.uncertain(body, &format!("counted once: how often `{}` repeats it is not known", node.name));
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

    /// Follows a loop body until what it carries no longer changes. `outer` and `inner` are where the carried values begin
    /// among the node's and the body's inputs; one before, among the body's outputs for a Loop. Returns by how many elements
    /// the carried sequences grow with every iteration, where that is known.
    pub(super) fn settle(
        &mut self,
        node: &Node,
        body: &Body,
        (outer, inner): (usize, usize),
        carried: usize,
        times: u64,
    ) -> Vec<Option<u64>> {
        let first_output = usize::from(inner == 2);
        let places: Vec<(ValueId, ValueId)> = (0..carried)
            .filter_map(|number| Some((*body.inputs.get(inner + number)?, *body.outputs.get(first_output + number)?)))
            .collect();
        for (number, (to, _)) in places.iter().enumerate() {
            self.take(*to, node.input(outer + number));
        }
        let mut growth = vec![None; carried];
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
            if pass == 0 {
                growth = places.iter().map(|(to, back)| self.growth(*to, *back)).collect();
            }
            settled = true;
            for &(to, back) in &places {
                let merged = common(&self.shapes.facts[to.0], &self.shapes.facts[back.0]);
                settled &= merged.is_same(&self.shapes.facts[to.0]);
                self.shapes.facts[to.0] = merged;
                settled &= !self.merge_sequences(to, back);
            }
            if settled {
                break;
            }
        }
        if !settled {
            self.repeats = self.repeats.saturating_sub(size);
            for (to, _) in places {
                self.shapes.facts[to.0] = Fact::default();
            }
            self.body(body, times);
        }
        growth
    }

    /// Gives a value inside of a body what is known of one outside.
    pub(super) fn take(&mut self, inner: ValueId, outer: Option<ValueId>) {
        let Some(outer) = outer else { return };
        self.shapes.types[inner.0] = self.shapes.types[outer.0].or(self.shapes.types[inner.0]);
        self.shapes.facts[inner.0] = self.shapes.facts[outer.0].clone();
        self.take_sequence(inner, outer);
    }

    /// Rewrites the visits of a body that was followed `before` times to `times`.
    pub(super) fn multiply(&mut self, body: &Body, times: u64, before: u64) {
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

    pub(super) fn never(&mut self, body: &Body, why: &str) {
        for &id in &body.nodes {
            self.shapes.visits[id.0] = Visit::Never(why.to_owned());
            let graph = self.graph;
            for inner in &graph[id].bodies {
                self.never(inner, why);
            }
        }
    }

    /// The outputs of a loop that never runs: what it would carry passes through.
    pub(super) fn pass_states(&mut self, node: &Node, body: &Body, first: usize, count: u64) {
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
    pub(super) fn stacked(&self, inner: ValueId, axis: i64, count: Option<u64>) -> Fact {
        let Some(mut dims) = self.shapes.facts[inner.0].shape() else { return Fact::default() };
        let Some(axis) = ops::axis(axis, dims.len() + 1) else { return Fact::default() };
        dims.insert(axis, count.map_or(ShapeDim::Unknown, ShapeDim::Known));
        Fact::of_shape(self.shapes.types[inner.0], &dims)
    }

    pub(super) fn has_work(&self, body: &Body) -> bool {
        body.nodes.iter().any(|id| {
            let node = &self.graph[*id];
            ops::has_products(node) || node.bodies.iter().any(|inner| self.has_work(inner))
        })
    }
}

/// What two facts agree on.
pub(super) fn common(first: &Fact, second: &Fact) -> Fact {
    let (Some(a), Some(b)) = (first.shape(), second.shape()) else { return Fact::default() };
    if first.is_same(second) {
        return first.clone();
    }
    if a.len() != b.len() {
        return Fact::default();
    }
    let dims: Vec<_> = a.iter().zip(&b).map(|(a, b)| if a == b { *a } else { ShapeDim::Unknown }).collect();
    Fact::of_shape(None, &dims)
}

pub(super) fn count_nodes(graph: &Graph, body: &Body) -> usize {
    body.nodes.iter().map(|id| 1 + graph[*id].bodies.iter().map(|inner| count_nodes(graph, inner)).sum::<usize>()).sum()
}
