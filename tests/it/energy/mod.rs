//! The estimator against what Accelergy and its plug-ins said.

mod classes;
mod presets;
mod properties;
mod queries;
mod recorded;

use std::io::Read;

use flate2::read::GzDecoder;
use onnx2timeloop::energy::{Component, Estimate, Estimator, Refusal};
use onnx2timeloop::timeloop::frontend::load::Node;
use onnx2timeloop::timeloop::frontend::{LoadOptions, Source, load_sources};
use serde::de::DeserializeOwned;

use crate::kit::data;

/// The lines of a recording.
fn lines<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let packed = std::fs::read(data(&format!("energy/{name}"))).unwrap();
    let mut text = String::new();
    GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A YAML text as a tree that remembers quotes.
fn tree(text: &str) -> Node {
    let source = Source::Text { name: "test".into(), text: text.into() };
    Node::Map(load_sources(&[source], &LoadOptions::default()).unwrap().keys)
}

/// One component of a class, with attributes and scales in flow form, that must be able to read and leak; with classes of a user.
fn estimate(class: &str, attributes: &str, classes: &str) -> Result<Estimate, Refusal> {
    let estimator = match classes {
        "" => Estimator::default(),
        classes => {
            Estimator::new(Some(&tree(&format!("classes:\n{classes}")))).map_err(|refusals| refusals[0].clone())?
        }
    };
    estimator.component(&component(class, attributes)?)
}

fn component(class: &str, attributes: &str) -> Result<Component, Refusal> {
    let text = format!(
        "architecture: {{subtree: [{{name: system, attributes: {{technology: \"45nm\", global_cycle_seconds: 1e-9}}, \
         local: [{{name: \"part[1..4]\", class: {class}, attributes: {attributes}, required_actions: [read, leak]}}]}}]}}"
    );
    Estimator::read(&tree(&text).to_value()).remove(0)
}
