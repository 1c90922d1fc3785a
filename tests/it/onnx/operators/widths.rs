//! Bits of operands.

use onnx2timeloop::onnx::proto::ModelProto;

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

#[test]
fn layers_say_how_their_numbers_are_represented() {
    let formats = |model: &ModelProto| {
        let network = read(model).unwrap();
        let of = network.layers[0].formats;
        [of.input, of.weight, of.output].map(|format| format.to_string())
    };
    let conv = |dtype| {
        let weight = tensor("c.weight", dtype, &[8, 4, 3, 3]);
        single("Conv", &[("x", dtype, &[1, 4, 6, 6])], vec![weight], "y", vec![], "x c.weight")
    };
    assert_eq!(formats(&conv(FLOAT)), ["e8m23"; 3]);
    assert_eq!(formats(&conv(BFLOAT16)), ["e8m7"; 3]);
    // Half precision, double precision, and the two floats of eight bits.
    for (dtype, format) in [(10, "e5m10"), (11, "e11m52"), (17, "e4m3"), (19, "e5m2")] {
        let mut model = conv(FLOAT);
        let graph = model.graph.as_mut().unwrap();
        graph.node.insert(0, node("Cast", "x", "xc", vec![int("to", dtype)]));
        graph.node.insert(1, node("Cast", "c.weight", "wc", vec![int("to", dtype)]));
        graph.node[2].input = vec!["xc".into(), "wc".into()];
        assert_eq!(formats(&model), [format; 3], "{dtype}");
    }
    // Quantised tensors are whole numbers; what nothing quantises stays a float.
    let inits =
        vec![tensor("w", INT4, &[8, 4, 3, 3]), floats("s", &[1.0]), tensor("z", INT8, &[]), tensor("wz", INT4, &[])];
    let nodes = vec![
        node("QuantizeLinear", "x s z", "xq", vec![]),
        node("DequantizeLinear", "xq s z", "xd", vec![]),
        node("DequantizeLinear", "w s wz", "wd", vec![]),
        node("Conv", "xd wd", "y", vec![]),
    ];
    let quantised = model_of(21, graph(vec![info("x", FLOAT, &dims(&[1, 4, 6, 6]))], inits, nodes, "y"));
    assert_eq!(formats(&quantised), ["integer", "integer", "e8m23"]);
}
