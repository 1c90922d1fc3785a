//! Files that lie. An error that names the place, never a panic, a hang, or memory without bound.

use onnx2timeloop::onnx::proto::{ModelProto, NodeProto, TensorProto};
use prost::Message;

use crate::kit::onnx::*;

fn message(model: &ModelProto) -> String {
    read(model).expect_err("hostile").to_string()
}

fn conv_with(attributes: Vec<onnx2timeloop::onnx::proto::AttributeProto>) -> ModelProto {
    single("Conv", &[("x", FLOAT, &[1, 4, 6, 6])], vec![tensor("w", FLOAT, &[8, 4, 3, 3])], "y", attributes, "x w")
}

#[test]
fn convolutions_that_contradict_themselves_are_refused() {
    for (attributes, part) in [
        (vec![int_list("strides", &[0, 1])], "attribute `strides` holds 0"),
        (vec![int_list("strides", &[-1, 1])], "attribute `strides` holds -1"),
        (vec![int_list("strides", &[1 << 62, 1])], "attribute `strides` holds"),
        (vec![int_list("strides", &[1])], "must have 2 values"),
        (vec![int_list("dilations", &[0, 0])], "attribute `dilations` holds 0"),
        (vec![int_list("dilations", &[9, 9])], "does not fit"),
        (vec![int_list("pads", &[-1, 0, 0, 0])], "attribute `pads` holds -1"),
        (vec![int_list("pads", &[1, 1])], "must have 4 values"),
        (vec![int_list("kernel_shape", &[5, 5])], "its weights have [3, 3]"),
        (vec![int("group", 0)], "attribute `group` is 0"),
        (vec![int("group", -2)], "attribute `group` is -2"),
        (vec![int("group", 3)], "take 4 x 3"),
        (vec![int("group", i64::MAX)], "take 4 x"),
        (vec![text("auto_pad", "SIDEWAYS")], "attribute `auto_pad` is `SIDEWAYS`"),
    ] {
        let text = message(&conv_with(attributes));
        assert!(text.contains("node `node_y` (Conv)") && text.contains(part), "{part}: {text}");
    }
    // Three groups of input channels, but 8 output channels.
    let odd = single(
        "Conv",
        &[("x", FLOAT, &[1, 12, 6, 6])],
        vec![tensor("w", FLOAT, &[8, 4, 3, 3])],
        "y",
        vec![int("group", 3)],
        "x w",
    );
    assert!(message(&odd).contains("8 output channels are not divisible by group 3"));
}

#[test]
fn sizes_that_overflow_are_refused() {
    let shape: &[i64] = &[1 << 31, 1 << 24, 1, 1];
    let huge =
        single("Conv", &[("x", FLOAT, shape)], vec![tensor("w", FLOAT, &[1 << 31, 1 << 24, 1, 1])], "y", vec![], "x w");
    assert!(message(&huge).contains("overflow"), "{}", message(&huge));
    for dims in [vec![1 << 62, 1, 1, 1], vec![i64::MAX; 4], vec![-1, 4, 3, 3]] {
        let bad = single("Conv", &[("x", FLOAT, &[1, 4, 6, 6])], vec![tensor("w", FLOAT, &dims)], "y", vec![], "x w");
        assert!(message(&bad).contains("initializer `w`"), "{}", message(&bad));
    }
    let input = single("Relu", &[("x", FLOAT, &[1 << 62])], vec![], "y", vec![], "x");
    assert!(message(&input).contains("value `x`"));
}

#[test]
fn graphs_that_cannot_run_are_refused() {
    let graph_of = |nodes: Vec<NodeProto>| model_of(17, graph(vec![info("x", FLOAT, &dims(&[1]))], vec![], nodes, "y"));
    let cycle =
        graph_of(vec![node("Add", "x b", "a", vec![]), node("Relu", "a", "b", vec![]), node("Relu", "b", "y", vec![])]);
    assert!(message(&cycle).contains("a cycle"), "{}", message(&cycle));
    let dangling = graph_of(vec![node("Relu", "nowhere", "y", vec![])]);
    assert!(message(&dangling).contains("node `node_y` (Relu) reads `nowhere`, which no node produces"));
    let twice = graph_of(vec![node("Relu", "x", "y", vec![]), node("Abs", "x", "y", vec![])]);
    assert!(message(&twice).contains("produces `y`, which another node produces, too"));
    assert!(message(&graph_of(vec![])).contains("no node produces the graph's output `y`"));
}

#[test]
fn functions_without_end_are_refused() {
    let mut model =
        model_of(17, graph(vec![info("x", FLOAT, &dims(&[1]))], vec![], vec![node("f:a", "x", "y", vec![])], "y"));
    model.functions = vec![
        function("f", "a", "i", "o", "", vec![node("f:b", "i", "o", vec![])]),
        function("f", "b", "i", "o", "", vec![node("f:a", "i", "o", vec![])]),
    ];
    assert!(message(&model).contains("calls itself"), "{}", message(&model));

    // Each of 60 functions calls the next twice: 2^60 nodes.
    model.functions = (0..60)
        .map(|level| {
            let next = format!("f:{}", if level == 59 { "leaf".into() } else { format!("n{}", level + 1) });
            let name = if level == 0 { "a".into() } else { format!("n{level}") };
            function("f", &name, "i", "o", "", vec![node(&next, "i", "t", vec![]), node(&next, "t", "o", vec![])])
        })
        .collect();
    model.functions.push(function("f", "leaf", "i", "o", "", vec![node("Relu", "i", "o", vec![])]));
    assert!(message(&model).contains("inlining its functions and subgraphs yields more than"), "{}", message(&model));

    model.functions = (0..5000)
        .map(|level| {
            let name = if level == 0 { "a".into() } else { format!("n{level}") };
            function("f", &name, "i", "o", "", vec![node(&format!("f:n{}", level + 1), "i", "o", vec![])])
        })
        .collect();
    assert!(message(&model).contains("nested more than"), "{}", message(&model));
}

#[test]
fn subgraphs_without_end_are_refused() {
    let mut body = graph(vec![], vec![], vec![node("Relu", "x", "o", vec![])], "o");
    for _ in 0..200 {
        body =
            graph(vec![], vec![], vec![node("If", "c", "o", vec![graph_attribute("then_branch", body.clone())])], "o");
        if body.encoded_len() > 1 << 20 {
            break;
        }
    }
    let model = model_of(
        17,
        graph(
            vec![info("x", FLOAT, &dims(&[1])), info("c", BOOL, &[])],
            vec![],
            vec![node("If", "c", "y", vec![graph_attribute("then_branch", body)])],
            "y",
        ),
    );
    assert!(message(&model).contains("not an ONNX model"), "the decoder's own limit: {}", message(&model));
}

/// Small operands that ask for huge results: nothing of the kind is ever computed.
#[test]
fn constants_that_would_fill_memory_are_not_computed() {
    let big = |values: &[i64]| ints("k", values);
    let x: &[(&str, i32, &[i64])] = &[("x", FLOAT, &[1, 4, 6, 6])];
    let cases: Vec<(&str, Vec<TensorProto>, &str)> = vec![
        ("ConstantOfShape", vec![big(&[1 << 40, 1 << 20])], "k"),
        ("ConstantOfShape", vec![big(&[1 << 20, 1 << 20])], "k"),
        ("ConstantOfShape", vec![tensor("k", INT64, &[1 << 31])], "k"),
        ("ConstantOfShape", vec![big(&[1; 4000])], "k"),
        ("Expand", vec![big(&[1 << 60, 4, 6, 6])], "x k"),
        ("Tile", vec![big(&[1 << 62, 1 << 62, 4, 4])], "x k"),
        ("Reshape", vec![big(&[1; 4000])], "x k"),
        ("Reshape", vec![big(&[i64::MIN, -1, -1, 0])], "x k"),
        ("Pad", vec![big(&[i64::MAX; 8])], "x k"),
        ("Resize", vec![big(&[1 << 62, 1 << 62, 1 << 62, 1 << 62])], "x _ _ k"),
        ("Range", vec![scalar("a", 0), scalar("b", 1 << 40), scalar("k", 1)], "a b k"),
        ("Range", vec![scalar("a", 0), scalar("b", 9), scalar("k", 0)], "a b k"),
        ("OneHot", vec![big(&[3]), scalar("d", 1 << 60), ints("v", &[0, 1])], "k d v"),
        ("Unsqueeze", vec![big(&[7; 4000])], "x k"),
    ];
    for (op, initializers, operands) in cases {
        let mut model = single(op, x, initializers, "t", vec![], operands);
        let graph = model.graph.as_mut().unwrap();
        graph.initializer.push(tensor("w", FLOAT, &[1, 4, 1, 1]));
        graph.node.push(node("Conv", "t w", "y", vec![]));
        graph.output[0].name = "y".into();
        // Refused, or a layer whose shape is not known.
        match read(&model) {
            Err(error) => {
                let error = error.to_string();
                assert!(error.starts_with("node `node_") && error.len() < 300, "{op}: {error}");
            }
            Ok(network) => assert_eq!((network.layers.len(), network.unknown_layers.len()), (0, 1), "{op}"),
        }
    }
    // The rank doubles at every step.
    let mut nodes = vec![node("Gather", "i i", "g0", vec![])];
    nodes.extend((0..40).map(|step| node("Gather", &format!("g{step} g{step}"), &format!("g{}", step + 1), vec![])));
    let doubling = model_of(17, graph(vec![], vec![ints("i", &[0, 0])], nodes, "g40"));
    assert!(read(&doubling).unwrap().layers.is_empty());
    // The size doubles at every step.
    let mut nodes = vec![node("Concat", "i i", "g0", vec![int("axis", 0)])];
    nodes.extend(
        (0..60)
            .map(|step| node("Concat", &format!("g{step} g{step}"), &format!("g{}", step + 1), vec![int("axis", 0)])),
    );
    let doubling = model_of(17, graph(vec![], vec![ints("i", &[0, 0])], nodes, "g60"));
    assert!(read(&doubling).unwrap().layers.is_empty());
}

#[test]
fn loops_beyond_counting_are_refused() {
    let body = |inner: Vec<NodeProto>| {
        let mut nodes = inner;
        nodes.push(node("Identity", "go", "go_out", vec![]));
        graph(vec![info("i", INT64, &[]), info("go", BOOL, &[])], vec![], nodes, "go_out")
    };
    let mut nodes = vec![node("Conv", "x w", "c", vec![])];
    for level in 0..3 {
        let inner = body(nodes);
        let mut outer = node("Loop", "n t", "", vec![graph_attribute("body", inner)]);
        outer.name = format!("loop{level}");
        nodes = vec![outer];
    }
    nodes.push(node("Relu", "x", "y", vec![]));
    let inits = vec![scalar("n", 1 << 40), truth("t", true), tensor("w", FLOAT, &[8, 4, 3, 3])];
    let model = model_of(17, graph(vec![info("x", FLOAT, &dims(&[1, 4, 6, 6]))], inits, nodes, "y"));
    assert!(message(&model).contains("overflow"), "{}", message(&model));
}

/// Every loop carries a growing value, which has each body followed again: loops in loops must not multiply that.
#[test]
fn loops_in_loops_take_no_time() {
    let mut nodes = vec![node("Conv", "x w", "c", vec![]), node("Concat", "s0 s0", "s0_out", vec![int("axis", 0)])];
    for level in 0..30 {
        nodes.push(node("Identity", "go", "go_out", vec![]));
        let state = format!("s{level}");
        let inputs = vec![info("i", INT64, &[]), info("go", BOOL, &[]), info(&state, FLOAT, &[D::N(-1)])];
        let body = graph(inputs, vec![], nodes, &format!("go_out s{level}_out"));
        let outer = level + 1;
        let mut repeat =
            node("Loop", &format!("n t s{outer}"), &format!("s{outer}_out"), vec![graph_attribute("body", body)]);
        repeat.name = format!("loop{level}");
        nodes = vec![repeat];
    }
    let inputs = vec![info("x", FLOAT, &dims(&[1, 4, 6, 6])), info("s30", FLOAT, &dims(&[2]))];
    let inits = vec![scalar("n", 1), truth("t", true), tensor("w", FLOAT, &[8, 4, 3, 3])];
    let network = read(&model_of(17, graph(inputs, inits, nodes, "s30_out"))).unwrap();
    assert_eq!(network.layers.len(), 1);
}

/// Every iteration has a shape of its own, and a copy of each would be large: they are not written out.
#[test]
fn iterations_that_would_fill_memory_are_not_copied() {
    let long = node("Relu", "s", "r", vec![float_list("unused", &vec![1.0; 100_000])]);
    let inputs = vec![info("i", INT64, &[]), info("go", BOOL, &[]), info("s", FLOAT, &[D::N(-1), D::N(4)])];
    let nodes = vec![
        long,
        node("MatMul", "r w", "p", vec![]),
        node("Concat", "p x", "s_out", vec![int("axis", 0)]),
        node("Identity", "go", "go_out", vec![]),
    ];
    let body = graph(inputs, vec![], nodes, "go_out s_out");
    let inits = vec![scalar("n", 10_000), truth("t", true), tensor("w", FLOAT, &[4, 4])];
    let nodes = vec![node("Loop", "n t x", "y", vec![graph_attribute("body", body)])];
    let network = read(&model_of(17, graph(vec![info("x", FLOAT, &dims(&[1, 4]))], inits, nodes, "y"))).unwrap();
    assert_eq!((network.layers.len(), network.unknown_layers.len(), network.mac_coverage), (0, 1, None));
    assert!(network.warnings[0].contains("these are too many to list"), "{:?}", network.warnings);
}

/// A file of a few kilobytes whose inlining copies its long names, or its long attributes, over and over.
#[test]
fn copies_of_subgraphs_are_limited() {
    let mut model =
        model_of(17, graph(vec![info("x", FLOAT, &dims(&[1]))], vec![], vec![node("f:a", "x", "y", vec![])], "y"));
    model.graph.as_mut().unwrap().node[0].name = "N".repeat(100_000);
    let many = |attributes: Vec<onnx2timeloop::onnx::proto::AttributeProto>| {
        (0..2000)
            .map(|place| {
                node(
                    "Relu",
                    if place == 0 { "i".into() } else { format!("t{}", place - 1) }.as_str(),
                    &format!("t{place}"),
                    attributes.clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    model.functions = vec![function("f", "a", "i", "t1999", "", many(vec![]))];
    let network = read(&model).unwrap();
    assert!(network.not_lowered.iter().all(|skipped| skipped.node.len() < 600), "names are shortened");
    model.graph.as_mut().unwrap().node[0].name = "short".into();
    model.functions = vec![function("f", "a", "i", "t1999", "list", many(vec![reference("values", 6, "list")]))];
    model.graph.as_mut().unwrap().node[0].attribute = vec![float_list("list", &vec![1.0; 100_000])];
    assert!(message(&model).contains("MiB"), "{}", message(&model));
}

#[test]
fn many_equal_names_and_many_open_shapes_take_no_time() {
    let nodes = (0..3000)
        .map(|place| node("Conv", &format!("t{place} w.weight"), &format!("t{}", place + 1), vec![]))
        .collect();
    let input = info("t0", FLOAT, &[D::S("batch"), D::N(4), D::N(6), D::N(6)]);
    let model = model_of(17, graph(vec![input], vec![tensor("w.weight", FLOAT, &[4, 4, 1, 1])], nodes, "t3000"));
    assert!(message(&model).contains("3000 nodes: the shape depends on `batch`"), "{}", message(&model));
    let bindings = onnx2timeloop::onnx::Bindings { batch: Some(1), ..Default::default() };
    let network = read_with(&model, &bindings).unwrap();
    assert_eq!(network.layers[2999].name, "w_3000");
    assert_eq!(network.parameters, 16);
}

#[test]
fn results_that_would_fill_memory_are_not_computed() {
    for (op, shape) in
        [("EyeLike", [1i64 << 20, 1 << 20]), ("EyeLike", [1 << 15, 1 << 15]), ("RandomUniformLike", [1 << 20, 1 << 20])]
    {
        let network = read(&single(op, &[("x", FLOAT, &shape)], vec![], "y", vec![], "x")).unwrap();
        assert!(network.layers.is_empty());
    }
    // Sizes that overflow on the way to a bias.
    let nodes = vec![
        node("Upsample", "x", "big", vec![float_list("scales", &[1e9, 1e9])]),
        node("Gemm", "a w big", "y", vec![]),
    ];
    let inputs = vec![info("x", FLOAT, &dims(&[900, 900])), info("a", FLOAT, &dims(&[2, 3]))];
    let model = model_of(7, graph(inputs, vec![tensor("w", FLOAT, &[3, 4])], nodes, "y"));
    assert_eq!(read(&model).unwrap().parameters, 12);
}

/// Arithmetic on dimensions that are not known, repeated: expressions would double at every step.
#[test]
fn arithmetic_on_open_dimensions_never_panics() {
    let mut nodes = vec![node("Shape", "x", "v0", vec![int("end", 1)])];
    for step in 0..200 {
        nodes.push(node("Mul", &format!("v{step} v{step}"), &format!("m{step}"), vec![]));
        nodes.push(node("Add", &format!("m{step} one"), &format!("a{step}"), vec![]));
        nodes.push(node("Div", &format!("a{step} two"), &format!("v{}", step + 1), vec![]));
    }
    nodes.push(node("ConstantOfShape", "v200", "t", vec![]));
    nodes.push(node("MatMul", "t w", "y", vec![]));
    let inputs = vec![info("x", FLOAT, &[D::S("n"), D::N(4)])];
    let inits = vec![ints("one", &[1]), ints("two", &[2]), tensor("w", FLOAT, &[4, 4])];
    let model = model_of(17, graph(inputs, inits, nodes, "y"));
    assert!(message(&model).contains("`n`, which is not bound"), "{}", message(&model));
}

/// Operators that read the first element of an operand that has none, and loops over axes that no tensor has.
#[test]
fn operands_that_break_operators_are_refused() {
    let zero = || TensorProto { raw_data: vec![].into(), ..tensor("z", INT64, &[0]) };
    for (op, operands) in [
        ("Dropout", "x z z"),
        ("Dropout", "x x z"),
        ("BatchNormalization", "z z z z z"),
        ("Clip", "x z z"),
        ("Range", "z z z"),
    ] {
        let _ = read(&single(op, &[("x", FLOAT, &[1, 4])], vec![zero()], "y", vec![], operands));
    }
    for axis in [1i64 << 31, -(1 << 20), i64::MIN, 70] {
        let inits = vec![tensor("s", FLOAT, &[4])];
        let _ =
            read(&single("LayerNormalization", &[("x", FLOAT, &[1, 4])], inits, "y", vec![int("axis", axis)], "x s"));
    }
    let deep: Vec<i64> = vec![1; 200_000];
    let text = message(&single("Relu", &[("x", FLOAT, &[1])], vec![tensor("r", FLOAT, &deep)], "y", vec![], "x"));
    assert!(text.contains("200000 dimensions"), "{text}");
    for op in ["com.microsoft:NhwcMaxPool", "com.microsoft:QLinearAveragePool", "LpPool"] {
        for kernel in [[0i64], [3]] {
            let attributes =
                vec![int_list("kernel_shape", &kernel), int_list("pads", &[i64::MAX - 1, 0]), int("channels_last", 1)];
            let _ = read(&single(
                op,
                &[("x", FLOAT, &[4]), ("x3", FLOAT, &[1, 4, 9])],
                vec![],
                "y",
                attributes.clone(),
                "x x x x x",
            ));
            let _ = read(&single(op, &[("x", FLOAT, &[1, 4, 9])], vec![], "y", attributes, "x"));
        }
    }
}

/// A message of two bytes takes hundreds in memory.
#[test]
fn files_without_a_graph_are_refused() {
    for field in [0x0a, 0x2a, 0x5a] {
        // model.graph = { 2,000,000 empty nodes, or initializers, or inputs }
        let inner: Vec<u8> = [field, 0].repeat(2_000_000);
        let mut bytes = vec![0x3a];
        prost::encoding::encode_varint(inner.len() as u64, &mut bytes);
        bytes.extend(inner);
        let source = onnx2timeloop::onnx::Source::Bytes(bytes.into());
        let error = onnx2timeloop::onnx::import(&source, "m", &onnx2timeloop::onnx::Bindings::default()).unwrap_err();
        assert!(error.to_string().contains("MiB of memory"), "{error}");
    }
}

/// A slice that begins before the first element and goes backwards has that element.
#[test]
fn slices_backwards_have_their_length() {
    let inits =
        vec![ints("s", &[-9]), ints("e", &[-9]), ints("ax", &[1]), ints("st", &[-1]), tensor("w", FLOAT, &[4, 5])];
    let nodes = vec![node("Slice", "x s e ax st", "t", vec![]), node("MatMul", "t w", "y", vec![])];
    let network = read(&model_of(17, graph(vec![info("x", FLOAT, &dims(&[2, 3, 4]))], inits, nodes, "y"))).unwrap();
    assert_eq!(network.layers[0].input, [2, 1, 4]);
}

/// Names are for people and for files; whatever they hold, neither is hurt.
#[test]
fn hostile_names_become_safe_names() {
    let mut model = conv_with(vec![]);
    let graph = model.graph.as_mut().unwrap();
    graph.node[0].name = "../../../etc/passwd\n: injected\u{1b}[31m".into();
    let network = read(&model).unwrap();
    assert!(
        network.layers[0].name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)),
        "{}",
        network.layers[0].name
    );
    assert!(!network.layers[0].name.contains('/'));
    assert!(!network.layers[0].node.contains(|c: char| c.is_control()), "{:?}", network.layers[0].node);
    let graph = model.graph.as_mut().unwrap();
    graph.node[0].input[0] = "gone\nhint: rm\u{1b}[2J".into();
    assert!(!message(&model).contains(|c: char| c.is_control()), "{:?}", message(&model));
}
