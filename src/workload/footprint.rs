//! Input points that a one-dimensional tile of a convolution touches.
//!
//! A tile of `outputs` output positions and `taps` kernel taps reads the points
//! `stride * p + dilation * r` for `0 <= p < outputs`, `0 <= r < taps`.

/// Extent of the box around the touched points, holes included: what Timeloop counts for capacity, fills and reads
/// (`stride * (outputs - 1) + dilation * (taps - 1) + 1`). In points. `None` on overflow.
///
/// ```
/// // One output of a 3-tap kernel at rate 18: 37 points wide, though it touches 3.
/// assert_eq!(onnx2timeloop::workload::footprint::hull(1, 3, 1, 18), Some(37));
/// ```
pub fn hull(outputs: u64, taps: u64, stride: u64, dilation: u64) -> Option<u64> {
    if outputs == 0 || taps == 0 {
        return Some(0);
    }
    let strided = stride.checked_mul(outputs - 1)?;
    let dilated = dilation.checked_mul(taps - 1)?;
    strided.checked_add(dilated)?.checked_add(1)
}

/// Number of distinct points touched. With `g = gcd(stride, dilation)`, `a = stride / g`, `b = dilation / g`:
/// `outputs * taps - max(0, outputs - b) * max(0, taps - a)`, because two (p, r) pairs meet in a point exactly when they
/// differ by a multiple of (b, -a). In points. `None` on overflow.
///
/// ```
/// assert_eq!(onnx2timeloop::workload::footprint::exact(1, 3, 1, 18), Some(3));
/// ```
pub fn exact(outputs: u64, taps: u64, stride: u64, dilation: u64) -> Option<u64> {
    let divisor = gcd(stride, dilation).max(1);
    let (a, b) = (stride / divisor, dilation / divisor);
    let pairs = outputs.checked_mul(taps)?;
    let repeated = outputs.saturating_sub(b).checked_mul(taps.saturating_sub(a))?;
    pairs.checked_sub(repeated)
}

/// Greatest common divisor; `gcd(0, n) = n`.
pub fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn formulas_equal_enumeration(outputs in 1u64..12, taps in 1u64..8, stride in 1u64..7, dilation in 1u64..20) {
            let touched: BTreeSet<u64> =
                (0..outputs).flat_map(|p| (0..taps).map(move |r| stride * p + dilation * r)).collect();
            prop_assert_eq!(exact(outputs, taps, stride, dilation), Some(touched.len() as u64));
            let extent = touched.last().unwrap() - touched.first().unwrap() + 1;
            prop_assert_eq!(hull(outputs, taps, stride, dilation), Some(extent));
        }
    }

    #[test]
    fn footprints_that_overflow_are_none() {
        assert_eq!(hull(u64::MAX, 2, 2, 1), None);
        assert_eq!(exact(u64::MAX, 2, 1, 1), None);
    }
}
