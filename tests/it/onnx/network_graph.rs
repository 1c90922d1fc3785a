//! How data flows between layers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use onnx2timeloop::onnx::{Bindings, Source, import};
use onnx2timeloop::workload::{Network, NetworkGraph, Variant};

use crate::kit::onnx::*;

fn models() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["models", "tests/models"].map(|folder| std::fs::read_dir(root.join(folder)).unwrap());
    let mut paths: Vec<PathBuf> = files.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "onnx"));
    paths.sort();
    paths
}

fn open(path: &Path) -> Network {
    let dims = ["s0", "s53", "height", "width", "h", "w"].map(|name| (name.to_owned(), 224)).to_vec();
    let bindings = Bindings { batch: Some(1), dims, ignore_unknown_names: true, ..Bindings::default() };
    import(&Source::Path(path.to_owned()), "network", &bindings)
        .or_else(|_| import(&Source::Path(path.to_owned()), "network", &Bindings { batch: None, ..bindings }))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn shipped(name: &str) -> Network {
    open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(format!("{name}.onnx")))
}

/// Index of a layer by name.
fn layer_index(network: &Network, name: &str) -> usize {
    let found = network.layers.iter().position(|layer| layer.name == name);
    found.unwrap_or_else(|| panic!("{name}: {:?}", names(network, &(0..network.layers.len()).collect::<Vec<_>>())))
}

fn names<'n>(network: &'n Network, layers: &[usize]) -> Vec<&'n str> {
    layers.iter().map(|layer| network.layers[*layer].name.as_str()).collect()
}

fn producers<'n>(network: &'n Network, name: &str) -> Vec<&'n str> {
    names(network, &network.graph.producers_of(layer_index(network, name)))
}

fn consumers<'n>(network: &'n Network, name: &str) -> Vec<&'n str> {
    names(network, &network.graph.consumers_of(layer_index(network, name)))
}

/// Operators of a graph that are no layers, with their numbers.
fn operators(graph: &NetworkGraph) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for node in graph.nodes().iter().filter(|node| !node.is_layer()) {
        *counts.entry(node.op.as_str()).or_default() += 1;
    }
    counts
}

fn product(sizes: &[u64]) -> Option<u64> {
    Some(sizes.iter().product())
}

/// Everything that holds of every graph.
fn check(name: &str, network: &Network) {
    let graph = &network.graph;
    let (nodes, tensors) = (graph.nodes(), graph.tensors());
    let mut layers = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        layers.extend(node.layers.clone());
        assert_eq!(node.is_layer(), node.operands.is_some(), "{name}: {}", node.name);
        assert_eq!(node.inputs.iter().collect::<BTreeSet<_>>().len(), node.inputs.len(), "{name}: {}", node.name);
        for &tensor in &node.inputs {
            assert_eq!(tensors[tensor].consumers.iter().filter(|node| **node == index).count(), 1, "{name}");
            assert!(
                tensors[tensor].producer.is_none_or(|from| from.node < index),
                "{name}: {} is too early",
                node.name
            );
        }
        for (output, &tensor) in node.outputs.iter().enumerate() {
            let from = tensors[tensor].producer.unwrap();
            assert_eq!((from.node, from.output), (index, output), "{name}");
        }
        if !node.is_layer() {
            let used = |tensor: &usize| !tensors[*tensor].consumers.is_empty() || graph.outputs().contains(tensor);
            assert!(node.outputs.iter().any(used), "{name}: {} leads nowhere", node.name);
        }
    }
    assert_eq!(layers, (0..network.layers.len()).collect::<Vec<_>>(), "{name}");
    for (index, tensor) in tensors.iter().enumerate() {
        assert_eq!(tensor.producer.is_none(), graph.inputs().contains(&index), "{name}: {}", tensor.name);
        assert!(tensor.producer.is_none_or(|from| nodes[from.node].outputs[from.output] == index), "{name}");
        assert!(
            tensor.consumers.is_sorted() && tensor.consumers.iter().all(|node| nodes[*node].inputs.contains(&index))
        );
        assert_eq!(tensor.elements(), tensor.shape.as_deref().and_then(product));
    }
    for (index, layer) in network.layers.iter().enumerate() {
        let node = &nodes[graph.node_of(index).unwrap()];
        assert_eq!((&node.name, &node.op, node.executions), (&layer.node, &layer.op, layer.executions), "{name}");
        let operands = node.operands.unwrap();
        let input = operands.input.unwrap_or_else(|| panic!("{name}: {} reads a constant", layer.name));
        assert!(node.inputs.contains(&input) && node.outputs.contains(&operands.output), "{name}: {}", layer.name);
        // The state of a recurrent layer is computed within its node.
        if !["LSTM", "GRU"].contains(&layer.op.as_str()) || layer.name.contains("input") {
            assert_eq!(tensors[input].elements(), product(&layer.input), "{name}: input of {}", layer.name);
        }
        if let Some(weight) = operands.weight {
            assert_eq!(tensors[weight].elements(), product(&layer.weight), "{name}: weight of {}", layer.name);
        }
        assert_eq!(tensors[operands.output].elements(), product(&layer.output), "{name}: output of {}", layer.name);
        for producer in graph.producers_of(index) {
            assert!(producer < index && graph.consumers_of(producer).contains(&index), "{name}");
        }
        for consumer in graph.consumers_of(index) {
            assert!(graph.producers_of(consumer).contains(&index), "{name}");
        }
    }
}

#[test]
fn edges_are_mirrored_and_ordered_and_meet_every_layer() {
    let models = models();
    assert!(models.len() > 40, "{}", models.len());
    for path in models {
        check(&path.display().to_string(), &open(&path));
    }
}

#[test]
fn branches_of_the_spatial_pyramid_meet_in_the_projection() {
    for name in ["deeplabv3_resnet50_513__ts_rbn", "deeplabv3_resnet50_513__dynamo_rbn"] {
        let network = shipped(name);
        let branches = ["0.0", "1.0", "2.0", "3.0", "4.1"].map(|part| format!("m.classifier.0.convs.{part}"));
        assert_eq!(producers(&network, "m.classifier.0.project.0"), branches);
        assert_eq!(consumers(&network, &branches[4]), ["m.classifier.0.project.0"]);
        let graph = &network.graph;
        let concat = graph.nodes().iter().find(|node| node.op == "Concat").unwrap();
        let elements: Vec<_> = concat.inputs.iter().map(|tensor| graph.tensors()[*tensor].elements()).collect();
        assert_eq!(elements, [Some(256 * 65 * 65); 5], "the pooled branch is resized");
        assert_eq!(graph.tensors()[concat.outputs[0]].shape, Some(vec![1, 1280, 65, 65]));
        // All five read what the backbone ends with, and one of them through the pooling.
        let before = producers(&network, &branches[0]);
        assert!(branches.iter().all(|branch| producers(&network, branch) == before) && before.len() > 1);
    }
}

/// Every add of a residual block joins the block's last convolution with its shortcut.
#[test]
fn residual_adds_join_a_block_and_its_shortcut() {
    let network = shipped("deeplabv3_resnet50_513__ts_rbn");
    let graph = &network.graph;
    let mut adds = graph.nodes().iter().filter(|node| node.op == "Add");
    for (stage, blocks) in [(1, 3), (2, 4), (3, 6), (4, 3)] {
        for block in 0..blocks {
            let add = adds.next().unwrap();
            let path = format!("m.backbone.layer{stage}.{block}");
            let from = |tensor: &usize| graph.tensors()[*tensor].producer.unwrap().node;
            let [last, shortcut] = [from(&add.inputs[0]), from(&add.inputs[1])];
            assert_eq!(
                graph.nodes()[last].layers,
                layer_index(&network, &format!("{path}.conv3"))..layer_index(&network, &format!("{path}.conv3")) + 1
            );
            let first = layer_index(&network, &format!("{path}.conv1"));
            if block == 0 {
                let downsample = layer_index(&network, &format!("{path}.downsample.0"));
                assert_eq!(graph.nodes()[shortcut].layers, downsample..downsample + 1);
                assert_eq!(graph.producers_of(downsample), graph.producers_of(first));
            } else {
                // What the block itself reads.
                assert_eq!(graph.nodes()[graph.node_of(first).unwrap()].inputs, [add.inputs[1]]);
                assert_eq!(graph.nodes()[shortcut].op, "Relu");
            }
        }
    }
    // What is left is the classifier's: none.
    assert_eq!(adds.count(), 0);
    assert_eq!(
        producers(&network, "m.backbone.layer1.1.conv1"),
        ["m.backbone.layer1.0.conv3", "m.backbone.layer1.0.downsample.0"]
    );
}

/// Skip connections through a concatenation, and up again to a size that is computed from a shape.
#[test]
fn skip_connections_of_a_u_net_are_edges() {
    let pads = || int_list("pads", &[1, 1, 1, 1]);
    let nodes = vec![
        node("Conv", "x down.weight", "d", vec![pads()]),
        node("Relu", "d", "skip", vec![]),
        node("MaxPool", "skip", "pooled", vec![int_list("kernel_shape", &[2, 2]), int_list("strides", &[2, 2])]),
        node("Conv", "pooled middle.weight", "m", vec![pads()]),
        node("Relu", "m", "middle", vec![]),
        node("Shape", "skip", "shape", vec![]),
        node("Slice", "shape two four", "size", vec![]),
        node("Concat", "front size", "sizes", vec![int("axis", 0)]),
        node("Resize", "middle _ _ sizes", "up", vec![]),
        node("Concat", "skip up", "both", vec![int("axis", 1)]),
        node("Conv", "both out.weight", "y", vec![]),
    ];
    let weights = vec![
        tensor("down.weight", FLOAT, &[4, 3, 3, 3]),
        tensor("middle.weight", FLOAT, &[6, 4, 3, 3]),
        tensor("out.weight", FLOAT, &[2, 10, 1, 1]),
        ints("two", &[2]),
        ints("four", &[4]),
        ints("front", &[1, 6]),
    ];
    let network =
        read(&model_of(17, graph(vec![info("x", FLOAT, &dims(&[1, 3, 8, 8]))], weights, nodes, "y"))).unwrap();
    check("u_net", &network);
    assert_eq!(consumers(&network, "down"), ["middle", "out"]);
    assert_eq!(producers(&network, "out"), ["down", "middle"]);
    let graph = &network.graph;
    assert_eq!(
        graph.nodes().iter().map(|node| node.op.as_str()).collect::<Vec<_>>(),
        ["Conv", "Relu", "MaxPool", "Conv", "Relu", "Resize", "Concat", "Conv"]
    );
    let about = |name: &str| {
        let tensor = graph.tensors().iter().find(|tensor| tensor.name == name).unwrap();
        (tensor.shape.clone().unwrap(), tensor.elements().unwrap(), tensor.bits.unwrap())
    };
    assert_eq!(about("pooled"), (vec![1, 4, 4, 4], 64, 32));
    assert_eq!(about("up"), (vec![1, 6, 8, 8], 384, 32));
    assert_eq!(about("both"), (vec![1, 10, 8, 8], 640, 32));
    assert_eq!(graph.tensors()[graph.inputs()[0]].name, "x");
    assert_eq!(graph.tensors()[graph.outputs()[0]].name, "y");
}

/// The tensor at which following first inputs backwards through operators ends.
fn origin(graph: &NetworkGraph, tensor: usize) -> usize {
    match graph.tensors()[tensor].producer {
        Some(from) if !graph.nodes()[from.node].is_layer() => origin(graph, graph.nodes()[from.node].inputs[0]),
        _ => tensor,
    }
}

/// Of every block: queries, keys and values come from the one projection, and both residual sums reach what follows.
#[test]
fn attention_of_a_transformer_joins_its_projections() {
    let network = shipped("vit_b_16__dynamo_op23");
    let graph = &network.graph;
    let operands = |layer: usize| graph.nodes()[graph.node_of(layer).unwrap()].operands.unwrap();
    assert_eq!(network.layers.len(), 1 + 12 * 6 + 1);
    let last = network.layers.len() - 1;
    let mut sums = vec![0];
    for block in 0..12 {
        // Projection, queries x keys, scores x values, output projection, and the two products of the MLP.
        let [packed, scores, values, out, wide, narrow] = std::array::from_fn(|part| 1 + 6 * block + part);
        let projected = operands(packed).output;
        for operand in [operands(scores).input, operands(scores).weight, operands(values).weight] {
            assert_eq!(origin(graph, operand.unwrap()), projected, "block {block}");
        }
        assert_eq!(origin(graph, operands(values).input.unwrap()), operands(scores).output);
        assert_eq!(graph.producers_of(scores), [packed]);
        assert_eq!(graph.producers_of(values), [packed, scores]);
        assert_eq!(graph.producers_of(out), [values]);
        // The residual stream: the patches and every block's two additions.
        assert_eq!(graph.producers_of(packed), sums);
        sums.push(out);
        assert_eq!(graph.producers_of(wide), sums);
        assert_eq!(graph.producers_of(narrow), [wide]);
        sums.push(narrow);
    }
    assert_eq!(graph.producers_of(last), sums);
    assert!(graph.consumers_of(last).is_empty());
}

/// One operator that holds two layers: its cache is read, its results are made, the scores stay within it.
#[test]
fn an_attention_operator_is_two_layers() {
    let nodes = vec![
        node("MatMul", "x q.weight", "q", vec![]),
        node("MatMul", "x k.weight", "k", vec![]),
        node("MatMul", "x v.weight", "v", vec![]),
        node(
            "Attention",
            "q k v _ past_k past_v",
            "a present_k present_v",
            vec![int("q_num_heads", 2), int("kv_num_heads", 2)],
        ),
        node("MatMul", "a o.weight", "o", vec![]),
        node("Add", "o x", "y", vec![]),
    ];
    let weights = ["q", "k", "v", "o"].map(|name| tensor(&format!("{name}.weight"), FLOAT, &[8, 8])).to_vec();
    let inputs = vec![
        info("x", FLOAT, &dims(&[1, 5, 8])),
        info("past_k", FLOAT, &dims(&[1, 2, 3, 4])),
        info("past_v", FLOAT, &dims(&[1, 2, 3, 4])),
    ];
    let network = read(&model_of(23, graph(inputs, weights, nodes, "y present_k present_v"))).unwrap();
    assert_eq!(names(&network, &[0, 1, 2, 5]), ["q", "k", "v", "o"]);
    let graph = &network.graph;
    assert_eq!(
        (graph.producers_of(3), graph.producers_of(4), graph.producers_of(5)),
        (vec![0, 1], vec![2, 3], vec![4])
    );
    let [x] = (0..3)
        .map(|layer| graph.nodes()[graph.node_of(layer).unwrap()].operands.unwrap().input.unwrap())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()[..]
    else {
        panic!()
    };
    assert_eq!(graph.tensors()[x].name, "x");
    assert_eq!(graph.outputs().len(), 3);
    let values = &graph.nodes()[graph.node_of(4).unwrap()];
    let read: Vec<&str> = values.inputs.iter().map(|tensor| graph.tensors()[*tensor].name.as_str()).collect();
    assert_eq!(read, ["node_a.query_key", "v", "past_v"]);
    let keys = &graph.nodes()[graph.node_of(3).unwrap()];
    let read: Vec<&str> = keys.inputs.iter().map(|tensor| graph.tensors()[*tensor].name.as_str()).collect();
    assert_eq!(read, ["q", "k", "past_k"]);
    assert_eq!(operators(graph), BTreeMap::from([("Add", 1)]));
}

#[test]
fn recurrent_layers_meet_in_their_operator() {
    let network = open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/lstm_gru__ts.onnx"));
    let hidden = ["lstm.forward.hidden", "lstm.backward.hidden"];
    assert_eq!(producers(&network, "lstm.forward.hidden"), ["lstm.forward.input"]);
    assert_eq!(producers(&network, "lstm.forward.input_2"), hidden);
    assert_eq!(producers(&network, "lstm.backward.input_2"), hidden);
    assert_eq!((operators(&network.graph)["LSTM"], operators(&network.graph)["GRU"]), (2, 1));
}

/// A loop hands values to its body and collects the results; a branch that never runs is left out.
#[test]
fn control_flow_has_edges_and_no_cycle() {
    let body = graph(
        vec![info("i", INT64, &[]), info("go", BOOL, &[]), info("state", FLOAT, &dims(&[1, 4, 6, 6]))],
        vec![],
        vec![
            node("Conv", "state c.weight", "next", vec![int_list("pads", &[1, 1, 1, 1])]),
            node("Identity", "go", "go_on", vec![]),
        ],
        "go_on next",
    );
    let branches = vec![
        graph_attribute("then_branch", graph(vec![], vec![], vec![node("Relu", "last", "t", vec![])], "t")),
        graph_attribute("else_branch", graph(vec![], vec![], vec![node("Neg", "x", "e", vec![])], "e")),
    ];
    let nodes = vec![
        node("Conv", "x a.weight", "a", vec![]),
        node("Loop", "count true a", "last", vec![graph_attribute("body", body)]),
        node("If", "true", "chosen", branches),
        node("Conv", "chosen b.weight", "y", vec![]),
    ];
    let weights = vec![
        tensor("a.weight", FLOAT, &[4, 4, 1, 1]),
        tensor("b.weight", FLOAT, &[2, 4, 1, 1]),
        tensor("c.weight", FLOAT, &[4, 4, 3, 3]),
        scalar("count", 7),
        truth("true", true),
    ];
    let network =
        read(&model_of(17, graph(vec![info("x", FLOAT, &dims(&[1, 4, 6, 6]))], weights, nodes, "y"))).unwrap();
    check("control", &network);
    let graph = &network.graph;
    let shown: Vec<_> =
        graph.nodes().iter().map(|node| (node.name.as_str(), node.op.as_str(), node.executions)).collect();
    assert_eq!(
        shown,
        [
            ("node_a", "Conv", 1),
            ("node_last/body", "Loop", 7),
            ("node_last/body/node_next", "Conv", 7),
            ("node_last", "Loop", 1),
            ("node_chosen/then_branch/node_t", "Relu", 1),
            ("node_chosen", "If", 1),
            ("node_y", "Conv", 1),
        ]
    );
    assert_eq!((producers(&network, "c"), producers(&network, "b")), (vec!["a"], vec!["c"]));
}

#[test]
fn phases_of_a_decomposed_layer_share_its_node() {
    let network = shipped("deeplabv3_resnet50_513__ts_rbn");
    let before: Vec<_> = network.graph.tensors().to_vec();
    let decomposed = network.clone().with_variant(Variant::PhaseDecomposed).unwrap();
    assert_eq!(decomposed.graph.tensors(), before);
    for (index, layer) in decomposed.layers.iter().enumerate() {
        let node = &decomposed.graph.nodes()[decomposed.graph.node_of(index).unwrap()];
        assert_eq!(node.name, layer.node);
    }
    let phases: Vec<_> =
        decomposed.layers.iter().filter(|layer| layer.name.starts_with("m.classifier.0.convs.1.0.phase")).collect();
    assert!(phases.len() > 1);
    let from = producers(&decomposed, "m.classifier.0.project.0");
    assert!(phases.iter().all(|phase| from.contains(&phase.name.as_str())));
    for variant in [Variant::SameSize, Variant::ZeroInserted] {
        assert_eq!(network.clone().with_variant(variant).unwrap().graph, network.graph);
    }
}
