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

use super::node_shapes::{Dims, NodeShapes};
use super::operator::{Family, TypeRule, microsoft, onnx};

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "normalisations and embeddings",
    operators: &[
        onnx("BatchNormalization").same_shape(),
        onnx("GroupNormalization").same_shape(),
        onnx("InstanceNormalization").same_shape(),
        onnx("LayerNormalization").same_shape(),
        onnx("LpNormalization").same_shape(),
        onnx("LRN").same_shape(),
        onnx("MeanVarianceNormalization").same_shape(),
        onnx("RMSNormalization").same_shape(),
        onnx("RotaryEmbedding").same_shape(),
        microsoft("EmbedLayerNormalization").shape(embedded).dtype(TypeRule::Same(2)),
        microsoft("GroupNorm").same_shape(),
        microsoft("QEmbedLayerNormalization"),
        microsoft("RotaryEmbedding").same_shape(),
        microsoft("SimplifiedLayerNormalization").same_shape(),
        microsoft("SkipGroupNorm").same_shape(),
        microsoft("SkipLayerNormalization").same_shapes(&[0, 3]),
        microsoft("SkipSimplifiedLayerNormalization").same_shapes(&[0, 3]),
    ],
};

/// Token numbers `[batch, length]` become rows of the word embedding.
fn embedded(inputs: &NodeShapes) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    dims.push(*inputs.dims(2)?.get(1)?);
    Some(dims)
}
