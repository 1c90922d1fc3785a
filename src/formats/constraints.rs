//! Constraints as the real tools read them (specification 3.2): what they make impossible without saying so.

use std::collections::HashSet;

use serde_yaml::Value;

use super::node::{FormatError, Node};
use super::warning::Warning;
use crate::architecture::Architecture;
use crate::workload::Problem;

/// Keys that hold constraints. All of them count together.
const KEYS: [&str; 4] = ["architecture_constraints", "arch_constraints", "mapspace_constraints", "mapspace"];

/// What the spatial constraints of one level say.
#[derive(Default)]
struct Spatial {
    path: String,
    /// Dimensions with the factor 1.
    pinned: HashSet<char>,
    /// Innermost first.
    permutation: Vec<char>,
    split: Option<usize>,
}

/// Axes of meshes along which the constraints let no dimension be spread.
///
/// # Errors
///
/// Where a constraint departs from its form.
pub fn unusable_axes(
    document: &Value,
    architecture: &Architecture,
    problem: Option<&Problem>,
) -> Result<Vec<Warning>, FormatError> {
    let mut levels: Vec<Option<Spatial>> = architecture.levels().iter().map(|_| None).collect();
    let root = Node::root(document);
    let own = root.first(&["architecture", "arch"]).and_then(|top| top.get("constraints"));
    for part in KEYS.iter().filter_map(|key| root.get(key)).chain(own) {
        let list = if part.value.is_sequence() { Some(part) } else { part.first(&["targets", "constraints"]) };
        for target in list.map(|list| list.list()).transpose()?.unwrap_or_default() {
            read(&target, architecture, &mut levels)?;
        }
    }
    let mut warnings = Vec::new();
    for (index, spatial) in levels.iter().enumerate() {
        let Some(spatial) = spatial else { continue };
        let (fan_out, name) = (architecture.fan_out(index), &architecture.levels()[index].name);
        let (x, y) = spatial.usable(problem);
        for (axis, size, usable) in [("X", fan_out.x, x), ("Y", fan_out.y, y)] {
            if size > 1 && !usable {
                let message = format!(
                    "no dimension can be spread along {axis} below {name}: at most one of {size} instances works there"
                );
                warnings.push(Warning { path: spatial.path.clone(), message });
            }
        }
    }
    Ok(warnings)
}

/// Adds one constraint, if it is spatial and of a level.
fn read(target: &Node, architecture: &Architecture, levels: &mut [Option<Spatial>]) -> Result<(), FormatError> {
    // Old files have the fields one deeper.
    let fields = target.get("attributes");
    let get = |key: &str| target.get(key).or_else(|| fields.as_ref().and_then(|fields| fields.get(key)));
    if get("type").and_then(|kind| kind.scalar()).as_deref() != Some("spatial") {
        return Ok(());
    }
    let Some(name) = get("target").or_else(|| get("name")) else { return Ok(()) };
    let Some(index) = architecture.level_index(&name.text()?) else { return Ok(()) };
    let spatial = levels[index].get_or_insert_with(|| Spatial { path: target.path.clone(), ..Spatial::default() });
    if let Some(factors) = get("factors") {
        spatial.pinned.extend(pinned(&joined(&factors)?));
    }
    if let Some(permutation) = get("permutation") {
        let letters = joined(&permutation)?;
        spatial.permutation = letters.chars().filter(|letter| letter.is_alphanumeric()).collect();
    }
    if let Some(split) = get("split") {
        spatial.split = Some(usize::try_from(split.count()?).unwrap_or(usize::MAX));
    }
    Ok(())
}

/// A text, or a list of texts in its place.
fn joined(node: &Node) -> Result<String, FormatError> {
    if !node.value.is_sequence() {
        return node.text();
    }
    let parts: Vec<String> = node.list()?.iter().map(Node::text).collect::<Result<_, _>>()?;
    Ok(parts.join(" "))
}

/// Dimensions of the factors `D=1`, `D1`, `D<=1`.
fn pinned(text: &str) -> Vec<char> {
    let letters: Vec<char> = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let mut found = Vec::new();
    for (at, &letter) in letters.iter().enumerate().filter(|(_, letter)| letter.is_alphabetic()) {
        let rest: String = letters[at + 1..].iter().collect();
        let rest = rest.trim_start_matches(['=', '<']);
        let digits = rest.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
        if digits == "1" {
            found.push(letter);
        }
    }
    found
}

impl Spatial {
    /// Whether some dimension of more than one iteration can be spread along X, and along Y.
    fn usable(&self, problem: Option<&Problem>) -> (bool, bool) {
        let is_unit =
            |letter: char| problem.is_some_and(|problem| problem.bound(letter).is_none_or(|bound| bound == 1));
        let free = |letter: &char| !self.pinned.contains(letter) && !is_unit(*letter);
        let listed: Vec<bool> = self.permutation.iter().map(free).collect();
        let dimensions: Vec<char> =
            problem.map(|problem| problem.dimensions().iter().map(|(letter, _)| *letter).collect()).unwrap_or_default();
        let unlisted: Vec<&char> = dimensions.iter().filter(|letter| !self.permutation.contains(letter)).collect();
        // Without a problem nobody knows the other dimensions.
        let others = problem.is_none() || unlisted.iter().any(|letter| free(letter));
        let Some(split) = self.split else {
            let any = others || listed.contains(&true);
            return (any, any);
        };
        let (on_x, on_y) = listed.split_at(split.min(listed.len()));
        let others_on_y = others && (problem.is_none() || split < listed.len() + unlisted.len());
        (on_x.contains(&true) || (others && split > listed.len()), on_y.contains(&true) || others_on_y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{architecture, parse_document, problem};

    fn warnings(constraint: &str) -> Vec<String> {
        let text = format!(
            "
architecture:
  version: 0.4
  subtree:
  - name: system
    local:
    - {{name: DRAM, class: DRAM}}
    - {{name: glb, class: SRAM, attributes: {{entries: 64}}}}
    - {{name: 'mac[0..15]', class: mac, attributes: {{meshX: 4}}}}
problem:
  instance: {{M: 4, N: 4, K: 4, B: 1}}
  shape:
    dimensions: [M, N, K, B]
    data_spaces: [{{name: Z, projection: [M, N], read_write: true}}]
architecture_constraints: {{targets: [{{target: glb, type: spatial, {constraint}}}]}}
"
        );
        let document = parse_document(&text).unwrap();
        let (architecture, _) = architecture::read(&document).unwrap();
        let (problem, _) = problem::read(&document).unwrap();
        let found = unusable_axes(&document, &architecture, Some(&problem)).unwrap();
        found.iter().map(ToString::to_string).collect()
    }

    /// What the published front end makes of `permutation: [K, M], split: 1`.
    #[test]
    fn the_split_that_inserted_dimensions_shift() {
        let found = warnings("permutation: BNKM, split: 1, factors: 'B=1,N=1'");
        assert_eq!(
            found,
            [
                "architecture_constraints.targets[0]: no dimension can be spread along X below glb: at most one of 4 instances works there"
            ]
        );
        assert_eq!(warnings("permutation: BNKM, split: 3, factors: 'B=1,N=1'"), [""; 0]);
        assert_eq!(warnings("permutation: BNKM, split: 999").len(), 1);
        assert_eq!(warnings("factors: [B=1, N1, K<=1, M=16]"), [""; 0]);
        assert_eq!(warnings("factors: B=1 N1 K<=1 M=1").len(), 2);
    }
}
