//! Loop: how often its body runs, and whether every iteration has shapes, or takes branches, of its own.
//!
//! A trip count is known where the limit is and the condition never ends the loop, or where the condition depends on constants
//! and the iteration alone, as in the loops of TensorFlow and JAX (`counter < 4`): then the nodes that it depends on are
//! computed, iteration by iteration.

use std::collections::HashSet;

use super::super::graph::{Attribute, Body, Graph, Node, NodeId, ValueId};
use super::super::ops;
use super::super::proto::tensor_proto::DataType;
use super::super::tensor::Tensor;
use super::control::count_nodes;
use super::{Fact, Pass, Visit};

/// Nodes computed to count iterations, in all loops of a network together.
pub(super) const MAX_COUNTING: usize = 50_000;

/// Nodes that writing out the iterations of loops may add to a network.
const MAX_UNROLLED: u64 = 20_000;

/// Where carried values begin among the inputs of a Loop and of its body, behind limit and condition.
const CARRIED: usize = 2;

/// How often a Loop runs its body.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trips {
    Known(u64),
    /// Why not, as a part of a sentence about the loop.
    Unknown(String),
}

impl Trips {
    fn count(&self) -> Option<u64> {
        if let Self::Known(count) = self { Some(*count) } else { None }
    }
}

impl Pass<'_> {
    pub(super) fn repeat(&mut self, id: NodeId, node: &Node, times: u64) {
        let Some(body) = node.bodies.first() else { return };
        let carried = node.inputs.len().saturating_sub(CARRIED);
        let trips = self.trips(node, body);
        if trips == Trips::Known(0) {
            // What it would yield has a shape, of no iterations.
            self.enter(body, None);
            self.settle(node, body, (CARRIED, CARRIED), carried, times);
            self.never(body, &format!("`{}` never enters its body", node.name));
            self.pass_states(node, body, CARRIED, 0);
            return;
        }
        let count = trips.count();
        let first = count.map(|count| self.first_iterations(node, body, count, times)).unwrap_or_default();
        self.enter(body, None);
        let growth = self.settle(node, body, (CARRIED, CARRIED), carried, times);
        let is_decided_each_time = |branch: &NodeId| self.condition(&self.graph[*branch]).is_none();
        let is_known_each_time = first.shapes_known && !self.knows_shapes(body);
        if first.shapes_differ || is_known_each_time || first.decided.iter().any(is_decided_each_time) {
            self.write_out(id, node, body, count.unwrap_or_default());
        }
        if let Some(total) = count.map(|count| times.saturating_mul(count)).filter(|total| *total != times) {
            self.multiply(body, total, times);
        }
        if let Trips::Unknown(why) = trips
            && self.has_work(body)
        {
            self.uncertain(body, &format!("counted once: how often `{}` repeats it is not known", node.name));
            self.shapes.warn(format!("node `{}` (Loop): {why}; its layers are counted once", node.name));
        }
        for (number, output) in node.outputs.iter().enumerate() {
            let (Some(output), Some(&inner)) = (output, body.outputs.get(number + 1)) else { continue };
            self.shapes.types[output.0] = self.shapes.types[inner.0];
            if number < carried {
                self.shapes.facts[output.0] = self.shapes.facts[inner.0].clone();
                let start = node.input(CARRIED + number);
                self.carry_sequence(start, inner, *output, growth.get(number).copied().flatten(), count);
            } else {
                self.shapes.facts[output.0] = self.stacked(inner, 0, count);
            }
        }
    }

    /// States what the body of a Loop is given besides carried values: the iteration's number, where it is one, and a condition
    /// that holds.
    fn enter(&mut self, body: &Body, iteration: Option<u64>) {
        if let Some(&number) = body.inputs.first() {
            self.shapes.types[number.0] = self.shapes.types[number.0].or(Some(DataType::Int64));
            self.shapes.facts[number.0] = match iteration.and_then(|iteration| i64::try_from(iteration).ok()) {
                Some(iteration) => Fact::of_constant(&Tensor::of_ints(Vec::new(), vec![iteration])),
                None => Fact::of_shape(Some(DataType::Int64), &[]),
            };
        }
        if let Some(&condition) = body.inputs.get(1) {
            self.shapes.facts[condition.0] = Fact::of_bool(true);
            self.shapes.types[condition.0] = Some(DataType::Bool);
        }
    }

    fn scalar(&self, value: ValueId) -> Option<i64> {
        self.shapes.ints(value).and_then(|ints| ints.first().copied())
    }

    /// Counts the iterations.
    fn trips(&mut self, node: &Node, body: &Body) -> Trips {
        let depends = || Trips::Unknown("its trip count depends on data".into());
        let limit = match node.input(0).map(|limit| self.scalar(limit)) {
            // The largest number stands for no limit.
            None | Some(Some(i64::MAX)) => None,
            Some(Some(limit)) => Some(u64::try_from(limit).unwrap_or(0)),
            Some(None) => return depends(),
        };
        if limit == Some(0) {
            return Trips::Known(0);
        }
        match node.input(1).map(|start| self.scalar(start)) {
            None | Some(Some(1..)) => {}
            Some(Some(_)) => return Trips::Known(0),
            Some(None) => return depends(),
        }
        let Some(&condition) = body.outputs.first() else { return depends() };
        let Some(slice) = self.slice(body, condition) else { return depends() };
        for &number in &slice.carried {
            self.take(body.inputs[CARRIED + number], node.input(CARRIED + number));
        }
        let mut count = 0;
        loop {
            if limit == Some(count) {
                return Trips::Known(count);
            }
            self.enter(body, Some(count));
            for &id in &slice.nodes {
                self.node(id);
            }
            count += 1;
            match self.scalar(condition) {
                Some(0) => return Trips::Known(count),
                Some(_) => {}
                None => return depends(),
            }
            let mut changes = slice.reads_iteration;
            let carried: Vec<Fact> = slice.carried.iter().map(|number| self.fact_of(body, number + 1)).collect();
            for (&number, next) in slice.carried.iter().zip(carried) {
                let inner = body.inputs[CARRIED + number];
                changes |= !next.is_same(&self.shapes.facts[inner.0]);
                self.shapes.facts[inner.0] = next;
            }
            if !changes {
                return limit.map_or_else(|| Trips::Unknown("nothing ends it".into()), Trips::Known);
            }
            self.counting = self.counting.saturating_sub(slice.nodes.len().max(1));
            if self.counting == 0 {
                return Trips::Unknown(format!("its condition holds for more than {count} iterations"));
            }
        }
    }

    fn fact_of(&self, body: &Body, output: usize) -> Fact {
        body.outputs.get(output).map_or_else(Fact::default, |value| self.shapes.facts[value.0].clone())
    }

    /// The nodes of a body that decide its condition; `None` where one of them has a body itself.
    fn slice(&self, body: &Body, condition: ValueId) -> Option<Slice> {
        let mut needed = HashSet::from([condition]);
        let mut slice = Slice { nodes: Vec::new(), carried: Vec::new(), reads_iteration: false };
        loop {
            slice.nodes.clear();
            for &id in body.nodes.iter().rev() {
                let node = &self.graph[id];
                if !node.outputs.iter().flatten().any(|output| needed.contains(output)) {
                    continue;
                }
                if !node.bodies.is_empty() {
                    return None;
                }
                slice.nodes.push(id);
                needed.extend(node.inputs.iter().flatten());
            }
            slice.nodes.reverse();
            let inputs = body.inputs.iter().skip(CARRIED).enumerate();
            slice.carried = inputs.filter(|(_, input)| needed.contains(input)).map(|(number, _)| number).collect();
            let mut is_closed = true;
            for &number in &slice.carried {
                is_closed &= !needed.insert(*body.outputs.get(number + 1)?);
            }
            if is_closed {
                slice.reads_iteration = body.inputs.first().is_some_and(|iteration| needed.contains(iteration));
                return Some(slice);
            }
        }
    }

    /// Follows the first two iterations of a loop of known trip count, each on its own.
    fn first_iterations(&mut self, node: &Node, body: &Body, count: u64, times: u64) -> FirstIterations {
        let size = count_nodes(self.graph, body);
        if self.repeats < 3 * size {
            return FirstIterations::default();
        }
        self.repeats -= 3 * size;
        let carried = node.inputs.len().saturating_sub(CARRIED);
        for number in 0..carried {
            if let Some(&inner) = body.inputs.get(CARRIED + number) {
                self.take(inner, node.input(CARRIED + number));
            }
        }
        let mut first = None;
        let mut found = FirstIterations { shapes_known: true, ..FirstIterations::default() };
        for iteration in 0..count.min(2) {
            self.enter(body, Some(iteration));
            self.body(body, times);
            let shapes = self.shapes_of_products(body);
            if shapes.iter().any(Option::is_none) {
                return FirstIterations::default();
            }
            self.decided(body, &mut found.decided);
            found.shapes_known &= self.knows_shapes(body);
            for number in 0..carried {
                let Some(&inner) = body.inputs.get(CARRIED + number) else { continue };
                let next = self.fact_of(body, number + 1);
                let (before, after) = (self.shapes.shape(inner), next.sizes());
                found.shapes_differ |= before.is_some() && after.is_some() && before != after;
                self.shapes.facts[inner.0] = next;
            }
            found.shapes_differ |= first.as_ref().is_some_and(|first| *first != shapes);
            first = Some(shapes);
        }
        found
    }

    /// Whether the shapes of all that a body multiplies and hands on are known.
    fn knows_shapes(&self, body: &Body) -> bool {
        body.outputs.iter().skip(1).all(|value| self.knows_shape(*value))
            && self.shapes_of_products(body).iter().all(Option::is_some)
    }

    /// Notes that the iterations of a loop must be written out, if they are not too many.
    fn write_out(&mut self, id: NodeId, node: &Node, body: &Body, count: u64) {
        let total = count.saturating_mul(weight(self.graph, body));
        if total.saturating_add(self.unrolled) > MAX_UNROLLED {
            self.shapes.warn(format!(
                "node `{}` (Loop): its {count} iterations differ in shapes or branches; these are too many to list",
                node.name
            ));
            return;
        }
        self.unrolled += total;
        self.shapes.unrolled.push((id, count));
    }

    /// Every If with work in a body whose condition is known, those in the branches that it takes included.
    fn decided(&self, body: &Body, into: &mut Vec<NodeId>) {
        for &id in &body.nodes {
            let node = &self.graph[id];
            let is_decided = node.is_onnx("If") && self.condition(node).is_some();
            if is_decided && node.bodies.iter().any(|branch| self.has_work(branch)) {
                into.push(id);
                node.bodies.iter().for_each(|branch| self.decided(branch, into));
            }
        }
    }

    /// The shapes that the operands of all products in a body have, one after the other; `None` for one that is not known.
    fn shapes_of_products(&self, body: &Body) -> Vec<Option<Vec<u64>>> {
        let mut shapes = Vec::new();
        for &id in &body.nodes {
            let node = &self.graph[id];
            if ops::has_products(node) && matches!(self.shapes.visits[id.0], Visit::Runs(_)) {
                shapes.extend(node.inputs.iter().flatten().map(|input| self.shapes.shape(*input)));
            }
            for inner in &node.bodies {
                shapes.extend(self.shapes_of_products(inner));
            }
        }
        shapes
    }
}

/// What a copy of a body takes, in nodes of usual size: no file decides how much memory that is.
fn weight(graph: &Graph, body: &Body) -> u64 {
    let of_attribute = |attribute: &Attribute| match attribute {
        Attribute::Float(_) | Attribute::Int(_) | Attribute::Tensor(_) => 0,
        Attribute::Text(text) => text.len(),
        Attribute::Floats(values) => 4 * values.len(),
        Attribute::Ints(values) => 8 * values.len(),
        Attribute::Texts(texts) => texts.iter().map(|text| 32 + text.len()).sum(),
    };
    let of_node = |id: &NodeId| {
        let node = &graph[*id];
        let bytes: usize = node.attributes.iter().map(|(_, attribute)| of_attribute(attribute)).sum();
        let values = node.inputs.len() + node.outputs.len();
        let inner: u64 = node.bodies.iter().map(|inner| weight(graph, inner)).sum();
        inner.saturating_add(1 + (values / 8 + bytes / 256) as u64)
    };
    body.nodes.iter().map(of_node).fold(0, u64::saturating_add)
}

/// What the first iterations of a loop show.
#[derive(Default)]
struct FirstIterations {
    /// Their shapes are known, and are not the same.
    shapes_differ: bool,
    /// Each has known shapes.
    shapes_known: bool,
    /// Every If with work between whose branches the iteration decides.
    decided: Vec<NodeId>,
}

/// What decides the condition of a Loop.
struct Slice {
    /// In executable order.
    nodes: Vec<NodeId>,
    /// Carried values, by number.
    carried: Vec<usize>,
    /// Whether the iteration's number matters.
    reads_iteration: bool,
}
