//! From the operand of a layer back to the constants that it is.
//!
//! Views, conversions and dequantisation keep zeros zero, and so does a factor without zeros. What else computes weights is not
//! followed.

use std::sync::Arc;

use bytes::Bytes;

use super::Axis;
use super::elements::{Elements, Files, Known, Read};
use super::view::{Digit, View, Zero, strides};
use crate::onnx::graph::{Domain, Graph, Node, NodeId, ValueId};
use crate::onnx::ops::{self, Operand};
use crate::onnx::shapes::Shapes;

/// Steps followed at most.
const MAX_DEPTH: usize = 64;

/// A tensor whose elements are not counted.
#[derive(Clone, Debug)]
pub(super) struct Unread {
    /// Its name.
    pub(super) tensor: String,
    /// Why, in words that follow the name.
    pub(super) why: String,
}

/// Elements of a constant.
#[derive(Clone, Debug)]
pub(super) enum Part {
    View(View),
    /// Of a sparse tensor of so many elements.
    Known(Known, u64),
}

impl Part {
    pub(super) fn elements(&self) -> u64 {
        match self {
            Self::View(view) => view.elements(),
            Self::Known(_, elements) => *elements,
        }
    }
}

/// The constants that an operand is.
#[derive(Clone, Debug)]
pub(super) struct Followed {
    /// The name of the first.
    pub(super) name: String,
    pub(super) parts: Vec<Part>,
    /// The axis over which the layer sums, of an operand whose axes are known.
    pub(super) sums: Option<Axis>,
    /// Whether the only part has the axes of the operand.
    is_ordered: bool,
}

impl Followed {
    fn of(name: String, part: Part) -> Self {
        let is_ordered = matches!(part, Part::View(_));
        Self { name, parts: vec![part], sums: None, is_ordered }
    }

    /// Number of elements; `None` on overflow.
    pub(super) fn elements(&self) -> Option<u64> {
        self.parts.iter().try_fold(0u64, |sum, part| sum.checked_add(part.elements()))
    }

    /// The same with the axis over which the layer sums, if it has that one.
    pub(super) fn summed_over(mut self, axis: Option<Axis>) -> Self {
        self.sums = axis.filter(|axis| self.has_axis(*axis)).or(self.sums);
        self
    }

    /// Whether it has this axis, in the operand's order.
    fn has_axis(&self, axis: Axis) -> bool {
        self.view().is_some_and(|view| match axis {
            Axis::FromStart(axis) => axis < view.axes.len(),
            Axis::FromEnd(axis) => axis >= 1 && axis <= view.axes.len(),
        })
    }

    /// The only part, where it has the axes of the operand.
    fn view(&self) -> Option<&View> {
        match &self.parts[..] {
            [Part::View(view)] if self.is_ordered => Some(view),
            _ => None,
        }
    }

    /// The same elements seen otherwise; their order is lost where that cannot be said.
    fn seen(mut self, change: impl FnOnce(View) -> Option<View>) -> Self {
        match self.view().cloned().and_then(change) {
            Some(view) => self.parts = vec![Part::View(view)],
            None => self.is_ordered = false,
        }
        self
    }

    fn unordered(self) -> Self {
        self.seen(|_| None)
    }

    fn unread(&self, why: impl Into<String>) -> Unread {
        Unread { tensor: self.name.clone(), why: why.into() }
    }
}

pub(super) struct Follower<'g> {
    graph: &'g Graph,
    shapes: &'g Shapes,
    files: Files,
}

impl<'g> Follower<'g> {
    pub(super) fn new(graph: &'g Graph, shapes: &'g Shapes, files: Files) -> Self {
        Self { graph, shapes, files }
    }

    /// The constants of an operand; `None` of one that depends on data or is no tensor of the file.
    pub(super) fn operand(&mut self, id: NodeId, operand: Operand) -> Option<Result<Followed, Unread>> {
        let node = &self.graph[id];
        let (Operand::Input(index) | Operand::Part(index)) = operand else { return None };
        let value = node.input(index).filter(|value| self.graph.is_static(*value))?;
        let followed = match ops::packing(node, index) {
            ops::Packing::None => self.value(value, 0),
            ops::Packing::Blocks => self.blocks(node, value),
            ops::Packing::Unread => {
                let tensor = self.graph[value].name.clone();
                Err(Unread { tensor, why: format!("is packed as {} has it, which is not read", node.display_op()) })
            }
        };
        Some(followed.and_then(|followed| match ops::zero_point(node, index).and_then(|input| node.input(input)) {
            Some(zero) => self.with_zero_point(&followed, zero, ops::axis_of_zero_points(node, index), None),
            None => Ok(followed),
        }))
    }

    fn value(&mut self, value: ValueId, depth: usize) -> Result<Followed, Unread> {
        let graph = self.graph;
        let name = &graph[value].name;
        let unread = |why: String| Unread { tensor: name.clone(), why };
        if let Some(tensor) = &graph[value].tensor {
            let part = match self.files.read(tensor).map_err(unread)? {
                Read::Elements(elements) => Part::View(View::whole(elements, &tensor.dims)),
                Read::Known(known) => Part::Known(known, tensor.elements()),
            };
            return Ok(Followed::of(name.clone(), part));
        }
        match graph[value].producer.map(|id| &graph[id]) {
            Some(node) if depth < MAX_DEPTH => self.result(node, value, depth + 1),
            _ => Err(unread("is no constant of the file".to_owned())),
        }
    }

    /// The result of a node that is computed from constants.
    fn result(&mut self, node: &Node, value: ValueId, depth: usize) -> Result<Followed, Unread> {
        let not_followed = || Unread {
            tensor: self.graph[value].name.clone(),
            why: format!(
                "is computed by {} nodes such as `{}`, which are not followed back",
                node.display_op(),
                node.name
            ),
        };
        let first = node.input(0).ok_or_else(not_followed)?;
        let is_known = match node.domain {
            Domain::Onnx => true,
            Domain::Microsoft => node.op == "DequantizeLinear",
            Domain::Other(_) => false,
        };
        match node.op.as_str() {
            _ if !is_known => Err(not_followed()),
            "Identity" | "Cast" | "CastLike" | "MemcpyFromHost" | "MemcpyToHost" => self.value(first, depth),
            "DequantizeLinear" => {
                let followed = self.value(first, depth)?;
                let Some(zero) = node.input(2) else { return Ok(followed) };
                let axis = node.int("axis").unwrap_or(1);
                let block = node.int("block_size").and_then(|size| u64::try_from(size).ok()).filter(|size| *size > 0);
                self.with_zero_point(&followed, zero, axis, block)
            }
            "Transpose" => {
                let followed = self.value(first, depth)?;
                let order: Option<Vec<usize>> = node
                    .ints("perm")
                    .map(|order| order.iter().filter_map(|axis| usize::try_from(*axis).ok()).collect());
                Ok(followed.seen(|view| {
                    let order = order.unwrap_or_else(|| (0..view.axes.len()).rev().collect());
                    view.transposed(&order)
                }))
            }
            "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => {
                let (followed, shape) = (self.value(first, depth)?, self.shapes.shape(value));
                Ok(followed.seen(|view| view.reshaped(&shape?)))
            }
            "Slice" => {
                let followed = self.value(first, depth)?;
                self.slice(node, followed)
            }
            "Expand" => Ok(self.value(first, depth)?.unordered()),
            "Concat" => {
                let mut joined = self.value(first, depth)?.unordered();
                for input in node.inputs.iter().skip(1).flatten() {
                    joined.parts.extend(self.value(*input, depth)?.parts);
                }
                Ok(joined)
            }
            "Mul" | "Div" => self.scaled(node, value, depth).ok_or_else(not_followed)?,
            _ => Err(not_followed()),
        }
    }

    /// A product of which one factor has no zero: its zeros are those of the other, if that has its shape.
    fn scaled(&mut self, node: &Node, value: ValueId, depth: usize) -> Option<Result<Followed, Unread>> {
        let shape = self.shapes.shape(value)?;
        let operands = [node.input(0)?, node.input(1)?];
        let choices: &[[ValueId; 2]] =
            if node.op == "Div" { &[operands] } else { &[operands, [operands[1], operands[0]]] };
        for &[kept, factor] in choices {
            if self.shapes.shape(kept).as_ref() != Some(&shape) {
                continue;
            }
            let Ok(followed) = self.value(factor, depth) else { continue };
            if super::counted(&followed).nonzeros == followed.elements()? {
                return Some(self.value(kept, depth));
            }
        }
        None
    }

    /// A part with steps forwards.
    fn slice(&mut self, node: &Node, followed: Followed) -> Result<Followed, Unread> {
        let shapes = self.shapes;
        let stated = |index: usize, name: &str| match node.input(index) {
            Some(value) => shapes.ints(value),
            None => node.ints(name).map(<[i64]>::to_vec),
        };
        let cut = || {
            let (starts, ends) = (stated(1, "starts")?, stated(2, "ends")?);
            let axes = stated(3, "axes").unwrap_or_else(|| (0..).take(starts.len()).collect());
            let steps = stated(4, "steps").unwrap_or_else(|| vec![1; starts.len()]);
            let mut view = followed.view()?.clone();
            for (((start, end), axis), step) in starts.into_iter().zip(ends).zip(axes).zip(steps) {
                let sizes = view.sizes();
                let axis =
                    usize::try_from(if axis < 0 { axis + i64::try_from(sizes.len()).ok()? } else { axis }).ok()?;
                let size = i64::try_from(*sizes.get(axis)?).ok()?;
                let place =
                    |at: i64| u64::try_from(if at < 0 { at.saturating_add(size) } else { at }.clamp(0, size)).ok();
                let (start, end, step) =
                    (place(start)?, place(end)?, u64::try_from(step).ok().filter(|step| *step > 0)?);
                view = view.sliced(axis, start, end.saturating_sub(start).div_ceil(step), step)?;
            }
            Some(view)
        };
        match cut() {
            Some(view) => Ok(Followed { parts: vec![Part::View(view)], ..followed }),
            None => Err(followed.unread(format!("is cut by `{}` in a way that is not followed", node.name))),
        }
    }

    /// Elements that are zero where they equal a zero point: one for all, one for each place along an axis, or one for each block.
    fn with_zero_point(
        &mut self,
        followed: &Followed,
        zero: ValueId,
        axis: i64,
        block: Option<u64>,
    ) -> Result<Followed, Unread> {
        let unread = || followed.unread("has zero points that are not constants of the file");
        let points = self.value(zero, 0).map_err(|_| unread())?;
        let Some(points) = points.view() else { return Err(unread()) };
        let sizes = points.sizes();
        let codes = codes(points);
        let mut result = followed.clone();
        let Some((first, rest)) = codes.split_first() else { return Ok(result) };
        if rest.iter().all(|code| code == first) {
            for part in &mut result.parts {
                if let Part::View(view) = part {
                    view.zero = uniform(&view.elements, *first);
                }
            }
            return Ok(result);
        }
        let spread = followed.view().cloned().and_then(|view| spread(view, &sizes, axis, block));
        let Some(mut view) = spread else { return Err(followed.unread("has zero points that do not fit its shape")) };
        view.zero = Zero::Codes(Arc::new(codes));
        result.parts = vec![Part::View(view)];
        Ok(result)
    }

    /// The weights of MatMulNBits: rows of K elements in blocks, packed; zero points packed row by row, the middle of the range
    /// without them.
    fn blocks(&mut self, node: &Node, value: ValueId) -> Result<Followed, Unread> {
        let stored = self.value(value, 0)?;
        let unread = || stored.unread("is packed in a form that is not read");
        let count = |name: &str, default: Option<u64>| {
            node.int(name)
                .and_then(|value| u64::try_from(value).ok())
                .filter(|value| *value > 0)
                .or(default)
                .ok_or_else(unread)
        };
        let bits =
            u32::try_from(count("bits", Some(4))?).ok().filter(|bits| [2, 4, 8].contains(bits)).ok_or_else(unread)?;
        let (k, n, block) = (count("K", None)?, count("N", None)?, count("block_size", None)?);
        let blocks = k.div_ceil(block);
        let view = stored.view().filter(|view| view.is_all()).ok_or_else(unread)?;
        let (bytes, stored_bits, _) = view.elements.parts();
        let size = u64::from(bits).checked_mul(block).filter(|bits| bits.is_multiple_of(8)).map(|bits| bits / 8);
        let size = size.and_then(|blob| blob.checked_mul(blocks)?.checked_mul(n));
        if stored_bits != 8 || size != Some(bytes.len() as u64) {
            return Err(unread());
        }
        let elements = Arc::new(Elements::packed(bytes.clone(), bits));
        let zero = match node.input(3) {
            None => Zero::Code(1 << (bits - 1)),
            Some(_) if node.input(4).is_some() => return Err(unread()),
            Some(points) => {
                let points = self.value(points, 0).map_err(|_| unread())?;
                let points = points.view().filter(|view| view.is_all()).ok_or_else(unread)?;
                let (bytes, stored_bits, significant) = points.elements.parts();
                let row = (blocks * u64::from(bits)).div_ceil(8);
                if stored_bits != 8 || significant != 0xff || bytes.len() as u64 != row * n {
                    return Err(unread());
                }
                Zero::Codes(Arc::new(row_codes(bytes, bits, (n, blocks, row))))
            }
        };
        // The last block may be filled up.
        let (whole, rest) = (k / block, k % block);
        let part = |first: u64, sizes: [u64; 2]| {
            let [count, size] = sizes;
            let digit = |size, stride, zero_stride| Digit { size, stride, zero_stride };
            let axes = vec![vec![digit(n, blocks * block, blocks)], vec![digit(count, block, 1), digit(size, 1, 0)]];
            let (elements, zero) = (Arc::clone(&elements), zero.clone());
            Part::View(View { elements, zero, axes, offset: first * block, zero_offset: first })
        };
        let mut parts = Vec::new();
        if whole > 0 {
            parts.push(part(0, [whole, block]));
        }
        if rest > 0 {
            parts.push(part(whole, [1, rest]));
        }
        let is_ordered = parts.len() == 1;
        let sums = is_ordered.then_some(Axis::FromEnd(1));
        Ok(Followed { name: stored.name, parts, sums, is_ordered })
    }
}

/// The zero points of rows that begin with a whole byte.
fn row_codes(bytes: &Bytes, bits: u32, (rows, count, row): (u64, u64, u64)) -> Vec<u64> {
    let packed = Elements::packed(bytes.clone(), bits);
    let per_row = row * 8 / u64::from(bits);
    (0..rows)
        .flat_map(|at| (0..count).map(move |number| at * per_row + number))
        .map(|index| packed.code(index))
        .collect()
}

/// The bits of all elements of a view, in its order.
fn codes(view: &View) -> Vec<u64> {
    let digits: Vec<Digit> = view.digits().copied().collect();
    View::places(&digits).into_iter().map(|(place, _)| view.elements.code(view.offset + place)).collect()
}

/// One zero point for all elements. Floats have no other zero than their own.
fn uniform(elements: &Elements, code: u64) -> Zero {
    let is_integer = elements.parts().2 == elements.as_code(-1);
    if is_integer { Zero::Code(code & elements.as_code(-1)) } else { Zero::Plain }
}

/// Gives every digit the stride of its zero points, of which there are so many along each axis.
fn spread(mut view: View, sizes: &[u64], axis: i64, block: Option<u64>) -> Option<View> {
    let rank = view.axes.len();
    let along = usize::try_from(if axis < 0 { axis + i64::try_from(rank).ok()? } else { axis }).ok()?;
    // A vector lies along the axis; more dimensions are those of the tensor.
    let sizes = if let [length] = sizes {
        let mut all = vec![1; rank];
        *all.get_mut(along)? = *length;
        all
    } else {
        sizes.to_vec()
    };
    if sizes.len() != rank {
        return None;
    }
    let whole = view.sizes();
    let zero_strides = strides(&sizes);
    for (number, digits) in view.axes.iter_mut().enumerate() {
        let (points, stride) = (sizes[number], zero_strides[number]);
        match block {
            _ if points == whole[number] => {
                let inner: Vec<u64> = digits.iter().map(|digit| digit.size).collect();
                for (digit, inner) in digits.iter_mut().zip(strides(&inner)) {
                    digit.zero_stride = stride * inner;
                }
            }
            _ if points == 1 => {}
            Some(block) if number == along && points.checked_mul(block) == Some(whole[number]) => {
                let [digit] = digits.as_slice() else { return None };
                let outer = Digit { size: points, stride: digit.stride * block, zero_stride: stride };
                *digits = vec![outer, Digit { size: block, ..*digit }];
            }
            _ => return None,
        }
    }
    Some(view)
}
