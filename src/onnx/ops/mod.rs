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
mod elements;
mod elementwise;
mod experts;
mod generate;
mod image;
mod indexing;
mod layout;
mod learning;
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
mod stored_weights;
mod work;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::graph::{Domain, Node};
use super::proto::tensor_proto::DataType;
use crate::workload::Number;
pub(super) use contradictions::contradiction;
pub(super) use conv::has_weights_channels_last;
pub(super) use document::markdown;
pub(super) use elements::{Elements, Numbers};
pub(super) use node_shapes::{Dims, KnownValues, NodeShapes, ShapeDim, axis, display, known, sizes};
pub(super) use operator::{DataFlow, Family, InputTypes, Macs, Operator, OperatorSet, ShapeRule, SizeInputs, TypeRule};
pub(super) use stored_weights::{Packing, axis_of_sums, axis_of_zero_points, packing, pads_weights, zero_point};
pub(super) use work::{Operand, Product, Work, WorkError};

/// The table, family by family.
pub(super) const FAMILIES: &[Family] = &[
    conv::FAMILY,
    matmul::FAMILY,
    einsum::FAMILY,
    attention::FAMILY,
    experts::FAMILY,
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
    learning::CLASSICAL,
    learning::TRAINING,
];

static BY_NAME: LazyLock<HashMap<(OperatorSet, &str), &'static Operator>> = LazyLock::new(|| {
    let operators = FAMILIES.iter().flat_map(|family| family.operators);
    operators.map(|operator| ((operator.set, operator.name), operator)).collect()
});

/// The row of a node's operator.
pub(super) fn find(node: &Node) -> Option<&'static Operator> {
    row_of(OperatorSet::of(&node.domain)?, node)
}

fn row_of(set: OperatorSet, node: &Node) -> Option<&'static Operator> {
    BY_NAME.get(&(set, node.op.as_str())).copied()
}

/// The row of a node's operator, or that of the same name in another domain: files hold some operators where they do not
/// belong. Shapes and types follow from the name, but work is counted for operators in their own domain alone.
pub(super) fn find_by_name(node: &Node) -> Option<&'static Operator> {
    let or_else = match node.domain {
        Domain::Onnx => [OperatorSet::Onnx, OperatorSet::Microsoft],
        Domain::Microsoft | Domain::Other(_) => [OperatorSet::Microsoft, OperatorSet::Onnx],
    };
    find(node).or_else(|| or_else.into_iter().find_map(|set| row_of(set, node)))
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
    let operator = match inputs.node.domain {
        Domain::Onnx | Domain::Microsoft => find_by_name(inputs.node),
        Domain::Other(_) => find(inputs.node),
    };
    match operator.map(|operator| operator.shape) {
        Some(ShapeRule::Same { input, outputs }) => {
            let dims = inputs.dims(input);
            let last = outputs.iter().max().copied().unwrap_or(0);
            (0..=last).map(|output| if outputs.contains(&output) { dims.clone() } else { None }).collect()
        }
        Some(ShapeRule::First(rule)) => vec![rule(inputs)],
        Some(ShapeRule::Each(rule)) => (0..inputs.node.outputs.len()).map(|output| rule(inputs, output)).collect(),
        Some(ShapeRule::Tract | ShapeRule::Declared) | None => Vec::new(),
    }
}

/// The numbers that a quantiser leaves; `None` for other operators, and where its operands are not known.
pub(super) fn quantized_number(inputs: &NodeShapes) -> Option<Number> {
    find(inputs.node)?.quantized_number?(inputs)
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
            let stays = matches!(operator.shape, ShapeRule::Same { .. } | ShapeRule::Each(_) | ShapeRule::Declared);
            (!stays || operator.evaluated) && !(operator.misread)(inputs)
        })
}

/// The elements of a node's only output, where the table tells them.
pub(super) fn elements(inputs: &NodeShapes) -> Option<Elements> {
    (find(inputs.node)?.elements)(inputs)
}

/// What a node's operator does to the elements that it passes on.
pub(super) fn data_flow(node: &Node) -> DataFlow {
    find_by_name(node).map_or(DataFlow::Computes, |operator| operator.data_flow)
}
