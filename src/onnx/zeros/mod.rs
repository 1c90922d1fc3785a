//! How many elements of the weights are zero: the densities of a network's layers, as its file has them.
//!
//! ```text
//! layer --operand--> value --follow--> views of constants --elements--> bytes --count--> non-zeros, pattern
//! ```
//!
//! * `follow`: from the operand of a layer back to the constants that it is: through views, conversions and dequantisation.
//! * `view`: in which order an operand sees the elements of a constant.
//! * `elements`: the bytes of a constant, wherever the file keeps them, and what of them is zero.
//! * `count`: counting, on all threads.

mod count;
mod elements;
mod follow;
mod view;

use std::path::PathBuf;

use indexmap::IndexMap;
use rayon::prelude::*;

use super::dataflow::LoweredLayer;
use super::error::ImportError;
use super::graph::Graph;
use super::ops::{self, Operand};
use super::shapes::Shapes;
use crate::numbers::real;
use crate::workload::{Counted, Density, Layer, LayerTensor, Operation, Pattern, TensorDensity};
use elements::Files;
use follow::{Followed, Follower, Part};

/// Tensors that a message names; more are counted.
const NAMED: usize = 3;

/// Counts the elements of every operand that is constant, and sets the densities of the layers. What cannot be counted is a warning.
///
/// # Errors
///
/// If some weights are constant and none of them can be counted.
pub(super) fn measure(
    graph: &Graph,
    shapes: &Shapes,
    folder: Option<PathBuf>,
    lowered: &[LoweredLayer],
    layers: &mut [Layer],
) -> Result<Vec<String>, ImportError> {
    let mut follower = Follower::new(graph, shapes, Files::new(folder));
    let mut unknown: IndexMap<String, Vec<String>> = IndexMap::new();
    let mut found = Vec::new();
    for (index, (source, layer)) in lowered.iter().zip(layers.iter()).enumerate() {
        for (tensor, operand) in [(LayerTensor::Inputs, source.input), (LayerTensor::Weights, source.weight)] {
            let Some(followed) = follower.operand(source.node, operand) else { continue };
            let followed = followed.and_then(|followed| of_layer(followed, layer, tensor, source, graph));
            match followed {
                Ok(followed) => found.push((index, tensor, followed)),
                Err(unread) => {
                    let tensors = unknown.entry(unread.why).or_default();
                    if !tensors.contains(&unread.tensor) {
                        tensors.push(unread.tensor);
                    }
                }
            }
        }
    }
    let reasons: Vec<String> = unknown.iter().map(|(why, tensors)| format!("{} {why}", named(tensors))).collect();
    if found.is_empty() && !reasons.is_empty() {
        return Err(ImportError::Unmeasured(reasons.join("; ")));
    }
    let counted: Vec<_> =
        found.into_par_iter().map(|(index, tensor, followed)| (index, tensor, counted(&followed))).collect();
    let mut warnings: Vec<String> = reasons
        .iter()
        .map(|reason| format!("the zeros of some weights are not known, so they count as dense: {reason}"))
        .collect();
    for (index, tensor, counted) in counted {
        if counted.nonzeros == 0 {
            warnings.push(format!("all {} of `{}` are zero", tensor.name().to_lowercase(), layers[index].name));
        }
        layers[index].densities.set(tensor, TensorDensity { density: density(&counted), counted: Some(counted) });
    }
    Ok(warnings)
}

/// A few of the tensors.
fn named(tensors: &[String]) -> String {
    let shown: Vec<String> = tensors.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    match tensors.len() {
        1 => format!("tensor {}", shown[0]),
        count if count <= NAMED => format!("tensors {}", shown.join(", ")),
        count => format!("{count} tensors, such as {},", shown.join(", ")),
    }
}

/// An operand that a layer is given whole keeps its order where it has as many elements as the layer reads.
fn of_layer(
    followed: Followed,
    layer: &Layer,
    tensor: LayerTensor,
    source: &LoweredLayer,
    graph: &Graph,
) -> Result<Followed, follow::Unread> {
    let node = &graph[source.node];
    let shape = if tensor == LayerTensor::Inputs { &layer.input } else { &layer.weight };
    let is_whole = followed.elements() == shape.iter().try_fold(1u64, |product, size| product.checked_mul(*size));
    if !is_whole && ops::pads_weights(node) {
        let why = "is stored in padded blocks, whose zeros are not told apart from padding".to_owned();
        return Err(follow::Unread { tensor: followed.name, why });
    }
    let sums = if is_whole { sums(layer, tensor, source, node) } else { None };
    Ok(followed.summed_over(sums))
}

/// The axis of an operand over which the layer sums.
fn sums(layer: &Layer, tensor: LayerTensor, source: &LoweredLayer, node: &super::graph::Node) -> Option<Axis> {
    match (&layer.operation, tensor) {
        (Operation::Convolution(_), LayerTensor::Weights) if ops::has_weights_channels_last(node) => {
            Some(Axis::FromEnd(1))
        }
        (Operation::Convolution(convolution), LayerTensor::Weights) => {
            Some(Axis::FromStart(usize::from(!convolution.transposed)))
        }
        (Operation::Convolution(_), _) => None,
        (Operation::MatMul(_), tensor) => {
            let Operand::Input(_) = (if tensor == LayerTensor::Inputs { source.input } else { source.weight }) else {
                return None;
            };
            ops::axis_of_sums(node, tensor == LayerTensor::Weights).map(Axis::FromEnd)
        }
    }
}

/// An axis, counted from either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    /// 0 is the first.
    FromStart(usize),
    /// 1 is the last.
    FromEnd(usize),
}

fn counted(followed: &Followed) -> Counted {
    let parts = || followed.parts.par_iter();
    let elements = followed.parts.iter().map(Part::elements).sum();
    let nonzeros = parts().map(count::nonzeros).sum();
    let pattern = match (&followed.parts[..], followed.sums) {
        ([Part::View(view)], Some(axis)) if nonzeros < elements => count::pattern(view, axis, nonzeros),
        _ => None,
    };
    Counted { nonzeros, elements, pattern }
}

/// What the model takes: tensors with a pattern have as many non-zeros in every tile as it admits; else each place is as likely as
/// any other to hold one.
fn density(counted: &Counted) -> Density {
    match counted.pattern {
        Some(Pattern { nonzeros, group }) => Density::FixedStructured(real(nonzeros) / real(group)),
        None if counted.nonzeros == counted.elements => Density::DENSE,
        None => Density::Hypergeometric(real(counted.nonzeros) / real(counted.elements)),
    }
}
