//! What is known of the inputs of a node: all that the rules of the table see.

use super::work::WorkError;
use crate::onnx::graph::{Node, ValueId};
use crate::onnx::moe_balance::MoeBalance;
use crate::onnx::proto::tensor_proto::DataType;

/// A dimension as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::onnx) enum ShapeDim {
    Known(u64),
    Unknown,
}

/// A shape of known rank.
pub(in crate::onnx) type Dims = Vec<ShapeDim>;

/// What is known of the values of a graph.
pub(in crate::onnx) trait KnownValues {
    /// The shape, or `None` where not even the rank is known.
    fn dims(&self, value: ValueId) -> Option<Dims>;
    /// The element type.
    fn dtype(&self, value: ValueId) -> Option<DataType>;
    /// The elements of an integer or boolean value, where all are known.
    fn ints(&self, value: ValueId) -> Option<Vec<i64>>;
    /// The elements of a float value, where all are known.
    fn floats(&self, value: ValueId) -> Option<Vec<f64>>;
    /// The true number of channels of a value whose channels lie in blocks, where the graph states it.
    fn channels(&self, value: ValueId) -> Option<u64>;
    /// How the tokens of a mixture of experts are shared among the experts.
    fn moe_balance(&self) -> MoeBalance;
}

/// A node, and what is known of its inputs.
pub(in crate::onnx) struct NodeShapes<'a> {
    pub(in crate::onnx) node: &'a Node,
    pub(in crate::onnx) values: &'a dyn KnownValues,
}

impl NodeShapes<'_> {
    /// Shape of an input as far as it is known. `None` where it is absent, or where not even its rank is known.
    pub(super) fn dims(&self, index: usize) -> Option<Dims> {
        self.values.dims(self.node.input(index)?)
    }

    /// Element type of an input.
    pub(super) fn dtype(&self, index: usize) -> Option<DataType> {
        self.values.dtype(self.node.input(index)?)
    }

    /// Elements of an integer or boolean input.
    pub(super) fn ints(&self, index: usize) -> Option<Vec<i64>> {
        self.values.ints(self.node.input(index)?)
    }

    /// Elements of a float input.
    pub(super) fn floats(&self, index: usize) -> Option<Vec<f64>> {
        self.values.floats(self.node.input(index)?)
    }

    /// The true number of channels of an output whose channels lie in blocks, where the graph states it.
    pub(super) fn channels_of_output(&self, index: usize) -> Option<u64> {
        self.values.channels(self.node.output(index)?)
    }

    /// Shape of an input that the operator needs.
    pub(super) fn shape(&self, index: usize) -> Result<Vec<u64>, WorkError> {
        if self.node.input(index).is_none() {
            return Err(WorkError::Invalid(format!("input {index} is missing")));
        }
        self.dims(index).as_deref().and_then(sizes).ok_or(WorkError::Unknown(index))
    }

    /// Shape of an input that may be absent.
    pub(super) fn optional_shape(&self, index: usize) -> Result<Option<Vec<u64>>, WorkError> {
        self.node.input(index).map(|_| self.shape(index)).transpose()
    }

    /// Shape of an input of a fixed rank.
    pub(super) fn shape_of_rank<const RANK: usize>(&self, index: usize) -> Result<[u64; RANK], WorkError> {
        let shape = self.shape(index)?;
        let rank = shape.len();
        shape.try_into().map_err(|_| WorkError::Invalid(format!("input {index} has {rank} dimensions, not {RANK}")))
    }

    /// A positive integer attribute.
    pub(super) fn count(&self, name: &str) -> Result<Option<u64>, WorkError> {
        match self.node.int(name) {
            None => Ok(None),
            Some(value) if value >= 1 => Ok(Some(value.unsigned_abs())),
            Some(value) => Err(WorkError::Invalid(format!("attribute `{name}` is {value}; it must be at least 1"))),
        }
    }

    /// A positive integer attribute that must be there.
    pub(super) fn required(&self, name: &str) -> Result<u64, WorkError> {
        self.count(name)?.ok_or_else(|| WorkError::Invalid(format!("attribute `{name}` is missing")))
    }

    /// The axes that an attribute names, of a shape of this rank; all of them where it is absent.
    pub(super) fn axes_attribute(&self, rank: usize) -> Option<Vec<usize>> {
        self.node.ints("axes").map_or_else(|| Some((0..rank).collect()), |axes| places(axes, rank))
    }
}

/// The sizes of a shape, where every dimension is known.
pub(in crate::onnx) fn sizes(dims: &[ShapeDim]) -> Option<Vec<u64>> {
    dims.iter().map(|dim| if let ShapeDim::Known(size) = dim { Some(*size) } else { None }).collect()
}

/// A shape of known sizes.
pub(in crate::onnx) fn known(sizes: impl IntoIterator<Item = u64>) -> Dims {
    sizes.into_iter().map(ShapeDim::Known).collect()
}

/// An axis of a shape of this rank, counted from the end where negative.
pub(in crate::onnx) fn axis(axis: i64, rank: usize) -> Option<usize> {
    let rank = i64::try_from(rank).ok()?;
    let axis = if axis < 0 { axis.checked_add(rank)? } else { axis };
    usize::try_from(axis).ok().filter(|_| axis < rank)
}

/// Several axes, as [`axis`].
pub(super) fn places(axes: &[i64], rank: usize) -> Option<Vec<usize>> {
    axes.iter().map(|place| axis(*place, rank)).collect()
}

/// Turns a shape with channels last to channels second; one of fewer than three dimensions has only one order.
pub(super) fn channels_to_second<T>(shape: &mut [T]) {
    if let Some(behind) = shape.get_mut(1..).filter(|behind| !behind.is_empty()) {
        behind.rotate_right(1);
    }
}

/// Undoes [`channels_to_second`].
pub(super) fn channels_to_last<T>(shape: &mut [T]) {
    if let Some(behind) = shape.get_mut(1..).filter(|behind| !behind.is_empty()) {
        behind.rotate_left(1);
    }
}

/// Sizes that an integer operand states; `None` where one is negative.
pub(super) fn stated_sizes(values: &[i64]) -> Option<Vec<u64>> {
    values.iter().map(|value| u64::try_from(*value).ok()).collect()
}

/// The shape to which operands broadcast, as numpy's do. Where they contradict each other, the larger size.
pub(super) fn broadcast(operands: &[Dims]) -> Option<Dims> {
    let rank = operands.iter().map(Vec::len).max()?;
    let size = |dims: &Dims, axis: usize| {
        (axis + dims.len()).checked_sub(rank).map_or(ShapeDim::Known(1), |index| dims[index])
    };
    let merged = |a: ShapeDim, b: ShapeDim| match (a, b) {
        (ShapeDim::Known(1), dim) | (dim, ShapeDim::Known(1)) => dim,
        (ShapeDim::Known(size), _) | (_, ShapeDim::Known(size)) => ShapeDim::Known(size),
        _ => ShapeDim::Unknown,
    };
    Some((0..rank).map(|axis| operands.iter().map(|dims| size(dims, axis)).fold(ShapeDim::Known(1), merged)).collect())
}

/// A shape for people: `[1,3,?,?]`.
pub(in crate::onnx) fn display(dims: &[ShapeDim]) -> String {
    let dim = |dim: &ShapeDim| if let ShapeDim::Known(size) = dim { size.to_string() } else { "?".into() };
    format!("[{}]", dims.iter().map(dim).collect::<Vec<_>>().join(","))
}
