//! Shapes that the table of operators tells where tract does not, and how declarations complete them.

use onnx2timeloop::onnx::proto::{ModelProto, NodeProto, TensorProto};

use crate::kit::onnx::*;

/// x -> [nodes] -> conv over 4 channels: the convolution shows what shape arrived.
fn then_conv(
    opset: i64,
    x: &[i64],
    initializers: Vec<TensorProto>,
    nodes: Vec<NodeProto>,
    channels: i64,
) -> ModelProto {
    let mut initializers = initializers;
    initializers.push(tensor("c.weight", FLOAT, &[2, channels, 1, 1]));
    let mut nodes = nodes;
    nodes.push(node("Conv", "t c.weight", "y", vec![]));
    model_of(opset, graph(vec![info("x", FLOAT, &dims(x))], initializers, nodes, "y"))
}

#[test]
fn operators_have_the_shapes_of_their_definition() {
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
    let wrapped = vec![node("Optional", "x", "o", vec![]), node("OptionalGetElement", "o", "t", vec![])];
    arrives(18, &[1, 4, 6, 7], vec![], wrapped, 4, "1x4x6x7");
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
    let open = declared(None).unwrap();
    let reason = &open.unknown_layers[0].reason;
    assert!(open.is_unknown() && open.unknown_layers[0].node == "node_y");
    assert!(reason.contains("`node_t` (com.acme.Magic)") && reason.contains("--shape t="), "{reason}");
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
