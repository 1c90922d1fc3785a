//! The document tree: YAML values that remember whether a string was quoted.
//!
//! Quotes matter here: `depth: rows * 2` is an expression, `note: "rows * 2"` is text. `serde_yaml::Value` forgets the
//! difference, so the loader keeps its own tree and converts at the very end.

use indexmap::IndexMap;
use serde_yaml::{Mapping, Number, Value};

/// A mapping with string keys in document order.
pub type Map = IndexMap<String, Node>;

/// A node of a loaded document.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer or a float.
    Number(Number),
    /// A text, with the way in which it was written.
    Text {
        /// The characters, without quotes.
        text: String,
        /// Whether they stood in single or double quotes.
        quoted: bool,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping.
    Map(Map),
    /// A value with a `!tag`; the name is kept without the exclamation mark.
    Tagged(String, Box<Node>),
}

impl Node {
    /// Unquoted text, which may be an expression.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), quoted: false }
    }

    /// Quoted text: never an expression.
    pub fn quoted(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), quoted: true }
    }

    /// A node that holds an integer.
    pub fn int(value: i64) -> Self {
        Self::Number(value.into())
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text { text, .. } = self { Some(text) } else { None }
    }

    /// The value of an integer. Booleans are not integers.
    pub fn as_i64(&self) -> Option<i64> {
        if let Self::Number(number) = self { number.as_i64() } else { None }
    }

    /// The entries of a mapping.
    pub fn as_map(&self) -> Option<&Map> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// The items of a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// The value under a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// Whether this is null, empty text, an empty list or an empty mapping.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text { text, .. } => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(map) => map.is_empty(),
            Self::Tagged(_, inner) => inner.is_empty(),
            Self::Bool(_) | Self::Number(_) => false,
        }
    }

    /// A short description for error messages.
    pub fn describe(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Bool(value) => value.to_string(),
            Self::Number(number) if number.is_f64() => format!("the float {number}"),
            Self::Number(number) => number.to_string(),
            Self::Text { text, .. } => format!("{:?}", shorten(text)),
            Self::List(items) => format!("a list of {}", items.len()),
            Self::Map(map) => format!("a mapping of {}", map.len()),
            Self::Tagged(tag, _) => format!("a value tagged !{}", shorten(tag)),
        }
    }

    /// Size for the load budget: nodes and bytes of text.
    pub fn weight(&self) -> (u64, u64) {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => (1, 0),
            Self::Text { text, .. } => (1, text.len() as u64),
            Self::List(items) => items.iter().fold((1, 0), |(n, b), item| add((n, b), item.weight())),
            Self::Map(map) => {
                map.iter().fold((1, 0), |(n, b), (key, value)| add((n, b + key.len() as u64), value.weight()))
            }
            Self::Tagged(_, inner) => add((1, 0), inner.weight()),
        }
    }

    /// How deep lists and mappings are nested.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text { .. } => 1,
            Self::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Map(map) => 1 + map.values().map(Self::depth).max().unwrap_or(0),
            Self::Tagged(_, inner) => 1 + inner.depth(),
        }
    }

    /// The same value for `serde_yaml`; tags that nothing consumed are dropped.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text { text, .. } => Value::String(text.clone()),
            Self::List(items) => Value::Sequence(items.iter().map(Self::to_value).collect()),
            Self::Map(map) => Value::Mapping(map_to_mapping(map)),
            Self::Tagged(_, inner) => inner.to_value(),
        }
    }
}

fn add(a: (u64, u64), b: (u64, u64)) -> (u64, u64) {
    (a.0.saturating_add(b.0), a.1.saturating_add(b.1))
}

fn map_to_mapping(map: &Map) -> Mapping {
    map.iter().map(|(key, value)| (Value::String(key.clone()), value.to_value())).collect()
}

/// The first characters of a text, for messages.
pub fn shorten(text: &str) -> String {
    const MAX_CHARACTERS: usize = 80;
    if text.chars().count() <= MAX_CHARACTERS {
        text.to_owned()
    } else {
        let head: String = text.chars().take(MAX_CHARACTERS).collect();
        format!("{head}...")
    }
}
