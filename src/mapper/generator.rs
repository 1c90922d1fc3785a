//! Pseudo-random numbers (SplitMix64), the same on every machine.

use crate::numbers::real;

/// A stream of numbers that its seed decides.
#[derive(Clone, Debug)]
pub(super) struct Generator(u64);

/// 2^64 divided by the golden ratio, made odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Generator {
    /// The stream of one number of one seed.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        // Steps of the state are `STEP` themselves: streams start where the seed's own numbers point.
        let mut seeds = Self(seed ^ stream.rotate_left(32));
        Self(seeds.next())
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is not 0.
    pub(super) fn below(&mut self, limit: u128) -> u128 {
        let wide = (u128::from(self.next()) << 64) | u128::from(self.next());
        wide % limit.max(1)
    }

    /// An index below `limit`, which is not 0.
    pub(super) fn index(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(limit as u128)).unwrap_or(0)
    }

    /// An index below `limit`, which is not 0, in less time: of large limits some are a little more probable than others.
    #[inline]
    pub(super) fn quick_index(&mut self, limit: usize) -> usize {
        usize::try_from((u128::from(self.next()) * limit as u128) >> 64).unwrap_or(0)
    }

    /// A number from 0 to 1, 1 not included.
    #[inline]
    pub(super) fn share(&mut self) -> f64 {
        real(self.next() >> 11) / real(1 << 53)
    }

    /// Puts a list into a random order.
    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.index(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published values of SplitMix64 for the state 1234567.
    #[test]
    fn generator_gives_known_numbers() {
        let mut generator = Generator(1_234_567);
        let numbers = [generator.next(), generator.next(), generator.next()];
        assert_eq!(numbers, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn streams_differ_and_repeat() {
        let first = |seed, stream| Generator::new(seed, stream).next();
        assert_eq!(first(1, 2), first(1, 2));
        let mut all: Vec<u64> = (0..40).flat_map(|seed| (0..40).map(move |stream| first(seed, stream))).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 1600);
    }

    /// Every order of three about as often as the others.
    #[test]
    fn orders_are_drawn_uniformly() {
        let mut generator = Generator::new(3, 0);
        let mut seen = std::collections::HashMap::new();
        for _ in 0..6000 {
            let mut list = [0, 1, 2];
            generator.shuffle(&mut list);
            *seen.entry(list).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|count| (850..1150).contains(count)), "{seen:?}");
    }
}
