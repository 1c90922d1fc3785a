//! Nodes that no run can execute: operands whose known sizes do not fit together, by the operators' own rules.
//!
//! Only what is certain counts: a size that is not known fits.

use super::node_shapes::{Dims, NodeShapes, ShapeDim, axis, display, sizes};
use super::{WorkError, work};
use crate::onnx::graph::Domain;

/// Numbers of a list that a message shows.
const LISTED: usize = 12;

/// What is wrong with a node's operands, if something is.
pub(in crate::onnx) fn contradiction(inputs: &NodeShapes) -> Option<String> {
    if let Some(Err(WorkError::Invalid(problem))) = work(inputs) {
        return Some(problem);
    }
    let node = inputs.node;
    if node.domain != Domain::Onnx {
        return None;
    }
    match node.op.as_str() {
        "Add" | "And" | "Div" | "Equal" | "Greater" | "Less" | "Mul" | "Or" | "Pow" | "Sub" | "Xor"
            if node.opset < 7 =>
        {
            None
        }
        "Add" | "And" | "BitShift" | "BitwiseAnd" | "BitwiseOr" | "BitwiseXor" | "Div" | "Equal" | "Greater"
        | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Mod" | "Mul" | "Or" | "Pow" | "Sub" | "Where" | "Xor" => {
            broadcast(inputs)
        }
        "Max" | "Mean" | "Min" | "Sum" if node.opset >= 8 => broadcast(inputs),
        "Concat" => joined(inputs),
        "Reshape" => reshaped(inputs),
        "Squeeze" => squeezed(inputs),
        "Transpose" => transposed(inputs),
        "Expand" => expanded(inputs),
        "Split" => split(inputs),
        _ => None,
    }
}

/// Numbers that an operand or attribute states; of many the first ones.
fn listed(values: &[i64]) -> String {
    let shown: Vec<String> = values.iter().take(LISTED).map(ToString::to_string).collect();
    let more = if values.len() > LISTED { format!(" and {} more", values.len() - LISTED) } else { String::new() };
    format!("[{}{more}]", shown.join(", "))
}

/// Sizes from the last dimension on are equal, or one of them is 1.
fn fit(a: &Dims, b: &Dims) -> bool {
    a.iter().rev().zip(b.iter().rev()).all(|sizes| match sizes {
        (ShapeDim::Known(a), ShapeDim::Known(b)) => a == b || *a == 1 || *b == 1,
        _ => true,
    })
}

fn broadcast(inputs: &NodeShapes) -> Option<String> {
    let shapes: Vec<Dims> = (0..inputs.node.inputs.len()).filter_map(|input| inputs.dims(input)).collect();
    let pairs = shapes.iter().enumerate().flat_map(|(at, a)| shapes[..at].iter().map(move |b| (b, a)));
    let (a, b) = pairs.into_iter().find(|(a, b)| !fit(a, b))?;
    Some(format!("its operands of shapes {} and {} do not broadcast", display(a), display(b)))
}

fn joined(inputs: &NodeShapes) -> Option<String> {
    // PyTorch joins an empty list, of one dimension, with anything.
    let is_list = |dims: &Dims| *dims == [ShapeDim::Known(0)];
    let shapes = (0..inputs.node.inputs.len()).filter_map(|input| inputs.dims(input));
    let shapes: Vec<Dims> = shapes.filter(|dims| !is_list(dims)).collect();
    let first = shapes.first()?;
    let along = inputs.node.int("axis").unwrap_or(1);
    let Some(along) = axis(along, first.len()) else {
        return Some(format!("it joins along axis {along} tensors of {} dimensions", first.len()));
    };
    let differs = |other: &&Dims| {
        other.len() != first.len()
            || first.iter().zip(*other).enumerate().any(|(axis, sizes)| {
                axis != along && matches!(sizes, (ShapeDim::Known(a), ShapeDim::Known(b)) if a != b)
            })
    };
    let other = shapes.iter().find(differs)?;
    Some(format!("it joins shapes {} and {} along axis {along}", display(first), display(other)))
}

fn reshaped(inputs: &NodeShapes) -> Option<String> {
    let (from, to) = (sizes(&inputs.dims(0)?)?, inputs.ints(1).or_else(|| Some(inputs.node.ints("shape")?.to_vec()))?);
    let all = from.iter().try_fold(1u64, |product, size| product.checked_mul(*size))?;
    let copies = !inputs.node.flag("allowzero");
    let mut product = 1u64;
    let mut inferred = false;
    for (place, size) in to.iter().enumerate() {
        match u64::try_from(*size) {
            Ok(0) if copies => product = product.checked_mul(*from.get(place)?)?,
            Ok(size) => product = product.checked_mul(size)?,
            Err(_) => inferred = true,
        }
    }
    let fits = if inferred { product == 0 || all.is_multiple_of(product) } else { product == all };
    (!fits).then(|| format!("{all} elements of shape {from:?} do not fill the shape {}", listed(&to)))
}

fn squeezed(inputs: &NodeShapes) -> Option<String> {
    let dims = inputs.dims(0)?;
    let axes = inputs.node.ints("axes").map(<[i64]>::to_vec).or_else(|| inputs.ints(1))?;
    let long = axes
        .iter()
        .find(|at| axis(**at, dims.len()).is_none_or(|at| matches!(dims[at], ShapeDim::Known(size) if size != 1)))?;
    Some(format!("it removes axis {long} of shape {}, whose size is not 1", display(&dims)))
}

fn transposed(inputs: &NodeShapes) -> Option<String> {
    let perm = inputs.node.ints("perm")?;
    let mut sorted = perm.to_vec();
    sorted.sort_unstable();
    let is_permutation = sorted.iter().copied().eq(0..i64::try_from(sorted.len()).ok()?);
    if !is_permutation {
        return Some(format!(
            "its perm {} is no permutation: it must hold each of 0 to {} once",
            listed(perm),
            perm.len().max(1) - 1
        ));
    }
    let rank = inputs.dims(0)?.len();
    (rank != perm.len())
        .then(|| format!("its perm {} is one of {} axes, its input has {rank}", listed(perm), perm.len()))
}

fn expanded(inputs: &NodeShapes) -> Option<String> {
    let (from, to) = (inputs.dims(0)?, inputs.ints(1)?);
    let target: Dims = to.iter().map(|size| u64::try_from(*size).map_or(ShapeDim::Unknown, ShapeDim::Known)).collect();
    (!fit(&from, &target)).then(|| format!("shape {} does not expand to {}", display(&from), listed(&to)))
}

fn split(inputs: &NodeShapes) -> Option<String> {
    let dims = inputs.dims(0)?;
    let along = axis(inputs.node.int("axis").unwrap_or(0), dims.len())?;
    let ShapeDim::Known(size) = dims[along] else { return None };
    let parts = inputs.node.ints("split").map(<[i64]>::to_vec).or_else(|| inputs.ints(1))?;
    let sum = parts.iter().try_fold(0i64, |sum, part| sum.checked_add(*part))?;
    (u64::try_from(sum) != Ok(size)).then(|| format!("it splits {size} elements into parts of {}", listed(&parts)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_that_broadcast_fit() {
        let dims = |sizes: &[u64]| -> Dims { sizes.iter().map(|size| ShapeDim::Known(*size)).collect() };
        assert!(fit(&dims(&[2, 3, 8]), &dims(&[3, 1])) && fit(&dims(&[]), &dims(&[5])));
        assert!(!fit(&dims(&[2, 3, 8]), &dims(&[4, 8])));
        assert!(fit(&vec![ShapeDim::Unknown], &dims(&[4])));
    }
}
