//! Shapes of all values, and how often every node runs.
//!
//! One pass in executable order. For every node, what tract infers comes first; what the file declares completes it (a
//! contradiction is a warning); the rules of the table of operators serve what tract lacks. Branches of an If are followed
//! both, or the one that a constant condition picks; the body of a Loop or Scan is followed once, with its trip count.

mod blocked;
mod causes;
mod control;
mod loops;
mod sequences;
mod tract;
mod tract_limits;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use super::bindings::{BindingError, Bound, BoundDim};
use super::graph::{Body, Dim, Graph, Node, NodeId, ValueId};
use super::moe_balance::MoeBalance;
use super::ops::{self, Dims, InputTypes, KnownValues, NodeShapes, ShapeDim};
use super::proto::tensor_proto::DataType;
pub(super) use causes::{Cause, Causes};
use sequences::Sequence;
use tract::{Fact, Oracle};

/// How often one run of the network runs a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Visit {
    Runs(u64),
    /// A constant condition, or a trip count of zero, keeps it from running.
    Never(String),
}

/// Why the shapes of a node's outputs are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No run can execute it: its operands do not fit together.
    Contradiction(String),
    Unknown(String),
}

/// Warnings of one kind are shown up to this many; the rest are counted.
const MAX_WARNINGS: usize = 20;

/// The result of the pass.
pub(super) struct Shapes {
    facts: Vec<Fact>,
    types: Vec<Option<DataType>>,
    visits: Vec<Visit>,
    /// Why tract and the own rules had nothing for a node.
    troubles: Vec<Option<Trouble>>,
    /// Why the number of executions of a node is not certain.
    notes: Vec<Option<String>>,
    /// Loops of known trip count whose iterations have other shapes, or take other branches, each.
    pub(super) unrolled: Vec<(NodeId, u64)>,
    /// What the user states and the shapes refute.
    pub(super) refused: Option<BindingError>,
    /// True channel counts where channels lie in blocks.
    channels: HashMap<ValueId, u64>,
    moe_balance: MoeBalance,
    pub(super) warnings: Vec<String>,
}

impl Shapes {
    /// The shape of a value, where every dimension is known.
    pub(super) fn shape(&self, value: ValueId) -> Option<Vec<u64>> {
        ops::sizes(&self.facts[value.0].shape()?)
    }

    /// The dimensions of a value of known rank, as text; `?` for one that is not known.
    pub(super) fn partial_shape(&self, value: ValueId) -> Option<Vec<String>> {
        Some(self.facts[value.0].shape()?.iter().map(display_dim).collect())
    }

    /// The elements of an integer value, where they are known.
    pub(super) fn ints(&self, value: ValueId) -> Option<Vec<i64>> {
        self.facts[value.0].ints()
    }

    /// The element type of a value.
    pub(super) fn dtype(&self, value: ValueId) -> Option<DataType> {
        self.types[value.0]
    }

    /// How often a node runs.
    pub(super) fn visit(&self, node: NodeId) -> &Visit {
        &self.visits[node.0]
    }

    /// Why tract and the own rules had nothing for a node.
    pub(super) fn trouble(&self, node: NodeId) -> Trouble {
        let depends = || Trouble::Unknown("the shape of its output depends on data".into());
        self.troubles[node.0].clone().unwrap_or_else(depends)
    }

    /// Why the number of executions of a node is not certain, if it is not.
    pub(super) fn note(&self, node: NodeId) -> Option<&str> {
        self.notes[node.0].as_deref()
    }

    fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }
}

impl KnownValues for Shapes {
    fn dims(&self, value: ValueId) -> Option<Dims> {
        self.facts[value.0].shape()
    }

    fn dtype(&self, value: ValueId) -> Option<DataType> {
        self.types[value.0]
    }

    fn ints(&self, value: ValueId) -> Option<Vec<i64>> {
        self.facts[value.0].ints()
    }

    fn floats(&self, value: ValueId) -> Option<Vec<f64>> {
        self.facts[value.0].floats()
    }

    fn channels(&self, value: ValueId) -> Option<u64> {
        self.channels.get(&value).copied()
    }

    fn moe_balance(&self) -> MoeBalance {
        self.moe_balance
    }
}

/// Follows the graph.
pub(super) fn infer(graph: &Graph, bound: &Bound) -> Shapes {
    let oracle = Oracle::new();
    let channels = blocked::channels(graph);
    let facts = graph.values.iter().map(|value| value.tensor.as_ref().map_or_else(Fact::default, Fact::of_constant));
    let mut pass = Pass {
        graph,
        bound,
        oracle: &oracle,
        conflicts: HashSet::new(),
        repeats: 4 * graph.nodes.len() + 10_000,
        counting: loops::MAX_COUNTING,
        unrolled: 0,
        sequences: HashMap::new(),
        shapes: Shapes {
            facts: facts.collect(),
            types: graph.values.iter().map(|value| value.dtype).collect(),
            visits: vec![Visit::Runs(1); graph.nodes.len()],
            troubles: vec![None; graph.nodes.len()],
            notes: vec![None; graph.nodes.len()],
            unrolled: Vec::new(),
            refused: None,
            warnings: blocked::warning(graph, &channels).into_iter().collect(),
            channels,
            moe_balance: bound.moe_balance,
        },
    };
    for (input, dims) in &bound.inputs {
        let Some(dims) = dims else { continue };
        let dims: Vec<_> = dims
            .iter()
            .map(|dim| match dim {
                BoundDim::Known(size) => ShapeDim::Known(*size),
                BoundDim::Open(_) => ShapeDim::Unknown,
            })
            .collect();
        pass.shapes.facts[input.0] = Fact::of_shape(graph[*input].dtype, &dims);
    }
    for (input, tensor) in &bound.values {
        pass.shapes.types[input.0] = pass.shapes.types[input.0].or(Some(tensor.dtype));
        pass.shapes.facts[input.0] = Fact::of_constant(tensor);
    }
    pass.body(&graph.root, 1);
    if pass.conflicts.len() > MAX_WARNINGS {
        let more = pass.conflicts.len() - MAX_WARNINGS;
        pass.shapes.warnings.push(format!("{more} more declared shapes contradict the inferred ones"));
    }
    pass.shapes
}

struct Pass<'g> {
    graph: &'g Graph,
    bound: &'g Bound,
    oracle: &'g Oracle,
    /// Values whose declaration contradicts what was inferred.
    conflicts: HashSet<ValueId>,
    /// Node visits left for following loop bodies again: loops in loops must not multiply the work.
    repeats: usize,
    /// Nodes that may still be computed to count iterations.
    counting: usize,
    /// Nodes that writing out loops will add.
    unrolled: u64,
    sequences: HashMap<ValueId, Sequence>,
    shapes: Shapes,
}

impl Pass<'_> {
    fn body(&mut self, body: &Body, times: u64) {
        for &id in &body.nodes {
            self.shapes.visits[id.0] = Visit::Runs(times);
            self.shapes.notes[id.0] = None;
            if self.graph[id].bodies.is_empty() {
                self.node(id);
            } else {
                self.control(id, times);
            }
        }
    }

    fn node(&mut self, id: NodeId) {
        let node = &self.graph[id];
        self.infer_types(node);
        if node.is_onnx("Constant") || self.sequence_node(node) {
            return;
        }
        // Of convolutions and products the importer knows more than an oracle: what it lowers is what counts.
        let own_first = ops::has_products(node);
        let mut facts = if own_first { self.own(node) } else { vec![Fact::default(); node.outputs.len()] };
        let mut trouble = None;
        let is_doubtful = own_first && is_incomplete(node, &facts);
        if let Some((fact, elements)) = facts.first_mut().zip(ops::elements(&NodeShapes { node, values: &self.shapes }))
        {
            *fact = Fact::of_elements(elements);
        }
        if is_incomplete(node, &facts) {
            match self.ask(node) {
                Ok(asked) => complete(&mut facts, asked),
                Err(problem) => trouble = Some(Trouble::Unknown(problem)),
            }
        }
        if !own_first && is_incomplete(node, &facts) {
            let own = self.own(node);
            complete(&mut facts, own);
        }
        if is_doubtful || is_incomplete(node, &facts) {
            let problem = ops::contradiction(&NodeShapes { node, values: &self.shapes });
            trouble = problem.map(Trouble::Contradiction).or(trouble);
        }
        for (output, fact) in node.outputs.iter().zip(facts) {
            if let Some(output) = output {
                self.shapes.facts[output.0] = self.with_declared(*output, &fact);
            }
        }
        self.shapes.troubles[id.0] = trouble;
    }

    fn ask(&self, node: &Node) -> Result<Vec<Fact>, String> {
        if !ops::may_ask_tract(&NodeShapes { node, values: &self.shapes }) {
            return Err("its shape rule is not known".into());
        }
        let inputs: Vec<Option<&Fact>> =
            node.inputs.iter().map(|input| input.map(|value| &self.shapes.facts[value.0])).collect();
        self.oracle.infer(node, &inputs)
    }

    /// What the table of operators tells of a node's outputs.
    fn own(&self, node: &Node) -> Vec<Fact> {
        let mut own = ops::output_shapes(&NodeShapes { node, values: &self.shapes }).into_iter();
        let fact = |output: &Option<ValueId>| {
            let dims = own.next().flatten();
            match (output, dims) {
                (Some(output), Some(dims)) => Fact::of_shape(self.shapes.types[output.0], &dims),
                _ => Fact::default(),
            }
        };
        node.outputs.iter().map(fact).collect()
    }

    /// Completes what was inferred of a value by what the user states and the file declares of it. What was inferred wins over
    /// a declaration, and contradicts a statement.
    fn with_declared(&mut self, value: ValueId, fact: &Fact) -> Fact {
        let stated = self.bound.shapes.get(&value).map(|sizes| ops::known(sizes.iter().copied()));
        let fact = match stated {
            Some(stated) if differ(fact, &stated) => {
                let value = self.graph[value].name.clone();
                let inferred = ops::display(&fact.shape().unwrap_or_default());
                self.shapes.refused = Some(BindingError::Shape { value, stated: ops::display(&stated), inferred });
                fact.clone()
            }
            Some(stated) => fact.completed_by(&Fact::of_shape(None, &stated)),
            None => fact.clone(),
        };
        let Some(declared) = &self.graph[value].declared else { return fact };
        let declared: Vec<ShapeDim> = declared
            .iter()
            .map(|dim| match dim {
                Dim::Fixed(size) => ShapeDim::Known(*size),
                Dim::Named(name) => self.bound.names.size(name).map_or(ShapeDim::Unknown, ShapeDim::Known),
                Dim::Unknown => ShapeDim::Unknown,
            })
            .collect();
        if !differ(&fact, &declared) {
            return fact.completed_by(&Fact::of_shape(None, &declared));
        }
        self.conflicts.insert(value);
        if self.conflicts.len() <= MAX_WARNINGS {
            self.shapes.warn(format!(
                "value `{}` is declared as {} but inferred as {}; the inferred shape is used",
                self.graph[value].name,
                ops::display(&declared),
                ops::display(&fact.shape().unwrap_or_default()),
            ));
        }
        fact
    }

    fn infer_types(&mut self, node: &Node) {
        let inputs: Vec<_> =
            node.inputs.iter().map(|input| input.and_then(|value| self.shapes.types[value.0])).collect();
        for (number, output) in node.outputs.iter().enumerate() {
            let Some(output) = output else { continue };
            if let Some(dtype) = ops::output_type(node, number, &InputTypes(&inputs)) {
                self.shapes.types[output.0] = Some(dtype);
            }
        }
    }
}

/// Whether a shape is another one than was inferred.
fn differ(fact: &Fact, dims: &[ShapeDim]) -> bool {
    let differs = |(inferred, other): (&ShapeDim, &ShapeDim)| match (inferred, other) {
        (ShapeDim::Known(a), ShapeDim::Known(b)) => a != b,
        _ => false,
    };
    fact.shape().is_some_and(|inferred| inferred.len() != dims.len() || inferred.iter().zip(dims).any(differs))
}

fn is_incomplete(node: &Node, facts: &[Fact]) -> bool {
    node.outputs
        .iter()
        .zip(facts)
        .any(|(output, fact)| output.is_some() && fact.shape().is_none_or(|dims| dims.contains(&ShapeDim::Unknown)))
}

fn complete(facts: &mut [Fact], further: Vec<Fact>) {
    for (fact, further) in facts.iter_mut().zip(further) {
        *fact = if fact.shape().is_none() { further } else { fact.completed_by(&further) };
    }
}

fn display_dim(dim: &ShapeDim) -> String {
    if let ShapeDim::Known(size) = dim { size.to_string() } else { "?".into() }
}
