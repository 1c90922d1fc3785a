//! Reductions and running sums.
//!
//! * <https://onnx.ai/onnx/operators/onnx__ReduceSum.html>: the axes are an input since opset 13; those of
//!   <https://onnx.ai/onnx/operators/onnx__ReduceMean.html> and the other reductions since opset 18.
//! * <https://onnx.ai/onnx/operators/onnx__ArgMax.html>, <https://onnx.ai/onnx/operators/onnx__CumSum.html> (opset 11),
//!   <https://onnx.ai/onnx/operators/onnx__CumProd.html> (26).
//! * <https://onnx.ai/onnx/operators/onnx__TopK.html>: `k` is an input since opset 10; output 1 holds indices.
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: `QLinearReduceMean`.

use super::node_shapes::{Dims, NodeShapes, ShapeDim};
use super::operator::{Family, InputTypes, Operator, TypeRule, microsoft, onnx};
use crate::onnx::graph::Node;
use crate::onnx::proto::tensor_proto::DataType;

const fn reduction(name: &'static str) -> Operator {
    onnx(name).axes_from(1)
}

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "reductions and running sums",
    operators: &[
        onnx("ArgMax").evaluated().dtype(TypeRule::Always(DataType::Int64)),
        onnx("ArgMin").evaluated().dtype(TypeRule::Always(DataType::Int64)),
        onnx("CumProd").same_shape(),
        onnx("CumSum").same_shape().evaluated(),
        onnx("Det"),
        reduction("ReduceL1"),
        reduction("ReduceL2"),
        reduction("ReduceLogSum"),
        reduction("ReduceLogSumExp"),
        reduction("ReduceMax").evaluated(),
        reduction("ReduceMean").evaluated(),
        reduction("ReduceMin").evaluated(),
        reduction("ReduceProd").evaluated(),
        reduction("ReduceSum").evaluated(),
        reduction("ReduceSumSquare"),
        onnx("TopK").dtype(TypeRule::Of(values_then_indices)),
        microsoft("QLinearReduceMean").shape(reduced),
    ],
};

/// Values of the first input's type, then indices.
pub(super) fn values_then_indices(_: &Node, output: usize, inputs: &InputTypes) -> Option<DataType> {
    if output == 0 { inputs.get(0) } else { Some(DataType::Int64) }
}

/// QLinearReduceMean: its axes are an attribute.
fn reduced(inputs: &NodeShapes) -> Option<Dims> {
    let dims = inputs.dims(0)?;
    let axes = inputs.axes_attribute(dims.len())?;
    let keep = inputs.node.int("keepdims") != Some(0);
    let kept = dims
        .into_iter()
        .enumerate()
        .filter_map(|(axis, dim)| if axes.contains(&axis) { keep.then_some(ShapeDim::Known(1)) } else { Some(dim) });
    Some(kept.collect())
}
