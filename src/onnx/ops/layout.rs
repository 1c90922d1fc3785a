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

use super::elements::Elements;
use super::node_shapes::{Dims, NodeShapes, ShapeDim, axis, channels_to_last, channels_to_second, places, sizes};
use super::operator::{Family, OperatorSet, TypeRule, microsoft, onnx, row};
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
        onnx("Slice").shape(sliced).computes(elements_of_slice).sizes_from(1).misread(is_sliced_here).moves(),
        onnx("SpaceToDepth"),
        onnx("Split").evaluated(),
        onnx("Squeeze").shape(squeezed).evaluated().axes_from(1).misread(squeezes_all).moves(),
        onnx("Tile").evaluated().takes_empty().sizes_from(1),
        onnx("Transpose").evaluated().moves(),
        onnx("Trilu").same_shape(),
        onnx("Unsqueeze").evaluated().axes_from(1).moves(),
        onnx("DynamicSlice").declared(),
        microsoft("ExpandDims").shape(expanded),
        microsoft("Pad").shape(padded),
        microsoft("RemovePadding").shapes(without_padding),
        microsoft("RestorePadding").shape(|inputs| {
            let mut dims = inputs.dims(1)?;
            dims.push(*inputs.dims(0)?.get(1)?);
            Some(dims)
        }),
        microsoft("Trilu").same_shape(),
        microsoft("UnfoldTensor").shape(unfolded),
        row(OperatorSet::Blocked, "ReorderInput")
            .shape(|inputs| {
                let mut dims = inputs.dims(0)?;
                if inputs.node.flag("channels_last") {
                    channels_to_second(&mut dims);
                }
                Some(dims)
            })
            .moves(),
        row(OperatorSet::Blocked, "ReorderOutput").shape(unblocked).moves(),
        row(OperatorSet::ChannelsLast, "DepthToSpace").shape(|inputs| blocks_to_space(inputs, true)),
        row(OperatorSet::ChannelsLast, "SpaceToDepth").shape(|inputs| space_to_blocks(inputs, true)),
    ],
};

/// tract knows no Squeeze of all axes before opset 13.
fn squeezes_all(inputs: &NodeShapes) -> bool {
    inputs.node.opset < 13 && inputs.node.ints("axes").is_none()
}

/// tract stops a slice of negative step short where it begins before the first element, and cuts places to 32 bits. Where all
/// operands are known, the slice is computed here.
fn is_sliced_here(inputs: &NodeShapes) -> bool {
    inputs.ints(1).is_some() && inputs.ints(2).is_some() && inputs.dims(0).is_some()
}

fn squeezed(inputs: &NodeShapes) -> Option<Dims> {
    let dims = inputs.dims(0)?;
    if inputs.node.ints("axes").is_some() || inputs.node.input(1).is_some() {
        return None;
    }
    sizes(&dims)?;
    Some(dims.into_iter().filter(|dim| *dim != ShapeDim::Known(1)).collect())
}

/// One axis of a slice.
struct Cut {
    axis: usize,
    /// First element.
    start: i128,
    step: i128,
    /// Number of elements.
    count: u64,
}

/// Slice with constant operands (opset 10 on): starts and ends are clamped to the dimension, as numpy does. Axes of unknown size
/// stay as they are.
fn cuts(inputs: &NodeShapes, dims: &[ShapeDim]) -> Option<Vec<Cut>> {
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
    let mut cuts = Vec::with_capacity(axes.len());
    for (number, axis) in axes.into_iter().enumerate() {
        let ShapeDim::Known(size) = *dims.get(axis)? else { continue };
        let (size, step) = (i128::from(size), i128::from(steps[number]));
        let from_front = |place: i64| if place < 0 { i128::from(place) + size } else { i128::from(place) };
        let (start, count) = match step {
            0 => return None,
            1.. => {
                let start = from_front(starts[number]).clamp(0, size);
                (start, (from_front(ends[number]).clamp(0, size) - start + step - 1) / step)
            }
            _ => {
                let start = from_front(starts[number]).clamp(0, (size - 1).max(0));
                (start, (start - from_front(ends[number]).clamp(-1, (size - 1).max(-1)) - step - 1) / -step)
            }
        };
        cuts.push(Cut { axis, start, step, count: u64::try_from(count.max(0)).ok()? });
    }
    Some(cuts)
}

fn sliced(inputs: &NodeShapes) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    for Cut { axis, count, .. } in cuts(inputs, &dims)? {
        dims[axis] = ShapeDim::Known(count);
    }
    Some(dims)
}

fn elements_of_slice(inputs: &NodeShapes) -> Option<Elements> {
    Elements::read(inputs, 0)?.picked(|dims| {
        let known: Dims = dims.iter().copied().map(ShapeDim::Known).collect();
        let mut taken: Vec<Vec<u64>> = dims.iter().map(|size| (0..*size).collect()).collect();
        for Cut { axis, start, step, count } in cuts(inputs, &known)? {
            let place = |number: u64| u64::try_from(start + step * i128::from(number)).ok();
            taken[axis] = (0..count).map(place).collect::<Option<_>>()?;
        }
        Some(taken)
    })
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

/// ExpandDims: a new dimension of 1 at the axis that input 1 names.
fn expanded(inputs: &NodeShapes) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    let place = axis(*inputs.ints(1)?.first()?, dims.len() + 1)?;
    dims.insert(place, ShapeDim::Known(1));
    Some(dims)
}

/// UnfoldTensor: all slices of `size` elements along an axis, `step` apart, as a new last dimension.
fn unfolded(inputs: &NodeShapes) -> Option<Dims> {
    let node = inputs.node;
    let mut dims = inputs.dims(0)?;
    let place = axis(node.int("dim").unwrap_or(-1), dims.len())?;
    let size = node.int("size").and_then(|size| u64::try_from(size).ok())?;
    let step = node.int("step").map_or(Some(1), |step| u64::try_from(step).ok().filter(|step| *step > 0))?;
    if let ShapeDim::Known(length) = dims[place] {
        dims[place] = ShapeDim::Known(length.checked_sub(size)? / step + 1);
    }
    dims.push(ShapeDim::Known(size));
    Some(dims)
}

/// RemovePadding: the tokens, which depend on data, their offsets, the lengths summed up, and the longest one.
fn without_padding(inputs: &NodeShapes, output: usize) -> Option<Dims> {
    let dims = inputs.dims(0)?;
    match output {
        0 => Some(vec![ShapeDim::Unknown, *dims.get(2)?]),
        1 => Some(dims.get(..2)?.to_vec()),
        2 => match dims.first()? {
            ShapeDim::Known(batch) => Some(vec![ShapeDim::Known(batch.checked_add(1)?)]),
            ShapeDim::Unknown => Some(vec![ShapeDim::Unknown]),
        },
        _ => Some(vec![ShapeDim::Known(1)]),
    }
}

/// ReorderOutput: the true channels, second or last.
fn unblocked(inputs: &NodeShapes) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    let channels = inputs.node.int("channels").and_then(|channels| u64::try_from(channels).ok())?;
    *dims.get_mut(1)? = ShapeDim::Known(channels);
    if inputs.node.flag("channels_last") {
        channels_to_last(&mut dims);
    }
    Some(dims)
}

/// SpaceToDepth: blocks of the last two axes become channels.
fn space_to_blocks(inputs: &NodeShapes, channels_last: bool) -> Option<Dims> {
    in_blocks(inputs, channels_last, |channels, size, block| {
        Some((channels.checked_mul(block.checked_mul(block)?)?, size / block))
    })
}

/// DepthToSpace: channels become blocks of the last two axes.
fn blocks_to_space(inputs: &NodeShapes, channels_last: bool) -> Option<Dims> {
    in_blocks(inputs, channels_last, |channels, size, block| {
        Some((channels / block.checked_mul(block)?, size.checked_mul(block)?))
    })
}

/// Four dimensions whose channels and sizes change by a block size.
fn in_blocks(
    inputs: &NodeShapes,
    channels_last: bool,
    changed: impl Fn(u64, u64, u64) -> Option<(u64, u64)>,
) -> Option<Dims> {
    let block = inputs.node.int("blocksize").and_then(|block| u64::try_from(block).ok()).filter(|block| *block > 0)?;
    let mut dims = sizes(&inputs.dims(0)?)?;
    if channels_last {
        channels_to_second(&mut dims);
    }
    let &[batch, channels, height, width] = dims.as_slice() else { return None };
    let (made, height) = changed(channels, height, block)?;
    let (_, width) = changed(channels, width, block)?;
    let mut dims = [batch, made, height, width].map(ShapeDim::Known).to_vec();
    if channels_last {
        channels_to_last(&mut dims);
    }
    Some(dims)
}
