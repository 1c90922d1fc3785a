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

    /// From a round number below all values to one above them, or whole decades.
    pub(super) fn around(values: impl Iterator<Item = f64>, is_log: bool, length: f64) -> Self {
        let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let range = largest - least;
        // What differs less than it is wide from 0 begins there.
        if is_log || !range.is_finite() || range <= least.abs() * 1e-9 || (least >= 0.0 && least < range) {
            return Self::new(values.into_iter(), is_log, length);
        }
        let step = step(range);
        let (low, high) = ((least / step + 1e-9).floor() * step, (largest / step - 1e-9).ceil() * step);
        if !(low.is_finite() && high.is_finite() && high > low) {
            return Self::new(values.into_iter(), is_log, length);
        }
        Self { low, high, is_log: false, length, step: self::step(high - low) }
    }

    /// From the least of some values to the largest, with a little room at both ends.
    pub(super) fn spanning(values: impl Iterator<Item = f64>, is_log: bool, length: f64) -> Self {
        let values: Vec<f64> = values.filter(|value| value.is_finite() && (!is_log || *value > 0.0)).collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = if is_log {
            let room = (largest / least).powf(ROOM);
            (least / room, largest * room)
        } else {
            let room = (largest - least) * ROOM;
            (least - room, largest + room)
        };
        if !(low.is_finite() && high.is_finite() && high > low) {
            return Self::around(values.into_iter(), false, length);
        }
        Self { low, high, is_log, length, step: step(high - low) }
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
            let value = self.low + self.step * ticks.len() as f64;
            if value > self.high * 1.000_001 {
                break;
            }
            ticks.push(value);
        }
        ticks
    }
}

/// Share of a range that is left free at either end of a scale that spans values.
const ROOM: f64 = 0.04;

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

    #[test]
    fn scales_around_values_begin_near_them() {
        let scale = Scale::around([93.0, 108.0].into_iter(), false, 100.0);
        assert_eq!(scale.ticks(), [90.0, 95.0, 100.0, 105.0, 110.0]);
        // What is nearly 0 begins there, and what is all the same, too.
        for values in [[2.0, 9.0], [7.0, 7.0]] {
            assert!(Scale::around(values.into_iter(), false, 1.0).low().abs() < 1e-12);
        }
        let scale = Scale::spanning([4096.0, 131_072.0].into_iter(), true, 100.0);
        let places = [4096.0, 131_072.0].map(|value| scale.place(value));
        assert!((places[0] - 100.0 * ROOM / (1.0 + 2.0 * ROOM)).abs() < 1e-9, "{places:?}");
        assert!((places[0] + places[1] - 100.0).abs() < 1e-9, "{places:?}");
    }

    proptest::proptest! {
        #[test]
        fn places_are_within_scales_of_their_values(values in proptest::collection::vec(proptest::num::f64::ANY, 0..6), is_log: bool) {
            for scale in [Scale::around, Scale::spanning].map(|new| new(values.iter().copied(), is_log, 50.0)) {
                for value in values.iter().chain(&scale.ticks()) {
                    let place = scale.place(*value);
                    proptest::prop_assert!((0.0..=50.0).contains(&place), "{value} at {place}");
                }
            }
        }

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
