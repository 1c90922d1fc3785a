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

#[test]
fn every_operator_has_one_row() {
    let mut seen = HashSet::new();
    for operator in FAMILIES.iter().flat_map(|family| family.operators) {
        assert!(seen.insert((operator.set, operator.name)), "{:?} {} stands twice", operator.set, operator.name);
        let domain = match operator.set {
            OperatorSet::Onnx => Domain::Onnx,
            OperatorSet::Microsoft => Domain::Microsoft,
        };
        assert_eq!(find(&node(domain, operator.name, 1)).map(|found| found.name), Some(operator.name));
    }
}

/// `recorded.txt` holds, for operators that the importer must know: who defines it, its name, its multiply-accumulates, where
/// its shape comes from, whether its elements are computed, and the types of its first outputs where its inputs have the types
/// below. New operators need no line there.
#[test]
fn nothing_that_was_recorded_is_lost() {
    use DataType::{Bfloat16, Double, Float16, Int2, Int4, Int16, Uint2, Uint32, Uint64};
    let types = [Float16, Double, Int16, Int4, Uint32, Uint64, Uint2, Int2, Bfloat16].map(Some);
    let recorded = include_str!("recorded.txt");
    assert!(recorded.lines().count() > 250);
    for line in recorded.lines() {
        let mut words = line.split(' ');
        let (set, name) = (words.next().unwrap(), words.next().unwrap());
        let domain = if set == "Onnx" { Domain::Onnx } else { Domain::Microsoft };
        let node = node(domain, name, types.len());
        let operator = find(&node).unwrap_or_else(|| panic!("{set} {name} has no row"));
        let macs = match operator.macs {
            Macs::Products(_) => "products",
            Macs::None => "none",
            Macs::NotModelled => "not-modelled",
            Macs::InBodies => "in-bodies",
        };
        let shape = match (operator.macs, operator.shape) {
            (Macs::Products(_), _) => "products",
            (_, ShapeRule::Same { .. }) => "same",
            (_, ShapeRule::First(_)) => "rule",
            (_, ShapeRule::Tract) => "tract",
        };
        let elements = if operator.evaluated { "computed" } else { "-" };
        let outputs = (0..3).map(|output| match output_type(&node, output, &InputTypes(&types)) {
            Some(dtype) => format!("{dtype:?}"),
            None => "None".into(),
        });
        let outputs = outputs.collect::<Vec<_>>().join(" ");
        assert_eq!(line, format!("{set} {name} {macs} {shape} {elements} {outputs}"));
    }
}

#[test]
fn an_operator_in_another_domain_keeps_its_shape_but_its_work_is_unknown() {
    let stray = node(Domain::Onnx, "SimplifiedLayerNormalization", 1);
    assert!(find(&stray).is_none());
    assert!(matches!(find_by_name(&stray).unwrap().shape, ShapeRule::Same { .. }));
    let foreign = node(Domain::Other("x".into()), "Conv", 2);
    assert!(!has_products(&foreign));
    assert!(find_by_name(&foreign).is_some());
    assert!(find_by_name(&node(Domain::Onnx, "Unheard", 1)).is_none());
}
