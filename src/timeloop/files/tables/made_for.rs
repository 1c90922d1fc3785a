//! What the component of a table was when its energies were estimated. A table for another component has the energies of that one.

use indexmap::IndexMap;
use serde_yaml::Value;

use crate::architecture::Level;
use crate::timeloop::files::node::{FormatError, Node};

/// Attributes of a component, as far as they are known: name and value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct MadeFor(IndexMap<String, String>);

/// An attribute that is another one than in the table: its name, its value there, its value here.
pub(super) type Difference = (String, String, String);

impl MadeFor {
    /// The `attributes` of a table's entry.
    ///
    /// # Errors
    ///
    /// If they are no map, or one is a map or a list.
    pub(super) fn read(attributes: &Node) -> Result<Self, FormatError> {
        let pairs = attributes.entries()?.into_iter().map(|(key, node)| Ok((key, node.text()?)));
        pairs.collect::<Result<_, FormatError>>().map(Self)
    }

    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn of(attributes: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(attributes.into_iter().collect())
    }

    /// Attributes that a level has otherwise. Its size counts as it was resolved (rows may be stated in several ways), the rest
    /// as its description states it; what that does not state is no difference.
    pub(super) fn differences_of_level(&self, level: &Level, element: Option<&Value>) -> Vec<Difference> {
        let width = level.word_bits.checked_mul(level.block_size).and_then(|bits| bits.checked_mul(level.cluster_size));
        let resolved = [("depth", level.size.map(|words| words / level.block_size.max(1))), ("width", width)]
            .map(|(key, size)| (key, size.map(|size| size.to_string())));
        self.differences(|key| match resolved.iter().find(|(name, _)| *name == key) {
            Some((_, size)) => size.clone(),
            None => stated_as(element, key),
        })
    }

    /// Attributes that compute units have otherwise.
    pub(super) fn differences_of_units(&self, element: Option<&Value>) -> Vec<Difference> {
        self.differences(|key| stated_as(element, key))
    }

    fn differences(&self, own: impl Fn(&str) -> Option<String>) -> Vec<Difference> {
        let difference = |(key, old): (&String, &String)| {
            let new = own(key).filter(|new| !is_same(old, new))?;
            Some((key.clone(), old.clone(), new))
        };
        self.0.iter().filter_map(difference).collect()
    }
}

/// What an element says of an attribute, or of its class.
fn stated_as(element: Option<&Value>, key: &str) -> Option<String> {
    let element = Node::root(element?);
    if key == "class" {
        element.first(&["subclass", "class"])?.scalar()
    } else {
        element.get("attributes")?.get(key)?.scalar()
    }
}

/// Whether two values of an attribute mean the same: `65nm` and `65`, `1e-9` and `1.0e-09`.
fn is_same(old: &str, new: &str) -> bool {
    let plain = |text: &str| text.trim().trim_end_matches("nm").trim().to_owned();
    let (old, new) = (plain(old), plain(new));
    let number = |text: &str| text.parse::<f64>().ok();
    #[expect(clippy::float_cmp, reason = "both are as they were written")]
    match number(&old).zip(number(&new)) {
        Some((old, new)) => old == new,
        None => old == new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_mean_the_same_are_no_difference() {
        let made_for = MadeFor::of(
            [("technology", "65nm"), ("cycle", "1e-9"), ("class", "intmac"), ("width", "8")]
                .map(|(key, value)| (key.to_owned(), value.to_owned())),
        );
        let stated =
            serde_yaml::from_str("{class: fpmac, attributes: {technology: 45, cycle: 1.0e-09, other: 3}}").unwrap();
        let named: Vec<String> =
            made_for.differences_of_units(Some(&stated)).into_iter().map(|(key, ..)| key).collect();
        assert_eq!(named, ["technology", "class"]);
        let same = serde_yaml::from_str("{class: intmac, attributes: {technology: 65}}").unwrap();
        assert!(made_for.differences_of_units(Some(&same)).is_empty());
    }
}
