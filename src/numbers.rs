//! Conversions between counts and Timeloop's doubles, in one place.

/// A count as a double. Counts of a problem that the model accepts are below 2^53 wherever exactness matters.
#[expect(clippy::cast_precision_loss, reason = "Timeloop computes with doubles")]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}

/// A double, truncated; negative values and NaN become 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the conversion saturates")]
pub(crate) fn truncated(value: f64) -> u64 {
    value as u64
}

/// A double, rounded half away from zero; negative values become 0.
pub(crate) fn rounded(value: f64) -> u64 {
    truncated(value + 0.5)
}

/// A double as an x86-64 processor makes an unsigned number of it, on which counts of sparse designs rest (docs/model.md section
/// 9.7): the fraction is cut off, negative values wrap, values from 2^64 on become 0, NaN becomes 2^63.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cases where the conversion saturates are taken first"
)]
pub(crate) fn wrapped(value: f64) -> u64 {
    const HALF: f64 = 9_223_372_036_854_775_808.0;
    if value.is_nan() || value < -HALF {
        1 << 63
    } else if value < 0.0 {
        (value as i64).cast_unsigned()
    } else if value < 2.0 * HALF {
        value as u64
    } else {
        0
    }
}

/// A number of elements as a count.
pub(crate) fn count(elements: usize) -> u64 {
    elements as u64
}
