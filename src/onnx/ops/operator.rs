//! What one row of the table says of an operator.

use super::node_shapes::{Dims, NodeShapes};
use super::work::{Work, WorkError};
use crate::onnx::graph::Node;
use crate::onnx::proto::tensor_proto::DataType;

/// Who defines an operator: <https://onnx.ai/onnx/operators/> or
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::onnx) enum OperatorSet {
    Onnx,
    Microsoft,
}

/// The multiply-accumulates of an operator.
#[derive(Clone, Copy, Debug)]
pub(in crate::onnx) enum Macs {
    /// Convolutions and matrix products, which the function derives from the node and its inputs.
    Products(fn(&NodeShapes) -> Result<Work, WorkError>),
    /// Zero, by the field's convention: normalisation, pooling, activation and element-wise operators do not count.
    None,
    /// It multiplies and accumulates in a way that is neither a convolution nor a matrix product of fixed shape.
    NotModelled,
    /// The nodes of its subgraphs have them.
    InBodies,
}

/// The shapes of an operator's outputs, where the importer itself tells them. What tract and the rule leave open, the file
/// may declare. The outputs of [`Macs::Products`] come with the products.
#[derive(Clone, Copy, Debug)]
pub(in crate::onnx) enum ShapeRule {
    /// Only tract's answer counts.
    Tract,
    /// These outputs have the shape of this input, so that tract need not be asked.
    Same { input: usize, outputs: &'static [usize] },
    /// The shape of the first output, for what tract lacks or leaves open.
    First(fn(&NodeShapes) -> Option<Dims>),
}

/// The element types of an operator's outputs.
#[derive(Clone, Copy, Debug)]
pub(in crate::onnx) enum TypeRule {
    /// The type of this input.
    Same(usize),
    /// Always this type.
    Always(DataType),
    /// The type of output number `.1`, by node and input types.
    Of(fn(&Node, usize, &InputTypes) -> Option<DataType>),
    /// The type that the file states.
    Stated,
}

/// The element types of a node's inputs, as far as they are known.
pub(in crate::onnx) struct InputTypes<'a>(pub(in crate::onnx) &'a [Option<DataType>]);

impl InputTypes<'_> {
    /// The type of input number `index`.
    pub(in crate::onnx) fn get(&self, index: usize) -> Option<DataType> {
        self.0.get(index).copied().flatten()
    }
}

/// What an operator does to the elements that it passes on. Bit widths of a quantised graph are looked up through these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::onnx) enum DataFlow {
    /// It computes new elements.
    Computes,
    /// It moves or views the elements of its first input and leaves them unchanged.
    Moves,
    /// It states the elements of its first input in another type.
    Converts,
    /// It computes, but quantised runtimes fuse it between a layer and the quantisation of the layer's result.
    Fuses,
}

/// Inputs whose elements are sizes or axes: implausible ones are not given to tract.
#[derive(Clone, Copy, Debug)]
pub(in crate::onnx) enum SizeInputs {
    None,
    /// Sizes from this input on.
    Sizes(usize),
    /// Axes from this input on.
    Axes(usize),
}

/// One operator: a row of the table.
#[derive(Clone, Copy, Debug)]
pub(in crate::onnx) struct Operator {
    pub(in crate::onnx) set: OperatorSet,
    pub(in crate::onnx) name: &'static str,
    pub(in crate::onnx) macs: Macs,
    pub(in crate::onnx) shape: ShapeRule,
    pub(in crate::onnx) dtype: TypeRule,
    /// Whether tract may compute the elements of its outputs: shapes are computed with such operators. Of others only the
    /// shapes are asked for.
    pub(in crate::onnx) evaluated: bool,
    /// Whether tract reads this node otherwise than ONNX defines it, so that it must not be asked.
    pub(in crate::onnx) misread: fn(&NodeShapes) -> bool,
    /// Whether an input without elements means something. tract reads the first element of others, unchecked.
    pub(in crate::onnx) takes_empty: bool,
    pub(in crate::onnx) size_inputs: SizeInputs,
    pub(in crate::onnx) data_flow: DataFlow,
    /// Restriction under which it becomes a layer, for the printed table.
    pub(in crate::onnx) note: &'static str,
}

/// A row for an operator of ONNX itself. Unless said otherwise it has no multiply-accumulates, tract tells its shapes, and
/// its outputs have the type of its first input.
pub(super) const fn onnx(name: &'static str) -> Operator {
    row(OperatorSet::Onnx, name)
}

/// A row for an operator of the domain com.microsoft, with the defaults of [`onnx()`].
pub(super) const fn microsoft(name: &'static str) -> Operator {
    row(OperatorSet::Microsoft, name)
}

const fn row(set: OperatorSet, name: &'static str) -> Operator {
    Operator {
        set,
        name,
        macs: Macs::None,
        shape: ShapeRule::Tract,
        dtype: TypeRule::Same(0),
        evaluated: false,
        misread: |_| false,
        takes_empty: false,
        size_inputs: SizeInputs::None,
        data_flow: DataFlow::Computes,
        note: "",
    }
}

impl Operator {
    /// Its convolutions and matrix products are what this function derives, and its output shapes with them.
    pub(super) const fn products(self, products: fn(&NodeShapes) -> Result<Work, WorkError>) -> Self {
        Self { macs: Macs::Products(products), ..self }
    }

    /// Its multiply-accumulates are [`Macs::NotModelled`].
    pub(super) const fn not_modelled(self) -> Self {
        Self { macs: Macs::NotModelled, ..self }
    }

    /// Its multiply-accumulates are [`Macs::InBodies`].
    pub(super) const fn in_bodies(self) -> Self {
        Self { macs: Macs::InBodies, ..self }
    }

    /// Its first output has the shape of its first input.
    pub(super) const fn same_shape(self) -> Self {
        self.same_shapes(&[0])
    }

    /// These outputs have the shape of its first input.
    pub(super) const fn same_shapes(self, outputs: &'static [usize]) -> Self {
        Self { shape: ShapeRule::Same { input: 0, outputs }, ..self }
    }

    /// The shape of its first output, where tract does not tell it.
    pub(super) const fn shape(self, rule: fn(&NodeShapes) -> Option<Dims>) -> Self {
        Self { shape: ShapeRule::First(rule), ..self }
    }

    /// The element types of its outputs.
    pub(super) const fn dtype(self, rule: TypeRule) -> Self {
        Self { dtype: rule, ..self }
    }

    /// tract may compute its elements.
    pub(super) const fn evaluated(self) -> Self {
        Self { evaluated: true, ..self }
    }

    /// tract must not be asked of nodes for which this holds.
    pub(super) const fn misread(self, misread: fn(&NodeShapes) -> bool) -> Self {
        Self { misread, ..self }
    }

    /// An input without elements means something to it.
    pub(super) const fn takes_empty(self) -> Self {
        Self { takes_empty: true, ..self }
    }

    /// Its inputs from number `first` on are sizes.
    pub(super) const fn sizes_from(self, first: usize) -> Self {
        Self { size_inputs: SizeInputs::Sizes(first), ..self }
    }

    /// Its inputs from number `first` on are axes.
    pub(super) const fn axes_from(self, first: usize) -> Self {
        Self { size_inputs: SizeInputs::Axes(first), ..self }
    }

    /// Its elements are moved: [`DataFlow::Moves`].
    pub(super) const fn moves(self) -> Self {
        Self { data_flow: DataFlow::Moves, ..self }
    }

    /// Its elements are converted: [`DataFlow::Converts`].
    pub(super) const fn converts(self) -> Self {
        Self { data_flow: DataFlow::Converts, ..self }
    }

    /// It is fused into layers: [`DataFlow::Fuses`].
    pub(super) const fn fuses(self) -> Self {
        Self { data_flow: DataFlow::Fuses, ..self }
    }

    /// A restriction under which it becomes a layer.
    pub(super) const fn note(self, note: &'static str) -> Self {
        Self { note, ..self }
    }
}

/// Operators that belong together, in one file.
#[derive(Clone, Copy, Debug)]
pub(in crate::onnx) struct Family {
    /// What its operators are, in words.
    pub(in crate::onnx) title: &'static str,
    pub(in crate::onnx) operators: &'static [Operator],
}

/// An element type that an attribute states by its number.
pub(super) fn stated_type(node: &Node, attribute: &str) -> Option<DataType> {
    node.int(attribute).and_then(|number| i32::try_from(number).ok()).and_then(crate::onnx::dtype::from_number)
}
