//! Shapes and elements of single nodes, compared with what ONNX's reference and onnxruntime computed (tests/data/README.md).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde_json::Value;

use super::*;
use crate::onnx::bindings::Bindings;
use crate::onnx::proto::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, tensor_shape_proto, type_proto,
};

/// The lines of a compressed list.
fn cases(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/data/onnx/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn numbers(value: &Value) -> Option<Vec<i64>> {
    value.as_array()?.iter().map(|number| number.as_i64().or(number.as_u64().map(u64::cast_signed))).collect()
}

fn floats(value: &Value) -> Option<Vec<f64>> {
    value.as_array()?.iter().map(Value::as_f64).collect()
}

/// A tensor with its elements where the case states them.
fn tensor(name: &str, value: &Value) -> TensorProto {
    let data_type = i32::try_from(value["type"].as_i64().unwrap()).unwrap();
    let mut proto =
        TensorProto { name: name.into(), data_type, dims: numbers(&value["dims"]).unwrap(), ..TensorProto::default() };
    let width = crate::onnx::dtype::from_number(data_type).and_then(crate::onnx::dtype::bits).unwrap_or(8) as usize / 8;
    if let Some(ints) = numbers(&value["ints"]) {
        proto.raw_data = ints.iter().flat_map(|value| value.to_le_bytes()[..width].to_vec()).collect::<Vec<_>>().into();
    } else if let Some(floats) = floats(&value["floats"]) {
        #[expect(clippy::cast_possible_truncation, reason = "they were 32-bit floats")]
        let bytes = floats.iter().flat_map(|value| match width {
            8 => value.to_le_bytes().to_vec(),
            _ => (*value as f32).to_le_bytes().to_vec(),
        });
        if data_type != DataType::Float16 as i32 {
            proto.raw_data = bytes.collect::<Vec<_>>().into();
        }
    }
    proto
}

fn attribute(name: &str, value: &Value) -> AttributeProto {
    let mut proto = AttributeProto { name: name.into(), ..AttributeProto::default() };
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "i" => (proto.r#type, proto.i) = (2, value.as_i64().unwrap()),
        #[expect(clippy::cast_possible_truncation, reason = "they were 32-bit floats")]
        "f" => (proto.r#type, proto.f) = (1, value.as_f64().unwrap() as f32),
        "s" => (proto.r#type, proto.s) = (3, value.as_str().unwrap().as_bytes().to_vec().into()),
        "ints" => (proto.r#type, proto.ints) = (7, numbers(value).unwrap()),
        #[expect(clippy::cast_possible_truncation, reason = "they were 32-bit floats")]
        "floats" => {
            proto.r#type = 6;
            proto.floats = floats(value).unwrap().into_iter().map(|value| value as f32).collect();
        }
        "strings" => {
            proto.r#type = 8;
            let texts = value.as_array().unwrap().iter();
            proto.strings = texts.map(|text| text.as_str().unwrap().as_bytes().to_vec().into()).collect();
        }
        "t" => (proto.r#type, proto.t) = (4, Some(Box::new(tensor("", value)))),
        other => panic!("{other}"),
    }
    proto
}

fn info(name: &str, value: &Value) -> ValueInfoProto {
    use tensor_shape_proto::dimension::Value as Size;
    let dims = numbers(&value["dims"]).unwrap().into_iter();
    let dim = dims.map(|size| tensor_shape_proto::Dimension { value: Some(Size::DimValue(size)) }).collect();
    let tensor = type_proto::Tensor {
        elem_type: i32::try_from(value["type"].as_i64().unwrap()).unwrap(),
        shape: Some(TensorShapeProto { dim }),
    };
    ValueInfoProto { name: name.into(), r#type: Some(TypeProto { value: Some(type_proto::Value::TensorType(tensor)) }) }
}

/// What is inferred of a case.
struct Inferred {
    outputs: Vec<Fact>,
    /// Multiply-accumulates of its products, where it has some and they are known.
    macs: Option<u64>,
    /// Bits that a quantiser leaves.
    bits: Option<u32>,
}

/// What is inferred of the outputs of a case; `is_constant` says which inputs are constants.
fn inferred(case: &Value, is_constant: impl Fn(usize, &Value) -> bool) -> Vec<Fact> {
    inferred_all(case, is_constant).outputs
}

fn inferred_all(case: &Value, is_constant: impl Fn(usize, &Value) -> bool) -> Inferred {
    let mut graph = GraphProto { name: "g".into(), ..GraphProto::default() };
    let mut names = [Vec::new(), Vec::new()];
    for (index, input) in case["inputs"].as_array().unwrap().iter().enumerate() {
        let name = if input.is_null() { String::new() } else { format!("i{index}") };
        if is_constant(index, input) {
            graph.initializer.push(tensor(&name, input));
        } else if !input.is_null() {
            graph.input.push(info(&name, input));
        }
        names[0].push(name);
    }
    for (index, output) in case["outputs"].as_array().unwrap().iter().enumerate() {
        names[1].push(if output.is_null() { String::new() } else { format!("o{index}") });
    }
    let [input, output] = names;
    let attribute =
        case["attributes"].as_object().unwrap().iter().map(|(name, value)| attribute(name, value)).collect();
    graph.output.extend(
        output.iter().filter(|name| !name.is_empty()).map(|name| ValueInfoProto { name: name.clone(), r#type: None }),
    );
    let text = |key: &str| case[key].as_str().unwrap().to_owned();
    graph.node.push(NodeProto {
        name: "n".into(),
        op_type: text("op"),
        domain: text("domain"),
        input,
        output: output.clone(),
        attribute,
        ..NodeProto::default()
    });
    let opset = OperatorSetIdProto { domain: String::new(), version: case["opset"].as_i64().unwrap() };
    let model = ModelProto { ir_version: 8, graph: Some(graph), opset_import: vec![opset], ..ModelProto::default() };
    let graph = Graph::build(&model).unwrap_or_else(|error| panic!("{}: {error}", case["name"]));
    let bound = Bindings::default().bind(&graph).unwrap();
    let shapes = infer(&graph, &bound);
    let fact = |name: &String| {
        let value = graph.values.iter().position(|value| value.name == *name && !name.is_empty());
        value.map_or_else(Fact::default, |value| shapes.facts[value].clone())
    };
    let outputs = output.iter().map(fact).collect();
    let node = NodeShapes { node: &graph.nodes[0], values: &shapes };
    let sum = |work: ops::Work| work.products.iter().map(|each| each.operation.macs().unwrap() * each.times).sum();
    Inferred {
        outputs,
        macs: ops::work(&node).and_then(Result::ok).map(sum),
        bits: ops::quantized_number(&node).map(|number| number.bits),
    }
}

/// How an inferred shape stands to the true one.
fn compared(fact: &Fact, truth: &Value) -> &'static str {
    let truth = numbers(&truth["dims"]).unwrap();
    let Some(dims) = fact.shape() else { return "unknown" };
    let equal = |(dim, truth): (&ShapeDim, &i64)| match dim {
        ShapeDim::Known(size) => u64::try_from(*truth).is_ok_and(|truth| truth == *size),
        ShapeDim::Unknown => true,
    };
    match dims.len() == truth.len() && dims.iter().zip(&truth).all(equal) {
        false => "wrong",
        true if dims.contains(&ShapeDim::Unknown) => "open",
        true => "right",
    }
}

/// How inferred elements stand to the true ones.
fn compared_elements(fact: &Fact, truth: &Value) -> &'static str {
    if let Some(truth) = numbers(&truth["ints"]) {
        return match fact.ints() {
            None => "unknown",
            Some(ints) if ints == truth => "right",
            Some(_) => "wrong",
        };
    }
    let Some(truth) = floats(&truth["floats"]) else { return "unknown" };
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-5 * b.abs().max(1.0);
    match fact.floats() {
        None => "unknown",
        Some(floats) if floats.len() == truth.len() && floats.iter().zip(&truth).all(near) => "right",
        Some(_) => "wrong",
    }
}

/// Whether a list of cases holds elements of an input.
fn has_elements(input: &Value) -> bool {
    !input["ints"].is_null() || !input["floats"].is_null()
}

/// 1,418 nodes of ONNX's own tests, over 191 operators. No output's shape is wrong, whether the operands are constants or not;
/// with constant operands it is known, unless it depends on data.
#[test]
fn shapes_of_single_nodes_are_those_of_the_reference() {
    let mut wrong = Vec::new();
    let mut open: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for case in cases("node_shapes.jsonl.gz") {
        let operands = inferred(&case, |index, input| {
            !input["ints"].is_null() || ((index > 0 || case["op"] == "Range") && !input["floats"].is_null())
        });
        let data = inferred(&case, |_, _| false);
        let key = |output: usize| format!("{}:{output}", case["op"].as_str().unwrap());
        for (output, truth) in
            case["outputs"].as_array().unwrap().iter().enumerate().filter(|(_, truth)| !truth.is_null())
        {
            for facts in [&operands, &data] {
                if compared(&facts[output], truth) == "wrong" || compared_elements(&facts[output], truth) == "wrong" {
                    wrong.push(format!(
                        "{} output {output}: {:?} {:?}, not {truth}",
                        case["name"],
                        facts[output].shape(),
                        facts[output].ints()
                    ));
                }
            }
            if compared(&operands[output], truth) != "right" {
                open.entry(key(output)).or_default().insert(case["name"].as_str().unwrap().to_owned());
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    // How many boxes stay, which elements differ, how texts split, how large a picture is, depends on data.
    let of_data = [
        "ImageDecoder:0",
        "NonMaxSuppression:0",
        // Elements of 16-bit floats are not in the list.
        "Range:0",
        "StringNormalizer:0",
        "StringSplit:0",
        "Unique:0",
        "Unique:1",
        "Unique:3",
    ];
    open.retain(|key, _| !of_data.contains(&key.as_str()));
    assert_eq!(open, BTreeMap::new());
}

/// Elements of nodes whose operands are all constant, as onnxruntime computed them: shapes are computed with them.
#[test]
fn elements_of_single_nodes_are_those_of_the_runtime() {
    let mut wrong = Vec::new();
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases("node_values.jsonl.gz") {
        let facts = inferred(&case, |_, input| has_elements(input));
        for (output, truth) in
            case["outputs"].as_array().unwrap().iter().enumerate().filter(|(_, truth)| !truth.is_null())
        {
            match compared_elements(&facts[output], truth) {
                "wrong" => wrong.push(format!(
                    "{} {} {}: {:?} {:?}, not {truth}",
                    case["name"],
                    case["inputs"],
                    case["attributes"],
                    facts[output].ints(),
                    facts[output].floats()
                )),
                "unknown" => *unknown.entry(case["op"].as_str().unwrap().to_owned()).or_default() += 1,
                _ => {}
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    // A list of axes without elements, which reduces nothing.
    assert_eq!(unknown.remove("ReduceSum"), Some(8));
    // No shape is computed with these.
    for op in ["EyeLike", "ReverseSequence", "TopK", "Trilu", "Unique"] {
        unknown.remove(op);
    }
    assert_eq!(unknown, BTreeMap::new());
}

/// Operators that runtimes add, with shapes as onnxruntime and qonnx ran them, multiply-accumulates by the formula of their
/// products (`null` where it has none of fixed shape), and the bits of the type that qonnx gives their output.
#[test]
fn operators_of_runtimes_have_the_shapes_and_the_work_that_they_ran_with() {
    let mut wrong = Vec::new();
    let mut open = BTreeSet::new();
    for case in cases("runtime_nodes.jsonl.gz") {
        let name = case["name"].as_str().unwrap();
        let known = inferred_all(&case, |_, input| has_elements(input));
        let data = inferred(&case, |_, _| false);
        for (output, truth) in case["outputs"].as_array().unwrap().iter().enumerate() {
            if truth.is_null() {
                continue;
            }
            if compared(&data[output], truth) == "wrong" {
                wrong.push(format!("{name} output {output} of data: {:?}, not {truth}", data[output].shape()));
            }
            match compared(&known.outputs[output], truth) {
                "wrong" => {
                    wrong.push(format!("{name} output {output}: {:?}, not {truth}", known.outputs[output].shape()));
                }
                "right" => {}
                _ => {
                    open.insert(format!("{}:{output}", case["op"].as_str().unwrap()));
                }
            }
        }
        if known.macs.unwrap_or(0) != case["macs"].as_u64().unwrap_or(0) {
            wrong.push(format!("{name}: {:?} multiply-accumulates, not {}", known.macs, case["macs"]));
        }
        let bits = case["bits"].as_u64();
        if bits.is_some() && known.bits.map(u64::from) != bits {
            wrong.push(format!("{name}: {:?} bits, not {}", known.bits, case["bits"]));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    // How far a path or a text reaches depends on data.
    let of_data = ["BifurcationDetector:0", "DynamicTimeWarping:0"];
    assert_eq!(open.iter().map(String::as_str).collect::<Vec<_>>(), of_data);
}
