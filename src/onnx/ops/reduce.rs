//! Reductions and running sums.
//!
//! * <https://onnx.ai/onnx/operators/onnx__ReduceSum.html>: the axes are an input since opset 13; those of
//!   <https://onnx.ai/onnx/operators/onnx__ReduceMean.html> and the other reductions since opset 18.
//! * <https://onnx.ai/onnx/operators/onnx__ArgMax.html>, <https://onnx.ai/onnx/operators/onnx__CumSum.html> (opset 11),
//!   <https://onnx.ai/onnx/operators/onnx__CumProd.html> (26).
//! * <https://onnx.ai/onnx/operators/onnx__TopK.html>: `k` is an input since opset 10; output 1 holds indices.
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: `QLinearReduceMean`.

use super::node_shapes::{Dims, NodeShapes, ShapeDim, places};
use super::operator::{Family, InputTypes, Operator, TypeRule, microsoft, onnx};
use crate::onnx::graph::{Domain, Node};
use crate::onnx::proto::tensor_proto::DataType;

const fn reduction(name: &'static str) -> Operator {
    onnx(name).shape(reduced).axes_from(1)
}

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "reductions and running sums",
    operators: &[
        onnx("ArgMax").evaluated().dtype(TypeRule::Always(DataType::Int64)),
        onnx("ArgMin").evaluated().dtype(TypeRule::Always(DataType::Int64)),
        onnx("CumProd").same_shape(),
        onnx("CumSum").same_shape().evaluated(),
        onnx("Det").shape(|inputs| {
            let mut dims = inputs.dims(0)?;
            dims.truncate(dims.len().checked_sub(2)?);
            Some(dims)
        }),
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
        microsoft("ReduceSumInteger").shape(reduced).dtype(TypeRule::Always(DataType::Int32)),
    ],
};

/// Values of the first input's type, then indices.
pub(super) fn values_then_indices(_: &Node, output: usize, inputs: &InputTypes) -> Option<DataType> {
    if output == 0 { inputs.get(0) } else { Some(DataType::Int64) }
}

/// The axes are an attribute or an input; without axes all of them are reduced, unless `noop_with_empty_axes` says otherwise.
fn reduced(inputs: &NodeShapes) -> Option<Dims> {
    let dims = inputs.dims(0)?;
    let node = inputs.node;
    let stated = match node.ints("axes") {
        Some(axes) => axes.to_vec(),
        None if node.domain == Domain::Onnx && node.input(1).is_some() => inputs.ints(1)?,
        None => Vec::new(),
    };
    let axes = if !stated.is_empty() {
        places(&stated, dims.len())?
    } else if node.flag("noop_with_empty_axes") {
        Vec::new()
    } else {
        (0..dims.len()).collect()
    };
    let keep = node.int("keepdims") != Some(0);
    let kept = dims
        .into_iter()
        .enumerate()
        .filter_map(|(axis, dim)| if axes.contains(&axis) { keep.then_some(ShapeDim::Known(1)) } else { Some(dim) });
    Some(kept.collect())
}
