//! Merge keys: `<<` (shallow, as in YAML 1.1) and `<<<` (recursive).
//!
//! The keys a mapping states itself always win. With `<<<`, mappings under the same key are merged key by key and lists
//! are concatenated, the mapping's own items first; a value tagged `!nomerge` is taken as it stands.

use super::tree::{Map, Node};

const SHALLOW: &str = "<<";
const RECURSIVE: &str = "<<<";
const NO_MERGE: &str = "nomerge";

/// Why a merge key cannot be applied, with the key path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MergeError {
    pub(super) path: String,
    pub(super) cause: String,
}

/// Applies every merge key below a node, innermost first.
pub(super) fn apply(node: Node, path: &str) -> Result<Node, MergeError> {
    Ok(strip(resolve(node, path)?))
}

fn resolve(node: Node, path: &str) -> Result<Node, MergeError> {
    match node {
        Node::List(items) => {
            let resolved = items.into_iter().enumerate().map(|(i, item)| resolve(item, &format!("{path}[{i}]")));
            Ok(Node::List(resolved.collect::<Result<_, _>>()?))
        }
        Node::Map(map) => {
            let mut own = Map::new();
            let mut base = None;
            for (key, value) in map {
                let below = join(path, &key);
                let value = resolve(value, &below)?;
                if key == SHALLOW || key == RECURSIVE {
                    let recursive = key == RECURSIVE;
                    if base.is_some() {
                        return Err(error(path, "a mapping can have only one of << and <<<"));
                    }
                    base = Some((source(value, recursive, &below)?, recursive));
                } else {
                    own.insert(key, value);
                }
            }
            if let Some((base, recursive)) = base {
                merge(&mut own, base, recursive);
            }
            Ok(Node::Map(own))
        }
        Node::Tagged(tag, inner) => Ok(Node::Tagged(tag, Box::new(resolve(*inner, path)?))),
        scalar => Ok(scalar),
    }
}

/// The mapping to merge from; `<<` also takes a list of mappings, of which the first to state a key wins.
fn source(value: Node, recursive: bool, path: &str) -> Result<Map, MergeError> {
    match value {
        Node::Map(map) => Ok(map),
        Node::Tagged(_, inner) => source(*inner, recursive, path),
        Node::List(items) if !recursive => {
            let mut all = Map::new();
            for item in items {
                merge(&mut all, source(item, recursive, path)?, false);
            }
            Ok(all)
        }
        Node::List(_) => Err(error(path, "<<< takes one mapping, not a list")),
        other => Err(error(path, &format!("expected a mapping, found {}", other.describe()))),
    }
}

fn merge(own: &mut Map, base: Map, recursive: bool) {
    for (key, theirs) in base {
        match own.get_mut(&key) {
            None => {
                own.insert(key, theirs);
            }
            Some(mine) if recursive => merge_value(mine, theirs),
            Some(_) => {}
        }
    }
}

fn merge_value(mine: &mut Node, theirs: Node) {
    if let Node::Tagged(_, inner) = theirs {
        return merge_value(mine, *inner);
    }
    match (mine, theirs) {
        (Node::Tagged(tag, inner), theirs) if tag != NO_MERGE => merge_value(inner, theirs),
        (Node::Map(mine), Node::Map(theirs)) => merge(mine, theirs, true),
        (Node::List(mine), Node::List(theirs)) => mine.extend(theirs),
        _ => {}
    }
}

/// Removes the `!nomerge` tags, which mean nothing once merging is done.
fn strip(node: Node) -> Node {
    match node {
        Node::Tagged(tag, inner) if tag == NO_MERGE => strip(*inner),
        Node::Tagged(tag, inner) => Node::Tagged(tag, Box::new(strip(*inner))),
        Node::List(items) => Node::List(items.into_iter().map(strip).collect()),
        Node::Map(map) => Node::Map(map.into_iter().map(|(key, value)| (key, strip(value))).collect()),
        scalar => scalar,
    }
}

/// Appends a key to a path.
pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn error(path: &str, cause: &str) -> MergeError {
    MergeError { path: path.into(), cause: cause.into() }
}

#[cfg(test)]
mod tests {
    use super::super::{budget::Budget, yaml};
    use super::*;

    fn merged(text: &str) -> Result<String, MergeError> {
        let node = apply(yaml::parse(text, &Budget::new()).unwrap(), "")?;
        Ok(serde_json::to_string(&node.get("r").unwrap().to_value()).unwrap())
    }

    #[test]
    fn shallow_merge_keeps_own_keys() {
        assert_eq!(merged("b: &b {x: 1, y: {p: 1}}\nr: {y: {q: 2}, <<: *b}").unwrap(), r#"{"y":{"q":2},"x":1}"#);
        assert_eq!(merged("r: {a: 0, <<: [{a: 1, b: 1}, {b: 2, c: 2}]}").unwrap(), r#"{"a":0,"b":1,"c":2}"#);
    }

    #[test]
    fn recursive_merge_joins_mappings_and_lists() {
        let base = "b: &b {x: 1, y: {p: 1, q: 1}, l: [1]}\n";
        let own = "r: {<<<: *b, y: {q: 2}, l: [2], x: 5}";
        assert_eq!(merged(&format!("{base}{own}")).unwrap(), r#"{"y":{"q":2,"p":1},"l":[2,1],"x":5}"#);
        let kept = "r: {<<<: *b, y: !nomerge {q: 2}, l: !nomerge [2]}";
        assert_eq!(merged(&format!("{base}{kept}")).unwrap(), r#"{"y":{"q":2},"l":[2],"x":1}"#);
    }

    #[test]
    fn a_merged_mapping_may_itself_merge() {
        let text = "a: &a {k: {x: 1}}\nb: &b {<<<: *a, k: {y: 2}}\nr: {<<<: *b, k: {z: 3}}";
        assert_eq!(merged(text).unwrap(), r#"{"k":{"z":3,"y":2,"x":1}}"#);
    }

    #[test]
    fn refused_merges_name_the_path() {
        assert_eq!(merged("r: {<<: 3}").unwrap_err().path, "r.<<");
        assert!(merged("r: {<<<: [{a: 1}]}").unwrap_err().cause.contains("one mapping"));
        assert!(merged("r: {<<<: {a: 1}, <<: {b: 1}}").unwrap_err().cause.contains("only one"));
    }
}
