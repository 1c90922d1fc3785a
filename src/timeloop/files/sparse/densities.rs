//! Reads the densities of a problem's data spaces (docs/model.md section 9.1).

use serde_yaml::Value;

use crate::timeloop::files::node::{FormatError, Node};
use crate::timeloop::files::warning::{Warning, suggestion};
use crate::warned::Warned;
use crate::workload::{Densities, Density, Distribution, Problem};

/// Keys of a density that is a map.
const KEYS: [&str; 4] = ["distribution", "density", "band_width", "workload_tensor_size"];

/// The densities that a document states of its problem, and what has no effect in them.
///
/// # Errors
///
/// Where they depart from their form, with the path of keys.
pub fn read(document: &Value, problem: &Problem) -> Result<Warned<Densities, Warning>, FormatError> {
    let mut densities = Densities::dense(problem);
    let mut warnings = Vec::new();
    let root = Node::root(document);
    let Some(problem_node) = root.get("problem") else { return Ok(Warned { value: densities, warnings }) };
    let instance = problem_node.get("instance").unwrap_or(problem_node);
    let stated = instance.get("densities");
    if let Some(common) = instance.get("commonDensity") {
        if let Some(stated) = stated.filter(|node| node.value.as_mapping().is_none_or(|map| !map.is_empty())) {
            warnings.push(stated.warning("commonDensity is stated, too, and counts in its place"));
        }
        return Ok(Warned { value: Densities::common(problem, density(&common, &mut warnings)?), warnings });
    }
    for (name, node) in stated.map(|node| node.entries()).transpose()?.unwrap_or_default() {
        let spaces = problem.data_spaces();
        if let Some(space) = spaces.iter().position(|space| space.name == name) {
            densities.set(space, density(&node, &mut warnings)?);
        } else {
            let hint = suggestion(&name, spaces.iter().map(|space| space.name.as_str()));
            warnings.push(node.warning(format!("the problem has no data space `{name}`{hint}; it has no effect")));
        }
    }
    Ok(Warned { value: densities, warnings })
}

fn density(node: &Node, warnings: &mut Vec<Warning>) -> Result<Density, FormatError> {
    if node.scalar().is_some() {
        return Ok(Density::FixedStructured(node.real()?));
    }
    for (key, value) in node.entries()? {
        if !KEYS.contains(&key.as_str()) {
            warnings.push(value.warning(format!("unknown key, ignored{}", suggestion(&key, KEYS))));
        }
    }
    let distribution = node.require("distribution")?;
    match Distribution::named(&distribution.text()?) {
        Some(Distribution::FixedStructured) => {
            let missing = || {
                node.invalid("missing density value specification for fixed_structured distribution: state `density`")
            };
            Ok(Density::FixedStructured(node.get("density").ok_or_else(missing)?.real()?))
        }
        Some(Distribution::Hypergeometric) => Ok(Density::Hypergeometric(node.require("density")?.real()?)),
        Some(Distribution::Banded) => {
            let width = node.get("band_width").map(|width| width.count()).transpose()?;
            Ok(Density::Banded(width.unwrap_or(0)))
        }
        None => Err(distribution.invalid(format!(
            "unrecognized density distribution type: {}; it must be fixed_structured, hypergeometric or banded",
            distribution.text()?.replace('-', "_")
        ))),
    }
}
