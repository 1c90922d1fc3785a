//! From the products of every node to layers: names, bits, parameters, and how much of the network they are.
//!
//! What an operator multiplies and accumulates stands in its row of the table (`ops/`).

mod bits;
mod layer_names;
mod not_lowered;
mod parameters;
mod space_to_batch;
mod unknown;

use std::collections::BTreeSet;

use super::bindings::{Bound, BoundDim};
use super::dataflow::{self, LoweredLayer};
use super::error::{ImportError, NodeError};
use super::graph::{Graph, Node, NodeId};
use super::ops::{self, NodeShapes, Operand, Product, WorkError};
use super::shapes::{Causes, Shapes, Visit};
use super::{Weights, zeros};
use crate::names::UniqueNames;
use crate::workload::{Bits, Formats, Layer, LayerDensities, Network, NotLowered, Number, Operation, UnknownLayer};
use layer_names::module_path;
use parameters::Parameters;
pub(super) use space_to_batch::{SpelledOut, join};
use unknown::Unknown;

/// Lowers every node of the graph, or says of every node why it cannot be.
pub(super) fn lower(
    graph: &Graph,
    shapes: &Shapes,
    spelled_out: &SpelledOut,
    bound: &Bound,
    name: &str,
    weights: &Weights,
) -> Result<Network, ImportError> {
    let mut lowering = Lowering {
        graph,
        shapes,
        spelled_out,
        bound,
        names: UniqueNames::default(),
        layers: Vec::new(),
        lowered: Vec::new(),
        unknown: Vec::new(),
        not_lowered: Vec::new(),
        errors: Vec::new(),
        hints: BTreeSet::new(),
        causes: None,
        parameters: Parameters::new(graph),
        uncounted: Some(0),
    };
    if let Some(refused) = &shapes.refused {
        return Err(refused.clone().into());
    }
    for id in graph.walk() {
        lowering.node(id);
    }
    if !lowering.errors.is_empty() {
        return Err(ImportError::Nodes(lowering.errors, lowering.hints.into_iter().collect()));
    }
    lowering.finish(name, weights)
}

struct Lowering<'g> {
    graph: &'g Graph,
    shapes: &'g Shapes,
    spelled_out: &'g SpelledOut,
    bound: &'g Bound,
    names: UniqueNames,
    layers: Vec<Layer>,
    /// Where each layer comes from.
    lowered: Vec<LoweredLayer>,
    unknown: Vec<UnknownLayer>,
    not_lowered: Vec<NotLowered>,
    errors: Vec<NodeError>,
    hints: BTreeSet<String>,
    /// Why shapes are not known; found when first asked for.
    causes: Option<Causes>,
    parameters: Parameters,
    /// Multiply-accumulates of nodes that are not layers; `None` when some are not known.
    uncounted: Option<u64>,
}

impl Lowering<'_> {
    fn node(&mut self, id: NodeId) {
        let node = &self.graph[id];
        let executions = match self.shapes.visit(id) {
            Visit::Runs(u64::MAX) if ops::has_products(node) => {
                return self.error(node, "its number of executions overflows 64 bits".into());
            }
            Visit::Runs(times) => *times,
            Visit::Never(why) => return self.skip(node, format!("it never runs: {why}"), Some(0)),
        };
        let dilated = self.spelled_out.convolutions.get(&id);
        let work = match dilated {
            Some((work, _)) => Some(Ok(work.clone())),
            None => ops::work(&NodeShapes { node, values: self.shapes }),
        };
        let Some(work) = work else {
            let (reason, macs) = not_lowered::reason(node);
            return self.skip(node, reason, macs);
        };
        match work {
            Ok(work) => {
                let mut products = work.products.into_iter();
                if let Some(problem) = products.find_map(|product| self.layer(id, product, executions).err()) {
                    self.error(node, problem);
                    return;
                }
                for part in dilated.iter().flat_map(|(_, parts)| parts) {
                    let reason = format!("part of the dilated convolution `{}`", node.name);
                    self.skip(&self.graph[*part], reason, Some(0));
                }
                for bias in work.biases.iter().filter_map(|bias| node.input(*bias)) {
                    self.parameters.bias(self.graph, self.shapes, bias);
                }
            }
            Err(WorkError::NoLayer { reason, macs }) => {
                let macs = macs.and_then(|macs| macs.checked_mul(executions));
                self.skip(node, reason, macs);
            }
            Err(WorkError::Invalid(problem)) => self.error(node, problem),
            Err(WorkError::Unknown(input)) => self.unknown(id, input),
        }
    }

    fn skip(&mut self, node: &Node, reason: String, macs: Option<u64>) {
        self.uncounted = self.uncounted.zip(macs).and_then(|(sum, macs)| sum.checked_add(macs));
        self.not_lowered.push(NotLowered { node: node.name.clone(), op: node.display_op(), reason });
    }

    fn error(&mut self, node: &Node, message: String) {
        self.errors.push(NodeError { node: node.name.clone(), op: node.display_op(), message });
    }

    fn layer(&mut self, id: NodeId, product: Product, executions: u64) -> Result<(), String> {
        let node = &self.graph[id];
        let overflow = || "its multiply-accumulates overflow 64 bits".to_owned();
        let macs = product.operation.macs().ok_or_else(overflow)?;
        let macs_not_on_padding = product.operation.macs_not_on_padding().ok_or_else(overflow)?;
        let executions = executions.checked_mul(product.times).ok_or_else(overflow)?;
        let weight = match product.weight.0 {
            Operand::Input(index) => node.input(index),
            Operand::Output(_) | Operand::Part(_) | Operand::Result(_) => None,
        };
        if let Some(value) = weight {
            let elements =
                product.weight.1.iter().try_fold(1u64, |sum, size| sum.checked_mul(*size)).ok_or_else(overflow)?;
            let elements = product.parameters.unwrap_or(elements);
            self.parameters.weight(self.graph, value, elements, product.weight_place);
        }
        if let (Operation::MatMul(matmul), Operand::Output(_)) = (&product.operation, product.output.0) {
            self.parameters.added_bias(self.graph, self.shapes, node, matmul.n);
        }
        let is_convolution = matches!(product.operation, Operation::Convolution(_));
        let root = weight.map(|value| bits::root(self.graph, value));
        let is_computed = root.is_some_and(|root| self.graph[root].producer.is_some());
        let weight_name = root.map(|root| match layer_names::computed_from(self.graph, root) {
            Some(parameter) => parameter,
            None => self.graph[root].name.as_str(),
        });
        // What the exporter recorded for a folded convolution is the BatchNorm behind it; weights that are computed are not
        // folded.
        let recorded = node.module.as_deref().filter(|_| !is_convolution || is_computed);
        let mut name = module_path(weight_name, &node.name, recorded);
        if !product.part.is_empty() {
            name = format!("{name}.{}", product.part);
        }
        let input = product.input_number.unwrap_or_else(|| self.number(node, product.input.0));
        let weight = product.weight_number.unwrap_or_else(|| self.number(node, product.weight.0));
        let output = self.number(node, product.output.0);
        let recognized_as = self.spelled_out.convolutions.get(&id).map(|_| space_to_batch::RECOGNIZED_AS.to_owned());
        self.lowered.push(LoweredLayer {
            node: id,
            part: product.part,
            input: product.input.0,
            weight: product.weight.0,
            output: product.output.0,
            further: product.further,
        });
        self.layers.push(Layer {
            name: self.names.claim(&name),
            node: node.name.clone(),
            op: node.display_op(),
            operation: product.operation,
            input: product.input.1,
            weight: product.weight.1,
            output: product.output.1,
            bits: Bits { input: input.bits, weight: weight.bits, output: output.bits },
            formats: Formats { input: input.format, weight: weight.format, output: output.format },
            densities: LayerDensities::default(),
            macs,
            macs_not_on_padding,
            executions,
            recognized_as,
            note: self.shapes.note(id).map(str::to_owned),
        });
        // Its work may be missing or doubled.
        if self.shapes.note(id).is_some() {
            self.uncounted = None;
        }
        Ok(())
    }

    fn number(&self, node: &Node, operand: Operand) -> Number {
        let value = match operand {
            Operand::Input(index) => return bits::read(self.graph, self.shapes, node.input(index)),
            Operand::Output(index) => node.output(index),
            // The node's own working type: that of its output, or of its input where the output has no type.
            Operand::Part(_) | Operand::Result(_) => {
                let of_output = node.output(0).and_then(|value| self.shapes.dtype(value));
                return of_output
                    .and_then(super::dtype::number)
                    .unwrap_or_else(|| bits::read(self.graph, self.shapes, node.input(0)));
            }
        };
        bits::written(self.graph, self.shapes, value)
    }

    /// Records that the shape of an operand is not known: an error where the user must state something or the network
    /// contradicts itself, else a layer of which nothing else is known.
    fn unknown(&mut self, id: NodeId, input: usize) {
        let node = &self.graph[id];
        let Some(value) = node.input(input) else { return self.error(node, format!("input {input} is missing")) };
        let causes = self.causes.get_or_insert_with(|| Causes::find(self.graph, self.shapes, self.bound));
        match unknown::explain(self.graph, self.shapes, self.bound, causes, (input, value), &mut self.hints) {
            Unknown::Error(problem) => self.error(node, problem),
            Unknown::Contradiction(id, problem) => {
                let node = &self.graph[id];
                // Many layers may depend on it.
                if !self.errors.iter().any(|error| error.node == node.name && error.message == problem) {
                    self.error(node, problem);
                }
            }
            Unknown::Data(reason) => {
                let weight = node.input(1).map(|value| self.graph[bits::root(self.graph, value)].name.as_str());
                let name = module_path(weight, &node.name, node.module.as_deref());
                let (name, op) = (self.names.claim(&name), node.display_op());
                self.unknown.push(UnknownLayer { name, node: node.name.clone(), op, reason });
                self.uncounted = None;
            }
        }
    }

    fn finish(mut self, name: &str, weights: &Weights) -> Result<Network, ImportError> {
        let overflow = || ImportError::Graph("the network's totals overflow 64 bits".into());
        let (macs, macs_not_on_padding) = Network::totals(&self.layers).ok_or_else(overflow)?;
        #[expect(clippy::cast_precision_loss, reason = "a share, for people")]
        let mac_coverage = self.uncounted.map(|uncounted| match uncounted {
            0 => 1.0,
            uncounted => macs as f64 / (macs as f64 + uncounted as f64),
        });
        let inputs = self.bound.inputs.iter().map(|(value, dims)| {
            let dims = dims.iter().flatten().map(|dim| match dim {
                BoundDim::Known(size) => Some(*size),
                BoundDim::Open(_) => None,
            });
            (self.graph[*value].name.clone(), dims.collect())
        });
        let data = self.bound.inputs.iter().map(|(value, _)| *value);
        let data = data.filter(|value| !self.parameters.contains(*value));
        let mut warnings: Vec<String> =
            self.shapes.warnings.iter().chain(&self.spelled_out.warnings).cloned().collect();
        if let Weights::Counted { folder } = weights {
            let folder = folder.clone();
            warnings.extend(zeros::measure(self.graph, self.shapes, folder, &self.lowered, &mut self.layers)?);
        }
        let graph = dataflow::build(self.graph, self.shapes, data, &self.layers, &self.lowered);
        Ok(Network {
            graph,
            name: name.to_owned(),
            inputs: inputs.collect(),
            macs,
            macs_not_on_padding,
            mac_coverage,
            parameters: self.parameters.total().ok_or_else(overflow)?,
            layers: self.layers,
            unknown_layers: self.unknown,
            not_lowered: self.not_lowered,
            warnings,
        })
    }
}
