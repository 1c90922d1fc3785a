//! Element types of node outputs.

use super::super::dtype;
use super::super::graph::{Attribute, Domain, Node};
use super::super::onnx::tensor_proto::DataType;

/// The type of output `at`, as far as the operator fixes it.
pub(super) fn of_output(node: &Node, at: usize, inputs: &[Option<DataType>]) -> Option<DataType> {
    let input = |index: usize| inputs.get(index).copied().flatten();
    let attribute =
        |name: &str| node.int(name).and_then(|number| i32::try_from(number).ok()).and_then(dtype::from_number);
    if node.op == "Constant" {
        return None;
    }
    match node.op.as_str() {
        "Cast" => attribute("to"),
        "CastLike" | "QLinearConcat" => input(1),
        "Shape" | "Size" | "ArgMax" | "ArgMin" | "NonZero" | "NonMaxSuppression" => Some(DataType::Int64),
        "TopK" | "MaxPool" | "Unique" if at > 0 => Some(DataType::Int64),
        "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "And" | "Or" | "Xor" | "Not" | "IsNaN"
        | "IsInf" => Some(DataType::Bool),
        "Dropout" if at == 1 => Some(DataType::Bool),
        "ConstantOfShape" => match node.attribute("value") {
            Some(Attribute::Tensor(tensor)) => Some(tensor.dtype),
            _ => Some(DataType::Float),
        },
        "EyeLike" | "RandomNormal" | "RandomUniform" | "RandomNormalLike" | "RandomUniformLike" => {
            attribute("dtype").or(input(0)).or(Some(DataType::Float))
        }
        "Where" => input(1).or(input(2)),
        "OneHot" | "MatMulIntegerToFloat" | "EmbedLayerNormalization" | "GatherBlockQuantized" => input(2),
        "Bernoulli" => attribute("dtype").or(input(0)),
        "Multinomial" => attribute("dtype").or(Some(DataType::Int32)),
        "HannWindow" | "HammingWindow" | "BlackmanWindow" | "MelWeightMatrix" => {
            attribute("output_datatype").or(Some(DataType::Float))
        }
        "QuantizeLinear" => input(2).or(attribute("output_dtype")).or(Some(DataType::Uint8)),
        "DequantizeLinear" => {
            if node.domain == Domain::Onnx {
                attribute("output_dtype").or(input(1))
            } else {
                input(1)
            }
        }
        "DynamicQuantizeLinear" => Some(if at == 1 { DataType::Float } else { DataType::Uint8 }),
        "ConvInteger" | "MatMulInteger" => Some(DataType::Int32),
        "QLinearConv" | "QLinearMatMul" | "QLinearAdd" | "QLinearMul" => input(7).or(input(0)),
        "QGemm" => match node.input(8) {
            Some(_) => input(8),
            None if node.input(7).is_some() => input(0),
            None => Some(DataType::Float),
        },
        "QAttention" => input(3),
        _ => input(0),
    }
}
