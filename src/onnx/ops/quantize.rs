//! Quantisation, dequantisation, and element-wise operators on quantised tensors.
//!
//! * <https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html>: the zero point, which states the type, may be absent;
//!   `axis` since opset 13, `output_dtype` and blocks since 21.
//! * <https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html>: `output_dtype` since opset 23; before, the type is that of
//!   the scale.
//! * <https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html> (opset 11): also makes scale and zero point.
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: the `QLinear` operators have a scale and a
//!   zero point behind each tensor; `QLinearConcat` begins with those of its output.
//! * <https://github.com/fastmachinelearning/qonnx/tree/main/docs/qonnx-custom-ops>: `Quant` and the others keep floats and
//!   state the bits as an operand (a fraction of a bit takes a whole one).

use super::node_shapes::{Dims, NodeShapes, ShapeDim, axis, broadcast};
use super::operator::{Family, InputTypes, OperatorSet, TypeRule, microsoft, onnx, row, stated_type};
use crate::onnx::graph::Node;
use crate::onnx::proto::tensor_proto::DataType;
use crate::workload::Number;

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "quantisation",
    operators: &[
        onnx("DequantizeLinear").same_shape().converts().dtype(TypeRule::Of(type_of_dequantized)),
        onnx("DynamicQuantizeLinear")
            .shapes(|inputs, output| if output == 0 { inputs.dims(0) } else { Some(Dims::new()) })
            .dtype(TypeRule::Of(|_, output, _| Some(type_of_dynamically_quantized(output)))),
        onnx("QuantizeLinear").same_shape().converts().dtype(TypeRule::Of(type_of_quantized)),
        microsoft("DequantizeLinear").same_shape().converts().dtype(TypeRule::Same(1)),
        microsoft("QLinearAdd").shape(sum).dtype(TypeRule::Of(type_of_output_zero_point)),
        microsoft("QLinearConcat").shape(concatenated).dtype(TypeRule::Same(1)),
        microsoft("QLinearLeakyRelu").same_shape(),
        microsoft("QLinearMul").shape(sum).dtype(TypeRule::Of(type_of_output_zero_point)),
        microsoft("QLinearSigmoid").same_shape(),
        microsoft("QLinearSoftmax").same_shape(),
        microsoft("QLinearWhere")
            .shape(|inputs| broadcast(&[inputs.dims(0)?, inputs.dims(1)?, inputs.dims(4)?]))
            .dtype(TypeRule::Same(1)),
        microsoft("QuantizeLinear").same_shape().converts().dtype(TypeRule::Of(type_of_quantized)),
        microsoft("DequantizeBFP").declared(),
        microsoft("DequantizeWithOrder").same_shape().converts().dtype(TypeRule::Same(1)),
        microsoft("MulInteger")
            .shape(|inputs| broadcast(&[inputs.dims(0)?, inputs.dims(2)?]))
            .dtype(TypeRule::Always(DataType::Int32)),
        microsoft("QOrderedGelu").same_shape(),
        microsoft("QOrderedLayerNormalization").same_shape(),
        microsoft("QuantizeBFP").declared(),
        microsoft("QuantizeWithOrder").same_shape().converts().dtype(TypeRule::Always(DataType::Int8)),
        row(OperatorSet::Qonnx, "BipolarQuant").same_shape().converts().quantizes(|_| Some(Number::integer(1))),
        row(OperatorSet::Qonnx, "FloatQuant").same_shape().converts().quantizes(floats),
        row(OperatorSet::Qonnx, "IntQuant").same_shape().converts().quantizes(stated_integers),
        row(OperatorSet::Qonnx, "MultiThreshold").same_shape().converts().quantizes(counts_of_thresholds),
        row(OperatorSet::Qonnx, "Quant").same_shape().converts().quantizes(stated_integers),
        row(OperatorSet::Qonnx, "Trunc").same_shape().converts().quantizes(integers_left),
    ],
};

/// Operators of two quantised operands, each with scale and zero point, then the output's: its zero point is input 7.
pub(super) fn type_of_output_zero_point(_: &Node, _: usize, inputs: &InputTypes) -> Option<DataType> {
    inputs.get(7).or(inputs.get(0))
}

fn type_of_quantized(node: &Node, _: usize, inputs: &InputTypes) -> Option<DataType> {
    inputs.get(2).or(stated_type(node, "output_dtype")).or(Some(DataType::Uint8))
}

fn type_of_dequantized(node: &Node, _: usize, inputs: &InputTypes) -> Option<DataType> {
    stated_type(node, "output_dtype").or(inputs.get(1))
}

/// Elements and zero point are bytes, the scale between them is a float.
const fn type_of_dynamically_quantized(output: usize) -> DataType {
    if output == 1 { DataType::Float } else { DataType::Uint8 }
}

/// QLinearAdd, QLinearMul: inputs 0 and 3 broadcast.
fn sum(inputs: &NodeShapes) -> Option<Dims> {
    broadcast(&[inputs.dims(0)?, inputs.dims(3)?])
}

/// The bits that an operand states.
fn whole_bits(inputs: &NodeShapes, operand: usize) -> Option<u32> {
    let stated = match inputs.floats(operand) {
        Some(values) => *values.first()?,
        None => f64::from(i32::try_from(*inputs.ints(operand)?.first()?).ok()?),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked just before")]
    (0.0..=128.0).contains(&stated).then(|| (stated.ceil() as u32).max(1))
}

/// Quant, IntQuant: input 3 states the bits.
fn stated_integers(inputs: &NodeShapes) -> Option<Number> {
    whole_bits(inputs, 3).map(Number::integer)
}

/// Trunc: the bits behind those of its input, and behind the output's scale, where that is stated.
fn integers_left(inputs: &NodeShapes) -> Option<Number> {
    whole_bits(inputs, if inputs.node.input(5).is_some() { 5 } else { 4 }).map(Number::integer)
}

/// FloatQuant: a sign, the exponent and the mantissa.
fn floats(inputs: &NodeShapes) -> Option<Number> {
    Some(Number::float(whole_bits(inputs, 2)?, whole_bits(inputs, 3)?))
}

/// MultiThreshold: the type that its attribute names (`UINT4`, `FIXED<8,4>`, `FLOAT<4,3,7>`, `BIPOLAR`); without one, what counts
/// up to the number of thresholds of a channel.
fn counts_of_thresholds(inputs: &NodeShapes) -> Option<Number> {
    match inputs.node.text("out_dtype") {
        Some("BIPOLAR" | "BINARY") => Some(Number::integer(1)),
        Some("TERNARY") => Some(Number::integer(2)),
        Some(name) if !name.is_empty() => {
            let mut numbers = name.split(|letter: char| !letter.is_ascii_digit()).filter_map(|part| part.parse().ok());
            let mut width = || numbers.next().filter(|width: &u32| (1..=128).contains(width));
            let first = width()?;
            Some(if name.starts_with("FLOAT<") { Number::float(first, width()?) } else { Number::integer(first) })
        }
        _ => match inputs.dims(1)?.last()? {
            ShapeDim::Known(thresholds) => Some(Number::integer(u64::BITS - thresholds.leading_zeros())),
            ShapeDim::Unknown => None,
        },
    }
}

/// QLinearConcat: output scale and zero point, then (tensor, scale, zero point) for every operand.
fn concatenated(inputs: &NodeShapes) -> Option<Dims> {
    let mut result: Option<Dims> = None;
    let mut place = 2;
    while place < inputs.node.inputs.len() {
        let dims = inputs.dims(place)?;
        match &mut result {
            None => result = Some(dims),
            Some(sum) => {
                let axis = axis(inputs.node.int("axis")?, sum.len())?;
                sum[axis] = match (sum[axis], dims.get(axis)?) {
                    (ShapeDim::Known(a), ShapeDim::Known(b)) => ShapeDim::Known(a.checked_add(*b)?),
                    _ => ShapeDim::Unknown,
                };
            }
        }
        place += 3;
    }
    result
}
