//! Old spellings: keys with hyphens, which Timeloop's programs take for the same with underscores.

use serde_yaml::{Mapping, Value};

use crate::timeloop::frontend::load::Node;

/// Keys that are replaced; names that users invent stay as they are.
const KEYS: [&str; 38] = [
    "adder-energy",
    "addr-gen-energy",
    "architecture-constraints",
    "block-size",
    "cluster-area",
    "cluster-size",
    "data-spaces",
    "data-storage-depth",
    "data-storage-width",
    "energy-per-hop",
    "filter-revisits",
    "live-status",
    "log-interval",
    "log-stats",
    "log-suboptimal",
    "mapspace-constraints",
    "max-permutations-per-if-visit",
    "memory-depth",
    "memory-width",
    "min-utilization",
    "multiple-buffering",
    "no-link-transfer",
    "network-type",
    "no-reuse",
    "num-banks",
    "num-ports",
    "num-threads",
    "optimization-metric",
    "optimization-metrics",
    "out-prefix",
    "read-write",
    "router-energy",
    "search-size",
    "sync-interval",
    "tile-width",
    "victory-condition",
    "wire-energy",
    "word-bits",
];

/// Keys of sparse designs.
const SPARSE: [&str; 9] = [
    "action-optimization",
    "compression-rate",
    "compute-optimization",
    "condition-on",
    "flattened-rankIDs",
    "metadata-word-bits",
    "payload-word-bits",
    "rank-application-order",
    "representation-format",
];

/// More of the same, of which the value decides nothing here.
const BANDWIDTHS: [&str; 3] = ["read-bandwidth", "shared-bandwidth", "write-bandwidth"];

fn plain(key: &str) -> Option<String> {
    (KEYS.contains(&key) || BANDWIDTHS.contains(&key) || SPARSE.contains(&key)).then(|| key.replace('-', "_"))
}

/// Replaces the keys of a document, at any depth. Where both spellings stand, the newer counts.
pub(super) fn replace(value: &mut Value) {
    match value {
        Value::Sequence(items) => items.iter_mut().for_each(replace),
        Value::Mapping(map) => {
            let mut replaced = Mapping::new();
            for (key, mut value) in std::mem::take(map) {
                replace(&mut value);
                match key.as_str().and_then(plain) {
                    Some(key) if replaced.contains_key(&key) => {}
                    Some(key) => drop(replaced.insert(key.into(), value)),
                    None => drop(replaced.insert(key, value)),
                }
            }
            *map = replaced;
        }
        _ => {}
    }
}

/// The same for the tree of the front end.
pub(super) fn replace_in_tree(node: &mut Node) {
    match node {
        Node::List(items) => items.iter_mut().for_each(replace_in_tree),
        Node::Tagged(_, inner) => replace_in_tree(inner),
        Node::Map(map) => {
            let entries = std::mem::take(map);
            for (key, mut value) in entries {
                replace_in_tree(&mut value);
                match plain(&key) {
                    Some(key) if map.contains_key(&key) => {}
                    Some(key) => drop(map.insert(key, value)),
                    None => drop(map.insert(key, value)),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyphens_of_known_keys_only_become_underscores() {
        let mut value: Value =
            serde_yaml::from_str("{a: [{block-size: 4, W-stride: 2, word-bits: 8, word_bits: 16}]}").unwrap();
        replace(&mut value);
        let expected: Value = serde_yaml::from_str("{a: [{block_size: 4, W-stride: 2, word_bits: 16}]}").unwrap();
        assert_eq!(value, expected);
    }
}
