//! Numbers that Timeloop prints in `stats.txt` and that no record has, as metrics of layers.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use regex::Regex;

use crate::results::{LayerResult, NetworkResults};

/// Network, label of the run, and distinct problem of a layer.
type LayerKey = (String, String, String);

/// Where the printed statistics of layers are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    files: BTreeMap<LayerKey, PathBuf>,
}

/// A text that stands in statistics, and the number on its line in those of each layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedMetric {
    /// The text, perhaps with a level in front: `shared_glb:Op per Byte`.
    pub text: String,
    /// The number as it is printed.
    values: BTreeMap<LayerKey, String>,
}

/// What every `stats.txt` of today's version prints with a number. A run is planned before it has statistics.
const PRINTED: [&str; 46] = [
    "Address Generation Energy (per-cluster)",
    "Address Generation Energy (total)",
    "Address generations (per-cluster)",
    "Area",
    "Bandwidth Consumption Scale",
    "Bandwidth throttling",
    "Block size",
    "Cluster size",
    "Compute energy",
    "Computes (total)",
    "Cycles",
    "Effective size",
    "Energy (per-instance)",
    "Energy (per-scalar-access)",
    "Energy (total)",
    "Instances",
    "Instances sharing power gating",
    "Leakage energy (total)",
    "Min utilization",
    "Multiple buffering",
    "Non-power-gated utilization",
    "Op per Byte",
    "Optimal Op per Byte",
    "Partition size",
    "Per-instance-cycle leakage",
    "Read Bandwidth (per-instance)",
    "Read Bandwidth (total)",
    "Scalar fills (per-instance)",
    "Scalar reads (per-instance)",
    "Scalar updates (per-instance)",
    "Shared Bandwidth (per-instance)",
    "Shared Bandwidth (total)",
    "Temporal Reduction Energy (per-instance)",
    "Temporal Reduction Energy (total)",
    "Temporal reductions (per-instance)",
    "Total elementwise ops",
    "Total memory accesses required",
    "Total ops",
    "Total reduction ops",
    "Total scalar accesses",
    "Utilized capacity",
    "Utilized clusters (max)",
    "Utilized instances (max)",
    "Vector access energy",
    "Word bits",
    "Write Bandwidth (total)",
];

static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?").expect("a valid expression"));

impl Statistics {
    /// Adds the file of a distinct problem of a run.
    pub fn add(&mut self, run: &NetworkResults, problem: &str, file: PathBuf) {
        self.files.insert((run.network.clone(), run.label(), problem.to_owned()), file);
    }

    /// Whether no layer has statistics.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The metric of a text, if the statistics of some layer have a number on its line.
    pub(super) fn metric(&self, text: &str) -> Option<PrintedMetric> {
        let value = |(key, file): (&LayerKey, &PathBuf)| {
            let statistics = fs::read(file).ok()?;
            Some((key.clone(), printed(&String::from_utf8_lossy(&statistics), text)?.to_owned()))
        };
        let values: BTreeMap<_, _> = self.files.iter().filter_map(value).collect();
        (!values.is_empty()).then(|| PrintedMetric { text: text.to_owned(), values })
    }
}

impl PrintedMetric {
    /// The metric of a text that statistics will have, before there are any.
    pub(super) fn expected(text: &str) -> Option<Self> {
        let (_, key) = text.split_once(':').unwrap_or(("", text));
        let key = key.trim();
        let is_printed = key.len() > 2 && PRINTED.iter().any(|printed| printed.contains(key));
        is_printed.then(|| Self { text: text.to_owned(), values: BTreeMap::new() })
    }

    /// The number of a layer of a run.
    pub(super) fn of_layer(&self, run: &NetworkResults, layer: &LayerResult) -> Option<f64> {
        let key = (run.network.clone(), run.label(), layer.problem.clone());
        self.values.get(&key)?.parse().ok()
    }
}

/// The number on the last line that begins with a text, or else that has it anywhere: behind the text, else before it. With
/// `LEVEL:` in front, of the lines below the heading of that level.
fn printed<'a>(statistics: &'a str, wanted: &str) -> Option<&'a str> {
    let heading = |line: &'a str| line.trim().strip_prefix("=== ")?.strip_suffix(" ===");
    let of_level =
        wanted.split_once(':').filter(|(level, _)| statistics.lines().any(|line| heading(line) == Some(level)));
    let (level, text) = of_level.map_or((None, wanted), |(level, text)| (Some(level), text));
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let (mut section, mut beginning, mut within) = (None, None, None);
    for line in statistics.lines() {
        if let Some(name) = heading(line) {
            section = Some(name);
        } else if !line.starts_with(' ') && !line.trim().is_empty() {
            section = None;
        }
        if level.is_some() && level != section {
            continue;
        }
        let Some(number) = number_beside(line, text) else { continue };
        if line.trim_start().starts_with(text) {
            beginning = Some(number);
        } else {
            within = Some(number);
        }
    }
    beginning.or(within)
}

fn number_beside<'a>(line: &'a str, text: &str) -> Option<&'a str> {
    let (before, after) = line.split_once(text)?;
    let number = NUMBER.find(after).or_else(|| NUMBER.find_iter(before).last())?;
    Some(number.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Level 1
-------
=== glb ===
    SPECS
        Word bits               : 16
        Area                    : 12.50 um^2
=== DRAM ===
        Read Bandwidth (total)  : 0.65 words/cycle

    Optimal Op per Byte         : 905.24
=== glb ===
    Op per Byte                 : 0.33
=== DRAM ===
    Op per Byte                 : 77.79

Summary Stats
GFLOPs (@1GHz): 511.99
EDP(J*cycle): 8.13e+06
";

    #[test]
    fn a_text_has_the_number_on_its_last_line() {
        let number = |wanted: &str| printed(TEXT, wanted);
        assert_eq!(number("Op per Byte"), Some("77.79"));
        assert_eq!(number("glb:Op per Byte"), Some("0.33"));
        assert_eq!(number("Optimal Op"), Some("905.24"));
        assert_eq!(number("words/cycle"), Some("0.65"));
        assert_eq!(
            (number("bits"), number("EDP(J*cycle):"), number("@1GHz):")),
            (Some("16"), Some("8.13e+06"), Some("511.99"))
        );
        assert_eq!(
            (number("SPECS"), number("DRAM:Word bits"), number(""), number("nothing")),
            (None, None, None, None)
        );
    }

    #[test]
    fn a_run_accepts_texts_that_it_will_print() {
        let expected = ["Op per Byte", "glb: Op per Byte", "Utilized instances (max)", "cycels", "Op"];
        assert_eq!(expected.map(|text| PrintedMetric::expected(text).is_some()), [true, true, true, false, false]);
    }
}
