//! Numbers as C++ streams print them with two digits.

/// How numbers with a fraction are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notation {
    /// `12.35`.
    #[default]
    Fixed,
    /// `1.23e+01` (`TIMELOOP_OUTPUT_STAT_SCIENTIFIC`).
    Scientific,
}

impl Notation {
    /// A number.
    ///
    /// ```
    /// use onnx2timeloop::timeloop::files::stats::Notation;
    /// assert_eq!(Notation::Scientific.number(0.000_123), "1.23e-04");
    /// ```
    pub fn number(self, value: f64) -> String {
        if value.is_nan() {
            // What an x86 processor makes of 0 / 0.
            return "-nan".to_owned();
        }
        if value.is_infinite() {
            return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
        }
        match self {
            Self::Fixed => format!("{value:.2}"),
            Self::Scientific => {
                let text = format!("{value:.2e}");
                let Some((digits, exponent)) = text.split_once('e') else { return text };
                let (sign, digits_of_exponent) =
                    exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
                format!("{digits}e{sign}{digits_of_exponent:0>2}")
            }
        }
    }
}

/// A quotient of counts as Timeloop takes it: both are rounded to single precision first, and so is the quotient
/// (docs/model.md section 5.5).
#[expect(clippy::cast_precision_loss, reason = "Timeloop divides in single precision")]
pub(super) fn single_ratio(dividend: u64, divisor: u64) -> f64 {
    f64::from(dividend as f32 / divisor as f32)
}

/// Energy-delay product in J*cycle as Timeloop prints it: the cycles are rounded to single precision first.
#[expect(clippy::cast_precision_loss, reason = "Timeloop rounds the cycles to single precision")]
pub(super) fn edp(cycles: u64, energy_pj: f64) -> f64 {
    f64::from(cycles as f32) * energy_pj / 1e12
}
