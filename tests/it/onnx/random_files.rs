//! Files at random: real models with bytes and numbers changed, and nodes that fit nothing. No import panics, and what comes of it can be written
//! and read.

use onnx2timeloop::onnx::ImportError;
use onnx2timeloop::onnx::proto::ModelProto;
use onnx2timeloop::timeloop::files::{ProblemHeader, TimeloopVersion, read_problem, write_problem};
use onnx2timeloop::workload::{Datawidth, Network, ProblemStyle, Variant, distinct_problems};
use proptest::prelude::*;
use prost::Message;

use crate::kit::model;
use crate::kit::onnx::*;

/// Attributes that change shapes, of one number and of several.
const NUMBERS: [&str; 30] = [
    "axis",
    "batch_axis",
    "batch_dims",
    "bits",
    "block_size",
    "blocksize",
    "ceil_mode",
    "channels",
    "channels_last",
    "dim",
    "dilation",
    "expert_weight_bits",
    "gather_axis",
    "group",
    "hidden_size",
    "k",
    "K",
    "keepdims",
    "kv_num_heads",
    "layout",
    "N",
    "num_heads",
    "num_outputs",
    "output_height",
    "q_num_heads",
    "size",
    "split",
    "step",
    "swiglu_fusion",
    "transA",
];
const LISTS: [&str; 14] = [
    "axes",
    "dilations",
    "kernel_shape",
    "output_padding",
    "output_shape",
    "pads",
    "perm",
    "pooled_shape",
    "qkv_hidden_sizes",
    "scales",
    "shape",
    "sizes",
    "split",
    "strides",
];

/// An operand of a strange node: absent, data of a shape, or a constant.
#[derive(Clone, Debug)]
enum Operand {
    Absent,
    Data(i32, Vec<i64>),
    Constant(Vec<i64>),
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => -2i64..9,
        1 => prop::sample::select(vec![64i64, 65, 255, 1 << 20, 1 << 31, 1 << 32, 1 << 40, 1 << 62, i64::MAX, i64::MIN, -1 << 31]),
    ]
}

fn operand() -> impl Strategy<Value = Operand> {
    let size = prop_oneof![9 => prop::sample::select(vec![0i64, 1, 2, 2, 3, 4, 4, 8]), 1 => Just(1i64 << 31)];
    let dtype = prop::sample::select(vec![FLOAT, FLOAT, FLOAT, INT64, UINT8, INT8, BOOL]);
    prop_oneof![
        1 => Just(Operand::Absent),
        5 => (dtype, prop::collection::vec(size, 0..6)).prop_map(|(dtype, dims)| Operand::Data(dtype, dims)),
        2 => prop::collection::vec(number(), 0..6).prop_map(Operand::Constant),
    ]
}

/// An operator, its operands, its attributes, and how many results are used.
type Strange = (prop::sample::Index, Vec<Operand>, Vec<(prop::sample::Index, Vec<i64>)>, usize);

/// A network of nodes that read nothing of each other.
fn strange(nodes: &[Strange], opset: i64) -> ModelProto {
    let operators: Vec<&str> = include_str!("../../data/onnx/operators.txt").lines().collect();
    let (mut inputs, mut inits, mut made, mut outputs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (number, (operator, operands, attributes, results)) in nodes.iter().enumerate() {
        let mut words = operators[operator.index(operators.len())].split(' ');
        let (domain, name) = (words.next().unwrap(), words.next().unwrap());
        let mut names = Vec::new();
        for (place, operand) in operands.iter().enumerate() {
            let name = format!("v{number}.{place}");
            match operand {
                Operand::Absent => {
                    names.push("_".to_owned());
                    continue;
                }
                Operand::Data(dtype, shape) => inputs.push(info(&name, *dtype, &dims(shape))),
                Operand::Constant(values) => inits.push(ints(&name, values)),
            }
            names.push(name);
        }
        let attributes = attributes.iter().map(|(which, values)| match which.index(NUMBERS.len() + LISTS.len()) {
            scalar if scalar < NUMBERS.len() => int(NUMBERS[scalar], values.first().copied().unwrap_or(0)),
            list => int_list(LISTS[list - NUMBERS.len()], values),
        });
        let domain = if domain == "ai.onnx" { String::new() } else { format!("{domain}:") };
        let output: Vec<String> = (0..*results).map(|result| format!("o{number}.{result}")).collect();
        made.push(node(&format!("{domain}{name}"), &names.join(" "), &output.join(" "), attributes.collect()));
        outputs.push(format!("o{number}.0"));
    }
    model_of(opset, graph(inputs, inits, made, &outputs.join(" ")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Bytes of real models, changed, cut and repeated at random.
    #[test]
    fn mutations_never_panic(
        which in 0usize..6,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..12),
    ) {
        let name = ["oddconvs2d__ts", "control_if_loop__ts_script", "lstm_gru__ts", "conv1dnet__ts", "transformer_enc__dynamo", "resnet18__ts_functions"][which];
        let mut bytes = std::fs::read(model(name)).unwrap();
        for (index, byte, kind) in edits {
            if bytes.is_empty() {
                break;
            }
            let place = index.index(bytes.len());
            match kind {
                0 => bytes[place] = byte,
                1 => bytes[place] ^= 1 << (byte % 8),
                2 => { bytes.truncate(place); }
                _ => { let end = bytes.len().min(place + usize::from(byte)); let part = bytes[place..end].to_vec(); bytes.splice(place..place, part); }
            }
        }
        let source = onnx2timeloop::onnx::Source::Bytes(bytes.into());
        everything(onnx2timeloop::onnx::import(&source, "m", &shape_bound(name)));
    }

    /// Every published operator, on operands and attributes that fit nothing.
    #[test]
    fn strange_nodes_never_panic(
        nodes in prop::collection::vec(
            (
                any::<prop::sample::Index>(),
                prop::collection::vec(operand(), 0..9),
                prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(number(), 0..6)), 0..6),
                prop::sample::select(vec![1usize, 1, 1, 2, 3, 4]),
            ),
            1..16,
        ),
        opset in prop::sample::select(vec![7i64, 9, 11, 13, 17, 18, 21, 23]),
    ) {
        everything(read(&strange(&nodes, opset)));
    }

    /// The same one level up, where most mutations still decode: integers of a decoded model.
    #[test]
    fn strange_numbers_never_panic(
        which in 0usize..5,
        edits in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec![-1i64, 0, 1, 2, 3, 7, 255, 1 << 20, 1 << 31, 1 << 40, 1 << 62, i64::MAX, i64::MIN])), 1..6),
    ) {
        let name = ["oddconvs2d__ts", "control_if_loop__ts_script", "lstm_gru__ts", "unet_small__ts", "conv1dnet__ts"][which];
        let mut model = ModelProto::decode(std::fs::read(model(name)).unwrap().as_slice()).unwrap();
        let graph = model.graph.as_mut().unwrap();
        let mut numbers: Vec<&mut i64> = Vec::new();
        for tensor in &mut graph.initializer {
            numbers.extend(tensor.dims.iter_mut());
        }
        for node in &mut graph.node {
            for attribute in &mut node.attribute {
                numbers.push(&mut attribute.i);
                numbers.extend(attribute.ints.iter_mut());
            }
        }
        for (index, value) in edits {
            let place = index.index(numbers.len());
            *numbers[place] = value;
        }
        everything(read_with(&model, &shape_bound(name)));
    }
}

/// Dimensions that the dynamic one of the models leaves open, so that its mutants come as far as the others.
fn shape_bound(name: &str) -> onnx2timeloop::onnx::Bindings {
    let dims = if name.starts_with("control") { vec![("h".into(), 9), ("w".into(), 9)] } else { vec![] };
    let batch = name.starts_with("control").then_some(2);
    onnx2timeloop::onnx::Bindings { batch, dims, ..Default::default() }
}

/// What follows the import: variants, problems, files.
fn everything(network: Result<Network, ImportError>) {
    let Ok(network) = network else { return };
    for variant in [Variant::Native, Variant::SameSize, Variant::ZeroInserted, Variant::PhaseDecomposed] {
        let Ok(network) = network.clone().with_variant(variant) else { continue };
        for style in [ProblemStyle::Native, ProblemStyle::Conv2d] {
            let Ok(problems) = distinct_problems(&network.layers, style, Datawidth::FromNetwork) else { continue };
            for distinct in &problems {
                let header = ProblemHeader::of(&network.name, distinct, &network.layers);
                let text = write_problem(&distinct.problem, &distinct.densities, &header, TimeloopVersion::V04);
                assert_eq!(read_problem(&text).unwrap().value, distinct.problem);
            }
        }
    }
}
