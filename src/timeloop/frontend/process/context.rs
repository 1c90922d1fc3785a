//! What every stage of the processing shares: the document, the collected errors and warnings, the names in scope.

use crate::names::{nearest, suggestion};
use crate::timeloop::frontend::error::{ErrorKind, Errors, FrontendError};
use crate::timeloop::frontend::expression::{self, Scope, Value};
use crate::timeloop::frontend::load::{Document, Map, Node, join};

/// The state of one run of the front end.
pub(super) struct Context<'d> {
    pub(super) document: &'d Document,
    pub(super) errors: Vec<FrontendError>,
    pub(super) warnings: Vec<String>,
    pub(super) scope: Scope,
    /// Reproduce the published front end where it does not do what the description says.
    pub(super) quirks: bool,
}

impl<'d> Context<'d> {
    pub(super) fn new(document: &'d Document, quirks: bool) -> Self {
        let warnings = document.warnings.clone();
        Self { document, errors: Vec::new(), warnings, scope: Scope::default(), quirks }
    }

    /// Everything that was found wrong.
    pub(super) fn failed(self) -> Errors {
        Errors { errors: self.errors, noticed: self.warnings }
    }

    pub(super) fn error(&mut self, path: &str, kind: ErrorKind) {
        self.errors.push(FrontendError::new(self.document.place(path), kind));
    }

    pub(super) fn warn(&mut self, path: &str, text: impl std::fmt::Display) {
        self.warnings.push(format!("{}: {text}", self.document.place(path)));
    }

    pub(super) fn wrong_type(&mut self, path: &str, expected: &str, found: &Node) {
        self.error(path, ErrorKind::WrongType { expected: expected.into(), found: found.describe() });
    }

    /// A required key that a mapping does not have; a key that looks like it is named.
    pub(super) fn missing(&mut self, path: &str, key: &str, map: &Map) {
        let kind = match nearest(key, map.keys().map(String::as_str)) {
            Some(written) => ErrorKind::Misspelt { key: key.to_owned(), written: written.to_owned() },
            None => ErrorKind::Missing(key.to_owned()),
        };
        self.error(path, kind);
    }

    pub(super) fn unknown(&mut self, path: &str, what: &'static str, name: &str, known: &[String]) {
        let close = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        let known = close.map_or_else(|| known.to_vec(), |close| vec![close]);
        self.error(path, ErrorKind::Unknown { what, name: name.into(), known });
    }

    /// Warns about keys that have no effect.
    pub(super) fn check_keys(&mut self, map: &Map, known: &[&str], path: &str) {
        for key in map.keys().filter(|key| !known.contains(&key.as_str()) && !key.contains("ignore")) {
            let hint = suggestion(key, known.iter().copied());
            self.warn(&join(path, key), format_args!("unknown key, ignored{hint}"));
        }
    }

    /// The entries of a mapping; null counts as empty.
    pub(super) fn map(&mut self, node: Option<&Node>, path: &str) -> Map {
        match node {
            None | Some(Node::Null) => Map::new(),
            Some(Node::Map(map)) => map.clone(),
            Some(Node::Tagged(_, inner)) => self.map(Some(inner), path),
            Some(other) => {
                self.wrong_type(path, "a mapping", other);
                Map::new()
            }
        }
    }

    /// The items of a list; null counts as empty.
    pub(super) fn list<'n>(&mut self, node: Option<&'n Node>, path: &str) -> &'n [Node] {
        match node {
            None | Some(Node::Null) => &[],
            Some(Node::List(items)) => items,
            Some(other) => {
                self.wrong_type(path, "a list", other);
                &[]
            }
        }
    }

    /// Evaluates unquoted text; everything else is already a value.
    pub(super) fn evaluate(&mut self, node: &Node, path: &str) -> Node {
        let Node::Text { text, quoted: false } = node else { return node.clone() };
        match self.expression(text) {
            Ok(value) => {
                if let Some(node) = value.to_node() {
                    return node;
                }
                self.error(path, ErrorKind::Invalid(format!("the value of `{text}` exceeds 64 bits")));
                Node::Null
            }
            Err(kind) => {
                self.error(path, kind);
                Node::Null
            }
        }
    }

    /// The same for the name of a network or of its action, which users take for text.
    pub(super) fn evaluate_name(&mut self, node: &Node, key: &str, path: &str) -> Node {
        let before = self.errors.len();
        let value = self.evaluate(node, path);
        if let (true, Node::Text { text, .. }) = (self.errors.len() > before, node) {
            self.errors.truncate(before);
            let (key, name) = (key.to_owned(), crate::timeloop::frontend::load::shorten(text));
            self.error(path, ErrorKind::NameWithoutQuotes { key, name });
        }
        value
    }

    fn expression(&self, text: &str) -> Result<Value, ErrorKind> {
        expression::evaluate(text, &self.scope).map_err(|cause| ErrorKind::Expression {
            text: crate::timeloop::frontend::load::shorten(text),
            cause: Box::new(cause),
        })
    }

    /// An integer, or text that evaluates to one.
    pub(super) fn int(&mut self, node: &Node, path: &str) -> Option<i64> {
        let before = self.errors.len();
        let value = match node {
            Node::Text { text, .. } => self.evaluate(&Node::plain(text.clone()), path),
            other => other.clone(),
        };
        if value.as_i64().is_none() && self.errors.len() == before {
            self.wrong_type(path, "an integer", &value);
        }
        value.as_i64()
    }

    /// Checks a `version` key: absent or 0.4.
    pub(super) fn check_version(&mut self, map: &Map, path: &str) {
        let right = match map.get("version") {
            None | Some(Node::Null) => true,
            Some(Node::Number(number)) => number.as_f64() == Some(0.4),
            Some(Node::Text { text, .. }) => text == "0.4",
            Some(_) => false,
        };
        if !right {
            let found = map.get("version").map(Node::describe).unwrap_or_default();
            self.error(&join(path, "version"), ErrorKind::Version(found));
        }
    }
}

/// The version as the processed form states it.
pub(super) fn version() -> Node {
    Node::quoted("0.4")
}
