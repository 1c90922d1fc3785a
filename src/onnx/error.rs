//! What can be wrong with a model, all of it at once.

use std::fmt;

use indexmap::IndexMap;
use thiserror::Error;

use super::bindings::BindingError;

/// Why a model cannot be imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot read the file")]
    Read(#[source] std::io::Error),
    /// The bytes are not an ONNX model.
    #[error("not an ONNX model: {0}")]
    NotOnnx(String),
    /// The graph contradicts itself.
    #[error("invalid graph: {0}")]
    Graph(String),
    /// The user's bindings do not fit the graph.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// The zeros of weights cannot be counted: tensors and reasons.
    #[error(
        "the zeros of the weights cannot be counted: {0}\nhint: give the model with its weights and the files beside it, or state \
         shares: `--density weights=0.5`, `--density-file`"
    )]
    Unmeasured(String),
    /// Nodes that cannot be lowered, all of them.
    #[error("{}", nodes_message(.0, .1))]
    Nodes(Vec<NodeError>, Vec<String>),
}

/// What is wrong with one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeError {
    /// The node's name, with its path.
    pub node: String,
    /// Its operator, with the domain where that is not ONNX's own.
    pub op: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node `{}` ({}): {}", self.node, self.op, self.message)
    }
}

/// Nodes named for one reason; more are counted.
const NAMED: usize = 8;

/// Nodes with the same trouble are one line, for one open dimension is the trouble of a whole network.
fn nodes_message(errors: &[NodeError], hints: &[String]) -> String {
    let mut by_message: IndexMap<&str, Vec<&NodeError>> = IndexMap::new();
    for error in errors {
        by_message.entry(&error.message).or_default().push(error);
    }
    let mut lines = Vec::new();
    for (message, nodes) in by_message {
        match nodes.as_slice() {
            [only] => lines.push(only.to_string()),
            nodes => {
                lines.push(format!("{} nodes: {message}:", nodes.len()));
                lines.extend(nodes.iter().take(NAMED).map(|error| format!("  `{}` ({})", error.node, error.op)));
                if nodes.len() > NAMED {
                    lines.push(format!("  and {} more (-v names them all)", nodes.len() - NAMED));
                }
            }
        }
    }
    lines.extend(hints.iter().map(|hint| format!("hint: {hint}")));
    lines.join("\n")
}
