//! One spatial axis of a convolution window, with everything that belongs to it in one place.

use thiserror::Error;

/// One spatial axis (width, height or depth) of a convolution.
///
/// All sizes are in elements along the axis. A negative pad crops; it never stands in an ONNX file, but an undilated twin of a layer
/// that had no padding needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Axis {
    /// Kernel taps along the axis.
    pub kernel: u64,
    /// Distance between the windows of two neighbouring outputs (of two neighbouring inputs where transposed).
    pub stride: u64,
    /// Distance between two neighbouring taps.
    pub dilation: u64,
    /// Zeros added before the first input element (outputs cropped, where transposed).
    pub pad_before: i64,
    /// Zeros added after the last input element (outputs cropped, where transposed).
    pub pad_after: i64,
    /// Size of the input, without padding.
    pub input: u64,
    /// Size of the output.
    pub output: u64,
}

/// Why sizes do not make a window.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum WindowError {
    #[error("{name} is {value}; it must be at least 1")]
    NotPositive { name: &'static str, value: i64 },
    #[error(
        "the window ({extent} elements: {kernel} taps at dilation {dilation}) does not fit into the padded input ({padded})"
    )]
    DoesNotFit { extent: u64, kernel: u64, dilation: u64, padded: i64 },
    #[error("the sizes of the window overflow 64 bits")]
    Overflow,
}

impl Axis {
    /// No size of an axis may be above this, so that every sum and product here fits 128 bits.
    pub const MAX_SIZE: u64 = 1 << 40;

    /// Elements from the first to the last tap: `dilation * (kernel - 1) + 1`.
    pub fn extent(&self) -> Option<u64> {
        self.kernel.checked_sub(1)?.checked_mul(self.dilation)?.checked_add(1)
    }

    /// The axis of a convolution; the output size is
    /// `floor((input + pads - dilation * (kernel - 1) - 1) / stride) + 1` (ONNX `Conv`, `auto_pad = NOTSET`).
    pub fn convolution(
        kernel: u64,
        stride: u64,
        dilation: u64,
        pads: (i64, i64),
        input: u64,
    ) -> Result<Self, WindowError> {
        let mut axis = Self { kernel, stride, dilation, pad_before: pads.0, pad_after: pads.1, input, output: 0 };
        let extent = axis.checked_extent()?;
        let padded =
            signed(input)?.checked_add(pads.0).and_then(|sum| sum.checked_add(pads.1)).ok_or(WindowError::Overflow)?;
        let room = padded.checked_sub(signed(extent)?).filter(|room| *room >= 0).ok_or(WindowError::DoesNotFit {
            extent,
            kernel,
            dilation,
            padded,
        })?;
        axis.output = room.unsigned_abs() / stride + 1;
        Ok(axis)
    }

    /// The axis of a transposed convolution; the output size is
    /// `stride * (input - 1) + output_padding + dilation * (kernel - 1) + 1 - pads` (ONNX `ConvTranspose`).
    pub fn transposed(
        kernel: u64,
        stride: u64,
        dilation: u64,
        pads: (i64, i64),
        output_padding: u64,
        input: u64,
    ) -> Result<Self, WindowError> {
        let mut axis = Self { kernel, stride, dilation, pad_before: pads.0, pad_after: pads.1, input, output: 0 };
        let extent = axis.checked_extent()?;
        if input == 0 {
            return Err(WindowError::NotPositive { name: "the input size", value: 0 });
        }
        let full = (input - 1)
            .checked_mul(stride)
            .and_then(|size| size.checked_add(extent))
            .and_then(|size| size.checked_add(output_padding))
            .ok_or(WindowError::Overflow)?;
        let output =
            signed(full)?.checked_sub(pads.0).and_then(|size| size.checked_sub(pads.1)).ok_or(WindowError::Overflow)?;
        if output < 1 {
            return Err(WindowError::NotPositive { name: "the output size", value: output });
        }
        axis.output = output.unsigned_abs();
        Ok(axis)
    }

    fn checked_extent(&self) -> Result<u64, WindowError> {
        for (name, value) in [("the kernel", self.kernel), ("the stride", self.stride), ("the dilation", self.dilation)]
        {
            if value == 0 {
                return Err(WindowError::NotPositive { name, value: 0 });
            }
        }
        if [self.kernel, self.stride, self.dilation, self.input].into_iter().any(|size| size > Self::MAX_SIZE) {
            return Err(WindowError::Overflow);
        }
        self.extent().ok_or(WindowError::Overflow)
    }

    /// (position, tap) pairs that meet a real element: of the input for a convolution, of the output for a transposed
    /// one (whose padding crops the output). The product over the axes, times channels and batch, is the layer's MACs that
    /// are not on padding.
    pub fn pairs_inside(&self, transposed: bool) -> u64 {
        let (positions, limit) = if transposed { (self.input, self.output) } else { (self.output, self.input) };
        let below = |bound: i128| {
            pairs_below(
                bound,
                i128::from(positions),
                i128::from(self.kernel),
                i128::from(self.stride),
                i128::from(self.dilation),
            )
        };
        let first = i128::from(self.pad_before);
        let inside = below(first + i128::from(limit)) - below(first);
        u64::try_from(inside).unwrap_or(u64::MAX)
    }
}

fn signed(value: u64) -> Result<i64, WindowError> {
    i64::try_from(value).map_err(|_| WindowError::Overflow)
}

/// Number of pairs `0 <= p < positions`, `0 <= r < taps` with `stride * p + dilation * r < bound`.
///
/// For one tap the count is `ceil((bound - dilation * r) / stride)` clamped to `0..=positions`: all positions for the
/// first taps, none for the last, and between them a sum of floors, which [`floor_sum`] takes in logarithmic time, so
/// that no kernel, however large a file claims it to be, takes long.
fn pairs_below(bound: i128, positions: i128, taps: i128, stride: i128, dilation: i128) -> i128 {
    if bound <= 0 || positions == 0 {
        return 0;
    }
    // Taps with every position below the bound: dilation * r < bound - stride * (positions - 1).
    let slack = bound - stride * (positions - 1);
    let full = if slack > 0 { ((slack + dilation - 1) / dilation).min(taps) } else { 0 };
    // Taps with at least one position: dilation * r < bound.
    let some = ((bound + dilation - 1) / dilation).min(taps);
    let partial = some - full;
    if partial <= 0 {
        return full * positions;
    }
    // Sum over full <= r < some of floor((bound - dilation * r + stride - 1) / stride), counted from the last tap so that
    // the slope is positive.
    let last = bound - dilation * (some - 1) + stride - 1;
    full * positions + floor_sum(partial, stride, dilation, last)
}

/// `sum over 0 <= i < n of floor((a * i + b) / m)` for `n, m > 0`, `a, b >= 0`, by the Euclidean recursion
/// (Graham, Knuth, Patashnik: Concrete Mathematics, section 3.5).
fn floor_sum(n: i128, m: i128, a: i128, b: i128) -> i128 {
    let (mut n, mut m, mut a, mut b) = (n, m, a, b);
    let mut sum = 0;
    loop {
        sum += n * (n - 1) / 2 * (a / m) + n * (b / m);
        (a, b) = (a % m, b % m);
        let top = a * n + b;
        if top < m {
            return sum;
        }
        (n, b) = (top / m, top % m);
        (m, a) = (a, m);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The output positions of a convolution, by walking the padded input.
    fn outputs_by_walking(axis: &Axis) -> u64 {
        let padded = axis.input as i64 + axis.pad_before + axis.pad_after;
        let mut count = 0;
        let mut start = 0;
        while start + axis.dilation as i64 * (axis.kernel as i64 - 1) < padded {
            count += 1;
            start += axis.stride as i64;
        }
        count
    }

    fn pairs_by_walking(axis: &Axis, transposed: bool) -> u64 {
        let (positions, limit) = if transposed { (axis.input, axis.output) } else { (axis.output, axis.input) };
        let mut count = 0;
        for p in 0..positions {
            for r in 0..axis.kernel {
                let point = (axis.stride * p + axis.dilation * r) as i64 - axis.pad_before;
                count += u64::from(point >= 0 && point < limit as i64);
            }
        }
        count
    }

    proptest! {
        #[test]
        fn convolution_equals_enumeration(
            kernel in 1u64..9, stride in 1u64..6, dilation in 1u64..15, before in -3i64..20, after in -3i64..20, input in 1u64..40,
        ) {
            if let Ok(axis) = Axis::convolution(kernel, stride, dilation, (before, after), input) {
                prop_assert_eq!(axis.output, outputs_by_walking(&axis));
                prop_assert_eq!(axis.pairs_inside(false), pairs_by_walking(&axis, false));
            } else {
                let axis = Axis { kernel, stride, dilation, pad_before: before, pad_after: after, input, output: 0 };
                prop_assert_eq!(outputs_by_walking(&axis), 0);
            }
        }

        #[test]
        fn transposed_convolution_equals_enumeration(
            kernel in 1u64..6, stride in 1u64..5, dilation in 1u64..5, before in 0i64..4, after in 0i64..4, more in 0u64..3,
            input in 1u64..12,
        ) {
            // Every (input, tap) pair scatters to stride * i + dilation * r; the pads crop, output padding appends.
            let reach = (0..input).flat_map(|i| (0..kernel).map(move |r| stride * i + dilation * r)).max().unwrap();
            let expected = (reach + 1 + more) as i64 - before - after;
            match Axis::transposed(kernel, stride, dilation, (before, after), more, input) {
                Ok(axis) => {
                    prop_assert_eq!(axis.output as i64, expected);
                    prop_assert_eq!(axis.pairs_inside(true), pairs_by_walking(&axis, true));
                }
                Err(_) => prop_assert!(expected < 1),
            }
        }
    }

    #[test]
    fn outer_taps_of_rate_36_see_29_of_65_points() {
        // 3 taps, pad 36: the middle tap sees all 65 outputs, the outer ones 29 each.
        let axis = Axis::convolution(3, 1, 36, (36, 36), 65).unwrap();
        assert_eq!((axis.output, axis.pairs_inside(false)), (65, 65 + 29 + 29));
    }

    #[test]
    fn hostile_sizes_are_errors_or_exact() {
        assert_eq!(Axis::convolution(1 << 62, 1, 8, (0, 0), 5), Err(WindowError::Overflow));
        assert_eq!(
            Axis::convolution(3, 0, 1, (0, 0), 5),
            Err(WindowError::NotPositive { name: "the stride", value: 0 })
        );
        let huge = 1 << 30;
        let axis = Axis::convolution(huge, 1, 1, (0, 0), 2 * huge).unwrap();
        assert_eq!(axis.pairs_inside(false), huge * (huge + 1));
    }
}
