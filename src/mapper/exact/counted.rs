//! What the bounds count: energy, and the load of one level.

use std::ops::{Add, AddAssign, Div, Mul, SubAssign};

/// Energy in pJ, and the load of one level ([`super::load::Load`]); added up side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counted {
    pub(super) energy_pj: f64,
    pub(super) load: f64,
}

impl Counted {
    pub(super) const INFINITE: Self = Self { energy_pj: f64::INFINITY, load: f64::INFINITY };

    /// The smaller of each: below both.
    #[inline]
    pub(super) fn min(self, other: Self) -> Self {
        Self { energy_pj: self.energy_pj.min(other.energy_pj), load: self.load.min(other.load) }
    }

    /// The larger of each: above both.
    #[inline]
    pub(super) fn max(self, other: Self) -> Self {
        Self { energy_pj: self.energy_pj.max(other.energy_pj), load: self.load.max(other.load) }
    }

    pub(super) fn is_finite(self) -> bool {
        self.energy_pj.is_finite()
    }
}

impl Add for Counted {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self { energy_pj: self.energy_pj + other.energy_pj, load: self.load + other.load }
    }
}

impl AddAssign for Counted {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Counted {
    #[inline]
    fn sub_assign(&mut self, other: Self) {
        self.energy_pj -= other.energy_pj;
        self.load -= other.load;
    }
}

impl Mul<f64> for Counted {
    type Output = Self;

    #[inline]
    fn mul(self, words: f64) -> Self {
        Self { energy_pj: self.energy_pj * words, load: self.load * words }
    }
}

impl Div<f64> for Counted {
    type Output = Self;

    #[inline]
    fn div(self, number: f64) -> Self {
        Self { energy_pj: self.energy_pj / number, load: self.load / number }
    }
}

impl std::iter::Sum for Counted {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Add::add)
    }
}

/// What one word of a data space adds at a level, by what is done with it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WordPrice {
    pub(super) read: Counted,
    pub(super) fill: Counted,
    pub(super) update: Counted,
}

impl WordPrice {
    /// The price of a word that the inner level asks for: a read, and for partial sums an update (docs/model.md section 4.6).
    pub(super) fn served(self, read_write: bool) -> Counted {
        if read_write { self.read + self.update } else { self.read }
    }
}
