//! Classical machine learning (ai.onnx.ml) and optimisers (ai.onnx.preview.training).
//!
//! * <https://onnx.ai/onnx/operators/index.html#ai-onnx-ml>: one row of the input is one sample. Linear models and support
//!   vector machines multiply by coefficients that are attributes: that work is not modelled. Trees and the rest only compare,
//!   look up and scale.
//! * <https://onnx.ai/onnx/operators/index.html#ai-onnx-preview-training>: gradients are work that is not modelled.

use super::node_shapes::{Dims, NodeShapes, ShapeDim, sizes};
use super::operator::{Family, Operator, OperatorSet, TypeRule, row};
use crate::onnx::graph::{Attribute, Node};
use crate::onnx::proto::tensor_proto::DataType;

const fn classical(name: &'static str) -> Operator {
    row(OperatorSet::MachineLearning, name)
}

const fn training(name: &'static str) -> Operator {
    row(OperatorSet::Training, name)
}

/// Classical machine learning.
pub(super) const CLASSICAL: Family = Family {
    title: "classical machine learning",
    operators: &[
        classical("ArrayFeatureExtractor").shape(extracted),
        classical("Binarizer").same_shape(),
        classical("CastMap").declared(),
        classical("CategoryMapper").same_shape().dtype(TypeRule::Stated),
        classical("DictVectorizer").declared().dtype(TypeRule::Stated),
        classical("FeatureVectorizer").shape(joined).dtype(TypeRule::Always(DataType::Float)),
        classical("Imputer").same_shape(),
        classical("LabelEncoder").same_shape().dtype(TypeRule::Stated),
        classical("LinearClassifier")
            .not_modelled()
            .shapes(classified)
            .dtype(TypeRule::Of(|node, output, _| Some(type_of_class(node, output)))),
        classical("LinearRegressor")
            .not_modelled()
            .shape(|inputs| Some(vec![samples(inputs)?, targets(inputs, "targets")]))
            .dtype(TypeRule::Always(DataType::Float)),
        classical("Normalizer").same_shape().dtype(TypeRule::Always(DataType::Float)),
        classical("OneHotEncoder").shape(one_hot).dtype(TypeRule::Always(DataType::Float)),
        classical("SVMClassifier")
            .not_modelled()
            .shapes(classified)
            .dtype(TypeRule::Of(|node, output, _| Some(type_of_class(node, output)))),
        classical("SVMRegressor")
            .not_modelled()
            .shape(|inputs| Some(vec![samples(inputs)?, ShapeDim::Known(1)]))
            .dtype(TypeRule::Always(DataType::Float)),
        classical("Scaler").same_shape().dtype(TypeRule::Always(DataType::Float)),
        classical("TreeEnsemble").shape(|inputs| Some(vec![samples(inputs)?, targets(inputs, "n_targets")])),
        classical("TreeEnsembleClassifier")
            .shapes(classified)
            .dtype(TypeRule::Of(|node, output, _| Some(type_of_class(node, output)))),
        classical("TreeEnsembleRegressor")
            .shape(|inputs| Some(vec![samples(inputs)?, targets(inputs, "n_targets")]))
            .dtype(TypeRule::Always(DataType::Float)),
        classical("ZipMap").declared().dtype(TypeRule::Stated),
    ],
};

/// Optimisers and gradients.
pub(super) const TRAINING: Family = Family {
    title: "training",
    operators: &[
        training("Adagrad")
            .not_modelled()
            .shapes(|inputs, output| optimized(inputs, output, 3))
            .dtype(TypeRule::Same(2)),
        training("Adam").not_modelled().shapes(|inputs, output| optimized(inputs, output, 4)).dtype(TypeRule::Same(2)),
        training("Gradient").declared().not_modelled(),
        training("Momentum")
            .not_modelled()
            .shapes(|inputs, output| optimized(inputs, output, 3))
            .dtype(TypeRule::Same(2)),
    ],
};

/// The number of samples: rows of the input; a vector is one sample.
fn samples(inputs: &NodeShapes) -> Option<ShapeDim> {
    let dims = inputs.dims(0)?;
    Some(if dims.len() < 2 { ShapeDim::Known(1) } else { dims[0] })
}

/// A number of results that an attribute states, 1 where it is absent.
fn targets(inputs: &NodeShapes, attribute: &str) -> ShapeDim {
    let stated = inputs.node.int(attribute).unwrap_or(1);
    u64::try_from(stated).map_or(ShapeDim::Unknown, ShapeDim::Known)
}

/// A class for every sample, and a score for every sample and class.
fn classified(inputs: &NodeShapes, output: usize) -> Option<Dims> {
    let rows = samples(inputs)?;
    if output == 0 {
        return Some(vec![rows]);
    }
    let count = ["classlabels_ints", "classlabels_int64s", "classlabels_strings"]
        .iter()
        .find_map(|name| labels(inputs.node, name));
    Some(vec![rows, count.map_or(ShapeDim::Unknown, |count| ShapeDim::Known(count as u64))])
}

fn labels(node: &Node, attribute: &str) -> Option<usize> {
    let count = match node.attribute(attribute)? {
        Attribute::Ints(labels) => labels.len(),
        Attribute::Texts(labels) => labels.len(),
        _ => 0,
    };
    (count > 0).then_some(count)
}

fn type_of_class(node: &Node, output: usize) -> DataType {
    match output {
        0 if labels(node, "classlabels_strings").is_some() => DataType::String,
        0 => DataType::Int64,
        _ => DataType::Float,
    }
}

/// ArrayFeatureExtractor: columns of the last dimension, one for each index.
fn extracted(inputs: &NodeShapes) -> Option<Dims> {
    let (mut dims, indices) = (inputs.dims(0)?, sizes(&inputs.dims(1)?)?);
    let count = indices.into_iter().try_fold(1u64, u64::checked_mul)?;
    *dims.last_mut()? = ShapeDim::Known(count);
    if dims.len() == 1 {
        dims.insert(0, ShapeDim::Known(1));
    }
    Some(dims)
}

/// FeatureVectorizer: the columns of all inputs side by side.
fn joined(inputs: &NodeShapes) -> Option<Dims> {
    let columns: i64 =
        inputs.node.ints("inputdimensions")?.iter().try_fold(0i64, |sum, size| sum.checked_add(*size))?;
    Some(vec![samples(inputs)?, ShapeDim::Known(u64::try_from(columns).ok()?)])
}

/// OneHotEncoder: a new last dimension of the categories.
fn one_hot(inputs: &NodeShapes) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    let count = ["cats_int64s", "cats_strings"].iter().find_map(|name| labels(inputs.node, name))?;
    dims.push(ShapeDim::Known(count as u64));
    Some(dims)
}

/// An optimiser reads a rate, a count, then in groups the tensors, their gradients and its accumulators, one each; it makes
/// new tensors and accumulators.
fn optimized(inputs: &NodeShapes, output: usize, groups: usize) -> Option<Dims> {
    let tensors = inputs.node.inputs.len().checked_sub(2)? / groups;
    let number = if output < tensors { output } else { output + tensors };
    inputs.dims(2 + number)
}
