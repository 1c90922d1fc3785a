//! Where results come from.

use serde::{Deserialize, Serialize};

/// Where results come from. No time: the same run makes the same files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Name and version of this tool.
    pub tool: String,
    /// What was read: name, and BLAKE3 of its bytes.
    pub inputs: Vec<(String, String)>,
    /// Other facts, such as options, the mapper's settings, the source of energies: name, value.
    pub facts: Vec<(String, String)>,
}

impl Provenance {
    /// Adds something that was read, once.
    pub(crate) fn add_input(&mut self, source: &str, blake3: Option<&str>) {
        let input = (source.to_owned(), blake3.unwrap_or_default().to_owned());
        if !self.inputs.contains(&input) {
            self.inputs.push(input);
        }
    }

    /// Adds a fact, once.
    pub(crate) fn add_fact(&mut self, name: &str, value: &str) {
        let fact = (name.to_owned(), value.to_owned());
        if !self.facts.contains(&fact) {
            self.facts.push(fact);
        }
    }
}
