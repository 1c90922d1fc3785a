//! Element-wise arithmetic, comparisons and activations: <https://onnx.ai/onnx/operators/onnx__Add.html> and so on.
//!
//! * Operands broadcast as numpy's since opset 7; before, by the attributes `broadcast` and `axis`.
//! * <https://onnx.ai/onnx/operators/onnx__Clip.html>: the limits are inputs since opset 11.
//! * <https://onnx.ai/onnx/operators/onnx__Dropout.html>: its ratio is an input since opset 12; the mask is output 1.
//! * <https://onnx.ai/onnx/operators/onnx__Cast.html>: `to` is a number since opset 6.
//! * <https://onnx.ai/onnx/operators/onnx__BitCast.html> (opset 26), <https://onnx.ai/onnx/operators/onnx__Swish.html> (24),
//!   <https://onnx.ai/onnx/operators/onnx__SwiGLU.html> (28).
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: the fused activations `BiasGelu`,
//!   `FastGelu` and others.

use super::operator::{Family, InputTypes, Operator, TypeRule, microsoft, onnx, stated_type};
use crate::onnx::graph::Node;
use crate::onnx::proto::tensor_proto::DataType;

const fn comparison(name: &'static str) -> Operator {
    onnx(name).dtype(TypeRule::Always(DataType::Bool))
}

/// Element-wise arithmetic, and the inverse and distances of small matrices.
pub(super) const ARITHMETIC: Family = Family {
    title: "element-wise arithmetic",
    operators: &[
        onnx("Abs").same_shape().evaluated(),
        onnx("Acos"),
        onnx("Acosh"),
        onnx("Add").evaluated().fuses(),
        onnx("Asin"),
        onnx("Asinh"),
        onnx("Atan"),
        onnx("Atanh"),
        onnx("BitShift"),
        onnx("BitwiseAnd"),
        onnx("BitwiseNot"),
        onnx("BitwiseOr"),
        onnx("BitwiseXor"),
        onnx("Ceil").evaluated(),
        onnx("Cos"),
        onnx("Cosh"),
        onnx("Div").evaluated(),
        onnx("Erf"),
        onnx("Exp").evaluated(),
        onnx("Floor").evaluated(),
        onnx("Log").evaluated(),
        onnx("Max").evaluated(),
        onnx("Mean").evaluated(),
        onnx("Min").evaluated(),
        onnx("Mod").evaluated(),
        onnx("Mul").evaluated(),
        onnx("Neg").evaluated(),
        onnx("Pow").evaluated(),
        onnx("Reciprocal").evaluated(),
        onnx("Round").evaluated(),
        onnx("Sign").evaluated(),
        onnx("Sin"),
        onnx("Sinh"),
        onnx("Sqrt").evaluated(),
        onnx("Sub").evaluated(),
        onnx("Sum").evaluated(),
        onnx("Tan"),
        microsoft("BiasAdd").same_shape(),
        microsoft("CDist"),
        microsoft("Inverse"),
    ],
};

/// Comparisons, logic and choices.
pub(super) const LOGIC: Family = Family {
    title: "comparisons and logic",
    operators: &[
        comparison("And").evaluated(),
        comparison("Equal").evaluated(),
        comparison("Greater").evaluated(),
        comparison("GreaterOrEqual").evaluated(),
        comparison("IsInf"),
        comparison("IsNaN"),
        comparison("Less").evaluated(),
        comparison("LessOrEqual").evaluated(),
        comparison("Not").evaluated(),
        comparison("Or").evaluated(),
        comparison("Xor").evaluated(),
        onnx("Where").evaluated().dtype(TypeRule::Of(|_, _, inputs| inputs.get(1).or(inputs.get(2)))),
    ],
};

/// Conversions of element types.
pub(super) const CASTS: Family = Family {
    title: "conversions of element types",
    operators: &[
        onnx("BitCast").same_shape(),
        onnx("Cast").same_shape().evaluated().converts().dtype(TypeRule::Of(|node, _, _| stated_type(node, "to"))),
        onnx("CastLike").same_shape().evaluated().dtype(TypeRule::Same(1)),
    ],
};

/// Activations, dropout among them.
pub(super) const ACTIVATIONS: Family = Family {
    title: "activations",
    operators: &[
        onnx("Celu").same_shape(),
        onnx("Clip").same_shape().evaluated().fuses(),
        onnx("Dropout").same_shape().dtype(TypeRule::Of(type_of_dropout)),
        onnx("Elu").same_shape(),
        onnx("Gelu").same_shape(),
        onnx("HardSigmoid").same_shape().fuses(),
        onnx("HardSwish").same_shape().fuses(),
        onnx("Hardmax").same_shape(),
        onnx("LeakyRelu").same_shape().fuses(),
        onnx("LogSoftmax").same_shape(),
        onnx("Mish").same_shape(),
        onnx("PRelu").same_shape().fuses(),
        onnx("Relu").same_shape().fuses(),
        onnx("Selu").same_shape(),
        onnx("Shrink").same_shape(),
        onnx("Sigmoid").same_shape().fuses(),
        onnx("Softmax").same_shape(),
        onnx("Softplus").same_shape(),
        onnx("Softsign").same_shape(),
        onnx("SwiGLU"),
        onnx("Swish").same_shape(),
        onnx("Tanh").same_shape(),
        onnx("ThresholdedRelu").same_shape(),
        microsoft("BiasDropout").same_shape(),
        microsoft("BiasGelu").same_shape(),
        microsoft("BiasSoftmax").same_shape(),
        microsoft("BiasSplitGelu"),
        microsoft("BitmaskDropout"),
        microsoft("FastGelu").same_shape(),
        microsoft("Gelu").same_shape(),
        microsoft("QuickGelu").same_shape(),
    ],
};

fn type_of_dropout(_: &Node, output: usize, inputs: &InputTypes) -> Option<DataType> {
    if output == 1 { Some(DataType::Bool) } else { inputs.get(0) }
}
