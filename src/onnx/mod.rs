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
//! * `zeros`: how many elements of the weights are zero, where somebody asks.
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
mod zeros;

use std::path::{Path, PathBuf};

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
    imported(source, name, bindings, false)
}

/// [`import`], and the zeros of the weights are counted: the densities of the layers are those that the file has. Reads all weights.
///
/// # Errors
///
/// As [`import`], and if the file holds the elements of no weight.
pub fn import_measured(source: &Source, name: &str, bindings: &Bindings) -> Result<Network, ImportError> {
    imported(source, name, bindings, true)
}

fn imported(source: &Source, name: &str, bindings: &Bindings, is_measured: bool) -> Result<Network, ImportError> {
    let mut model = load::load(source)?;
    let folder = match source {
        Source::Path(path) => Some(path.parent().unwrap_or(Path::new(""))),
        Source::Stdin | Source::Bytes(_) => None,
    };
    let unread = folder.map_or_else(Vec::new, |folder| external::read_small_tensors(&mut model, folder));
    let weights =
        if is_measured { Weights::Counted { folder: folder.map(Path::to_path_buf) } } else { Weights::Unread };
    let mut network = lowered(&model, name, bindings, &weights)?;
    network.warnings.splice(0..0, unread);
    Ok(network)
}

/// What becomes of the elements of weights.
enum Weights {
    Unread,
    /// Their zeros are counted; files of elements lie in the folder.
    Counted {
        folder: Option<PathBuf>,
    },
}

/// [`import`] for a model that is in memory.
pub fn import_model(model: &proto::ModelProto, name: &str, bindings: &Bindings) -> Result<Network, ImportError> {
    lowered(model, name, bindings, &Weights::Unread)
}

fn lowered(
    model: &proto::ModelProto,
    name: &str,
    bindings: &Bindings,
    weights: &Weights,
) -> Result<Network, ImportError> {
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
    lower::lower(&graph, &shapes, &spelled_out, &inputs, name, weights)
}
