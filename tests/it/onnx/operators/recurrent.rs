//! Recurrent layers.

use super::check;
use crate::kit::onnx::*;

#[test]
fn recurrent_operators_are_executed_once_a_step() {
    let model = |op: &str, gates: i64, attributes, x: &[i64], directions: i64| {
        let inits =
            vec![tensor("W", FLOAT, &[directions, gates * 6, 4]), tensor("R", FLOAT, &[directions, gates * 6, 6])];
        single(op, &[("x", FLOAT, x)], inits, "y", attributes, "x W R")
    };
    // 9 steps of batch 2: the inputs of all steps in one product, the state in one a step.
    check(
        &model("LSTM", 4, vec![int("hidden_size", 6)], &[9, 2, 4], 1),
        &[
            "node_y.input matmul 1x18x24x4 bits 32/32/32 macs 1728 x1",
            "node_y.hidden matmul 1x2x24x6 bits 32/32/32 macs 288 x9",
        ],
    );
    check(
        &model("GRU", 3, vec![int("hidden_size", 6), int("layout", 1)], &[2, 9, 4], 1),
        &[
            "node_y.input matmul 1x18x18x4 bits 32/32/32 macs 1296 x1",
            "node_y.hidden matmul 1x2x18x6 bits 32/32/32 macs 216 x9",
        ],
    );
    check(
        &model("RNN", 1, vec![int("hidden_size", 6), text("direction", "bidirectional")], &[9, 2, 4], 2),
        &[
            "node_y.forward.input matmul 1x18x6x4 bits 32/32/32 macs 432 x1",
            "node_y.forward.hidden matmul 1x2x6x6 bits 32/32/32 macs 72 x9",
            "node_y.backward.input matmul 1x18x6x4 bits 32/32/32 macs 432 x1",
            "node_y.backward.hidden matmul 1x2x6x6 bits 32/32/32 macs 72 x9",
        ],
    );
    let inits = vec![tensor("W", INT8, &[1, 4, 24]), tensor("R", INT8, &[1, 6, 24])];
    check(
        &single(
            "com.microsoft:DynamicQuantizeLSTM",
            &[("x", FLOAT, &[9, 2, 4])],
            inits,
            "y",
            vec![int("hidden_size", 6)],
            "x W R",
        ),
        &[
            "node_y.input matmul 1x18x24x4 bits 8/8/32 macs 1728 x1",
            "node_y.hidden matmul 1x2x24x6 bits 8/8/32 macs 288 x9",
        ],
    );
}
