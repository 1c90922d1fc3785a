//! Lines of files where keys stand, for messages.
//!
//! A place is looked for only when a message names it, in the text of the file: the tree that the loader builds knows no lines.

use indexmap::IndexMap;
use serde::de::{self, DeserializeSeed, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor};
use std::fmt;

use super::tree::Node;

/// The texts of files by their names, as they were written and as their templates were rendered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts(IndexMap<String, Text>);

#[derive(Clone, Debug)]
struct Text {
    written: String,
    /// `None` for files without templates.
    rendered: Option<String>,
}

impl Texts {
    /// Adds a file.
    pub(crate) fn add(&mut self, name: &str, written: &str, rendered: Option<&str>) {
        let rendered = rendered.filter(|rendered| *rendered != written).map(str::to_owned);
        self.0.insert(name.to_owned(), Text { written: written.to_owned(), rendered });
    }

    /// The line of a key path in a file, or of the innermost part of it that stands there; counted from 1.
    pub(crate) fn line(&self, name: &str, path: &str) -> Option<usize> {
        let Text { written, rendered } = self.0.get(name)?;
        let Some(rendered) = rendered else { return line_of(written, path) };
        // A rendered line has its number in the file if the file has the same line, once.
        let line = rendered.lines().nth(line_of(rendered, path)? - 1)?;
        let mut found = written.lines().enumerate().filter(|(_, written)| *written == line);
        let number = found.next()?.0 + 1;
        found.next().is_none().then_some(number)
    }
}

/// One step of a key path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step<'p> {
    Key(&'p str),
    Item(usize),
}

/// `a.b[3].c`, step by step.
fn steps(path: &str) -> Vec<Step<'_>> {
    let mut found = Vec::new();
    for part in path.split('.') {
        let (key, items) = part.split_at(part.find('[').unwrap_or(part.len()));
        if !key.is_empty() {
            found.push(Step::Key(key));
        }
        let numbers = items.split(['[', ']']).filter(|number| !number.is_empty());
        found.extend(numbers.map(|number| number.parse().map_or(Step::Key(number), Step::Item)));
    }
    found
}

/// The node at a path below another one; tags are looked through.
pub(crate) fn node_at<'n>(node: &'n Node, path: &str) -> Option<&'n Node> {
    steps(path).into_iter().try_fold(untagged(node), |node, step| {
        let next = match step {
            Step::Key(key) => node.get(key)?,
            Step::Item(index) => node.as_list()?.get(index)?,
        };
        Some(untagged(next))
    })
}

fn untagged(node: &Node) -> &Node {
    if let Node::Tagged(_, inner) = node { untagged(inner) } else { node }
}

/// The line of the innermost part of a path that a YAML text has.
fn line_of(text: &str, path: &str) -> Option<usize> {
    let steps = steps(path);
    (1..=steps.len()).rev().find_map(|length| {
        let walk = Walk(&steps[..length]);
        let error = walk.deserialize(serde_yaml::Deserializer::from_str(text)).err()?;
        let is_found = error.to_string().contains(FOUND);
        error.location().filter(|_| is_found).map(|location| location.line())
    })
}

/// Message of the error that ends a walk at the end of its path. The parser adds the line to it.
const FOUND: &str = "the end of the path";

/// Follows a path; an error that says [`FOUND`] ends it.
#[derive(Clone, Copy)]
struct Walk<'p>(&'p [Step<'p>]);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.0.is_empty() { deserializer.deserialize_any(End) } else { deserializer.deserialize_any(self) }
    }
}

/// The end of a path that ends with an item of a list: whatever stands there is not what is expected.
struct End;

impl Visitor<'_> for End {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(FOUND)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list or a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let wanted = match self.0.split_first() {
            Some((Step::Key(key), rest)) => Some((*key, rest)),
            _ => None,
        };
        let key =
            Key { wanted: wanted.map(|(key, _)| key), ends_here: wanted.is_some_and(|(_, rest)| rest.is_empty()) };
        while let Some(is_wanted) = entries.next_key_seed(key)? {
            match wanted.filter(|_| is_wanted) {
                Some((_, rest)) => entries.next_value_seed(Walk(rest))?,
                None => entries.next_value::<IgnoredAny>().map(drop)?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        if let Some((Step::Item(index), rest)) = self.0.split_first() {
            for _ in 0..*index {
                items.next_element::<IgnoredAny>()?;
            }
            items.next_element_seed(Walk(rest))?;
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<(), A::Error> {
        let (_, contents) = data.variant::<String>()?;
        contents.newtype_variant_seed(self)
    }
}

/// Whether a key is the wanted one.
#[derive(Clone, Copy)]
struct Key<'p> {
    wanted: Option<&'p str>,
    ends_here: bool,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = bool;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<bool, E> {
        let is_wanted = self.wanted == Some(key);
        if is_wanted && self.ends_here { Err(E::custom(FOUND)) } else { Ok(is_wanted) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# A design.
architecture:
  version: 0.4
  nodes:
  - !Component
    name: DRAM
    attributes: {depth: 3,
      width: 8}
  - !Container {name: \"PE\", spatial: {meshX: 14}}
  - - name: inner
      7: x
problem: *p
";

    #[test]
    fn keys_have_the_line_on_which_they_stand() {
        let text = TEXT.replace("*p", "1");
        let line = |path: &str| line_of(&text, path).unwrap_or(0);
        let paths = [
            "architecture",
            "architecture.version",
            "architecture.nodes",
            "architecture.nodes[0]",
            "architecture.nodes[0].name",
            "architecture.nodes[0].attributes.width",
            "architecture.nodes[1].spatial.meshX",
            "architecture.nodes[2][0].name",
            "architecture.nodes[2][0].7",
            "problem",
        ];
        assert_eq!(paths.map(line), [2, 3, 4, 5, 6, 8, 9, 10, 11, 12]);
    }

    #[test]
    fn a_path_that_is_not_there_has_the_line_of_its_innermost_part() {
        let text = TEXT.replace("*p", "1");
        let line = |path: &str| line_of(&text, path);
        assert_eq!(line("architecture.nodes[0].attributes.banks"), Some(7));
        assert_eq!(line("architecture.nodes[9].attributes"), Some(4));
        assert_eq!((line("mapper.timeout"), line("")), (None, None));
        assert_eq!((line_of("a: [", "a.b"), line_of("[", "a.b")), (Some(1), None));
    }

    #[test]
    fn rendered_lines_are_found_where_they_stand_once() {
        let mut texts = Texts::default();
        let written = "{% for i in [1, 2] %}\na{{ i }}:\n  same: 1\n{% endfor %}\nlast: 2\n";
        texts.add("f", written, Some("\na1:\n  same: 1\n\na2:\n  same: 1\n\nlast: 2\n"));
        assert_eq!(
            (texts.line("f", "last"), texts.line("f", "a1.same"), texts.line("f", "a1")),
            (Some(5), Some(3), None)
        );
        assert_eq!(texts.line("g", "last"), None);
    }

    #[test]
    fn nodes_are_found_behind_tags() {
        let inner = Node::Map([("b".to_owned(), Node::List(vec![Node::int(1), Node::int(2)]))].into_iter().collect());
        let tree = Node::Map([("a".to_owned(), Node::Tagged("T".into(), Box::new(inner)))].into_iter().collect());
        assert_eq!((node_at(&tree, "a.b[1]"), node_at(&tree, "a.c")), (Some(&Node::int(2)), None));
    }
}
