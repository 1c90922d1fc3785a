//! Pooling, and its inverse.
//!
//! * <https://onnx.ai/onnx/operators/onnx__MaxPool.html>: `ceil_mode` and `dilations` since opset 10; output 1 holds indices.
//! * <https://onnx.ai/onnx/operators/onnx__AveragePool.html>: `ceil_mode` since opset 10, `dilations` since 19.
//! * <https://onnx.ai/onnx/operators/onnx__LpPool.html>: both since opset 18.
//! * <https://onnx.ai/onnx/operators/onnx__MaxUnpool.html> (opset 9).
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: `QLinearAveragePool`,
//!   `QLinearGlobalAveragePool` (channels last by attribute), `NhwcMaxPool` (always).

use super::node_shapes::{Dims, NodeShapes, ShapeDim, channels_to_last, channels_to_second, known, stated_sizes};
use super::operator::{Family, OperatorSet, TypeRule, microsoft, onnx, row};
use super::reduce::values_then_indices;

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "pooling",
    operators: &[
        onnx("AveragePool").shape(|inputs| pooled(inputs, false)),
        onnx("GlobalAveragePool"),
        onnx("GlobalLpPool"),
        onnx("GlobalMaxPool"),
        onnx("LpPool").shape(|inputs| pooled(inputs, false)),
        onnx("MaxPool").shapes(|inputs, _| pooled(inputs, false)).dtype(TypeRule::Of(values_then_indices)),
        onnx("MaxUnpool").shape(|inputs| unpooled(inputs, false)),
        microsoft("MaxpoolWithMask").shape(|inputs| pooled(inputs, false)),
        microsoft("NhwcMaxPool").shape(|inputs| pooled(inputs, true)),
        microsoft("QLinearAveragePool").shape(|inputs| pooled(inputs, inputs.node.flag("channels_last"))),
        microsoft("QLinearGlobalAveragePool").shape(|inputs| pooled_away(inputs, inputs.node.flag("channels_last"))),
        row(OperatorSet::Blocked, "AveragePool").shape(|inputs| pooled(inputs, false)),
        row(OperatorSet::Blocked, "GlobalAveragePool").shape(|inputs| pooled_away(inputs, false)),
        row(OperatorSet::Blocked, "GlobalMaxPool").shape(|inputs| pooled_away(inputs, false)),
        row(OperatorSet::Blocked, "MaxPool").shape(|inputs| pooled(inputs, false)),
        row(OperatorSet::ChannelsLast, "AveragePool").shape(|inputs| pooled(inputs, true)),
        row(OperatorSet::ChannelsLast, "GlobalAveragePool").shape(|inputs| pooled_away(inputs, true)),
        row(OperatorSet::ChannelsLast, "GlobalLpPool").shape(|inputs| pooled_away(inputs, true)),
        row(OperatorSet::ChannelsLast, "GlobalMaxPool").shape(|inputs| pooled_away(inputs, true)),
        row(OperatorSet::ChannelsLast, "LpPool").shape(|inputs| pooled(inputs, true)),
        row(OperatorSet::ChannelsLast, "MaxPool")
            .shapes(|inputs, _| pooled(inputs, true))
            .dtype(TypeRule::Of(values_then_indices)),
        row(OperatorSet::ChannelsLast, "MaxUnpool").shape(|inputs| unpooled(inputs, true)),
        row(OperatorSet::ChannelsLast, "QLinearAveragePool").shape(|inputs| pooled(inputs, true)),
        row(OperatorSet::QonnxChannelsLast, "AveragePool").shape(|inputs| pooled(inputs, true)),
        row(OperatorSet::QonnxChannelsLast, "MaxPool").shape(|inputs| pooled(inputs, true)),
    ],
};

fn pooled_away(inputs: &NodeShapes, channels_last: bool) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    let rank = dims.len();
    let spatial = if channels_last { 1..rank.checked_sub(1)? } else { 2..rank };
    for dim in dims.get_mut(spatial)? {
        *dim = ShapeDim::Known(1);
    }
    Some(dims)
}

/// MaxPool, AveragePool, LpPool: the windows of a convolution, `ceil_mode` rounding up.
fn pooled(inputs: &NodeShapes, channels_last: bool) -> Option<Dims> {
    let node = inputs.node;
    let mut dims = inputs.dims(0)?;
    let spatial = dims.len().checked_sub(2)?;
    if channels_last {
        channels_to_second(&mut dims);
    }
    let kernel = node.ints("kernel_shape").filter(|kernel| kernel.iter().all(|taps| *taps > 0))?;
    let list = |name: &str, default: i64, count: usize| {
        node.ints(name).filter(|values| values.len() == count).map_or_else(|| vec![default; count], <[i64]>::to_vec)
    };
    let (strides, dilations) = (list("strides", 1, spatial), list("dilations", 1, spatial));
    let pads = list("pads", 0, 2 * spatial);
    for spatial_axis in 0..spatial {
        let ShapeDim::Known(size) = dims[spatial_axis + 2] else { continue };
        let (size, stride) = (i64::try_from(size).ok()?, *strides.get(spatial_axis).filter(|stride| **stride > 0)?);
        let extent = kernel.get(spatial_axis)?.checked_sub(1)?.checked_mul(dilations[spatial_axis])?.checked_add(1)?;
        let output = match node.text("auto_pad") {
            Some("SAME_UPPER" | "SAME_LOWER") => size.checked_add(stride - 1)? / stride,
            Some("VALID") => size.checked_sub(extent)?.div_euclid(stride).checked_add(1)?,
            _ => {
                let padded = size.checked_add(pads[spatial_axis])?.checked_add(pads[spatial_axis + spatial])?;
                let room = padded.checked_sub(extent)?;
                let mut output = room.div_euclid(stride).checked_add(1)?;
                // Rounded up, unless the last window would begin in the padding behind the inputs.
                if node.flag("ceil_mode")
                    && room.rem_euclid(stride) != 0
                    && output.checked_mul(stride)? < size.checked_add(pads[spatial_axis])?
                {
                    output += 1;
                }
                output
            }
        };
        dims[spatial_axis + 2] = ShapeDim::Known(u64::try_from(output).ok()?);
    }
    if channels_last {
        channels_to_last(&mut dims);
    }
    Some(dims)
}

/// MaxUnpool: the shape that input 2 states; only without that input does it follow from the window.
fn unpooled(inputs: &NodeShapes, channels_last: bool) -> Option<Dims> {
    let node = inputs.node;
    if node.input(2).is_some() {
        return match inputs.ints(2) {
            Some(shape) => Some(known(stated_sizes(&shape)?)),
            None => Some(vec![ShapeDim::Unknown; inputs.dims(0)?.len()]),
        };
    }
    let mut dims = inputs.dims(0)?;
    if channels_last {
        channels_to_second(&mut dims);
    }
    let spatial = dims.len().checked_sub(2)?;
    let kernel = node.ints("kernel_shape").filter(|kernel| kernel.len() == spatial)?;
    let pads = node.ints("pads").map_or_else(|| vec![0; 2 * spatial], <[i64]>::to_vec);
    for (spatial_axis, kernel) in kernel.iter().enumerate() {
        let ShapeDim::Known(size) = dims[spatial_axis + 2] else { return None };
        let stride = node.ints("strides").map_or(Some(1), |strides| strides.get(spatial_axis).copied())?;
        let spread = i64::try_from(size).ok()?.checked_sub(1)?.checked_mul(stride)?.checked_add(*kernel)?;
        let output = spread.checked_sub(*pads.get(spatial_axis)?)?.checked_sub(*pads.get(spatial_axis + spatial)?)?;
        dims[spatial_axis + 2] = ShapeDim::Known(u64::try_from(output).ok()?);
    }
    if channels_last {
        channels_to_last(&mut dims);
    }
    Some(dims)
}
