//! Files as exporters and runtimes write them, each with the answer that was worked out independently (tests/data/README.md).

use onnx2timeloop::onnx::proto::{ModelProto, NodeProto, TensorProto};
use onnx2timeloop::onnx::{Bindings, ImportError, InputShape, Source, import};
use onnx2timeloop::workload::Network;

use crate::kit::onnx::lines;
use crate::kit::path;

fn read(name: &str, bindings: &Bindings) -> Result<Network, ImportError> {
    import(&Source::Path(path(&format!("tests/data/onnx/{name}.onnx"))), name, bindings)
}

fn network(name: &str) -> Network {
    read(name, &Bindings::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn with_shape(name: &str, dims: &[u64]) -> Network {
    let shape = InputShape { name: None, dims: dims.to_vec() };
    let bindings = Bindings { input_shapes: vec![shape], ..Bindings::default() };
    read(name, &bindings).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// MACs, all of them known, and nothing to warn of.
fn check(network: &Network, macs: u64) {
    assert_eq!(network.macs, macs, "{}: {:#?}", network.name, lines(network));
    assert_eq!(network.mac_coverage, Some(1.0), "{}: {:#?}", network.name, network.not_lowered);
    assert_eq!(network.warnings, Vec::<String>::new(), "{}", network.name);
}

#[test]
fn scale_and_zero_point_of_dynamic_quantization_have_shapes() {
    let quantized = network("dynamicquantize_scale");
    check(&quantized, 1920);
    assert_eq!(quantized.layers[1].output, [2, 5, 4]);
    let tensor =
        |name: &str| quantized.graph.tensors().iter().find(|tensor| tensor.name == name).unwrap().shape.clone();
    assert_eq!((tensor("xs"), tensor("xz")), (Some(vec![]), Some(vec![])));
    let bindings = Bindings { batch: Some(2), dims: vec![("seq".into(), 12)], ..Bindings::default() };
    check(&read("dynquant_bert_dynamic_axes", &bindings).unwrap(), 1_655_040);
}

#[test]
fn operators_without_work_pass_shapes_on() {
    check(&network("qlinearwhere"), 128);
    check(&network("biassplitgelu"), 40_960);
    check(&network("simplifiedlayernorm"), 128);
    let slice = network("slice_begin_2e32");
    assert_eq!(slice.layers[0].output, [1, 1, 7, 5]);
    // An output shape that is there but not known is not replaced by the one that the window would give.
    let unpooled = network("maxunpool_output_shape");
    check(&unpooled, 25);
}

#[test]
fn a_normalization_of_the_runtime_in_the_default_domain_is_known() {
    let network = with_inputs("genai_llama_int4");
    // 4 tokens after 3; hidden size 64, 4 query heads of 16 on 2 key heads, 128 in the feed-forward part, 100 words.
    let attention = [4 * 64 * 128, 4 * 4 * 7 * 16, 4 * 4 * 7 * 16, 4 * 64 * 64];
    let block = [&attention[..], &[4 * 64 * 128; 3]].concat();
    let expected = [&block[..], &block, &[4 * 64 * 100]].concat();
    assert_eq!(network.layers.iter().map(|layer| layer.macs).collect::<Vec<_>>(), expected, "{:#?}", lines(&network));
    let products = network.layers.iter().filter(|layer| layer.op == "com.microsoft.MatMulNBits");
    assert_eq!(products.map(|layer| layer.bits.weight).collect::<Vec<_>>(), [4; 11]);
    check(&network, expected.iter().sum());
}

fn with_inputs(name: &str) -> Network {
    let dims = [
        ("batch_size", 1),
        ("sequence_length", 4),
        ("past_sequence_length", 3),
        ("total_sequence_length", 7),
        ("kv_cache_dim", 16),
    ];
    let dims = dims.map(|(name, size)| (name.to_owned(), size)).into();
    let bindings = Bindings { dims, ignore_unknown_names: true, ..Bindings::default() };
    read(name, &bindings).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn weights_with_channels_last_are_read_in_their_order() {
    let nhwc = network("nhwcconv_weights");
    check(&nhwc, 36_864);
    let odd = network("nhwcconv_silent_nokernel");
    let convolution = odd.layers[0].convolution().unwrap();
    assert_eq!(convolution.window.iter().map(|axis| (axis.kernel, axis.output)).collect::<Vec<_>>(), [(3, 7), (1, 9)]);
    check(&network("qonnx_channels_last_conv"), 6_912);
}

#[test]
fn convolutions_on_blocked_channels_have_their_true_channels() {
    check(&network("nchwc_all"), 407_968);
    let dilated = network("nchwc_dilated");
    assert_eq!((dilated.macs, dilated.mac_coverage), (11_282_304, Some(1.0)));
    // Between two of its convolutions nothing states the channels; they happen to fill the blocks.
    assert!(dilated.warnings[0].contains("in whole blocks only") && dilated.warnings.len() == 1);
    assert_eq!(
        dilated.layers.iter().map(|layer| layer.macs).collect::<Vec<_>>(),
        [940_896, 10_036_224, 83_232, 221_952]
    );
    let dilation = |layer: usize| dilated.layers[layer].convolution().unwrap().window[0].dilation;
    assert_eq!((dilation(1), dilation(2)), (4, 2));
}

/// Where nothing states the channels between two convolutions, the blocks count, and the network says so. What is joined in
/// blocks has no padding.
#[test]
fn channels_that_are_stated_in_blocks_only_are_a_warning() {
    use crate::kit::onnx::*;
    let blocked = |op: &str, inputs: &str, outputs: &str, attributes| {
        node(&format!("com.microsoft.nchwc:{op}"), inputs, outputs, attributes)
    };
    let inits = || {
        vec![
            tensor("a", FLOAT, &[16, 3, 3, 3]),
            tensor("b", FLOAT, &[16, 16, 1, 1]),
            tensor("c", FLOAT, &[16, 16, 1, 1]),
            tensor("d", FLOAT, &[16, 32, 1, 1]),
        ]
    };
    let of = |nodes| {
        let input = info("x", FLOAT, &dims(&[1, 3, 8, 8]));
        crate::kit::onnx::read(&model_of(17, graph(vec![input], inits(), nodes, "y"))).unwrap()
    };
    let unstated = of(vec![
        blocked("Conv", "x a", "ya", vec![]),
        blocked("Conv", "ya b", "yb", vec![]),
        blocked("ReorderOutput", "yb", "y", vec![int("channels", 12)]),
    ]);
    assert_eq!(unstated.macs, 36 * (16 * 27 + 12 * 16));
    let [warning] = unstated.warnings.as_slice() else { panic!("{:?}", unstated.warnings) };
    assert!(warning.contains("in whole blocks only") && warning.ends_with("`node_ya`"), "{warning}");
    let joined = of(vec![
        blocked("Conv", "x a", "ya", vec![]),
        blocked("ReorderOutput", "ya", "plain", vec![int("channels", 16)]),
        blocked("ReorderInput", "plain", "again", vec![]),
        blocked("Conv", "again b", "yb", vec![]),
        blocked("Conv", "again c", "yc", vec![]),
        node("Concat", "yb yc", "both", vec![int("axis", 1)]),
        blocked("Conv", "both d", "yd", vec![]),
        blocked("ReorderOutput", "yd", "y", vec![int("channels", 10)]),
    ]);
    check(&joined, 36 * (16 * 27 + 2 * 16 * 16 + 10 * 32));
}

#[test]
fn quantisers_state_the_bits_of_their_results() {
    for name in ["qonnx_value_info", "qonnx_raw_quant"] {
        let network = network(name);
        check(&network, 6_912);
        let bits = network.layers[0].bits;
        assert_eq!((bits.input, bits.weight, bits.output), (4, 4, 32), "{name}");
    }
}

#[test]
fn attention_on_trial_is_two_products() {
    let flexible = network("flexattention");
    check(&flexible, 2 * 6_144);
    assert_eq!(flexible.layers.len(), 2);
    // Every token adds its key and value to the state, and reads it.
    let linear = network("linear_attention_linear");
    check(&linear, 2 * 2 * 4 * 4 * 8 * 8);
    assert_eq!(linear.layers.iter().map(|layer| layer.executions).collect::<Vec<_>>(), [4, 4]);
}

#[test]
fn a_causal_convolution_with_a_state_is_depthwise() {
    check(&network("causal_conv_with_state"), 25_600);
    let basic = network("causal_conv_with_state_basic");
    check(&basic, 2 * 4 * 8 * 4);
    let outputs = basic.graph.outputs().iter().map(|tensor| basic.graph.tensors()[*tensor].shape.clone().unwrap());
    assert_eq!(outputs.collect::<Vec<_>>(), [vec![2, 4, 8], vec![2, 4, 3]]);
}

#[test]
fn tokens_of_a_mixture_of_experts_are_shared() {
    let mixture = network("moe");
    check(&mixture, 327_680);
    assert_eq!(
        lines(&mixture),
        [
            "y.fc1 matmul 4x5x128x64 bits 32/32/32 macs 163840 x1",
            "y.fc2 matmul 4x5x64x128 bits 32/32/32 macs 163840 x1",
        ]
    );
    assert_eq!(mixture.parameters, 2 * 4 * 64 * 128);
    let skewed = Bindings { moe_balance: onnx2timeloop::onnx::MoeBalance::Skewed, ..Bindings::default() };
    let skewed = read("moe", &skewed).unwrap();
    check(&skewed, 327_680);
    assert_eq!(skewed.layers[0].weight, [2, 64, 128]);
    assert_eq!(skewed.parameters, mixture.parameters);
}

#[test]
fn classical_operators_have_shapes_and_their_products_are_missed() {
    let scaled = with_shape("skl_scaler", &[4, 6]);
    assert_eq!(scaled.macs, 72);
    // The classifier multiplies by coefficients that are attributes.
    assert_eq!(scaled.mac_coverage, None);
}

#[test]
fn shapes_are_computed_by_the_rules_of_onnx() {
    let minimal = network("mod_negative_minimal");
    check(&minimal, 94_080);
    assert_eq!(minimal.layers[0].output, [1, 16, 5, 8]);
    let padded = with_shape("mod_negative_pad_to_32", &[1, 3, 61, 93]);
    assert_eq!(padded.layers.iter().map(|layer| layer.output.clone()).collect::<Vec<_>>(), vec![vec![1, 8, 32, 48]; 2]);
    check(&padded, 1_216_512);
}

#[test]
fn dilation_spelled_out_as_space_to_batch_is_dilation() {
    let network = with_shape("space_to_batch_aspp", &[1, 65, 97, 3]);
    let dilated: Vec<usize> = (0..network.layers.len()).filter(|layer| network.layers[*layer].is_dilated()).collect();
    let mut rates = Vec::new();
    for &index in &dilated {
        let layer = &network.layers[index];
        rates.push(layer.convolution().unwrap().window.iter().map(|axis| axis.dilation).collect::<Vec<_>>());
        assert_eq!((layer.op.as_str(), layer.macs), ("Conv", 33 * 49 * 8 * 16 * 9));
        assert_eq!(layer.recognized_as.as_deref(), Some("a dilated convolution, spelled out as space to batch"));
        assert_eq!((&layer.input[..], &layer.output[..]), (&[1, 16, 33, 49][..], &[1, 8, 33, 49][..]));
        // The unpadded input is read, the cropped result is made.
        let operands = network.graph.nodes()[network.graph.node_of(index).unwrap()].operands.unwrap();
        let elements = |tensor: usize| network.graph.tensors()[tensor].elements();
        assert_eq!(
            (elements(operands.input.unwrap()), elements(operands.output)),
            (Some(16 * 33 * 49), Some(8 * 33 * 49))
        );
    }
    rates.sort();
    assert_eq!(rates, [[6, 6], [12, 12], [18, 18]]);
    // What the dilated network has, not the 8.132 M of the phases.
    check(&network, 6_752_720);
    let is_part = |reason: &str| reason.starts_with("part of the dilated convolution");
    let parts = network.not_lowered.iter().filter(|skipped| is_part(&skipped.reason));
    assert!(
        parts.clone().any(|skipped| skipped.op == "SpaceToDepth") && parts.clone().any(|skipped| skipped.op == "Slice")
    );
}

/// The other spelling: Reshape and Transpose with channels last. A convolution with padding of its own is not one.
#[test]
fn space_to_batch_is_seen_in_every_spelling_and_a_near_miss_is_a_warning() {
    use crate::kit::onnx::*;
    // What works before the convolution reads `b` and makes `bq`, what works between it and batch to space reads `c` and makes
    // `cq`, the latter with channels last.
    let spelled_with = |pads: &[i64], crop: &[i64], before: Vec<NodeProto>, between: Vec<NodeProto>| {
        let mut inits = vec![
            floats("scale", &[0.1]),
            TensorProto { dims: vec![], ..tensor("zero_point", UINT8, &[]) },
            tensor("each.bias", FLOAT, &[1, 5, 1, 1]),
            tensor("last.bias", FLOAT, &[5]),
            tensor("row.bias", FLOAT, &[8, 1]),
            floats("low", &[0.0]),
            floats("high", &[6.0]),
        ];
        inits[0].dims.clear();
        inits[5].dims.clear();
        inits[6].dims.clear();
        inits.extend([
            tensor("c.weight", FLOAT, &[5, 3, 3, 3]),
            ints("pads", &[0, 4, 4, 0, 0, 6, 4, 0]),
            ints("cut", &[2, 10, 2, 7, 2, 3]),
            ints("images", &[8, 10, 7, 3]),
            ints("parts", &[2, 2, 2, 8, 5, 5]),
            ints("whole", &[2, 16, 10, 5]),
            ints("zero", &[0, 0]),
            ints("crop", crop),
            ints("axes", &[1, 2]),
        ]);
        let mut nodes = vec![
            node("Pad", "x pads", "p", vec![]),
            node("Reshape", "p cut", "p6", vec![]),
            node("Transpose", "p6", "t6", vec![int_list("perm", &[2, 4, 0, 1, 3, 5])]),
            node("Reshape", "t6 images", "b", vec![]),
        ];
        nodes.extend(before);
        nodes.extend([
            node("Transpose", "bq", "bc", vec![int_list("perm", &[0, 3, 1, 2])]),
            node("Conv", "bc c.weight", "c", vec![int_list("pads", pads)]),
        ]);
        nodes.extend(between);
        nodes.extend([
            node("Reshape", "cl parts", "c6", vec![]),
            node("Transpose", "c6", "r6", vec![int_list("perm", &[2, 3, 0, 4, 1, 5])]),
            node("Reshape", "r6 whole", "r", vec![]),
            node("Slice", "r zero crop axes", "y", vec![]),
        ]);
        model_of(17, graph(vec![info("x", FLOAT, &dims(&[2, 10, 6, 3]))], inits, nodes, "y"))
    };
    let as_it_is = || vec![node("Identity", "b", "bq", vec![])];
    let turned = |from: &str, to: &str| node("Transpose", from, to, vec![int_list("perm", &[0, 2, 3, 1])]);
    let spelled = |pads: &[i64], crop: &[i64]| spelled_with(pads, crop, as_it_is(), vec![turned("c", "cl")]);
    let quantised = |from: &str, to: &str| {
        let bytes = format!("{from}.bytes");
        vec![
            node("QuantizeLinear", &format!("{from} scale zero_point"), &bytes, vec![]),
            node("DequantizeLinear", &format!("{bytes} scale zero_point"), to, vec![]),
        ]
    };
    let normalised = "c last.bias last.bias last.bias last.bias";
    let checked = |what: &str, model: &ModelProto, input_bits: u32| {
        let network = crate::kit::onnx::read(model).unwrap();
        let line = format!("c conv n2g1c3m5 k3s1d2p4,4:10->14 k3s1d2p4,4:6->10 bits {input_bits}/32/32 macs 37800 x1");
        assert_eq!(lines(&network), [line], "{what}: {:?}", network.warnings);
        assert_eq!(network.warnings, Vec::<String>::new(), "{what}");
        assert_eq!(network.graph.outputs().len(), 1, "{what}");
    };
    checked("alone", &spelled(&[0, 0, 0, 0], &[14, 10]), 32);
    for (what, between) in [
        ("bias", vec![node("Add", "c each.bias", "a", vec![]), node("Relu", "a", "r0", vec![]), turned("r0", "cl")]),
        ("bias, channels last", vec![turned("c", "c0"), node("Add", "last.bias c0", "cl", vec![])]),
        ("normalisation", vec![node("BatchNormalization", normalised, "n", vec![]), turned("n", "cl")]),
        ("clip", vec![node("Clip", "c low high", "k", vec![]), turned("k", "cl")]),
    ] {
        checked(what, &spelled_with(&[0, 0, 0, 0], &[14, 10], as_it_is(), between), 32);
    }
    checked("quantised", &spelled_with(&[0, 0, 0, 0], &[14, 10], quantised("b", "bq"), vec![turned("c", "cl")]), 8);
    let of_rows = vec![node("Mul", "c row.bias", "m", vec![]), turned("m", "cl")];
    let of_rows = crate::kit::onnx::read(&spelled_with(&[0, 0, 0, 0], &[14, 10], as_it_is(), of_rows)).unwrap();
    assert!(of_rows.warnings[0].contains("something else works on its results"), "{:?}", of_rows.warnings);
    assert_eq!(of_rows.layers[0].recognized_as, None);
    let near = crate::kit::onnx::read(&spelled(&[1, 0, 1, 0], &[14, 10]));
    let near = near.map_or_else(|error| error.to_string(), |network| network.warnings.join(" "));
    assert!(near.contains("the convolution has a stride or padding"), "{near}");
}

/// A causal convolution over time of dilation 4, whose second spatial axis has one element.
#[test]
fn space_to_batch_over_one_axis_is_dilation() {
    use crate::kit::onnx::*;
    let inits = vec![
        tensor("c.weight", FLOAT, &[4, 3, 1, 3]),
        tensor("bias", FLOAT, &[4]),
        ints("pads", &[0, 8, 0, 0, 3, 0]),
        ints("cut", &[1, 8, 4, 3]),
        ints("phases", &[4, 8, 3]),
        ints("parts", &[4, 1, 6, 4]),
        ints("whole", &[1, 24, 4]),
        ints("height", &[2]),
        ints("zero", &[0]),
        ints("end", &[21]),
        ints("time", &[1]),
    ];
    let nodes = vec![
        node("Pad", "x pads", "p", vec![]),
        node("Reshape", "p cut", "p4", vec![]),
        node("Transpose", "p4", "t4", vec![int_list("perm", &[2, 0, 1, 3])]),
        node("Reshape", "t4 phases", "b", vec![]),
        node("Transpose", "b", "bc", vec![int_list("perm", &[0, 2, 1])]),
        node("Unsqueeze", "bc height", "bh", vec![]),
        node("Conv", "bh c.weight", "c", vec![]),
        node("Squeeze", "c height", "cs", vec![]),
        node("Transpose", "cs", "cl", vec![int_list("perm", &[0, 2, 1])]),
        node("Add", "cl bias", "cb", vec![]),
        node("Reshape", "cb parts", "c4", vec![]),
        node("Transpose", "c4", "r4", vec![int_list("perm", &[1, 2, 0, 3])]),
        node("Reshape", "r4 whole", "r", vec![]),
        node("Slice", "r zero end time", "y", vec![]),
    ];
    let model = model_of(17, graph(vec![info("x", FLOAT, &dims(&[1, 21, 3]))], inits, nodes, "y"));
    let network = crate::kit::onnx::read(&model).unwrap();
    assert_eq!(
        lines(&network),
        ["c conv n1g1c3m4 k1s1d1p0,0:1->1 k3s1d4p8,0:21->21 bits 32/32/32 macs 756 x1"],
        "{:?}",
        network.warnings
    );
    check(&network, 756);
}
