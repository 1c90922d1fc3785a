//! Why an operator does not become a layer.

use crate::onnx::graph::Node;
use crate::onnx::ops::{self, Macs};

/// Why a node without products does not become a layer, and its multiply-accumulates (0) where they are known.
pub(super) fn reason(node: &Node) -> (String, Option<u64>) {
    let operator = ops::find(node);
    if !node.bodies.is_empty() {
        return ("its body's nodes are listed on their own".into(), Some(0));
    }
    match operator.map(|operator| operator.macs) {
        Some(Macs::None) => ("no multiply-accumulate work".into(), Some(0)),
        Some(Macs::NotModelled) => (format!("the work of {} is not modelled as a layer", node.op), None),
        None | Some(Macs::Products(_) | Macs::InBodies) => {
            (format!("unknown operator {}; its work is not counted", node.display_op()), None)
        }
    }
}
