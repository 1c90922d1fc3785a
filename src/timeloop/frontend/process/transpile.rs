//! Flattens the architecture into the one list of levels that Timeloop reads.

use super::attributes;
use super::constraint::{Dataspace, Group, Iteration, Kind};
use super::context::{Context, version};
use super::factor::Factor;
use super::node::{ArchNode, BranchKind, ComponentKind, Leaf, LeafKind};
use super::problem::Problem;
use crate::timeloop::frontend::error::ErrorKind;
use crate::timeloop::frontend::load::{Map, Node, join};
use indexmap::IndexMap;

/// The processed levels, outermost first, and what belongs to them.
#[derive(Debug, Default)]
pub(super) struct Levels {
    /// `architecture` in processed form.
    pub(super) architecture: Map,
    /// Constraints of all levels in order.
    pub(super) constraints: Vec<Node>,
    /// Sparse optimizations of all levels in order.
    pub(super) sparse: Vec<Node>,
    /// The key path of the node that each level stands for, by the name of the level.
    pub(super) paths: IndexMap<String, String>,
}

/// Flattens the nodes.
pub(super) fn flatten(context: &mut Context<'_>, problem: &Problem, nodes: &[ArchNode], variables: &Map) -> Levels {
    let mut walk = Walk {
        context,
        problem,
        mesh: (1, 1),
        inherited: Map::new(),
        name: "top_level".into(),
        attributes: variables.clone(),
        local: Vec::new(),
        last: None,
        levels: Levels::default(),
    };
    walk.nodes(nodes, false);
    match &walk.last {
        Some((_, LeafKind::Component(ComponentKind::Compute))) | None => {}
        Some((name, _)) => {
            let kind = ErrorKind::LastNotCompute(format!("{name:?}"));
            walk.context.error("architecture.nodes", kind);
        }
    }
    let level = Map::from([
        ("name".to_owned(), Node::plain(walk.name)),
        ("attributes".to_owned(), Node::Map(walk.attributes)),
        ("local".to_owned(), Node::List(walk.local)),
    ]);
    let mut levels = walk.levels;
    levels.architecture =
        Map::from([("version".to_owned(), version()), ("subtree".to_owned(), Node::List(vec![Node::Map(level)]))]);
    levels
}

struct Walk<'c, 'd, 'p> {
    context: &'c mut Context<'d>,
    problem: &'p Problem,
    /// Instances so far along X and Y.
    mesh: (u64, u64),
    /// Attributes of the containers so far.
    inherited: Map,
    name: String,
    attributes: Map,
    local: Vec<Node>,
    /// Name and kind of the last leaf.
    last: Option<(String, LeafKind)>,
    levels: Levels,
}

impl Walk<'_, '_, '_> {
    fn nodes(&mut self, nodes: &[ArchNode], in_parallel: bool) {
        for node in nodes {
            match node {
                ArchNode::Branch { kind, nodes, .. } => self.nodes(nodes, *kind == BranchKind::Parallel),
                ArchNode::Leaf(leaf) if leaf.enabled && leaf.kind != LeafKind::Component(ComponentKind::Nothing) => {
                    self.leaf(leaf, in_parallel);
                }
                ArchNode::Leaf(_) => {}
            }
        }
    }

    fn leaf(&mut self, leaf: &Leaf, in_parallel: bool) {
        let fanned = leaf.fanout() != 1;
        if in_parallel && (fanned || leaf.is_container()) {
            self.context.error(&leaf.path, ErrorKind::FanoutInParallel(leaf.name.clone()));
        }
        if leaf.is_container() {
            self.inherited.extend(leaf.attributes.clone());
            if self.last.is_none() {
                self.name = format!("{}_top_level", leaf.name);
                self.attributes.extend(leaf.attributes.clone());
            }
        }
        self.last = Some((leaf.name.clone(), leaf.kind));
        self.check_placement(leaf, fanned);
        if fanned {
            self.dummy(leaf);
            let product = (self.mesh.0.checked_mul(leaf.mesh_x), self.mesh.1.checked_mul(leaf.mesh_y));
            match product {
                (Some(x), Some(y)) if x.checked_mul(y).is_some() => self.mesh = (x, y),
                _ => {
                    let what = "the number of instances".to_owned();
                    self.context.error(&leaf.path, ErrorKind::TooLarge { what, limit: u64::MAX });
                }
            }
        }
        if !leaf.is_container() {
            self.component(leaf, fanned);
        }
    }

    /// Remarks on constraints that have no level to apply to.
    fn check_placement(&mut self, leaf: &Leaf, fanned: bool) {
        let group = &leaf.constraints;
        let mut ineffective = Vec::new();
        if !fanned && group.emit(Kind::Spatial, "").is_some() {
            ineffective.push("spatial");
        }
        if leaf.is_container() || leaf.is_compute() {
            let kinds = [Kind::Temporal, Kind::Dataspace].into_iter();
            ineffective.extend(kinds.filter(|&kind| group.emit(kind, "").is_some()).map(Kind::key));
        }
        for key in ineffective {
            let path = join(&leaf.path, &format!("constraints.{key}"));
            let why = if key == "spatial" { "the node has no fan-out" } else { "the node stores nothing" };
            self.context.warn(&path, format_args!("has no effect: {why}"));
        }
    }

    /// The level that carries the spatial loops of a fan-out.
    fn dummy(&mut self, leaf: &Leaf) {
        let name = format!("inter_{}_spatial", leaf.name);
        self.levels.paths.insert(name.clone(), leaf.path.clone());
        let temporal = Iteration {
            factors: super::factor::Factors(self.problem.dimensions.iter().map(|d| Factor::exactly(d, 1)).collect()),
            permutation: self.problem.dimensions.clone(),
            ..Iteration::default()
        };
        let dataspace = Dataspace { bypass: self.problem.space_names(), ..Dataspace::default() };
        let group = Group { spatial: leaf.constraints.spatial.clone(), temporal, dataspace, ..Group::default() };
        let mut level = Map::from([
            ("name".to_owned(), Node::plain(self.ranged(&name))),
            ("class".to_owned(), Node::plain(crate::architecture::FAN_OUT_CLASS)),
        ]);
        level.insert("attributes".into(), Node::Map(self.complete(attributes::of_dummy())));
        level.insert("enabled".into(), Node::Bool(true));
        self.local.push(Node::Map(level));
        self.constraints(&group, &name, |_| true);
    }

    fn component(&mut self, leaf: &Leaf, fanned: bool) {
        self.levels.paths.insert(leaf.name.clone(), leaf.path.clone());
        let is_network = leaf.kind == LeafKind::Component(ComponentKind::Network);
        let name = if is_network { leaf.name.clone() } else { self.ranged(&leaf.name) };
        let mut level =
            Map::from([("name".to_owned(), Node::plain(name)), ("class".to_owned(), Node::plain(leaf.class.clone()))]);
        level.extend(leaf.extra.clone());
        level.insert("attributes".into(), Node::Map(self.complete(leaf.attributes.clone())));
        let actions = required_actions(leaf);
        if !actions.is_empty() {
            level.insert("required_actions".into(), Node::List(actions));
        }
        level.insert("enabled".into(), Node::Bool(true));
        self.local.push(Node::Map(level));
        // The spatial constraint of a fan-out moved to its dummy. Without fan-out, and on a compute component, the
        // published front end writes constraints that Timeloop refuses.
        let quirks = self.context.quirks;
        let written = |kind| match kind {
            Kind::Spatial => quirks && !fanned,
            Kind::Temporal | Kind::Dataspace | Kind::Overbooked => quirks || !leaf.is_compute(),
        };
        self.constraints(&leaf.constraints, &leaf.name, written);
        if !leaf.sparse.is_empty() {
            let mut sparse = leaf.sparse.clone();
            sparse.insert("name".into(), Node::plain(leaf.name.clone()));
            self.levels.sparse.push(Node::Map(sparse));
        }
    }

    fn constraints(&mut self, group: &Group, target: &str, written: impl Fn(Kind) -> bool) {
        let kinds = group.order.iter().filter(|&&kind| written(kind));
        self.levels.constraints.extend(kinds.filter_map(|&kind| group.emit(kind, target)));
    }

    fn ranged(&self, name: &str) -> String {
        format!("{name}[1..{}]", self.mesh.0 * self.mesh.1)
    }

    /// Own attributes, the mesh so far, and what the containers give.
    fn complete(&self, mut attributes: Map) -> Map {
        let mesh = |value: u64| Node::Number(value.into());
        attributes.insert("meshX".into(), mesh(self.mesh.0));
        attributes.insert("meshY".into(), mesh(self.mesh.1));
        for (key, value) in &self.inherited {
            attributes.entry(key.clone()).or_insert_with(|| value.clone());
        }
        attributes
    }
}

/// The actions an energy estimator must know for a component.
fn required_actions(leaf: &Leaf) -> Vec<Node> {
    let needed: &[&str] = match leaf.kind {
        LeafKind::Component(ComponentKind::Storage) => &["read", "write", "update", "leak"],
        LeafKind::Component(ComponentKind::Compute) => &["compute"],
        _ => &[],
    };
    let mut actions = leaf.required_actions.clone();
    for action in needed {
        if !actions.iter().any(|given| given.as_str() == Some(action)) {
            actions.push(Node::plain(*action));
        }
    }
    actions
}
