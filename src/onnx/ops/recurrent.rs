//! Recurrent layers: LSTM, GRU, RNN.
//!
//! * <https://onnx.ai/onnx/operators/onnx__LSTM.html>, <https://onnx.ai/onnx/operators/onnx__GRU.html>,
//!   <https://onnx.ai/onnx/operators/onnx__RNN.html>: the attribute `layout` (batch first) since opset 14.
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: `DynamicQuantizeLSTM` stores its weights
//!   transposed.

use super::node_shapes::NodeShapes;
use super::operator::{Family, microsoft, onnx};
use super::work::{Operand, Product, Work, WorkError, empty, invalid, product};
use crate::workload::{MatMul, Number};

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "recurrent layers: one product for the inputs of all steps, one a step for the state",
    operators: &[
        onnx("LSTM").products(recurrent),
        onnx("GRU").products(recurrent),
        onnx("RNN").products(recurrent),
        onnx("GRUUnit").declared().not_modelled(),
        microsoft("AttnLSTM").declared().not_modelled(),
        microsoft("DynamicQuantizeLSTM").products(recurrent),
    ],
};

/// One product of all steps' inputs, and one of the hidden state per step, for each direction. The gates of a layer share
/// their operand and are one product.
fn recurrent(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let node = inputs.node;
    let gates = match node.op.as_str() {
        "LSTM" | "DynamicQuantizeLSTM" => 4,
        "GRU" => 3,
        _ => 1,
    };
    let x = inputs.shape_of_rank::<3>(0)?;
    let w = inputs.shape_of_rank::<3>(1)?;
    let r = inputs.shape_of_rank::<3>(2)?;
    // Quantised weights are stored transposed: [directions, input, gates * hidden].
    let transposed = node.op == "DynamicQuantizeLSTM";
    let arranged = |w: [u64; 3]| if transposed { [w[0], w[2], w[1]] } else { w };
    let ([directions, rows, features], [r_directions, r_rows, hidden]) = (arranged(w), arranged(r));
    let batch_first = node.flag("layout");
    let [steps, batch] = if batch_first { [x[1], x[0]] } else { [x[0], x[1]] };
    let wanted = if node.text("direction").is_some_and(|direction| direction.eq_ignore_ascii_case("bidirectional")) {
        2
    } else {
        1
    };
    if directions != wanted {
        return invalid(format!(
            "its direction is `{}`, its weights are for {directions}",
            node.text("direction").unwrap_or("forward")
        ));
    }
    if inputs.count("hidden_size")?.is_some_and(|stated| stated != hidden) {
        return invalid(format!("attribute `hidden_size` is {:?}, its weights have {hidden}", node.int("hidden_size")));
    }
    if x[2] != features || product([gates, hidden])? != rows || r_rows != rows || directions != r_directions {
        return invalid(format!("its input {x:?} and weights {w:?}, {r:?} do not match"));
    }
    if [steps, batch, features, hidden].contains(&0) {
        return empty();
    }
    let mut products = Vec::new();
    let parts: &[[&'static str; 2]] = if directions == 1 {
        &[["input", "hidden"]]
    } else {
        &[["forward.input", "forward.hidden"], ["backward.input", "backward.hidden"]]
    };
    for [input, state] in parts {
        let number = products.len();
        let all_steps = MatMul { batch: 1, m: product([steps, batch])?, n: rows, k: features };
        let inputs = Product::part(input, all_steps, Operand::Input(0), Operand::Input(1), Operand::Result(number));
        let one_step = MatMul { batch: 1, m: batch, n: rows, k: hidden };
        let mut state =
            Product::part(state, one_step, Operand::Result(number), Operand::Input(2), Operand::Result(number + 1));
        state.times = steps;
        for mut product in [inputs, state] {
            product.weight_place = true;
            // Quantised weights meet operands that are quantised on the way in.
            product.input_number = transposed.then_some(Number::integer(8));
            products.push(product);
        }
    }
    let (sequence, last) = if batch_first {
        (vec![batch, steps, directions, hidden], vec![batch, directions, hidden])
    } else {
        (vec![steps, directions, batch, hidden], vec![directions, batch, hidden])
    };
    Ok(Work { products, outputs: vec![Some(sequence), Some(last.clone()), Some(last)], biases: &[3] })
}
