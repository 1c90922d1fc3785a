//! Normalisations, and the embeddings that transformers begin with.
//!
//! * <https://onnx.ai/onnx/operators/onnx__BatchNormalization.html>: the running mean and variance are outputs of training only.
//! * <https://onnx.ai/onnx/operators/onnx__LayerNormalization.html> (opset 17),
//!   <https://onnx.ai/onnx/operators/onnx__GroupNormalization.html> (18),
//!   <https://onnx.ai/onnx/operators/onnx__RMSNormalization.html>,
//!   <https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html> (23).
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: `SkipLayerNormalization` and
//!   `SkipSimplifiedLayerNormalization` also return the sum that they normalise, as output 3. onnxruntime registers
//!   `SimplifiedLayerNormalization` in ONNX's own domain.

use super::node_shapes::{Dims, NodeShapes, ShapeDim, axis};
use super::operator::{Family, InputTypes, OperatorSet, TypeRule, microsoft, onnx, row, stated_type};
use crate::onnx::graph::Node;
use crate::onnx::proto::tensor_proto::DataType;

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "normalisations and embeddings",
    operators: &[
        onnx("BatchNormalization").shapes(per_channel_behind),
        onnx("GroupNormalization").same_shape(),
        onnx("InstanceNormalization").same_shape(),
        onnx("LayerNormalization").shapes(reduced_behind).dtype(TypeRule::Of(type_of_statistics)),
        onnx("LpNormalization").same_shape(),
        onnx("LRN").same_shape(),
        onnx("MeanVarianceNormalization").same_shape(),
        onnx("RMSNormalization").same_shape(),
        onnx("RotaryEmbedding").same_shape(),
        onnx("SimplifiedLayerNormalization").shapes(reduced_behind).dtype(TypeRule::Of(type_of_statistics)),
        microsoft("BranchwiseRMSNorm").same_shape(),
        microsoft("EmbedLayerNormalization").shapes(embedded).dtype(TypeRule::Of(type_of_embedded)),
        microsoft("EngramGate").same_shape(),
        microsoft("GatedRMSNorm").same_shape(),
        microsoft("GemmaRotaryEmbedding").shapes(|inputs, output| inputs.dims(if output == 0 { 1 } else { 3 })),
        microsoft("GroupNorm").same_shape(),
        microsoft("MRotaryEmbedding").same_shape(),
        microsoft("QEmbedLayerNormalization")
            .shapes(embedded)
            .dtype(TypeRule::Of(|_, output, inputs| if output == 1 { Some(DataType::Int32) } else { inputs.get(8) })),
        microsoft("RMSNormRotary").declared(),
        microsoft("RotaryEmbedding").same_shape(),
        microsoft("SimplifiedLayerNormalization").shapes(reduced_behind).dtype(TypeRule::Of(type_of_statistics)),
        microsoft("SkipGroupNorm").same_shapes(&[0, 1]),
        microsoft("SkipLayerNormalization").shapes(skipped),
        microsoft("SkipSimplifiedLayerNormalization").shapes(skipped),
        row(OperatorSet::ChannelsLast, "BatchNormalization").shapes(per_channel_behind),
        row(OperatorSet::ChannelsLast, "InstanceNormalization").same_shape(),
        row(OperatorSet::ChannelsLast, "LRN").same_shape(),
        row(OperatorSet::QonnxChannelsLast, "BatchNormalization").same_shape(),
    ],
};

/// BatchNormalization: the running mean and variance, and those of the batch, have one element a channel.
fn per_channel_behind(inputs: &NodeShapes, output: usize) -> Option<Dims> {
    if output == 0 { inputs.dims(0) } else { inputs.dims(3).or_else(|| inputs.dims(1)) }
}

/// LayerNormalization: mean and deviation keep the dimensions before `axis`, the others become 1.
fn reduced_behind(inputs: &NodeShapes, output: usize) -> Option<Dims> {
    reduced_from(inputs, output, inputs.node.int("axis").unwrap_or(-1))
}

fn reduced_from(inputs: &NodeShapes, output: usize, first: i64) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    if output > 0 {
        let first = axis(first, dims.len())?;
        dims[first..].fill(ShapeDim::Known(1));
    }
    Some(dims)
}

/// SkipLayerNormalization: mean and deviation of every row, and as output 3 the sum that it normalises.
fn skipped(inputs: &NodeShapes, output: usize) -> Option<Dims> {
    reduced_from(inputs, if output == 3 { 0 } else { output }, -1)
}

/// Mean and deviation have the type that the attribute `stash_type` states.
fn type_of_statistics(node: &Node, output: usize, inputs: &InputTypes) -> Option<DataType> {
    if output == 0 { inputs.get(0) } else { stated_type(node, "stash_type").or(Some(DataType::Float)) }
}

/// The mask's lengths are integers, all else has the type of the embeddings.
fn type_of_embedded(_: &Node, output: usize, inputs: &InputTypes) -> Option<DataType> {
    if output == 1 { Some(DataType::Int32) } else { inputs.get(2) }
}

/// Token numbers `[batch, length]` become rows of the word embedding; output 1 has one length for each sequence.
fn embedded(inputs: &NodeShapes, output: usize) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    if output == 1 {
        return Some(vec![*dims.first()?]);
    }
    dims.push(*inputs.dims(2)?.get(1)?);
    Some(dims)
}
