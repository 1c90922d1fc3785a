//! Dilated convolutions that TensorFlow spells out: space to batch, a dense convolution, batch to space.
//!
//! ```text
//! Pad -> (Reshape, Transpose, SpaceToDepth ..) -> Conv -> (Transpose, Reshape, DepthToSpace ..) -> Slice
//! ```
//!
//! The input is padded, every `block`-th element of each spatial axis becomes an image of the batch, a convolution without
//! stride and padding works on all of them, its results are put together again and cropped: a convolution of dilation `block`.
//! What the rearrangements do is followed digit by digit: an axis of a tensor is a mixed-radix number whose digits are parts of
//! the axes of the padded input, so that every spelling of the same arrangement is seen to be it. What works on every element or
//! channel alike between them (a bias, a batch normalisation, an activation, a quantiser) changes no arrangement, and is part of it.

use std::collections::HashMap;

use super::bits;
use crate::onnx::graph::{Body, Domain, Graph, Node, NodeId, ValueId};
use crate::onnx::ops::{self, NodeShapes, Work};
use crate::onnx::shapes::Shapes;
use crate::workload::{Axis, Convolution, Operation};

/// Rearrangements followed on either side of a convolution.
const MAX_STEPS: usize = 32;

/// What a layer says that it was recognised as.
pub(super) const RECOGNIZED_AS: &str = "a dilated convolution, spelled out as space to batch";

/// The convolutions that were recognised.
#[derive(Debug, Default)]
pub(in crate::onnx) struct SpelledOut {
    /// The dilated convolution of a node, and the nodes around it that it stands for.
    pub(super) convolutions: HashMap<NodeId, (Work, Vec<NodeId>)>,
    /// Convolutions that were all but recognised.
    pub(super) warnings: Vec<String>,
}

/// Recognises the convolutions and joins each with the nodes around it: in the graph it then reads what is padded and makes what
/// is cropped.
pub(in crate::onnx) fn join(graph: &mut Graph, shapes: &Shapes) -> SpelledOut {
    let mut found = SpelledOut::default();
    let mut joined: Vec<(NodeId, Joined)> = Vec::new();
    for id in graph.walk().into_iter().filter(|id| graph[*id].is_onnx("Conv")) {
        let Some(before) = Before::of(graph, shapes, &graph[id]) else { continue };
        match after(graph, shapes, id, &before) {
            Ok(result) => joined.push((id, result)),
            Err(problem) => {
                let node = &graph[id];
                found.warnings.push(format!(
                    "node `{}` (Conv): its input is arranged as for a dilation of {:?} spelled out as space to batch, but {problem}; \
                     it is counted as it stands",
                    node.name, before.blocks
                ));
            }
        }
    }
    for (id, Joined { work, source, result, nodes }) in joined {
        let node = &mut graph.nodes[id.0];
        (node.inputs[0], node.outputs[0]) = (Some(source), Some(result));
        remove(graph, &nodes);
        found.convolutions.insert(id, (work, nodes));
    }
    found
}

/// A convolution with the nodes around it.
struct Joined {
    work: Work,
    source: ValueId,
    result: ValueId,
    nodes: Vec<NodeId>,
}

/// Takes nodes out of the bodies that hold them.
fn remove(graph: &mut Graph, nodes: &[NodeId]) {
    fn within(body: &mut Body, nodes: &[NodeId]) {
        body.nodes.retain(|id| !nodes.contains(id));
    }
    within(&mut graph.root, nodes);
    for node in &mut graph.nodes {
        node.bodies.iter_mut().for_each(|body| within(body, nodes));
    }
}

/// A part of an axis: coordinate `c` of it counts `c * stride` elements of the axis `source` of the padded input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Digit {
    source: usize,
    stride: u64,
    size: u64,
}

/// The digits of every axis, most significant first; an axis of one element has none.
type Axes = Vec<Vec<Digit>>;

/// Joins neighbours that are one number.
fn normalized(digits: impl IntoIterator<Item = Digit>) -> Vec<Digit> {
    let mut joined: Vec<Digit> = Vec::new();
    for digit in digits.into_iter().filter(|digit| digit.size != 1) {
        match joined.last_mut() {
            Some(last) if last.source == digit.source && last.stride == digit.stride * digit.size => {
                (last.stride, last.size) = (digit.stride, last.size * digit.size);
            }
            _ => joined.push(digit),
        }
    }
    joined
}

/// The digits dealt out anew to axes of these sizes; `None` where that cuts one unevenly.
fn dealt(digits: impl IntoIterator<Item = Digit>, sizes: &[u64]) -> Option<Axes> {
    let mut digits: Vec<Digit> = normalized(digits);
    digits.reverse();
    let mut axes = Vec::with_capacity(sizes.len());
    for &size in sizes {
        let mut axis = Vec::new();
        let mut open = size;
        while open > 1 {
            let digit = digits.pop()?;
            if open.is_multiple_of(digit.size) {
                open /= digit.size;
                axis.push(digit);
            } else if digit.size.is_multiple_of(open) {
                let inner = digit.size / open;
                axis.push(Digit { stride: digit.stride * inner, size: open, ..digit });
                digits.push(Digit { size: inner, ..digit });
                open = 1;
            } else {
                return None;
            }
        }
        axes.push(normalized(axis));
    }
    digits.is_empty().then_some(axes)
}

fn length(axis: &[Digit]) -> u64 {
    axis.iter().map(|digit| digit.size).product()
}

/// Operators that work on every element of their first operand alike.
const ELEMENTWISE: [&str; 22] = [
    "Abs",
    "Cast",
    "Celu",
    "Clip",
    "DequantizeLinear",
    "Elu",
    "Erf",
    "Exp",
    "Gelu",
    "HardSigmoid",
    "HardSwish",
    "LeakyRelu",
    "Mish",
    "Neg",
    "QuantizeLinear",
    "Relu",
    "Selu",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Tanh",
    "ThresholdedRelu",
];

/// Operators that join a tensor with others, element by element.
const JOINING: [&str; 8] = ["Add", "Sub", "Mul", "Div", "Max", "Min", "PRelu", "Pow"];

/// Whether a node works on every element, or every channel, of `value` alike: whatever else it reads is constant and has one
/// element, or one for each channel, which are the axis `channels` of the source.
fn is_same_everywhere(
    graph: &Graph,
    shapes: &Shapes,
    node: &Node,
    value: ValueId,
    axes: &Axes,
    channels: usize,
) -> bool {
    if node.domain != Domain::Onnx {
        return false;
    }
    let is_of_channels = |axis: &Vec<Digit>| axis.iter().all(|digit| digit.source == channels);
    let mut others = node.inputs.iter().flatten().copied().filter(|input| *input != value);
    let is_constant = |input: ValueId| graph[bits::root(graph, input)].tensor.is_some();
    match node.op.as_str() {
        op if ELEMENTWISE.contains(&op) => {
            node.input(0) == Some(value)
                && others.all(|input| shapes.shape(input).is_some_and(|shape| shape.iter().product::<u64>() == 1))
        }
        "BatchNormalization" => axes.get(1).is_some_and(is_of_channels) && others.all(is_constant),
        op if JOINING.contains(&op) => others.all(|input| {
            let Some(shape) = shapes.shape(input).filter(|shape| is_constant(input) && shape.len() <= axes.len())
            else {
                return false;
            };
            let behind = &axes[axes.len() - shape.len()..];
            shape.iter().zip(behind).all(|(size, axis)| *size == 1 || is_of_channels(axis))
        }),
        _ => false,
    }
}

/// What a node makes of the axes of its input; `None` for nodes that do not just rearrange.
fn rearranged(node: &Node, axes: &Axes, shapes: &Shapes) -> Option<Axes> {
    if node.domain != Domain::Onnx {
        return None;
    }
    match node.op.as_str() {
        "Identity" => Some(axes.clone()),
        "Transpose" => match node.ints("perm") {
            Some(perm) => perm.iter().map(|axis| axes.get(usize::try_from(*axis).ok()?).cloned()).collect(),
            None => Some(axes.iter().rev().cloned().collect()),
        },
        "Reshape" | "Squeeze" | "Unsqueeze" | "Flatten" => {
            dealt(axes.iter().flatten().copied(), &shapes.shape(node.output(0)?)?)
        }
        "SpaceToDepth" | "DepthToSpace" => {
            let block = u64::try_from(node.int("blocksize")?).ok().filter(|block| *block > 0)?;
            let [batch, channels, height, width] = axes.as_slice() else { return None };
            let joined = |parts: [&Vec<Digit>; 3]| normalized(parts.into_iter().flatten().copied());
            let none = Vec::new();
            if node.op == "SpaceToDepth" {
                let split = |axis: &Vec<Digit>| dealt(axis.iter().copied(), &[length(axis) / block, block]);
                let (height, width) = (split(height)?, split(width)?);
                let channels = joined([&height[1], &width[1], channels]);
                Some(vec![batch.clone(), channels, height[0].clone(), width[0].clone()])
            } else {
                let rest = length(channels) / block / block;
                let in_columns = node.text("mode") == Some("CRD");
                let sizes = if in_columns { [rest, block, block] } else { [block, block, rest] };
                let parts = dealt(channels.iter().copied(), &sizes)?;
                let [rest, down, across] = if in_columns { [0, 1, 2] } else { [2, 0, 1] };
                let height = joined([height, &parts[down], &none]);
                Some(vec![batch.clone(), parts[rest].clone(), height, joined([width, &parts[across], &none])])
            }
        }
        _ => None,
    }
}

/// What stands before a convolution whose input is arranged as space to batch.
struct Before {
    /// The tensor that is padded.
    source: ValueId,
    /// Its sizes and those of the padded one.
    sizes: Vec<u64>,
    padded: Vec<u64>,
    /// Padding before each axis of it.
    pads: Vec<u64>,
    /// Axes of the input of the convolution.
    axes: Axes,
    /// The axis of the source that each spatial axis of the convolution is (one of a single element is none), and into how many
    /// phases it is cut.
    spatial: Vec<Option<usize>>,
    blocks: Vec<u64>,
    nodes: Vec<NodeId>,
}

impl Before {
    /// `None` where the input is arranged otherwise.
    fn of(graph: &Graph, shapes: &Shapes, conv: &Node) -> Option<Self> {
        let mut value = conv.input(0)?;
        let mut path = Vec::new();
        for _ in 0..MAX_STEPS {
            let Some(id) = graph[value].producer else { break };
            let is_rearrangement = matches!(
                graph[id].op.as_str(),
                "Identity"
                    | "Transpose"
                    | "Reshape"
                    | "Squeeze"
                    | "Unsqueeze"
                    | "Flatten"
                    | "SpaceToDepth"
                    | "QuantizeLinear"
                    | "DequantizeLinear"
            );
            if !is_rearrangement {
                break;
            }
            path.push(id);
            value = graph[id].input(0)?;
        }
        let padded = shapes.shape(value)?;
        let mut axes: Axes = padded
            .iter()
            .enumerate()
            .map(|(source, size)| normalized([Digit { source, stride: 1, size: *size }]))
            .collect();
        for id in path.iter().rev() {
            let node = &graph[*id];
            axes = match rearranged(node, &axes, shapes) {
                Some(axes) => axes,
                None if is_same_everywhere(graph, shapes, node, node.input(0)?, &axes, usize::MAX) => axes,
                None => return None,
            };
        }
        let (spatial, blocks) = phases(&axes, &padded)?;
        let mut nodes = path;
        let mut source = value;
        let mut pads = vec![0; padded.len()];
        if let Some(id) = graph[value].producer.filter(|id| graph[*id].is_onnx("Pad")) {
            let pad = &graph[id];
            let stated = pad.ints("pads").map(<[i64]>::to_vec).or_else(|| shapes.ints(pad.input(1)?));
            let stated = stated.filter(|stated| stated.len() == 2 * padded.len() && pad.input(3).is_none());
            let is_zero = matches!(pad.text("mode"), None | Some("constant"));
            if let (Some(stated), true) = (stated, is_zero) {
                let begins = stated.iter().take(padded.len()).map(|pad| u64::try_from(*pad).ok());
                if let Some(begins) = begins.collect::<Option<Vec<_>>>() {
                    (pads, source) = (begins, pad.input(0)?);
                    nodes.push(id);
                }
            }
        }
        let sizes = shapes.shape(source)?;
        let others = (0..sizes.len()).filter(|axis| !spatial.contains(&Some(*axis)));
        if sizes.len() != padded.len() || others.into_iter().any(|axis| sizes[axis] != padded[axis]) {
            return None;
        }
        // Nodes whose results are read elsewhere, too, stay.
        let stays = |id: &NodeId| graph[*id].outputs.iter().flatten().any(|output| consumers(graph, *output).len() > 1);
        if let Some(shared) = nodes.iter().position(stays) {
            nodes.truncate(shared);
        }
        Some(Self { source, sizes, padded, pads, axes, spatial, blocks, nodes })
    }
}

/// Which axes of the source the spatial axes of a convolution's input are, and into how many phases they are cut, where
/// the batch holds the phases.
fn phases(axes: &Axes, padded: &[u64]) -> Option<(Vec<Option<usize>>, Vec<u64>)> {
    let [batch, channels, spatial @ ..] = axes.as_slice() else { return None };
    let is_whole = |axis: &[Digit]| match axis {
        [] => true,
        [digit] => digit.stride == 1 && digit.size == padded[digit.source],
        _ => false,
    };
    let mut rest = batch.clone();
    let (mut sources, mut blocks) = (Vec::new(), Vec::new());
    for axis in spatial {
        let digit = match axis.as_slice() {
            [] => {
                sources.push(None);
                blocks.push(1);
                continue;
            }
            [digit] => digit,
            _ => return None,
        };
        let block = digit.stride;
        if digit.size.checked_mul(block)? != padded[digit.source] {
            return None;
        }
        if block > 1 {
            let phase = Digit { source: digit.source, stride: 1, size: block };
            rest.remove(rest.iter().position(|digit| *digit == phase)?);
        }
        sources.push(Some(digit.source));
        blocks.push(block);
    }
    (is_whole(channels) && is_whole(&rest) && blocks.iter().any(|block| *block > 1)).then_some((sources, blocks))
}

/// Nodes that read the elements of a value.
fn consumers(graph: &Graph, value: ValueId) -> Vec<NodeId> {
    let mut readers = graph[value].consumers.clone();
    readers.dedup();
    readers.retain(|id| !matches!(graph[*id].op.as_str(), "Shape" | "Size"));
    readers
}

/// The dilated convolution, if what is behind the dense one puts its results together again; or what does not fit.
fn after(graph: &Graph, shapes: &Shapes, id: NodeId, before: &Before) -> Result<Joined, &'static str> {
    let conv = &graph[id];
    let Some(Ok(mut work)) = ops::work(&NodeShapes { node: conv, values: shapes }) else {
        return Err("the convolution is not valid");
    };
    let Some(Operation::Convolution(dense)) = work.products.first().map(|product| product.operation.clone()) else {
        return Err("the convolution is not valid");
    };
    if dense.window.iter().any(|axis| axis.stride != 1 || axis.pad_before != 0 || axis.pad_after != 0) {
        return Err("the convolution has a stride or padding");
    }
    let channels = before.padded.len();
    let mut axes = before.axes.clone();
    axes[1] = normalized([Digit { source: channels, stride: 1, size: dense.groups * dense.out_channels_per_group }]);
    for ((axis, source), (window, block)) in
        axes[2..].iter_mut().zip(&before.spatial).zip(dense.window.iter().zip(&before.blocks))
    {
        let digit = source.map(|source| Digit { source, stride: *block, size: window.output });
        *axis = normalized(digit);
    }
    let whole = |source: usize| match before.spatial.iter().position(|spatial| *spatial == Some(source)) {
        Some(place) => dense.window[place].output * before.blocks[place],
        None if source == channels => dense.groups * dense.out_channels_per_group,
        None => before.padded[source],
    };
    let mut nodes = before.nodes.clone();
    let mut value = conv.output(0).ok_or("its result is not used")?;
    let next = |value: ValueId| match consumers(graph, value).as_slice() {
        [next] if !graph.root.outputs.contains(&value) => Some(*next),
        _ => None,
    };
    while !axes.iter().all(|axis| matches!(axis.as_slice(), [] | [Digit { stride: 1, .. }]) && is_full(axis, &whole)) {
        let step = next(value).filter(|_| nodes.len() < 2 * MAX_STEPS);
        let step = step.ok_or("its results are not put together again before they are read")?;
        match rearranged(&graph[step], &axes, shapes) {
            Some(next) => axes = next,
            None if is_same_everywhere(graph, shapes, &graph[step], value, &axes, channels) => {}
            None => return Err("something else works on its results before they are put together again"),
        }
        nodes.push(step);
        value = graph[step].output(0).ok_or("its result is not used")?;
    }
    // Where each axis begins after cropping, and how long it stays.
    let mut crops: HashMap<usize, (u64, u64)> = HashMap::new();
    while let Some(step) = next(value).filter(|step| graph[*step].is_onnx("Slice")) {
        let Some(cropped) = crop(&graph[step], shapes, &axes, &whole, &mut crops) else { break };
        nodes.push(step);
        value = cropped;
    }
    let mut window = Vec::with_capacity(dense.window.len());
    for ((axis, source), block) in dense.window.iter().zip(&before.spatial).zip(&before.blocks) {
        let Some(source) = *source else {
            window.push(*axis);
            continue;
        };
        let made = axis.output * block;
        let (cut, output) = crops.get(&source).copied().unwrap_or((0, made));
        let dilated =
            dilated(axis, *block, before.sizes[source], before.padded[source], before.pads[source], cut, output);
        window.push(dilated.ok_or("its padding and cropping do not fit a dilated convolution")?);
    }
    let images: u64 = before.blocks.iter().product();
    let convolution = Convolution { batch: dense.batch / images, window, ..dense };
    for product in &mut work.products {
        // Quantisers before it are part of it.
        product.input_number = product.input_number.or_else(|| Some(bits::read(graph, shapes, conv.input(0))));
        (product.input.1, product.output.1) = (convolution.input_shape(), convolution.output_shape());
        product.operation = Operation::Convolution(convolution.clone());
    }
    Ok(Joined { work, source: before.source, result: value, nodes })
}

fn is_full(axis: &[Digit], whole: &impl Fn(usize) -> u64) -> bool {
    axis.first().is_none_or(|digit| digit.size == whole(digit.source))
}

/// The axis of the dilated convolution; `cut` elements are cropped before its results, `output` stay.
fn dilated(dense: &Axis, block: u64, size: u64, padded: u64, pad: u64, cut: u64, output: u64) -> Option<Axis> {
    let signed = |size: u64| i64::try_from(size).ok();
    let made = dense.output.checked_mul(block)?;
    let after = signed(padded.checked_sub(size)?.checked_sub(pad)?)?;
    let cut_after = signed(made.checked_sub(cut)?.checked_sub(output)?)?;
    let pads = (signed(pad)? - signed(cut)?, after - cut_after);
    let axis = Axis::convolution(dense.kernel, 1, dense.dilation.checked_mul(block)?, pads, size).ok()?;
    (axis.output == output).then_some(axis)
}

/// A Slice that crops whole axes by steps of one; its result.
fn crop(
    node: &Node,
    shapes: &Shapes,
    axes: &Axes,
    whole: &impl Fn(usize) -> u64,
    crops: &mut HashMap<usize, (u64, u64)>,
) -> Option<ValueId> {
    let (input, output) = (node.input(0)?, node.output(0)?);
    let (before, after) = (shapes.shape(input)?, shapes.shape(output)?);
    let starts = shapes.ints(node.input(1)?)?;
    let places: Vec<usize> = match node.input(3) {
        Some(axes) => shapes.ints(axes)?.iter().map(|axis| ops::axis(*axis, before.len())).collect::<Option<_>>()?,
        None => (0..starts.len()).collect(),
    };
    if node.input(4).is_some_and(|steps| shapes.ints(steps).is_none_or(|steps| steps.iter().any(|step| *step != 1))) {
        return None;
    }
    let mut new = Vec::new();
    for (place, start) in places.iter().zip(&starts) {
        let (size, length) = (*before.get(*place)?, *after.get(*place)?);
        if size == length {
            continue;
        }
        let start = if *start < 0 { size.checked_sub(start.unsigned_abs())? } else { start.unsigned_abs() };
        let source = axes.get(*place)?.first()?.source;
        let (cut, _) = crops.get(&source).copied().unwrap_or((0, whole(source)));
        new.push((source, (cut.checked_add(start)?, length)));
    }
    crops.extend(new);
    Some(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_dealt_out_and_joined_again() {
        let axis = |source, size| Digit { source, stride: 1, size };
        // [2, 12] as [2, 3, 4], its last axis first, and back.
        let cut = dealt([axis(0, 2), axis(1, 12)], &[2, 3, 4]).unwrap();
        assert_eq!(cut[1], [Digit { source: 1, stride: 4, size: 3 }]);
        assert_eq!(cut[2], [Digit { source: 1, stride: 1, size: 4 }]);
        let back = dealt([cut[0].clone(), cut[1].clone(), cut[2].clone()].concat(), &[2, 12]).unwrap();
        assert_eq!(back, [[axis(0, 2)], [axis(1, 12)]]);
        assert_eq!(dealt([axis(0, 2), axis(1, 12)], &[3, 8]), None);
        assert_eq!(dealt([axis(0, 2)], &[1, 2, 1]).unwrap(), [vec![], vec![axis(0, 2)], vec![]]);
    }
}
