//! From several YAML files to one tree: templates, includes, merge keys, and the combination of top-level keys.

mod budget;
mod combine;
mod files;
mod lines;
mod merge;
mod paths;
mod quotes;
#[cfg(feature = "templates")]
mod template;
#[cfg(not(feature = "templates"))]
#[path = "no_template.rs"]
mod template;
mod tree;
mod variables;
mod yaml;

pub(crate) use lines::{Texts, node_at};
pub(crate) use merge::join;
pub use tree::{Map, Node, shorten};

use crate::timeloop::frontend::error::{ErrorKind, Errors, FrontendError, Place};
use budget::Budget;
use files::{Frame, Session, read_text};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Values given from outside, by name: numbers, texts, truth values. Templates use them (`{{ depth }}`), and they take the place of
/// entries of `variables`.
pub type Variables = BTreeMap<String, serde_json::Value>;

/// Settings of a load.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Values given from outside.
    pub variables: Variables,
    /// If set, every file and include must lie in this directory.
    pub root: Option<PathBuf>,
}

/// Something to load: a file, or a text with a name for messages.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file on disk.
    File(PathBuf),
    /// A text in memory; relative includes start in the working directory.
    Text {
        /// Its name in messages.
        name: String,
        /// The YAML text.
        text: String,
    },
}

/// The combined documents.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// Top-level keys in order of first appearance.
    pub keys: Map,
    /// The source that first gave each top-level key.
    pub origin: IndexMap<String, String>,
    /// Remarks about the combination.
    pub warnings: Vec<String>,
    /// Every file that was read, those included by others too.
    pub files: Vec<PathBuf>,
    /// The texts of all files, for the lines of messages.
    pub(crate) texts: Arc<Texts>,
}

impl Document {
    /// Whether this is the v0.4 user form, which [`crate::timeloop::frontend::process()`] reads, and not what Timeloop reads itself.
    pub fn is_user_form(&self) -> bool {
        self.keys.get("architecture").is_some_and(|architecture| architecture.get("nodes").is_some())
    }

    /// The document with every top-level key under its standard name: `compound_components` and `my_components`
    /// become one `components`.
    pub fn standardised(&self) -> Result<Self, Errors> {
        let mut errors = Vec::new();
        let standard = combine::standardise(self, &mut errors);
        if errors.is_empty() { Ok(standard) } else { Err(errors.into()) }
    }

    /// The place of a key path, with the file its top-level key came from.
    pub fn place(&self, path: &str) -> Place {
        let top = path.split(['.', '[']).next().unwrap_or_default();
        let file = self.origin.get(top).cloned().unwrap_or_default();
        let line = self.texts.line(&file, path);
        Place::new(file, path).on_line(line)
    }
}

/// Loads files in order, as `load_sources` does.
pub fn load_files(files: &[PathBuf], options: &LoadOptions) -> Result<Document, Errors> {
    let sources: Vec<Source> = files.iter().cloned().map(Source::File).collect();
    load_sources(&sources, options)
}

/// Loads sources in order and combines their top-level keys. A file given twice is read once.
pub fn load_sources(sources: &[Source], options: &LoadOptions) -> Result<Document, Errors> {
    let root = match &options.root {
        None => None,
        Some(root) => Some(root.canonicalize().map_err(|error| {
            FrontendError::new(Place::file(root.display().to_string()), ErrorKind::Read(error.to_string()))
        })?),
    };
    let session = Arc::new(Session {
        budget: Budget::new(),
        variables: options.variables.clone(),
        used: Mutex::default(),
        root,
        read: Mutex::default(),
        texts: Mutex::default(),
    });
    let mut document = Document::default();
    let mut errors = Vec::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    for source in sources {
        match load_source(source, &session, &mut seen) {
            Ok(Some((name, node))) => combine::add(&mut document, &name, node, &mut errors),
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
    }
    document.files.clone_from(&session.read.lock().unwrap_or_else(PoisonError::into_inner));
    let used = std::mem::take(&mut *session.used.lock().unwrap_or_else(PoisonError::into_inner));
    variables::apply(&mut document, &options.variables, &used);
    document.texts = Arc::new(std::mem::take(&mut *session.texts.lock().unwrap_or_else(PoisonError::into_inner)));
    if errors.is_empty() { Ok(document) } else { Err(errors.into()) }
}

fn load_source(
    source: &Source,
    session: &Arc<Session>,
    seen: &mut Vec<PathBuf>,
) -> Result<Option<(String, Node)>, FrontendError> {
    match source {
        Source::File(path) => {
            let (text, real) = read_text(path, session).map_err(|mut error| {
                error.place = Place::file(path.display().to_string());
                error
            })?;
            if seen.contains(&real) {
                return Ok(None);
            }
            seen.push(real.clone());
            let name = path.display().to_string();
            let node = read(&text, &Frame::top(session, name.clone(), Some(&real)))?;
            Ok(Some((name, node)))
        }
        Source::Text { name, text } => {
            let count = session.budget.file(text.len() as u64);
            count.map_err(|kind| FrontendError::new(Place::file(name), kind))?;
            Ok(Some((name.clone(), read(text, &Frame::top(session, name.clone(), None))?)))
        }
    }
}

/// Loads a file that another one includes, from inside `nesting` lists and mappings.
fn load_document(path: &Path, from: &Frame, nesting: usize) -> Result<Node, FrontendError> {
    let frame = from.enter(path, nesting)?;
    let (text, _) = read_text(path, &frame.session).map_err(|mut error| {
        if error.place.file != path.display().to_string() {
            error.place = Place::file(&from.name);
        }
        error
    })?;
    let node = read(&text, &frame)?;
    if node.depth() > budget::NODE_DEPTH {
        let kind = budget::too_large("the nesting of an included document", budget::NODE_DEPTH as u64);
        return Err(FrontendError::new(Place::file(&frame.name), kind));
    }
    Ok(node)
}

/// Template, YAML, include tags, merge keys.
fn read(text: &str, frame: &Arc<Frame>) -> Result<Node, FrontendError> {
    let fail = |path: &str, kind| FrontendError::new(Place::new(&frame.name, path), kind);
    let loaded = template::Loaded::default();
    let rendered = template::render(text, frame, &loaded)?;
    frame.session.texts.lock().unwrap_or_else(PoisonError::into_inner).add(&frame.name, text, Some(&rendered));
    let node = yaml::parse(&rendered, &frame.session.budget).map_err(|kind| fail("", kind))?;
    let loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
    let node = resolve_includes(node, "", frame, &loaded, 0)?;
    merge::apply(node, "").map_err(|error| fail(&error.path, ErrorKind::Merge(error.cause)))
}

/// Replaces `!include`, `!includedir` and `!include_loaded` by what they name.
fn resolve_includes(
    node: Node,
    path: &str,
    frame: &Frame,
    loaded: &[Vec<Node>],
    depth: usize,
) -> Result<Node, FrontendError> {
    let below = depth + 1;
    let fail = |kind| FrontendError::new(Place::new(&frame.name, path), kind);
    match node {
        Node::List(items) => {
            let resolve = |(i, item)| resolve_includes(item, &format!("{path}[{i}]"), frame, loaded, below);
            Ok(Node::List(items.into_iter().enumerate().map(resolve).collect::<Result<_, _>>()?))
        }
        Node::Map(map) => {
            let mut resolved = Map::new();
            for (key, value) in map {
                let value = resolve_includes(value, &join(path, &key), frame, loaded, below)?;
                resolved.insert(key, value);
            }
            Ok(Node::Map(resolved))
        }
        Node::Tagged(tag, inner) if tag == "include" || tag == "includedir" || tag == "include_loaded" => {
            let Some(text) = inner.as_str().map(|text| text.trim_end_matches(',').trim()) else {
                let found = inner.describe();
                return Err(fail(ErrorKind::WrongType { expected: format!("a path after !{tag}"), found }));
            };
            if tag == "include_loaded" {
                let found = included(text, loaded).map_err(fail)?;
                let (nodes, bytes) = found.weight();
                let budget = &frame.session.budget;
                budget.nodes(nodes).and_then(|()| budget.text(bytes)).map_err(fail)?;
                return Ok(found);
            }
            let pattern = if tag == "include" { text.to_owned() } else { format!("{text}/*.yaml") };
            let files = paths::find_all(&pattern, std::slice::from_ref(&frame.directory)).map_err(fail)?;
            if tag == "include" {
                let [file] = files.as_slice() else {
                    return Err(fail(ErrorKind::ManyFound { wanted: text.into(), count: files.len() }));
                };
                return load_document(file, frame, depth);
            }
            Ok(Node::List(files.iter().map(|file| load_document(file, frame, depth)).collect::<Result<_, _>>()?))
        }
        Node::Tagged(tag, inner) => {
            Ok(Node::Tagged(tag, Box::new(resolve_includes(*inner, path, frame, loaded, below)?)))
        }
        scalar => Ok(scalar),
    }
}

/// The part `_N.a.b` of the documents that `include` loaded.
fn included(reference: &str, loaded: &[Vec<Node>]) -> Result<Node, ErrorKind> {
    let mut parts = reference.split('.');
    let index = parts.next().and_then(|part| part.strip_prefix('_')).and_then(|part| part.parse::<usize>().ok());
    let documents = index.and_then(|index| loaded.get(index)).ok_or_else(|| ErrorKind::Unknown {
        what: "included document",
        name: shorten(reference),
        known: Vec::new(),
    })?;
    let mut found: Vec<&Node> = documents.iter().collect();
    for key in parts {
        for node in &mut found {
            *node = node.get(key).ok_or_else(|| ErrorKind::Unknown {
                what: "key of an included document",
                name: key.into(),
                known: node.as_map().map(|map| map.keys().cloned().collect()).unwrap_or_default(),
            })?;
        }
    }
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        several => Ok(Node::List(several.iter().map(|&node| node.clone()).collect())),
    }
}

/// Whether a text has anything for the template engine.
fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|opening| text.contains(opening))
}
