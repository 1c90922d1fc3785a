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

/// A number of elements as a count.
pub(crate) fn count(elements: usize) -> u64 {
    elements as u64
}
