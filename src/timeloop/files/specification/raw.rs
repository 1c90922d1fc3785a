//! What Timeloop's programs read themselves: processed files, and v0.3 trees with separate constraint files.
//!
//! Timeloop's programs join the texts of all files and read them as one document, in which of equal top-level keys the first
//! counts, anchors reach over files, and texts in place of numbers name entries of `variables`.

use std::fs;

use indexmap::IndexMap;
use serde_yaml::{Mapping, Value};

use super::SpecificationError;
use crate::timeloop::files::node::parse_document;
use crate::timeloop::frontend::load::Texts;
use crate::timeloop::frontend::{Source, Variables};

/// A file with its name.
#[derive(Clone, Debug)]
pub(super) struct Text {
    file: String,
    text: String,
}

impl Text {
    pub(super) fn read(source: &Source) -> Result<Self, SpecificationError> {
        match source {
            Source::Text { name, text } => Ok(Self { file: name.clone(), text: text.clone() }),
            Source::File(path) => {
                let file = path.display().to_string();
                match fs::read_to_string(path) {
                    Ok(text) => Ok(Self { file, text }),
                    Err(error) => Err(SpecificationError::Read { file, error }),
                }
            }
        }
    }

    /// Whether it needs the text layer of the front end.
    pub(super) fn has_template(&self) -> bool {
        self.lines().any(|line| ["{{", "{%", "!include", "<<<"].iter().any(|mark| line.contains(mark)))
    }

    /// Whether only the front end can read it: it has templates, or the looks of a v0.4 description.
    pub(super) fn needs_front_end(&self) -> bool {
        let tags = ["!Component", "!Container", "!Hierarchical", "!Parallel", "!Pipelined", "!Nothing"];
        self.has_template() || self.lines().any(|line| tags.iter().any(|tag| line.contains(tag)))
    }

    /// Whether a line begins with such a key.
    pub(super) fn mentions(&self, is_key: impl Fn(&str) -> bool) -> bool {
        self.lines().any(|line| line.split_once(':').is_some_and(|(key, _)| is_key(key.trim())))
    }

    /// Lines without comments.
    fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines().map(|line| line.split(" #").next().unwrap_or(line)).filter(|line| !line.starts_with('#'))
    }
}

/// The texts with their names, for the lines of messages.
pub(super) fn lines(texts: &[Text]) -> Texts {
    let mut lines = Texts::default();
    for Text { file, text } in texts {
        lines.add(file, text, None);
    }
    lines
}

/// One document of all texts, and remarks about keys that stand in several.
pub(super) fn merge(texts: &[Text]) -> Result<Merged, SpecificationError> {
    let mut first_error = None;
    let mut documents = Vec::new();
    for Text { file, text } in texts {
        match parse_document(text) {
            Ok(document) => documents.push((file, document)),
            Err(error) => {
                first_error.get_or_insert(SpecificationError::Yaml { file: file.clone(), error });
            }
        }
    }
    if let Some(error) = first_error {
        // An anchor of another file, perhaps.
        let joined: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
        let document = parse_document(&joined.join("\n")).map_err(|_| error)?;
        return match document {
            Value::Mapping(keys) => {
                let names: Vec<&str> = texts.iter().map(|text| text.file.as_str()).collect();
                let named = |key: &Value| Some((key.as_str()?.to_owned(), names.join(", ")));
                Ok(Merged { files: keys.keys().filter_map(named).collect(), keys, warnings: Vec::new() })
            }
            _ => {
                Err(SpecificationError::NoMap { file: texts.first().map(|text| text.file.clone()).unwrap_or_default() })
            }
        };
    }
    let mut merged = Merged::default();
    for (file, document) in documents {
        match document {
            Value::Null => {}
            Value::Mapping(map) => merged.add(file, map),
            _ => return Err(SpecificationError::NoMap { file: file.clone() }),
        }
    }
    Ok(merged)
}

/// The top-level keys of all files.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) keys: Mapping,
    /// The file of every key; all of them if an anchor of one file is used in another.
    pub(super) files: IndexMap<String, String>,
    /// Remarks about keys that stand in several files.
    pub(super) warnings: Vec<String>,
}

impl Merged {
    fn add(&mut self, file: &str, map: Mapping) {
        for (key, value) in map {
            let name = key.as_str().unwrap_or("?").to_owned();
            let Some(mine) = self.keys.get_mut(&key) else {
                self.keys.insert(key, value);
                self.files.insert(name, file.to_owned());
                continue;
            };
            let first = self.files.entry(name.clone()).or_default();
            if *mine == value || name == "version" || is_empty(&value) {
                continue;
            }
            if is_empty(mine) {
                self.warnings.push(format!("`{name}` is empty in {first}; using {file}"));
                *mine = value;
                file.clone_into(first);
            } else {
                self.warnings
                    .push(format!("`{name}` is defined in {first} and in {file}; using {first} (like Timeloop)"));
            }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(map) => {
            map.is_empty() || map.values().all(|value| value.as_sequence().is_some_and(Vec::is_empty))
        }
        _ => false,
    }
}

/// Puts values given from outside in the place of entries of `variables`.
pub(super) fn override_variables(document: &mut Value, given: &Variables) {
    let Some(variables) = document.get_mut("variables").and_then(Value::as_mapping_mut) else { return };
    for (name, value) in given {
        if let (Some(own), Ok(value)) = (variables.get_mut(name.as_str()), serde_yaml::to_value(value)) {
            *own = value;
        }
    }
}

/// Puts the values of top-level `variables` in the place of their names, where Timeloop's programs look for numbers: in
/// attributes and in the problem's instance.
pub(super) fn substitute_variables(document: &mut Value) {
    let Some(variables) = document.get("variables").and_then(Value::as_mapping).cloned() else { return };
    for key in ["architecture", "arch", "problem"] {
        if let Some(part) = document.get_mut(key) {
            substitute(part, &variables, false);
        }
    }
}

fn substitute(value: &mut Value, variables: &Mapping, numbers: bool) {
    match value {
        Value::String(name) if numbers => {
            let found = variables.get(name.as_str()).filter(|value| value.is_number() || value.is_string());
            if let Some(found) = found {
                *value = found.clone();
            }
        }
        Value::Sequence(items) => items.iter_mut().for_each(|item| substitute(item, variables, false)),
        Value::Mapping(map) => {
            for (key, value) in map.iter_mut() {
                let below = numbers || matches!(key.as_str(), Some("attributes" | "instance"));
                substitute(value, variables, below);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(files: &[(&str, &str)]) -> Result<Merged, SpecificationError> {
        let texts: Vec<Text> =
            files.iter().map(|(file, text)| Text { file: (*file).to_owned(), text: (*text).to_owned() }).collect();
        merge(&texts)
    }

    #[test]
    fn the_first_of_equal_keys_counts() {
        let Merged { keys: document, warnings, files } =
            merged(&[("a", "x: 1\ny: []\nz: 1"), ("b", "x: 2\ny: [3]\nz: 1")]).unwrap();
        assert_eq!((&document["x"], &document["y"][0], warnings.len()), (&Value::from(1), &Value::from(3), 2));
        assert_eq!((files["x"].as_str(), files["y"].as_str()), ("a", "b"));
        assert_eq!(warnings[0], "`x` is defined in a and in b; using a (like Timeloop)");
    }

    #[test]
    fn anchors_reach_over_files() {
        let Merged { keys: document, .. } = merged(&[("a", "x: &x {k: 1}"), ("b", "y: *x")]).unwrap();
        assert_eq!(document["y"]["k"], Value::from(1));
        let error = merged(&[("a", "x: 1"), ("b", "y: [")]).err().unwrap().to_string();
        assert!(error.starts_with("b: not YAML: "), "{error}");
        assert!(matches!(merged(&[("a", "[1]")]), Err(SpecificationError::NoMap { .. })));
    }

    #[test]
    fn variables_stand_for_numbers() {
        let text = "{variables: {depth: 64, C: 3}, architecture: {local: [{name: depth, attributes: {depth: depth}}]},
            problem: {instance: {C: C}, shape: {dimensions: [C]}}}";
        let mut document: Value = serde_yaml::from_str(text).unwrap();
        substitute_variables(&mut document);
        let element = &document["architecture"]["local"][0];
        assert_eq!((&element["name"], &element["attributes"]["depth"]), (&"depth".into(), &64.into()));
        assert_eq!(
            (&document["problem"]["instance"]["C"], &document["problem"]["shape"]["dimensions"][0]),
            (&3.into(), &"C".into())
        );
    }
}
