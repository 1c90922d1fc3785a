//! Every operator family, each against sizes worked out by hand from the operator's definition.

use onnx2timeloop::onnx::proto::{ModelProto, TensorProto};
use onnx2timeloop::timeloop::files::{ProblemHeader, TimeloopVersion, write_problem};
use onnx2timeloop::workload::{ProblemStyle, distinct_problems};

use crate::kit::onnx::*;

fn check(model: &ModelProto, expected: &[&str]) {
    let network = read(model).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(lines(&network), expected, "warnings {:?}", network.warnings);
    assert_eq!(network.warnings, Vec::<String>::new());
    assert_eq!(network.mac_coverage, Some(1.0));
}

fn conv(shape: &[i64], weight: &[i64], attributes: Vec<onnx2timeloop::onnx::proto::AttributeProto>) -> ModelProto {
    single("Conv", &[("x", FLOAT, shape)], vec![tensor("c.weight", FLOAT, weight)], "y", attributes, "x c.weight")
}

#[test]
fn conv_reads_every_form_of_padding() {
    // SAME: ceil(7 / 2) = 4 outputs reach 2 * 3 + 3 = 9 elements: 2 of padding, 1 before.
    let same = |pad| vec![text("auto_pad", pad), int_list("strides", &[2, 2])];
    let expected = "c conv n1g1c3m4 k3s2d1p1,1:7->4 k4s2d1p1,2:9->5 bits 32/32/32 macs 2880 x1";
    check(&conv(&[1, 3, 7, 9], &[4, 3, 3, 4], same("SAME_UPPER")), &[expected]);
    let lower = "c conv n1g1c3m4 k3s2d1p1,1:7->4 k4s2d1p2,1:9->5 bits 32/32/32 macs 2880 x1";
    check(&conv(&[1, 3, 7, 9], &[4, 3, 3, 4], same("SAME_LOWER")), &[lower]);
    let valid = vec![text("auto_pad", "VALID"), int_list("dilations", &[2])];
    check(
        &conv(&[2, 6, 20], &[8, 3, 5], [valid, vec![int("group", 2)]].concat()),
        &["c conv n2g2c3m4 k5s1d2p0,0:20->12 bits 32/32/32 macs 2880 x1"],
    );
    // Asymmetric pads come as all begins, then all ends.
    check(
        &conv(&[1, 1, 5, 6], &[1, 1, 3, 3], vec![int_list("pads", &[1, 0, 2, 3])]),
        &["c conv n1g1c1m1 k3s1d1p1,2:5->6 k3s1d1p0,3:6->7 bits 32/32/32 macs 378 x1"],
    );
    check(
        &conv(&[1, 2, 8, 9, 10], &[4, 2, 3, 3, 3], vec![int_list("dilations", &[1, 2, 3])]),
        &["c conv n1g1c2m4 k3s1d1p0,0:8->6 k3s1d2p0,0:9->5 k3s1d3p0,0:10->4 bits 32/32/32 macs 25920 x1"],
    );
}

#[test]
fn conv_transpose_reads_output_padding_and_shape() {
    let of = |attributes| {
        single(
            "ConvTranspose",
            &[("x", FLOAT, &[1, 4, 5, 5])],
            vec![tensor("u.weight", FLOAT, &[4, 3, 3, 3])],
            "y",
            attributes,
            "x u.weight",
        )
    };
    // 2 * 4 + 1 + 3 - 2 = 10 with output_padding 1; two groups of 2 -> 3 channels. MACs: input 100 x 27.
    let grouped = vec![
        int("group", 2),
        int_list("strides", &[2, 2]),
        int_list("pads", &[1, 1, 1, 1]),
        int_list("output_padding", &[1, 1]),
    ];
    check(&of(grouped), &["u conv_transpose n1g2c2m3 k3s2d1p1,1:5->10 k3s2d1p1,1:5->10 bits 32/32/32 macs 2700 x1"]);
    // output_shape 10 of 11 possible: one element of padding, after for SAME_UPPER, before otherwise, NOTSET included.
    let stated = |pad| vec![int_list("strides", &[2, 2]), int_list("output_shape", &[10, 10]), text("auto_pad", pad)];
    check(
        &of(stated("SAME_UPPER")),
        &["u conv_transpose n1g1c4m3 k3s2d1p0,1:5->10 k3s2d1p0,1:5->10 bits 32/32/32 macs 2700 x1"],
    );
    check(
        &of(stated("SAME_LOWER")),
        &["u conv_transpose n1g1c4m3 k3s2d1p1,0:5->10 k3s2d1p1,0:5->10 bits 32/32/32 macs 2700 x1"],
    );
    let notset = vec![int_list("strides", &[2, 2]), int_list("output_shape", &[1, 3, 10, 10])];
    check(&of(notset), &["u conv_transpose n1g1c4m3 k3s2d1p1,0:5->10 k3s2d1p1,0:5->10 bits 32/32/32 macs 2700 x1"]);
    let same = vec![int_list("strides", &[2, 2]), text("auto_pad", "SAME_UPPER")];
    check(&of(same), &["u conv_transpose n1g1c4m3 k3s2d1p0,1:5->10 k3s2d1p0,1:5->10 bits 32/32/32 macs 2700 x1"]);
}

#[test]
fn quantized_and_fused_convolutions_are_convolutions() {
    let inits = || {
        vec![
            tensor("c.weight", INT8, &[8, 4, 3, 3]),
            floats("s", &[1.0]),
            tensor("z", UINT8, &[]),
            tensor("wz", INT8, &[]),
        ]
    };
    let x: &[(&str, i32, &[i64])] = &[("x", UINT8, &[1, 4, 6, 6])];
    let line = |bits| format!("c conv n1g1c4m8 k3s1d1p0,0:6->4 k3s1d1p0,0:6->4 bits {bits} macs 4608 x1");
    check(&single("ConvInteger", x, inits(), "y", vec![], "x c.weight z wz"), &[&line("8/8/32")]);
    check(&single("QLinearConv", x, inits(), "y", vec![], "x s z c.weight s wz s z"), &[&line("8/8/8")]);
    let last: &[(&str, i32, &[i64])] = &[("x", UINT8, &[1, 6, 6, 4])];
    let channels_last = single(
        "com.microsoft:QLinearConv",
        last,
        inits(),
        "y",
        vec![int("channels_last", 1)],
        "x s z c.weight s wz s z",
    );
    check(&channels_last, &[&line("8/8/8")]);

    let float = vec![tensor("c.weight", FLOAT, &[8, 4, 3, 3]), tensor("b", FLOAT, &[8])];
    let x: &[(&str, i32, &[i64])] = &[("x", FLOAT, &[1, 4, 6, 6])];
    let fused =
        single("com.microsoft:FusedConv", x, float.clone(), "y", vec![text("activation", "Relu")], "x c.weight b");
    check(&fused, &[&line("32/32/32")]);
    assert_eq!(read(&fused).unwrap().parameters, 8 * 4 * 9 + 8);
    let nhwc: &[(&str, i32, &[i64])] = &[("x", FLOAT, &[1, 6, 6, 4])];
    check(
        &single("com.microsoft:NhwcFusedConv", nhwc, float.clone(), "y", vec![], "x c.weight b"),
        &[&line("32/32/32")],
    );
    let mut offsets = x.to_vec();
    offsets.push(("o", FLOAT, &[1, 18, 4, 4]));
    check(&single("DeformConv", &offsets, float, "y", vec![], "x c.weight o b"), &[&line("32/32/32")]);
}

#[test]
fn matmul_and_gemm_become_matrix_products() {
    let product = |op: &str, a: &[i64], b: &[i64], attributes| {
        single(op, &[("a", FLOAT, a)], vec![tensor("l.weight", FLOAT, b)], "y", attributes, "a l.weight")
    };
    check(&product("Gemm", &[3, 5], &[7, 5], vec![int("transB", 1)]), &["l matmul 1x3x7x5 bits 32/32/32 macs 105 x1"]);
    check(
        &product("com.microsoft:FusedGemm", &[5, 3], &[5, 7], vec![int("transA", 1)]),
        &["l matmul 1x3x7x5 bits 32/32/32 macs 105 x1"],
    );
    check(&product("MatMul", &[2, 4, 3, 5], &[4, 5, 7], vec![]), &["l matmul 4x6x7x5 bits 32/32/32 macs 840 x1"]);
    check(
        &product("com.microsoft:FusedMatMul", &[4, 3, 5], &[4, 7, 5], vec![int("transB", 1)]),
        &["l matmul 4x3x7x5 bits 32/32/32 macs 420 x1"],
    );
    check(
        &product("com.microsoft:TransposeMatMul", &[4, 5, 3], &[5, 7], vec![int("transA", 1)]),
        &["l matmul 1x12x7x5 bits 32/32/32 macs 420 x1"],
    );
    // transBatchA: [3, 4, 5] is read as [4, 3, 5].
    check(
        &product("com.microsoft:FusedMatMul", &[3, 4, 5], &[4, 5, 7], vec![int("transBatchA", 1)]),
        &["l matmul 4x3x7x5 bits 32/32/32 macs 420 x1"],
    );

    let int8 = || {
        vec![tensor("l.weight", INT8, &[5, 7]), floats("s", &[1.0]), tensor("z", UINT8, &[]), tensor("wz", INT8, &[])]
    };
    let a: &[(&str, i32, &[i64])] = &[("a", UINT8, &[3, 5])];
    check(
        &single("MatMulInteger", a, int8(), "y", vec![], "a l.weight z wz"),
        &["l matmul 1x3x7x5 bits 8/8/32 macs 105 x1"],
    );
    check(
        &single("QLinearMatMul", a, int8(), "y", vec![], "a s z l.weight s wz s z"),
        &["l matmul 1x3x7x5 bits 8/8/8 macs 105 x1"],
    );
    check(
        &single("com.microsoft:QGemm", a, int8(), "y", vec![], "a s z l.weight s wz _ s z"),
        &["l matmul 1x3x7x5 bits 8/8/8 macs 105 x1"],
    );
    check(
        &single("com.microsoft:QGemm", a, int8(), "y", vec![], "a s z l.weight s wz"),
        &["l matmul 1x3x7x5 bits 8/8/32 macs 105 x1"],
    );
    check(
        &single("com.microsoft:MatMulIntegerToFloat", a, int8(), "y", vec![], "a l.weight s s z wz"),
        &["l matmul 1x3x7x5 bits 8/8/32 macs 105 x1"],
    );
    let a: &[(&str, i32, &[i64])] = &[("a", FLOAT, &[2, 3, 5])];
    check(
        &single("com.microsoft:DynamicQuantizeMatMul", a, int8(), "y", vec![], "a l.weight s wz"),
        &["l matmul 1x6x7x5 bits 8/8/32 macs 210 x1"],
    );
    let packed = vec![tensor("l.weight", UINT8, &[7, 1, 16]), tensor("s", FLOAT, &[7])];
    let a: &[(&str, i32, &[i64])] = &[("a", FLOAT, &[2, 3, 32])];
    let bits = |bits| vec![int("K", 32), int("N", 7), int("bits", bits), int("block_size", 32)];
    check(
        &single("com.microsoft:MatMulNBits", a, packed.clone(), "y", bits(4), "a l.weight s"),
        &["l matmul 1x6x7x32 bits 32/4/32 macs 1344 x1"],
    );
    check(
        &single("com.microsoft:MatMulNBits", a, packed, "y", bits(2), "a l.weight s"),
        &["l matmul 1x6x7x32 bits 32/2/32 macs 1344 x1"],
    );
}

fn einsum(equation: &str, shapes: &[&[i64]]) -> ModelProto {
    let names = ["a", "b", "c"];
    let inputs: Vec<_> = shapes.iter().zip(names).map(|(shape, name)| (name, FLOAT, *shape)).collect();
    single("Einsum", &inputs, vec![], "y", vec![text("equation", equation)], &names[..shapes.len()].join(" "))
}

#[test]
fn einsum_becomes_matrix_products() {
    let of = |equation, shapes: &[&[i64]]| lines(&read(&einsum(equation, shapes)).unwrap()).join(";");
    assert_eq!(
        of("bhid,bhjd->bhij", &[&[2, 3, 5, 7], &[2, 3, 11, 7]]),
        "node_y matmul 6x5x11x7 bits 32/32/32 macs 2310 x1"
    );
    assert_eq!(of("bnm , md -> bnd", &[&[2, 3, 5], &[5, 7]]), "node_y matmul 1x6x7x5 bits 32/32/32 macs 210 x1");
    assert_eq!(of("...ij,...jk", &[&[4, 2, 3], &[4, 3, 5]]), "node_y matmul 4x2x5x3 bits 32/32/32 macs 120 x1");
    assert_eq!(of("ij,jk", &[&[2, 3], &[3, 5]]), "node_y matmul 1x2x5x3 bits 32/32/32 macs 30 x1");
    // An index of one operand alone is summed before the product.
    assert_eq!(of("ijx,jk->ik", &[&[2, 3, 9], &[3, 5]]), "node_y matmul 1x2x5x3 bits 32/32/32 macs 30 x1");
    // A broadcast operand is shared by the batch.
    assert_eq!(of("bij,bjk->bik", &[&[1, 2, 3], &[4, 3, 5]]), "node_y matmul 1x2x20x3 bits 32/32/32 macs 120 x1");
    assert_eq!(of("ij,ij->ij", &[&[2, 3], &[2, 3]]), "");
    assert_eq!(of("ij->ji", &[&[2, 3]]), "");

    let three = read(&einsum("ij,jk,kl->il", &[&[2, 3], &[3, 4], &[4, 5]])).unwrap();
    assert_eq!((three.layers.len(), three.mac_coverage), (0, Some(0.0)));
    assert!(three.not_lowered[0].reason.contains("3 operands"), "{:?}", three.not_lowered);
    assert!(read(&einsum("ij,jk->ik", &[&[2, 3], &[4, 5]])).is_err());
    assert!(read(&einsum("ij->ik", &[&[2, 3]])).is_err());
    assert!(read(&einsum("ij,jk->ik", &[&[2, 3]])).is_err());
}

#[test]
fn attention_is_two_products() {
    let qkv = |q: &'static [i64], k: &'static [i64], v: &'static [i64], attributes| {
        single("Attention", &[("q", FLOAT, q), ("k", FLOAT, k), ("v", FLOAT, v)], vec![], "y", attributes, "q k v")
    };
    let expected = [
        "node_y.query_key matmul 24x5x9x16 bits 32/32/32 macs 17280 x1",
        "node_y.score_value matmul 24x5x8x9 bits 32/32/32 macs 8640 x1",
    ];
    check(&qkv(&[2, 12, 5, 16], &[2, 12, 9, 16], &[2, 12, 9, 8], vec![]), &expected);
    let heads = vec![int("q_num_heads", 12), int("kv_num_heads", 12)];
    check(&qkv(&[2, 5, 192], &[2, 9, 192], &[2, 9, 96], heads), &expected);
    // 12 query heads share 4 key heads: 3 x 5 rows of one product each.
    check(
        &qkv(&[2, 12, 5, 16], &[2, 4, 9, 16], &[2, 4, 9, 8], vec![]),
        &[
            "node_y.query_key matmul 8x15x9x16 bits 32/32/32 macs 17280 x1",
            "node_y.score_value matmul 8x15x8x9 bits 32/32/32 macs 8640 x1",
        ],
    );
    let inputs: &[(&str, i32, &[i64])] = &[
        ("q", FLOAT, &[1, 2, 1, 8]),
        ("k", FLOAT, &[1, 2, 1, 8]),
        ("v", FLOAT, &[1, 2, 1, 8]),
        ("pk", FLOAT, &[1, 2, 30, 8]),
        ("pv", FLOAT, &[1, 2, 30, 8]),
    ];
    check(
        &single("Attention", inputs, vec![], "y pk2 pv2", vec![], "q k v _ pk pv"),
        &[
            "node_y.query_key matmul 2x1x31x8 bits 32/32/32 macs 496 x1",
            "node_y.score_value matmul 2x1x8x31 bits 32/32/32 macs 496 x1",
        ],
    );
}

#[test]
fn attention_operators_of_onnx_runtime_become_products() {
    let packed = [
        "at.projection matmul 1x20x192x64 bits 32/32/32 macs 245760 x1",
        "node_y.query_key matmul 8x10x10x16 bits 32/32/32 macs 12800 x1",
        "node_y.score_value matmul 8x10x16x10 bits 32/32/32 macs 12800 x1",
    ];
    let x: &[(&str, i32, &[i64])] = &[("x", FLOAT, &[2, 10, 64])];
    let weights = vec![tensor("at.weight", FLOAT, &[64, 192]), tensor("b", FLOAT, &[192])];
    check(&single("com.microsoft:Attention", x, weights, "y", vec![int("num_heads", 4)], "x at.weight b"), &packed);
    let x: &[(&str, i32, &[i64])] = &[("x", UINT8, &[2, 10, 64])];
    let weights = vec![tensor("at.weight", INT8, &[64, 192]), tensor("b", FLOAT, &[192]), floats("s", &[1.0])];
    let quantised = packed.map(|line| line.replace("192x64 bits 32/32/32", "192x64 bits 8/8/32"));
    check(
        &single("com.microsoft:QAttention", x, weights, "y", vec![int("num_heads", 4)], "x at.weight b s s"),
        &quantised.each_ref().map(String::as_str),
    );

    let inputs: &[(&str, i32, &[i64])] =
        &[("q", FLOAT, &[2, 10, 64]), ("k", FLOAT, &[2, 7, 64]), ("v", FLOAT, &[2, 7, 64])];
    check(
        &single("com.microsoft:MultiHeadAttention", inputs, vec![], "y", vec![int("num_heads", 4)], "q k v"),
        &[
            "node_y.query_key matmul 8x10x7x16 bits 32/32/32 macs 8960 x1",
            "node_y.score_value matmul 8x10x16x7 bits 32/32/32 macs 8960 x1",
        ],
    );
    let inputs: &[(&str, i32, &[i64])] = &[("q", FLOAT, &[2, 10, 4, 3, 16])];
    check(
        &single("com.microsoft:MultiHeadAttention", inputs, vec![], "y", vec![int("num_heads", 4)], "q"),
        &packed[1..],
    );
    // 8 query heads on 2 key heads, one new token after 15 in the cache.
    let inputs: &[(&str, i32, &[i64])] = &[
        ("q", FLOAT, &[1, 1, 128]),
        ("k", FLOAT, &[1, 1, 32]),
        ("v", FLOAT, &[1, 1, 32]),
        ("pk", FLOAT, &[1, 2, 15, 16]),
        ("pv", FLOAT, &[1, 2, 15, 16]),
    ];
    let heads = vec![int("num_heads", 8), int("kv_num_heads", 2)];
    check(
        &single("com.microsoft:GroupQueryAttention", inputs, vec![], "y", heads, "q k v pk pv"),
        &[
            "node_y.query_key matmul 2x4x16x16 bits 32/32/32 macs 2048 x1",
            "node_y.score_value matmul 2x4x16x16 bits 32/32/32 macs 2048 x1",
        ],
    );
}

#[test]
fn recurrent_operators_are_executed_once_a_step() {
    let of = |op: &str, gates: i64, attributes, x: &[i64], directions: i64| {
        let inits =
            vec![tensor("W", FLOAT, &[directions, gates * 6, 4]), tensor("R", FLOAT, &[directions, gates * 6, 6])];
        single(op, &[("x", FLOAT, x)], inits, "y", attributes, "x W R")
    };
    // 9 steps of batch 2: the inputs of all steps in one product, the state in one a step.
    check(
        &of("LSTM", 4, vec![int("hidden_size", 6)], &[9, 2, 4], 1),
        &[
            "node_y.input matmul 1x18x24x4 bits 32/32/32 macs 1728 x1",
            "node_y.hidden matmul 1x2x24x6 bits 32/32/32 macs 288 x9",
        ],
    );
    check(
        &of("GRU", 3, vec![int("hidden_size", 6), int("layout", 1)], &[2, 9, 4], 1),
        &[
            "node_y.input matmul 1x18x18x4 bits 32/32/32 macs 1296 x1",
            "node_y.hidden matmul 1x2x18x6 bits 32/32/32 macs 216 x9",
        ],
    );
    check(
        &of("RNN", 1, vec![int("hidden_size", 6), text("direction", "bidirectional")], &[9, 2, 4], 2),
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

/// x -> [nodes] -> conv over 4 channels: the convolution shows what shape arrived.
fn then_conv(
    opset: i64,
    x: &[i64],
    initializers: Vec<TensorProto>,
    nodes: Vec<onnx2timeloop::onnx::proto::NodeProto>,
    channels: i64,
) -> ModelProto {
    let mut initializers = initializers;
    initializers.push(tensor("c.weight", FLOAT, &[2, channels, 1, 1]));
    let mut nodes = nodes;
    nodes.push(node("Conv", "t c.weight", "y", vec![]));
    model_of(opset, graph(vec![info("x", FLOAT, &dims(x))], initializers, nodes, "y"))
}

#[test]
fn shapes_of_operators_without_an_oracle_are_derived() {
    let arrives = |opset, x: &[i64], inits: Vec<TensorProto>, nodes, channels, expected: &str| {
        let network = read(&then_conv(opset, x, inits, nodes, channels)).unwrap_or_else(|error| panic!("{error}"));
        let input: Vec<String> = network.layers.last().unwrap().input.iter().map(u64::to_string).collect();
        assert_eq!(input.join("x"), expected);
    };
    // Scales of 513/65 in 32 bits: 65 * 7.8923078 is a hair below 513.
    let scales = floats("s", &[1.0, 1.0, 513.0 / 65.0, 2.0]);
    arrives(9, &[1, 4, 65, 65], vec![scales], vec![node("Upsample", "x s", "t", vec![])], 4, "1x4x513x130");
    arrives(
        7,
        &[1, 4, 6, 6],
        vec![],
        vec![node("Upsample", "x", "t", vec![float_list("scales", &[1.0, 1.0, 2.5, 2.0])])],
        4,
        "1x4x15x12",
    );
    arrives(
        11,
        &[1, 4, 6, 1, 6],
        vec![],
        vec![node("Squeeze", "x", "s", vec![]), node("Unsqueeze", "s", "t", vec![int_list("axes", &[0])])],
        4,
        "1x4x6x6",
    );
    let q = vec![floats("s", &[1.0]), tensor("z", UINT8, &[])];
    arrives(
        13,
        &[1, 4, 6, 6],
        q.clone(),
        vec![node("com.microsoft:QLinearAdd", "x s z x s z s z", "t", vec![])],
        4,
        "1x4x6x6",
    );
    arrives(
        13,
        &[1, 4, 6, 6],
        q.clone(),
        vec![node("com.microsoft:QLinearConcat", "s z x s z x s z", "t", vec![int("axis", 1)])],
        8,
        "1x8x6x6",
    );
    arrives(
        13,
        &[1, 4, 6, 6],
        q.clone(),
        vec![node("com.microsoft:QLinearGlobalAveragePool", "x s z s z", "t", vec![])],
        4,
        "1x4x1x1",
    );
    let window = vec![int_list("kernel_shape", &[3, 3]), int_list("strides", &[2, 2]), int("ceil_mode", 1)];
    arrives(
        13,
        &[1, 4, 6, 7],
        q,
        vec![node("com.microsoft:QLinearAveragePool", "x s z s z", "t", window)],
        4,
        "1x4x3x3",
    );
    arrives(
        18,
        &[1, 4, 9, 9],
        vec![],
        vec![node("LpPool", "x", "t", vec![int_list("kernel_shape", &[2, 2]), int_list("strides", &[2, 2])])],
        4,
        "1x4x4x4",
    );
    let rois = vec![tensor("r", FLOAT, &[5, 4]), tensor("bi", INT64, &[5])];
    arrives(
        16,
        &[1, 4, 9, 9],
        rois,
        vec![node("RoiAlign", "x r bi", "t", vec![int("output_height", 7), int("output_width", 6)])],
        4,
        "5x4x7x6",
    );
    let fold = vec![ints("image", &[5, 6]), ints("block", &[1, 2])];
    arrives(18, &[1, 8, 25], fold, vec![node("Col2Im", "x image block", "t", vec![])], 4, "1x4x5x6");
    arrives(
        18,
        &[1, 4, 9, 9],
        vec![ints("s", &[7, 11])],
        vec![node("CenterCropPad", "x s", "t", vec![int_list("axes", &[2, 3])])],
        4,
        "1x4x7x11",
    );
    let pads = vec![ints("p", &[1, 2, 3, 4]), floats("v", &[0.0]), ints("axes", &[2, -1])];
    arrives(18, &[1, 4, 9, 9], pads, vec![node("Pad", "x p _ axes", "t", vec![])], 4, "1x4x13x15");
    let table =
        vec![tensor("table", UINT8, &[100, 2]), tensor("ids", INT64, &[1, 4, 6]), tensor("scales", FLOAT, &[100, 1])];
    let quantised = vec![int("bits", 4), int("gather_axis", 0), int("quantize_axis", 1)];
    arrives(
        18,
        &[1, 4, 9, 9],
        table,
        vec![node("com.microsoft:GatherBlockQuantized", "table ids scales", "t", quantised)],
        4,
        "1x4x6x4",
    );
    arrives(18, &[1, 4, 9, 9], vec![], vec![node("RandomNormalLike", "x", "t", vec![])], 4, "1x4x9x9");
    // What tract knows: a shape computed from another one.
    let nodes = vec![
        node("Shape", "x", "s", vec![]),
        node("Slice", "s two four", "hw", vec![]),
        node("Mul", "hw k", "hw2", vec![]),
        node("Concat", "nc hw2", "all", vec![int("axis", 0)]),
        node("Resize", "x _ _ all", "t", vec![]),
    ];
    let inits = vec![ints("two", &[2]), ints("four", &[4]), ints("k", &[2, 3]), ints("nc", &[1, 4])];
    arrives(18, &[1, 4, 6, 7], inits, nodes, 4, "1x4x12x21");
}

#[test]
fn unknown_operators_fall_back_on_declarations() {
    let declared = |shape: Option<&[i64]>| {
        let mut model = then_conv(18, &[1, 4, 6, 6], vec![], vec![node("com.acme:Magic", "x", "t", vec![])], 4);
        let graph = model.graph.as_mut().unwrap();
        graph.value_info.extend(shape.map(|shape| info("t", FLOAT, &dims(shape))));
        read(&model)
    };
    let network = declared(Some(&[1, 4, 12, 12])).unwrap();
    assert_eq!(network.layers[0].input, [1, 4, 12, 12]);
    assert_eq!(network.mac_coverage, None, "Magic may multiply as it likes");
    assert!(network.not_lowered[0].reason.contains("unknown operator com.acme.Magic"));
    let message = declared(None).unwrap_err().to_string();
    assert!(
        message.contains("node `node_y` (Conv)")
            && message.contains("`node_t` (com.acme.Magic)")
            && message.contains("hint:"),
        "{message}"
    );
}

#[test]
fn a_wrong_declaration_is_a_warning() {
    let mut model = then_conv(18, &[1, 4, 6, 6], vec![], vec![node("Relu", "x", "t", vec![])], 4);
    model.graph.as_mut().unwrap().value_info.push(info("t", FLOAT, &dims(&[1, 4, 9, 9])));
    let network = read(&model).unwrap();
    assert_eq!(network.layers[0].input, [1, 4, 6, 6]);
    assert_eq!(
        network.warnings,
        ["value `t` is declared as [1,4,9,9] but inferred as [1,4,6,6]; the inferred shape is used"]
    );
}

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

/// What the importer knows of an operator is not silently overruled by a declaration.
#[test]
fn derived_shapes_are_compared_with_declared_ones() {
    let q = vec![floats("s", &[1.0]), tensor("z", UINT8, &[])];
    let mut model =
        then_conv(13, &[1, 4, 6, 6], q, vec![node("com.microsoft:QLinearAdd", "x s z x s z s z", "t", vec![])], 4);
    model.graph.as_mut().unwrap().value_info.push(info("t", FLOAT, &dims(&[1, 4, 9, 9])));
    let network = read(&model).unwrap();
    assert_eq!(network.layers[0].input, [1, 4, 6, 6]);
    assert_eq!(network.warnings.len(), 1, "{:?}", network.warnings);
}

#[test]
fn layers_that_contradict_their_attributes_are_refused() {
    let of = |attributes| {
        let inits = vec![tensor("W", FLOAT, &[1, 24, 4]), tensor("R", FLOAT, &[1, 24, 6])];
        read(&single("LSTM", &[("x", FLOAT, &[9, 2, 4])], inits, "y", attributes, "x W R")).unwrap_err().to_string()
    };
    assert!(of(vec![int("hidden_size", 6), text("direction", "bidirectional")]).contains("direction"));
    assert!(of(vec![int("hidden_size", 7)]).contains("hidden_size"));
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
    let problems = distinct_problems(&network.layers, ProblemStyle::Native).unwrap();
    assert_eq!(problems.len(), 1);
    let header = ProblemHeader::of(&network.name, &problems[0], &network.layers);
    insta::assert_snapshot!(write_problem(&problems[0].problem, &header, TimeloopVersion::V04));
}
