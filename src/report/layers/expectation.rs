//! What a network's layers are expected to be: a file that people read, edit and commit, and CI compares with.

use std::fmt::{self, Write};

use indexmap::IndexMap;
use serde::Deserialize;

use super::LayerRecord;
use crate::timeloop::files::yaml::{list, text};
use crate::workload::Network;

/// An expectation. `network` tells people what it was written for and is not compared. Only what it states is compared: a person may leave fields out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    #[expect(dead_code, reason = "a file may state it")]
    network: Option<String>,
    inputs: Option<IndexMap<String, Vec<Option<u64>>>>,
    macs: Option<u64>,
    macs_not_on_padding: Option<u64>,
    /// Absent: any. Empty: none.
    layers: Option<Vec<ExpectedLayer>>,
}

/// A layer by name, and the fields of its record that are stated.
#[derive(Clone, Debug, Deserialize)]
struct ExpectedLayer {
    name: String,
    #[serde(flatten)]
    fields: IndexMap<String, serde_json::Value>,
}

/// One way in which a network differs from its expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The layer, or the network itself.
    pub place: String,
    /// Field that differs, such as `macs`.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Fields that an expectation is written with, in this order, where a layer has them.
const WRITTEN: [&str; 13] =
    ["op", "input", "weight", "stride", "dilation", "pads", "groups", "output", "batch", "m", "n", "k", "executions"];

/// The text of an expectation that the network meets: one line a layer.
pub fn write_expectation(network: &Network, records: &[LayerRecord]) -> String {
    let mut out = String::from(
        "# Expected layers. `onnx2timeloop check` compares what is stated here; leave out what does not matter.\n",
    );
    let _ = writeln!(out, "network: {}", text(&network.name));
    out.push_str("inputs:\n");
    for (name, dims) in &network.inputs {
        let dims = list(dims.iter().map(|dim| dim.map_or_else(|| "null".to_owned(), |size| size.to_string())));
        let _ = writeln!(out, "  {}: {dims}", text(name));
    }
    let _ = writeln!(out, "macs: {}\nmacs_not_on_padding: {}", network.macs, network.macs_not_on_padding);
    out.push_str(if records.is_empty() { "layers: []\n" } else { "layers:\n" });
    for record in records {
        let _ = write!(out, "- {{name: {}", text(&record.name));
        let value = serde_json::to_value(record).unwrap_or_default();
        let is_default = |name: &str, value: &serde_json::Value| match name {
            "executions" | "groups" => *value == 1,
            "batch" => record.kind != "matmul" || *value == 1,
            _ => false,
        };
        for name in WRITTEN {
            if let Some(value) = value.get(name).filter(|value| !is_default(name, value)) {
                let _ = write!(out, ", {name}: {}", shown(value));
            }
        }
        let _ = writeln!(out, ", macs: {}}}", record.macs);
    }
    out
}

fn shown(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Array(items) => list(items.iter().map(shown)),
        serde_json::Value::String(value) => text(value),
        other => other.to_string(),
    }
}

impl Expectation {
    /// Whether nothing is stated that could differ.
    pub fn is_empty(&self) -> bool {
        let Self { network: _, inputs, macs, macs_not_on_padding, layers } = self;
        inputs.is_none() && macs.is_none() && macs_not_on_padding.is_none() && layers.is_none()
    }

    /// Reads an expectation.
    ///
    /// # Errors
    ///
    /// Where the text is not of the form.
    pub fn read(text: &str) -> Result<Self, serde_yaml::Error> {
        serde_yaml::from_str(text)
    }

    /// The shapes of the network's inputs, as far as it states them.
    pub fn inputs(&self) -> Vec<(String, Vec<Option<u64>>)> {
        self.inputs.iter().flatten().map(|(name, shape)| (name.clone(), shape.clone())).collect()
    }

    /// How the network differs, in the order of the expectation; empty if it meets it.
    pub fn compare(&self, network: &Network, records: &[LayerRecord]) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut differ = |place: &str, what: String| found.push(Difference { place: place.to_owned(), what });
        if let Some(expected) = &self.inputs {
            let actual: IndexMap<_, _> = network.inputs.iter().cloned().collect();
            if *expected != actual {
                differ("inputs", format!("expected {}, found {}", inputs(expected), inputs(&actual)));
            }
        }
        for (name, expected, actual) in [
            ("macs", self.macs, network.macs),
            ("macs_not_on_padding", self.macs_not_on_padding, network.macs_not_on_padding),
        ] {
            if expected.is_some_and(|expected| expected != actual) {
                differ(name, format!("expected {}, found {actual}", expected.unwrap_or_default()));
            }
        }
        if let Some(layers) = &self.layers {
            compare_layers(layers, records, &mut found);
        }
        found
    }
}

fn compare_layers(expected: &[ExpectedLayer], records: &[LayerRecord], found: &mut Vec<Difference>) {
    let mut differ = |place: &str, what: String| found.push(Difference { place: place.to_owned(), what });
    let by_name: IndexMap<&str, &LayerRecord> = records.iter().map(|record| (record.name.as_str(), record)).collect();
    let mut places: IndexMap<&str, usize> = IndexMap::new();
    for layer in expected {
        if places.insert(&layer.name, places.len()).is_some() {
            differ(&layer.name, "expected twice; names are unique".into());
        }
        let Some(record) = by_name.get(layer.name.as_str()) else {
            differ(&layer.name, "expected, but the network has no such layer".into());
            continue;
        };
        let actual = serde_json::to_value(record).unwrap_or_default();
        for (field, expected) in &layer.fields {
            match actual.get(field) {
                None => {
                    differ(&layer.name, format!("the layer has no field `{field}` (expected {})", shown(expected)));
                }
                Some(actual) if actual != expected => {
                    differ(&layer.name, format!("{field}: expected {}, found {}", shown(expected), shown(actual)));
                }
                Some(_) => {}
            }
        }
    }
    for record in records.iter().filter(|record| !places.contains_key(record.name.as_str())) {
        let what = format!("not expected: {} {} -> {}", record.op, list(&record.input), list(&record.output));
        differ(&record.name, what);
    }
    let common = expected.iter().map(|layer| layer.name.as_str()).filter(|name| by_name.contains_key(name));
    let ordered = records.iter().map(|record| record.name.as_str()).filter(|name| places.contains_key(name));
    if let Some((expected, actual)) = common.zip(ordered).find(|(a, b)| a != b) {
        differ("order", format!("expected `{expected}` where `{actual}` is"));
    }
}

fn inputs(inputs: &IndexMap<String, Vec<Option<u64>>>) -> String {
    let input = |(name, dims): (&String, &Vec<Option<u64>>)| {
        format!("{name} {}", list(dims.iter().map(|dim| dim.map_or_else(|| "?".to_owned(), |size| size.to_string()))))
    };
    inputs.iter().map(input).collect::<Vec<_>>().join(", ")
}
