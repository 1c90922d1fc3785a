//! Matrix products: MatMul, Gemm, their quantised, fused and packed forms.
//!
//! * <https://onnx.ai/onnx/operators/onnx__Gemm.html>: the bias is input 2, optional since opset 11.
//! * <https://onnx.ai/onnx/operators/onnx__MatMul.html>: numpy's `matmul`, in every opset.
//! * <https://onnx.ai/onnx/operators/onnx__MatMulInteger.html>,
//!   <https://onnx.ai/onnx/operators/onnx__QLinearMatMul.html> (opset 10): the second operand is input 1 and input 3.
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: `QGemm` has its second operand at input 3
//!   and its bias at input 6; `MatMulNBits` and `MatMulBnb4` state K and N as attributes, for their weights are packed, and
//!   so do the fused `MatMulNBitsMlp`, `MatMulNBitsQkv` and `MatMulNBitsQLoRA`; `QOrderedMatMul` has its second operand at
//!   input 2; the block-quantised ones store it as `[N, K]`, 4-bit floats two in a byte.

use super::node_shapes::{NodeShapes, stated_sizes};
use super::operator::{Family, InputTypes, TypeRule, microsoft, onnx};
use super::quantize::type_of_output_zero_point;
use super::work::{Operand, Product, Work, WorkError, empty, invalid, product};
use crate::onnx::graph::Node;
use crate::onnx::proto::tensor_proto::DataType;
use crate::workload::{MatMul, Number, Operation};

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "matrix products",
    operators: &[
        onnx("Gemm").products(gemm),
        onnx("MatMul").products(matmul),
        onnx("MatMulInteger").products(matmul).dtype(TypeRule::Always(DataType::Int32)),
        onnx("QLinearMatMul").products(matmul).dtype(TypeRule::Of(type_of_output_zero_point)),
        microsoft("FusedMatMul").products(matmul),
        microsoft("TransposeMatMul").products(matmul),
        microsoft("FusedGemm").products(gemm),
        microsoft("GemmFloat8").products(gemm),
        microsoft("QGemm").products(gemm).dtype(TypeRule::Of(type_of_qgemm)),
        microsoft("QLinearMatMul").products(matmul).dtype(TypeRule::Of(type_of_output_zero_point)),
        microsoft("MatMulInteger16").products(matmul),
        microsoft("MatMulIntegerToFloat").products(matmul).dtype(TypeRule::Same(2)),
        microsoft("DynamicQuantizeMatMul").products(matmul),
        microsoft("MatMulNBits").products(packed),
        microsoft("MatMulBnb4").products(packed),
        microsoft("FusedMatMulActivation").products(matmul),
        microsoft("GemmFastGelu").products(matmul),
        microsoft("MatMulBlockQuantizedFp4Weight").products(weights_in_rows),
        microsoft("MatMulBlockQuantizedFp8Weight").products(weights_in_rows),
        microsoft("MatMulFpQ4").products(shape_as_operand),
        microsoft("MatMulNBitsMlp").products(gated),
        microsoft("MatMulNBitsQLoRA").products(adapted),
        microsoft("MatMulNBitsQkv").products(three_projections),
        microsoft("MatMulPacked").declared().not_modelled(),
        microsoft("QOrderedMatMul").products(matmul),
        microsoft("RouterGateUpProj").declared().not_modelled(),
        microsoft("SparseToDenseMatMul").declared().not_modelled(),
        microsoft("HyperConnectionLowRankMix").declared().not_modelled(),
    ],
};

/// The type of the output's zero point; a product without one is dequantised on the way out.
fn type_of_qgemm(node: &Node, _: usize, inputs: &InputTypes) -> Option<DataType> {
    match node.input(8) {
        Some(_) => inputs.get(8),
        None if node.input(7).is_some() => inputs.get(0),
        None => Some(DataType::Float),
    }
}

/// Gemm and its fused and quantised forms: two dimensions, each operand transposed or not.
fn gemm(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let node = inputs.node;
    let (second, biases): (usize, &[usize]) = if node.op == "QGemm" { (3, &[6]) } else { (1, &[2]) };
    let a = inputs.shape_of_rank::<2>(0)?;
    let b = inputs.shape_of_rank::<2>(second)?;
    let [m, k] = if node.flag("transA") { [a[1], a[0]] } else { a };
    let [inner, n] = if node.flag("transB") { [b[1], b[0]] } else { b };
    if k != inner {
        return mismatch(&a, &b);
    }
    let output = vec![m, n];
    let operation = Operation::MatMul(nonempty(MatMul { batch: 1, m, n, k })?);
    Ok(Work::only(Product::only(operation, (0, a.to_vec()), (second, b.to_vec()), output), biases))
}

/// MatMul and its fused and quantised forms: any rank, batch dimensions broadcast.
fn matmul(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let node = inputs.node;
    let second = match node.op.as_str() {
        "QLinearMatMul" => 3,
        "QOrderedMatMul" => 2,
        _ => 1,
    };
    let (a, b) = (inputs.shape(0)?, inputs.shape(second)?);
    let arranged_a = arranged(&a, node.flag("transBatchA"), node.flag("transA"));
    let arranged_b = arranged(&b, node.flag("transBatchB"), node.flag("transB"));
    let (operation, output) = contract(&arranged_a, &arranged_b)?;
    let mut product = Product::only(Operation::MatMul(operation), (0, a), (second, b), output);
    // Either operand may be an activation.
    product.weight_place = false;
    let biases: &[usize] = match node.op.as_str() {
        "DynamicQuantizeMatMul" => {
            // The float operand is quantised to 8 bits on the way in.
            product.input_number = Some(Number::integer(8));
            &[4]
        }
        "MatMulIntegerToFloat" => &[6],
        "GemmFastGelu" => &[2],
        "QOrderedMatMul" => &[5],
        _ => &[],
    };
    Ok(Work::only(product, biases))
}

/// Products with packed weights: the sizes are attributes.
fn packed(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let bits = if inputs.node.op == "MatMulBnb4" { 4 } else { inputs.count("bits")?.unwrap_or(4) };
    let bits = u32::try_from(bits).map_err(|_| WorkError::Invalid(format!("attribute `bits` is {bits}")))?;
    let (k, n) = (inputs.required("K")?, inputs.required("N")?);
    // MatMulBnb4 may also multiply by the weights as they are stored, [N, K].
    let [k, n] = if inputs.node.op == "MatMulBnb4" && inputs.node.int("transB") == Some(0) { [n, k] } else { [k, n] };
    let a = inputs.shape(0)?;
    let (operation, output) = contract(&a, &[k, n])?;
    let mut product = Product::only(Operation::MatMul(operation), (0, a), (1, vec![k, n]), output);
    product.weight_number = Some(Number::integer(bits));
    let biases: &[usize] = if inputs.node.op == "MatMulNBits" { &[5] } else { &[] };
    Ok(Work::only(product, biases))
}

/// A packed operand with `k` rows and `n` columns of so many bits, at this input.
fn packed_part(
    part: &'static str,
    rows: u64,
    [k, n]: [u64; 2],
    bits: u32,
    [input, weight, output]: [Operand; 3],
) -> Result<Product, WorkError> {
    let mut product = Product::part(part, nonempty(MatMul { batch: 1, m: rows, n, k })?, input, weight, output);
    product.weight_number = Some(Number::integer(bits));
    product.weight_place = true;
    Ok(product)
}

/// Rows and columns of the first operand, and the shape before its last dimension.
fn rows_of(inputs: &NodeShapes, k: u64) -> Result<(u64, Vec<u64>), WorkError> {
    let shape = inputs.shape(0)?;
    match shape.split_last() {
        Some((last, rest)) if *last == k => Ok((product(rest.iter().copied())?, rest.to_vec())),
        _ => invalid(format!("its input {shape:?} does not end in K = {k}")),
    }
}

fn bits_attribute(inputs: &NodeShapes, name: &str) -> Result<u32, WorkError> {
    let bits = inputs.count(name)?.unwrap_or(4);
    u32::try_from(bits).map_err(|_| WorkError::Invalid(format!("attribute `{name}` is {bits}")))
}

fn with_last(mut shape: Vec<u64>, last: u64) -> Vec<u64> {
    shape.push(last);
    shape
}

/// MatMulNBitsMlp: the gate and the projection that it gates; output 1 is the sum that is normalised before.
fn gated(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let (k, n) = (inputs.required("K")?, inputs.required("N")?);
    let bits = bits_attribute(inputs, "bits")?;
    let (rows, rest) = rows_of(inputs, k)?;
    let products = vec![
        packed_part("gate", rows, [k, n], bits, [Operand::Input(0), Operand::Input(3), Operand::Result(0)])?,
        packed_part("up", rows, [k, n], bits, [Operand::Input(0), Operand::Input(6), Operand::Result(1)])?,
    ];
    let outputs = vec![Some(with_last(rest, n)), Some(inputs.shape(0)?)];
    Ok(Work { products, outputs, biases: &[5, 8] })
}

/// MatMulNBitsQkv: three projections of one input; output 3 is the sum that is normalised before.
fn three_projections(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let (k, queries, keys) = (inputs.required("K")?, inputs.required("Nq")?, inputs.required("Nkv")?);
    let bits = bits_attribute(inputs, "bits")?;
    let (rows, rest) = rows_of(inputs, k)?;
    let part = |name, n, weight, output| {
        packed_part(name, rows, [k, n], bits, [Operand::Input(0), Operand::Input(weight), Operand::Output(output)])
    };
    let products = vec![part("query", queries, 3, 0)?, part("key", keys, 6, 1)?, part("value", keys, 9, 2)?];
    let outputs = [queries, keys, keys].into_iter().map(|n| Some(with_last(rest.clone(), n)));
    Ok(Work { products, outputs: outputs.chain([Some(inputs.shape(0)?)]).collect(), biases: &[5, 8, 11] })
}

/// MatMulNBitsQLoRA: the product, and the two of the low-rank adapter beside it, unless that is empty.
fn adapted(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let (k, n) = (inputs.required("K")?, inputs.required("N")?);
    let (bits, adapter_bits) = (bits_attribute(inputs, "bits")?, bits_attribute(inputs, "lora_bits")?);
    let (rows, rest) = rows_of(inputs, k)?;
    let base = [Operand::Input(0), Operand::Input(1), Operand::Result(0)];
    let mut products = vec![packed_part("base", rows, [k, n], bits, base)?];
    let rank = inputs.shape(3)?.first().copied().unwrap_or(0);
    if rank > 0 {
        let down = [Operand::Input(0), Operand::Input(3), Operand::Result(1)];
        let up = [Operand::Result(1), Operand::Input(5), Operand::Result(2)];
        products.push(packed_part("down", rows, [k, rank], adapter_bits, down)?);
        products.push(packed_part("up", rows, [rank, n], adapter_bits, up)?);
    }
    Ok(Work { products, outputs: vec![Some(with_last(rest, n))], biases: &[] })
}

/// Block-quantised floats, stored as `[N, K]`.
fn weights_in_rows(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let [n, stored] = inputs.shape_of_rank::<2>(1)?;
    let is_half_byte = inputs.node.op == "MatMulBlockQuantizedFp4Weight";
    let (k, bits) = if is_half_byte { (product([stored, 2])?, 4) } else { (stored, 8) };
    let a = inputs.shape(0)?;
    let (operation, output) = contract(&a, &[k, n])?;
    let mut product = Product::only(Operation::MatMul(operation), (0, a), (1, vec![k, n]), output);
    product.weight_number = Some(Number::integer(bits));
    let biases: &[usize] = if is_half_byte { &[5] } else { &[4] };
    Ok(Work::only(product, biases))
}

/// MatMulFpQ4: a blob of 4-bit weights whose shape is input 2.
fn shape_as_operand(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let stated = inputs.ints(2).ok_or(WorkError::Unknown(2))?;
    let Some(b) = stated_sizes(&stated) else { return invalid(format!("its shape of B is {stated:?}")) };
    let a = inputs.shape(0)?;
    let (operation, output) = contract(&a, &b)?;
    let mut product = Product::only(Operation::MatMul(operation), (0, a), (1, b), output);
    product.weight_number = Some(Number::integer(4));
    Ok(Work::only(product, &[]))
}

/// FusedMatMul's transpositions: first the batch dimensions behind the first one to the front, then the last two. A vector
/// has nothing to transpose.
fn arranged(shape: &[u64], batch: bool, last: bool) -> Vec<u64> {
    let mut shape = shape.to_vec();
    let rank = shape.len();
    if rank < 2 {
        return shape;
    }
    if batch {
        shape[..rank - 1].rotate_left(1);
    }
    if last {
        shape.swap(rank - 2, rank - 1);
    }
    shape
}

/// The product of two operands as numpy's `matmul` defines it, and the shape of its result.
///
/// A batch dimension that both operands have is batch; one that only the first has extends its rows, one that only the
/// second has extends its columns.
fn contract(a: &[u64], b: &[u64]) -> Result<(MatMul, Vec<u64>), WorkError> {
    let (Some((&last_a, rest_a)), false) = (a.split_last(), b.is_empty()) else {
        return invalid("a scalar cannot be an operand of a matrix product");
    };
    let k = last_a;
    let (batch_a, rows) = match rest_a.split_last() {
        Some((rows, batch)) => (batch, Some(*rows)),
        None => (&[][..], None),
    };
    let (batch_b, inner, columns) = match b {
        [inner] => (&[][..], *inner, None),
        [batch @ .., inner, columns] => (batch, *inner, Some(*columns)),
        [] => return invalid("a scalar cannot be an operand of a matrix product"),
    };
    if k != inner {
        return mismatch(a, b);
    }
    let mut result = MatMul { batch: 1, m: rows.unwrap_or(1), n: columns.unwrap_or(1), k };
    let rank = batch_a.len().max(batch_b.len());
    let mut output = Vec::with_capacity(rank + 2);
    for axis in 0..rank {
        let size = |batch: &[u64]| (axis + batch.len()).checked_sub(rank).map_or(1, |place| batch[place]);
        let (in_a, in_b) = (size(batch_a), size(batch_b));
        let part = match (in_a, in_b) {
            (1, _) => &mut result.n,
            (_, 1) => &mut result.m,
            _ if in_a == in_b => &mut result.batch,
            _ => return mismatch(a, b),
        };
        let size = if in_a == 1 { in_b } else { in_a };
        *part = product([*part, size])?;
        output.push(size);
    }
    output.extend(rows);
    output.extend(columns);
    Ok((nonempty(result)?, output))
}

fn nonempty(matmul: MatMul) -> Result<MatMul, WorkError> {
    let MatMul { batch, m, n, k } = matmul;
    if [batch, m, n, k].contains(&0) { empty() } else { Ok(matmul) }
}

fn mismatch<T>(a: &[u64], b: &[u64]) -> Result<T, WorkError> {
    invalid(format!("its operands {a:?} and {b:?} do not match"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contracted(a: &[u64], b: &[u64]) -> (u64, u64, u64, u64, Vec<u64>) {
        let (MatMul { batch, m, n, k }, output) = contract(a, b).unwrap();
        (batch, m, n, k, output)
    }

    #[test]
    fn batches_broadcast() {
        assert_eq!(contracted(&[12, 197, 64], &[12, 64, 197]), (12, 197, 197, 64, vec![12, 197, 197]));
        // Shared weights: the batch is more rows of the same product.
        assert_eq!(contracted(&[8, 32, 128], &[128, 512]), (1, 256, 512, 128, vec![8, 32, 512]));
        assert_eq!(contracted(&[8, 12, 5, 3], &[8, 1, 3, 7]), (8, 60, 7, 3, vec![8, 12, 5, 7]));
        assert_eq!(contracted(&[2, 3], &[4, 3, 5]), (1, 2, 20, 3, vec![4, 2, 5]));
        assert_eq!(contracted(&[3], &[3, 5]), (1, 1, 5, 3, vec![5]));
        assert_eq!(contracted(&[4, 3], &[3]), (1, 4, 1, 3, vec![4]));
        assert!(contract(&[2, 3], &[4, 5]).is_err());
        assert!(contract(&[2, 2, 3], &[4, 3, 5]).is_err());
        assert!(contract(&[], &[4]).is_err());
        assert!(contract(&[0, 3], &[3, 4]).is_err());
        assert!(contract(&[2, 0, 3, 4], &[4, 5]).is_err());
    }
}
