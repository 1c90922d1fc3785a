//! What one row of the table says of an operator.

use super::elements::Elements;
use super::node_shapes::{Dims, NodeShapes};
use super::work::{Work, WorkError};
use crate::onnx::graph::{Domain, Node};
use crate::onnx::proto::tensor_proto::DataType;
use crate::workload::Number;

/// Who defines an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::onnx) enum OperatorSet {
    /// ONNX itself: <https://onnx.ai/onnx/operators/>, and what runtimes register in its domain.
    Onnx,
    /// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>.
    Microsoft,
    /// Convolutions and poolings on channels in blocks, which onnxruntime writes when it saves an optimised model.
    Blocked,
    /// ONNX's operators with channels last, which onnxruntime writes for some execution providers.
    ChannelsLast,
    /// Classical machine learning: <https://onnx.ai/onnx/operators/index.html#ai-onnx-ml>.
    MachineLearning,
    /// Operators on trial: <https://onnx.ai/onnx/operators/index.html#ai-onnx-preview>.
    Preview,
    /// Optimisers: <https://onnx.ai/onnx/operators/index.html#ai-onnx-preview-training>.
    Training,
    /// Quantisers of QONNX, Brevitas and FINN: <https://github.com/fastmachinelearning/qonnx/tree/main/docs/qonnx-custom-ops>.
    Qonnx,
    /// QONNX's operators with channels last.
    QonnxChannelsLast,
}

impl OperatorSet {
    /// The set that a domain names.
    pub(super) fn of(domain: &Domain) -> Option<Self> {
        match domain {
            Domain::Onnx => Some(Self::Onnx),
            Domain::Microsoft => Some(Self::Microsoft),
            Domain::Other(name) => match name.as_str() {
                "com.microsoft.nchwc" => Some(Self::Blocked),
                "com.ms.internal.nhwc" => Some(Self::ChannelsLast),
                "ai.onnx.ml" => Some(Self::MachineLearning),
                "ai.onnx.preview" => Some(Self::Preview),
                "ai.onnx.preview.training" | "ai.onnx.training" => Some(Self::Training),
                "onnx.brevitas" | "qonnx.custom_op.general" | "finn.custom_op.general" => Some(Self::Qonnx),
                "qonnx.custom_op.channels_last" => Some(Self::QonnxChannelsLast),
                _ => None,
            },
        }
    }

    /// The domain, as files name it; empty for ONNX itself.
    pub(in crate::onnx) fn domain(self) -> &'static str {
        match self {
            Self::Onnx => "",
            Self::Microsoft => "com.microsoft",
            Self::Blocked => "com.microsoft.nchwc",
            Self::ChannelsLast => "com.ms.internal.nhwc",
            Self::MachineLearning => "ai.onnx.ml",
            Self::Preview => "ai.onnx.preview",
            Self::Training => "ai.onnx.preview.training",
            Self::Qonnx => "qonnx.custom_op.general",
            Self::QonnxChannelsLast => "qonnx.custom_op.channels_last",
        }
    }
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
    /// The shape of output number `.1`; tract is not asked.
    Each(fn(&NodeShapes, usize) -> Option<Dims>),
    /// Only a declaration tells them: results that are not tensors, sizes that depend on data, operators of one device.
    Declared,
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
    /// The elements of its only output, where tract has not the operator or computes it by other rules.
    pub(in crate::onnx) elements: fn(&NodeShapes) -> Option<Elements>,
    /// Whether tract reads this node otherwise than ONNX defines it, so that it must not be asked.
    pub(in crate::onnx) misread: fn(&NodeShapes) -> bool,
    /// Whether an input without elements means something. tract reads the first element of others, unchecked.
    pub(in crate::onnx) takes_empty: bool,
    pub(in crate::onnx) size_inputs: SizeInputs,
    pub(in crate::onnx) data_flow: DataFlow,
    /// Bits of the numbers that a quantiser leaves, though its result is stored as floats.
    pub(in crate::onnx) quantized_number: Option<fn(&NodeShapes) -> Option<Number>>,
    /// Restriction under which it becomes a layer, for the printed table.
    pub(in crate::onnx) note: &'static str,
}

/// A row for an operator of ONNX itself. Unless said otherwise it has no multiply-accumulates, tract tells its shapes, and
/// its outputs have the type of its first input.
pub(super) const fn onnx(name: &'static str) -> Operator {
    row(OperatorSet::Onnx, name)
}

/// A row for an operator of the domain com.microsoft, with the defaults of [`onnx()`] but for its shapes: the file must
/// declare them where the row states no rule, for tract is asked about ONNX's own operators alone.
pub(super) const fn microsoft(name: &'static str) -> Operator {
    row(OperatorSet::Microsoft, name)
}

/// A row for an operator of any set, with the defaults of [`microsoft()`].
pub(super) const fn row(set: OperatorSet, name: &'static str) -> Operator {
    Operator {
        set,
        name,
        macs: Macs::None,
        shape: if matches!(set, OperatorSet::Onnx) { ShapeRule::Tract } else { ShapeRule::Declared },
        dtype: TypeRule::Same(0),
        evaluated: false,
        elements: |_| None,
        misread: |_| false,
        takes_empty: false,
        size_inputs: SizeInputs::None,
        data_flow: DataFlow::Computes,
        quantized_number: None,
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

    /// The shape of every output by its number, without tract.
    pub(super) const fn shapes(self, rule: fn(&NodeShapes, usize) -> Option<Dims>) -> Self {
        Self { shape: ShapeRule::Each(rule), ..self }
    }

    /// Its shapes stand in the file's declarations or are not known: [`ShapeRule::Declared`].
    pub(super) const fn declared(self) -> Self {
        Self { shape: ShapeRule::Declared, ..self }
    }

    /// It quantises: the function tells the bits of what it leaves.
    pub(super) const fn quantizes(self, number: fn(&NodeShapes) -> Option<Number>) -> Self {
        Self { quantized_number: Some(number), ..self }
    }

    /// The element types of its outputs.
    pub(super) const fn dtype(self, rule: TypeRule) -> Self {
        Self { dtype: rule, ..self }
    }

    /// tract may compute its elements.
    pub(super) const fn evaluated(self) -> Self {
        Self { evaluated: true, ..self }
    }

    /// Its elements are what this function computes; what that leaves open, tract may compute.
    pub(super) const fn computes(self, elements: fn(&NodeShapes) -> Option<Elements>) -> Self {
        Self { elements, evaluated: true, ..self }
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
