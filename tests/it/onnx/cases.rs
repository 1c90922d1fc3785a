//! Files as exporters and runtimes write them, each with the answer that was worked out independently (tests/data/README.md).

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
    assert_eq!(network.mac_coverage, Some(1.0), "{:?}", network.not_lowered);
}

fn with_inputs(name: &str) -> Network {
    let dims = [
        ("batch_size", 1),
        ("sequence_length", 4),
        ("past_sequence_length", 3),
        ("total_sequence_length", 7),
        ("kv_cache_dim", 8),
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
    check(&dilated, 11_282_304);
    assert_eq!(
        dilated.layers.iter().map(|layer| layer.macs).collect::<Vec<_>>(),
        [940_896, 10_036_224, 83_232, 221_952]
    );
    let dilation = |layer: usize| dilated.layers[layer].convolution().unwrap().window[0].dilation;
    assert_eq!((dilation(1), dilation(2)), (4, 2));
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
        assert_eq!((layer.op.as_str(), layer.macs), ("Conv (space to batch)", 33 * 49 * 8 * 16 * 9));
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
    let spelled = |pads: &[i64], crop: &[i64]| {
        let inits = vec![
            tensor("c.weight", FLOAT, &[5, 3, 3, 3]),
            ints("pads", &[0, 4, 4, 0, 0, 6, 4, 0]),
            ints("cut", &[2, 10, 2, 7, 2, 3]),
            ints("images", &[8, 10, 7, 3]),
            ints("parts", &[2, 2, 2, 8, 5, 5]),
            ints("whole", &[2, 16, 10, 5]),
            ints("zero", &[0, 0]),
            ints("crop", crop),
            ints("axes", &[1, 2]),
        ];
        let nodes = vec![
            node("Pad", "x pads", "p", vec![]),
            node("Reshape", "p cut", "p6", vec![]),
            node("Transpose", "p6", "t6", vec![int_list("perm", &[2, 4, 0, 1, 3, 5])]),
            node("Reshape", "t6 images", "b", vec![]),
            node("Transpose", "b", "bc", vec![int_list("perm", &[0, 3, 1, 2])]),
            node("Conv", "bc c.weight", "c", vec![int_list("pads", pads)]),
            node("Transpose", "c", "cl", vec![int_list("perm", &[0, 2, 3, 1])]),
            node("Reshape", "cl parts", "c6", vec![]),
            node("Transpose", "c6", "r6", vec![int_list("perm", &[2, 3, 0, 4, 1, 5])]),
            node("Reshape", "r6 whole", "r", vec![]),
            node("Slice", "r zero crop axes", "y", vec![]),
        ];
        model_of(17, graph(vec![info("x", FLOAT, &dims(&[2, 10, 6, 3]))], inits, nodes, "y"))
    };
    let network = crate::kit::onnx::read(&spelled(&[0, 0, 0, 0], &[14, 10])).unwrap();
    assert_eq!(
        lines(&network),
        ["c conv n2g1c3m5 k3s1d2p4,4:10->14 k3s1d2p4,4:6->10 bits 32/32/32 macs 37800 x1"],
        "{:?}",
        network.warnings
    );
    assert_eq!(network.warnings, Vec::<String>::new());
    assert_eq!(network.graph.outputs().len(), 1);
    let near = crate::kit::onnx::read(&spelled(&[1, 0, 1, 0], &[14, 10]));
    let near = near.map_or_else(|error| error.to_string(), |network| network.warnings.join(" "));
    assert!(near.contains("the convolution has a stride or padding"), "{near}");
}
