//! Gathering, scattering and searching elements.
//!
//! * <https://onnx.ai/onnx/operators/onnx__GatherND.html>: `batch_dims` since opset 12.
//! * <https://onnx.ai/onnx/operators/onnx__Compress.html>, <https://onnx.ai/onnx/operators/onnx__OneHot.html>,
//!   <https://onnx.ai/onnx/operators/onnx__NonZero.html> (opset 9), <https://onnx.ai/onnx/operators/onnx__Unique.html> (11),
//!   <https://onnx.ai/onnx/operators/onnx__TensorScatter.html> (24).
//! * <https://onnx.ai/onnx/operators/onnx__Scatter.html>: `ScatterElements` since opset 11.
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: `GatherBlockQuantized` takes packed rows.

use super::node_shapes::{Dims, NodeShapes, ShapeDim, axis, sizes};
use super::operator::{Family, TypeRule, microsoft, onnx, stated_type};
use super::reduce::values_then_indices;
use crate::onnx::graph::Domain;
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
        onnx("OneHot").shape(one_hot).evaluated().sizes_from(0).dtype(TypeRule::Same(2)),
        onnx("Scatter"),
        onnx("ScatterElements").same_shape().evaluated(),
        onnx("ScatterND").same_shape().evaluated(),
        onnx("TensorScatter").same_shape(),
        onnx("Unique").shapes(unique).dtype(TypeRule::Of(values_then_indices)),
        microsoft("GatherBlockQuantized").shape(gathered_blocks).dtype(TypeRule::Same(2)),
        microsoft("GatherND").shape(gathered_slices),
        microsoft("GatherPacked")
            .shape(|inputs| {
                let mut dims = inputs.dims(1)?;
                dims.push(ShapeDim::Known(u64::try_from(inputs.node.int("K")?).ok()?));
                Some(dims)
            })
            .dtype(TypeRule::Of(|node, _, _| stated_type(node, "output_dtype").or(Some(DataType::Bfloat16)))),
        microsoft("TorchEmbedding").shape(|inputs| {
            let mut dims = inputs.dims(1)?;
            dims.push(*inputs.dims(0)?.get(1)?);
            Some(dims)
        }),
        microsoft("Unique").shapes(unique).dtype(TypeRule::Of(values_then_indices)),
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

/// Unique: as many elements (slices along an axis) as differ; output 2 says of each element which one it is.
fn unique(inputs: &NodeShapes, output: usize) -> Option<Dims> {
    let dims = inputs.dims(0)?;
    let place = match inputs.node.int("axis") {
        Some(place) => Some(axis(place, dims.len())?),
        None => None,
    };
    // com.microsoft.Unique makes no list of first places.
    let is_inverse = output == if inputs.node.domain == Domain::Microsoft { 1 } else { 2 };
    let count = place.is_none().then(|| inputs.ints(0)).flatten().map(|mut values| {
        values.sort_unstable();
        values.dedup();
        values.len() as u64
    });
    let count = count.map_or(ShapeDim::Unknown, ShapeDim::Known);
    match (output, place) {
        (0, Some(place)) => {
            let mut dims = dims;
            dims[place] = ShapeDim::Unknown;
            Some(dims)
        }
        (_, Some(place)) if is_inverse => Some(vec![dims[place]]),
        (_, None) if is_inverse => {
            let elements = sizes(&dims).and_then(|sizes| sizes.into_iter().try_fold(1u64, u64::checked_mul));
            Some(vec![elements.map_or(ShapeDim::Unknown, ShapeDim::Known)])
        }
        _ => Some(vec![count]),
    }
}

/// GatherND: slices of input 0 behind the dimensions that the last dimension of the indices names.
fn gathered_slices(inputs: &NodeShapes) -> Option<Dims> {
    let (data, mut dims) = (inputs.dims(0)?, inputs.dims(1)?);
    let ShapeDim::Known(named) = dims.pop()? else { return None };
    dims.extend_from_slice(data.get(usize::try_from(named).ok()?..)?);
    Some(dims)
}

/// OneHot: a new axis as long as the depth says.
fn one_hot(inputs: &NodeShapes) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    let depth = match inputs.ints(1).as_deref() {
        Some([depth]) => u64::try_from(*depth).map_or(ShapeDim::Unknown, ShapeDim::Known),
        _ => ShapeDim::Unknown,
    };
    dims.insert(axis(inputs.node.int("axis").unwrap_or(-1), dims.len() + 1)?, depth);
    Some(dims)
}
