//! What is never asked of tract, because no answer may ever come: a failed allocation cannot be caught.

use super::ShapeDim;
use super::tract::{Fact, MAX_EVALUATED, MAX_RANK};
use crate::onnx::graph::{Attribute, Node};
use crate::onnx::ops::{self, SizeInputs};

/// Texts that are longer (the equation of an Einsum) are not given to tract.
const MAX_TEXT: usize = 512;

/// Operands and attributes that make tract allocate without bound: axes that no tensor has, shapes of absurd rank, sizes
/// whose products overflow. A failed allocation cannot be caught, so it must not be tried.
pub(super) fn is_boundless(node: &Node, inputs: &[Option<&Fact>]) -> bool {
    let op = node.op.as_str();
    // A slice's end is INT64_MAX by convention.
    let huge = |value: &i64| op != "Slice" && value.unsigned_abs() > 1 << 31;
    let no_axis = |value: &i64| value.unsigned_abs() > 2 * MAX_RANK as u64;
    let attribute = node.attributes.iter().any(|(name, value)| {
        let values = match value {
            Attribute::Int(value) => std::slice::from_ref(value),
            Attribute::Ints(values) => values.as_slice(),
            Attribute::Text(text) => return text.len() > MAX_TEXT,
            _ => return false,
        };
        match name.as_str() {
            // tract follows the cycles of a permutation; with any other list it would never end.
            "perm" => !is_permutation(values),
            "axis" | "axes" | "batch_dims" => values.len() > 2 * MAX_RANK || values.iter().any(no_axis),
            "num_outputs" => {
                values.iter().any(|count| usize::try_from(*count).is_ok_and(|count| count > node.outputs.len()))
            }
            _ => values.len() as u64 > MAX_EVALUATED || values.iter().any(huge),
        }
    });
    let (skip, axes) = match ops::find(node).map_or(SizeInputs::None, |operator| operator.size_inputs) {
        SizeInputs::Sizes(first) => (first, false),
        SizeInputs::Axes(first) => (first, true),
        SizeInputs::None => return attribute,
    };
    let operand = |fact: &&Fact| {
        let long = matches!(fact.shape().as_deref(), Some([ShapeDim::Known(length)]) if *length > 2 * MAX_RANK as u64);
        let shape = long && op != "OneHot";
        shape
            || fact.ints().is_some_and(|ints| ints.iter().any(|value| if axes { no_axis(value) } else { huge(value) }))
    };
    attribute || inputs.iter().skip(skip).flatten().any(operand)
}

fn is_permutation(values: &[i64]) -> bool {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    values.len() <= 2 * MAX_RANK && sorted.into_iter().eq(0..i64::try_from(values.len()).unwrap_or(0))
}
