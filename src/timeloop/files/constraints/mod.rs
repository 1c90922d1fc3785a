//! Reads constraints on mappings (docs/model.md section 3.2).
//!
//! They stand under several keys, old and new, and all count together:
//!
//! ```text
//! architecture_constraints: {targets: [...]}      arch_constraints, architecture.constraints: the same
//! mapspace: {targets: [...]}                      mapspace_constraints, constraints: the same; old: {constraints: [...]}
//! ```
//!
//! An entry names a level (`target`, or `name`), a `type`, and what that type states, in the entry or under its `attributes`.

mod entry;
mod factors;
mod sections;

#[cfg(test)]
mod tests;

use serde_yaml::Value;

use self::entry::Reader;
use super::node::FormatError;
use super::warning::Warning;
use crate::architecture::Architecture;
use crate::mapspace::Constraints;
use crate::workload::Problem;

/// Which constraints are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of the architecture: what timeloop-model checks a mapping against.
    Architecture,
    /// Those of the mapspace, too: what a mapper searches under.
    All,
}

/// The constraints of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadConstraints {
    /// What they say.
    pub constraints: Constraints,
    /// What has no effect in them.
    pub warnings: Vec<Warning>,
    /// Axes of meshes along which they let nothing be spread, at the constraints of those meshes.
    pub idle_axes: Vec<Warning>,
}

/// Reads the constraints of a document.
///
/// # Errors
///
/// Where a constraint departs from its form, names what is not there, or is stated twice.
pub fn read(
    document: &Value,
    architecture: &Architecture,
    problem: &Problem,
    scope: Scope,
) -> Result<ReadConstraints, FormatError> {
    let mut reader = Reader::new(architecture, problem);
    for section in sections::find(document, scope, &mut reader.warnings)? {
        for entry in section.entries(&mut reader.warnings)? {
            reader.entry(&entry)?;
        }
    }
    Ok(reader.finish())
}
