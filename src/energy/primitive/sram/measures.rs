//! What CACTI says of a memory.

/// How many numbers [`Measures`] are.
pub(super) const MEASURES: usize = 5;

/// Energy of a read and of a write (pJ), leakage of a bank (mW), area (um2), cycle time (ns), in this order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::energy::primitive) struct Measures(pub(super) [f64; MEASURES]);

impl Measures {
    /// Nothing is known.
    pub(super) const NONE: Self = Self([0.0; MEASURES]);

    /// pJ.
    pub(in crate::energy::primitive) fn read(self) -> f64 {
        self.0[0]
    }

    /// pJ.
    pub(in crate::energy::primitive) fn write(self) -> f64 {
        self.0[1]
    }

    /// mW.
    pub(in crate::energy::primitive) fn leak(self) -> f64 {
        self.0[2]
    }

    /// um2.
    pub(in crate::energy::primitive) fn area(self) -> f64 {
        self.0[3]
    }

    /// ns.
    pub(in crate::energy::primitive) fn cycle(self) -> f64 {
        self.0[4]
    }

    /// Each number with its counterpart.
    pub(super) fn with(self, other: Self, combine: impl Fn(f64, f64) -> f64) -> Self {
        Self(std::array::from_fn(|measure| combine(self.0[measure], other.0[measure])))
    }

    /// Each number times a factor.
    pub(super) fn times(self, factors: [f64; MEASURES]) -> Self {
        self.with(Self(factors), |value, factor| value * factor)
    }

    /// The straight line from these numbers (`share` 0) to others (1), and beyond.
    pub(super) fn towards(self, other: Self, share: f64) -> Self {
        self.with(other, |a, b| a + (b - a) * share)
    }

    /// The same on a logarithmic scale.
    pub(super) fn towards_geometrically(self, other: Self, share: f64) -> Self {
        self.with(other, |a, b| if a > 0.0 && b > 0.0 { a * (b / a).powf(share) } else { a + (b - a) * share })
    }
}
