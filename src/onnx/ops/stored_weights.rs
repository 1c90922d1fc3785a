//! How operators store their constant operands: packed, padded, with zero points, and along which axis the layer sums.
//!
//! * <https://onnx.ai/onnx/operators/onnx__QLinearConv.html>, <https://onnx.ai/onnx/operators/onnx__ConvInteger.html>: zero points
//!   of weights are one for all or one for each output channel.
//! * <https://onnx.ai/onnx/operators/onnx__QLinearMatMul.html>, <https://onnx.ai/onnx/operators/onnx__MatMulInteger.html>: of the
//!   first operand one for each row, of the second one for each column.
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: the same of its own operators.

use super::operator::OperatorSet;
use crate::onnx::graph::Node;

/// The form in which an operand is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::onnx) enum Packing {
    /// Elements of its type.
    None,
    /// Rows in blocks of elements of less than a byte (MatMulNBits).
    Blocks,
    /// A form of its own, which is not read.
    Unread,
}

/// How an input is stored.
pub(in crate::onnx) fn packing(node: &Node, input: usize) -> Packing {
    if OperatorSet::of(&node.domain) != Some(OperatorSet::Microsoft) || input == 0 {
        return Packing::None;
    }
    match node.op.as_str() {
        "MatMulNBits" => Packing::Blocks,
        "MatMulBnb4"
        | "MatMulBlockQuantizedFp4Weight"
        | "MatMulFpQ4"
        | "MatMulNBitsMlp"
        | "MatMulNBitsQLoRA"
        | "MatMulNBitsQkv"
        | "QMoE" => Packing::Unread,
        _ => Packing::None,
    }
}

/// The input that holds the zero points of a quantised input.
pub(in crate::onnx) fn zero_point(node: &Node, input: usize) -> Option<usize> {
    let places: &[(usize, usize)] = match node.op.as_str() {
        "QLinearConv" | "QLinearConvTranspose" | "QLinearMatMul" | "QGemm" => &[(0, 2), (3, 5)],
        "ConvInteger" | "MatMulInteger" => &[(0, 2), (1, 3)],
        "MatMulIntegerToFloat" => &[(0, 4), (1, 5)],
        "DynamicQuantizeMatMul" => &[(1, 3)],
        "DynamicQuantizeLSTM" => &[(1, 9), (2, 11)],
        "QAttention" => &[(1, 7)],
        _ => &[],
    };
    places.iter().find(|(operand, _)| *operand == input).map(|(_, zero)| *zero)
}

/// The axis of an input along which a list of zero points lies; from the end where it is negative.
pub(in crate::onnx) fn axis_of_zero_points(node: &Node, input: usize) -> i64 {
    match node.op.as_str() {
        "QLinearConv" | "ConvInteger" => 0,
        "QLinearConvTranspose" => 1,
        "QGemm" if node.flag(if input == 0 { "transA" } else { "transB" }) => -2,
        _ if input == 0 => -2,
        _ => -1,
    }
}

/// Whether weights are padded to whole blocks of channels.
pub(in crate::onnx) fn pads_weights(node: &Node) -> bool {
    OperatorSet::of(&node.domain) == Some(OperatorSet::Blocked)
}

/// The axis of an operand of a matrix product over which it sums, counted from the end: 1 is the last. `None` where it is not
/// one axis of the operand as it is stored.
pub(in crate::onnx) fn axis_of_sums(node: &Node, is_second: bool) -> Option<usize> {
    let is_transposed = |name: &str| node.flag(name);
    match node.op.as_str() {
        "Gemm" | "FusedGemm" | "GemmFloat8" | "QGemm" | "FusedMatMul" | "TransposeMatMul" | "FusedMatMulActivation" => {
            let last = is_second == is_transposed(if is_second { "transB" } else { "transA" });
            Some(if last { 1 } else { 2 })
        }
        "MatMul"
        | "MatMulInteger"
        | "QLinearMatMul"
        | "MatMulIntegerToFloat"
        | "DynamicQuantizeMatMul"
        | "MatMulInteger16"
        | "GemmFastGelu"
        | "QOrderedMatMul" => Some(if is_second { 2 } else { 1 }),
        "LSTM" | "GRU" | "RNN" if is_second => Some(1),
        _ => None,
    }
}
