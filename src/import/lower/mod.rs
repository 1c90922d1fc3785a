//! From shapes to layers: one file per operator family, and here what they share: names, bits, parameters, coverage.

mod attention;
mod bits;
mod conv;
mod einsum;
mod known;
mod matmul;
mod recurrent;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use super::bindings::{Bound, BoundDim};
use super::error::{ImportError, NodeError};
use super::graph::{Domain, Graph, Node, NodeId, ValueId};
use super::names::{UniqueNames, module_path};
use super::shapes::{Shapes, Visit};
use crate::workload::{Bits, Layer, Network, NotLowered};
use work::{Operand, Product};
pub(super) use work::{Operands, Work, WorkError};

/// Reads the products of a node of one family.
type Family = fn(&Operands) -> Result<Work, WorkError>;

/// The family of a node: what reads its products. `None` for operators without any.
fn family(node: &Node) -> Option<Family> {
    Some(match (&node.domain, node.op.as_str()) {
        (Domain::Onnx, "Conv" | "ConvInteger" | "QLinearConv" | "DeformConv")
        | (Domain::Microsoft, "FusedConv" | "NhwcFusedConv" | "QLinearConv") => conv::convolution,
        (Domain::Onnx, "ConvTranspose") => conv::transposed,
        (Domain::Onnx, "Gemm") | (Domain::Microsoft, "FusedGemm" | "QGemm") => matmul::gemm,
        (Domain::Onnx, "MatMul" | "MatMulInteger" | "QLinearMatMul")
        | (
            Domain::Microsoft,
            "FusedMatMul" | "TransposeMatMul" | "DynamicQuantizeMatMul" | "MatMulIntegerToFloat" | "QLinearMatMul",
        ) => matmul::matmul,
        (Domain::Microsoft, "MatMulNBits" | "MatMulBnb4") => matmul::packed,
        (Domain::Onnx, "Einsum") => einsum::einsum,
        (Domain::Onnx, "Attention") => attention::onnx,
        (Domain::Microsoft, "Attention" | "QAttention") => attention::packed,
        (Domain::Microsoft, "MultiHeadAttention") => attention::multi_head,
        (Domain::Microsoft, "GroupQueryAttention") => attention::group_query,
        (Domain::Onnx, "LSTM" | "GRU" | "RNN") | (Domain::Microsoft, "DynamicQuantizeLSTM") => recurrent::recurrent,
        _ => return None,
    })
}

/// Whether a node is of a family that has products.
pub(super) fn is_workload(node: &Node) -> bool {
    family(node).is_some()
}

/// The products of a node and the shapes of its outputs; `None` for operators without products.
pub(super) fn work(operands: &Operands) -> Option<Result<Work, WorkError>> {
    family(operands.node).map(|read| read(operands))
}

/// Lowers every node of the graph, or says of every node why it cannot be.
pub(super) fn lower(graph: &Graph, shapes: &Shapes, bound: &Bound, name: &str) -> Result<Network, ImportError> {
    let mut lowering = Lowering {
        graph,
        shapes,
        bound,
        names: UniqueNames::default(),
        layers: Vec::new(),
        not_lowered: Vec::new(),
        errors: Vec::new(),
        hints: BTreeSet::new(),
        warnings: shapes.warnings.clone(),
        parameters: BTreeMap::new(),
        uncounted: Some(0),
    };
    for id in graph.walk() {
        lowering.node(id);
    }
    if !lowering.errors.is_empty() {
        return Err(ImportError::Nodes(lowering.errors, lowering.hints.into_iter().collect()));
    }
    lowering.finish(name)
}

struct Lowering<'g> {
    graph: &'g Graph,
    shapes: &'g Shapes,
    bound: &'g Bound,
    names: UniqueNames,
    layers: Vec<Layer>,
    not_lowered: Vec<NotLowered>,
    errors: Vec<NodeError>,
    hints: BTreeSet<String>,
    warnings: Vec<String>,
    /// Elements of every parameter tensor.
    parameters: BTreeMap<ValueId, u64>,
    /// Multiply-accumulates of nodes that are no layers; `None` when some are not known.
    uncounted: Option<u64>,
}

impl Lowering<'_> {
    fn node(&mut self, id: NodeId) {
        let node = &self.graph[id];
        let executions = match self.shapes.visit(id) {
            Visit::Runs(times) => *times,
            Visit::Never(why) => return self.skip(node, format!("it never runs: {why}"), Some(0)),
        };
        let shape = |index: usize| node.input(index).and_then(|value| self.shapes.shape(value));
        let ints = |index: usize| node.input(index).and_then(|value| self.shapes.ints(value));
        let Some(outcome) = work(&Operands { node, shape: &shape, ints: &ints }) else {
            let (reason, none) = known::reason(node);
            return self.skip(node, reason, none.then_some(0));
        };
        match outcome {
            Ok(work) => {
                self.compare_outputs(node, &work);
                let mut work_of = work.products.into_iter();
                if let Some(problem) = work_of.find_map(|product| self.layer(node, product, executions).err()) {
                    self.error(node, problem);
                    return;
                }
                for &bias in work.biases {
                    let elements = shape(bias).map(|dims| dims.iter().product());
                    if let (Some(value), Some(elements)) = (node.input(bias), elements) {
                        self.parameter(value, elements, false);
                    }
                }
            }
            Err(WorkError::NoLayer { reason, macs }) => {
                let macs = macs.and_then(|macs| macs.checked_mul(executions));
                self.skip(node, reason, macs);
            }
            Err(WorkError::Invalid(problem)) => self.error(node, problem),
            Err(WorkError::Unknown(input)) => {
                let problem = self.unknown(node, input);
                self.error(node, problem);
            }
        }
    }

    fn skip(&mut self, node: &Node, reason: String, macs: Option<u64>) {
        self.uncounted = self.uncounted.zip(macs).and_then(|(sum, macs)| sum.checked_add(macs));
        self.not_lowered.push(NotLowered { node: node.name.clone(), op: node.display_op(), reason });
    }

    fn error(&mut self, node: &Node, message: String) {
        self.errors.push(NodeError { node: node.name.clone(), op: node.display_op(), message });
    }

    /// The shape that the operator's definition gives is what counts; another one elsewhere is worth a word.
    fn compare_outputs(&mut self, node: &Node, work: &Work) {
        for (output, own) in node.outputs.iter().zip(&work.outputs) {
            let (Some(output), Some(own)) = (output, own) else { continue };
            if let Some(inferred) = self.shapes.shape(*output)
                && inferred != *own
            {
                self.warnings.push(format!(
                    "node `{}` ({}): its output is {own:?} by its attributes but {inferred:?} by shape inference or declaration; \
                     the former is used",
                    node.name,
                    node.display_op(),
                ));
            }
        }
    }

    fn layer(&mut self, node: &Node, product: Product, executions: u64) -> Result<(), String> {
        let overflow = || "its multiply-accumulates overflow 64 bits".to_owned();
        let macs = product.operation.macs().ok_or_else(overflow)?;
        let macs_not_on_padding = product.operation.macs_not_on_padding().ok_or_else(overflow)?;
        let executions = executions.checked_mul(product.times).ok_or_else(overflow)?;
        let root = self.static_root(node, product.weight.0);
        if let Some((value, _)) = root {
            self.parameter(value, product.weight.1.iter().product(), true);
        }
        let weight_name = root.map(|(value, _)| self.graph[value].name.as_str());
        let mut name = module_path(weight_name, &node.name, node.module.as_deref());
        if !product.part.is_empty() {
            name = format!("{name}.{}", product.part);
        }
        let bits = Bits {
            input: product.input_bits.unwrap_or_else(|| self.bits(node, product.input.0)),
            weight: product.weight_bits.unwrap_or_else(|| self.bits(node, product.weight.0)),
            output: self.bits(node, product.output.0),
        };
        self.layers.push(Layer {
            name: self.names.claim(&name),
            node: node.name.clone(),
            op: node.op.clone(),
            operation: product.operation,
            input: product.input.1,
            weight: product.weight.1,
            output: product.output.1,
            bits,
            macs,
            macs_not_on_padding,
            executions,
        });
        Ok(())
    }

    fn bits(&self, node: &Node, operand: Operand) -> u32 {
        let value = match operand {
            Operand::Input(index) => return bits::read(self.graph, self.shapes, node.input(index)),
            Operand::Output(index) => node.output(index),
            // Of the node's own working type: that of its output, or of its input where that has none.
            Operand::Internal => {
                let of_output = node.output(0).and_then(|value| self.shapes.dtype(value));
                return of_output
                    .and_then(super::dtype::bits)
                    .unwrap_or_else(|| bits::read(self.graph, self.shapes, node.input(0)));
            }
        };
        bits::written(self.graph, self.shapes, value)
    }

    /// The constant or graph input that an operand comes from, if nothing is computed on the way; and whether it is a
    /// constant.
    fn static_root(&self, node: &Node, operand: Operand) -> Option<(ValueId, bool)> {
        let Operand::Input(index) = operand else { return None };
        let root = bits::root(self.graph, node.input(index)?);
        let value = &self.graph[root];
        if value.tensor.is_some() {
            return Some((root, true));
        }
        let is_input = self.graph.root.inputs.contains(&root);
        // A graph input is a weight where an operator has a place for weights only.
        (is_input && !matches!(node.op.as_str(), "MatMul" | "Einsum" | "Attention")).then_some((root, false))
    }

    fn parameter(&mut self, value: ValueId, elements: u64, is_weight: bool) {
        let root = bits::root(self.graph, value);
        let is_static = self.graph[root].tensor.is_some() || self.graph.root.inputs.contains(&root);
        if is_weight || is_static {
            self.parameters.insert(root, elements);
        }
    }

    /// Why an input's shape is not known, in words, and what would help, as hints.
    fn unknown(&mut self, node: &Node, input: usize) -> String {
        let Some(value) = node.input(input) else { return format!("input {input} is missing") };
        let causes = self.shapes.causes(self.graph, self.bound, value);
        if !causes.open.is_empty() {
            let open: Vec<_> = causes.open.iter().map(|index| &self.bound.open[*index]).collect();
            for dim in &open {
                self.hints.insert(format!("bind {} with {}", dim.label, dim.flag));
            }
            let labels: Vec<&str> = open.iter().map(|dim| dim.label.as_str()).collect();
            let verb = if labels.len() == 1 { "which is" } else { "which are" };
            return format!("the shape depends on {}, {verb} not bound", labels.join(", "));
        }
        let mut reasons = Vec::new();
        for input in &causes.unshaped_inputs {
            reasons.push(format!("input `{input}` has no shape"));
            self.hints.insert(format!("state its shape, as in --input-shape {input}=1,3,224,224"));
        }
        for (name, op, reason) in causes.nodes.iter().take(3) {
            reasons.push(format!("node `{name}` ({op}): {reason}"));
        }
        if !causes.nodes.is_empty() {
            self.hints.insert(
                "a shape that cannot be inferred can be declared in the file's value_info (onnx.shape_inference, or your \
                 runtime's symbolic shape inference)"
                    .into(),
            );
        }
        let why = if reasons.is_empty() { "nothing in the file tells it".into() } else { reasons.join("; ") };
        format!("the shape of its input {input} (`{}`) is not known: {why}", self.graph[value].name)
    }

    fn finish(self, name: &str) -> Result<Network, ImportError> {
        let overflow = || ImportError::Graph("the network's multiply-accumulates overflow 64 bits".into());
        let total = |of: fn(&Layer) -> u64| {
            self.layers.iter().try_fold(0u64, |sum, layer| sum.checked_add(of(layer).checked_mul(layer.executions)?))
        };
        let macs = total(|layer| layer.macs).ok_or_else(overflow)?;
        let macs_not_on_padding = total(|layer| layer.macs_not_on_padding).ok_or_else(overflow)?;
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
        Ok(Network {
            name: name.to_owned(),
            inputs: inputs.collect(),
            macs,
            macs_not_on_padding,
            mac_coverage,
            parameters: self.parameters.values().fold(0, |sum, elements| elements.saturating_add(sum)),
            layers: self.layers,
            not_lowered: self.not_lowered,
            warnings: self.warnings,
        })
    }
}
