//! The fields that directives of constraints and mappings have.

use super::node::{FormatError, Node};
use super::warning::{Warning, suggestion};

pub(super) const ITERATION: [&str; 4] = ["factors", "permutation", "default_max_factor", "default_min_factor"];
pub(super) const SPATIAL: [&str; 4] = ["split", "no_link_transfer", "no_reuse", "no_multicast_no_reduction"];
pub(super) const TEMPORAL: [&str; 4] = ["no_reuse", "no_temporal_reuse", "rmw_first_update", "remainders"];
pub(super) const DATA_SPACES: [&str; 3] = ["keep", "bypass", "no_coalesce"];

/// Fields of every directive, whatever its type.
const COMMON: [&str; 4] = ["type", "target", "name", "attributes"];

/// Remarks on fields that neither this directive nor every directive has.
pub(super) fn check(node: &Node, known: &[&[&str]], warnings: &mut Vec<Warning>) -> Result<(), FormatError> {
    let known = || known.iter().flat_map(|keys| keys.iter().copied());
    for (key, value) in node.entries()? {
        if !known().chain(COMMON).any(|name| name == key) {
            warnings.push(value.warning(format!("unknown key, ignored{}", suggestion(&key, known()))));
        }
    }
    Ok(())
}
