//! From a loaded v0.4 description to the processed specification that Timeloop reads.
//!
//! | stage | file |
//! |---|---|
//! | variables, problem | `settings`, `problem` |
//! | typed architecture, attributes evaluated top-down | `read_node`, `attributes`, `read_constraint` |
//! | formats and savings of sparse data | `sparse` |
//! | top-level constraints into their nodes | `attach` |
//! | short forms of constraints | `macros`, `maximize` |
//! | `!Parallel`: who keeps what | `branches` |
//! | unit dimensions innermost | `permutation` |
//! | mesh axes nothing can use | `axes` |
//! | one flat list of levels | `transpile` |

mod attach;
mod attributes;
mod axes;
mod branches;
mod constraint;
mod context;
mod factor;
mod macros;
mod maximize;
mod node;
mod permutation;
mod problem;
mod read_constraint;
mod read_node;
mod settings;
mod sparse;
mod transpile;

use crate::timeloop::frontend::error::Errors;
use crate::timeloop::frontend::load::{Document, Map, Node};
use context::Context;
use indexmap::IndexMap;

/// Settings of the processing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProcessOptions {
    /// Write the constraints as a mapping for `timeloop-model` instead of as constraints for `timeloop-mapper`.
    pub for_model: bool,
    /// Reproduce the published front end exactly, also where it does something else than the description says: `split`
    /// counts the dimensions inserted before it.
    pub frontend_quirks: bool,
}

/// The processed specification.
#[derive(Debug, Clone, PartialEq)]
pub struct Processed {
    /// The document Timeloop reads.
    pub value: serde_yaml::Value,
    /// Remarks for the user: unknown names, parts without effect.
    pub warnings: Vec<String>,
    /// The key path of the node in the description that each level stands for, by the name of the level.
    pub paths: IndexMap<String, String>,
}

/// Processes a loaded document.
pub fn process(document: &Document, options: ProcessOptions) -> Result<Processed, Errors> {
    let document = &document.standardised()?;
    let mut context = Context::new(document, options.frontend_quirks);
    settings::check_top_level(&mut context);
    let variables = settings::variables(&mut context);
    let problem = problem::read(&mut context);
    if !context.errors.is_empty() && problem.dimensions.is_empty() {
        return Err(context.failed());
    }
    let mut nodes = read_node::architecture(&mut context, &problem);
    attach::constraints(&mut context, &problem, &mut nodes);
    attach::sparse_optimizations(&mut context, &problem, &mut nodes);
    macros::expand(&mut context, &problem, &mut nodes);
    if !context.errors.is_empty() {
        return Err(context.failed());
    }
    maximize::apply(&mut context, &problem, &mut nodes);
    branches::resolve(&mut context, &problem, &mut nodes);
    permutation::complete(&context, &problem, &mut nodes);
    axes::check(&mut context, &problem, &nodes);
    let mut levels = transpile::flatten(&mut context, &problem, &nodes, &variables);
    let paths = std::mem::take(&mut levels.paths);
    let specification = assemble(&mut context, options, problem, levels);
    if context.errors.is_empty() {
        Ok(Processed { value: Node::Map(specification).to_value(), warnings: context.warnings, paths })
    } else {
        Err(context.failed())
    }
}

fn assemble(
    context: &mut Context<'_>,
    options: ProcessOptions,
    problem: problem::Problem,
    levels: transpile::Levels,
) -> Map {
    let list = Node::List(levels.constraints);
    let none = Node::List(Vec::new());
    let (targets, mapping) = if options.for_model { (none, list) } else { (list, none) };
    let mut map = Map::new();
    let mut set = |key: &str, value: Node| {
        map.insert(key.to_owned(), value);
    };
    set("dumped_by_timeloop_front_end", Node::Bool(true));
    set("architecture", Node::Map(levels.architecture));
    set("architecture_constraints", Node::Map(Map::from([("targets".to_owned(), targets)])));
    set("problem", Node::Map(problem.node));
    set("compound_components", Node::Map(settings::components(context)));
    set("mapping", mapping);
    if !levels.sparse.is_empty() {
        set("sparse_optimizations", Node::Map(Map::from([("targets".to_owned(), Node::List(levels.sparse))])));
    }
    set("mapper", Node::Map(settings::mapper(context)));
    set("mapspace", Node::Map(settings::mapspace(context)));
    set("globals", Node::Map(settings::globals(context)));
    // Both tables hang on the area table: the published front end tests that one only.
    let has_areas = |key: &str| context.document.keys.get(key)?.get("tables").filter(|tables| !tables.is_empty());
    if has_areas("ART").is_some() {
        for key in ["ERT", "ART"] {
            if let Some(table) = context.document.keys.get(key) {
                set(key, table.clone());
            }
        }
    }
    map
}
