//! Constraints on one node: temporal and spatial loops, data spaces kept or bypassed.

use super::factor::{Factor, Factors};
use crate::timeloop::frontend::error::ErrorKind;
use crate::timeloop::frontend::load::{Map, Node};

/// The kinds of constraint a node can carry, in the order they are written when the user gives none.
pub(super) const KINDS: [Kind; 4] = [Kind::Spatial, Kind::Temporal, Kind::Dataspace, Kind::Overbooked];

/// A kind of constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Spatial,
    Temporal,
    Dataspace,
    Overbooked,
}

impl Kind {
    /// The key under a node's `constraints` and the `type` of a target.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Spatial => "spatial",
            Self::Temporal => "temporal",
            Self::Dataspace => "dataspace",
            Self::Overbooked => "max_overbooked_proportion",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            // The processed form's names for the same thing.
            "bypass" | "datatype" => Some(Self::Dataspace),
            _ => KINDS.into_iter().find(|kind| kind.key() == text),
        }
    }
}

/// Limits on the loops of one level, temporal or spatial.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Iteration {
    pub(super) factors: Factors,
    /// Dimensions, innermost loop first.
    pub(super) permutation: Vec<String>,
    pub(super) split: Option<i64>,
    pub(super) default_max_factor: Option<i64>,
    pub(super) default_min_factor: Option<i64>,
    pub(super) remainders: Option<i64>,
    pub(super) no_reuse: Vec<String>,
    pub(super) no_link_transfer: Vec<String>,
    pub(super) rmw_first_update: Vec<String>,
    /// These factors and 1 for every other dimension.
    pub(super) factors_only: Option<Vec<Factor>>,
    /// One iteration over every dimension of these data spaces.
    pub(super) still_spaces: Vec<String>,
    /// One iteration over every dimension none of these data spaces has.
    pub(super) moving_spaces: Vec<String>,
    pub(super) maximize: Vec<Vec<String>>,
    pub(super) maximize_capacity: Option<i64>,
}

/// Which data spaces a level keeps.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Dataspace {
    pub(super) keep: Vec<String>,
    pub(super) bypass: Vec<String>,
    pub(super) no_coalesce: Vec<String>,
    pub(super) keep_only: Option<Vec<String>>,
    pub(super) bypass_only: Option<Vec<String>>,
}

/// All constraints of one node.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    /// Kinds in the order they are written.
    pub(super) order: Vec<Kind>,
    pub(super) spatial: Iteration,
    pub(super) temporal: Iteration,
    pub(super) dataspace: Dataspace,
    pub(super) overbooked: Option<Node>,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            order: KINDS.to_vec(),
            spatial: Iteration::default(),
            temporal: Iteration::default(),
            dataspace: Dataspace::default(),
            overbooked: None,
        }
    }
}

impl Group {
    /// Adds the constraints of another group; an error if the two disagree.
    pub(super) fn combine(&mut self, other: Self) -> Result<(), ErrorKind> {
        self.spatial.combine(other.spatial)?;
        self.temporal.combine(other.temporal)?;
        self.dataspace.combine(other.dataspace)?;
        combine_value("max_overbooked_proportion", &mut self.overbooked, other.overbooked)
    }

    /// The constraint of one kind as the processed form writes it; `None` if it says nothing.
    pub(super) fn emit(&self, kind: Kind, target: &str) -> Option<Node> {
        let content = match kind {
            Kind::Spatial => self.spatial.emit(),
            Kind::Temporal => self.temporal.emit(),
            Kind::Dataspace => self.dataspace.emit(),
            Kind::Overbooked => self.overbooked.iter().map(|value| ("proportion".to_owned(), value.clone())).collect(),
        };
        if content.is_empty() {
            return None;
        }
        let name = if kind == Kind::Dataspace { "bypass" } else { kind.key() };
        let mut map = Map::from([("type".to_owned(), Node::plain(name)), ("target".to_owned(), Node::plain(target))]);
        map.extend(content);
        Some(Node::Map(map))
    }
}

impl Iteration {
    fn combine(&mut self, other: Self) -> Result<(), ErrorKind> {
        self.factors.add(other.factors.0)?;
        if self.permutation.is_empty() {
            self.permutation = other.permutation;
        } else if !other.permutation.is_empty() && self.permutation != other.permutation {
            let (mine, theirs) = (self.permutation.concat(), other.permutation.concat());
            return Err(ErrorKind::Contradiction(format!("permutation {mine} and {theirs}")));
        }
        combine_value("split", &mut self.split, other.split)?;
        combine_value("default_max_factor", &mut self.default_max_factor, other.default_max_factor)?;
        combine_value("default_min_factor", &mut self.default_min_factor, other.default_min_factor)?;
        combine_value("remainders", &mut self.remainders, other.remainders)?;
        combine_value("factors_only", &mut self.factors_only, other.factors_only)?;
        combine_value("maximize_dims_capacity", &mut self.maximize_capacity, other.maximize_capacity)?;
        if self.maximize.is_empty() {
            self.maximize = other.maximize;
        } else if !other.maximize.is_empty() && self.maximize != other.maximize {
            return Err(ErrorKind::Contradiction("two different maximize_dims".into()));
        }
        union(&mut self.no_reuse, other.no_reuse);
        union(&mut self.no_link_transfer, other.no_link_transfer);
        union(&mut self.rmw_first_update, other.rmw_first_update);
        union(&mut self.still_spaces, other.still_spaces);
        union(&mut self.moving_spaces, other.moving_spaces);
        Ok(())
    }

    fn emit(&self) -> Map {
        let mut map = Map::new();
        let mut set = |key: &str, value: Node| {
            if !value.is_empty() {
                map.insert(key.to_owned(), value);
            }
        };
        set("factors", Node::plain(self.factors.text()));
        set("permutation", Node::plain(self.permutation.concat()));
        set("split", optional(self.split));
        set("default_max_factor", optional(self.default_max_factor));
        set("default_min_factor", optional(self.default_min_factor));
        set("remainders", optional(self.remainders));
        set("no_reuse", names(&self.no_reuse));
        set("no_link_transfer", names(&self.no_link_transfer));
        set("rmw_first_update", names(&self.rmw_first_update));
        map
    }
}

impl Dataspace {
    /// Adds keep and bypass lists; a data space cannot be in both.
    pub(super) fn combine(&mut self, other: Self) -> Result<(), ErrorKind> {
        union(&mut self.keep, other.keep);
        union(&mut self.bypass, other.bypass);
        union(&mut self.no_coalesce, other.no_coalesce);
        combine_value("keep_only", &mut self.keep_only, other.keep_only)?;
        combine_value("bypass_only", &mut self.bypass_only, other.bypass_only)?;
        match self.keep.iter().find(|space| self.bypass.contains(space)) {
            Some(space) => Err(ErrorKind::Contradiction(format!("data space {space} is kept and bypassed"))),
            None => Ok(()),
        }
    }

    fn emit(&self) -> Map {
        let lists = [("keep", &self.keep), ("bypass", &self.bypass), ("no_coalesce", &self.no_coalesce)];
        let given = lists.into_iter().filter(|(_, list)| !list.is_empty());
        given.map(|(key, list)| (key.to_owned(), names(list))).collect()
    }
}

fn combine_value<T: PartialEq + std::fmt::Debug>(
    what: &str,
    mine: &mut Option<T>,
    theirs: Option<T>,
) -> Result<(), ErrorKind> {
    match (&mine, theirs) {
        (_, None) => Ok(()),
        (None, theirs) => {
            *mine = theirs;
            Ok(())
        }
        (Some(mine), Some(theirs)) if *mine == theirs => Ok(()),
        (Some(_), Some(_)) => Err(ErrorKind::Contradiction(format!("two different values of {what}"))),
    }
}

/// Adds what is not yet in the list.
pub(super) fn union(mine: &mut Vec<String>, theirs: Vec<String>) {
    for name in theirs {
        if !mine.contains(&name) {
            mine.push(name);
        }
    }
}

fn names(list: &[String]) -> Node {
    Node::List(list.iter().map(Node::plain).collect())
}

fn optional(value: Option<i64>) -> Node {
    value.map_or(Node::Null, Node::int)
}
