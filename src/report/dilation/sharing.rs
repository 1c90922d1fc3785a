//! How dilation takes the diagonal reuse from a row-stationary array.

use crate::workload::footprint::exact;

/// How many PEs share an input row on average, on an array whose rows hold the `taps` of a kernel's column and whose `columns`
/// hold neighbouring output rows: `taps x columns` PEs, over the input rows that they touch together. 1 means that no
/// row is shared. `None` if the numbers overflow, or the array has no rows.
///
/// ```
/// use onnx2timeloop::report::dilation::row_sharing;
/// let rounded = |rate| (row_sharing(3, 14, 1, rate).unwrap() * 1000.0).round() / 1000.0;
/// assert_eq!([1, 2, 6, 12, 18].map(rounded), [2.625, 2.333, 1.615, 1.105, 1.0]);
/// ```
pub fn row_sharing(taps: u64, columns: u64, stride: u64, dilation: u64) -> Option<f64> {
    let rows = exact(columns, taps, stride, dilation).filter(|rows| *rows > 0)?;
    Some(super::real(taps.checked_mul(columns)?) / super::real(rows))
}
