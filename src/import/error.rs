//! What can be wrong with a model, all of it at once.

use std::fmt;

use thiserror::Error;

use super::bindings::BindingError;

/// Why a model cannot be imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot read the file: {0}")]
    Read(#[source] std::io::Error),
    /// The bytes are no ONNX model.
    #[error("not an ONNX model: {0}")]
    NotOnnx(String),
    /// The graph contradicts itself.
    #[error("invalid graph: {0}")]
    Graph(String),
    /// The user's bindings do not fit the graph.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// Nodes that cannot be lowered, all of them.
    #[error("{}", nodes_message(.0, .1))]
    Nodes(Vec<NodeError>, Vec<String>),
}

/// What is wrong with one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeError {
    /// The node's name, with its path.
    pub node: String,
    /// Its operator.
    pub op: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node `{}` ({}): {}", self.node, self.op, self.message)
    }
}

/// Nodes shown in one message; more are counted.
const SHOWN: usize = 20;

fn nodes_message(errors: &[NodeError], hints: &[String]) -> String {
    let mut text = match errors {
        [only] => only.to_string(),
        _ => {
            let mut text = format!("{} nodes cannot be lowered:", errors.len());
            for error in errors.iter().take(SHOWN) {
                text.push_str(&format!("\n  {error}"));
            }
            if errors.len() > SHOWN {
                text.push_str(&format!("\n  and {} more", errors.len() - SHOWN));
            }
            text
        }
    };
    for hint in hints {
        text.push_str(&format!("\nhint: {hint}"));
    }
    text
}
