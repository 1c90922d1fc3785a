//! Why an operator does not become a layer.

use crate::onnx::graph::{Domain, Node};
use crate::onnx::ops::{self, Macs};

/// Why a node without products does not become a layer, and its multiply-accumulates (0) where they are known.
pub(super) fn reason(node: &Node) -> (String, Option<u64>) {
    if !node.bodies.is_empty() {
        return ("its body's nodes are listed on their own".into(), Some(0));
    }
    match (ops::find(node).map(|operator| operator.macs), &node.domain) {
        (Some(Macs::None), _) => ("no multiply-accumulate work".into(), Some(0)),
        (Some(Macs::NotModelled), _) => (format!("the work of {} is not modelled as a layer", node.op), None),
        (None, Domain::Other(domain)) if domain.starts_with("ai.onnx.") => {
            ("a classical machine-learning or training operator, not an accelerator layer".into(), Some(0))
        }
        (None | Some(Macs::Products(_) | Macs::InBodies), _) => {
            (format!("unknown operator {}; its work is not counted", node.display_op()), None)
        }
    }
}
