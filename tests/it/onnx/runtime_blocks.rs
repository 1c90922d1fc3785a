//! Parts of well-known networks as runtimes write them, rebuilt small.

use crate::kit::onnx::*;

/// A block of Mixtral as onnxruntime-genai writes it: grouped-query attention, then a router that picks two of eight experts of
/// 4-bit weights, gated by SwiGLU.
#[test]
fn a_mixture_of_experts_in_a_decoder() {
    let ms = |op: &str, inputs: &str, outputs: &str, attributes| {
        node(&format!("com.microsoft:{op}"), inputs, outputs, attributes)
    };
    let inits = vec![
        tensor("norm", FLOAT, &[64]),
        tensor("qkv.weight", UINT8, &[128, 2, 16]),
        tensor("scales", FLOAT, &[256]),
        tensor("router.weight", FLOAT, &[64, 8]),
        tensor("fc1", UINT8, &[8, 256, 32]),
        tensor("fc1_scales", FLOAT, &[8, 256]),
        tensor("fc2", UINT8, &[8, 64, 64]),
        tensor("fc2_scales", FLOAT, &[8, 64]),
        ints("rows", &[-1, 8]),
    ];
    let heads = vec![int("num_heads", 4), int("kv_num_heads", 2)];
    let sizes = vec![int("K", 64), int("N", 128), int("bits", 4), int("block_size", 32)];
    let experts = vec![int("k", 2), int("expert_weight_bits", 4), int("swiglu_fusion", 1)];
    let nodes = vec![
        node("SimplifiedLayerNormalization", "x norm", "n", vec![int("axis", -1)]),
        ms("MatMulNBits", "n qkv.weight scales", "qkv", sizes),
        ms("GroupQueryAttention", "qkv _ _ past_k past_v", "a present_k present_v", heads),
        ms("SkipSimplifiedLayerNormalization", "a x norm", "h _ _ sum", vec![]),
        node("MatMul", "h router.weight", "r", vec![]),
        node("Reshape", "r rows", "r2", vec![]),
        ms("QMoE", "h r2 fc1 fc1_scales _ fc2 fc2_scales", "m", experts),
        node("Add", "m sum", "y", vec![]),
    ];
    let inputs = vec![
        info("x", FLOAT, &dims(&[1, 6, 64])),
        info("past_k", FLOAT, &dims(&[1, 2, 10, 16])),
        info("past_v", FLOAT, &dims(&[1, 2, 10, 16])),
    ];
    let network = read(&model_of(21, graph(inputs, inits, nodes, "y present_k present_v"))).unwrap();
    // 12 choices among 8 experts: four take two tokens, four take one.
    assert_eq!(
        lines(&network),
        [
            "qkv matmul 1x6x128x64 bits 32/4/32 macs 49152 x1",
            "node_a.query_key matmul 2x12x16x16 bits 32/32/32 macs 6144 x1",
            "node_a.score_value matmul 2x12x16x16 bits 32/32/32 macs 6144 x1",
            "router matmul 1x6x8x64 bits 32/32/32 macs 3072 x1",
            "node_m.fc1 matmul 4x2x256x64 bits 32/4/32 macs 131072 x1",
            "node_m.fc2 matmul 4x2x64x128 bits 32/4/32 macs 65536 x1",
            "node_m.fc1.fewer matmul 4x1x256x64 bits 32/4/32 macs 65536 x1",
            "node_m.fc2.fewer matmul 4x1x64x128 bits 32/4/32 macs 32768 x1",
        ]
    );
    assert_eq!((network.mac_coverage, network.warnings.len()), (Some(1.0), 0), "{:?}", network.not_lowered);
    assert_eq!(network.parameters, 128 * 64 + 64 * 8 + 8 * (256 * 64 + 64 * 128));
}

/// A transformer block of the U-Net of Stable Diffusion after onnxruntime's optimiser: channels last, fused normalisations and
/// activations.
#[test]
fn a_block_of_a_diffusion_u_net() {
    let ms = |op: &str, inputs: &str, outputs: &str, attributes| {
        node(&format!("com.microsoft:{op}"), inputs, outputs, attributes)
    };
    let inits = vec![
        tensor("conv.weight", FLOAT, &[32, 3, 3, 32]),
        tensor("g", FLOAT, &[32]),
        tensor("q.weight", FLOAT, &[32, 32]),
        tensor("kv.weight", FLOAT, &[24, 64]),
        tensor("up.weight", FLOAT, &[32, 256]),
        tensor("up.bias", FLOAT, &[256]),
        tensor("down.weight", FLOAT, &[128, 32]),
        ints("flat", &[2, 64, 32]),
        ints("heads", &[2, 7, 4, 2, 8]),
        ints("image", &[2, 8, 8, 32]),
    ];
    let groups = || vec![int("groups", 8), int("activation", 1)];
    let nodes = vec![
        ms("GroupNorm", "x g g", "n", groups()),
        ms("NhwcConv", "n conv.weight", "c", vec![int_list("pads", &[1, 1, 1, 1]), int_list("kernel_shape", &[3, 3])]),
        ms("SkipGroupNorm", "c g g x", "s sum", groups()),
        node("Reshape", "s flat", "f", vec![]),
        node("MatMul", "f q.weight", "q", vec![]),
        node("MatMul", "text kv.weight", "kv", vec![]),
        node("Reshape", "kv heads", "kvh", vec![]),
        ms("MultiHeadAttention", "q kvh", "a", vec![int("num_heads", 4)]),
        ms("SkipLayerNormalization", "a f g g", "l _ _ residual", vec![]),
        node("MatMul", "l up.weight", "u", vec![]),
        ms("BiasSplitGelu", "u up.bias", "b", vec![]),
        node("MatMul", "b down.weight", "d", vec![]),
        node("Add", "d residual", "r", vec![]),
        node("Reshape", "r image", "ri", vec![]),
        node("Add", "ri sum", "y", vec![]),
    ];
    let inputs = vec![info("x", FLOAT, &dims(&[2, 8, 8, 32])), info("text", FLOAT, &dims(&[2, 7, 24]))];
    let network = read(&model_of(17, graph(inputs, inits, nodes, "y"))).unwrap();
    assert_eq!(
        lines(&network),
        [
            "conv conv n2g1c32m32 k3s1d1p1,1:8->8 k3s1d1p1,1:8->8 bits 32/32/32 macs 1179648 x1",
            "q matmul 1x128x32x32 bits 32/32/32 macs 131072 x1",
            "kv matmul 1x14x64x24 bits 32/32/32 macs 21504 x1",
            "node_a.query_key matmul 8x64x7x8 bits 32/32/32 macs 28672 x1",
            "node_a.score_value matmul 8x64x8x7 bits 32/32/32 macs 28672 x1",
            "up matmul 1x128x256x32 bits 32/32/32 macs 1048576 x1",
            "down matmul 1x128x32x128 bits 32/32/32 macs 524288 x1",
        ]
    );
    assert_eq!((network.mac_coverage, network.warnings.len()), (Some(1.0), 0), "{:?}", network.not_lowered);
    assert!(
        network.graph.tensors().iter().all(|tensor| tensor.shape.is_some()),
        "every tensor between layers has a shape"
    );
}

/// Weight normalisation: the weight is computed, and its layer is named after the parameters or what the exporter recorded.
#[test]
fn layers_with_computed_weights_have_the_name_of_their_module() {
    let named = |direction: &str, scopes: Option<&str>| {
        let inits = vec![tensor(direction, FLOAT, &[8, 4, 3]), tensor("g", FLOAT, &[8, 1, 1])];
        let mut conv = node("Conv", "x w", "y", vec![]);
        conv.metadata_props.extend(scopes.map(|scopes| onnx2timeloop::onnx::proto::StringStringEntryProto {
            key: "pkg.torch.onnx.name_scopes".into(),
            value: scopes.into(),
        }));
        let nodes = vec![
            node("ReduceL2", direction, "norm", vec![int_list("axes", &[1, 2])]),
            node("Div", &format!("{direction} norm"), "unit", vec![]),
            node("Mul", "unit g", "w", vec![]),
            conv,
        ];
        let network =
            read(&model_of(17, graph(vec![info("x", FLOAT, &dims(&[1, 4, 10]))], inits, nodes, "y"))).unwrap();
        network.layers[0].name.clone()
    };
    assert_eq!(named("decoder.0.weight_v", None), "decoder.0");
    assert_eq!(named("decoder.0.parametrizations.weight.original1", None), "decoder.0");
    assert_eq!(named("p_decoder_0", Some("['', 'decoder', 'decoder.0', 'conv1d']")), "decoder.0");
}
