//! From the document to typed architecture nodes: evaluates attributes top-down and checks them.

use super::context::Context;
use super::node::{ArchNode, BranchKind, ComponentKind, Leaf, LeafKind};
use super::problem::Problem;
use super::{attributes, read_constraint, sparse};
use crate::timeloop::frontend::error::ErrorKind;
use crate::timeloop::frontend::expression::Value;
use crate::timeloop::frontend::load::{Map, Node, join};
use indexmap::IndexMap;

/// An architecture may have this many containers and components.
const MAX_LEAVES: usize = 5_000;
/// A mesh may be this long on one axis.
const MAX_MESH: i64 = 1 << 20;

const CONTAINER_KEYS: [&str; 6] = ["name", "attributes", "spatial", "constraints", "sparse_optimizations", "networks"];
const COMPONENT_KEYS: [&str; 12] = [
    "name",
    "class",
    "subclass",
    "attributes",
    "spatial",
    "constraints",
    "sparse_optimizations",
    "required_actions",
    "area_scale",
    "energy_scale",
    "area_share",
    "enabled",
];

/// Reads the `architecture` key.
pub(super) fn architecture(context: &mut Context<'_>, problem: &Problem) -> Vec<ArchNode> {
    let document = context.document;
    let Some(node) = document.keys.get("architecture") else {
        context.error("architecture", ErrorKind::Missing("architecture".into()));
        return Vec::new();
    };
    let map = context.map(Some(node), "architecture");
    context.check_version(&map, "architecture");
    if map.contains_key("subtree") {
        context.error(
            "architecture.subtree",
            ErrorKind::Invalid("this is a processed or v0.3 description; the front end reads `nodes`".into()),
        );
        return Vec::new();
    }
    context.check_keys(&map, &["version", "nodes"], "architecture");
    let mut reader = Reader { context, problem, seen: IndexMap::new() };
    let nodes = reader.nodes(map.get("nodes"), "architecture.nodes");
    if nodes.is_empty() && context.errors.is_empty() {
        context.missing("architecture", "nodes", &map);
    }
    nodes
}

struct Reader<'c, 'd, 'p> {
    context: &'c mut Context<'d>,
    problem: &'p Problem,
    /// Names of leaves and where they are.
    seen: IndexMap<String, String>,
}

impl Reader<'_, '_, '_> {
    fn nodes(&mut self, list: Option<&Node>, path: &str) -> Vec<ArchNode> {
        let mark = self.context.scope.enter();
        let mut nodes = Vec::new();
        for (index, item) in self.context.list(list, path).iter().enumerate() {
            let path = format!("{path}[{index}]");
            let node = match item {
                Node::Tagged(tag, inner) => self.node(tag, inner, &path),
                other => {
                    self.context.wrong_type(&path, "a node with a tag such as !Component or !Container", other);
                    None
                }
            };
            nodes.extend(node);
        }
        self.context.scope.leave(mark);
        nodes
    }

    fn node(&mut self, tag: &str, inner: &Node, path: &str) -> Option<ArchNode> {
        let map = self.context.map(Some(inner), path);
        let leaf = match tag {
            "Hierarchical" | "Pipelined" | "Parallel" => {
                self.context.check_keys(&map, &["nodes"], path);
                let kind = if tag == "Parallel" { BranchKind::Parallel } else { BranchKind::Serial };
                let nodes = self.nodes(map.get("nodes"), &join(path, "nodes"));
                return Some(ArchNode::Branch { kind, nodes, path: path.into() });
            }
            "Container" => {
                self.context.check_keys(&map, &CONTAINER_KEYS, path);
                self.refuse_networks(&map, path);
                self.leaf(&map, LeafKind::Container, String::new(), path)
            }
            "Nothing" => {
                self.context.check_keys(&map, &COMPONENT_KEYS, path);
                self.leaf(&map, LeafKind::Component(ComponentKind::Nothing), "nothing".into(), path)
            }
            "Component" => self.component(&map, path),
            _ => {
                let known = ["Component", "Container", "Hierarchical", "Parallel", "Pipelined", "Nothing"];
                self.context.unknown(path, "tag", &format!("!{tag}"), &known.map(|tag| format!("!{tag}")));
                None
            }
        };
        leaf.map(|leaf| ArchNode::Leaf(Box::new(leaf)))
    }

    /// The published front end loses the networks of a container without a word.
    fn refuse_networks(&mut self, map: &Map, path: &str) {
        if map.get("networks").is_some_and(|networks| !networks.is_empty()) {
            let cause = "explicit networks are components of class XY_NoC, Legacy, ReductionTree or SimpleMulticast among `nodes`, \
                         which levels name in quotes (`network_read: \"NAME\"`); Timeloop's front end loses what stands here";
            self.context.error(&join(path, "networks"), ErrorKind::Invalid(cause.into()));
        }
    }

    fn component(&mut self, map: &Map, path: &str) -> Option<Leaf> {
        self.context.check_keys(map, &COMPONENT_KEYS, path);
        let class = match map.get("class") {
            Some(Node::Text { text, .. }) => text.clone(),
            Some(other) => {
                self.context.wrong_type(&join(path, "class"), "text", other);
                return None;
            }
            None => {
                self.context.missing(path, "class", map);
                return None;
            }
        };
        let Some(kind) = ComponentKind::of_class(&class) else {
            self.context.error(&join(path, "class"), ErrorKind::UnknownClass(class));
            return None;
        };
        self.leaf(map, LeafKind::Component(kind), class, path)
    }

    fn leaf(&mut self, map: &Map, kind: LeafKind, class: String, path: &str) -> Option<Leaf> {
        let name = self.name(map, kind, path)?;
        let mark = self.context.scope.enter();
        self.context.scope.set("name", Value::Str(name.clone()));
        self.context.scope.set("class", Value::Str(class.clone()));
        let attributes = attributes::read(self.context, map.get("attributes"), kind, &join(path, "attributes"));
        let (mesh_x, mesh_y) = self.meshes(map.get("spatial"), &join(path, "spatial"));
        let constraints =
            read_constraint::group(self.context, self.problem, map.get("constraints"), &join(path, "constraints"));
        let sparse = map.get("sparse_optimizations");
        let sparse = sparse::read(self.context, self.problem, sparse, &join(path, "sparse_optimizations"));
        let enabled = self.enabled(map.get("enabled"), &join(path, "enabled"));
        let required_actions = self.context.list(map.get("required_actions"), &join(path, "required_actions")).to_vec();
        let mut extra = Map::new();
        for key in ["subclass", "area_scale", "energy_scale", "area_share"] {
            if let Some(value) = map.get(key).filter(|value| !value.is_empty()) {
                let is_number = key != "subclass";
                let value = if is_number { self.context.evaluate(value, &join(path, key)) } else { value.clone() };
                extra.insert(key.into(), value);
            }
        }
        self.context.scope.leave(mark);
        // What follows may use this leaf by name, and the attributes of a container directly.
        let values: IndexMap<String, Value> =
            attributes.iter().map(|(key, value)| (key.clone(), Value::from_node(value))).collect();
        if kind == LeafKind::Container {
            for (key, value) in &values {
                self.context.scope.set(key.clone(), value.clone());
            }
        }
        let mesh = |value: u64| Value::Int(value.into());
        let spatial = IndexMap::from([("meshX".to_owned(), mesh(mesh_x)), ("meshY".to_owned(), mesh(mesh_y))]);
        let view = IndexMap::from([
            ("name".to_owned(), Value::Str(name.clone())),
            ("attributes".to_owned(), Value::Map(values)),
            ("spatial".to_owned(), Value::Map(spatial)),
        ]);
        self.context.scope.set(name.clone(), Value::Map(view));
        let path = path.to_owned();
        Some(Leaf {
            name,
            kind,
            class,
            attributes,
            mesh_x,
            mesh_y,
            constraints,
            sparse,
            enabled,
            extra,
            required_actions,
            path,
        })
    }

    fn name(&mut self, map: &Map, kind: LeafKind, path: &str) -> Option<String> {
        let is_nothing = kind == LeafKind::Component(ComponentKind::Nothing);
        let name = match map.get("name") {
            Some(Node::Text { text, .. }) if !text.is_empty() && !text.contains(['[', ']']) => text.clone(),
            Some(Node::Number(number)) => number.to_string(),
            None | Some(Node::Null) if is_nothing => return Some("nothing".into()),
            None | Some(Node::Null) => {
                self.context.missing(path, "name", map);
                return None;
            }
            Some(other) => {
                self.context.wrong_type(&join(path, "name"), "a name without brackets", other);
                return None;
            }
        };
        if self.seen.len() >= MAX_LEAVES {
            if self.seen.len() == MAX_LEAVES {
                let what = "the number of architecture nodes".to_owned();
                self.context.error(path, ErrorKind::TooLarge { what, limit: MAX_LEAVES as u64 });
                self.seen.insert(format!("{name}[more]"), path.into());
            }
            return None;
        }
        if let Some(first) = self.seen.insert(name.clone(), path.into()) {
            let kind = ErrorKind::Invalid(format!("the name {name:?} is taken by {first}"));
            self.context.error(&join(path, "name"), kind);
        }
        Some(name)
    }

    fn meshes(&mut self, node: Option<&Node>, path: &str) -> (u64, u64) {
        let map = self.context.map(node, path);
        self.context.check_keys(&map, &["meshX", "meshY"], path);
        let mut mesh = |key: &str| -> u64 {
            let path = join(path, key);
            let Some(value) = map.get(key).filter(|value| **value != Node::Null) else { return 1 };
            let Some(value) = self.context.int(value, &path) else { return 1 };
            if !(1..=MAX_MESH).contains(&value) {
                let kind = ErrorKind::Invalid(format!("a mesh of {value} is not between 1 and {MAX_MESH}"));
                self.context.error(&path, kind);
                return 1;
            }
            value.unsigned_abs()
        };
        (mesh("meshX"), mesh("meshY"))
    }

    fn enabled(&mut self, node: Option<&Node>, path: &str) -> bool {
        let Some(node) = node.filter(|node| **node != Node::Null) else { return true };
        match self.context.evaluate(node, path) {
            Node::Bool(value) => value,
            Node::Null => true,
            other => {
                self.context.wrong_type(path, "true or false", &other);
                true
            }
        }
    }
}
