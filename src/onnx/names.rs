//! Names of layers: the framework's module path.
//!
//! PyTorch's TorchScript exporter writes the path into the node's name, its later exporter into the weight's name. The rule
//! "the weight if its name ends in `.weight`, else the node's path" recovers the module of every convolution of both.

use std::collections::{HashMap, HashSet};

/// Longest layer name; longer ones are shortened from the middle, so that files can be named after layers everywhere.
const MAX_LENGTH: usize = 100;

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

/// Makes names file-name safe and unique, in order.
#[derive(Debug, Default)]
pub(crate) struct UniqueNames {
    /// In lower case: some file systems know no other.
    taken: HashSet<String>,
    /// The number to try next for a name that is taken.
    next: HashMap<String, u64>,
}

impl UniqueNames {
    /// Names that nothing may have.
    pub(crate) fn reserve(&mut self, names: &[&str]) {
        self.taken.extend(names.iter().map(|name| name.to_lowercase()));
    }

    /// The name itself if it is safe and free, else the nearest that is.
    pub(super) fn claim(&mut self, wanted: &str) -> String {
        let safe = shortened(&safe(wanted));
        self.claim_safe(&safe)
    }

    /// The same for a name that is safe already, such as a path.
    pub(crate) fn claim_safe(&mut self, safe: &str) -> String {
        let mut name = safe.to_owned();
        let number = self.next.entry(safe.to_lowercase()).or_insert(2);
        while !self.taken.insert(name.to_lowercase()) {
            name = format!("{safe}_{number}");
            *number += 1;
        }
        name
    }
}

/// The name with only letters, digits, `.`, `_` and `-`.
pub(crate) fn safe(name: &str) -> String {
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' }).collect();
    let safe = safe.trim_matches('.');
    if safe.is_empty() { "unnamed".into() } else { safe.to_owned() }
}

fn shortened(name: &str) -> String {
    if name.len() <= MAX_LENGTH {
        return name.to_owned();
    }
    // ASCII only, so bytes are characters.
    let half = MAX_LENGTH / 2 - 1;
    format!("{}__{}", &name[..half], &name[name.len() - half..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_of_both_exporters() {
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
    fn names_are_safe_and_unique() {
        let mut names = UniqueNames::default();
        assert_eq!(names.claim("gpu_0/data:0"), "gpu_0_data_0");
        assert_eq!(names.claim("GPU_0/data_0"), "GPU_0_data_0_2");
        assert_eq!(names.claim("../../etc"), "_.._etc");
        assert_eq!(names.claim(""), "unnamed");
        let long = "x".repeat(500);
        assert_eq!(names.claim(&long).len(), 100);
        assert_eq!(names.claim(&long).len(), 102);
    }
}
