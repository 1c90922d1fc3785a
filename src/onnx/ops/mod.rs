//! The table of operators: one row each, in the file of its family.
//!
//! A row says of an operator who defines it, what it multiplies and accumulates (or that it does not), the shapes and element
//! types of its outputs where tract does not tell them, and what tract may be asked. All that other folders know of an
//! operator they read from its row; `docs/operators.md` is printed from the rows.
//!
//! To add an operator, add its row to the file of its family (a new family is a file and a line in [`FAMILIES`]), a test with
//! sizes worked out by hand to `tests/it/onnx/operators/`, and print the document anew:
//! `UPDATE=1 cargo test --test it operators`.

mod attention;
mod contradictions;
mod control_flow;
mod conv;
mod document;
mod einsum;
mod elementwise;
mod generate;
mod image;
mod indexing;
mod layout;
mod matmul;
mod node_shapes;
mod normalization;
mod operator;
mod pooling;
mod quantize;
mod recurrent;
mod reduce;
mod sequence;
mod signal;
mod work;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::graph::{Domain, Node};
use super::proto::tensor_proto::DataType;
pub(super) use contradictions::contradiction;
pub(super) use document::markdown;
pub(super) use node_shapes::{Dims, KnownValues, NodeShapes, ShapeDim, axis, known, sizes};
pub(super) use operator::{DataFlow, Family, InputTypes, Macs, Operator, OperatorSet, ShapeRule, SizeInputs, TypeRule};
pub(super) use work::{Operand, Product, Work, WorkError};

/// The table, family by family.
pub(super) const FAMILIES: &[Family] = &[
    conv::FAMILY,
    matmul::FAMILY,
    einsum::FAMILY,
    attention::FAMILY,
    recurrent::FAMILY,
    elementwise::ARITHMETIC,
    elementwise::LOGIC,
    elementwise::CASTS,
    elementwise::ACTIVATIONS,
    normalization::FAMILY,
    pooling::FAMILY,
    reduce::FAMILY,
    quantize::FAMILY,
    layout::FAMILY,
    indexing::FAMILY,
    generate::FAMILY,
    image::FAMILY,
    signal::FAMILY,
    sequence::SEQUENCES,
    sequence::TEXTS,
    sequence::LOSSES,
    control_flow::FAMILY,
];

/// The rows of one name.
#[derive(Clone, Copy, Default)]
struct Rows {
    onnx: Option<&'static Operator>,
    microsoft: Option<&'static Operator>,
}

static BY_NAME: LazyLock<HashMap<&str, Rows>> = LazyLock::new(|| {
    let mut by_name: HashMap<&str, Rows> = HashMap::new();
    for operator in FAMILIES.iter().flat_map(|family| family.operators) {
        let rows = by_name.entry(operator.name).or_default();
        match operator.set {
            OperatorSet::Onnx => rows.onnx = Some(operator),
            OperatorSet::Microsoft => rows.microsoft = Some(operator),
        }
    }
    by_name
});

/// The row of a node's operator.
pub(super) fn find(node: &Node) -> Option<&'static Operator> {
    let rows = BY_NAME.get(node.op.as_str())?;
    match node.domain {
        Domain::Onnx => rows.onnx,
        Domain::Microsoft => rows.microsoft,
        Domain::Other(_) => None,
    }
}

/// The row of a node's operator, or that of the same name in another domain: runtimes register some operators where they do
/// not belong (onnxruntime `SimplifiedLayerNormalization` as ONNX's own). Shapes and types follow from the name, but work is
/// counted for operators in their own domain alone.
pub(super) fn find_by_name(node: &Node) -> Option<&'static Operator> {
    let rows = BY_NAME.get(node.op.as_str())?;
    match node.domain {
        Domain::Onnx => rows.onnx.or(rows.microsoft),
        Domain::Microsoft | Domain::Other(_) => rows.microsoft.or(rows.onnx),
    }
}

/// Whether a node's operator has convolutions or matrix products.
pub(super) fn has_products(node: &Node) -> bool {
    matches!(find(node), Some(Operator { macs: Macs::Products(_), .. }))
}

/// The products of a node and the shapes of its outputs; `None` for operators without products.
pub(super) fn work(inputs: &NodeShapes) -> Option<Result<Work, WorkError>> {
    match find(inputs.node)?.macs {
        Macs::Products(derive) => Some(derive(inputs)),
        Macs::None | Macs::NotModelled | Macs::InBodies => None,
    }
}

/// The shapes of a node's outputs, as far as the table tells; may be shorter than the outputs.
pub(super) fn output_shapes(inputs: &NodeShapes) -> Vec<Option<Dims>> {
    if let Some(work) = work(inputs) {
        let outputs = work.map(|work| work.outputs).unwrap_or_default();
        return outputs.into_iter().map(|shape| shape.map(known)).collect();
    }
    if matches!(inputs.node.domain, Domain::Other(_)) {
        return Vec::new();
    }
    match find_by_name(inputs.node).map(|operator| operator.shape) {
        Some(ShapeRule::Same { input, outputs }) => {
            let dims = inputs.dims(input);
            let last = outputs.iter().max().copied().unwrap_or(0);
            (0..=last).map(|output| if outputs.contains(&output) { dims.clone() } else { None }).collect()
        }
        Some(ShapeRule::First(rule)) => vec![rule(inputs)],
        Some(ShapeRule::Tract) | None => Vec::new(),
    }
}

/// The element type of a node's output, as far as its operator fixes it. Operators without a row pass on the type of their
/// first input.
pub(super) fn output_type(node: &Node, output: usize, inputs: &InputTypes) -> Option<DataType> {
    match find_by_name(node).map_or(TypeRule::Same(0), |operator| operator.dtype) {
        TypeRule::Same(input) => inputs.get(input),
        TypeRule::Always(dtype) => Some(dtype),
        TypeRule::Of(rule) => rule(node, output, inputs),
        TypeRule::Stated => None,
    }
}

/// Whether tract reads a node as its domain defines it, and its answer is of use. tract knows names, not domains. Where the
/// shape stays, tract need not be asked, except of operators with whose elements shapes are computed.
pub(super) fn may_ask_tract(inputs: &NodeShapes) -> bool {
    inputs.node.domain == Domain::Onnx
        && find_by_name(inputs.node).is_none_or(|operator| {
            let stays = matches!(operator.shape, ShapeRule::Same { .. });
            (!stays || operator.evaluated) && !(operator.misread)(inputs)
        })
}

/// What a node's operator does to the elements that it passes on.
pub(super) fn data_flow(node: &Node) -> DataFlow {
    find_by_name(node).map_or(DataFlow::Computes, |operator| operator.data_flow)
}
