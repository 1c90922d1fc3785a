//! Variables given from outside: they take the place of entries of `variables`.

use super::{Document, Map, Node, Variables};
use std::collections::BTreeSet;

/// Puts the values into the document, and remarks on those that nothing uses. `used` are the names in templates.
pub(super) fn apply(document: &mut Document, variables: &Variables, used: &BTreeSet<String>) {
    for (name, value) in variables {
        let own = if let Some(Node::Map(map)) = document.keys.get_mut("variables") { map.get_mut(name) } else { None };
        match own {
            Some(own) => *own = node(value),
            None if used.contains(name) => {}
            None => document.warnings.push(format!(
                "the variable `{name}` has no effect: no template uses it, and `variables` does not define it"
            )),
        }
    }
}

/// A value as a document has it; texts count as quoted ones, which are no expressions.
fn node(value: &serde_json::Value) -> Node {
    match value {
        serde_json::Value::Null => Node::Null,
        serde_json::Value::Bool(value) => Node::Bool(*value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Node::int(integer),
            (None, Some(real)) => Node::Number(real.into()),
            (None, None) => Node::quoted(number.to_string()),
        },
        serde_json::Value::String(text) => Node::quoted(text),
        serde_json::Value::Array(items) => Node::List(items.iter().map(node).collect()),
        serde_json::Value::Object(map) => {
            Node::Map(map.iter().map(|(key, value)| (key.clone(), node(value))).collect::<Map>())
        }
    }
}
