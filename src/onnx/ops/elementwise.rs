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

use super::elements::{cast, cast_like, chosen, compared, folded, mapped, power, quotient, remainder, shifted};
use super::node_shapes::{Dims, NodeShapes, ShapeDim, broadcast, sizes};
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
        onnx("Abs").same_shape().computes(|inputs| mapped(inputs, |_, a| Some(a.abs()), |a| Some(a.abs()))),
        onnx("Acos"),
        onnx("Acosh"),
        onnx("Add").computes(|inputs| folded(inputs, |_, _, a, b| Some(a + b), |_, a, b| Some(a + b))).fuses(),
        onnx("Asin"),
        onnx("Asinh"),
        onnx("Atan"),
        onnx("Atanh"),
        onnx("BitShift").computes(|inputs| folded(inputs, shifted, |_, _, _| None)),
        onnx("BitwiseAnd").computes(|inputs| folded(inputs, |_, _, a, b| Some(a & b), |_, _, _| None)),
        onnx("BitwiseNot").computes(|inputs| mapped(inputs, |_, a| Some(!a), |_| None)),
        onnx("BitwiseOr").computes(|inputs| folded(inputs, |_, _, a, b| Some(a | b), |_, _, _| None)),
        onnx("BitwiseXor").computes(|inputs| folded(inputs, |_, _, a, b| Some(a ^ b), |_, _, _| None)),
        onnx("Ceil").computes(|inputs| mapped(inputs, |_, _| None, |a| Some(a.ceil()))),
        onnx("Cos"),
        onnx("Cosh"),
        onnx("Div").computes(|inputs| folded(inputs, quotient, |_, a, b| Some(a / b))),
        onnx("Erf"),
        onnx("Exp").evaluated(),
        onnx("Floor").computes(|inputs| mapped(inputs, |_, _| None, |a| Some(a.floor()))),
        onnx("Log").evaluated(),
        onnx("Max").computes(|inputs| folded(inputs, |_, _, a, b| Some(a.max(b)), |_, a, b| Some(a.max(b)))),
        onnx("Mean").evaluated(),
        onnx("Min").computes(|inputs| folded(inputs, |_, _, a, b| Some(a.min(b)), |_, a, b| Some(a.min(b)))),
        onnx("Mod").computes(|inputs| folded(inputs, remainder, |_, a, b| Some(a % b))),
        onnx("Mul").computes(|inputs| folded(inputs, |_, _, a, b| a.checked_mul(b), |_, a, b| Some(a * b))),
        onnx("Neg").computes(|inputs| mapped(inputs, |_, a| Some(-a), |a| Some(-a))),
        onnx("Pow").computes(power),
        onnx("Reciprocal").evaluated(),
        onnx("Round").computes(|inputs| mapped(inputs, |_, _| None, |a| Some(a.round_ties_even()))),
        onnx("Sign").computes(|inputs| mapped(inputs, |_, a| Some(a.signum()), |a| Some(sign(a)))),
        onnx("Sin"),
        onnx("Sinh"),
        onnx("Sqrt").evaluated(),
        onnx("Sub").computes(|inputs| folded(inputs, |_, _, a, b| Some(a - b), |_, a, b| Some(a - b))),
        onnx("Sum").computes(|inputs| folded(inputs, |_, _, a, b| Some(a + b), |_, a, b| Some(a + b))),
        onnx("Tan"),
        onnx("Affine").same_shape(),
        onnx("Scale").same_shape(),
        microsoft("BiasAdd").same_shape(),
        microsoft("CDist").shape(|inputs| Some(vec![*inputs.dims(0)?.first()?, *inputs.dims(1)?.first()?])),
        microsoft("ComplexMul").shape(|inputs| broadcast(&[inputs.dims(0)?, inputs.dims(1)?])),
        microsoft("ComplexMulConj").shape(|inputs| broadcast(&[inputs.dims(0)?, inputs.dims(1)?])),
        microsoft("GatedAdd").same_shape(),
        microsoft("HyperConnectionPostMix").same_shape(),
        microsoft("HyperConnectionPreMix").declared(),
        microsoft("Inverse").same_shape(),
        microsoft("LinearAttentionGate").same_shapes(&[0, 1]),
    ],
};

/// Comparisons, logic and choices.
pub(super) const LOGIC: Family = Family {
    title: "comparisons and logic",
    operators: &[
        comparison("And").computes(|inputs| compared(inputs, |a, b| *a != 0 && *b != 0, |_, _| false)),
        comparison("Equal").computes(|inputs| compared(inputs, i128::eq, f64::eq)),
        comparison("Greater").computes(|inputs| compared(inputs, i128::gt, f64::gt)),
        comparison("GreaterOrEqual").computes(|inputs| compared(inputs, i128::ge, f64::ge)),
        comparison("IsInf"),
        comparison("IsNaN"),
        comparison("Less").computes(|inputs| compared(inputs, i128::lt, f64::lt)),
        comparison("LessOrEqual").computes(|inputs| compared(inputs, i128::le, f64::le)),
        comparison("Not").computes(|inputs| mapped(inputs, |_, a| Some(i128::from(a == 0)), |_| None)),
        comparison("Or").computes(|inputs| compared(inputs, |a, b| *a != 0 || *b != 0, |_, _| false)),
        comparison("Xor").computes(|inputs| compared(inputs, |a, b| a != b, |_, _| false)),
        microsoft("IsAllFinite").shape(|_| Some(Dims::new())).dtype(TypeRule::Always(DataType::Bool)),
        onnx("Where").computes(chosen).dtype(TypeRule::Of(|_, _, inputs| inputs.get(1).or(inputs.get(2)))),
    ],
};

/// Conversions of element types.
pub(super) const CASTS: Family = Family {
    title: "conversions of element types",
    operators: &[
        onnx("BitCast").same_shape(),
        onnx("Cast").same_shape().computes(cast).converts().dtype(TypeRule::Of(|node, _, _| stated_type(node, "to"))),
        onnx("CastLike").same_shape().computes(cast_like).dtype(TypeRule::Same(1)),
    ],
};

/// Activations, dropout among them.
pub(super) const ACTIVATIONS: Family = Family {
    title: "activations",
    operators: &[
        onnx("Celu").same_shape(),
        onnx("Clip").same_shape().evaluated().fuses(),
        onnx("Dropout").same_shapes(&[0, 1]).dtype(TypeRule::Of(type_of_dropout)),
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
        onnx("SwiGLU").same_shape(),
        onnx("Swish").same_shape(),
        onnx("Tanh").same_shape(),
        onnx("ParametricSoftplus").same_shape(),
        onnx("ScaledTanh").same_shape(),
        onnx("ThresholdedRelu").same_shape(),
        microsoft("BiasDropout").same_shapes(&[0, 1]).dtype(TypeRule::Of(type_of_dropout)),
        microsoft("BiasGelu").same_shape(),
        microsoft("BiasSoftmax").same_shape(),
        microsoft("BiasSplitGelu").shape(halved),
        microsoft("BitmaskBiasDropout").shapes(packed_mask).dtype(TypeRule::Of(type_of_packed_mask)),
        microsoft("BitmaskDropout").shapes(packed_mask).dtype(TypeRule::Of(type_of_packed_mask)),
        microsoft("FastGelu").same_shape(),
        microsoft("Gelu").same_shape(),
        microsoft("QuickGelu").same_shape(),
        microsoft("ScaledSiLU").same_shape(),
        microsoft("SwiGLU").shape(
            |inputs| {
                if inputs.node.input(1).is_some() { inputs.dims(0) } else { halved(inputs) }
            },
        ),
    ],
};

fn type_of_dropout(_: &Node, output: usize, inputs: &InputTypes) -> Option<DataType> {
    if output == 1 { Some(DataType::Bool) } else { inputs.get(0) }
}

/// A mask of one bit for each element, in words of 32.
fn packed_mask(inputs: &NodeShapes, output: usize) -> Option<Dims> {
    let dims = inputs.dims(0)?;
    if output == 0 {
        return Some(dims);
    }
    let elements = sizes(&dims).and_then(|sizes| sizes.into_iter().try_fold(1u64, u64::checked_mul));
    Some(vec![elements.map_or(ShapeDim::Unknown, |elements| ShapeDim::Known(elements.div_ceil(32)))])
}

fn type_of_packed_mask(_: &Node, output: usize, inputs: &InputTypes) -> Option<DataType> {
    if output == 1 { Some(DataType::Uint32) } else { inputs.get(0) }
}

/// One half of the last dimension gates the other.
fn halved(inputs: &NodeShapes) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    if let ShapeDim::Known(size) = dims.last_mut()? {
        *size /= 2;
    }
    Some(dims)
}

/// The sign of a number, 0 for zero.
fn sign(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value.signum() }
}
