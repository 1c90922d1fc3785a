//! In which order an operand sees the elements of a constant.

use std::sync::Arc;

use super::elements::Elements;

/// What of the elements is zero.
#[derive(Clone, Debug)]
pub(super) enum Zero {
    /// Zero itself.
    Plain,
    /// An element with these bits.
    Code(u64),
    /// One with the bits of the zero point that belongs to it.
    Codes(Arc<Vec<u64>>),
}

/// A part of an axis: its coordinate counts `stride` elements, and `zero_stride` zero points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digit {
    pub(super) size: u64,
    pub(super) stride: u64,
    pub(super) zero_stride: u64,
}

/// Elements of a constant, by coordinates.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) elements: Arc<Elements>,
    pub(super) zero: Zero,
    /// The digits of every axis, most significant first.
    pub(super) axes: Vec<Vec<Digit>>,
    /// The first element.
    pub(super) offset: u64,
    /// Its zero point.
    pub(super) zero_offset: u64,
}

/// Row-major strides.
pub(super) fn strides(sizes: &[u64]) -> Vec<u64> {
    let mut strides = vec![1u64; sizes.len()];
    for axis in (1..sizes.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(sizes[axis]);
    }
    strides
}

impl View {
    /// All elements, in the order in which they are stored.
    pub(super) fn whole(elements: Arc<Elements>, dims: &[u64]) -> Self {
        let digit = |(size, stride)| vec![Digit { size, stride, zero_stride: 0 }];
        let axes = dims.iter().copied().zip(strides(dims)).map(digit).collect();
        Self { elements, zero: Zero::Plain, axes, offset: 0, zero_offset: 0 }
    }

    /// Sizes of the axes.
    pub(super) fn sizes(&self) -> Vec<u64> {
        self.axes.iter().map(|digits| digits.iter().map(|digit| digit.size).product()).collect()
    }

    /// How many elements it has.
    pub(super) fn elements(&self) -> u64 {
        self.digits().map(|digit| digit.size).product()
    }

    /// The digits of all axes.
    pub(super) fn digits(&self) -> impl Iterator<Item = &Digit> {
        self.axes.iter().flatten()
    }

    /// The axes in another order.
    pub(super) fn transposed(mut self, order: &[usize]) -> Option<Self> {
        let is_order = order.len() == self.axes.len() && (0..order.len()).all(|axis| order.contains(&axis));
        self.axes = is_order.then(|| order.iter().map(|axis| self.axes[*axis].clone()).collect())?;
        Some(self)
    }

    /// The same elements, dealt out to axes of these sizes; `None` where that cuts a part of an axis unevenly.
    pub(super) fn reshaped(mut self, sizes: &[u64]) -> Option<Self> {
        let mut digits = joined(self.digits().copied());
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
                    let (stride, zero_stride) = (digit.stride * inner, digit.zero_stride * inner);
                    axis.push(Digit { size: open, stride, zero_stride });
                    digits.push(Digit { size: inner, ..digit });
                    open = 1;
                } else {
                    return None;
                }
            }
            axes.push(axis);
        }
        self.axes = axes;
        digits.is_empty().then_some(self)
    }

    /// A part of an axis that is one digit.
    pub(super) fn sliced(mut self, axis: usize, start: u64, size: u64, step: u64) -> Option<Self> {
        let digits = self.axes.get_mut(axis)?;
        let [digit] = digits.as_mut_slice() else { return None };
        self.offset += start * digit.stride;
        self.zero_offset += start * digit.zero_stride;
        *digit = Digit { size, stride: digit.stride * step, zero_stride: digit.zero_stride * step };
        Some(self)
    }

    /// The places of the coordinates of some digits: element and zero point, relative to the first.
    pub(super) fn places(digits: &[Digit]) -> Vec<(u64, u64)> {
        digits.iter().fold(vec![(0, 0)], |places, digit| {
            let step = |(place, zero): &(u64, u64)| {
                let (place, zero) = (*place, *zero);
                (0..digit.size).map(move |at| (place + at * digit.stride, zero + at * digit.zero_stride))
            };
            places.iter().flat_map(step).collect()
        })
    }

    /// The place of a number that counts the coordinates of some digits.
    pub(super) fn place(digits: &[Digit], mut number: u64) -> (u64, u64) {
        let (mut place, mut zero) = (0, 0);
        for digit in digits.iter().rev() {
            let at = number % digit.size;
            number /= digit.size;
            place += at * digit.stride;
            zero += at * digit.zero_stride;
        }
        (place, zero)
    }

    /// Whether the element at a place is not zero.
    pub(super) fn is_nonzero(&self, (place, zero): (u64, u64)) -> bool {
        let index = self.offset + place;
        match &self.zero {
            Zero::Plain => !self.elements.has_zero() || self.elements.significant(index) != 0,
            Zero::Code(code) => self.elements.code(index) != *code,
            Zero::Codes(codes) => {
                let code = usize::try_from(self.zero_offset + zero).ok().and_then(|at| codes.get(at));
                code.is_none_or(|code| self.elements.code(index) != *code)
            }
        }
    }

    /// Whether it sees every element of the constant once, in whatever order.
    pub(super) fn is_all(&self) -> bool {
        let mut digits: Vec<Digit> = self.digits().copied().filter(|digit| digit.size != 1).collect();
        digits.sort_by_key(|digit| std::cmp::Reverse(digit.stride));
        let expected = digits
            .iter()
            .rev()
            .try_fold(1u64, |stride, digit| (digit.stride == stride).then(|| stride.saturating_mul(digit.size)));
        self.offset == 0 && expected == Some(self.elements())
    }
}

/// Neighbouring digits that count as one joined, those of one coordinate dropped.
fn joined(digits: impl Iterator<Item = Digit>) -> Vec<Digit> {
    let mut joined: Vec<Digit> = Vec::new();
    for digit in digits.filter(|digit| digit.size != 1) {
        match joined.last_mut() {
            Some(last)
                if last.stride == digit.stride * digit.size && last.zero_stride == digit.zero_stride * digit.size =>
            {
                *last = Digit { size: last.size * digit.size, ..digit };
            }
            _ => joined.push(digit),
        }
    }
    joined
}
