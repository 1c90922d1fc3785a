//! Factorials to twice the digits of a double, for probabilities that are right to the last bit.

/// A positive number: `(high + low) * 2^exponent`, about 106 bits of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wide {
    high: f64,
    low: f64,
    exponent: i64,
}

impl Wide {
    pub(super) const ONE: Self = Self { high: 1.0, low: 0.0, exponent: 0 };

    fn normal(high: f64, low: f64, exponent: i64) -> Self {
        // Powers of two, so that nothing is rounded.
        const LARGE: f64 = 18_446_744_073_709_551_616.0;
        const SHIFT: i64 = 64;
        if high >= LARGE {
            Self { high: high / LARGE, low: low / LARGE, exponent: exponent + SHIFT }
        } else if high < 1.0 / LARGE {
            Self { high: high * LARGE, low: low * LARGE, exponent: exponent - SHIFT }
        } else {
            Self { high, low, exponent }
        }
    }

    pub(super) fn times(self, other: Self) -> Self {
        let product = self.high * other.high;
        let error = self.high.mul_add(other.high, -product);
        let low = error + (self.high * other.low + self.low * other.high);
        let high = product + low;
        Self::normal(high, low - (high - product), self.exponent + other.exponent)
    }

    pub(super) fn divided_by(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = (-first).mul_add(other.high, self.high) + (self.low - first * other.low);
        let second = rest / other.high;
        let rest = (-second).mul_add(other.high, (-first).mul_add(other.high, self.high))
            + (self.low - first * other.low - second * other.low);
        let second = second + rest / other.high;
        let high = first + second;
        Self::normal(high, second - (high - first), self.exponent - other.exponent)
    }

    fn of(count: u64) -> Self {
        Self { high: crate::numbers::real(count), low: 0.0, exponent: 0 }
    }

    /// The nearest double.
    pub(super) fn rounded(self) -> f64 {
        let value = self.high + self.low;
        // In steps, so that what underflows does so gradually.
        let mut exponent = self.exponent;
        let mut value = value;
        while exponent != 0 && value != 0.0 && value.is_finite() {
            let step = exponent.clamp(-1000, 1000);
            value *= f64::powi(2.0, i32::try_from(step).unwrap_or(0));
            exponent -= step;
        }
        value
    }
}

/// Most factorials that are kept; between two of them the rest is multiplied.
const MAX_KEPT: u64 = 1 << 18;

/// The factorials up to a number.
#[derive(Clone, Debug)]
pub(super) struct Factorials {
    kept: Vec<Wide>,
    stride: u64,
}

impl Factorials {
    pub(super) fn up_to(largest: u64) -> Self {
        let stride = largest.div_ceil(MAX_KEPT).max(1);
        let mut kept = vec![Wide::ONE];
        let mut product = Wide::ONE;
        for factor in 1..=largest {
            product = product.times(Wide::of(factor));
            if factor.is_multiple_of(stride) {
                kept.push(product);
            }
        }
        Self { kept, stride }
    }

    /// `number!`; of a number beyond the largest, that of the largest kept below it.
    pub(super) fn of(&self, number: u64) -> Wide {
        let at = number / self.stride;
        let index = usize::try_from(at).unwrap_or(usize::MAX).min(self.kept.len() - 1);
        let rest = at * self.stride + 1..=number;
        rest.fold(self.kept[index], |product, factor| product.times(Wide::of(factor)))
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn quotients_of_factorials_are_right_to_the_last_bit() {
        let factorials = Factorials::up_to(200);
        let quotient = |a: u64, b: u64| factorials.of(a).divided_by(factorials.of(b)).rounded();
        assert_eq!(quotient(20, 0), 2_432_902_008_176_640_000.0);
        assert_eq!(quotient(200, 199), 200.0);
        assert_eq!(quotient(3, 4), 0.25);
        assert_eq!(quotient(0, 3), 1.0 / 6.0);
    }

    #[test]
    fn between_kept_factorials_the_rest_is_multiplied() {
        let (all, mut some) = (Factorials::up_to(50), Factorials::up_to(50));
        some.kept = some.kept.iter().step_by(7).copied().collect();
        some.stride = 7;
        for number in 0..=50 {
            assert_eq!(all.of(number).rounded(), some.of(number).rounded(), "{number}");
        }
    }
}
