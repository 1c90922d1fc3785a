//! Attributes of containers and components: evaluation, types, defaults.

use super::context::Context;
use super::node::{ComponentKind, LeafKind};
use crate::timeloop::frontend::expression::Value;
use crate::timeloop::frontend::load::{Map, Node, join};

/// What an attribute accepts. Text passes everywhere: the processed form is read by name again.
#[derive(Clone, Copy)]
enum Type {
    Int,
    Number,
    Bool,
    Mapping,
}

impl Type {
    fn accepts(self, node: &Node) -> bool {
        match (self, node) {
            (Self::Mapping, node) => matches!(node, Node::Map(_)),
            (_, Node::Text { .. }) | (Self::Number, Node::Number(_)) | (Self::Bool, Node::Bool(_)) => true,
            (Self::Int, Node::Number(number)) => !number.is_f64(),
            _ => false,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Int => "an integer (use int() or //)",
            Self::Number => "a number",
            Self::Bool => "true or false",
            Self::Mapping => "a mapping",
        }
    }
}

/// The type of an attribute that has one, for storage components.
fn storage_type(key: &str) -> Option<Type> {
    Some(match key {
        "datawidth"
        | "technology"
        | "n_banks"
        | "block_size"
        | "cluster_size"
        | "width"
        | "depth"
        | "entries"
        | "sizeKB"
        | "network_fill_latency"
        | "network_drain_latency"
        | "metadata_block_size"
        | "metadata_datawidth"
        | "metadata_storage_width"
        | "metadata_storage_depth" => Type::Int,
        "multiple_buffering" | "min_utilization" | "shared_bandwidth" | "read_bandwidth" | "write_bandwidth" => {
            Type::Number
        }
        "reduction_supported"
        | "allow_overbooking"
        | "concordant_compressed_tile_traversal"
        | "tile_partition_supported"
        | "decompression_supported"
        | "compression_supported" => Type::Bool,
        "per_dataspace_bandwidth_consumption_scale" => Type::Mapping,
        _ => return None,
    })
}

/// Attributes that are names.
const NAMES: [&str; 8] = [
    "network_read",
    "network_fill",
    "network_update",
    "network_drain",
    "network_operand",
    "network_result",
    "action_name",
    "multicast_factor_argument",
];

/// Evaluates the attributes of a node in order, each with the earlier ones in scope, and adds the defaults.
pub(super) fn read(context: &mut Context<'_>, node: Option<&Node>, kind: LeafKind, path: &str) -> Map {
    let is_storage = kind == LeafKind::Component(ComponentKind::Storage);
    let given = context.map(node, path);
    let mut attributes = Map::new();
    for (key, value) in given {
        let path = join(path, &key);
        let errors = context.errors.len();
        let value = if NAMES.contains(&key.as_str()) {
            context.evaluate_name(&value, &key, &path)
        } else {
            context.evaluate(&value, &path)
        };
        let wanted = if key == "has_power_gating" { Some(Type::Bool) } else { None };
        let wanted = wanted.or_else(|| storage_type(&key).filter(|_| is_storage));
        if let Some(wanted) = wanted.filter(|wanted| value != Node::Null && !wanted.accepts(&value)) {
            context.wrong_type(&path, wanted.name(), &value);
        }
        // After an error the attribute has no value; naming it below should not be a second error.
        let known = if context.errors.len() > errors { Value::Int(1) } else { Value::from_node(&value) };
        context.scope.set(key.clone(), known);
        attributes.insert(key, value);
    }
    if is_storage && attributes.get("datawidth").is_none_or(|value| *value == Node::Null) {
        let failed = context.errors.iter().any(|error| error.place.path == join(path, "datawidth"));
        if !failed {
            context.missing(path, "datawidth", &attributes);
        }
    }
    if kind != LeafKind::Container {
        // A component's empty attributes count as not given; a container hands even those on.
        attributes.retain(|_, value| !value.is_empty());
    }
    let mut default = |key: &str, value: Node| {
        attributes.entry(key.to_owned()).or_insert(value);
    };
    default("has_power_gating", Node::Bool(false));
    if kind == LeafKind::Container {
        default("power_gated_at", Node::Null);
    }
    if is_storage {
        storage_defaults(&mut default);
    }
    attributes
}

fn storage_defaults(default: &mut impl FnMut(&str, Node)) {
    default("n_banks", Node::int(2));
    default("cluster_size", Node::int(1));
    default("reduction_supported", Node::Bool(true));
    default("multiple_buffering", Node::int(1));
    default("min_utilization", Node::int(0));
    default("allow_overbooking", Node::Bool(false));
}

/// The attributes of the level that stands for a fan-out.
pub(super) fn of_dummy() -> Map {
    let mut attributes = Map::new();
    for (key, value) in [("width", 1), ("depth", 1), ("datawidth", 1), ("technology", -1)] {
        attributes.insert(key.into(), Node::int(value));
    }
    attributes.insert("has_power_gating".into(), Node::Bool(false));
    storage_defaults(&mut |key, value| {
        attributes.insert(key.to_owned(), value);
    });
    attributes
}
