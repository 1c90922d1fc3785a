//! Convolutions, one to three spatial axes.
//!
//! * <https://onnx.ai/onnx/operators/onnx__Conv.html>: opset 22 only admits more types.
//! * <https://onnx.ai/onnx/operators/onnx__ConvTranspose.html>: the same; some exporters state batch and channels in
//!   `output_shape`, too.
//! * <https://onnx.ai/onnx/operators/onnx__ConvInteger.html>, <https://onnx.ai/onnx/operators/onnx__QLinearConv.html>
//!   (opset 10): weights are input 1 and input 3.
//! * <https://onnx.ai/onnx/operators/onnx__DeformConv.html> (opset 19): the bias is input 3, behind the offsets.
//! * <https://onnx.ai/onnx/operators/onnx__CausalConvWithState.html> (opset 27): no plain convolution, for it carries a state.
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: `NhwcConv` and `NhwcFusedConv` take and
//!   make channels last, `QLinearConv` where its attribute `channels_last` says so.

use super::node_shapes::NodeShapes;
use super::operator::{Family, TypeRule, microsoft, onnx};
use super::quantize::type_of_output_zero_point;
use super::work::{Product, Work, WorkError, empty, invalid};
use crate::onnx::graph::{Domain, Node};
use crate::onnx::proto::tensor_proto::DataType;
use crate::workload::{Axis, Convolution, Operation};

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "convolutions, 1-D to 3-D, grouped, depthwise",
    operators: &[
        onnx("Conv").products(convolution),
        onnx("ConvTranspose").products(transposed),
        onnx("ConvInteger").products(convolution).dtype(TypeRule::Always(DataType::Int32)),
        onnx("QLinearConv").products(convolution).dtype(TypeRule::Of(type_of_output_zero_point)),
        onnx("DeformConv").products(convolution),
        onnx("CausalConvWithState").not_modelled(),
        microsoft("FusedConv").products(convolution),
        microsoft("NhwcConv").products(convolution),
        microsoft("NhwcFusedConv").products(convolution),
        microsoft("QLinearConv").products(convolution).dtype(TypeRule::Of(type_of_output_zero_point)),
    ],
};

/// Where the operands stand and in which layout the activations are.
struct Form {
    weight: usize,
    biases: &'static [usize],
    channels_last: bool,
}

/// A convolution whose window slides over its input.
fn convolution(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let node = inputs.node;
    let form = match node.op.as_str() {
        "QLinearConv" => Form {
            weight: 3,
            biases: &[8],
            channels_last: node.domain == Domain::Microsoft && node.flag("channels_last"),
        },
        "ConvInteger" => Form { weight: 1, biases: &[], channels_last: false },
        "DeformConv" => Form { weight: 1, biases: &[3], channels_last: false },
        op => Form { weight: 1, biases: &[2], channels_last: matches!(op, "NhwcConv" | "NhwcFusedConv") },
    };
    let mut x = inputs.shape(0)?;
    let w = inputs.shape(form.weight)?;
    let (channels, spatial) = ranks(&mut x, &w, form.channels_last)?;
    let groups = inputs.count("group")?.unwrap_or(1);
    let (out_channels, in_per_group) = (w[0], w[1]);
    if in_per_group.checked_mul(groups) != Some(channels) {
        return invalid(format!(
            "its input has {channels} channels, its weights {w:?} with group {groups} take {in_per_group} x {groups}"
        ));
    }
    if !out_channels.is_multiple_of(groups) {
        return invalid(format!("its {out_channels} output channels are not divisible by group {groups}"));
    }
    let attributes = WindowAttributes::read(node, &w[2..])?;
    let mut window = Vec::with_capacity(spatial);
    for (number, &input) in x[2..].iter().enumerate() {
        let (kernel, stride, dilation) = attributes.axis(number);
        let pads = match attributes.auto_pad {
            AutoPad::NotSet => attributes.pads(number),
            AutoPad::Valid => (0, 0),
            AutoPad::SameUpper | AutoPad::SameLower => {
                // output = ceil(input / stride), and as much padding as that takes.
                let reach = i128::from(input.div_ceil(stride).saturating_sub(1)) * i128::from(stride)
                    + i128::from(dilation) * i128::from(kernel.saturating_sub(1))
                    + 1;
                attributes.auto_pad.split(reach - i128::from(input))?
            }
        };
        let axis = Axis::convolution(kernel, stride, dilation, pads, input);
        window.push(axis.map_err(|problem| WorkError::Invalid(problem.to_string()))?);
    }
    let convolution = Convolution {
        batch: x[0],
        groups,
        in_channels_per_group: in_per_group,
        out_channels_per_group: out_channels / groups,
        window,
        transposed: false,
    };
    finish(convolution, &form)
}

/// A convolution whose window slides over its output.
fn transposed(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let node = inputs.node;
    let form = Form { weight: 1, biases: &[2], channels_last: false };
    let mut x = inputs.shape(0)?;
    let w = inputs.shape(1)?;
    let (channels, spatial) = ranks(&mut x, &w, false)?;
    let groups = inputs.count("group")?.unwrap_or(1);
    if w[0] != channels {
        return invalid(format!("its input has {channels} channels, its weights {w:?} take {}", w[0]));
    }
    if !channels.is_multiple_of(groups) {
        return invalid(format!("its {channels} input channels are not divisible by group {groups}"));
    }
    let attributes = WindowAttributes::read(node, &w[2..])?;
    let extra = sizes(node, "output_padding", spatial, 0)?.unwrap_or_else(|| vec![0; spatial]);
    let wanted = match node.ints("output_shape") {
        // Some exporters state batch and channels too.
        Some(shape) if shape.len() == spatial + 2 => Some(checked_sizes("output_shape", &shape[2..], 1)?),
        Some(_) => sizes(node, "output_shape", spatial, 1)?,
        None => None,
    };
    let mut window = Vec::with_capacity(spatial);
    for (number, &input) in x[2..].iter().enumerate() {
        let (kernel, stride, dilation) = attributes.axis(number);
        let output = match (&wanted, attributes.auto_pad) {
            (Some(wanted), _) => Some(wanted[number]),
            (None, AutoPad::SameUpper | AutoPad::SameLower) => input.checked_mul(stride),
            (None, AutoPad::NotSet | AutoPad::Valid) => None,
        };
        let (pads, extra) = match (output, attributes.auto_pad) {
            (Some(output), auto_pad) => {
                let full = i128::from(stride) * i128::from(input.saturating_sub(1))
                    + i128::from(extra[number])
                    + i128::from(dilation) * i128::from(kernel.saturating_sub(1))
                    + 1;
                let total = full - i128::from(output);
                if total >= 0 {
                    // The operator's text: SAME_UPPER puts the odd element after, everything else before.
                    let split = if auto_pad == AutoPad::SameUpper { auto_pad } else { AutoPad::SameLower };
                    (split.split(total)?, extra[number])
                } else {
                    let more = u64::try_from(-total).map_err(|_| too_large())?;
                    ((0, 0), extra[number].checked_add(more).ok_or_else(too_large)?)
                }
            }
            (None, AutoPad::Valid) => ((0, 0), extra[number]),
            (None, _) => (attributes.pads(number), extra[number]),
        };
        let axis = Axis::transposed(kernel, stride, dilation, pads, extra, input);
        window.push(axis.map_err(|problem| WorkError::Invalid(problem.to_string()))?);
    }
    let convolution = Convolution {
        batch: x[0],
        groups,
        in_channels_per_group: channels / groups,
        out_channels_per_group: w[1],
        window,
        transposed: true,
    };
    finish(convolution, &form)
}

/// Checks the ranks and turns the input to channels second. The number of channels and of spatial axes.
fn ranks(x: &mut [u64], w: &[u64], channels_last: bool) -> Result<(u64, usize), WorkError> {
    if x.len() < 3 || x.len() != w.len() {
        return invalid(format!(
            "its input {x:?} and weights {w:?} do not fit a convolution: both need 3 or more dimensions"
        ));
    }
    let spatial = x.len() - 2;
    if spatial > 3 {
        return Err(WorkError::NoLayer {
            reason: format!("a convolution over {spatial} spatial axes has no Timeloop problem"),
            macs: None,
        });
    }
    if channels_last {
        x[1..].rotate_right(1);
    }
    if x.iter().chain(w).any(|size| *size == 0) {
        return empty();
    }
    Ok((x[1], spatial))
}

fn finish(convolution: Convolution, form: &Form) -> Result<Work, WorkError> {
    // Which its channels and shapes are factors of.
    convolution.macs().ok_or_else(|| WorkError::Invalid("its multiply-accumulates overflow 64 bits".into()))?;
    let (input, weight, output) = (convolution.input_shape(), convolution.weight_shape(), convolution.output_shape());
    let product = Product::only(Operation::Convolution(convolution), (0, input), (form.weight, weight), output.clone());
    let mut work = Work::only(product, form.biases);
    if form.channels_last {
        let mut stored = output;
        stored[1..].rotate_left(1);
        work.outputs = vec![Some(stored)];
    }
    Ok(work)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AutoPad {
    NotSet,
    Valid,
    SameUpper,
    SameLower,
}

impl AutoPad {
    fn read(node: &Node) -> Result<Self, WorkError> {
        match node.text("auto_pad") {
            None | Some("NOTSET" | "") => Ok(Self::NotSet),
            Some("VALID") => Ok(Self::Valid),
            Some("SAME_UPPER") => Ok(Self::SameUpper),
            Some("SAME_LOWER") => Ok(Self::SameLower),
            Some(unknown) => invalid(format!("attribute `auto_pad` is `{unknown}`")),
        }
    }

    /// Padding before and after; the odd element goes after, except for SAME_LOWER.
    fn split(self, total: i128) -> Result<(i64, i64), WorkError> {
        let total = i64::try_from(total.max(0)).map_err(|_| too_large())?;
        let (small, large) = (total / 2, total - total / 2);
        Ok(if self == Self::SameLower { (large, small) } else { (small, large) })
    }
}

fn too_large() -> WorkError {
    WorkError::Invalid("the sizes of the window overflow 64 bits".into())
}

/// The attributes that all convolutions have, converted from ONNX's parallel lists once.
struct WindowAttributes {
    kernel: Vec<u64>,
    strides: Vec<u64>,
    dilations: Vec<u64>,
    /// All begins, then all ends.
    pads: Vec<u64>,
    auto_pad: AutoPad,
}

impl WindowAttributes {
    fn read(node: &Node, kernel: &[u64]) -> Result<Self, WorkError> {
        let spatial = kernel.len();
        if let Some(stated) = sizes(node, "kernel_shape", spatial, 1)?
            && stated != kernel
        {
            return invalid(format!("attribute `kernel_shape` is {stated:?}, its weights have {kernel:?}"));
        }
        Ok(Self {
            kernel: kernel.to_vec(),
            strides: sizes(node, "strides", spatial, 1)?.unwrap_or_else(|| vec![1; spatial]),
            dilations: sizes(node, "dilations", spatial, 1)?.unwrap_or_else(|| vec![1; spatial]),
            pads: sizes(node, "pads", 2 * spatial, 0)?.unwrap_or_else(|| vec![0; 2 * spatial]),
            auto_pad: AutoPad::read(node)?,
        })
    }

    /// Kernel, stride and dilation of a spatial axis.
    fn axis(&self, number: usize) -> (u64, u64, u64) {
        (self.kernel[number], self.strides[number], self.dilations[number])
    }

    fn pads(&self, number: usize) -> (i64, i64) {
        // Read as sizes up to 2^31.
        let pad = |index: usize| self.pads[index].cast_signed();
        (pad(number), pad(number + self.kernel.len()))
    }
}

/// An attribute of `count` sizes, each from `min` to 2^31. An empty list is an absent one.
fn sizes(node: &Node, name: &str, count: usize, min: i64) -> Result<Option<Vec<u64>>, WorkError> {
    let Some(values) = node.ints(name).filter(|values| !values.is_empty()) else { return Ok(None) };
    if values.len() != count {
        return invalid(format!("attribute `{name}` has {} values; it must have {count} values", values.len()));
    }
    checked_sizes(name, values, min).map(Some)
}

fn checked_sizes(name: &str, values: &[i64], min: i64) -> Result<Vec<u64>, WorkError> {
    match values.iter().find(|value| !(min..=1 << 31).contains(*value)) {
        Some(value) => invalid(format!("attribute `{name}` holds {value}; it must be from {min} to 2^31")),
        None => Ok(values.iter().map(|value| value.unsigned_abs()).collect()),
    }
}
