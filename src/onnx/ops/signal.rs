//! Fourier transforms: <https://onnx.ai/onnx/operators/onnx__DFT.html> (opset 17; the axis is an input since 20),
//! <https://onnx.ai/onnx/operators/onnx__STFT.html> (17). com.microsoft transforms the last axes: `Rfft` keeps `n / 2 + 1` of
//! `n` elements as pairs of numbers, `Irfft` undoes it. `DynamicTimeWarping` finds a path through costs.

use super::node_shapes::{Dims, NodeShapes, ShapeDim};
use super::operator::{Family, TypeRule, microsoft, onnx};
use crate::onnx::proto::tensor_proto::DataType;

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "Fourier transforms and alignments",
    operators: &[
        onnx("DFT").not_modelled(),
        onnx("STFT").not_modelled(),
        microsoft("DynamicTimeWarping")
            .shape(|_| Some(vec![ShapeDim::Known(2), ShapeDim::Unknown]))
            .dtype(TypeRule::Always(DataType::Int32)),
        microsoft("Irfft").not_modelled().shape(to_real),
        microsoft("Rfft").not_modelled().shape(to_complex),
    ],
};

fn to_complex(inputs: &NodeShapes) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    if let ShapeDim::Known(length) = dims.last_mut()? {
        *length = *length / 2 + 1;
    }
    dims.push(ShapeDim::Known(2));
    Some(dims)
}

fn to_real(inputs: &NodeShapes) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    dims.pop()?;
    if let ShapeDim::Known(length) = dims.last_mut()? {
        *length = length.checked_sub(1)?.checked_mul(2)?;
    }
    Some(dims)
}
