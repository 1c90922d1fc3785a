//! From an ONNX file to layers.
//!
//! ```text
//! Source --load--> ModelProto --graph--> Graph --shapes--> Shapes --lower--> Network
//! ```
//!
//! * `load`: the bytes, memory-mapped, decoded without copying a weight.
//! * `graph`: names resolved, functions inlined, nodes in executable order.
//! * `shapes`: what every value's shape is and how often every node runs; asks tract, one node at a time.
//! * `lower`: one file per operator family; shapes to convolutions and matrix products.
//! * `dataflow`: the edges between these, through the operators that lie between them.

mod bindings;
mod dataflow;
mod dtype;
mod error;
mod graph;
mod load;
mod lower;
mod names;
#[expect(missing_docs, clippy::pedantic, reason = "generated")]
mod onnx {
    include!(concat!(env!("OUT_DIR"), "/onnx.rs"));
}
mod shapes;
mod tensor;
mod weigh;

pub use bindings::{BindingError, Bindings, InputShape};
pub use error::{ImportError, NodeError};
pub use load::Source;
pub(crate) use names::{UniqueNames, safe as safe_name};

/// The decoded form of a model and its parts, for tests and tools that build or change one.
pub mod proto {
    pub use super::onnx::*;
}

use crate::workload::Network;

/// Reads an ONNX model and lowers it to layers.
///
/// # Errors
///
/// Everything that is wrong with the file or missing from the bindings, collected. Never panics, whatever the bytes.
pub fn import(source: &Source, name: &str, bindings: &Bindings) -> Result<Network, ImportError> {
    let model = load::load(source)?;
    import_model(&model, name, bindings)
}

/// [`import`] for a model that is in memory.
pub fn import_model(model: &proto::ModelProto, name: &str, bindings: &Bindings) -> Result<Network, ImportError> {
    let graph = graph::Graph::build(model)?;
    let inputs = bindings.bind(&graph)?;
    let shapes = shapes::infer(&graph, &inputs);
    lower::lower(&graph, &shapes, &inputs, name)
}
