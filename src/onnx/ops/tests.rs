use std::collections::HashSet;

use super::*;
use crate::onnx::graph::ValueId;

fn node(domain: Domain, op: &str, inputs: usize) -> Node {
    use crate::onnx::graph::Attribute::Int;
    let numbers = [("to", 10), ("dtype", 11), ("output_dtype", 3), ("output_datatype", 5)];
    let mut attributes: Vec<_> = numbers.map(|(name, number)| (name.to_owned(), Int(number))).into();
    let fill = crate::onnx::tensor::Tensor::opaque(DataType::Uint16, vec![1]);
    attributes.push(("value".to_owned(), crate::onnx::graph::Attribute::Tensor(fill)));
    Node {
        name: "n".into(),
        op: op.into(),
        domain,
        opset: 17,
        inputs: (0..inputs).map(|index| Some(ValueId(index))).collect(),
        outputs: vec![None; 4],
        attributes,
        bodies: Vec::new(),
        module: None,
    }
}

fn domain(name: &str) -> Domain {
    match name {
        "" | "ai.onnx" => Domain::Onnx,
        "com.microsoft" => Domain::Microsoft,
        other => Domain::Other(other.to_owned()),
    }
}

#[test]
fn every_operator_has_one_row() {
    let mut seen = HashSet::new();
    for operator in FAMILIES.iter().flat_map(|family| family.operators) {
        assert!(seen.insert((operator.set, operator.name)), "{:?} {} stands twice", operator.set, operator.name);
        let node = node(domain(operator.set.domain()), operator.name, 1);
        assert_eq!(find(&node).map(|found| (found.set, found.name)), Some((operator.set, operator.name)));
    }
}

/// What the table does about an output: where its shape comes from, and its type where the inputs have the types below.
fn about_output(operator: &Operator, node: &Node, output: usize) -> String {
    use DataType::{Bfloat16, Double, Float16, Int2, Int4, Int16, Uint2, Uint32, Uint64};
    let types = [Float16, Double, Int16, Int4, Uint32, Uint64, Uint2, Int2, Bfloat16].map(Some);
    let shape = match (operator.macs, operator.shape) {
        (Macs::Products(_), _) => "products".into(),
        (Macs::InBodies, _) => "bodies".into(),
        (_, ShapeRule::Tract) => "tract".into(),
        (_, ShapeRule::Same { input, outputs }) if outputs.contains(&output) => format!("input{input}"),
        (_, ShapeRule::First(_)) if output == 0 => "rule".into(),
        (_, ShapeRule::Each(_)) => "rule".into(),
        (_, ShapeRule::Same { .. } | ShapeRule::First(_)) if operator.set == OperatorSet::Onnx => "tract".into(),
        (_, ShapeRule::Same { .. } | ShapeRule::First(_) | ShapeRule::Declared) => "declared".into(),
    };
    match output_type(node, output, &InputTypes(&types)) {
        Some(dtype) => format!("{shape}:{dtype:?}"),
        None => format!("{shape}:-"),
    }
}

/// `tests/data/onnx/operators.txt` lists every operator of the `onnx` package and of onnxruntime: domain, name, first and newest
/// version, outputs. `operator_rows.txt` says for each what the table does: multiply-accumulates, whether its elements are computed,
/// and for every output where its shape comes from and its type. `UPDATE=1` writes it anew: look at the difference.
#[test]
fn every_output_of_every_published_operator_is_accounted_for() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/onnx/operator_rows.txt");
    let listed = include_str!("../../../tests/data/onnx/operators.txt");
    let mut text = String::new();
    let mut missing = Vec::new();
    for line in listed.lines() {
        let (operator, outputs) = line.split_once(" |").unwrap();
        let words: Vec<&str> = operator.split(' ').collect();
        let node = node(domain(words[0]), words[1], 9);
        let Some(row) = find(&node) else {
            missing.push(operator);
            continue;
        };
        let macs = match row.macs {
            Macs::Products(_) => "products",
            Macs::None => "none",
            Macs::NotModelled => "not-modelled",
            Macs::InBodies => "in-bodies",
        };
        let elements = if row.evaluated { "computed" } else { "-" };
        let about = outputs.split_whitespace().enumerate().map(|(output, name)| {
            let name = name.trim_end_matches('?');
            format!(" {name}={}", about_output(row, &node, output))
        });
        let about: String = about.collect();
        text += &[words[0], " ", words[1], " ", macs, " ", elements, &about, "\n"].concat();
    }
    assert_eq!(missing, Vec::<&str>::new(), "operators without a row");
    assert!(text.lines().count() > 400);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let recorded = std::fs::read_to_string(path).unwrap_or_default();
    for (recorded, now) in recorded.lines().zip(text.lines()) {
        assert_eq!(recorded, now);
    }
    assert_eq!(recorded.lines().count(), text.lines().count());
}

#[test]
fn an_operator_in_another_domain_keeps_its_type_but_its_work_is_unknown() {
    let stray = node(Domain::Onnx, "QuickGelu", 1);
    assert!(find(&stray).is_none());
    assert!(matches!(find_by_name(&stray).unwrap().shape, ShapeRule::Same { .. }));
    let foreign = node(Domain::Other("x".into()), "Conv", 2);
    assert!(!has_products(&foreign));
    assert!(find_by_name(&foreign).is_some());
    assert!(find_by_name(&node(Domain::Onnx, "Unheard", 1)).is_none());
}
