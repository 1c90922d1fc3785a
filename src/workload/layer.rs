//! A layer: one convolution or matrix product of a network, as the framework executes it.

use super::density::LayerDensities;
use super::graph::NetworkGraph;
use super::number::{Number, NumberFormat, OperandNumbers};
use super::window::Axis;

/// Width of the numbers of a layer, in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bits {
    /// Bits of an input element.
    pub input: u32,
    /// Bits of a weight.
    pub weight: u32,
    /// Bits of an output element.
    pub output: u32,
}

/// Representation of the numbers of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Formats {
    /// That of the input.
    pub input: NumberFormat,
    /// That of the weights.
    pub weight: NumberFormat,
    /// That of the output.
    pub output: NumberFormat,
}

/// The shape of a convolution, transposed or not, over one to three spatial axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Convolution {
    /// Batch size (N).
    pub batch: u64,
    /// Groups; every group convolves its own channels.
    pub groups: u64,
    /// Input channels of one group.
    pub in_channels_per_group: u64,
    /// Output channels of one group.
    pub out_channels_per_group: u64,
    /// Spatial axes in ONNX order: depth, height, width.
    pub window: Vec<Axis>,
    /// Transposed ("deconvolution"): the window slides over the output.
    pub transposed: bool,
}

impl Convolution {
    /// Multiply-accumulates, taps on padding counted: the product of the output shape (the input shape where
    /// transposed) and of the weight dimensions from the second on. `None` on overflow.
    pub fn macs(&self) -> Option<u64> {
        self.macs_of(|axis| {
            let positions = if self.transposed { axis.input } else { axis.output };
            positions.checked_mul(axis.kernel)
        })
    }

    /// Multiply-accumulates whose input element (output element, where transposed) is real and not padding.
    pub fn macs_not_on_padding(&self) -> Option<u64> {
        self.macs_of(|axis| Some(axis.pairs_inside(self.transposed)))
    }

    fn macs_of(&self, pairs: impl Fn(&Axis) -> Option<u64>) -> Option<u64> {
        let channels = [self.batch, self.groups, self.in_channels_per_group, self.out_channels_per_group];
        let product = channels.into_iter().try_fold(1u64, u64::checked_mul)?;
        self.window.iter().try_fold(product, |product, axis| product.checked_mul(pairs(axis)?))
    }

    /// Input shape, channels second.
    pub fn input_shape(&self) -> Vec<u64> {
        let channels = self.groups * self.in_channels_per_group;
        [self.batch, channels].into_iter().chain(self.window.iter().map(|axis| axis.input)).collect()
    }

    /// Output shape, channels second.
    pub fn output_shape(&self) -> Vec<u64> {
        let channels = self.groups * self.out_channels_per_group;
        [self.batch, channels].into_iter().chain(self.window.iter().map(|axis| axis.output)).collect()
    }

    /// Weight shape as ONNX has it: `[out, in / groups, kernel...]`, transposed `[in, out / groups, kernel...]`.
    pub fn weight_shape(&self) -> Vec<u64> {
        let channels = if self.transposed {
            [self.groups * self.in_channels_per_group, self.out_channels_per_group]
        } else {
            [self.groups * self.out_channels_per_group, self.in_channels_per_group]
        };
        channels.into_iter().chain(self.window.iter().map(|axis| axis.kernel)).collect()
    }

    /// Padding of all axes, all begins, then all ends (ONNX order).
    pub fn pads(&self) -> Vec<i64> {
        let begins = self.window.iter().map(|axis| axis.pad_before);
        begins.chain(self.window.iter().map(|axis| axis.pad_after)).collect()
    }

    /// Whether a dilation above 1 acts: a kernel of one tap has nothing to spread.
    pub fn is_dilated(&self) -> bool {
        self.window.iter().any(|axis| axis.dilation > 1 && axis.kernel > 1)
    }
}

/// The shape of a batched matrix product `[batch, m, k] x [batch, k, n] -> [batch, m, n]`.
///
/// Batch dimensions that only one operand has are part of its rows (`m`) or columns (`n`): the other operand is shared
/// by them, and so it is read once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MatMul {
    /// Products with operands of their own.
    pub batch: u64,
    /// Rows of the first operand.
    pub m: u64,
    /// Columns of the second operand.
    pub n: u64,
    /// Length of the sums.
    pub k: u64,
}

impl MatMul {
    /// Multiply-accumulates. `None` on overflow.
    pub fn macs(&self) -> Option<u64> {
        [self.batch, self.m, self.n, self.k].into_iter().try_fold(1u64, u64::checked_mul)
    }
}

/// What a layer computes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// A convolution or transposed convolution.
    Convolution(Convolution),
    /// A matrix product.
    MatMul(MatMul),
}

impl Operation {
    /// Multiply-accumulates of one execution. `None` on overflow.
    pub fn macs(&self) -> Option<u64> {
        match self {
            Self::Convolution(convolution) => convolution.macs(),
            Self::MatMul(matmul) => matmul.macs(),
        }
    }

    /// Multiply-accumulates of one execution that are not on padding. `None` on overflow.
    pub fn macs_not_on_padding(&self) -> Option<u64> {
        match self {
            Self::Convolution(convolution) => convolution.macs_not_on_padding(),
            Self::MatMul(matmul) => matmul.macs(),
        }
    }

    /// `conv`, `conv_transpose` or `matmul`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Convolution(convolution) if convolution.transposed => "conv_transpose",
            Self::Convolution(_) => "conv",
            Self::MatMul(_) => "matmul",
        }
    }
}

/// One convolution or matrix product of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The framework's module path, file-name safe and unique in the network.
    pub name: String,
    /// The node's name in the file, with the path of the functions and branches around it.
    pub node: String,
    /// The node's operator.
    pub op: String,
    /// What it computes, with all sizes.
    pub operation: Operation,
    /// Shape of the input, in ONNX order with channels second (for a matrix product: of the first operand).
    pub input: Vec<u64>,
    /// Shape of the weights (for a matrix product: of the second operand).
    pub weight: Vec<u64>,
    /// Shape of the output.
    pub output: Vec<u64>,
    /// Bits per element.
    pub bits: Bits,
    /// How elements are represented.
    pub formats: Formats,
    /// The zeros of its tensors, as far as they are known.
    pub densities: LayerDensities,
    /// Multiply-accumulates of one execution.
    pub macs: u64,
    /// Those not on padding.
    pub macs_not_on_padding: u64,
    /// How often one run of the network executes the layer.
    pub executions: u64,
    /// What the node and those around it were recognised as, where the layer is not the node as it stands: a dilated convolution
    /// that the file spells out.
    pub recognized_as: Option<String>,
    /// Why the number of executions is not certain, if it is not: the layer's work may be missing in part, or not be done.
    pub note: Option<String>,
}

impl Network {
    /// Whether nothing is known of the network's work: it has no layer, and nodes whose work is not known.
    pub fn is_unknown(&self) -> bool {
        self.layers.is_empty() && self.mac_coverage.is_none()
    }
}

impl Layer {
    /// The convolution, if it is one.
    pub fn convolution(&self) -> Option<&Convolution> {
        match &self.operation {
            Operation::Convolution(convolution) => Some(convolution),
            Operation::MatMul(_) => None,
        }
    }

    /// What its multipliers take.
    pub fn operands(&self) -> OperandNumbers {
        OperandNumbers {
            input: Number { bits: self.bits.input, format: self.formats.input },
            weight: Number { bits: self.bits.weight, format: self.formats.weight },
        }
    }

    /// Whether this is a convolution with a dilation above 1.
    pub fn is_dilated(&self) -> bool {
        self.convolution().is_some_and(Convolution::is_dilated)
    }
}

impl Network {
    /// Multiply-accumulates of layers, and those not on padding: the sums of those of one execution x executions. `None` on
    /// overflow.
    pub fn totals(layers: &[Layer]) -> Option<(u64, u64)> {
        layers.iter().try_fold((0u64, 0u64), |(all, inside), layer| {
            let times = |macs: u64| macs.checked_mul(layer.executions);
            Some((all.checked_add(times(layer.macs)?)?, inside.checked_add(times(layer.macs_not_on_padding)?)?))
        })
    }
}

/// A node of the network that became no layer, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotLowered {
    /// The node's name in the file, with its path.
    pub node: String,
    /// Its operator, with the domain where that is not ONNX's own.
    pub op: String,
    /// Why it did not become a layer, in words.
    pub reason: String,
}

/// A layer of which only that it is one is known: its shape depends on data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLayer {
    /// Its module path, as [`Layer::name`].
    pub name: String,
    /// The node's name in the file, with its path.
    pub node: String,
    /// Its operator, with the domain where that is not ONNX's own.
    pub op: String,
    /// Why its shape is not known, and how one can state it.
    pub reason: String,
}

/// Everything an ONNX network asks for. Every node, those of functions and subgraphs included, is in `layers`, in
/// `unknown_layers` or in `not_lowered`; a node of several products is several layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The network's name (the file's, unless the user says otherwise).
    pub name: String,
    /// The inputs and their shapes. A dimension that is still open matters to no layer.
    pub inputs: Vec<(String, Vec<Option<u64>>)>,
    /// Convolutions and matrix products in graph order.
    pub layers: Vec<Layer>,
    /// Layers whose shapes are not known, in graph order.
    pub unknown_layers: Vec<UnknownLayer>,
    /// Every other node.
    pub not_lowered: Vec<NotLowered>,
    /// How data flows between the layers.
    pub graph: NetworkGraph,
    /// Multiply-accumulates of one run: the sum of MACs x executions.
    pub macs: u64,
    /// Those not on padding.
    pub macs_not_on_padding: u64,
    /// Share of the network's multiply-accumulates that the layers hold; `None` where work may be missing or counted twice.
    pub mac_coverage: Option<f64>,
    /// Weights and biases of the layers, each tensor once.
    pub parameters: u64,
    /// What the reader should know: conflicts, assumptions, choices made.
    pub warnings: Vec<String>,
}
