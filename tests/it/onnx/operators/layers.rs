//! What all layers have: names, parameters, problems.

use onnx2timeloop::onnx::proto::{ModelProto, TensorProto};
use onnx2timeloop::timeloop::files::{ProblemHeader, TimeloopVersion, write_problem};
use onnx2timeloop::workload::{Datawidth, ProblemStyle, distinct_problems};

use crate::kit::onnx::*;

/// Legal, and nothing to multiply: a decoder's first step has an empty cache.
#[test]
fn empty_operands_are_no_layers() {
    let network =
        read(&single("MatMul", &[("a", FLOAT, &[2, 0, 5]), ("b", FLOAT, &[2, 5, 7])], vec![], "y", vec![], "a b"))
            .unwrap();
    assert_eq!((network.layers.len(), network.mac_coverage), (0, Some(1.0)));
    assert_eq!(network.not_lowered[0].reason, "an operand is empty");
}

#[test]
fn parameters_are_counted_once() {
    let count = |model: &ModelProto| read(model).unwrap().parameters;
    let two = |inits: Vec<TensorProto>, nodes| {
        model_of(17, graph(vec![info("x", FLOAT, &dims(&[1, 4, 6, 6]))], inits, nodes, "y"))
    };
    // One tensor for two convolutions, and its two halves.
    let shared = two(
        vec![tensor("w", FLOAT, &[4, 4, 1, 1])],
        vec![node("Conv", "x w", "t", vec![]), node("Conv", "t w", "y", vec![])],
    );
    assert_eq!(count(&shared), 16);
    let inits = vec![tensor("big", FLOAT, &[8, 4, 1, 1]), ints("a", &[0]), ints("b", &[4]), ints("c", &[8])];
    let halves = vec![
        node("Slice", "big a b", "w1", vec![]),
        node("Slice", "big b c", "w2", vec![]),
        node("Conv", "x w1", "t", vec![]),
        node("Conv", "t w2", "y", vec![]),
    ];
    assert_eq!(count(&two(inits, halves)), 32);
    // A linear layer either way: Gemm with a bias, MatMul and Add.
    let linear = |nodes| {
        let inits = vec![tensor("w", FLOAT, &[5, 7]), tensor("b", FLOAT, &[7])];
        model_of(17, graph(vec![info("x", FLOAT, &dims(&[3, 5]))], inits, nodes, "y"))
    };
    assert_eq!(count(&linear(vec![node("Gemm", "x w b", "y", vec![])])), 42);
    assert_eq!(count(&linear(vec![node("MatMul", "x w", "t", vec![]), node("Add", "b t", "y", vec![])])), 42);
    // Activations are none.
    let inputs: &[(&str, i32, &[i64])] =
        &[("q", FLOAT, &[1, 1, 128]), ("k", FLOAT, &[1, 1, 32]), ("v", FLOAT, &[1, 1, 32])];
    let heads = vec![int("num_heads", 8), int("kv_num_heads", 2)];
    assert_eq!(count(&single("com.microsoft:GroupQueryAttention", inputs, vec![], "y", heads, "q k v")), 0);
    assert_eq!(
        count(&single(
            "com.microsoft:FusedMatMul",
            &[("a", FLOAT, &[3, 4]), ("b", FLOAT, &[4, 5])],
            vec![],
            "y",
            vec![],
            "a b"
        )),
        0
    );
}

#[test]
fn layers_that_contradict_their_attributes_are_refused() {
    let message = |attributes| {
        let inits = vec![tensor("W", FLOAT, &[1, 24, 4]), tensor("R", FLOAT, &[1, 24, 6])];
        read(&single("LSTM", &[("x", FLOAT, &[9, 2, 4])], inits, "y", attributes, "x W R")).unwrap_err().to_string()
    };
    assert!(message(vec![int("hidden_size", 6), text("direction", "bidirectional")]).contains("direction"));
    assert!(message(vec![int("hidden_size", 7)]).contains("hidden_size"));
    let inputs: &[(&str, i32, &[i64])] =
        &[("q", FLOAT, &[1, 1, 128]), ("k", FLOAT, &[1, 1, 48]), ("v", FLOAT, &[1, 1, 48])];
    let heads = vec![int("num_heads", 8), int("kv_num_heads", 2)];
    let message = read(&single("com.microsoft:GroupQueryAttention", inputs, vec![], "y", heads, "q k v"))
        .unwrap_err()
        .to_string();
    assert!(message.contains("48 features"), "{message}");
}

/// Padding is no part of a problem; a file that stands for layers that differ in it says which has which.
#[test]
fn a_shared_problem_tells_its_layers_apart() {
    let nodes = vec![
        node("Conv", "x a.weight", "t", vec![int_list("pads", &[1, 1, 1, 1])]),
        node("Pad", "t p", "u", vec![]),
        node("Conv", "u b.weight", "y", vec![]),
    ];
    let inits = vec![
        tensor("a.weight", FLOAT, &[4, 4, 3, 3]),
        tensor("b.weight", FLOAT, &[4, 4, 3, 3]),
        ints("p", &[0, 0, 1, 1, 0, 0, 1, 1]),
    ];
    let network = read(&model_of(17, graph(vec![info("x", FLOAT, &dims(&[1, 4, 6, 6]))], inits, nodes, "y"))).unwrap();
    let problems = distinct_problems(&network.layers, ProblemStyle::Native, Datawidth::Machine).unwrap();
    assert_eq!(problems.len(), 1);
    let header = ProblemHeader::of(&network.name, &problems[0], &network.layers);
    insta::assert_snapshot!(write_problem(&problems[0].problem, &problems[0].densities, &header, TimeloopVersion::V04));
}
