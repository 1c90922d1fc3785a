//! Why the shape of an operand is not known, and what would help.

use std::collections::BTreeSet;

use crate::onnx::bindings::{Bound, shell_word};
use crate::onnx::graph::{Dim, Graph, NodeId, ValueId};
use crate::onnx::shapes::{Cause, Causes, Shapes, Trouble};

/// Reasons named for one operand.
const NAMED: usize = 3;

/// Why a shape is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// The user must state something.
    Error(String),
    /// No run can execute this node; and why.
    Contradiction(NodeId, String),
    /// It depends on data: that layer alone is not known.
    Data(String),
}

/// Explains input number `input` of a node, which is this value. Adds to the hints what the user can state.
pub(super) fn explain(
    graph: &Graph,
    shapes: &Shapes,
    bound: &Bound,
    causes: &Causes,
    (input, value): (usize, ValueId),
    hints: &mut BTreeSet<String>,
) -> Unknown {
    let (mut open, mut nodes, mut others) = (Vec::new(), Vec::new(), Vec::new());
    let mut contradiction = None;
    for cause in causes.behind(value) {
        match cause {
            Cause::Open(index) => {
                let dim = &bound.open[index];
                open.push(dim.label.as_str());
                hints.insert(format!("bind {} with {}", dim.label, dim.flag));
            }
            Cause::Unshaped(input) => {
                let name = &graph[input].name;
                others.push(format!("input `{name}` has no shape"));
                hints.insert(format!("state its shape, as in --input-shape {}=1,3,224,224", shell_word(name)));
            }
            Cause::Node(id) => {
                let node = &graph[id];
                let about = |problem: String| format!("node `{}` ({}): {problem}", node.name, node.display_op());
                match shapes.trouble(id) {
                    Trouble::Contradiction(problem) => {
                        contradiction.get_or_insert((id, problem));
                    }
                    Trouble::Unknown(problem) => nodes.push((id, about(problem))),
                }
            }
        }
    }
    if !open.is_empty() {
        let verb = if open.len() == 1 { "which is" } else { "which are" };
        return Unknown::Error(format!("the shape depends on {}, {verb} not bound", open.join(", ")));
    }
    let of_input = format!("the shape of its input {input} (`{}`) is unknown", graph[value].name);
    let listed = |reasons: Vec<String>| reasons.into_iter().take(NAMED).collect::<Vec<_>>().join("; ");
    if let Some((node, problem)) = contradiction {
        return Unknown::Contradiction(node, problem);
    }
    if !others.is_empty() {
        return Unknown::Error(format!("{of_input}: {}", listed(others)));
    }
    let flags = flags(graph, shapes, bound, value, nodes.iter().map(|(id, _)| *id));
    let why = if nodes.is_empty() {
        "the file does not state it".into()
    } else {
        listed(nodes.into_iter().map(|(_, about)| about).collect())
    };
    Unknown::Data(format!("{of_input}: {why}; state it with {flags}"))
}

/// The flags that state what is not known of a value: names of dimensions that declarations have, else its shape.
fn flags(graph: &Graph, shapes: &Shapes, bound: &Bound, value: ValueId, nodes: impl Iterator<Item = NodeId>) -> String {
    let outputs = nodes.flat_map(|id| graph[id].outputs.iter().flatten().copied());
    let declared = outputs.chain([value]).flat_map(|value| graph[value].declared.iter().flatten());
    let mut flags: Vec<String> = Vec::new();
    for dim in declared {
        if let Dim::Named(name) = dim
            && bound.names.size(name).is_none()
            && !flags.contains(&bound.names.flags(name))
        {
            flags.push(bound.names.flags(name));
        }
    }
    let shape =
        shapes.partial_shape(value).map_or_else(|| "1,3,224,224".to_owned(), |dims| dims.join(",").replace('?', "N"));
    let whole = format!("--shape {}={shape}", shell_word(&graph[value].name));
    if flags.is_empty() { whole } else { format!("{} or {whole}", flags.join(" ")) }
}
