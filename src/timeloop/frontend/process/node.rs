//! The v0.4 architecture as a tree of typed nodes.

use super::constraint::Group;
use crate::timeloop::frontend::load::{Map, Node};

/// What a component is, by a part of its class name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ComponentKind {
    Storage,
    Compute,
    Network,
    Nothing,
}

impl ComponentKind {
    /// The first list a part of which occurs in the class decides.
    pub(super) fn of_class(class: &str) -> Option<Self> {
        const PARTS: [(ComponentKind, &[&str]); 4] = [
            (ComponentKind::Storage, &["DRAM", "SRAM", "regfile", "smartbuffer", "storage"]),
            (ComponentKind::Compute, &["mac", "intmac", "fpmac", "compute"]),
            (ComponentKind::Network, &["XY_NoC", "Legacy", "ReductionTree", "SimpleMulticast"]),
            (ComponentKind::Nothing, &["nothing"]),
        ];
        PARTS.into_iter().find(|(_, parts)| parts.iter().any(|part| class.contains(part))).map(|(kind, _)| kind)
    }
}

/// Container or component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeafKind {
    Container,
    Component(ComponentKind),
}

/// A container or component with evaluated attributes.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) name: String,
    pub(super) kind: LeafKind,
    /// Empty for containers.
    pub(super) class: String,
    pub(super) attributes: Map,
    pub(super) mesh_x: u64,
    pub(super) mesh_y: u64,
    pub(super) constraints: Group,
    pub(super) sparse: Map,
    pub(super) enabled: bool,
    /// Further keys of the component that go into the processed form as they are.
    pub(super) extra: Map,
    pub(super) required_actions: Vec<Node>,
    /// Key path for messages.
    pub(super) path: String,
}

impl Leaf {
    pub(super) fn fanout(&self) -> u64 {
        self.mesh_x.saturating_mul(self.mesh_y)
    }

    pub(super) fn is_container(&self) -> bool {
        self.kind == LeafKind::Container
    }

    pub(super) fn is_storage(&self) -> bool {
        self.kind == LeafKind::Component(ComponentKind::Storage)
    }

    pub(super) fn is_compute(&self) -> bool {
        self.kind == LeafKind::Component(ComponentKind::Compute)
    }
}

/// How the children of a branch share the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BranchKind {
    /// `!Hierarchical` and `!Pipelined`.
    Serial,
    Parallel,
}

/// A node of the architecture.
#[derive(Debug, Clone)]
pub(super) enum ArchNode {
    Leaf(Box<Leaf>),
    Branch { kind: BranchKind, nodes: Vec<ArchNode>, path: String },
}

impl ArchNode {
    /// The name of a leaf, else the key path of a branch.
    pub(super) fn label(&self) -> &str {
        match self {
            Self::Leaf(leaf) => &leaf.name,
            Self::Branch { path, .. } => path,
        }
    }
}

/// All leaves in document order.
pub(super) fn leaves(nodes: &[ArchNode]) -> Vec<&Leaf> {
    let mut found = Vec::new();
    for node in nodes {
        match node {
            ArchNode::Leaf(leaf) => found.push(&**leaf),
            ArchNode::Branch { nodes, .. } => found.extend(leaves(nodes)),
        }
    }
    found
}

/// All leaves in document order, to change them.
pub(super) fn leaves_mut(nodes: &mut [ArchNode]) -> Vec<&mut Leaf> {
    let mut found = Vec::new();
    for node in nodes {
        match node {
            ArchNode::Leaf(leaf) => found.push(&mut **leaf),
            ArchNode::Branch { nodes, .. } => found.extend(leaves_mut(nodes)),
        }
    }
    found
}
