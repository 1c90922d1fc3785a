//! Names of layers: the framework's module path.
//!
//! PyTorch's TorchScript exporter writes the path into the node's name, its later exporter into the weight's name. The rule
//! "the weight if its name ends in `.weight`, else the node's path" recovers the module of every convolution of both.

/// The module path of a node, from the name of its weight tensor, the node's own name, and what the exporter recorded.
pub(super) fn module_path(weight: Option<&str>, node: &str, recorded: Option<&str>) -> String {
    if let Some(module) = weight.and_then(module_of_weight) {
        return module.to_owned();
    }
    let path = path_of_node(node);
    // A name without a path is a number of the exporter; what it recorded is better.
    match recorded.and_then(module_of_scopes) {
        Some(module) if !node.contains('/') => module,
        _ => path,
    }
}

fn module_of_weight(name: &str) -> Option<&str> {
    // Quantisers append to the name.
    let name = name.strip_suffix("_quantized").unwrap_or(name);
    name.strip_suffix(".weight").or_else(|| name.strip_suffix(".in_proj_weight")).filter(|module| !module.is_empty())
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
}
