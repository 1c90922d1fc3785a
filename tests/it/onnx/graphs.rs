//! Graphs as files have them: where weights come from, functions, control flow, order, dynamic shapes.

use onnx2timeloop::onnx::proto::{ModelProto, NodeProto, StringStringEntryProto, TensorProto};
use onnx2timeloop::onnx::{Bindings, InputShape};

use crate::kit::onnx::*;

const LINE: &str = "c conv n1g1c4m8 k3s1d1p0,0:6->4 k3s1d1p0,0:6->4 bits 32/32/32 macs 4608 x1";

fn x() -> Vec<onnx2timeloop::onnx::proto::ValueInfoProto> {
    vec![info("x", FLOAT, &dims(&[1, 4, 6, 6]))]
}

fn weight() -> TensorProto {
    tensor("c.weight", FLOAT, &[8, 4, 3, 3])
}

fn conv(weight: &str) -> NodeProto {
    node("Conv", &format!("x {weight}"), "y", vec![])
}

fn shape_of(model: &ModelProto) -> String {
    let network = read(model).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(network.warnings, Vec::<String>::new());
    lines(&network).join("\n")
}

#[test]
fn weights_are_found_behind_nodes_that_compute_them() {
    let line = |inits, nodes: Vec<NodeProto>| shape_of(&model_of(17, graph(x(), inits, nodes, "y")));
    assert_eq!(line(vec![weight()], vec![conv("c.weight")]), LINE);
    assert_eq!(line(vec![weight()], vec![node("Identity", "c.weight", "i", vec![]), conv("i")]), LINE);
    let renamed = LINE.replacen('c', "node_y", 1);
    let constant = node("Constant", "", "k", vec![tensor_attribute("value", tensor("", FLOAT, &[8, 4, 3, 3]))]);
    assert_eq!(line(vec![], vec![constant, conv("k")]), renamed);
    // Upper half and lower half of another tensor.
    let inits = vec![tensor("big", FLOAT, &[16, 4, 3, 3]), ints("zero", &[0]), ints("four", &[4]), ints("end", &[8])];
    let nodes = vec![
        node("Slice", "big zero four", "a", vec![]),
        node("Slice", "big four end", "b", vec![]),
        node("Concat", "a b", "w", vec![int("axis", 0)]),
        conv("w"),
    ];
    assert_eq!(line(inits, nodes), renamed);
    // A shape that another tensor computes, filled.
    let inits = vec![ints("dims", &[8, 4, 3, 3])];
    assert_eq!(line(inits, vec![node("ConstantOfShape", "dims", "w", vec![]), conv("w")]), renamed);
}

#[test]
fn weights_may_be_inputs_and_initializers_too() {
    let mut inputs = x();
    inputs.push(info("c.weight", FLOAT, &dims(&[8, 4, 3, 3])));
    assert_eq!(shape_of(&model_of(17, graph(inputs.clone(), vec![], vec![conv("c.weight")], "y"))), LINE);
    // IR 3: every initializer is also an input, and is none.
    let mut old = model_of(8, graph(inputs, vec![weight()], vec![conv("c.weight")], "y"));
    old.ir_version = 3;
    assert_eq!(shape_of(&old), LINE);
    assert_eq!(read(&old).unwrap().inputs, [("x".to_owned(), vec![Some(1), Some(4), Some(6), Some(6)])]);
}

#[test]
fn external_data_is_never_opened() {
    let mut outside = weight();
    outside.data_location = 1;
    for (key, value) in [("location", "../../../../etc/passwd"), ("offset", "-1"), ("length", "99999999999999999999")] {
        outside.external_data.push(StringStringEntryProto { key: key.into(), value: value.into() });
    }
    assert_eq!(shape_of(&model_of(17, graph(x(), vec![outside], vec![conv("c.weight")], "y"))), LINE);
}

#[test]
fn shapes_are_read_from_every_storage() {
    // The target of a Reshape as packed int64_data.
    let mut packed = Vec::new();
    [1i64, -1, 6, 6].iter().for_each(|value| prost::encoding::encode_varint(value.cast_unsigned(), &mut packed));
    let shape = TensorProto { int64_data: packed.into(), ..tensor("s", INT64, &[4]) };
    let nodes = vec![node("Reshape", "flat s", "x", vec![]), conv("c.weight")];
    let inputs = vec![info("flat", FLOAT, &dims(&[144]))];
    assert_eq!(shape_of(&model_of(17, graph(inputs, vec![shape, weight()], nodes, "y"))), LINE);
}

#[test]
fn unsorted_nodes_run_in_order() {
    let nodes = vec![
        node("Relu", "y", "z", vec![]),
        conv("w2"),
        node("Identity", "w1", "w2", vec![]),
        node("Identity", "c.weight", "w1", vec![]),
    ];
    assert_eq!(shape_of(&model_of(17, graph(x(), vec![weight()], nodes, "z"))), LINE);
}

#[test]
fn functions_are_inlined() {
    let mut model = model_of(
        17,
        graph(x(), vec![weight()], vec![node("my:Block", "x c.weight _", "y", vec![int_list("rate", &[2, 2])])], "y"),
    );
    let inner = vec![
        node("Conv", "a w b", "t", vec![reference("dilations", 7, "rate"), reference("strides", 7, "absent")]),
        node("my:Pass", "t", "out", vec![]),
    ];
    model.functions.push(function("my", "Block", "a w b", "out", "rate absent", inner));
    // An output that is an input.
    model.functions.push(function("my", "Pass", "v", "v", "", vec![]));
    assert_eq!(shape_of(&model), "c conv n1g1c4m8 k3s1d2p0,0:6->2 k3s1d2p0,0:6->2 bits 32/32/32 macs 1152 x1");
    let network = read(&model).unwrap();
    assert_eq!(network.layers[0].node, "node_y/node_t");
    assert_eq!(network.not_lowered[0].op, "Identity");
}

/// A branch or body with one convolution of the captured `x` with `weight`.
fn branch(weight: &str, output: &str) -> onnx2timeloop::onnx::proto::GraphProto {
    graph(vec![], vec![], vec![node("Conv", &format!("x {weight}"), output, vec![])], output)
}

fn branches(condition: Vec<TensorProto>, inputs: Vec<onnx2timeloop::onnx::proto::ValueInfoProto>) -> ModelProto {
    let branches = vec![
        graph_attribute("then_branch", branch("a.weight", "t")),
        graph_attribute("else_branch", branch("b.weight", "e")),
    ];
    let mut inits = condition;
    inits.extend([tensor("a.weight", FLOAT, &[8, 4, 3, 3]), tensor("b.weight", FLOAT, &[8, 4, 5, 5])]);
    let nodes = vec![node("If", "cond", "z", branches), node("Relu", "z", "y", vec![])];
    model_of(17, graph(inputs, inits, nodes, "y"))
}

#[test]
fn the_branch_that_runs_is_counted() {
    let mut inputs = x();
    inputs.push(info("cond", BOOL, &[]));
    let both = read(&branches(vec![], inputs)).unwrap();
    assert_eq!(
        both.layers.iter().map(|layer| layer.node.as_str()).collect::<Vec<_>>(),
        ["node_z/then_branch/node_t", "node_z/else_branch/node_e"]
    );
    assert_eq!(both.warnings.len(), 1);
    assert!(both.warnings[0].contains("both branches"), "{:?}", both.warnings);
    assert_eq!(both.mac_coverage, None, "work may be counted twice");
    assert!(
        both.layers.iter().all(|layer| layer.note.as_deref().is_some_and(|note| note.starts_with("counted though")))
    );
    for (value, kept) in [(true, "a"), (false, "b")] {
        let network = read(&branches(vec![truth("cond", value)], x())).unwrap();
        assert_eq!(network.layers.iter().map(|layer| layer.name.as_str()).collect::<Vec<_>>(), [kept]);
        assert!(
            network.not_lowered.iter().any(|skipped| skipped.op == "Conv" && skipped.reason.contains("never runs"))
        );
        assert_eq!(network.mac_coverage, Some(1.0));
    }
}

fn looped(
    trips: Vec<TensorProto>,
    inputs: Vec<onnx2timeloop::onnx::proto::ValueInfoProto>,
    keeps_going: bool,
) -> ModelProto {
    // state = conv(state), 8 -> 8 channels, and every state is scanned out.
    let nodes = vec![
        node("Conv", "state c.weight", "next", vec![int_list("pads", &[1, 1, 1, 1])]),
        if keeps_going { node("Identity", "go", "go_on", vec![]) } else { node("Not", "flag", "go_on", vec![]) },
        node("Identity", "next", "scanned", vec![]),
    ];
    let body_inputs =
        vec![info("i", INT64, &[]), info("go", BOOL, &[]), info("state", FLOAT, &dims(&[-1, -1, -1, -1]))];
    let body = graph(body_inputs, vec![], nodes, "go_on next scanned");
    let mut inits = trips;
    inits.extend([
        tensor("c.weight", FLOAT, &[4, 4, 3, 3]),
        tensor("d.weight", FLOAT, &[2, 4, 1, 1, 1]),
        truth("true", true),
    ]);
    let nodes = vec![
        node("Loop", "count true x", "last all", vec![graph_attribute("body", body)]),
        node("Transpose", "all", "t", vec![int_list("perm", &[1, 2, 0, 3, 4])]),
        node("Conv", "t d.weight", "y", vec![]),
    ];
    model_of(17, graph(inputs, inits, nodes, "y"))
}

#[test]
fn trip_counts_multiply() {
    let known = read(&looped(vec![scalar("count", 7)], x(), true)).unwrap();
    assert_eq!(
        lines(&known),
        [
            "c conv n1g1c4m4 k3s1d1p1,1:6->6 k3s1d1p1,1:6->6 bits 32/32/32 macs 5184 x7",
            "d conv n1g1c4m2 k1s1d1p0,0:7->7 k1s1d1p0,0:6->6 k1s1d1p0,0:6->6 bits 32/32/32 macs 2016 x1",
        ]
    );
    assert_eq!(known.macs, 5184 * 7 + 2016);
    assert_eq!(known.warnings, Vec::<String>::new());
    assert_eq!(known.layers[0].node, "node_last/body/node_next");

    let never = looped(vec![scalar("count", 0)], x(), true);
    let never = read(&never).unwrap();
    assert_eq!((never.layers.len(), never.mac_coverage), (0, Some(1.0)), "a convolution over nothing");

    let mut inputs = x();
    inputs.push(info("flag", BOOL, &[]));
    let ended = read(&looped(vec![scalar("count", 7)], inputs, false)).unwrap();
    let reason = &ended.unknown_layers[0].reason;
    assert_eq!((ended.unknown_layers[0].name.as_str(), ended.mac_coverage), ("d", None));
    assert!(reason.contains("node `node_last` (Loop)"), "the number of scanned states depends on data: {reason}");
}

/// A loop of so many iterations whose body is these nodes: they read the iteration's number `i` and the state `s`, of shape
/// [2, 8], and make `out`.
fn iterating(
    count: i64,
    x: &[i64],
    start: &str,
    carries: &str,
    inits: Vec<TensorProto>,
    body: Vec<NodeProto>,
) -> ModelProto {
    let mut nodes = vec![node("Identity", "go", "go_on", vec![])];
    nodes.extend(body);
    let inputs = vec![info("i", INT64, &[]), info("go", BOOL, &[]), info("s", FLOAT, &dims(&[2, 8]))];
    let body = graph(inputs, vec![], nodes, &format!("go_on {carries}"));
    let mut all = vec![scalar("count", count), truth("true", true)];
    all.extend(inits);
    let nodes = vec![node("Loop", &format!("count true {start}"), "y", vec![graph_attribute("body", body)])];
    model_of(17, graph(vec![info("x", FLOAT, &dims(x))], all, nodes, "y"))
}

/// Between whose branches the iteration's number decides: each iteration counts the one that it takes.
#[test]
fn branches_that_the_iteration_decides_are_taken_in_turn() {
    let macs = |test: Vec<NodeProto>| {
        let wide = vec![node("MatMul", "s up", "u", vec![]), node("MatMul", "u down", "wide", vec![])];
        let branches = vec![
            graph_attribute("then_branch", graph(vec![], vec![], wide, "wide")),
            graph_attribute(
                "else_branch",
                graph(vec![], vec![], vec![node("MatMul", "s square", "narrow", vec![])], "narrow"),
            ),
        ];
        let mut body = test;
        body.push(node("If", "test", "out", branches));
        let inits = vec![
            tensor("up", FLOAT, &[8, 16]),
            tensor("down", FLOAT, &[16, 8]),
            tensor("square", FLOAT, &[8, 8]),
            scalar("zero", 0),
            scalar("two", 2),
            scalar("three", 3),
        ];
        let network = read(&iterating(5, &[2, 8], "x", "out", inits, body)).unwrap();
        assert_eq!((network.mac_coverage, network.warnings.len()), (Some(1.0), 0), "{:?}", network.warnings);
        network.macs
    };
    // Wide is 2 x 8 x 16, twice, narrow 2 x 8 x 8.
    let (wide, narrow) = (512, 128);
    assert_eq!(macs(vec![node("Equal", "i zero", "test", vec![])]), wide + 4 * narrow);
    assert_eq!(macs(vec![node("Greater", "i three", "test", vec![])]), wide + 4 * narrow);
    assert_eq!(
        macs(vec![node("Mod", "i two", "r", vec![]), node("Equal", "r zero", "test", vec![])]),
        3 * wide + 2 * narrow
    );
}

/// The place of a slice is computed from the iteration's number: its shape is known in each iteration, though not in all at once.
#[test]
fn slices_that_the_iteration_places_have_shapes() {
    let body = vec![
        node("Mul", "i stride", "begin", vec![]),
        node("Unsqueeze", "begin zeros", "from", vec![]),
        node("Add", "from length", "to", vec![]),
        node("Slice", "x from to zeros", "part", vec![]),
        node("MatMul", "part square", "p", vec![]),
        node("Add", "p s", "out", vec![]),
    ];
    let inits = vec![
        tensor("square", FLOAT, &[8, 8]),
        tensor("start", FLOAT, &[2, 8]),
        scalar("stride", 2),
        ints("length", &[2]),
        ints("zeros", &[0]),
    ];
    let network = read(&iterating(3, &[6, 8], "start", "out", inits, body)).unwrap();
    assert_eq!((network.macs, network.mac_coverage), (3 * 2 * 8 * 8, Some(1.0)), "{:?}", network.unknown_layers);
}

#[test]
fn nested_loops_multiply() {
    let inner_body = graph(
        vec![info("j", INT64, &[]), info("go2", BOOL, &[]), info("s2", FLOAT, &[])],
        vec![],
        vec![
            node("Conv", "x c.weight", "u", vec![]),
            node("Identity", "go2", "go2_out", vec![]),
            node("Identity", "s2", "s2_out", vec![]),
        ],
        "go2_out s2_out",
    );
    let body = graph(
        vec![info("i", INT64, &[]), info("go", BOOL, &[]), info("s", FLOAT, &[])],
        vec![],
        vec![
            node("Loop", "five true s", "s_out", vec![graph_attribute("body", inner_body)]),
            node("Identity", "go", "go_out", vec![]),
        ],
        "go_out s_out",
    );
    let inits = vec![scalar("three", 3), scalar("five", 5), truth("true", true), tensor("start", FLOAT, &[]), weight()];
    let model = model_of(
        17,
        graph(x(), inits, vec![node("Loop", "three true start", "y", vec![graph_attribute("body", body)])], "y"),
    );
    assert_eq!(shape_of(&model), LINE.replace("x1", "x15"));
}

#[test]
fn scans_run_once_for_each_element() {
    // 11 slices of [1, 4, 6, 6], each convolved.
    let body = graph(
        vec![info("sum", FLOAT, &[]), info("slice", FLOAT, &dims(&[1, 4, 6, 6]))],
        vec![],
        vec![node("Identity", "sum", "sum_out", vec![]), node("Conv", "slice c.weight", "out", vec![])],
        "sum_out out",
    );
    let scan = node(
        "Scan",
        "start x",
        "last all",
        vec![int("num_scan_inputs", 1), graph_attribute("body", body), int_list("scan_input_axes", &[-1])],
    );
    let inputs = vec![info("x", FLOAT, &dims(&[1, 4, 6, 6, 11]))];
    let model = model_of(17, graph(inputs, vec![tensor("start", FLOAT, &[]), weight()], vec![scan], "all"));
    assert_eq!(shape_of(&model), LINE.replace("x1", "x11"));
}

fn dynamic() -> ModelProto {
    let input = info("image", FLOAT, &[D::S("batch"), D::N(4), D::S("height"), D::N(-1)]);
    model_of(17, graph(vec![input], vec![weight()], vec![node("Conv", "image c.weight", "y", vec![])], "y"))
}

fn bound(bindings: &Bindings) -> Result<Vec<u64>, String> {
    read_with(&dynamic(), bindings).map(|network| network.layers[0].input.clone()).map_err(|error| error.to_string())
}

#[test]
fn dynamic_dimensions_are_bound() {
    let shape = |name: Option<&str>, dims: &[u64]| InputShape { name: name.map(str::to_owned), dims: dims.to_vec() };
    let by_shape = |shape| bound(&Bindings { input_shapes: vec![shape], ..Bindings::default() });
    assert_eq!(by_shape(shape(None, &[2, 4, 6, 7])), Ok(vec![2, 4, 6, 7]));
    assert_eq!(by_shape(shape(Some("image"), &[2, 4, 6, 7])), Ok(vec![2, 4, 6, 7]));
    let unbound = bound(&Bindings::default()).unwrap_err();
    for part in
        ["`batch`", "`height`", "dimension 3 of input `image`", "--batch N", "--dim height=N", "--input-shape image="]
    {
        assert!(unbound.contains(part), "{part}: {unbound}");
    }
    let some = Bindings { batch: Some(3), dims: vec![("height".into(), 9)], ..Bindings::default() };
    let rest = bound(&some).unwrap_err();
    assert!(!rest.contains("`height`") && rest.contains("dimension 3"), "{rest}");
    for (bad, part) in [
        (by_shape(shape(None, &[2, 5, 6, 7])), "fixed at 4"),
        (by_shape(shape(None, &[2, 4, 6])), "4 dimensions"),
        (by_shape(shape(Some("img"), &[2, 4, 6, 7])), "no input `img`"),
        (by_shape(shape(None, &[1 << 32, 4, 6, 7])), "at most 2^31"),
        (bound(&Bindings { dims: vec![("hieght".into(), 9)], ..Bindings::default() }), "no dimension named `hieght`"),
        (bound(&Bindings { batch: Some(2), dims: vec![("batch".into(), 9)], ..Bindings::default() }), "bound to"),
    ] {
        let message = bad.unwrap_err();
        assert!(message.contains(part), "{part}: {message}");
    }
    let fixed = model_of(17, graph(x(), vec![weight()], vec![conv("c.weight")], "y"));
    let message = read_with(&fixed, &Bindings { batch: Some(2), ..Bindings::default() }).unwrap_err().to_string();
    assert!(message.contains("fixed at 1"), "{message}");
}

#[test]
fn an_open_dimension_that_matters_to_no_layer_is_left_open() {
    let mut inputs = x();
    inputs.push(info("mask", INT64, &[D::S("length")]));
    let nodes = vec![conv("c.weight"), node("Identity", "mask", "m", vec![])];
    let network = read(&model_of(17, graph(inputs, vec![weight()], nodes, "y m"))).unwrap();
    assert_eq!(network.inputs[1], ("mask".to_owned(), vec![None]));
}
