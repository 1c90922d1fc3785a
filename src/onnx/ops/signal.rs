//! Fourier transforms: <https://onnx.ai/onnx/operators/onnx__DFT.html> (opset 17; the axis is an input since 20),
//! <https://onnx.ai/onnx/operators/onnx__STFT.html> (17).

use super::operator::{Family, onnx};

/// The rows of this family.
pub(super) const FAMILY: Family =
    Family { title: "Fourier transforms", operators: &[onnx("DFT").not_modelled(), onnx("STFT").not_modelled()] };
