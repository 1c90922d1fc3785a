//! A sweep as a file: everything that the command line can say, so that an experiment is one committed file.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use thiserror::Error;

use super::space::{Variation, VariedValues};
use crate::architecture::presets;
use crate::names::suggestion;
use crate::timeloop::frontend::load::Node;
use crate::timeloop::frontend::{Document, Errors, LoadOptions, Source, load_sources};

/// What a sweep file says; `None` and empty lists where it says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SweepFile {
    /// ONNX files and folders.
    pub models: Vec<PathBuf>,
    /// Presets, or description files with commas between.
    pub arch: Vec<String>,
    /// What is varied.
    pub set: Vec<Variation>,
    /// Conditions on designs.
    pub conditions: Vec<String>,
    /// Name of the objective.
    pub objective: Option<String>,
    /// How many of the best designs get folders.
    pub best: Option<u64>,
    /// Whether every design is searched.
    pub exhaustive: Option<bool>,
    /// What charts and tables call the parameters, by path.
    pub labels: IndexMap<String, String>,
    /// Metrics of additional charts.
    pub metrics: Vec<String>,
    /// Width of the charts.
    pub chart_size: Option<String>,
    /// File formats of the charts.
    pub chart_format: Vec<String>,
}

/// The keys of a sweep file.
const KEYS: [&str; 11] = [
    "models",
    "arch",
    "set",
    "where",
    "objective",
    "best",
    "exhaustive",
    "labels",
    "metrics",
    "chart_size",
    "chart_format",
];

/// Why a file is no sweep.
#[derive(Clone, Debug, PartialEq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SweepFileError {
    #[error(transparent)]
    Yaml(#[from] Errors),
    /// A line for each error.
    #[error("{}", .0.join("\n"))]
    Keys(Vec<String>),
}

impl SweepFile {
    /// Reads a file; paths in it are relative to its folder.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or a key is unknown or has a value of another kind.
    pub fn read(path: &Path) -> Result<Self, SweepFileError> {
        let document = load_sources(&[Source::File(path.to_owned())], &LoadOptions::default())?;
        let mut reader = Reader { document: &document, errors: Vec::new() };
        let file = reader.file(path.parent().unwrap_or(Path::new("")));
        if reader.errors.is_empty() { Ok(file) } else { Err(SweepFileError::Keys(reader.errors)) }
    }
}

struct Reader<'d> {
    document: &'d Document,
    errors: Vec<String>,
}

impl Reader<'_> {
    fn file(&mut self, folder: &Path) -> SweepFile {
        for key in self.document.keys.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            let place = self.document.place(key).file_and_line();
            self.errors.push(format!("{place}: unknown key `{key}`{}", suggestion(key, KEYS)));
        }
        SweepFile {
            models: self.texts("models").into_iter().map(|path| folder.join(path)).collect(),
            arch: self.texts("arch").iter().map(|text| below(folder, text)).collect(),
            set: self.variations(),
            conditions: self.texts("where"),
            objective: self.text("objective"),
            best: self.number("best"),
            exhaustive: self.flag("exhaustive"),
            labels: self.labels(),
            metrics: self.texts("metrics"),
            chart_size: self.text("chart_size"),
            chart_format: self.texts("chart_format"),
        }
    }

    fn wrong(&mut self, path: &str, expected: &str, found: &Node) {
        let place = self.document.place(path);
        self.errors.push(format!("{place}: expected {expected}, found {}", found.describe()));
    }

    /// What stands under a key, if anything does.
    fn node(&self, key: &str) -> Option<Node> {
        self.document.keys.get(key).filter(|node| **node != Node::Null).cloned()
    }

    /// A text or a list of texts; numbers in conditions are texts, too.
    fn texts(&mut self, key: &str) -> Vec<String> {
        let Some(node) = self.node(key) else { return Vec::new() };
        let items = if let Node::List(items) = &node { items.as_slice() } else { std::slice::from_ref(&node) };
        let mut texts = Vec::new();
        for item in items {
            match item {
                Node::Text { text, .. } => texts.push(text.clone()),
                other => self.wrong(key, "a text or a list of texts", other),
            }
        }
        texts
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let node = self.node(key)?;
        let text = node.as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong(key, "a text", &node);
        }
        text
    }

    fn number(&mut self, key: &str) -> Option<u64> {
        let node = self.node(key)?;
        let number = node.as_i64().and_then(|number| u64::try_from(number).ok());
        if number.is_none() {
            self.wrong(key, "a whole number", &node);
        }
        number
    }

    fn flag(&mut self, key: &str) -> Option<bool> {
        let node = self.node(key)?;
        if let Node::Bool(flag) = node {
            return Some(flag);
        }
        self.wrong(key, "true or false", &node);
        None
    }

    fn variations(&mut self) -> Vec<Variation> {
        let Some(node) = self.node("set") else { return Vec::new() };
        let Node::Map(map) = node else {
            self.wrong("set", "a mapping of paths to values", &node);
            return Vec::new();
        };
        let variation = |(path, values)| Variation { path, values: VariedValues::Node(values), label: None };
        map.into_iter().map(variation).collect()
    }

    fn labels(&mut self) -> IndexMap<String, String> {
        let Some(node) = self.node("labels") else { return IndexMap::new() };
        let Node::Map(map) = node else {
            self.wrong("labels", "a mapping of paths to texts", &node);
            return IndexMap::new();
        };
        let mut labels = IndexMap::new();
        for (path, label) in map {
            match &label {
                Node::Text { text, .. } => drop(labels.insert(path, text.clone())),
                other => self.wrong("labels", "a mapping of paths to texts", other),
            }
        }
        labels
    }
}

/// A preset, or files below a folder with commas between.
fn below(folder: &Path, text: &str) -> String {
    if folder.join(text).exists() && presets::find(text).is_none() {
        return folder.join(text).display().to_string();
    }
    let part = |part: &str| {
        if presets::find(part).is_some() { part.to_owned() } else { folder.join(part).display().to_string() }
    };
    text.split(',').map(part).collect::<Vec<_>>().join(",")
}
