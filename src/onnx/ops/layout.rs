//! Operators that move, view, cut and join tensors.
//!
//! * <https://onnx.ai/onnx/operators/onnx__Reshape.html>: the shape is an input since opset 5.
//! * <https://onnx.ai/onnx/operators/onnx__Squeeze.html>, <https://onnx.ai/onnx/operators/onnx__Unsqueeze.html>: the axes are an
//!   input since opset 13.
//! * <https://onnx.ai/onnx/operators/onnx__Slice.html>: starts, ends, axes and steps are inputs since opset 10.
//! * <https://onnx.ai/onnx/operators/onnx__Pad.html>: the pads are an input since opset 11; axes, input 3, since 18.
//! * <https://onnx.ai/onnx/operators/onnx__Split.html>: the sizes are an input since opset 13; `num_outputs` since 18.
//! * <https://onnx.ai/onnx/operators/onnx__Tile.html>: repeats for every axis since opset 6.
//! * <https://onnx.ai/onnx/operators/onnx__Expand.html>: opset 8.

use super::node_shapes::{Dims, NodeShapes, ShapeDim, places, sizes};
use super::operator::{Family, TypeRule, microsoft, onnx};
use crate::onnx::proto::tensor_proto::DataType;

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "views, cuts and joins",
    operators: &[
        onnx("Concat").evaluated().takes_empty().moves(),
        onnx("DepthToSpace"),
        onnx("Expand").evaluated().takes_empty().sizes_from(1).moves(),
        onnx("Flatten").evaluated().moves(),
        onnx("Identity").same_shape().evaluated().takes_empty().moves(),
        onnx("Pad").shape(padded).evaluated().sizes_from(1).misread(|inputs| inputs.node.input(3).is_some()),
        onnx("Reshape").evaluated().takes_empty().sizes_from(1).moves(),
        onnx("ReverseSequence").same_shape(),
        onnx("Shape").evaluated().dtype(TypeRule::Always(DataType::Int64)),
        onnx("Size").evaluated().dtype(TypeRule::Always(DataType::Int64)),
        onnx("Slice").shape(sliced).evaluated().sizes_from(1).misread(slices_backwards).moves(),
        onnx("SpaceToDepth"),
        onnx("Split").evaluated(),
        onnx("Squeeze").shape(squeezed).evaluated().axes_from(1).misread(squeezes_all).moves(),
        onnx("Tile").evaluated().takes_empty().sizes_from(1),
        onnx("Transpose").evaluated().moves(),
        onnx("Trilu").same_shape(),
        onnx("Unsqueeze").evaluated().axes_from(1).moves(),
        microsoft("ExpandDims"),
        microsoft("Pad").shape(padded),
        microsoft("Trilu").same_shape(),
    ],
};

/// tract knows no Squeeze of all axes before opset 13.
fn squeezes_all(inputs: &NodeShapes) -> bool {
    inputs.node.opset < 13 && inputs.node.ints("axes").is_none()
}

/// tract stops a slice of negative step short where it begins before the first element. Elements that are known it slices
/// correctly.
fn slices_backwards(inputs: &NodeShapes) -> bool {
    inputs.ints(0).is_none() && inputs.ints(4).is_some_and(|steps| steps.iter().any(|step| *step < 0))
}

fn squeezed(inputs: &NodeShapes) -> Option<Dims> {
    let dims = inputs.dims(0)?;
    if inputs.node.ints("axes").is_some() || inputs.node.input(1).is_some() {
        return None;
    }
    sizes(&dims)?;
    Some(dims.into_iter().filter(|dim| *dim != ShapeDim::Known(1)).collect())
}

/// Slice with constant operands (opset 10 on): starts and ends are clamped to the dimension, as numpy does.
fn sliced(inputs: &NodeShapes) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    let (starts, ends) = (inputs.ints(1)?, inputs.ints(2)?);
    let axes: Vec<usize> = match inputs.ints(3) {
        Some(axes) => places(&axes, dims.len())?,
        None if inputs.node.input(3).is_some() => return None,
        None => (0..starts.len()).collect(),
    };
    let steps = match inputs.ints(4) {
        Some(steps) => steps,
        None if inputs.node.input(4).is_some() => return None,
        None => vec![1; axes.len()],
    };
    if [starts.len(), ends.len(), steps.len()].iter().any(|length| *length != axes.len()) {
        return None;
    }
    for (number, axis) in axes.into_iter().enumerate() {
        let ShapeDim::Known(size) = *dims.get(axis)? else { continue };
        let (size, step) = (i128::from(size), i128::from(steps[number]));
        let from_front = |place: i64| if place < 0 { i128::from(place) + size } else { i128::from(place) };
        let count = match step {
            0 => return None,
            1.. => {
                (from_front(ends[number]).clamp(0, size) - from_front(starts[number]).clamp(0, size) + step - 1) / step
            }
            _ => {
                let (start, end) =
                    (from_front(starts[number]).clamp(0, size - 1), from_front(ends[number]).clamp(-1, size - 1));
                (start - end - step - 1) / -step
            }
        };
        dims[axis] = ShapeDim::Known(u64::try_from(count.max(0)).ok()?);
    }
    Some(dims)
}

/// Pad with its pads as an operand, over all axes or those that another operand names.
fn padded(inputs: &NodeShapes) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    let pads = match inputs.node.ints("pads") {
        Some(pads) => pads.to_vec(),
        None => inputs.ints(1)?,
    };
    let axes: Vec<usize> = match inputs.ints(3) {
        Some(axes) => places(&axes, dims.len())?,
        None if inputs.node.input(3).is_some() => return None,
        None => (0..dims.len()).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return None;
    }
    for (number, axis) in axes.iter().enumerate() {
        if let ShapeDim::Known(size) = dims[*axis] {
            let sum = i64::try_from(size).ok()?.checked_add(pads[number])?.checked_add(pads[number + axes.len()])?;
            dims[*axis] = ShapeDim::Known(u64::try_from(sum).ok()?);
        }
    }
    Some(dims)
}
