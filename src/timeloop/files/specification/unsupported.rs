//! What an input states beside architecture and mapping that would change the numbers, and that the model does not do.

use serde_yaml::Value;

use crate::timeloop::files::node::{FormatError, Node};

/// Switches of the analysis in `globals.environment_variables`, with the value that the model has.
const SWITCHES: [(&str, bool); 8] = [
    ("TIMELOOP_USE_ISL", false),
    ("TIMELOOP_DISABLE_TEMPORAL_EXTRAPOLATION", false),
    ("TIMELOOP_DISABLE_SPATIAL_EXTRAPOLATION", false),
    ("TIMELOOP_DISABLE_LINK_TRANSFERS", false),
    ("TIMELOOP_ENABLE_TOROIDAL_LINKS", false),
    ("TIMELOOP_RUN_LAST_ITERATION", false),
    ("TIMELOOP_ENABLE_FIRST_READ_ELISION", true),
    ("TIMELOOP_ENABLE_UPDATED_RMW", false),
];

/// Refuses what cannot be honoured: a number that leaves it out would be another one.
pub(super) fn check(root: &Node) -> Result<(), FormatError> {
    if let Some(layout) = root.get("layout").filter(|layout| !is_empty(layout.value)) {
        return Err(layout.invalid("conflicts of memory banks are not modelled; remove this key"));
    }
    let switches = root.get("globals").and_then(|globals| globals.get("environment_variables"));
    let stated = |(name, default)| Some((switches.as_ref()?.get(name)?, default));
    for (switch, default) in SWITCHES.into_iter().filter_map(stated) {
        let is_on = !matches!(switch.scalar().as_deref().map(str::trim), Some("0" | "false" | "False" | ""));
        if is_on != default {
            return Err(switch.invalid("the model does not have this switch of Timeloop's analysis; remove it"));
        }
    }
    Ok(())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(map) => map.is_empty(),
        _ => false,
    }
}
