//! Numbers as any version prints them: with two decimals, with exponents, as `inf` and `nan`, or not at all.

/// A number; what is not finite, or `-`, is absent. A unit may follow it.
pub(super) fn real(text: &str) -> Option<f64> {
    let text = text.split_whitespace().next()?;
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// A share: a fraction, or in percent.
pub(super) fn share(text: &str) -> Option<f64> {
    match text.trim().strip_suffix('%') {
        Some(percent) => Some(real(percent)? / 100.0),
        None => real(text),
    }
}

/// A whole number, which some versions print with decimals.
pub(super) fn count(text: &str) -> Option<u64> {
    let text = text.split_whitespace().next()?;
    text.parse().ok().or_else(|| whole(real(text)?))
}

/// A number without fraction that a double holds exactly.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and in range")]
fn whole(value: f64) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && (0.0..=EXACT).contains(&value)).then_some(value as u64)
}

/// Half a unit of the last digit that was printed: by how much the true value may differ.
pub(super) fn resolution(text: &str) -> f64 {
    let text = text.split_whitespace().next().unwrap_or_default();
    let text = text.trim_end_matches('%');
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let decimals = i32::try_from(decimals).unwrap_or(i32::MAX);
    0.5 * 10f64.powi(exponent.parse::<i32>().unwrap_or(0).saturating_sub(decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_versions_are_read() {
        assert_eq!(real("59.28 uJ"), Some(59.28));
        assert_eq!(real("1.54e+01 uJ"), Some(15.4));
        assert_eq!((real("-nan"), real("nan pJ"), real("inf"), real("-"), real("")), (None, None, None, None, None));
        assert_eq!((share("75.00%"), share("0.79"), share("-nan%")), (Some(0.75), Some(0.79), None));
        assert_eq!(
            (count("1024.00"), count("18446744073709551615"), count("0.5"), count("-1")),
            (Some(1024), Some(u64::MAX), None, None)
        );
    }

    #[test]
    fn resolution_is_half_of_the_last_printed_digit() {
        assert!((resolution("59.28 uJ") - 0.005).abs() < 1e-12);
        assert!((resolution("1.54e+04") - 50.0).abs() < 1e-9);
        assert!((resolution("75.00%") - 0.005).abs() < 1e-12);
        assert!((resolution("12") - 0.5).abs() < 1e-12);
    }
}
