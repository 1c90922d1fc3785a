//! Values set by path, such as `shared_glb.depth`: in the document as the files state it, before it is processed, so that everything
//! that follows from a value follows from the new one.
//!
//! A path is the name of an entry of `variables`, or the name of a component or container and a key of it: an attribute, `meshX`
//! and `meshY`, another key of its node, or keys below keys with dots between (docs/cli.md).

use std::fmt::Write as _;

use thiserror::Error;

use crate::names::suggestion;
use crate::timeloop::files::architecture::is_attribute;
use crate::timeloop::frontend::expression::{Scope, Value, evaluate};
use crate::timeloop::frontend::load::{Map, Node};
use crate::timeloop::frontend::{Document, Place};

/// A place in a document, found by a path.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingTarget {
    /// The path as it was written.
    pub name: String,
    steps: Vec<Step>,
    /// What stands there, if anything does.
    pub current: Option<Node>,
    /// Where that is, or the component that it belongs to.
    pub place: Place,
}

/// A value for a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The place.
    pub target: SettingTarget,
    /// What is put there.
    pub value: Node,
}

/// One step from the root of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Item(usize),
    /// The count in a name of the form `PE[0..167]`.
    Count,
}

/// Why a path leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SettingError {
    #[error("`{path}`: {place}: the description has neither a component nor a variable `{name}`{hint}")]
    Name { path: String, place: String, name: String, hint: String },
    #[error(
        "`{path}` names the component `{name}` ({place}) but none of its keys; write `{name}.KEY`, such as `{example}`"
    )]
    NoKey { path: String, name: String, place: String, example: String },
    #[error("`{path}`: `{name}` ({place}) has no key `{key}`, nor is it an attribute that is known{hint}")]
    Key { path: String, name: String, place: String, key: String, hint: String },
    #[error("`{path}`: `{name}` ({place}) says that with `{stated}`; set `{name}.{stated}` instead of `{name}.{key}`")]
    Shadowed { path: String, name: String, place: String, key: String, stated: String },
}

/// Names of one attribute; the first that is present counts.
const ALIASES: [&[&str]; 4] = [
    &["entries", "depth", "memory_depth", "data_storage_depth", "sizeKB"],
    &["word_bits", "word_width", "datawidth"],
    &["width", "memory_width", "data_storage_width"],
    &["n_banks", "num_banks"],
];

/// Keys of the meshes of v0.4 descriptions.
const MESHES: [&str; 2] = ["meshX", "meshY"];

/// Keys of v0.4 nodes that need not be stated to be set.
const NODE_KEYS: [&str; 4] = ["class", "enabled", "area_scale", "energy_scale"];

/// The key of the count of a v0.3 component.
const INSTANCES: &str = "instances";

impl SettingTarget {
    /// The place in a document that a path names.
    ///
    /// # Errors
    ///
    /// If nothing has the name, with the name that is nearest.
    pub fn find(document: &Document, path: &str) -> Result<Self, SettingError> {
        let (name, key) = path.split_once('.').map_or((path, None), |(name, key)| (name, Some(key)));
        let components = components(document);
        let variables = document.keys.get("variables").and_then(Node::as_map);
        let component = components.iter().find(|component| component.name == name);
        let Some(component) = component else {
            if variables.is_some_and(|variables| variables.contains_key(name)) {
                return Ok(Self::of_variable(document, path));
            }
            let names = components.iter().map(|component| component.name.as_str());
            let names = names.chain(variables.into_iter().flat_map(Map::keys).map(String::as_str));
            let hint = suggestion(name, names);
            let place = document.place("architecture").file_and_line();
            return Err(SettingError::Name { path: path.to_owned(), place, name: name.to_owned(), hint });
        };
        if let Some(key) = key {
            return component.find(document, path, key);
        }
        let (name, place) = (name.to_owned(), document.place(&shown(&component.steps)).file_and_line());
        let keys = component.keys();
        let example = format!("{name}.{}", keys.first().map_or("depth", String::as_str));
        Err(SettingError::NoKey { path: path.to_owned(), name, place, example })
    }

    fn of_variable(document: &Document, path: &str) -> Self {
        let steps = std::iter::once("variables").chain(path.split('.'));
        Self::at(document, path, steps.map(|key| Step::Key(key.to_owned())).collect())
    }

    fn at(document: &Document, path: &str, steps: Vec<Step>) -> Self {
        let current = node_at(&document.keys, &steps).cloned();
        let place = document.place(&shown(&steps));
        Self { name: path.to_owned(), steps, current, place }
    }

    /// Whether a number must stand there.
    pub fn is_number(&self) -> bool {
        let is_mesh = |step: &Step| match step {
            Step::Count => true,
            Step::Key(key) => MESHES.contains(&key.as_str()),
            Step::Item(_) => false,
        };
        self.steps.last().is_some_and(is_mesh) || matches!(self.current, Some(Node::Number(_)))
    }

    /// Whether it is a variable.
    pub fn is_variable(&self) -> bool {
        matches!(self.steps.first(), Some(Step::Key(key)) if key == "variables")
    }
}

impl std::fmt::Display for Setting {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}={}", self.target.name, Value::from_node(&self.value).text())
    }
}

impl Setting {
    /// Puts the value into the document.
    pub fn put(&self, document: &mut Document) {
        let Some((first, rest)) = self.target.steps.split_first() else { return };
        let Step::Key(key) = first else { return };
        let Some(node) = document.keys.get_mut(key) else { return };
        put(node, rest, &self.value);
    }
}

/// Puts a value below a node; mappings that are missing are made.
fn put(node: &mut Node, steps: &[Step], value: &Node) {
    match (node, steps.split_first()) {
        (Node::Tagged(_, inner), Some(_)) => put(inner, steps, value),
        (node, None) => *node = value.clone(),
        (Node::List(items), Some((Step::Item(index), rest))) => {
            if let Some(item) = items.get_mut(*index) {
                put(item, rest, value);
            }
        }
        (Node::Map(map), Some((Step::Key(key), rest))) => {
            put(map.entry(key.clone()).or_insert_with(|| Node::Map(Map::new())), rest, value);
        }
        (Node::Map(map), Some((Step::Count, _))) => {
            if let (Some(Node::Text { text, .. }), Some(count)) = (map.get_mut("name"), value.as_i64()) {
                let plain = text.split('[').next().unwrap_or_default();
                *text = format!("{plain}[0..{}]", count.saturating_sub(1));
            }
        }
        (node @ Node::Null, Some((Step::Key(_), _))) => {
            *node = Node::Map(Map::new());
            put(node, steps, value);
        }
        _ => {}
    }
}

/// A component or container, wherever it stands.
struct Component<'d> {
    /// Its name without a count.
    name: String,
    steps: Vec<Step>,
    map: &'d Map,
    form: Form,
}

/// How a description writes components.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Nodes with attributes, meshes and constraints.
    Nodes,
    /// The tree of v0.3 and of the processed form: attributes, and the count in the name.
    Tree,
    /// Attributes beside the name.
    Flat,
}

impl Component<'_> {
    fn find(&self, document: &Document, path: &str, key: &str) -> Result<SettingTarget, SettingError> {
        let target = |keys: &[&str]| {
            let below = keys.iter().flat_map(|key| key.split('.')).map(|key| Step::Key(key.to_owned()));
            SettingTarget::at(document, path, self.steps.iter().cloned().chain(below).collect())
        };
        let stands = |keys: &[&str]| {
            let found = target(keys);
            found.current.is_some().then_some(found)
        };
        if self.form == Form::Nodes && MESHES.contains(&key) {
            return Ok(target(&["spatial", key]));
        }
        if self.form == Form::Tree && key == INSTANCES && self.map.contains_key("name") {
            let steps = self.steps.iter().cloned().chain([Step::Count]).collect();
            return Ok(SettingTarget {
                place: document.place(&shown(&self.steps)),
                ..SettingTarget::at(document, path, steps)
            });
        }
        if let Some(found) = stands(&["attributes", key]).or_else(|| stands(&[key])).filter(|_| key != "name") {
            return Ok(found);
        }
        let place = document.place(&shown(&self.steps)).file_and_line();
        let (path, name, key) = (path.to_owned(), self.name.clone(), key.to_owned());
        let group = ALIASES.iter().find(|group| group.contains(&key.as_str()));
        let stated = group.into_iter().flat_map(|group| group.iter()).find(|other| {
            let is_stated = |map: Option<&Map>| map.is_some_and(|map| map.contains_key(**other));
            **other != key && is_stated(self.attributes())
        });
        if let Some(stated) = stated {
            return Err(SettingError::Shadowed { path, name, place, key, stated: (*stated).to_owned() });
        }
        if is_attribute(&key) {
            return Ok(if self.form == Form::Flat { target(&[&key]) } else { target(&["attributes", &key]) });
        }
        if self.form == Form::Nodes && NODE_KEYS.contains(&key.as_str()) {
            return Ok(target(&[&key]));
        }
        let keys = self.keys();
        let hint = suggestion(&key, keys.iter().map(String::as_str));
        Err(SettingError::Key { path, name, place, key, hint })
    }

    fn attributes(&self) -> Option<&Map> {
        if self.form == Form::Flat { Some(self.map) } else { self.map.get("attributes").and_then(Node::as_map) }
    }

    /// Keys that can be set, those that are stated first.
    fn keys(&self) -> Vec<String> {
        let attributes = self.attributes().into_iter().flat_map(Map::keys).filter(|key| *key != "name");
        let mut keys: Vec<String> = attributes.cloned().collect();
        match self.form {
            Form::Nodes => keys.extend(MESHES.map(str::to_owned)),
            Form::Tree => keys.push(INSTANCES.to_owned()),
            Form::Flat => {}
        }
        keys.extend(self.map.keys().filter(|key| !["name", "attributes"].contains(&key.as_str())).cloned());
        keys
    }
}

/// All components and containers of a document, in their order.
fn components(document: &Document) -> Vec<Component<'_>> {
    let mut found = Vec::new();
    let Some((top, node)) = ["architecture", "arch"].iter().find_map(|key| Some((*key, document.keys.get(*key)?)))
    else {
        return found;
    };
    let root = vec![Step::Key(top.to_owned())];
    let Some(map) = untagged(node).as_map() else { return found };
    if let Some(nodes) = map.get("nodes") {
        collect_nodes(nodes, &with(&root, "nodes"), &mut found);
    } else if let Some(subtree) = map.get("subtree") {
        collect_tree(subtree, &with(&root, "subtree"), &mut found);
    } else {
        if let Some(Node::List(levels)) = map.get("storage") {
            for (index, level) in levels.iter().enumerate() {
                let mut steps = with(&root, "storage");
                steps.push(Step::Item(index));
                collect(level, steps, Form::Flat, &mut found);
            }
        }
        if let Some(units) = map.get("arithmetic") {
            collect(units, with(&root, "arithmetic"), Form::Flat, &mut found);
        }
    }
    found
}

fn with(steps: &[Step], key: &str) -> Vec<Step> {
    steps.iter().cloned().chain([Step::Key(key.to_owned())]).collect()
}

fn collect<'d>(node: &'d Node, steps: Vec<Step>, form: Form, found: &mut Vec<Component<'d>>) {
    let Some(map) = untagged(node).as_map() else { return };
    let name = match map.get("name") {
        Some(Node::Text { text, .. }) => text.split('[').next().unwrap_or_default().to_owned(),
        Some(Node::Number(number)) => number.to_string(),
        _ => return,
    };
    found.push(Component { name, steps, map, form });
}

fn items<'d>(list: &'d Node, steps: &[Step]) -> Vec<(&'d Node, Vec<Step>)> {
    let items = untagged(list).as_list().unwrap_or_default().iter().enumerate();
    items.map(|(index, item)| (item, steps.iter().cloned().chain([Step::Item(index)]).collect())).collect()
}

/// Nodes of v0.4, with those inside branches.
fn collect_nodes<'d>(list: &'d Node, steps: &[Step], found: &mut Vec<Component<'d>>) {
    for (node, steps) in items(list, steps) {
        if let Some(nodes) = untagged(node).get("nodes") {
            collect_nodes(nodes, &with(&steps, "nodes"), found);
        } else {
            collect(node, steps, Form::Nodes, found);
        }
    }
}

fn collect_tree<'d>(list: &'d Node, steps: &[Step], found: &mut Vec<Component<'d>>) {
    for (node, steps) in items(list, steps) {
        collect(node, steps.clone(), Form::Tree, found);
        let node = untagged(node);
        if let Some(local) = node.get("local") {
            for (component, steps) in items(local, &with(&steps, "local")) {
                collect(component, steps, Form::Tree, found);
            }
        }
        if let Some(subtree) = node.get("subtree") {
            collect_tree(subtree, &with(&steps, "subtree"), found);
        }
    }
}

fn untagged(node: &Node) -> &Node {
    if let Node::Tagged(_, inner) = node { untagged(inner) } else { node }
}

fn node_at<'d>(keys: &'d Map, steps: &[Step]) -> Option<&'d Node> {
    let (first, rest) = steps.split_first()?;
    let Step::Key(key) = first else { return None };
    rest.iter().try_fold(untagged(keys.get(key)?), |node, step| {
        let next = match step {
            Step::Key(key) => node.get(key)?,
            Step::Item(index) => node.as_list()?.get(*index)?,
            Step::Count => return None,
        };
        Some(untagged(next))
    })
}

/// Steps as messages write them.
fn shown(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Key(key) if path.is_empty() => path.push_str(key),
            Step::Key(key) => path.extend([".", key]),
            Step::Item(index) => {
                let _ = write!(path, "[{index}]");
            }
            Step::Count => {}
        }
    }
    path
}

/// The names that conditions on designs may use: variables, and of each component its attributes and meshes (`PE.meshY`). What an
/// expression of the description cannot give a value without the problem is left out.
pub fn scope(document: &Document) -> Scope {
    let mut scope = Scope::default();
    let value = |node: &Node, scope: &Scope| match node {
        Node::Text { text, quoted: false } => evaluate(text, scope).ok(),
        other => Some(Value::from_node(other)),
    };
    for (name, node) in document.keys.get("variables").and_then(Node::as_map).into_iter().flatten() {
        if let Some(value) = value(node, &scope) {
            scope.set(name.clone(), value);
        }
    }
    for component in components(document) {
        let mark = scope.enter();
        let mut values = indexmap::IndexMap::new();
        for (key, node) in component.attributes().into_iter().flatten() {
            let Some(value) = value(node, &scope) else { continue };
            scope.set(key.clone(), value.clone());
            values.insert(key.clone(), value);
        }
        let spatial = component.map.get("spatial").and_then(Node::as_map);
        if component.form == Form::Nodes {
            for key in MESHES {
                let stated = spatial.and_then(|spatial| spatial.get(key));
                let mesh = stated.map_or(Some(Value::Int(1)), |node| value(node, &scope));
                values.extend(mesh.map(|mesh| (key.to_owned(), mesh)));
            }
        } else if component.form == Form::Tree {
            values.insert(INSTANCES.to_owned(), Value::Int(instances(component.map)));
        }
        let is_container = !component.map.contains_key("class");
        let handed_on = if is_container { values.clone() } else { indexmap::IndexMap::new() };
        scope.leave(mark);
        for (key, value) in handed_on {
            scope.set(key, value);
        }
        let attributes = Value::Map(values.clone());
        values.entry("attributes".to_owned()).or_insert(attributes);
        scope.set(component.name, Value::Map(values));
    }
    scope
}

/// The count of a component by its name, `PE[0..167]`.
fn instances(map: &Map) -> i128 {
    let range = map.get("name").and_then(Node::as_str).and_then(|name| name.split_once('[')?.1.strip_suffix(']'));
    let ends = range
        .and_then(|range| range.split_once(".."))
        .and_then(|(from, to)| Some((from.trim().parse::<i64>().ok()?, to.trim().parse::<i64>().ok()?)));
    ends.map_or(1, |(from, to)| i128::from(to) - i128::from(from) + 1)
}
