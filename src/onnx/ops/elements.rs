//! Elements of arithmetic on constants, by ONNX's rules: exporters compute shapes, pads and slices with them.
//!
//! tract, which computes all else, differs from these rules: `Mod` takes the sign of the dividend
//! (<https://onnx.ai/onnx/operators/onnx__Mod.html>: of the divisor, unless `fmod` is set), and some types and operators are
//! missing. Integers wrap as their type does, a quotient of integers is cut towards zero, halves round to the even neighbour.
//! `tests/data/onnx/node_values.jsonl.gz` holds what onnxruntime computes.

use super::node_shapes::{NodeShapes, broadcast, sizes};
use super::operator::stated_type;
use crate::onnx::dtype;
use crate::onnx::graph::Node;
use crate::onnx::proto::tensor_proto::DataType;

/// More elements than this are not computed.
const MAX_ELEMENTS: u64 = 4096;

/// The elements of a tensor: integers and truth values, or floats.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::onnx) enum Numbers {
    Ints(Vec<i64>),
    Floats(Vec<f64>),
}

/// A result that is known.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::onnx) struct Elements {
    pub(in crate::onnx) dtype: DataType,
    pub(in crate::onnx) dims: Vec<u64>,
    pub(in crate::onnx) numbers: Numbers,
}

impl Elements {
    /// An input whose elements are all known.
    pub(super) fn read(inputs: &NodeShapes, index: usize) -> Option<Self> {
        let dtype = inputs.dtype(index)?;
        let dims = sizes(&inputs.dims(index)?)?;
        let count = dims.iter().try_fold(1u64, |product, size| product.checked_mul(*size))?;
        let numbers = match dtype {
            DataType::Float | DataType::Double => Numbers::Floats(inputs.floats(index)?),
            dtype if width(dtype).is_some() => Numbers::Ints(inputs.ints(index)?),
            _ => return None,
        };
        let this = Self { dtype, dims, numbers };
        (this.len() as u64 == count).then_some(this)
    }

    fn len(&self) -> usize {
        match &self.numbers {
            Numbers::Ints(values) => values.len(),
            Numbers::Floats(values) => values.len(),
        }
    }

    /// The elements at the places that are taken of each axis, in their order.
    pub(super) fn picked(&self, taken: impl FnOnce(&[u64]) -> Option<Vec<Vec<u64>>>) -> Option<Self> {
        let taken = taken(&self.dims)?;
        let mut places = vec![0u64];
        for (size, along) in self.dims.iter().zip(&taken) {
            if along.iter().any(|place| place >= size) {
                return None;
            }
            places = places.iter().flat_map(|place| along.iter().map(move |index| place * size + index)).collect();
        }
        let places: Vec<usize> = places.into_iter().map(usize::try_from).collect::<Result<_, _>>().ok()?;
        let numbers = match &self.numbers {
            Numbers::Ints(values) => Numbers::Ints(places.iter().map(|place| values[*place]).collect()),
            Numbers::Floats(values) => Numbers::Floats(places.iter().map(|place| values[*place]).collect()),
        };
        let dims = taken.iter().map(|along| along.len() as u64).collect();
        Some(Self { dtype: self.dtype, dims, numbers })
    }

    /// The same elements for a shape that this one broadcasts to.
    fn spread(&self, dims: &[u64]) -> Self {
        let places = places(&self.dims, dims);
        let numbers = match &self.numbers {
            Numbers::Ints(values) => Numbers::Ints(places.iter().map(|place| values[*place]).collect()),
            Numbers::Floats(values) => Numbers::Floats(places.iter().map(|place| values[*place]).collect()),
        };
        Self { dtype: self.dtype, dims: dims.to_vec(), numbers }
    }
}

/// For every element of `dims`, the place of the one that it is in a tensor which broadcasts to it.
fn places(from: &[u64], dims: &[u64]) -> Vec<usize> {
    let mut places = vec![0usize];
    let ahead = dims.len() - from.len();
    for (axis, size) in dims.iter().enumerate() {
        let own = axis.checked_sub(ahead).map_or(1, |axis| from[axis]);
        let step = |index: u64| usize::try_from(if own == 1 { 0 } else { index }).unwrap_or(0);
        let own = usize::try_from(own).unwrap_or(0);
        places = places.iter().flat_map(|place| (0..*size).map(move |index| place * own + step(index))).collect();
    }
    places
}

/// Inputs that broadcast to one shape of few elements.
fn spread(inputs: &NodeShapes, indices: impl Iterator<Item = usize>) -> Option<Vec<Elements>> {
    let operands: Vec<Elements> = indices.map(|index| Elements::read(inputs, index)).collect::<Option<_>>()?;
    let shapes: Vec<_> = operands.iter().map(|operand| super::known(operand.dims.iter().copied())).collect();
    let dims = sizes(&broadcast(&shapes)?)?;
    let fits = operands.iter().all(|operand| {
        let tail = dims.iter().rev().zip(operand.dims.iter().rev());
        tail.clone().all(|(whole, own)| whole == own || *own == 1)
    });
    let is_small = dims.iter().try_fold(1u64, |product, size| product.checked_mul(*size))? <= MAX_ELEMENTS;
    (fits && is_small && (inputs.node.opset >= 7 || shapes.iter().all(|shape| *shape == shapes[0])))
        .then(|| operands.iter().map(|operand| operand.spread(&dims)).collect())
}

/// Bits of an integer type, and whether it is signed; of truth values 1.
fn width(dtype: DataType) -> Option<(u32, bool)> {
    use DataType::{Bool, Int8, Int16, Int32, Int64, Uint8, Uint16, Uint32, Uint64};
    let is_signed = matches!(dtype, Int8 | Int16 | Int32 | Int64);
    match dtype {
        Bool => Some((1, false)),
        Int8 | Int16 | Int32 | Int64 | Uint8 | Uint16 | Uint32 | Uint64 => Some((dtype::bits(dtype)?, is_signed)),
        _ => None,
    }
}

/// The value as a type holds it: its lowest bits. 64 bits without a sign lie in the same bits with one.
#[expect(clippy::cast_possible_truncation, reason = "the lowest bits are what stays")]
fn wrapped(dtype: DataType, value: i128) -> i64 {
    match width(dtype) {
        Some((1, _)) => i64::from(value != 0),
        Some((bits, is_signed)) if bits < 64 => {
            let low = value & ((1 << bits) - 1);
            (if is_signed && low >> (bits - 1) != 0 { low - (1 << bits) } else { low }) as i64
        }
        _ => value as i64,
    }
}

/// A stored integer as the number that it means.
fn meant(dtype: DataType, value: i64) -> i128 {
    if dtype == DataType::Uint64 { i128::from(value.cast_unsigned()) } else { i128::from(value) }
}

/// A float as its type holds it.
#[expect(clippy::cast_possible_truncation, reason = "that is how the type rounds")]
fn rounded(dtype: DataType, value: f64) -> f64 {
    if dtype == DataType::Float { f64::from(value as f32) } else { value }
}

fn made(dtype: DataType, dims: Vec<u64>, numbers: Numbers) -> Elements {
    Elements { dtype, dims, numbers }
}

/// An operator of two operands, applied from left to right where there are more.
pub(super) fn folded(
    inputs: &NodeShapes,
    ints: fn(&Node, DataType, i128, i128) -> Option<i128>,
    floats: fn(&Node, f64, f64) -> Option<f64>,
) -> Option<Elements> {
    let mut operands = spread(inputs, 0..inputs.node.inputs.len())?.into_iter();
    let mut result = operands.next()?;
    let dtype = result.dtype;
    for operand in operands {
        result.numbers = match (&result.numbers, &operand.numbers) {
            (Numbers::Ints(a), Numbers::Ints(b)) => {
                let pair = |(a, b): (&i64, &i64)| {
                    let value = ints(inputs.node, dtype, meant(dtype, *a), meant(operand.dtype, *b))?;
                    Some(wrapped(dtype, value))
                };
                Numbers::Ints(a.iter().zip(b).map(pair).collect::<Option<_>>()?)
            }
            (Numbers::Floats(a), Numbers::Floats(b)) => {
                let pair = |(a, b): (&f64, &f64)| Some(rounded(dtype, floats(inputs.node, *a, *b)?));
                Numbers::Floats(a.iter().zip(b).map(pair).collect::<Option<_>>()?)
            }
            _ => return None,
        };
    }
    Some(result)
}

/// An operator of one operand.
pub(super) fn mapped(
    inputs: &NodeShapes,
    ints: fn(DataType, i128) -> Option<i128>,
    floats: fn(f64) -> Option<f64>,
) -> Option<Elements> {
    let operand = Elements::read(inputs, 0)?;
    let dtype = operand.dtype;
    let numbers = match operand.numbers {
        Numbers::Ints(values) => {
            let value = |value: i64| Some(wrapped(dtype, ints(dtype, meant(dtype, value))?));
            Numbers::Ints(values.into_iter().map(value).collect::<Option<_>>()?)
        }
        Numbers::Floats(values) => {
            let value = |value: f64| Some(rounded(dtype, floats(value)?));
            Numbers::Floats(values.into_iter().map(value).collect::<Option<_>>()?)
        }
    };
    Some(made(dtype, operand.dims, numbers))
}

/// A comparison, or logic on truth values.
pub(super) fn compared(
    inputs: &NodeShapes,
    ints: fn(&i128, &i128) -> bool,
    floats: fn(&f64, &f64) -> bool,
) -> Option<Elements> {
    let [a, b] = <[Elements; 2]>::try_from(spread(inputs, 0..2)?).ok()?;
    let truths: Vec<i64> = match (&a.numbers, &b.numbers) {
        (Numbers::Ints(left), Numbers::Ints(right)) => {
            let pair = |(l, r): (&i64, &i64)| i64::from(ints(&meant(a.dtype, *l), &meant(b.dtype, *r)));
            left.iter().zip(right).map(pair).collect()
        }
        (Numbers::Floats(left), Numbers::Floats(right)) => {
            left.iter().zip(right).map(|(l, r)| i64::from(floats(l, r))).collect()
        }
        _ => return None,
    };
    Some(made(DataType::Bool, a.dims, Numbers::Ints(truths)))
}

/// Div: integers are cut towards zero.
pub(super) fn quotient(_: &Node, _: DataType, a: i128, b: i128) -> Option<i128> {
    a.checked_div(b)
}

/// Mod: the sign of the divisor, or of the dividend where `fmod` is set.
pub(super) fn remainder(node: &Node, _: DataType, a: i128, b: i128) -> Option<i128> {
    let cut = a.checked_rem(b)?;
    Some(if !node.flag("fmod") && cut != 0 && (cut < 0) != (b < 0) { cut + b } else { cut })
}

/// BitShift, as its attribute directs; what leaves the type is lost.
pub(super) fn shifted(node: &Node, dtype: DataType, a: i128, b: i128) -> Option<i128> {
    let (bits, _) = width(dtype)?;
    let by = u32::try_from(b).ok().filter(|by| *by < bits);
    match (node.text("direction")?, by) {
        ("RIGHT", None) if a < 0 => Some(-1),
        (_, None) => Some(0),
        ("LEFT", Some(by)) => a.checked_shl(by),
        ("RIGHT", Some(by)) => a.checked_shr(by),
        _ => None,
    }
}

/// Pow: the result has the type of the base, the exponent may have another.
pub(super) fn power(inputs: &NodeShapes) -> Option<Elements> {
    let [base, exponent] = <[Elements; 2]>::try_from(spread(inputs, 0..2)?).ok()?;
    let dtype = base.dtype;
    let numbers = if let (Numbers::Ints(bases), Numbers::Ints(exponents)) = (&base.numbers, &exponent.numbers) {
        let power = |(base, exponent): (&i64, &i64)| {
            meant(dtype, *base).checked_pow(u32::try_from(*exponent).ok()?).map(|value| wrapped(dtype, value))
        };
        Numbers::Ints(bases.iter().zip(exponents).map(power).collect::<Option<_>>()?)
    } else {
        let powers = as_floats(&base).into_iter().zip(as_floats(&exponent)).map(|(base, power)| base.powf(power));
        converted(DataType::Double, dtype, &Numbers::Floats(powers.collect()))?
    };
    Some(made(dtype, base.dims, numbers))
}

#[expect(clippy::cast_precision_loss, reason = "so does the operator")]
fn as_floats(elements: &Elements) -> Vec<f64> {
    match &elements.numbers {
        Numbers::Ints(values) => values.iter().map(|value| meant(elements.dtype, *value) as f64).collect(),
        Numbers::Floats(values) => values.clone(),
    }
}

fn choose<T: Copy>(truths: &[i64], a: &[T], b: &[T]) -> Vec<T> {
    truths.iter().zip(a.iter().zip(b)).map(|(truth, (a, b))| if *truth == 0 { *b } else { *a }).collect()
}

/// Where: of the second or the third operand, as the first says.
pub(super) fn chosen(inputs: &NodeShapes) -> Option<Elements> {
    let [condition, a, b] = <[Elements; 3]>::try_from(spread(inputs, 0..3)?).ok()?;
    let Numbers::Ints(truths) = condition.numbers else { return None };
    let numbers = match (&a.numbers, &b.numbers) {
        (Numbers::Ints(a), Numbers::Ints(b)) => Numbers::Ints(choose(&truths, a, b)),
        (Numbers::Floats(a), Numbers::Floats(b)) => Numbers::Floats(choose(&truths, a, b)),
        _ => return None,
    };
    Some(made(a.dtype, a.dims, numbers))
}

/// Cast: fractions are cut, integers wrap.
pub(super) fn cast(inputs: &NodeShapes) -> Option<Elements> {
    convert(inputs, stated_type(inputs.node, "to")?)
}

/// CastLike: to the type of the second operand.
pub(super) fn cast_like(inputs: &NodeShapes) -> Option<Elements> {
    convert(inputs, inputs.dtype(1)?)
}

fn convert(inputs: &NodeShapes, to: DataType) -> Option<Elements> {
    let operand = Elements::read(inputs, 0)?;
    let numbers = converted(operand.dtype, to, &operand.numbers)?;
    Some(made(to, operand.dims, numbers))
}

fn converted(from: DataType, to: DataType, numbers: &Numbers) -> Option<Numbers> {
    let is_float = matches!(to, DataType::Float | DataType::Double);
    if !is_float && width(to).is_none() {
        return None;
    }
    match numbers {
        Numbers::Ints(values) if is_float => {
            #[expect(clippy::cast_precision_loss, reason = "so does the operator")]
            let value = |value: &i64| rounded(to, meant(from, *value) as f64);
            Some(Numbers::Floats(values.iter().map(value).collect()))
        }
        Numbers::Ints(values) => {
            Some(Numbers::Ints(values.iter().map(|value| wrapped(to, meant(from, *value))).collect()))
        }
        Numbers::Floats(values) if is_float => {
            Some(Numbers::Floats(values.iter().map(|value| rounded(to, *value)).collect()))
        }
        Numbers::Floats(values) => {
            let value = |value: &f64| {
                if to == DataType::Bool {
                    return Some(i64::from(*value != 0.0));
                }
                #[expect(clippy::cast_possible_truncation, reason = "fractions are cut; the size is checked")]
                (value.abs() < 1e18).then(|| wrapped(to, value.trunc() as i128))
            };
            Some(Numbers::Ints(values.iter().map(value).collect::<Option<_>>()?))
        }
    }
}

/// Range: from the first operand by steps of the third until before the second.
pub(super) fn range(inputs: &NodeShapes) -> Option<Elements> {
    let [start, limit, step] = [Elements::read(inputs, 0)?, Elements::read(inputs, 1)?, Elements::read(inputs, 2)?];
    let dtype = start.dtype;
    let numbers = match [&start.numbers, &limit.numbers, &step.numbers].map(first) {
        [Some(Number::Int(start)), Some(Number::Int(limit)), Some(Number::Int(step))] => {
            let [start, limit, step] = [start, limit, step].map(|value| meant(dtype, value));
            let distance = limit.checked_sub(start)?;
            // Towards the limit, rounded up.
            let count = distance.checked_div(step)?
                + i128::from(distance.checked_rem(step)? != 0 && (distance < 0) == (step < 0));
            let count = u64::try_from(count.max(0)).ok().filter(|count| *count <= MAX_ELEMENTS)?;
            Numbers::Ints((0..count).map(|index| wrapped(dtype, start + step * i128::from(index))).collect())
        }
        [Some(Number::Float(start)), Some(Number::Float(limit)), Some(Number::Float(step))] => {
            let count = ((limit - start) / step).ceil().max(0.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked just before")]
            let count = (count <= crate::numbers::real(MAX_ELEMENTS)).then_some(count as u64)?;
            Numbers::Floats(
                (0..count).map(|index| rounded(dtype, start + step * crate::numbers::real(index))).collect(),
            )
        }
        _ => return None,
    };
    let length = match &numbers {
        Numbers::Ints(values) => values.len(),
        Numbers::Floats(values) => values.len(),
    };
    Some(made(dtype, vec![length as u64], numbers))
}

#[derive(Clone, Copy)]
enum Number {
    Int(i64),
    Float(f64),
}

fn first(numbers: &Numbers) -> Option<Number> {
    match numbers {
        Numbers::Ints(values) => values.first().copied().map(Number::Int),
        Numbers::Floats(values) => values.first().copied().map(Number::Float),
    }
}
