//! The problem: dimensions, bounds and data spaces, and remarks about names that nothing declares.

use super::context::{Context, version};
use crate::names::suggestion;
use crate::timeloop::frontend::error::ErrorKind;
use crate::timeloop::frontend::load::{Map, Node, join};
use indexmap::IndexMap;

/// What the constraints need to know of the problem.
#[derive(Debug, Default)]
pub(super) struct Problem {
    pub(super) dimensions: Vec<String>,
    pub(super) data_spaces: Vec<DataSpace>,
    /// The bound of every dimension.
    pub(super) bounds: IndexMap<String, u64>,
    /// The problem in processed form.
    pub(super) node: Map,
}

/// A data space and the dimensions it is indexed by.
#[derive(Debug)]
pub(super) struct DataSpace {
    pub(super) name: String,
    /// In order of appearance in the projection.
    pub(super) dimensions: Vec<String>,
}

impl Problem {
    pub(super) fn space_names(&self) -> Vec<String> {
        self.data_spaces.iter().map(|space| space.name.clone()).collect()
    }

    pub(super) fn bound(&self, dimension: &str) -> u64 {
        self.bounds.get(dimension).copied().unwrap_or(1)
    }

    pub(super) fn space(&self, name: &str) -> Option<&DataSpace> {
        self.data_spaces.iter().find(|space| space.name == name)
    }
}

/// Input sizes and paddings are commonly noted in an instance although the shape has no use for them.
const INFORMATIVE: [&str; 8] = ["H", "W", "D", "Hpad", "Wpad", "Dpad", "densities", "commonDensity"];

/// Reads the `problem` key.
pub(super) fn read(context: &mut Context<'_>) -> Problem {
    let document = context.document;
    let Some(node) = document.keys.get("problem") else {
        context.error("problem", ErrorKind::Missing("problem".into()));
        return Problem::default();
    };
    let mut map = context.map(Some(node), "problem");
    context.check_version(&map, "problem");
    context.check_keys(&map, &["version", "instance", "shape"], "problem");
    let mut problem = Problem::default();
    let Some(shape) = map.get("shape").cloned() else {
        context.missing("problem", "shape", &map);
        return problem;
    };
    let shape = shape_of(context, &shape, &mut problem);
    let instance = instance_of(context, map.get("instance"), &shape, &mut problem);
    map.insert("version".into(), version());
    map.insert("instance".into(), Node::Map(instance));
    map.insert("shape".into(), Node::Map(shape));
    problem.node = map;
    problem
}

fn shape_of(context: &mut Context<'_>, node: &Node, problem: &mut Problem) -> Map {
    const PATH: &str = "problem.shape";
    let mut shape = context.map(Some(node), PATH);
    context.check_keys(&shape, &["name", "dimensions", "data_spaces", "coefficients"], PATH);
    let dimensions = join(PATH, "dimensions");
    for (index, item) in context.list(shape.get("dimensions"), &dimensions).iter().enumerate() {
        match item.as_str() {
            Some(name) if !name.is_empty() && !problem.dimensions.iter().any(|d| d == name) => {
                problem.dimensions.push(name.to_owned());
            }
            _ => context.wrong_type(&format!("{dimensions}[{index}]"), "the name of a new dimension", item),
        }
    }
    if problem.dimensions.is_empty() {
        context.missing(PATH, "dimensions", &shape);
    }
    let path = join(PATH, "data_spaces");
    let mut spaces = Vec::new();
    for (index, item) in context.list(shape.get("data_spaces"), &path).iter().enumerate() {
        let path = format!("{path}[{index}]");
        let mut map = context.map(Some(item), &path);
        context.check_keys(&map, &["name", "projection", "read_write"], &path);
        let Some(name) = map.get("name").and_then(Node::as_str).map(str::to_owned) else {
            context.missing(&path, "name", &map);
            continue;
        };
        let mut names = Vec::new();
        collect_names(map.get("projection").unwrap_or(&Node::Null), &mut names);
        names.retain(|name| problem.dimensions.contains(name));
        if names.is_empty() {
            context.error(&join(&path, "projection"), ErrorKind::Invalid("names no dimension".into()));
        }
        map.entry("read_write".into()).or_insert(Node::Bool(false));
        problem.data_spaces.push(DataSpace { name, dimensions: names });
        spaces.push(Node::Map(map));
    }
    if spaces.is_empty() {
        context.missing(PATH, "data_spaces", &shape);
    }
    shape.insert("data_spaces".into(), Node::List(spaces));
    shape.entry("name".into()).or_insert(Node::quoted(""));
    shape.entry("coefficients".into()).or_insert(Node::List(Vec::new()));
    shape
}

/// All names in a projection, outer lists first.
fn collect_names(node: &Node, names: &mut Vec<String>) {
    match node {
        Node::Text { text, .. } if !names.contains(text) => names.push(text.clone()),
        Node::List(items) => items.iter().for_each(|item| collect_names(item, names)),
        _ => {}
    }
}

/// Remarks on densities that the published front end refuses, and this one passes on.
fn check_densities(context: &mut Context<'_>, densities: &Node, path: &str) {
    let Node::Map(spaces) = densities else { return };
    for (space, density) in spaces {
        if density.get("distribution").is_none() || density.get("density").is_none() {
            let text = "Timeloop's own front end refuses a density without `distribution` and `density`";
            context.warn(&join(path, space), text);
        }
    }
}

/// Completes the density model of every data space.
fn with_density_defaults(mut densities: Node) -> Node {
    if let Node::Map(spaces) = &mut densities {
        for density in spaces.values_mut() {
            if let Node::Map(density) = density {
                for key in ["band_width", "workload_tensor_size"] {
                    density.entry(key.into()).or_insert(Node::int(0));
                }
            }
        }
    }
    densities
}

fn instance_of(context: &mut Context<'_>, node: Option<&Node>, shape: &Map, problem: &mut Problem) -> Map {
    const PATH: &str = "problem.instance";
    let given = context.map(node, PATH);
    let coefficients: Vec<String> = shape
        .get("coefficients")
        .and_then(Node::as_list)
        .unwrap_or_default()
        .iter()
        .filter_map(|item| item.get("name")?.as_str().map(str::to_owned))
        .collect();
    let declared: Vec<String> = problem.dimensions.iter().chain(&coefficients).cloned().collect();
    let mut instance = Map::new();
    for (key, value) in &given {
        let path = join(PATH, key);
        if key == "densities" || key == "commonDensity" || key.contains("ignore") {
            if key == "densities" {
                check_densities(context, value, &path);
            }
            instance.insert(key.clone(), with_density_defaults(value.clone()));
            continue;
        }
        if !declared.contains(key) && !INFORMATIVE.contains(&key.as_str()) {
            let hint = suggestion(key, declared.iter().map(String::as_str));
            context.warn(&path, format_args!("the shape declares no dimension or coefficient of this name{hint}"));
        }
        let Some(value) = context.int(value, &path) else { continue };
        if problem.dimensions.contains(key) {
            match u64::try_from(value) {
                Ok(bound) if bound > 0 => {
                    problem.bounds.insert(key.clone(), bound);
                }
                _ => context.error(&path, ErrorKind::Invalid(format!("a dimension cannot have the bound {value}"))),
            }
        }
        instance.insert(key.clone(), Node::int(value));
    }
    for dimension in &problem.dimensions {
        if !given.contains_key(dimension) {
            context.error(PATH, ErrorKind::Missing(dimension.clone()));
        }
    }
    instance.entry("densities".into()).or_insert(Node::Map(Map::new()));
    instance
}
