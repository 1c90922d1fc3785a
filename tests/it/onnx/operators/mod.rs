//! Every operator family, each against sizes worked out by hand from the operator's definition.

mod attention;
mod convolutions;
mod layers;
mod products;
mod recurrent;
mod shape_rules;
mod table;
mod widths;

use onnx2timeloop::onnx::proto::{AttributeProto, ModelProto};

use crate::kit::onnx::*;

fn check(model: &ModelProto, expected: &[&str]) {
    let network = read(model).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(lines(&network), expected, "warnings {:?}", network.warnings);
    assert_eq!(network.warnings, Vec::<String>::new());
    assert_eq!(network.mac_coverage, Some(1.0));
}

fn conv(shape: &[i64], weight: &[i64], attributes: Vec<AttributeProto>) -> ModelProto {
    single("Conv", &[("x", FLOAT, shape)], vec![tensor("c.weight", FLOAT, weight)], "y", attributes, "x c.weight")
}
