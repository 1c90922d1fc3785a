//! Where in a document constraints stand.

use serde_yaml::Value;

use super::Scope;
use crate::timeloop::files::node::{FormatError, Node};
use crate::timeloop::files::warning::{Warning, suggestion};

/// Keys of the constraints of the mapspace.
const MAPSPACE: [&str; 3] = ["mapspace", "mapspace_constraints", "constraints"];

/// Keys of a section, in the new form and the old.
const LISTS: [&str; 2] = ["targets", "constraints"];

/// Keys of a section that say nothing about mappings here: the template is the mapper's business.
const OTHERS: [&str; 2] = ["version", "template"];

/// One place with a list of constraints.
pub(super) struct Section<'a>(Node<'a>);

/// All sections, in the order in which Timeloop's programs read them.
pub(super) fn find<'a>(
    document: &'a Value,
    scope: Scope,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Section<'a>>, FormatError> {
    let root = Node::root(document);
    let own = root.first(&["architecture", "arch"]).and_then(|top| top.get("constraints"));
    let separate = ["arch_constraints", "architecture_constraints"].map(|key| root.get(key));
    let mut of_architecture = own.into_iter().chain(separate.into_iter().flatten()).filter(|node| !is_empty(node));
    let first = of_architecture.next();
    for ignored in of_architecture {
        let first = first.as_ref().map_or("", |first| first.path.as_str());
        warnings.push(ignored.warning(format!("is ignored because `{first}` is given (like Timeloop)")));
    }
    let mut found: Vec<Node> = Vec::new();
    if scope == Scope::All {
        found.extend(MAPSPACE.iter().filter_map(|key| root.get(key)));
        if let (Some(_), Some(second)) = (root.get(MAPSPACE[0]), root.get(MAPSPACE[1])) {
            return Err(
                second.invalid("is given together with `mapspace`, which has the same meaning; keep one of them")
            );
        }
    }
    found.extend(first);
    Ok(found.into_iter().map(Section).collect())
}

fn is_empty(node: &Node) -> bool {
    let empty = |node: &Node| node.value.as_sequence().is_some_and(Vec::is_empty);
    empty(node) || node.first(&LISTS).is_some_and(|list| empty(&list))
}

impl<'a> Section<'a> {
    /// The entries of the section: its own list, or that under `targets` (old: `constraints`).
    pub(super) fn entries(&self, warnings: &mut Vec<Warning>) -> Result<Vec<Node<'a>>, FormatError> {
        let Self(node) = self;
        if node.value.is_sequence() {
            return node.list();
        }
        for (key, value) in node.entries()? {
            if !LISTS.contains(&key.as_str()) && !OTHERS.contains(&key.as_str()) {
                let hint = suggestion(&key, LISTS);
                warnings.push(value.warning(format!("unknown key, ignored{hint}")));
            }
        }
        node.first(&LISTS).map_or(Ok(Vec::new()), |list| list.list())
    }
}
