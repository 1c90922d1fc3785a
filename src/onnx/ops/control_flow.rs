//! Operators with subgraphs. How often a body runs is followed in `shapes/control.rs`.
//!
//! * <https://onnx.ai/onnx/operators/onnx__If.html>, <https://onnx.ai/onnx/operators/onnx__Loop.html>.
//! * <https://onnx.ai/onnx/operators/onnx__Scan.html>: opset 8 has a batch dimension and is not followed; opset 9 dropped it.
//! * <https://onnx.ai/onnx/operators/onnx__SequenceMap.html> (opset 17): its body runs for every element.
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: `BeamSearch` and its like hold a decoder.

use super::operator::{Family, microsoft, onnx};

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "control flow",
    operators: &[
        onnx("If").in_bodies(),
        onnx("Loop").in_bodies(),
        onnx("Scan").in_bodies(),
        onnx("SequenceMap").in_bodies(),
        microsoft("BeamSearch").in_bodies(),
        microsoft("GreedySearch").in_bodies(),
        microsoft("Sampling").in_bodies(),
        microsoft("WhisperBeamSearch").in_bodies(),
    ],
};
