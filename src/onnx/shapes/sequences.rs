//! Sequences of tensors: how many, and the shape that all of them have.
//!
//! * <https://onnx.ai/onnx/operators/onnx__SplitToSequence.html>: parts of one element where no sizes are given, without their
//!   axis if `keepdims` is 0.
//! * <https://onnx.ai/onnx/operators/onnx__ConcatFromSequence.html>: along an axis, or along a new one.
//! * <https://onnx.ai/onnx/operators/onnx__SequenceMap.html>: the body runs once for each element.

use super::super::graph::{Node, ValueId};
use super::super::ops;
use super::super::tensor::Tensor;
use super::control::common;
use super::{Fact, Pass, ShapeDim};

/// What is known of a sequence.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    /// Number of elements.
    length: Option<u64>,
    /// What is common to all elements; `None` where it has none so far.
    element: Option<Fact>,
}

impl Sequence {
    fn merged(&self, other: &Self) -> Self {
        Self {
            length: self.length.filter(|length| other.length == Some(*length)),
            element: match (&self.element, &other.element) {
                (Some(a), Some(b)) => Some(common(a, b)),
                (a, b) => a.clone().or_else(|| b.clone()),
            },
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        let elements = match (&self.element, &other.element) {
            (Some(a), Some(b)) => a.is_same(b),
            (a, b) => a.is_none() && b.is_none(),
        };
        self.length == other.length && elements
    }

    /// A number of elements more or less.
    fn with(mut self, change: i64, element: Option<Fact>) -> Self {
        self.length = self.length.and_then(|length| length.checked_add_signed(change));
        if let Some(element) = element {
            self.element = Some(self.element.map_or_else(|| element.clone(), |own| common(&own, &element)));
        }
        self
    }
}

impl Pass<'_> {
    /// Follows an operator that reads or makes a sequence. Whether it is one.
    pub(super) fn sequence_node(&mut self, node: &Node) -> bool {
        if !node.is_onnx(&node.op) {
            return false;
        }
        let given = node.input(0).and_then(|value| self.sequences.get(&value).cloned());
        let fact = |value: Option<ValueId>| value.map(|value| self.shapes.facts[value.0].clone());
        let made = match node.op.as_str() {
            "SequenceEmpty" => Some(Sequence { length: Some(0), element: None }),
            "SequenceConstruct" => {
                let empty = Sequence { length: Some(0), element: None };
                Some(node.inputs.iter().fold(empty, |sequence, value| sequence.with(1, fact(*value))))
            }
            "SplitToSequence" => self.split_to_sequence(node),
            "SequenceInsert" => given.map(|given| given.with(1, fact(node.input(1)))),
            "SequenceErase" => given.map(|given| given.with(-1, None)),
            "Identity" | "Optional" | "OptionalGetElement" if given.is_some() => given,
            "SequenceAt" => {
                let element = given.and_then(|given| given.element).unwrap_or_default();
                self.state(node, &element);
                return true;
            }
            "SequenceLength" => {
                let length = given.and_then(|given| given.length).and_then(|length| i64::try_from(length).ok());
                let fact = match length {
                    Some(length) => Fact::of_constant(&Tensor::of_ints(Vec::new(), vec![length])),
                    None => Fact::of_shape(None, &[]),
                };
                self.state(node, &fact);
                return true;
            }
            "ConcatFromSequence" => {
                let joined = given.and_then(|given| self.joined(node, &given)).unwrap_or_default();
                self.state(node, &joined);
                return true;
            }
            _ => return false,
        };
        if let (Some(output), Some(made)) = (node.output(0), made) {
            self.sequences.insert(output, made);
        }
        true
    }

    /// What is known of the first output, completed by its declaration.
    fn state(&mut self, node: &Node, fact: &Fact) {
        if let Some(output) = node.output(0) {
            self.shapes.facts[output.0] = self.with_declared(output, fact);
        }
    }

    fn split_to_sequence(&self, node: &Node) -> Option<Sequence> {
        let mut dims = self.shapes.facts[node.input(0)?.0].shape()?;
        let axis = ops::axis(node.int("axis").unwrap_or(0), dims.len())?;
        let Some(split) = node.input(1) else {
            let ShapeDim::Known(length) = dims[axis] else { return Some(Sequence { length: None, element: None }) };
            dims[axis] = ShapeDim::Known(1);
            if node.int("keepdims") == Some(0) {
                dims.remove(axis);
            }
            return Some(Sequence { length: Some(length), element: Some(Fact::of_shape(None, &dims)) });
        };
        let sizes = self.shapes.ints(split);
        let is_scalar = self.shapes.shape(split).is_some_and(|shape| shape.is_empty());
        let (length, part) = match (sizes.as_deref(), dims[axis]) {
            (Some([size]), ShapeDim::Known(all)) if is_scalar => {
                let size = u64::try_from(*size).ok().filter(|size| *size > 0)?;
                let part = if all.is_multiple_of(size) { ShapeDim::Known(size) } else { ShapeDim::Unknown };
                (Some(all.div_ceil(size)), part)
            }
            (Some([size]), ShapeDim::Unknown) if is_scalar => (None, ShapeDim::Known(u64::try_from(*size).ok()?)),
            (Some(sizes), _) if !is_scalar => {
                let first = sizes.first().and_then(|size| u64::try_from(*size).ok());
                let equal = first.filter(|_| sizes.iter().all(|size| Some(size) == sizes.first()));
                (Some(sizes.len() as u64), equal.map_or(ShapeDim::Unknown, ShapeDim::Known))
            }
            _ => (None, ShapeDim::Unknown),
        };
        dims[axis] = part;
        // With sizes given, the axis stays; a scalar 1 is how PyTorch writes unbind.
        if is_scalar && part == ShapeDim::Known(1) && node.int("keepdims") == Some(0) {
            dims.remove(axis);
        }
        Some(Sequence { length, element: Some(Fact::of_shape(None, &dims)) })
    }

    fn joined(&self, node: &Node, sequence: &Sequence) -> Option<Fact> {
        let mut dims = sequence.element.as_ref()?.shape()?;
        if node.int("new_axis") == Some(1) {
            let axis = ops::axis(node.int("axis")?, dims.len() + 1)?;
            dims.insert(axis, sequence.length.map_or(ShapeDim::Unknown, ShapeDim::Known));
        } else {
            let axis = ops::axis(node.int("axis")?, dims.len())?;
            dims[axis] = match (dims[axis], sequence.length) {
                (ShapeDim::Known(size), Some(length)) => ShapeDim::Known(size.checked_mul(length)?),
                _ => ShapeDim::Unknown,
            };
        }
        Some(Fact::of_shape(self.shapes.types[node.output(0)?.0], &dims))
    }

    /// SequenceMap: its body runs once for each element of the first sequence.
    pub(super) fn map_sequence(&mut self, node: &Node, times: u64) {
        let Some(body) = node.bodies.first() else { return };
        let mut length = None;
        for (number, (&inner, value)) in body.inputs.iter().zip(&node.inputs).enumerate() {
            let Some(value) = value else { continue };
            match self.sequences.get(value).cloned() {
                Some(sequence) => {
                    if number == 0 {
                        length = sequence.length;
                    }
                    self.shapes.facts[inner.0] = sequence.element.unwrap_or_default();
                    let fact = self.shapes.facts[inner.0].clone();
                    self.shapes.facts[inner.0] = self.with_declared(inner, &fact);
                }
                None => self.take(inner, Some(*value)),
            }
        }
        if length == Some(0) {
            self.never(body, &format!("`{}` maps an empty sequence", node.name));
            return;
        }
        self.body(body, times);
        if let Some(total) = length.map(|length| times.saturating_mul(length)).filter(|total| *total != times) {
            self.multiply(body, total, times);
        }
        if length.is_none() && self.has_work(body) {
            self.uncertain(body, &format!("counted once: how often `{}` repeats it is not known", node.name));
            self.shapes.warn(format!(
                "node `{}` (SequenceMap): the length of its sequence is not known; its layers are counted once",
                node.name
            ));
        }
        for (output, inner) in node.outputs.iter().zip(&body.outputs) {
            let Some(output) = output else { continue };
            let element = self.shapes.facts[inner.0].clone();
            self.sequences.insert(*output, Sequence { length, element: Some(element) });
        }
    }

    /// Whether the shape of a tensor, or of the elements of a sequence, is known.
    pub(super) fn knows_shape(&self, value: ValueId) -> bool {
        match self.sequences.get(&value) {
            Some(sequence) => sequence.element.as_ref().is_none_or(|element| element.sizes().is_some()),
            None => self.shapes.shape(value).is_some(),
        }
    }

    pub(super) fn take_sequence(&mut self, inner: ValueId, outer: ValueId) {
        if let Some(sequence) = self.sequences.get(&outer).cloned() {
            self.sequences.insert(inner, sequence);
        }
    }

    /// By how many elements a carried sequence grows with one iteration.
    pub(super) fn growth(&self, before: ValueId, after: ValueId) -> Option<u64> {
        let length = |value: ValueId| self.sequences.get(&value)?.length;
        length(after)?.checked_sub(length(before)?)
    }

    /// What a carried sequence has in common before and after an iteration. Whether that is less than was known before.
    pub(super) fn merge_sequences(&mut self, before: ValueId, after: ValueId) -> bool {
        let (Some(a), Some(b)) = (self.sequences.get(&before), self.sequences.get(&after)) else { return false };
        let merged = a.merged(b);
        let changes = !merged.is_same(a);
        self.sequences.insert(before, merged);
        changes
    }

    /// The sequence that a Loop hands out, of one that it carries.
    pub(super) fn carry_sequence(
        &mut self,
        start: Option<ValueId>,
        inner: ValueId,
        output: ValueId,
        growth: Option<u64>,
        count: Option<u64>,
    ) {
        let Some(carried) = self.sequences.get(&inner).cloned() else { return };
        let start = start.and_then(|start| self.sequences.get(&start)?.length);
        let length = || start?.checked_add(growth?.checked_mul(count?)?);
        self.sequences.insert(output, Sequence { length: length(), ..carried });
    }

    /// The sequences that an If hands out, of those of its branches.
    pub(super) fn join_sequences(&mut self, node: &Node, results: &[&[ValueId]]) {
        for (number, output) in node.outputs.iter().enumerate() {
            let Some(output) = output else { continue };
            let of_branches = results.iter().filter_map(|outputs| self.sequences.get(outputs.get(number)?));
            let merged = of_branches.cloned().reduce(|merged, sequence| merged.merged(&sequence));
            if let Some(merged) = merged {
                self.sequences.insert(*output, merged);
            }
        }
    }
}
