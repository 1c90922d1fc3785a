//! Convolutions, one to three spatial axes.
//!
//! * <https://onnx.ai/onnx/operators/onnx__Conv.html>: opset 22 only admits more types.
//! * <https://onnx.ai/onnx/operators/onnx__ConvTranspose.html>: the same; some exporters state batch and channels in
//!   `output_shape`, too.
//! * <https://onnx.ai/onnx/operators/onnx__ConvInteger.html>, <https://onnx.ai/onnx/operators/onnx__QLinearConv.html>
//!   (opset 10): weights are input 1 and input 3.
//! * <https://onnx.ai/onnx/operators/onnx__DeformConv.html> (opset 19): the bias is input 3, behind the offsets.
//! * <https://onnx.ai/onnx/operators/onnx__CausalConvWithState.html> (opset 27): depthwise, and padded in front by the state
//!   of the step before; com.microsoft adds a dilation and channels last.
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: `NhwcConv` and `NhwcFusedConv` take and
//!   make channels last, `QLinearConv` where its attribute `channels_last` says so. Only `NhwcConv` stores its weights
//!   channels last, too. `ConvTransposeWithDynamicPads` takes its pads as input 2.
//! * com.microsoft.nchwc: channels lie in blocks, padded to whole ones in weights; [`KnownValues::channels`] are the true ones.
//! * com.ms.internal.nhwc: ONNX's convolutions with channels last; the weights keep ONNX's order.
//! * qonnx.custom_op.channels_last: activations and weights have channels last.
//!
//! [`KnownValues::channels`]: super::node_shapes::KnownValues::channels

use super::node_shapes::{NodeShapes, channels_to_last, channels_to_second};
use super::operator::{Family, OperatorSet, TypeRule, microsoft, onnx, row};
use super::quantize::type_of_output_zero_point;
use super::work::{Operand, Product, Work, WorkError, empty, invalid};
use crate::onnx::graph::Node;
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
        onnx("CausalConvWithState").products(causal),
        microsoft("CausalConvWithState").products(causal),
        microsoft("ConvTransposeWithDynamicPads").products(transposed),
        microsoft("FusedConv").products(convolution),
        microsoft("NhwcConv").products(convolution),
        microsoft("NhwcFusedConv").products(convolution),
        microsoft("QLinearConv").products(convolution).dtype(TypeRule::Of(type_of_output_zero_point)),
        microsoft("VarlenCausalConvWithState").not_modelled().shapes(|inputs, output| match output {
            0 => inputs.dims(0),
            1 => inputs.dims(4),
            _ => None,
        }),
        row(OperatorSet::Blocked, "Conv").products(blocked),
        row(OperatorSet::ChannelsLast, "Conv").products(convolution),
        row(OperatorSet::ChannelsLast, "ConvTranspose").products(transposed),
        row(OperatorSet::ChannelsLast, "QLinearConv")
            .products(convolution)
            .dtype(TypeRule::Of(type_of_output_zero_point)),
        row(OperatorSet::ChannelsLast, "QLinearConvTranspose")
            .products(transposed)
            .dtype(TypeRule::Of(type_of_output_zero_point)),
        row(OperatorSet::QonnxChannelsLast, "Conv").products(convolution),
    ],
};

/// Where the operands stand and in which layout they are.
struct Form {
    weight: usize,
    biases: &'static [usize],
    /// The activations have channels last.
    channels_last: bool,
    /// So have the weights: `[M, kernel.., C / group]`.
    weights_channels_last: bool,
}

impl Form {
    fn of(node: &Node) -> Self {
        let set = OperatorSet::of(&node.domain);
        let op = node.op.as_str();
        let (weight, biases): (usize, &[usize]) = match op {
            "QLinearConv" | "QLinearConvTranspose" => (3, &[8]),
            "ConvInteger" => (1, &[]),
            "DeformConv" | "ConvTransposeWithDynamicPads" => (1, &[3]),
            _ => (1, &[2]),
        };
        let channels_last = match set {
            Some(OperatorSet::ChannelsLast | OperatorSet::QonnxChannelsLast) => true,
            Some(OperatorSet::Microsoft) => match op {
                "QLinearConv" => node.flag("channels_last"),
                _ => matches!(op, "NhwcConv" | "NhwcFusedConv"),
            },
            _ => false,
        };
        let weights_channels_last = op == "NhwcConv" || set == Some(OperatorSet::QonnxChannelsLast);
        Self { weight, biases, channels_last, weights_channels_last }
    }

    /// The shape of the weights in ONNX's order.
    fn weights(&self, inputs: &NodeShapes) -> Result<Vec<u64>, WorkError> {
        let mut shape = inputs.shape(self.weight)?;
        if self.weights_channels_last {
            channels_to_second(&mut shape);
        }
        Ok(shape)
    }
}

/// Whether the weights of a convolution are stored with channels last.
pub(in crate::onnx) fn has_weights_channels_last(node: &Node) -> bool {
    Form::of(node).weights_channels_last
}

/// A convolution whose window slides over its input.
fn convolution(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let form = Form::of(inputs.node);
    let w = form.weights(inputs)?;
    let groups = inputs.count("group")?.unwrap_or(1);
    slid(inputs, &form, &w, groups)
}

/// A convolution on blocked channels. Its weights are padded to whole blocks; the channels that its input and output truly
/// have are those of the convolution that was optimised.
fn blocked(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let form = Form::of(inputs.node);
    let x = inputs.shape(0)?;
    let mut w = inputs.shape(1)?;
    let mut groups = inputs.count("group")?.unwrap_or(1);
    let (Some(&channels), true) = (x.get(1), w.len() > 1) else { return slid(inputs, &form, &w, groups) };
    let is_depthwise = groups > 1 && w[1] == 1 && w[0] == groups && channels <= groups;
    if is_depthwise {
        (groups, w[0]) = (channels, channels);
    } else {
        if groups == 1 && channels < w[1] {
            w[1] = channels;
        }
        if let Some(truly) = inputs.channels_of_output(0) {
            w[0] = w[0].min(truly);
        }
    }
    slid(inputs, &form, &w, groups)
}

/// Weights `w` in ONNX's order, sliding over input 0.
fn slid(inputs: &NodeShapes, form: &Form, w: &[u64], groups: u64) -> Result<Work, WorkError> {
    let node = inputs.node;
    let mut x = inputs.shape(0)?;
    let (channels, spatial) = ranks(&mut x, w, form.channels_last)?;
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
    finish(convolution, form)
}

/// A depthwise convolution along the last axis that reads backwards only: what lies before the first element is the state
/// of the step before, or zero. The other axes of com.microsoft's are padded to keep their size.
fn causal(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let node = inputs.node;
    let channels_last = node.flag("channels_last");
    let form = Form { weight: 1, biases: &[2], channels_last, weights_channels_last: false };
    let mut x = inputs.shape(0)?;
    let w = inputs.shape(1)?;
    let (stored_channels, spatial) = ranks(&mut x, &w, channels_last)?;
    let channels = w[0];
    if w[1] != 1 || channels > stored_channels {
        return invalid(format!(
            "its weights {w:?} are not those of a depthwise convolution of {stored_channels} channels"
        ));
    }
    if channels_last {
        // The sequence comes first: [batch, length, ..].
        x[2..].rotate_left(1);
    }
    let dilation = inputs.count("dilation")?.unwrap_or(1);
    let mut window = Vec::with_capacity(spatial);
    let mut state = 0;
    for (number, (&input, &kernel)) in x[2..].iter().zip(&w[2..]).enumerate() {
        let is_causal = number + 1 == spatial;
        let dilation = if is_causal { dilation } else { 1 };
        let reach =
            (kernel - 1).checked_mul(dilation).and_then(|reach| i64::try_from(reach).ok()).ok_or_else(too_large)?;
        let pads = if is_causal { (reach, 0) } else { (reach / 2, reach - reach / 2) };
        state = reach.unsigned_abs();
        let axis = Axis::convolution(kernel, 1, dilation, pads, input);
        window.push(axis.map_err(|problem| WorkError::Invalid(problem.to_string()))?);
    }
    let convolution = Convolution {
        batch: x[0],
        groups: channels,
        in_channels_per_group: 1,
        out_channels_per_group: 1,
        window,
        transposed: false,
    };
    let mut carried = convolution.output_shape();
    if let Some(length) = carried.last_mut() {
        *length = state;
    }
    let mut work = finish(convolution, &form)?;
    if channels_last && spatial > 1 {
        work.outputs = vec![None];
    }
    if let Some(product) = work.products.first_mut().filter(|_| stored_channels != channels) {
        product.input.0 = Operand::Part(0);
    }
    let windows = node.int("state_window").is_some_and(|windows| windows > 0);
    work.outputs.push((!channels_last && !windows).then_some(carried));
    Ok(work)
}

/// A convolution whose window slides over its output.
fn transposed(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let node = inputs.node;
    let form = Form::of(node);
    let mut x = inputs.shape(0)?;
    let w = form.weights(inputs)?;
    let (channels, spatial) = ranks(&mut x, &w, form.channels_last)?;
    let groups = inputs.count("group")?.unwrap_or(1);
    if w[0] != channels {
        return invalid(format!("its input has {channels} channels, its weights {w:?} take {}", w[0]));
    }
    if !channels.is_multiple_of(groups) {
        return invalid(format!("its {channels} input channels are not divisible by group {groups}"));
    }
    let mut attributes = WindowAttributes::read(node, &w[2..])?;
    if node.op == "ConvTransposeWithDynamicPads" && node.input(2).is_some() {
        let pads = inputs.ints(2).ok_or(WorkError::Unknown(2))?;
        if pads.len() != 2 * spatial {
            return invalid(format!("its pads have {} values; they must have {}", pads.len(), 2 * spatial));
        }
        attributes.pads = checked_sizes("pads", &pads, 0)?;
    }
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
        channels_to_second(x);
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
        channels_to_last(&mut stored);
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
