//! YAML text to [`Node`]: keeps tags and quotes, refuses duplicate keys, counts everything it builds.

use super::budget::Budget;
use super::quotes::{self, MARK};
use super::tree::{Map, Node};
use crate::timeloop::frontend::error::ErrorKind;
use serde::de::{self, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use std::fmt;

/// Parses one document.
pub(super) fn parse(text: &str, budget: &Budget) -> Result<Node, ErrorKind> {
    let marked =
        quotes::mark(text).map_err(|quotes::TooDeep| ErrorKind::Yaml("collections are nested too deeply".into()))?;
    let build = Build { budget, limit: std::cell::RefCell::new(None) };
    build.run(&marked).map_err(|error| build.cause(&error)).or_else(|error| match error {
        // The marks could only harm a text the scanner misread: the text without them decides.
        ErrorKind::Yaml(_) => build.run(text).map_err(|error| build.cause(&error)),
        limit => Err(limit),
    })
}

struct Build<'b> {
    budget: &'b Budget,
    /// The limit that stopped the parser; `serde` errors can only carry text.
    limit: std::cell::RefCell<Option<ErrorKind>>,
}

impl Build<'_> {
    fn run(&self, text: &str) -> Result<Node, serde_yaml::Error> {
        Seed(self).deserialize(serde_yaml::Deserializer::from_str(text))
    }

    /// The limit that stopped the parser, else what the parser says.
    fn cause(&self, error: &serde_yaml::Error) -> ErrorKind {
        let limit = self.limit.borrow_mut().take();
        limit.unwrap_or_else(|| ErrorKind::Yaml(error.to_string().replace(MARK, "")))
    }

    fn count<E: de::Error>(&self, bytes: usize) -> Result<(), E> {
        let counted = self.budget.nodes(1).and_then(|()| self.budget.text(bytes as u64));
        counted.map_err(|kind| {
            let error = E::custom(&kind);
            *self.limit.borrow_mut() = Some(kind);
            error
        })
    }
}

#[derive(Clone, Copy)]
struct Seed<'a>(&'a Build<'a>);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

fn text(value: &str) -> Node {
    match value.strip_prefix(MARK) {
        Some(rest) => Node::quoted(rest.replace(MARK, "")),
        None => Node::plain(value.replace(MARK, "")),
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        self.0.count(0)?;
        Ok(Node::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Node, E> {
        self.visit_unit()
    }

    fn visit_some<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
        self.0.count(0)?;
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node, E> {
        self.0.count(0)?;
        Ok(Node::Number(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
        self.0.count(0)?;
        Ok(Node::Number(value.into()))
    }

    #[expect(clippy::cast_precision_loss, reason = "integers beyond 64 bits are kept as floats, as YAML readers do")]
    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Node, E> {
        self.visit_f64(value as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "integers beyond 64 bits are kept as floats, as YAML readers do")]
    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Node, E> {
        self.visit_f64(value as f64)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node, E> {
        self.0.count(0)?;
        Ok(Node::Number(value.into()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Node, E> {
        self.0.count(value.len())?;
        Ok(text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        self.0.count(0)?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        self.0.count(0)?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key_seed(self)? {
            let key = key_text(key).ok_or_else(|| de::Error::custom("a mapping key must be a name or a number"))?;
            let value = entries.next_value_seed(self)?;
            if map.contains_key(&key) {
                return Err(de::Error::custom(format!("duplicate key {key:?}")));
            }
            map.insert(key, value);
        }
        Ok(Node::Map(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Node, A::Error> {
        self.0.count(0)?;
        let (tag, contents) = data.variant::<String>()?;
        let value = contents.newtype_variant_seed(self)?;
        Ok(Node::Tagged(tag.trim_start_matches('!').to_owned(), Box::new(value)))
    }
}

fn key_text(key: Node) -> Option<String> {
    match key {
        Node::Text { text, .. } => Some(text),
        Node::Number(number) => Some(number.to_string()),
        Node::Bool(value) => Some(value.to_string()),
        Node::Null => Some("null".into()),
        Node::List(_) | Node::Map(_) | Node::Tagged(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Node, ErrorKind> {
        parse(text, &Budget::new())
    }

    #[test]
    fn quotes_and_tags_survive() {
        let node = load("a: \"x * 2\"\nb: x * 2\nc: !T {d: 'e'}\n1: N\n").unwrap();
        assert_eq!(node.get("a"), Some(&Node::quoted("x * 2")));
        assert_eq!(node.get("b"), Some(&Node::plain("x * 2")));
        assert!(matches!(node.get("c"), Some(Node::Tagged(tag, _)) if tag == "T"));
        assert_eq!(node.get("1"), Some(&Node::plain("N")));
    }

    /// Marking must not change what a file says.
    #[test]
    fn marks_change_nothing_else() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/frontend");
        let mut checked = 0;
        for folder in ["inputs", "recorded"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
                let plain: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
                assert!(quotes::mark(&text).is_ok_and(|marked| marked.len() >= text.len()));
                assert_eq!(untagged(plain), load(&text).unwrap().to_value());
                checked += 1;
            }
        }
        assert!(checked > 30);
    }

    fn untagged(value: serde_yaml::Value) -> serde_yaml::Value {
        use serde_yaml::Value;
        match value {
            Value::Tagged(tagged) => untagged(tagged.value),
            Value::Sequence(items) => Value::Sequence(items.into_iter().map(untagged).collect()),
            Value::Mapping(map) => Value::Mapping(map.into_iter().map(|(k, v)| (k, untagged(v))).collect()),
            scalar => scalar,
        }
    }

    #[test]
    fn duplicates_and_alias_bombs_are_errors() {
        let twice = load("x: {a: 1, a: 2}").unwrap_err();
        assert!(twice.to_string().contains("duplicate key \"a\""), "{twice}");
        let mut bomb = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for i in 1..12 {
            let previous = format!("*a{}", i - 1);
            bomb.push_str(&["a", &i.to_string(), ": &a", &i.to_string(), " ["].concat());
            bomb.push_str(&vec![previous; 9].join(", "));
            bomb.push_str("]\n");
        }
        assert!(load(&bomb).is_err());
        let long = "x".repeat(100_000);
        let wide = format!("a: &a {long}\nb: [{}]\n", vec!["*a"; 5_000].join(","));
        assert!(matches!(load(&wide), Err(ErrorKind::TooLarge { .. })));
    }
}
