//! Quantisation, dequantisation, and element-wise operators on quantised tensors.
//!
//! * <https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html>: the zero point, which states the type, may be absent;
//!   `axis` since opset 13, `output_dtype` and blocks since 21.
//! * <https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html>: `output_dtype` since opset 23; before, the type is that of
//!   the scale.
//! * <https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html> (opset 11): also makes scale and zero point.
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: the `QLinear` operators have a scale and a
//!   zero point behind each tensor; `QLinearConcat` begins with those of its output.

use super::node_shapes::{Dims, NodeShapes, ShapeDim, axis};
use super::operator::{Family, InputTypes, TypeRule, microsoft, onnx, stated_type};
use crate::onnx::graph::Node;
use crate::onnx::proto::tensor_proto::DataType;

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "quantisation",
    operators: &[
        onnx("DequantizeLinear").same_shape().converts().dtype(TypeRule::Of(type_of_dequantized)),
        onnx("DynamicQuantizeLinear")
            .same_shape()
            .dtype(TypeRule::Of(|_, output, _| Some(type_of_dynamically_quantized(output)))),
        onnx("QuantizeLinear").same_shape().converts().dtype(TypeRule::Of(type_of_quantized)),
        microsoft("DequantizeLinear").same_shape().converts().dtype(TypeRule::Same(1)),
        microsoft("QLinearAdd").shape(sum).dtype(TypeRule::Of(type_of_output_zero_point)),
        microsoft("QLinearConcat").shape(concatenated).dtype(TypeRule::Same(1)),
        microsoft("QLinearLeakyRelu").same_shape(),
        microsoft("QLinearMul").shape(sum).dtype(TypeRule::Of(type_of_output_zero_point)),
        microsoft("QLinearSigmoid").same_shape(),
        microsoft("QLinearSoftmax").same_shape(),
        microsoft("QLinearWhere"),
        microsoft("QuantizeLinear").same_shape().converts().dtype(TypeRule::Of(type_of_quantized)),
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

/// QLinearAdd, QLinearMul: inputs 0 and 3 broadcast, as numpy's do.
fn sum(inputs: &NodeShapes) -> Option<Dims> {
    let (a, b) = (inputs.dims(0)?, inputs.dims(3)?);
    let rank = a.len().max(b.len());
    let size = |dims: &Dims, axis: usize| {
        (axis + dims.len()).checked_sub(rank).map_or(ShapeDim::Known(1), |index| dims[index])
    };
    let merged = |axis: usize| match (size(&a, axis), size(&b, axis)) {
        (ShapeDim::Known(1), dim) | (dim, ShapeDim::Known(1)) => dim,
        (x, y) if x == y => x,
        (ShapeDim::Known(size), _) | (_, ShapeDim::Known(size)) => ShapeDim::Known(size),
        _ => ShapeDim::Unknown,
    };
    Some((0..rank).map(merged).collect())
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
