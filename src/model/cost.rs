//! What mappings are compared by.

use crate::numbers::real;

/// Energy and cycles of a mapping.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Energy of the whole, in pJ.
    pub energy_pj: f64,
    /// Cycles of the whole, stalls included.
    pub cycles: u64,
}

impl Cost {
    /// Energy-delay product, in J*cycle.
    pub fn edp(self) -> f64 {
        real(self.cycles) * self.energy_pj / 1e12
    }
}
