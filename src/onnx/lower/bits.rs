//! Widths and formats of operands, seen through quantisation: a QDQ graph computes in the types between Quantize and Dequantize.

use crate::onnx::dtype;
use crate::onnx::graph::{Graph, Node, NodeId, ValueId};
use crate::onnx::ops::{self, DataFlow, NodeShapes, data_flow};
use crate::onnx::shapes::Shapes;
use crate::workload::Number;

/// Steps followed at most; a graph without cycles ends earlier, but no file decides how long this takes.
const MAX_STEPS: usize = 64;

/// Assumed where a file does not tell a type.
const DEFAULT: Number = Number::float(8, 23);

/// The elements of an operand that a node reads.
pub(super) fn read(graph: &Graph, shapes: &Shapes, value: Option<ValueId>) -> Number {
    let Some(mut value) = value else { return DEFAULT };
    let own = shapes.dtype(value).and_then(dtype::number).unwrap_or(DEFAULT);
    for _ in 0..MAX_STEPS {
        let Some(producer) = graph[value].producer.map(|id| &graph[id]) else { break };
        let Some(source) = producer.input(0) else { break };
        if let Some(number) = ops::quantized_number(&NodeShapes { node: producer, values: shapes }) {
            return number;
        }
        if producer.op == "DequantizeLinear" {
            return shapes.dtype(source).and_then(dtype::number).unwrap_or(own);
        }
        if data_flow(producer) != DataFlow::Moves {
            break;
        }
        value = source;
    }
    own
}

/// The elements of a result that a node writes.
pub(super) fn written(graph: &Graph, shapes: &Shapes, value: Option<ValueId>) -> Number {
    let Some(mut value) = value else { return DEFAULT };
    let own = shapes.dtype(value).and_then(dtype::number).unwrap_or(DEFAULT);
    for _ in 0..MAX_STEPS {
        let consumers = &graph[value].consumers;
        let Some(first) = consumers.first().map(|id| &graph[*id]) else { break };
        let Some(result) = first.output(0) else { break };
        let quantized = |id: &NodeId| ops::quantized_number(&NodeShapes { node: &graph[*id], values: shapes });
        if let Some(number) = quantized(&consumers[0])
            && consumers.iter().all(|id| quantized(id) == Some(number))
        {
            return number;
        }
        if first.op == "QuantizeLinear" && consumers.iter().all(|id| graph[*id].op == "QuantizeLinear") {
            return shapes.dtype(result).and_then(dtype::number).unwrap_or(own);
        }
        let fused = matches!(data_flow(first), DataFlow::Moves | DataFlow::Fuses);
        if consumers.len() != 1 || !fused || (first.op == "Add" && !adds_a_constant(graph, first)) {
            break;
        }
        value = result;
    }
    own
}

fn adds_a_constant(graph: &Graph, node: &Node) -> bool {
    node.inputs.iter().flatten().any(|input| graph[root(graph, *input)].tensor.is_some())
}

/// The value that an operand is a part, view, copy or conversion of.
pub(super) fn root(graph: &Graph, value: ValueId) -> ValueId {
    followed(graph, value, |producer| producer.op != "Concat")
}

/// The value that an operand is all of, in another form.
pub(super) fn whole(graph: &Graph, value: ValueId) -> ValueId {
    followed(graph, value, |producer| !matches!(producer.op.as_str(), "Concat" | "Slice" | "Expand"))
}

fn followed(graph: &Graph, value: ValueId, through: impl Fn(&Node) -> bool) -> ValueId {
    let mut value = value;
    for _ in 0..MAX_STEPS {
        let Some(producer) = graph[value].producer.map(|id| &graph[id]) else { break };
        let follows = match data_flow(producer) {
            DataFlow::Converts => true,
            DataFlow::Moves => through(producer),
            DataFlow::Computes | DataFlow::Fuses => false,
        };
        match producer.input(0) {
            Some(source) if follows => value = source,
            _ => break,
        }
    }
    value
}
