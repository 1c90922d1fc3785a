//! From values to places along an axis.

/// An axis of known length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    is_log: bool,
    length: f64,
    /// Between marks of a linear axis.
    step: f64,
}

impl Scale {
    /// Linear, from 0 to exactly a count.
    pub(super) fn counted(count: usize, length: f64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "numbers of layers")]
        let high = count.max(1) as f64;
        Self { low: 0.0, high, is_log: false, length, step: step(high).max(1.0) }
    }

    /// Linear from 0 to a round number at or above the largest value, or whole decades around positive values.
    pub(super) fn new(values: impl Iterator<Item = f64>, is_log: bool, length: f64) -> Self {
        let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let largest = values.iter().copied().fold(0.0, f64::max);
        let smallest = values.iter().copied().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
        if is_log && smallest.is_finite() {
            let (low, high) = (decade_below(smallest), decade_above(largest));
            return Self { low, high: if high > low { high } else { low * 10.0 }, is_log, length, step: 0.0 };
        }
        let largest = if largest > 0.0 { largest } else { 1.0 };
        let step = step(largest);
        let high = (largest / step - 1e-9).ceil() * step;
        let high = if high.is_finite() { high } else { largest };
        Self { low: 0.0, high, is_log: false, length, step: self::step(high) }
    }

    /// Whether values are better shown by their logarithms.
    pub(super) fn wants_log(values: impl Iterator<Item = f64>) -> bool {
        let (mut low, mut high) = (f64::INFINITY, 0.0f64);
        for value in values.filter(|value| value.is_finite() && *value > 0.0) {
            (low, high) = (low.min(value), high.max(value));
        }
        high / low > 50.0
    }

    /// The place of a value, within the axis.
    pub(super) fn place(&self, value: f64) -> f64 {
        let share = if self.is_log {
            if value > 0.0 { (value / self.low).log10() / (self.high / self.low).log10() } else { 0.0 }
        } else {
            (value - self.low) / (self.high - self.low)
        };
        if share.is_finite() { share.clamp(0.0, 1.0) * self.length } else { 0.0 }
    }

    /// The value at a place: the inverse of [`Self::at`].
    pub(super) fn value(&self, place: f64) -> f64 {
        let share = place / self.length;
        if self.is_log {
            self.low * (self.high / self.low).powf(share)
        } else {
            self.low + share * (self.high - self.low)
        }
    }

    /// The value where the axis begins.
    pub(super) fn low(&self) -> f64 {
        self.low
    }

    /// The value where the axis ends.
    pub(super) fn high(&self) -> f64 {
        self.high
    }

    /// Whether the axis is logarithmic.
    pub(super) fn is_log(&self) -> bool {
        self.is_log
    }

    /// Whether a value lies beyond the axis.
    pub(super) fn exceeds(&self, value: f64) -> bool {
        value > self.high * (1.0 + 1e-9)
    }

    /// Values to be marked.
    pub(super) fn ticks(&self) -> Vec<f64> {
        if self.is_log {
            let mut ticks = Vec::new();
            let mut value = self.low;
            while value <= self.high * 1.000_001 && ticks.len() < 400 {
                ticks.push(value);
                value *= 10.0;
            }
            let stride = ticks.len().div_ceil(8).max(1);
            return ticks.into_iter().step_by(stride).collect();
        }
        let mut ticks = Vec::new();
        while ticks.len() < 20 {
            #[expect(clippy::cast_precision_loss, reason = "fewer than twenty")]
            let value = self.step * ticks.len() as f64;
            if value > self.high * 1.000_001 {
                break;
            }
            ticks.push(value);
        }
        ticks
    }
}

/// A fifth of the range or so: 1, 2 or 5 times a power of ten.
fn step(range: f64) -> f64 {
    let rough = range / 5.0;
    let power = decade_below(rough);
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= rough * 0.999_999).unwrap_or(10.0);
    factor * power
}

fn decade_below(value: f64) -> f64 {
    power_of_ten(value.log10() + 1e-9, f64::floor)
}

fn decade_above(value: f64) -> f64 {
    power_of_ten(value.log10() - 1e-9, f64::ceil)
}

fn power_of_ten(exponent: f64, round: fn(f64) -> f64) -> f64 {
    10f64.powf(round(exponent)).clamp(1e-300, 1e300)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_ticks_are_round_numbers() {
        let scale = Scale::new([3.0, 10.81].into_iter(), false, 100.0);
        assert_eq!(scale.ticks(), [0.0, 5.0, 10.0, 15.0]);
        assert!((scale.place(7.5) - 50.0).abs() < 1e-9);
        let log = Scale::new([3.0, 45_000.0].into_iter(), true, 100.0);
        let ticks: Vec<String> = log.ticks().iter().map(|tick| format!("{tick:.0}")).collect();
        assert_eq!(ticks, ["1", "10", "100", "1000", "10000", "100000"]);
        assert!(log.place(0.0).abs() < 1e-9);
        let layers = Scale::counted(61, 100.0);
        assert!((layers.place(61.0) - 100.0).abs() < 1e-9);
        assert_eq!(
            (layers.ticks(), Scale::counted(3, 1.0).ticks()),
            (vec![0.0, 20.0, 40.0, 60.0], vec![0.0, 1.0, 2.0, 3.0])
        );
        assert!(
            (log.value(log.place(700.0)) - 700.0).abs() < 1e-6 && (scale.value(scale.place(7.5)) - 7.5).abs() < 1e-9
        );
    }

    proptest::proptest! {
        #[test]
        fn every_place_is_within_the_axis(values in proptest::collection::vec(proptest::num::f64::ANY, 0..6), is_log: bool) {
            let scale = Scale::new(values.iter().copied(), is_log, 50.0);
            for value in values.iter().chain(&scale.ticks()) {
                let place = scale.place(*value);
                proptest::prop_assert!((0.0..=50.0).contains(&place), "{value} at {place}");
            }
            proptest::prop_assert!(!scale.ticks().is_empty());
        }
    }
}
