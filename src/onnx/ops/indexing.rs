//! Gathering, scattering and searching elements.
//!
//! * <https://onnx.ai/onnx/operators/onnx__GatherND.html>: `batch_dims` since opset 12.
//! * <https://onnx.ai/onnx/operators/onnx__Compress.html>, <https://onnx.ai/onnx/operators/onnx__OneHot.html>,
//!   <https://onnx.ai/onnx/operators/onnx__NonZero.html> (opset 9), <https://onnx.ai/onnx/operators/onnx__Unique.html> (11),
//!   <https://onnx.ai/onnx/operators/onnx__TensorScatter.html> (24).
//! * <https://onnx.ai/onnx/operators/onnx__Scatter.html>: `ScatterElements` since opset 11.
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: `GatherBlockQuantized` takes packed rows.

use super::node_shapes::{Dims, NodeShapes, ShapeDim, axis};
use super::operator::{Family, TypeRule, microsoft, onnx};
use super::reduce::values_then_indices;
use crate::onnx::proto::tensor_proto::DataType;

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "gathering, scattering, searching",
    operators: &[
        onnx("Compress").shape(compressed).evaluated(),
        onnx("Gather").evaluated(),
        onnx("GatherElements").evaluated(),
        onnx("GatherND").evaluated(),
        onnx("NonMaxSuppression").dtype(TypeRule::Always(DataType::Int64)),
        onnx("NonZero").evaluated().dtype(TypeRule::Always(DataType::Int64)),
        onnx("OneHot").evaluated().sizes_from(0).dtype(TypeRule::Same(2)),
        onnx("Scatter"),
        onnx("ScatterElements").same_shape().evaluated(),
        onnx("ScatterND").same_shape().evaluated(),
        onnx("TensorScatter").same_shape(),
        onnx("Unique").dtype(TypeRule::Of(values_then_indices)),
        microsoft("GatherBlockQuantized").shape(gathered_blocks).dtype(TypeRule::Same(2)),
        microsoft("GatherND"),
        microsoft("Unique").dtype(TypeRule::Of(values_then_indices)),
    ],
};

/// GatherBlockQuantized: Gather of packed rows, `8 / bits` values a byte in the last dimension.
fn gathered_blocks(inputs: &NodeShapes) -> Option<Dims> {
    let data = inputs.dims(0)?;
    let place = axis(inputs.node.int("gather_axis").unwrap_or(0), data.len())?;
    let packed = inputs.dtype(0) == Some(DataType::Uint8);
    let per_byte = if packed {
        8 / u64::try_from(inputs.node.int("bits").unwrap_or(4)).ok().filter(|bits| *bits > 0)?
    } else {
        1
    };
    let mut dims: Dims =
        data[..place].iter().copied().chain(inputs.dims(1)?).chain(data[place + 1..].iter().copied()).collect();
    if let (Some(ShapeDim::Known(last)), true) = (dims.last_mut(), place + 1 < data.len()) {
        *last = last.checked_mul(per_byte)?;
    }
    Some(dims)
}

/// Compress along an axis by a condition that is known.
fn compressed(inputs: &NodeShapes) -> Option<Dims> {
    let kept = inputs.ints(1)?.iter().filter(|value| **value != 0).count() as u64;
    let Some(place) = inputs.node.int("axis") else { return Some(vec![ShapeDim::Known(kept)]) };
    let mut dims = inputs.dims(0)?;
    let place = axis(place, dims.len())?;
    dims[place] = ShapeDim::Known(kept);
    Some(dims)
}
