//! Names in constraints and mappings, resolved against an architecture and a problem.

use super::node::{FormatError, Node};
use super::warning::suggestion;
use crate::architecture::Architecture;
use crate::mapping::DataSpaceSet;
use crate::workload::Problem;

/// What names refer to.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) architecture: &'a Architecture,
    pub(super) problem: &'a Problem,
}

impl Terms<'_> {
    /// A level by its name, or by its number from the innermost.
    pub(super) fn level(self, node: &Node) -> Result<usize, FormatError> {
        let name = node.text()?;
        let levels = self.architecture.levels();
        let numbered = || name.parse().ok().filter(|index| *index < levels.len());
        self.architecture.level_index(&name).or_else(numbered).ok_or_else(|| {
            if name == self.architecture.arithmetic().name {
                return node.invalid(format!("`{name}` stores nothing; name a storage level"));
            }
            let names: Vec<&str> = levels.iter().map(|level| level.name.as_str()).collect();
            let mut hint = suggestion(&name, names.iter().copied());
            if hint.is_empty() {
                hint = format!(", which has {}", names.join(", "));
            }
            node.invalid(format!("`{name}` is not a storage level of the architecture{hint}"))
        })
    }

    /// A dimension by its letter.
    pub(super) fn dimension(self, node: &Node, letter: char) -> Result<usize, FormatError> {
        let found = self.problem.dimensions().iter().position(|(name, _)| *name == letter);
        found.ok_or_else(|| {
            let names: String = self.problem.dimensions().iter().map(|(name, _)| *name).collect();
            node.invalid(format!("`{letter}` is not a dimension of the problem, which has {names}"))
        })
    }

    /// The data spaces listed under the first of several keys that is present.
    pub(super) fn data_spaces(self, node: &Node, keys: &[&str]) -> Result<DataSpaceSet, FormatError> {
        let Some(list) = node.first(keys) else { return Ok(DataSpaceSet::default()) };
        list.list()?.iter().map(|item| self.data_space(item)).collect()
    }

    /// A data space by its name.
    pub(super) fn data_space(self, node: &Node) -> Result<usize, FormatError> {
        let name = node.text()?;
        let spaces = self.problem.data_spaces();
        spaces.iter().position(|space| space.name == name).ok_or_else(|| {
            let hint = suggestion(&name, spaces.iter().map(|space| space.name.as_str()));
            node.invalid(format!("`{name}` is not a data space of the problem{hint}"))
        })
    }
}

/// A text, or a list of texts in its place.
pub(super) fn joined(node: &Node) -> Result<String, FormatError> {
    if !node.value.is_sequence() {
        return node.text();
    }
    let parts: Vec<String> = node.list()?.iter().map(Node::text).collect::<Result<_, _>>()?;
    Ok(parts.join(" "))
}

/// The number at the beginning of a text, and what follows it.
pub(super) fn number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}
