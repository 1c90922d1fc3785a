//! Where in the files of the user something stands that a processed document says.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_yaml::Value;

use crate::timeloop::files::node::FormatError;
use crate::timeloop::files::warning::Warning;
use crate::timeloop::frontend::load::{Map, Node, Texts, node_at};
use crate::timeloop::frontend::{Document, Place};

/// The files that a processed document came from.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// The file of each top-level key.
    pub(super) files: IndexMap<String, String>,
    texts: Arc<Texts>,
    /// Of v0.4 descriptions, which have other paths than their processed form.
    description: Option<Description>,
}

/// The nodes of a v0.4 description.
#[derive(Clone, Debug)]
struct Description {
    tree: Node,
    /// The path of the node that each level stands for, by the name of the level.
    levels: IndexMap<String, String>,
}

impl Places {
    /// Of a document whose paths are those of its files.
    pub(super) fn of_files(files: IndexMap<String, String>, texts: Arc<Texts>) -> Self {
        Self { files, texts, description: None }
    }

    /// Of a v0.4 description; `levels` has the path of the node that each level stands for.
    pub(super) fn of_description(document: &Document, levels: IndexMap<String, String>) -> Self {
        let tree: Map = document.keys.clone();
        Self {
            files: document.origin.clone(),
            texts: Arc::clone(&document.texts),
            description: Some(Description { tree: Node::Map(tree), levels }),
        }
    }

    /// The place of a path of the processed document.
    pub(super) fn find(&self, path: &str, processed: &Value) -> Place {
        let path = match &self.description {
            Some(description) => description.path(path, processed),
            None => path.to_owned(),
        };
        let top = path.split(['.', '[']).next().unwrap_or_default();
        let file = self.files.get(top).cloned().unwrap_or_default();
        let line = self.texts.line(&file, &path);
        Place::new(file, path).on_line(line)
    }

    /// A remark whose path is that of the user, with file and line before it.
    pub(super) fn remark(&self, warning: &Warning, processed: &Value) -> Warning {
        Warning { path: self.find(&warning.path, processed).to_string(), message: warning.message.clone() }
    }

    /// An error in terms of the user's files, and the file with the line.
    pub(super) fn error(&self, error: FormatError, processed: &Value) -> (FormatError, Option<String>) {
        let place = match (error.path(), &error) {
            (Some(path), _) => Some(self.find(path, processed)),
            (None, FormatError::Architecture { .. }) => Some(self.find("architecture", processed)),
            (None, FormatError::Problem(_)) => Some(self.find("problem", processed)),
            (None, FormatError::Mapping(_)) => Some(self.find("mapping", processed)),
            (None, _) => None,
        };
        let file = place.as_ref().filter(|place| !place.file.is_empty()).map(Place::file_and_line);
        let new_path = || place.map(|place| place.path).unwrap_or_default();
        (error.relocated(new_path, |warning| self.remark(&warning, processed)), file)
    }
}

const LOCAL: &str = "architecture.subtree[0].local";

/// The name of an element of a processed architecture without its range.
fn name(element: &Value) -> Option<&str> {
    element.get("name")?.as_str()?.split('[').next()
}

/// An item of a list at the beginning of a path: its index, and the rest of the path.
fn item<'p>(path: &'p str, list: &str) -> Option<(usize, &'p str)> {
    let (index, rest) = path.strip_prefix(list)?.strip_prefix('[')?.split_once(']')?;
    Some((index.parse().ok()?, rest))
}

impl Description {
    /// The user's path for one of the processed form.
    fn path(&self, path: &str, processed: &Value) -> String {
        let element = || {
            let (index, rest) = item(path, LOCAL)?;
            let element = processed.get("architecture")?.get("subtree")?.get(0)?.get("local")?.get(index)?;
            Some(format!("{}{rest}", self.levels.get(name(element)?)?))
        };
        let constraint = || {
            let (index, rest) = item(path, "architecture_constraints.targets")?;
            let entry = processed.get("architecture_constraints")?.get("targets")?.get(index)?;
            Some(self.constraint(entry)? + rest)
        };
        let directive = || {
            let (index, rest) = item(path, "mapping")?;
            let own = node_at(&self.tree, &format!("mapping[{index}]"));
            let entry = processed.get("mapping")?.get(index)?;
            if own.is_some_and(|own| own.to_value() == *entry) {
                return None;
            }
            Some(self.constraint(entry)? + rest)
        };
        let sparse = || {
            let (index, rest) = item(path, "sparse_optimizations.targets")?;
            let entry = processed.get("sparse_optimizations")?.get("targets")?.get(index)?;
            self.sparse(entry.get("name")?.as_str()?, rest)
        };
        let found = element().or_else(constraint).or_else(directive).or_else(sparse);
        found.unwrap_or_else(|| {
            // What the processed form alone has is about the architecture.
            let is_processed =
                ["architecture.subtree", "architecture_constraints"].iter().any(|top| path.starts_with(top));
            if is_processed { "architecture.nodes".to_owned() } else { path.to_owned() }
        })
    }

    /// Where what is said of a sparse component stands: in its node, or among the targets that name it.
    fn sparse(&self, component: &str, rest: &str) -> Option<String> {
        let node = self.levels.get(component)?;
        let own = format!("{node}.sparse_optimizations{rest}");
        if node_at(&self.tree, &own).is_some() {
            return Some(own);
        }
        let list = "sparse_optimizations.targets";
        let entries = node_at(&self.tree, list)?.as_list()?;
        let is_meant = |entry: &Node| entry.get("target").and_then(Node::as_str) == Some(component);
        let named = (0..entries.len()).filter(|index| is_meant(&entries[*index]));
        let mut places = named.map(|index| format!("{list}[{index}]{rest}"));
        places.find(|place| node_at(&self.tree, place).is_some())
    }

    /// Where the constraint that became an entry of the processed form stands: in its node, or among those that name the node.
    fn constraint(&self, entry: &Value) -> Option<String> {
        let target = entry.get("target")?.as_str()?;
        let node = self.levels.get(target)?;
        let kind = match entry.get("type")?.as_str()? {
            "datatype" | "bypass" | "bypassing" => "dataspace",
            kind => kind,
        };
        let own = format!("{node}.constraints.{kind}");
        if node_at(&self.tree, &own).is_some() {
            return Some(own);
        }
        let named = |list: &str| {
            let entries = node_at(&self.tree, list)?.as_list()?;
            let is_meant = |entry: &Node| {
                let text = |key: &str| entry.get(key).and_then(Node::as_str);
                let name = node_at(&self.tree, &format!("{node}.name")).and_then(Node::as_str);
                text("target") == name && text("type").is_some_and(|stated| stated == kind)
            };
            entries.iter().position(is_meant).map(|index| format!("{list}[{index}]"))
        };
        named("constraints.targets").or_else(|| named("mapping")).or(Some(own))
    }
}
