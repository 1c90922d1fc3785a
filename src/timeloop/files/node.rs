//! Access to a YAML document that knows where it is, so that every error can say so.

use serde_yaml::{Mapping, Value};
use thiserror::Error;

use super::warning::Warning;
use crate::architecture::ArchitectureError;
use crate::mapping::MappingError;
use crate::names::nearest;
use crate::workload::ProblemError;

/// Why a document cannot be read. Every message says where.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum FormatError {
    #[error("not YAML: {0}")]
    Yaml(#[from] serde_yaml::Error),
    #[error("brackets are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    #[error("`{path}` is missing{hint}")]
    Missing { path: String, hint: String },
    #[error("`{path}` must be {expected}, found {found}")]
    Type { path: String, expected: &'static str, found: String },
    #[error("`{path}`: {message}")]
    Invalid { path: String, message: String },
    #[error("{error}{}", lines(noticed))]
    Architecture { path: Option<String>, error: Box<ArchitectureError>, noticed: Vec<Warning> },
    #[error("`problem`: {0}")]
    Problem(#[from] ProblemError),
    #[error(transparent)]
    Mapping(#[from] MappingError),
}

impl FormatError {
    /// A key that is not there.
    pub(super) fn missing(path: &str) -> Self {
        Self::Missing { path: path.to_owned(), hint: String::new() }
    }

    /// The path of keys that it is about, if it is about one.
    pub(super) fn path(&self) -> Option<&str> {
        match self {
            Self::Missing { path, .. } | Self::Type { path, .. } | Self::Invalid { path, .. } => Some(path),
            Self::Architecture { path, .. } => path.as_deref(),
            _ => None,
        }
    }

    /// The same error under another path; of remarks noticed before it, `remark` makes what they shall be.
    pub(super) fn relocated(mut self, new_path: impl FnOnce() -> String, remark: impl Fn(Warning) -> Warning) -> Self {
        match &mut self {
            Self::Missing { path, .. } | Self::Type { path, .. } | Self::Invalid { path, .. } => *path = new_path(),
            Self::Architecture { noticed, .. } => {
                *noticed = std::mem::take(noticed).into_iter().map(remark).collect();
            }
            _ => {}
        }
        self
    }
}

/// What was noticed before an error, of which it may be the cause.
fn lines(noticed: &[Warning]) -> String {
    noticed.iter().fold(String::new(), |text, warning| text + "\nnote: earlier warning: " + &warning.to_string())
}

/// Reads a document: one file, or several joined.
pub fn parse_document(text: &str) -> Result<Value, FormatError> {
    // The parser's time grows with the square of the depth before it refuses.
    if is_deep(text) {
        return Err(FormatError::TooDeep);
    }
    let mut document: Value = serde_yaml::from_str(text)?;
    document.apply_merge()?;
    Ok(document)
}

/// Brackets within brackets that are read.
const MAX_DEPTH: usize = 1000;

/// Whether brackets, those in texts and comments too, are nested deeper than anybody nests them.
fn is_deep(text: &str) -> bool {
    let mut depth = 0usize;
    text.bytes().any(|byte| {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_DEPTH
    })
}

/// A value and the path to it.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) path: String,
    pub(super) value: &'a Value,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { path: String::new(), value }
    }

    fn child(&self, key: &str, value: &'a Value) -> Self {
        let separator = if self.path.is_empty() { "" } else { "." };
        Self { path: format!("{}{separator}{key}", self.path), value }
    }

    /// The value of a key; null counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.as_mapping()?.get(key)?;
        (!value.is_null()).then(|| self.child(key, value))
    }

    /// The value of the first of several keys that is present.
    pub(super) fn first(&self, keys: &[&str]) -> Option<Self> {
        keys.iter().find_map(|key| self.get(key))
    }

    pub(super) fn require(&self, key: &str) -> Result<Self, FormatError> {
        self.get(key).ok_or_else(|| {
            let separator = if self.path.is_empty() { "" } else { "." };
            let keys = self.value.as_mapping().into_iter().flat_map(Mapping::keys).filter_map(Value::as_str);
            let hint =
                nearest(key, keys).map(|written| format!("; is `{written}` meant to be it?")).unwrap_or_default();
            FormatError::Missing { path: format!("{}{separator}{key}", self.path), hint }
        })
    }

    /// One of several keys; the first is the one that a message names.
    pub(super) fn require_any(&self, keys: &[&str]) -> Result<Self, FormatError> {
        match self.first(keys) {
            Some(node) => Ok(node),
            None => self.require(keys.first().copied().unwrap_or_default()),
        }
    }

    pub(super) fn invalid(&self, message: impl Into<String>) -> FormatError {
        FormatError::Invalid { path: self.path.clone(), message: message.into() }
    }

    pub(super) fn warning(&self, message: impl Into<String>) -> Warning {
        Warning { path: self.path.clone(), message: message.into() }
    }

    fn wrong(&self, expected: &'static str) -> FormatError {
        let found = match self.value {
            Value::Null => "nothing".to_owned(),
            Value::Mapping(_) => "a map".to_owned(),
            Value::Sequence(_) => "a list".to_owned(),
            _ => self.scalar().map_or_else(|| "a tagged value".to_owned(), |text| format!("`{text}`")),
        };
        FormatError::Type { path: self.path.clone(), expected, found }
    }

    /// A scalar as text, as Timeloop takes them.
    pub(super) fn scalar(&self) -> Option<String> {
        match self.value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Result<String, FormatError> {
        self.scalar().ok_or_else(|| self.wrong("a text"))
    }

    /// A whole number; `16.0` and `"16"` are whole numbers.
    pub(super) fn count(&self) -> Result<u64, FormatError> {
        let expected = "a whole number";
        let text = self.scalar().ok_or_else(|| self.wrong(expected))?;
        let plain = text.trim();
        let plain = plain.strip_suffix(".0").unwrap_or(plain);
        plain.parse().map_err(|_| self.wrong(expected))
    }

    pub(super) fn integer(&self) -> Result<i64, FormatError> {
        let expected = "a whole number";
        let text = self.scalar().ok_or_else(|| self.wrong(expected))?;
        text.trim().parse().map_err(|_| self.wrong(expected))
    }

    pub(super) fn real(&self) -> Result<f64, FormatError> {
        let expected = "a number";
        let text = self.scalar().ok_or_else(|| self.wrong(expected))?;
        text.trim().parse::<f64>().ok().filter(|value| value.is_finite()).ok_or_else(|| self.wrong(expected))
    }

    pub(super) fn flag(&self) -> Result<bool, FormatError> {
        match self.scalar().as_deref().map(str::trim) {
            Some("true" | "True" | "1") => Ok(true),
            Some("false" | "False" | "0") => Ok(false),
            _ => Err(self.wrong("true or false")),
        }
    }

    pub(super) fn list(&self) -> Result<Vec<Self>, FormatError> {
        let Value::Sequence(items) = self.value else { return Err(self.wrong("a list")) };
        let item = |(index, value)| Self { path: format!("{}[{index}]", self.path), value };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// A list; an absent one is empty.
    pub(super) fn list_of(&self, key: &str) -> Result<Vec<Self>, FormatError> {
        self.get(key).map_or(Ok(Vec::new()), |node| node.list())
    }

    pub(super) fn map(&self) -> Result<&'a Mapping, FormatError> {
        self.value.as_mapping().ok_or_else(|| self.wrong("a map"))
    }

    /// Keys that are texts, with their values (nulls left out).
    pub(super) fn entries(&self) -> Result<Vec<(String, Self)>, FormatError> {
        let entries = self.map()?.iter().filter(|(_, value)| !value.is_null());
        Ok(entries
            .filter_map(|(key, value)| key.as_str().map(|key| (key.to_owned(), self.child(key, value))))
            .collect())
    }
}
