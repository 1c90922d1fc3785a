//! Operators that make tensors of their own: constants, ranges, random numbers, windows.
//!
//! * <https://onnx.ai/onnx/operators/onnx__Constant.html>: `value_int` and the like since opset 12. The graph itself reads it.
//! * <https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html> (opset 9): float zeros where `value` is absent.
//! * <https://onnx.ai/onnx/operators/onnx__Range.html> (opset 11), <https://onnx.ai/onnx/operators/onnx__EyeLike.html> (9).
//! * <https://onnx.ai/onnx/operators/onnx__RandomNormalLike.html>: the type of its input where `dtype` is absent.
//! * <https://onnx.ai/onnx/operators/onnx__HannWindow.html> (opset 17).

use super::elements::range;
use super::node_shapes::ShapeDim;
use super::operator::{Family, InputTypes, Operator, TypeRule, microsoft, onnx, stated_type};
use crate::onnx::graph::{Attribute, Node};
use crate::onnx::proto::tensor_proto::DataType;

const fn random(name: &'static str) -> Operator {
    onnx(name).dtype(TypeRule::Of(stated_or_like_the_input_or_float))
}

const fn window(name: &'static str) -> Operator {
    onnx(name).dtype(TypeRule::Of(type_of_window))
}

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "constants, ranges, random numbers, windows",
    operators: &[
        onnx("Bernoulli")
            .same_shape()
            .dtype(TypeRule::Of(|node, _, inputs| stated_type(node, "dtype").or(inputs.get(0)))),
        window("BlackmanWindow"),
        onnx("Constant").dtype(TypeRule::Stated),
        onnx("ConstantOfShape")
            .evaluated()
            .takes_empty()
            .sizes_from(0)
            .dtype(TypeRule::Of(|node, _, _| Some(type_of_fill(node)))),
        random("EyeLike").same_shape().sizes_from(1),
        window("HammingWindow"),
        window("HannWindow"),
        window("MelWeightMatrix"),
        onnx("Multinomial").dtype(TypeRule::Of(|node, _, _| stated_type(node, "dtype").or(Some(DataType::Int32)))),
        random("RandomNormal"),
        random("RandomNormalLike").same_shape(),
        random("RandomUniform"),
        random("RandomUniformLike").same_shape(),
        onnx("Range").computes(range).sizes_from(0),
        microsoft("Range").computes(range),
        microsoft("RelativePositionBias").shape(|inputs| {
            let length = |index| match inputs.ints(index).as_deref() {
                Some([length]) => u64::try_from(*length).map_or(ShapeDim::Unknown, ShapeDim::Known),
                _ => ShapeDim::Unknown,
            };
            Some(vec![ShapeDim::Known(1), *inputs.dims(0)?.get(1)?, length(1), length(2)])
        }),
    ],
};

fn stated_or_like_the_input_or_float(node: &Node, _: usize, inputs: &InputTypes) -> Option<DataType> {
    stated_type(node, "dtype").or(inputs.get(0)).or(Some(DataType::Float))
}

fn type_of_window(node: &Node, _: usize, _: &InputTypes) -> Option<DataType> {
    stated_type(node, "output_datatype").or(Some(DataType::Float))
}

fn type_of_fill(node: &Node) -> DataType {
    match node.attribute("value") {
        Some(Attribute::Tensor(tensor)) => tensor.dtype,
        _ => DataType::Float,
    }
}
