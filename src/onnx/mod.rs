//! From an ONNX file to layers.
//!
//! ```text
//! Source --load--> ModelProto --graph--> Graph --shapes--> Shapes --lower--> Network
//!                                                 ^                 ^
//!                                                 +------ ops ------+
//! ```
//!
//! In this order; each step knows only those before it:
//!
//! * `load`: the bytes, memory-mapped, decoded without copying a weight; `decoded_size` refuses what would fill the memory;
//!   `external`: the small tensors of shapes that lie in files beside the model.
//! * `graph`: names resolved, functions inlined, nodes in executable order; `bindings`: the sizes that the file leaves open.
//! * `ops`: the table of operators, a row for each: what it multiplies and accumulates, its shapes, its types.
//! * `shapes`: what every value's shape is and how often every node runs; asks tract, one node at a time, and the table.
//! * `lower`: the products of every node, which its row derives from shapes, as layers with names, bits and parameters.
//! * `dataflow`: the edges between layers, through the operators that lie between them.

mod bindings;
mod dataflow;
mod decoded_size;
mod dtype;
mod error;
mod external;
mod graph;
mod load;
mod lower;
mod moe_balance;
mod ops;
mod shapes;
mod tensor;

use std::path::Path;

pub use bindings::{BindingError, Bindings, InputShape, InputValue, Phase};
pub use error::{ImportError, NodeError};
pub use load::Source;
pub use moe_balance::MoeBalance;

/// The decoded form of a model and its parts, for tests and tools that build or change one.
#[expect(missing_docs, clippy::pedantic, reason = "generated")]
pub mod proto {
    include!(concat!(env!("OUT_DIR"), "/onnx.rs"));
}

use crate::workload::Network;

/// How often the loops whose iterations differ are written out; more often only where they are nested as deep.
const MAX_UNROLLINGS: usize = 4;

/// What the importer knows of every operator, as Markdown: the text of `docs/operators.md`.
pub fn operators_markdown() -> String {
    ops::markdown()
}

/// Reads an ONNX model and lowers it to layers.
///
/// # Errors
///
/// Everything that is wrong with the file or missing from the bindings, collected. Never panics, whatever the bytes.
pub fn import(source: &Source, name: &str, bindings: &Bindings) -> Result<Network, ImportError> {
    let mut model = load::load(source)?;
    let unread = match source {
        Source::Path(path) => external::read_small_tensors(&mut model, path.parent().unwrap_or(Path::new(""))),
        Source::Stdin | Source::Bytes(_) => Vec::new(),
    };
    let mut network = import_model(&model, name, bindings)?;
    network.warnings.splice(0..0, unread);
    Ok(network)
}

/// [`import`] for a model that is in memory.
pub fn import_model(model: &proto::ModelProto, name: &str, bindings: &Bindings) -> Result<Network, ImportError> {
    let mut graph = graph::Graph::build(model).map_err(ImportError::Graph)?;
    let inputs = bindings.bind(&graph)?;
    let mut shapes = shapes::infer(&graph, &inputs);
    // Loops in loops are found one after the other.
    for _ in 0..MAX_UNROLLINGS {
        if shapes.unrolled.is_empty() {
            break;
        }
        for (node, count) in std::mem::take(&mut shapes.unrolled) {
            graph.unroll(node, count);
        }
        graph.find_consumers();
        shapes = shapes::infer(&graph, &inputs);
    }
    let spelled_out = lower::join(&mut graph, &shapes);
    lower::lower(&graph, &shapes, &spelled_out, &inputs, name)
}
