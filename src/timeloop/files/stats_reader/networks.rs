//! The networks between the levels. Most runs print none: without energy they are hidden.

use std::sync::LazyLock;

use regex::Regex;

use super::line::{Line, Part};
use super::number::real;

/// A printed network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkStats {
    /// `outer <==> inner`, or the name of an explicit one.
    pub name: String,
    /// Energy of all instances, in pJ.
    pub energy_pj: Option<f64>,
    /// For each data space, the mean number of instances that a word reaches at once; absent if nothing moves.
    pub multicast: Vec<(String, Option<f64>)>,
}

/// `@multicast 2 @scatter 4: 64.00`.
static INGRESS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^@multicast (\d+)(?: @scatter \d+)?$").expect("a valid expression"));

/// A line of dashes, or an empty one.
fn is_rule(line: &str) -> bool {
    line.trim().chars().all(|character| character == '-')
}

/// Collects one network.
#[derive(Default)]
pub(super) struct Reader {
    network: NetworkStats,
    is_stats: bool,
    /// Of all instances, and of one.
    energies: [Vec<Option<f64>>; 2],
    /// Whether it is a tree, of which Timeloop counts one instance.
    is_tree: bool,
    /// Of the data space at hand: words, and words times the instances that each reaches.
    words: (f64, f64),
}

impl Reader {
    pub(super) fn line(&mut self, line: Line) {
        match line {
            // Between the heading with its rule and the first part.
            Line::Other(name) if self.network.name.is_empty() && !is_rule(name) => {
                name.trim().clone_into(&mut self.network.name);
            }
            Line::Part(part) => self.is_stats = part == Part::Stats,
            Line::Heading(name) if self.is_stats => {
                self.close();
                self.network.multicast.push((name.to_owned(), None));
            }
            Line::Field { key: "Type", value, .. } if !self.is_stats => self.is_tree = value == "ReductionTree",
            Line::Field { key, value, .. } if self.is_stats => self.field(key, value),
            _ => {}
        }
    }

    fn field(&mut self, key: &str, value: &str) {
        if let Some(found) = INGRESS.captures(key) {
            if let (Some(reached), Some(words)) = (real(&found[1]), real(value)) {
                self.words = (self.words.0 + words, self.words.1 + words * reached);
            }
        } else {
            let (what, of) = key.rsplit_once(" (").unwrap_or_default();
            let is_energy = ["Energy", "Link transfer energy", "Spatial Reduction Energy"];
            if is_energy.iter().any(|name| what.eq_ignore_ascii_case(name)) {
                match of {
                    "total)" => self.energies[0].push(real(value)),
                    "per-instance)" => self.energies[1].push(real(value)),
                    _ => {}
                }
            }
        }
    }

    /// Ends the data space at hand.
    fn close(&mut self) {
        let (words, reached) = std::mem::take(&mut self.words);
        if let Some((_, mean)) = self.network.multicast.last_mut().filter(|_| words > 0.0) {
            *mean = Some(reached / words);
        }
    }

    pub(super) fn finish(mut self) -> Option<NetworkStats> {
        self.close();
        self.network.energy_pj = self.energies[usize::from(self.is_tree)].iter().copied().sum();
        (!self.network.name.is_empty()).then_some(self.network)
    }
}
