//! Numbers as people read them: four significant digits and a prefix of the unit. Files for programs have all digits instead.

/// What stands for a number that is not known.
pub const UNKNOWN: &str = "–";

const PREFIXES: [(&str, f64); 11] = [
    ("E", 1e18),
    ("P", 1e15),
    ("T", 1e12),
    ("G", 1e9),
    ("M", 1e6),
    ("k", 1e3),
    ("", 1.0),
    ("m", 1e-3),
    ("u", 1e-6),
    ("n", 1e-9),
    ("p", 1e-12),
];

/// A value in its unit, with a prefix: `4.987 mJ`. Not finite is unknown.
///
/// ```
/// use onnx2timeloop::results::quantity::si;
/// assert_eq!(si(0.004_987_3, "J"), "4.987 mJ");
/// assert_eq!(si(8_520_192.0, "cycles"), "8.520 Mcycles");
/// assert_eq!(si(999_960.0, "B"), "1.000 MB");
/// assert_eq!(si(0.0, "J"), "0 J");
/// assert_eq!(si(f64::NAN, "J"), "–");
/// ```
pub fn si(value: f64, unit: &str) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    if value == 0.0 {
        return format!("0 {unit}").trim_end().to_owned();
    }
    // What rounds up to a thousand of a prefix is one of the next.
    let size = value.abs() * (1.0 + 5e-5);
    let (prefix, scale) = PREFIXES.into_iter().find(|(_, scale)| size >= *scale).unwrap_or(PREFIXES[10]);
    format!("{} {prefix}{unit}", significant(value / scale)).trim_end().to_owned()
}

/// Four significant digits without exponent between 0.001 and 9999, with one beyond.
///
/// ```
/// use onnx2timeloop::results::quantity::significant;
/// assert_eq!(significant(12.3456), "12.35");
/// assert_eq!(significant(0.012_345_6), "0.01235");
/// assert_eq!(significant(42_491.0), "4.249e4");
/// assert_eq!(significant(f64::INFINITY), "–");
/// ```
pub fn significant(value: f64) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.3e}");
    let exponent: i32 = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    match usize::try_from(3 - exponent) {
        Ok(decimals) if decimals <= 6 => format!("{value:.decimals$}"),
        _ => scientific,
    }
}

/// A share as percent: `19.05 %`.
///
/// ```
/// use onnx2timeloop::results::quantity::percent;
/// assert_eq!(percent(0.190_476), "19.05 %");
/// assert_eq!(percent(f64::NAN), "–");
/// ```
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.2} %", share * 100.0) } else { UNKNOWN.to_owned() }
}

/// Where an axis of bars ends: at the largest value, or before a few that would make all the others invisible, which are
/// drawn cut. The largest that is at most three times the median, if that is less than half of the largest of all.
///
/// ```
/// use onnx2timeloop::results::quantity::end_of_axis;
/// assert_eq!(end_of_axis([2.0, 3.0, 2.5, 67.0]), 3.0);
/// assert_eq!(end_of_axis([2.0, 3.0, 2.5, 5.0]), 5.0);
/// assert_eq!(end_of_axis([f64::NAN]), 0.0);
/// ```
pub fn end_of_axis(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite() && *value > 0.0).collect();
    values.sort_by(f64::total_cmp);
    let (Some(&largest), Some(&median)) = (values.last(), values.get(values.len() / 2)) else { return 0.0 };
    let usual = values.iter().copied().take_while(|value| *value <= 3.0 * median).last().unwrap_or(largest);
    if usual < largest / 2.0 { usual } else { largest }
}

/// A count with blanks between thousands: `8 520 192`.
///
/// ```
/// use onnx2timeloop::results::quantity::grouped;
/// assert_eq!(grouped(8_520_192), "8 520 192");
/// assert_eq!(grouped(192), "192");
/// ```
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}
