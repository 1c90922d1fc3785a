//! Bits of operands.

use super::check;
use crate::kit::onnx::*;

#[test]
fn quantized_graphs_have_their_stored_bits() {
    let inits =
        vec![tensor("w", INT4, &[8, 4, 3, 3]), floats("s", &[1.0]), tensor("z", INT8, &[]), tensor("wz", INT4, &[])];
    let nodes = vec![
        node("QuantizeLinear", "x s z", "xq", vec![]),
        node("DequantizeLinear", "xq s z", "xd", vec![]),
        node("DequantizeLinear", "w s wz", "wd", vec![]),
        node("Conv", "xd wd", "c", vec![]),
        node("Relu", "c", "r", vec![]),
        node("QuantizeLinear", "r s z", "rq", vec![]),
        node("DequantizeLinear", "rq s z", "y", vec![]),
    ];
    check(
        &model_of(21, graph(vec![info("x", FLOAT, &dims(&[1, 4, 6, 6]))], inits, nodes, "y")),
        &["node_c conv n1g1c4m8 k3s1d1p0,0:6->4 k3s1d1p0,0:6->4 bits 8/4/8 macs 4608 x1"],
    );
}

#[test]
fn narrow_floats_have_their_bits() {
    let mut model = single(
        "Conv",
        &[("x", BFLOAT16, &[1, 4, 6, 6])],
        vec![tensor("c.weight", BFLOAT16, &[8, 4, 3, 3])],
        "y",
        vec![],
        "x c.weight",
    );
    check(&model, &["c conv n1g1c4m8 k3s1d1p0,0:6->4 k3s1d1p0,0:6->4 bits 16/16/16 macs 4608 x1"]);
    let graph = model.graph.as_mut().unwrap();
    graph.node.insert(0, node("Cast", "x", "x8", vec![int("to", 17)]));
    graph.node.insert(1, node("Cast", "c.weight", "w8", vec![int("to", 17)]));
    graph.node[2].input = vec!["x8".into(), "w8".into()];
    check(&model, &["c conv n1g1c4m8 k3s1d1p0,0:6->4 k3s1d1p0,0:6->4 bits 8/8/8 macs 4608 x1"]);
}
