//! Names of layers: the framework's module path. A network and its quantised form have the same.
//!
//! PyTorch's TorchScript exporter writes the path into the node's name, its later exporter into the weight's name. The rule
//! "the weight if its name ends in `.weight`, else the node's path" recovers the module of every convolution of both.

use crate::onnx::graph::{Graph, ValueId};

/// The module path of a node, from the name of its weight tensor, the node's own name, and what the exporter recorded.
pub(super) fn module_path(weight: Option<&str>, node: &str, recorded: Option<&str>) -> String {
    if let Some(module) = weight.and_then(module_of_weight) {
        return module.to_owned();
    }
    // Quantisers append to names without a path.
    let path = path_of_node(if node.contains('/') { node } else { node.strip_suffix("_quant").unwrap_or(node) });
    // A name without a path is a number of the exporter; what it recorded is better.
    match recorded.and_then(module_of_scopes) {
        Some(module) if !node.contains('/') => module,
        _ => path,
    }
}

/// What follows the module in the name of a weight, or of a parameter that it is computed from: weight and spectral
/// normalisation keep magnitude, direction or the original weight.
const WEIGHTS: [&str; 2] = [".weight", ".in_proj_weight"];
const PARAMETERS: [&str; 5] = [
    ".parametrizations.weight.original0",
    ".parametrizations.weight.original1",
    ".parametrizations.weight.original",
    ".weight_v",
    ".weight_orig",
];

/// Steps of computation that are followed back to a parameter.
const MAX_DEPTH: usize = 12;

fn module_of_weight(name: &str) -> Option<&str> {
    // Quantisers append to the name.
    let name = name.strip_suffix("_quantized").unwrap_or(name);
    let endings = WEIGHTS.iter().chain(&PARAMETERS);
    endings.filter_map(|ending| name.strip_suffix(ending)).find(|module| !module.is_empty())
}

/// The name of the parameter that a weight is computed from, if one of its names says so.
pub(super) fn computed_from(graph: &Graph, value: ValueId) -> Option<&str> {
    let mut open = vec![(value, 0)];
    let mut steps = 0;
    while let Some((value, depth)) = open.pop() {
        steps += 1;
        if steps > 64 {
            return None;
        }
        let Some(producer) = graph[value].producer.filter(|_| depth < MAX_DEPTH) else {
            let name = graph[value].name.as_str();
            if depth > 0 && PARAMETERS.iter().any(|ending| name.ends_with(ending)) {
                return Some(name);
            }
            continue;
        };
        open.extend(graph[producer].inputs.iter().flatten().rev().map(|input| (*input, depth + 1)));
    }
    None
}

/// `/m/classifier/classifier.0/convs.1/convs.1.0/Conv` is `m.classifier.0.convs.1.0`: the last part is the operator, and a
/// part that begins with the one before and a dot takes its place.
fn path_of_node(name: &str) -> String {
    let mut parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
    if parts.len() > 1 {
        parts.pop();
    }
    let mut kept: Vec<&str> = Vec::with_capacity(parts.len());
    for part in parts {
        if kept.last().is_some_and(|before| part.strip_prefix(before).is_some_and(|rest| rest.starts_with('.'))) {
            kept.pop();
        }
        kept.push(part);
    }
    kept.join(".")
}

/// `['', 'enc', 'enc.layers.0', 'enc.layers.0.linear1', 'linear_2']`: the last part is the call, the one before the module.
fn module_of_scopes(recorded: &str) -> Option<String> {
    let mut parts = recorded.split('\'').skip(1).step_by(2);
    let modules: Vec<&str> = parts.by_ref().collect();
    let (_, modules) = modules.split_last()?;
    modules.last().filter(|module| !module.is_empty()).map(|module| (*module).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_paths_of_both_exporters_are_recovered() {
        let torchscript = "/m/classifier/classifier.0/convs.1/convs.1.0/Conv";
        assert_eq!(module_path(Some("onnx::Conv_756"), torchscript, None), "m.classifier.0.convs.1.0");
        assert_eq!(module_path(Some("m.backbone.conv1.weight"), "node_Conv_899", None), "m.backbone.conv1");
        let scopes = "['', 'enc', 'enc.layers.0', 'enc.layers.0.linear1', 'linear_2']";
        assert_eq!(module_path(Some("val_86"), "node_MatMul_85", Some(scopes)), "enc.layers.0.linear1");
        assert_eq!(module_path(None, "p2o.Conv.12", None), "p2o.Conv.12");
        assert_eq!(module_path(None, "/Conv", None), "Conv");
        assert_eq!(module_path(None, "", Some("[]")), "");
    }

    #[test]
    fn a_quantised_node_has_the_name_of_its_float_form() {
        assert_eq!(module_path(Some("w_1_quantized"), "MatMul_12_quant", None), "MatMul_12");
        assert_eq!(module_path(Some("enc.fc.weight_quantized"), "node_Conv_3_quant", None), "enc.fc");
        assert_eq!(module_path(Some("onnx::MatMul_7_quantized"), "/enc/fc/MatMul_quant", None), "enc.fc");
        assert_eq!(module_path(Some("net.0.weight_v"), "node_conv1d", None), "net.0");
        assert_eq!(module_path(Some("net.0.parametrizations.weight.original1"), "node_conv1d", None), "net.0");
    }
}
