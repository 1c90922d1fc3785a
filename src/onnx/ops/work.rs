//! What a node multiplies and accumulates: its convolutions and matrix products, and the shapes of its outputs.

use crate::workload::{MatMul, Number, Operation};

/// Why a node has no products.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::onnx) enum WorkError {
    /// The shape of this input is not known.
    Unknown(usize),
    /// The node contradicts itself or its inputs.
    Invalid(String),
    /// The node is fine but no convolution or matrix product; its multiply-accumulates, where they can be counted.
    NoLayer { reason: String, macs: Option<u64> },
}

/// A legal node that has nothing to multiply.
pub(super) fn empty<T>() -> Result<T, WorkError> {
    Err(WorkError::NoLayer { reason: "an operand is empty".into(), macs: Some(0) })
}

pub(super) fn invalid<T>(message: impl Into<String>) -> Result<T, WorkError> {
    Err(WorkError::Invalid(message.into()))
}

/// Which tensor of the node an operand of a product is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::onnx) enum Operand {
    Input(usize),
    Output(usize),
    /// A part of an input that packs several operands.
    Part(usize),
    /// The result of this product of the node, which never leaves it: the scores of an attention.
    Result(usize),
}

/// One convolution or matrix product of a node.
#[derive(Clone, Debug)]
pub(in crate::onnx) struct Product {
    /// Tells the products of a node apart; appended to the layer's name.
    pub(in crate::onnx) part: &'static str,
    pub(in crate::onnx) operation: Operation,
    pub(in crate::onnx) input: (Operand, Vec<u64>),
    pub(in crate::onnx) weight: (Operand, Vec<u64>),
    pub(in crate::onnx) output: (Operand, Vec<u64>),
    /// How often the node executes it.
    pub(in crate::onnx) times: u64,
    /// Whether the second operand has its place for weights alone, so that even a graph input there is a parameter.
    pub(in crate::onnx) weight_place: bool,
    /// Its elements where the operand's type does not tell.
    pub(in crate::onnx) input_number: Option<Number>,
    pub(in crate::onnx) weight_number: Option<Number>,
    /// Parameters of the second operand, where they are not as many as it has elements here: experts that stay unused.
    pub(in crate::onnx) parameters: Option<u64>,
    /// Inputs that this product reads besides its operands: past keys, a state.
    pub(in crate::onnx) further: &'static [usize],
}

impl Product {
    /// The only product of a node, over its first output.
    pub(super) fn only(
        operation: Operation,
        input: (usize, Vec<u64>),
        weight: (usize, Vec<u64>),
        output: Vec<u64>,
    ) -> Self {
        Self {
            part: "",
            operation,
            input: (Operand::Input(input.0), input.1),
            weight: (Operand::Input(weight.0), weight.1),
            output: (Operand::Output(0), output),
            times: 1,
            weight_place: true,
            input_number: None,
            weight_number: None,
            parameters: None,
            further: &[],
        }
    }

    /// A batched matrix product within a node.
    pub(super) fn part(part: &'static str, matmul: MatMul, input: Operand, weight: Operand, output: Operand) -> Self {
        let MatMul { batch, m, n, k } = matmul;
        let shape = |rows, columns| if batch == 1 { vec![rows, columns] } else { vec![batch, rows, columns] };
        Self {
            part,
            operation: Operation::MatMul(matmul),
            input: (input, shape(m, k)),
            weight: (weight, shape(k, n)),
            output: (output, shape(m, n)),
            times: 1,
            weight_place: false,
            input_number: None,
            weight_number: None,
            parameters: None,
            further: &[],
        }
    }
}

/// The products of a node, and the shapes of its outputs as far as the operator fixes them.
#[derive(Clone, Debug)]
pub(in crate::onnx) struct Work {
    pub(in crate::onnx) products: Vec<Product>,
    pub(in crate::onnx) outputs: Vec<Option<Vec<u64>>>,
    /// Inputs that hold biases; they count as parameters.
    pub(in crate::onnx) biases: &'static [usize],
}

impl Work {
    pub(super) fn only(product: Product, biases: &'static [usize]) -> Self {
        let outputs = vec![Some(product.output.1.clone())];
        Self { products: vec![product], outputs, biases }
    }
}

/// A product of sizes; overflow is an error of the node.
pub(super) fn product(sizes: impl IntoIterator<Item = u64>) -> Result<u64, WorkError> {
    let product = sizes.into_iter().try_fold(1u64, u64::checked_mul);
    product.ok_or_else(|| WorkError::Invalid("the product of its sizes overflows 64 bits".into()))
}
