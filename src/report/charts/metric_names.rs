//! What the names of metrics can refer to.

use super::statistics::{PrintedMetric, Statistics};
use crate::architecture::Architecture;
use crate::results::{LayerOutcome, NetworkResults};

/// Components, each with the data spaces that it may keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricNames {
    components: Vec<(String, Vec<String>)>,
    statistics: Statistics,
    /// Whether statistics are still to be printed.
    is_planned: bool,
}

impl MetricNames {
    /// Of everything that results have.
    pub fn of_results(results: &[NetworkResults]) -> Self {
        let mut names = Self::default();
        for layer in results.iter().flat_map(|run| &run.layers) {
            let LayerOutcome::Mapped(mapped) = &layer.outcome else { continue };
            for component in &mapped.components {
                names.add(&component.name, component.data_spaces.iter().map(|space| space.name.as_str()));
            }
        }
        names
    }

    /// Of what designs may have, before anything is known of them: every level may keep every data space.
    pub fn of_designs<'a>(
        architectures: impl IntoIterator<Item = &'a Architecture>,
        data_spaces: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let spaces: Vec<&str> = data_spaces.into_iter().collect();
        let mut names = Self { is_planned: true, ..Self::default() };
        for architecture in architectures {
            let mut inner = &architecture.arithmetic().name;
            names.add(inner, []);
            for level in architecture.levels() {
                names.add(&level.name, spaces.iter().copied());
                names.add(&format!("{} <==> {inner}", level.name), []);
                inner = &level.name;
            }
        }
        names
    }

    /// The names together with every text that statistics have a number beside.
    #[must_use]
    pub fn with_statistics(self, statistics: &Statistics) -> Self {
        Self { statistics: statistics.clone(), ..self }
    }

    /// The metric of a text in statistics.
    pub(super) fn printed(&self, text: &str) -> Option<PrintedMetric> {
        if self.is_planned { PrintedMetric::expected(text) } else { self.statistics.metric(text) }
    }

    /// The components, in order of first appearance.
    pub(super) fn components(&self) -> Vec<&str> {
        self.components.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The data spaces of a component; `None` if no component has the name.
    pub(super) fn data_spaces(&self, component: &str) -> Option<Vec<&str>> {
        let (_, spaces) = self.components.iter().find(|(name, _)| name == component)?;
        Some(spaces.iter().map(String::as_str).collect())
    }

    fn add<'a>(&mut self, component: &str, spaces: impl IntoIterator<Item = &'a str>) {
        let index = self.components.iter().position(|(name, _)| name == component).unwrap_or_else(|| {
            self.components.push((component.to_owned(), Vec::new()));
            self.components.len() - 1
        });
        let known = &mut self.components[index].1;
        for space in spaces {
            if !known.iter().any(|known_space| known_space == space) {
                known.push(space.to_owned());
            }
        }
    }
}
