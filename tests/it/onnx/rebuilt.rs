//! Small rebuilt forms of networks whose shapes depend on more than their inputs' shapes.

use onnx2timeloop::onnx::proto::{GraphProto, ModelProto};
use onnx2timeloop::onnx::{Bindings, InputShape, InputValue, Phase};
use onnx2timeloop::workload::Network;

use crate::kit::onnx::*;

fn macs(network: &Network) -> Vec<(String, u64, u64)> {
    network.layers.iter().map(|layer| (layer.name.clone(), layer.macs, layer.executions)).collect()
}

fn layer(name: &str, macs: u64, executions: u64) -> (String, u64, u64) {
    (name.to_owned(), macs, executions)
}

/// Silero VAD: a branch for each sampling rate, and each of them fits one length of the input.
fn voice_activity() -> ModelProto {
    let branch = |label: &str, name: &str, out: &str, frames: i64| {
        let body = graph(
            vec![],
            vec![ints(&format!("{name}.shape"), &[1, 16, frames])],
            vec![
                node("Conv", &format!("wave {name}.weight"), &format!("{name}.stft"), vec![int_list("strides", &[64])]),
                node("Reshape", &format!("{name}.stft {name}.shape"), &format!("{name}.frames"), vec![]),
                node("Conv", &format!("{name}.frames {name}.enc.weight"), out, vec![]),
            ],
            out,
        );
        graph_attribute(label, body)
    };
    let branches = vec![branch("then_branch", "fast", "o1", 7), branch("else_branch", "slow", "o2", 3)];
    let nodes = vec![
        node("Unsqueeze", "input axes", "wave", vec![]),
        node("Equal", "sr rate", "is_fast", vec![]),
        node("If", "is_fast", "out", branches),
    ];
    let inits = vec![
        ints("axes", &[1]),
        scalar("rate", 16000),
        tensor("fast.weight", FLOAT, &[16, 1, 128]),
        tensor("slow.weight", FLOAT, &[16, 1, 128]),
        tensor("fast.enc.weight", FLOAT, &[8, 16, 3]),
        tensor("slow.enc.weight", FLOAT, &[8, 16, 3]),
    ];
    let inputs = vec![info("input", FLOAT, &[D::N(1), D::S("samples")]), info("sr", INT64, &[])];
    model_of(17, graph(inputs, inits, nodes, "out"))
}

#[test]
fn voice_activity_detection_takes_the_branch_of_its_sampling_rate() {
    let sr = |rate| InputValue { name: "sr".to_owned(), elements: vec![rate] };
    let samples = |count| Bindings { dims: vec![("samples".to_owned(), count)], ..Bindings::default() };
    // (512 - 128) / 64 + 1 = 7 frames of 16 x 128 MACs, then 5 of 8 x 16 x 3.
    let fast = [layer("fast", 7 * 16 * 128, 1), layer("fast.enc", 5 * 8 * 16 * 3, 1)];
    let stated = read_with(&voice_activity(), &Bindings { input_values: vec![sr(16000.0)], ..samples(512) }).unwrap();
    assert_eq!((macs(&stated), stated.mac_coverage, stated.warnings.len()), (fast.to_vec(), Some(1.0), 0));
    let inferred = read_with(&voice_activity(), &samples(512)).unwrap();
    assert_eq!((macs(&inferred), inferred.mac_coverage), (fast.to_vec(), Some(1.0)));
    assert!(inferred.warnings[0].contains("its else_branch cannot run"), "{:?}", inferred.warnings);
    let slow = read_with(&voice_activity(), &Bindings { input_values: vec![sr(8000.0)], ..samples(256) }).unwrap();
    assert_eq!(macs(&slow), [layer("slow", 3 * 16 * 128, 1), layer("slow.enc", 8 * 16 * 3, 1)]);
    // The branch that is taken does not fit: that is an error, whatever the other one is.
    let wrong = read_with(&voice_activity(), &Bindings { input_values: vec![sr(8000.0)], ..samples(512) }).unwrap_err();
    assert!(wrong.to_string().contains("112 elements of shape [1, 16, 7] do not fill the shape [1, 16, 3]"), "{wrong}");
}

/// Faster R-CNN: how many boxes are left depends on the picture.
fn detector() -> ModelProto {
    let nodes = vec![
        node("Conv", "image backbone.weight", "features", vec![int_list("pads", &[1, 1, 1, 1])]),
        node("NonMaxSuppression", "boxes scores limit overlap", "selected", vec![]),
        node("Gather", "selected last", "index", vec![int("axis", 1)]),
        node("Gather", "proposals index", "rois", vec![int("axis", 0)]),
        node("Gather", "selected zero", "batch", vec![int("axis", 1)]),
        node("RoiAlign", "features rois batch", "pooled", vec![int("output_height", 7), int("output_width", 7)]),
        node("Flatten", "pooled", "flat", vec![int("axis", 1)]),
        node("Gemm", "flat head.weight", "classes", vec![int("transB", 1)]),
    ];
    let inits = vec![
        tensor("backbone.weight", FLOAT, &[8, 3, 3, 3]),
        tensor("head.weight", FLOAT, &[10, 8 * 49]),
        scalar("limit", 100),
        floats("overlap", &[0.5]),
        scalar("last", 2),
        scalar("zero", 0),
    ];
    let inputs = vec![
        info("image", FLOAT, &dims(&[1, 3, 32, 32])),
        info("boxes", FLOAT, &dims(&[1, 64, 4])),
        info("scores", FLOAT, &dims(&[1, 1, 64])),
        info("proposals", FLOAT, &dims(&[64, 4])),
    ];
    model_of(17, graph(inputs, inits, nodes, "classes"))
}

#[test]
fn a_detector_keeps_its_backbone_and_names_what_depends_on_data() {
    let open = read(&detector()).unwrap();
    assert_eq!(macs(&open), [layer("backbone", 32 * 32 * 8 * 3 * 9, 1)]);
    let [head] = open.unknown_layers.as_slice() else { panic!("{:?}", open.unknown_layers) };
    assert_eq!((head.name.as_str(), head.op.as_str(), open.mac_coverage), ("head", "Gemm", None));
    assert!(head.reason.contains("NonMaxSuppression"), "{}", head.reason);
    let shape = ("selected".to_owned(), vec![20, 3]);
    let stated = read_with(&detector(), &Bindings { shapes: vec![shape], ..Bindings::default() }).unwrap();
    assert_eq!(macs(&stated)[1], layer("head", 20 * 10 * 8 * 49, 1));
    assert_eq!((stated.mac_coverage, stated.unknown_layers.len()), (Some(1.0), 0));
}

/// The merged decoder of Whisper: with a cache the keys and values of the encoder are not computed again.
fn speech_decoder() -> ModelProto {
    let cross = |label: &str, out: &str, computes: bool| {
        let nodes = if computes {
            vec![
                node("MatMul", "encoder_hidden_states cross.weight", "cross_k", vec![]),
                node("Reshape", "cross_k heads", "cross_h", vec![]),
                node("Transpose", "cross_h", out, vec![int_list("perm", &[0, 2, 1, 3])]),
            ]
        } else {
            vec![node("Identity", "past_key_values.0.encoder.key", out, vec![])]
        };
        graph_attribute(label, graph(vec![], vec![], nodes, out))
    };
    let nodes = vec![
        node("Gather", "embed.weight input_ids", "hidden", vec![]),
        node("MatMul", "hidden q.weight", "q", vec![]),
        node("Reshape", "q heads", "q4", vec![]),
        node("Transpose", "q4", "query", vec![int_list("perm", &[0, 2, 1, 3])]),
        node("Concat", "past_key_values.0.decoder.key query", "present.0.decoder.key", vec![int("axis", 2)]),
        node("Transpose", "present.0.decoder.key", "kt", vec![int_list("perm", &[0, 1, 3, 2])]),
        node("MatMul", "query kt", "scores", vec![]),
        node("If", "use_cache_branch", "ck", vec![cross("then_branch", "c1", false), cross("else_branch", "c2", true)]),
        node("Transpose", "ck", "ckt", vec![int_list("perm", &[0, 1, 3, 2])]),
        node("MatMul", "query ckt", "cross_scores", vec![]),
    ];
    let inits = vec![
        tensor("embed.weight", FLOAT, &[100, 16]),
        tensor("q.weight", FLOAT, &[16, 16]),
        tensor("cross.weight", FLOAT, &[16, 16]),
        ints("heads", &[0, 0, 2, 8]),
    ];
    let cache =
        |name: &str, length: &'static str| info(name, FLOAT, &[D::S("batch_size"), D::N(2), D::S(length), D::N(8)]);
    let inputs = vec![
        info("input_ids", INT64, &[D::S("batch_size"), D::S("decoder_sequence_length")]),
        info("encoder_hidden_states", FLOAT, &[D::S("batch_size"), D::S("encoder_sequence_length"), D::N(16)]),
        cache("past_key_values.0.decoder.key", "past_decoder_sequence_length"),
        cache("past_key_values.0.encoder.key", "encoder_sequence_length_out"),
        info("use_cache_branch", BOOL, &dims(&[1])),
    ];
    model_of(17, graph(inputs, inits, nodes, "scores cross_scores"))
}

#[test]
fn a_speech_decoder_computes_its_cross_attention_once() {
    let phase = |tokens, past| Bindings {
        batch: Some(1),
        dims: vec![("encoder_sequence_length".into(), 50), ("encoder_sequence_length_out".into(), 50)],
        phase: Some(Phase { name: "p".into(), tokens, past }),
        ..Bindings::default()
    };
    let prefill = read_with(&speech_decoder(), &phase(4, 0)).unwrap();
    assert_eq!(
        macs(&prefill),
        [
            layer("q", 4 * 16 * 16, 1),
            layer("node_scores", 2 * 4 * 4 * 8, 1),
            layer("cross", 50 * 16 * 16, 1),
            layer("node_cross_scores", 2 * 4 * 50 * 8, 1)
        ]
    );
    let decode = read_with(&speech_decoder(), &phase(1, 9)).unwrap();
    assert_eq!(
        macs(&decode),
        [layer("q", 16 * 16, 1), layer("node_scores", 2 * 10 * 8, 1), layer("node_cross_scores", 2 * 50 * 8, 1)]
    );
    assert_eq!((prefill.mac_coverage, decode.mac_coverage), (Some(1.0), Some(1.0)));
}

/// A ConvLSTM of Keras: a while loop over the time steps, with a counter that it carries.
fn recurrent_convolution(limit: GraphLimit) -> ModelProto {
    let body: GraphProto = graph(
        vec![
            info("i", INT64, &[]),
            info("go", BOOL, &[]),
            info("step", INT64, &[]),
            info("state", FLOAT, &dims(&[1, 4, 8, 8])),
        ],
        vec![scalar("one", 1), scalar("steps", 5)],
        vec![
            node("Gather", "frames step", "frame", vec![int("axis", 0)]),
            node("Conv", "frame input.weight", "a", vec![int_list("pads", &[1, 1, 1, 1])]),
            node("Conv", "state state.weight", "b", vec![int_list("pads", &[1, 1, 1, 1])]),
            node("Add", "a b", "next", vec![]),
            node("Add", "step one", "step_out", vec![]),
            node("Less", "step_out steps", "go_out", vec![]),
            node("Identity", "next", "yielded", vec![]),
        ],
        "go_out step_out next yielded",
    );
    let inits = vec![
        scalar("zero", 0),
        scalar("limit", if limit == GraphLimit::Stated { 3 } else { i64::MAX }),
        truth("true", true),
        tensor("start", FLOAT, &[1, 4, 8, 8]),
        tensor("input.weight", FLOAT, &[4, 3, 3, 3]),
        tensor("state.weight", FLOAT, &[4, 4, 3, 3]),
        tensor("head.weight", FLOAT, &[8, 2]),
    ];
    let nodes = vec![
        node("Loop", "limit true zero start", "last_step last all", vec![graph_attribute("body", body)]),
        node("MatMul", "all head.weight", "y", vec![]),
    ];
    model_of(17, graph(vec![info("frames", FLOAT, &dims(&[5, 1, 3, 8, 8]))], inits, nodes, "y"))
}

#[derive(PartialEq)]
enum GraphLimit {
    None,
    Stated,
}

#[test]
fn a_recurrent_convolution_repeats_until_its_counter_ends_it() {
    for (limit, count) in [(GraphLimit::None, 5), (GraphLimit::Stated, 3)] {
        let network = read(&recurrent_convolution(limit)).unwrap();
        assert_eq!(
            macs(&network),
            [
                layer("input", 64 * 4 * 27, count),
                layer("state", 64 * 4 * 36, count),
                layer("head", count * 4 * 8 * 8 * 2, 1)
            ]
        );
        assert_eq!((network.mac_coverage, network.warnings.len()), (Some(1.0), 0));
    }
}

#[test]
fn a_hundred_thousand_nodes_with_short_names_load() {
    let mut nodes: Vec<_> = (0..100_000)
        .map(|place: u32| node("Relu", &format!("{place:x}"), &format!("{:x}", place + 1), vec![]))
        .collect();
    nodes.iter_mut().for_each(|node| node.name.clear());
    nodes.push(node("MatMul", "186a0 w", "y", vec![]));
    let inputs = vec![info("0", FLOAT, &dims(&[2, 8]))];
    let network = read(&model_of(17, graph(inputs, vec![tensor("w", FLOAT, &[8, 4])], nodes, "y"))).unwrap();
    assert_eq!((network.macs, network.not_lowered.len()), (64, 100_000));
}

/// What one would miss is in the data: a loop that is counted once, and both branches.
#[test]
fn what_is_not_certain_is_noted() {
    let body = graph(
        vec![info("i", INT64, &[]), info("go", BOOL, &[])],
        vec![],
        vec![node("MatMul", "x w", "p", vec![]), node("Identity", "go", "go_out", vec![])],
        "go_out",
    );
    let nodes =
        vec![node("Loop", "count true", "", vec![graph_attribute("body", body)]), node("MatMul", "x w", "y", vec![])];
    let inputs = vec![info("x", FLOAT, &dims(&[2, 8])), info("count", INT64, &[])];
    let inits = vec![tensor("w", FLOAT, &[8, 4]), truth("true", true)];
    let model = model_of(17, graph(inputs, inits, nodes, "y"));
    let network = read(&model).unwrap();
    let notes: Vec<_> = network.layers.iter().map(|layer| layer.note.as_deref()).collect();
    assert!(notes[0].is_some_and(|note| note.starts_with("counted once")), "{notes:?}");
    assert_eq!((notes[1], network.mac_coverage), (None, None));
    assert!(network.warnings[0].contains("its trip count depends on data"), "{:?}", network.warnings);
    let value = InputValue { name: "count".to_owned(), elements: vec![6.0] };
    let counted = read_with(&model, &Bindings { input_values: vec![value], ..Bindings::default() }).unwrap();
    assert_eq!((counted.layers[0].executions, counted.mac_coverage), (6, Some(1.0)));
    assert_eq!((counted.layers[0].note.clone(), counted.warnings.len()), (None, 0));
    // An input of known value cannot have another shape.
    let shape = InputShape { name: Some("count".to_owned()), dims: vec![1] };
    let wrong = read_with(&model, &Bindings { input_shapes: vec![shape], ..Bindings::default() }).unwrap_err();
    assert!(wrong.to_string().contains("0 dimensions, the given shape has 1"), "{wrong}");
}
