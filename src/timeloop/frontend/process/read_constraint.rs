//! From the document to typed constraints: shapes, types and names are checked here.

use super::constraint::{Dataspace, Group, Iteration, KINDS, Kind};
use super::context::Context;
use super::factor::Factor;
use super::problem::Problem;
use crate::timeloop::frontend::error::ErrorKind;
use crate::timeloop::frontend::load::{Map, Node, join};

const ITERATION_KEYS: [&str; 16] = [
    "type",
    "target",
    "name",
    "factors",
    "permutation",
    "default_max_factor",
    "default_min_factor",
    "remainders",
    "no_reuse",
    "factors_only",
    "no_iteration_over_dataspaces",
    "must_iterate_over_dataspaces",
    "maximize_dims",
    "maximize_dims_capacity",
    "split",
    "no_link_transfer",
];
const DATASPACE_KEYS: [&str; 8] =
    ["type", "target", "name", "keep", "bypass", "no_coalesce", "keep_only", "bypass_only"];

/// Reads the `constraints` of a node.
pub(super) fn group(context: &mut Context<'_>, problem: &Problem, node: Option<&Node>, path: &str) -> Group {
    let map = context.map(node, path);
    context.check_keys(&map, &KINDS.map(Kind::key), path);
    let mut group = Group::default();
    let given: Vec<Kind> = map.keys().filter_map(|key| KINDS.into_iter().find(|kind| kind.key() == key)).collect();
    for &kind in &given {
        read_kind(context, problem, kind, map.get(kind.key()), &join(path, kind.key()), &mut group);
    }
    group.order = given.iter().copied().chain(KINDS.into_iter().filter(|kind| !given.contains(kind))).collect();
    group
}

/// Reads one constraint into a group.
pub(super) fn read_kind(
    context: &mut Context<'_>,
    problem: &Problem,
    kind: Kind,
    node: Option<&Node>,
    path: &str,
    group: &mut Group,
) {
    let map = context.map(node, path);
    let mut reader = Reader { context, problem, map: &map, path };
    match kind {
        Kind::Spatial => group.spatial = reader.iteration(true),
        Kind::Temporal => group.temporal = reader.iteration(false),
        Kind::Dataspace => group.dataspace = reader.dataspace(),
        Kind::Overbooked => {
            group.overbooked =
                map.get("proportion").map(|value| reader.context.evaluate(value, &join(path, "proportion")));
        }
    }
}

struct Reader<'c, 'd, 'p> {
    context: &'c mut Context<'d>,
    problem: &'p Problem,
    map: &'p Map,
    path: &'p str,
}

impl Reader<'_, '_, '_> {
    fn iteration(&mut self, spatial: bool) -> Iteration {
        let mut keys = ITERATION_KEYS.to_vec();
        if !spatial {
            keys.truncate(ITERATION_KEYS.len() - 2);
            keys.push("rmw_first_update");
        }
        self.context.check_keys(self.map, &keys, self.path);
        let mut iteration = Iteration {
            permutation: self.permutation(),
            default_max_factor: self.int("default_max_factor"),
            default_min_factor: self.int("default_min_factor"),
            remainders: self.int("remainders"),
            no_reuse: self.spaces("no_reuse"),
            still_spaces: self.spaces("no_iteration_over_dataspaces"),
            moving_spaces: self.spaces("must_iterate_over_dataspaces"),
            maximize: self.maximize(),
            maximize_capacity: self.int("maximize_dims_capacity"),
            ..Iteration::default()
        };
        if spatial {
            iteration.split = self.int("split");
            iteration.no_link_transfer = self.spaces("no_link_transfer");
        } else {
            iteration.rmw_first_update = self.spaces("rmw_first_update");
        }
        if self.given("factors_only") {
            iteration.factors_only = Some(self.factors("factors_only"));
        }
        let factors = self.factors("factors");
        if let Err(kind) = iteration.factors.add(factors) {
            self.context.error(&join(self.path, "factors"), kind);
        }
        iteration
    }

    fn dataspace(&mut self) -> Dataspace {
        self.context.check_keys(self.map, &DATASPACE_KEYS, self.path);
        let mut dataspace = Dataspace {
            no_coalesce: self.spaces("no_coalesce"),
            keep_only: self.given("keep_only").then(|| self.spaces("keep_only")),
            bypass_only: self.given("bypass_only").then(|| self.spaces("bypass_only")),
            ..Dataspace::default()
        };
        let lists = Dataspace { keep: self.spaces("keep"), bypass: self.spaces("bypass"), ..Dataspace::default() };
        if let Err(kind) = dataspace.combine(lists) {
            self.context.error(self.path, kind);
        }
        dataspace
    }

    fn given(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|node| *node != Node::Null)
    }

    fn int(&mut self, key: &str) -> Option<i64> {
        let node = self.map.get(key).filter(|node| **node != Node::Null)?;
        self.context.int(node, &join(self.path, key))
    }

    /// A list of texts; one text is split at commas, else at blanks.
    fn texts(&mut self, key: &str) -> Vec<String> {
        let path = join(self.path, key);
        match self.map.get(key) {
            None | Some(Node::Null) => Vec::new(),
            Some(Node::Text { text, .. }) => {
                let separator = if text.contains(',') { ',' } else { ' ' };
                text.split(separator).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
            }
            Some(Node::List(items)) => {
                let mut texts = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    match item.as_str() {
                        Some("") => {}
                        Some(text) => texts.push(text.to_owned()),
                        None => self.context.wrong_type(&format!("{path}[{index}]"), "text", item),
                    }
                }
                texts
            }
            Some(other) => {
                self.context.wrong_type(&path, "a list", other);
                Vec::new()
            }
        }
    }

    fn factors(&mut self, key: &str) -> Vec<Factor> {
        let path = join(self.path, key);
        let mut factors = Vec::new();
        for text in self.texts(key) {
            // Text in parentheses is an expression for the factor's text.
            let computed = (text.starts_with('(')).then(|| self.context.evaluate(&Node::plain(text.clone()), &path));
            let text = computed.as_ref().and_then(Node::as_str).unwrap_or(&text);
            match Factor::parse(text) {
                Ok(factor) => {
                    if self.dimension(&factor.dimension, &path) {
                        factors.push(factor);
                    }
                }
                Err(kind) => self.context.error(&path, kind),
            }
        }
        factors
    }

    /// Whether the problem has this dimension; an error if not.
    fn dimension(&mut self, name: &str, path: &str) -> bool {
        let known = self.problem.dimensions.iter().any(|dimension| dimension == name);
        if !known {
            self.context.unknown(path, "dimension", name, &self.problem.dimensions);
        }
        known
    }

    fn permutation(&mut self) -> Vec<String> {
        let path = join(self.path, "permutation");
        let names = match self.map.get("permutation") {
            Some(Node::Text { text, .. }) if !text.contains(',') => {
                text.chars().filter(|c| !c.is_whitespace()).map(String::from).collect()
            }
            _ => self.texts("permutation"),
        };
        let mut permutation: Vec<String> = Vec::new();
        for name in names {
            if permutation.contains(&name) {
                self.context.error(&path, ErrorKind::Invalid(format!("dimension {name} is listed twice")));
            } else if self.dimension(&name, &path) {
                permutation.push(name);
            }
        }
        permutation
    }

    /// Names of data spaces; `*` stands for all of them.
    fn spaces(&mut self, key: &str) -> Vec<String> {
        let path = join(self.path, key);
        let all = self.problem.space_names();
        let mut spaces = Vec::new();
        let texts = self.texts(key);
        for name in &texts {
            if name == "*" || spaces.contains(name) {
                continue;
            }
            if all.contains(name) {
                spaces.push(name.clone());
            } else {
                self.context.unknown(&path, "data space", name, &all);
            }
        }
        if texts.iter().any(|name| name == "*") {
            super::constraint::union(&mut spaces, all);
        }
        spaces
    }

    /// `[[a, b], [c]]`, or `[a, b]` for a single group.
    fn maximize(&mut self) -> Vec<Vec<String>> {
        let path = join(self.path, "maximize_dims");
        let items = self.context.list(self.map.get("maximize_dims"), &path);
        let nested = items.iter().all(|item| item.as_list().is_some());
        let flat = items.iter().all(|item| item.as_str().is_some());
        if !nested && !flat {
            self.context
                .error(&path, ErrorKind::Invalid("expected a list of dimensions or a list of such lists".into()));
            return Vec::new();
        }
        let groups: Vec<&[Node]> = if nested { items.iter().filter_map(Node::as_list).collect() } else { vec![items] };
        let mut read = Vec::new();
        for group in groups {
            let mut dimensions: Vec<String> = Vec::new();
            for item in group {
                match item.as_str() {
                    Some(name) if dimensions.iter().any(|d| d == name) => {}
                    Some(name) => {
                        if self.dimension(name, &path) {
                            dimensions.push(name.to_owned());
                        }
                    }
                    None => self.context.wrong_type(&path, "the name of a dimension", item),
                }
            }
            read.push(dimensions);
        }
        read.retain(|group| !group.is_empty());
        read
    }
}
