//! Factorisations of one dimension over the tiling levels (docs/search.md section 1).

use super::FactorLimits;

/// How the iterations of one dimension may be shared by the tiling levels.
#[derive(Clone, Debug)]
pub(crate) struct Factors {
    /// Iterations of the dimension.
    pub(crate) bound: u64,
    /// What remains of them for the free factors: `bound`, divided by the fixed ones and rounded up.
    pub(crate) shared: u64,
    /// Per tiling level.
    pub(crate) limits: Vec<FactorLimits>,
}

impl Factors {
    /// Fixed factors above the bound are ignored, as Timeloop does.
    pub(crate) fn new(bound: u64, limits: impl Iterator<Item = FactorLimits>) -> Self {
        let limits: Vec<FactorLimits> = limits.map(|limits| limits.for_bound(bound)).collect();
        let shared =
            limits.iter().filter_map(|limits| limits.exact).fold(bound, |rest, exact| rest.div_ceil(exact.max(1)));
        Self { bound, shared, limits }
    }

    /// Whether the fixed factors divide the bound. If they do not, every mapping has loops with a shorter last pass.
    pub(crate) fn is_perfect(&self) -> bool {
        let fixed = self.limits.iter().filter_map(|limits| limits.exact);
        fixed.fold(u128::from(self.shared), |product, exact| product.saturating_mul(exact.into()))
            == u128::from(self.bound)
    }

    /// The least bound that the fixed factors divide and that leaves as much for the others; `None` beyond 64 bits.
    pub(crate) fn padded(&self) -> Option<u64> {
        let mut fixed = self.limits.iter().filter_map(|limits| limits.exact);
        fixed.try_fold(self.shared, |product, exact| product.checked_mul(exact.max(1)))
    }

    /// Number of factorisations: of `shared`, in as many ordered factors as there are free tiling levels.
    pub(crate) fn count(&self) -> u128 {
        let divisors = divisors(self.shared);
        // Ways to make each divisor from the levels so far.
        let mut ways: Vec<u128> = divisors.iter().map(|divisor| u128::from(*divisor == 1)).collect();
        for limits in self.limits.iter().filter(|limits| limits.exact.is_none()) {
            let made = |(index, product): (usize, &u64)| {
                let parts = divisors[..=index].iter().zip(&ways).filter(|(part, _)| product % **part == 0);
                let allowed = parts.filter(|(part, _)| limits.allow(product / **part));
                allowed.fold(0u128, |sum, (_, ways)| sum.saturating_add(*ways))
            };
            ways = divisors.iter().enumerate().map(made).collect();
        }
        ways.last().copied().unwrap_or(0)
    }
}

impl FactorLimits {
    /// The limits that count for a dimension of so many iterations: a fixed factor above them is ignored, as Timeloop does.
    pub(crate) fn for_bound(self, bound: u64) -> Self {
        Self { exact: self.exact.filter(|exact| *exact <= bound), ..self }
    }

    /// Whether a factor is within them.
    pub(crate) fn allow(&self, factor: u64) -> bool {
        self.allow_of(factor, u64::MAX)
    }

    /// Whether a loop of so many iterations is within them, where the loops inside leave `left` iterations: a fixed factor is
    /// cut short by what is left (docs/search.md section 1.1). Beside a fixed factor no other limit counts.
    pub(crate) fn allow_of(&self, iterations: u64, left: u64) -> bool {
        match self.exact {
            Some(exact) => iterations == exact.min(left),
            None => {
                self.at_most.is_none_or(|limit| iterations <= limit)
                    && self.at_least.is_none_or(|limit| iterations >= limit)
            }
        }
    }
}

/// The next loop outwards with this factor, over a dimension of which the loops inside leave `left` iterations: its bound, and the
/// iterations of its last pass, which is shorter where the factor does not divide what is left (docs/search.md section 1,
/// "residual"). A loop runs no more often than there is something left to do. Both numbers are at least 1.
pub(crate) fn next_loop(factor: u64, left: &mut u64) -> (u64, u64) {
    let bound = factor.min(*left);
    let residual = if left.is_multiple_of(bound) { bound } else { *left % bound };
    *left = left.div_ceil(bound);
    (bound, residual)
}

/// All divisors of a number, ascending.
pub(crate) fn divisors(number: u64) -> Vec<u64> {
    let mut divisors = vec![1];
    let mut rest = number.max(1);
    let mut prime = 2;
    while rest > 1 {
        if prime * prime > rest {
            prime = rest;
        }
        let known = divisors.len();
        let mut power = 1;
        while rest.is_multiple_of(prime) {
            rest /= prime;
            power *= prime;
            for index in 0..known {
                divisors.push(divisors[index] * power);
            }
        }
        prime += 1;
    }
    divisors.sort_unstable();
    divisors
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 24 iterations as 16 below and 4 above: 16 and then 8, in two passes.
    #[test]
    fn last_passes_are_shorter_where_factors_do_not_divide() {
        let mut left = 24;
        assert_eq!((next_loop(16, &mut left), left), ((16, 8), 2));
        assert_eq!((next_loop(4, &mut left), left), ((2, 2), 1));
        assert_eq!((next_loop(3, &mut left), left), ((1, 1), 1));
    }

    #[test]
    fn divisors_are_all_and_ascending() {
        assert_eq!(divisors(1), [1]);
        assert_eq!(divisors(12), [1, 2, 3, 4, 6, 12]);
        assert_eq!(divisors(257), [1, 257]);
        for number in 1..500 {
            let all: Vec<u64> = (1..=number).filter(|divisor| number % divisor == 0).collect();
            assert_eq!(divisors(number), all);
        }
    }

    /// The figures that the real mapper prints for C = 64, M = 256, P = Q = 129 (raw sample 1): 84, 495, 4 and 9.
    #[test]
    fn counts_are_those_of_the_real_mapper() {
        let free = FactorLimits::default();
        let count = |bound, levels| Factors::new(bound, std::iter::repeat_n(free, levels)).count();
        assert_eq!((count(64, 4), count(256, 5), count(129, 2), count(129, 3)), (84, 495, 4, 9));
    }

    #[test]
    fn fixed_factors_are_divided_out_first() {
        let limit = |exact, at_most, at_least| FactorLimits { exact, at_most, at_least };
        let factors = Factors::new(
            12,
            [limit(Some(3), None, None), limit(None, Some(2), None), limit(None, None, None)].into_iter(),
        );
        assert!(factors.is_perfect());
        assert_eq!((factors.shared, factors.count()), (4, 2));
        let factors = Factors::new(24, [limit(Some(16), None, None), limit(None, None, Some(2))].into_iter());
        assert!(!factors.is_perfect());
        assert_eq!((factors.shared, factors.count(), factors.padded()), (2, 1, Some(32)));
        // Above the bound: ignored.
        let factors = Factors::new(3, [limit(Some(16), None, None), limit(None, None, None)].into_iter());
        assert_eq!((factors.shared, factors.count()), (3, 2));
        // What no factorisation can do.
        assert_eq!(Factors::new(7, [limit(None, Some(2), None), limit(None, Some(3), None)].into_iter()).count(), 0);
    }
}
