//! Operations that the model counts where factors do not divide (docs/model.md section 5.2): units in use are averages that are
//! truncated, so that the sum can be less than the layer has, or more.

use crate::mapspace::{Kind, TilingLevel};
use crate::numbers::real;

/// What the loops of one dimension contribute. Dimensions multiply: `trunc(per unit * trunc(units))` operations in all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct DimensionCount {
    /// Operations of the first compute unit.
    pub(super) per_unit: f64,
    /// Compute units in use on average.
    pub(super) units: f64,
    /// Whether that is a whole number because all loops over instances are perfect.
    pub(super) is_whole: bool,
}

/// Relative error of the products that is allowed for.
const SLACK: f64 = 1e-9;

impl DimensionCount {
    pub(super) const ONE: Self = Self { per_unit: 1.0, units: 1.0, is_whole: true };

    /// Of loops with their residuals, one per tiling level from the innermost.
    pub(super) fn of(parts: &[(u64, u64)], tiling: &[TilingLevel]) -> Self {
        let is_innermost = |level: &TilingLevel| level.level == 0 && level.kind == Kind::Spatial;
        let (inner, first) = match (parts.first(), tiling.first()) {
            (Some(part), Some(level)) if is_innermost(level) => (*part, 1),
            _ => ((1, 1), 0),
        };
        // Operations in a full pass and in the last one; whether the last one has full passes of the innermost units.
        let (mut full, mut last, mut is_full) = (real(inner.0), real(inner.1), inner.0 == inner.1);
        let (mut units, mut is_whole) = (real(inner.0), true);
        for (index, (&(bound, residual), level)) in parts.iter().zip(tiling).enumerate().skip(first) {
            is_full |= residual > 1;
            if level.kind == Kind::Temporal {
                last += real(residual - 1) * full;
                full *= real(bound);
            } else {
                last = if residual > 1 { full } else { last };
                let outer = parts[index + 1..].iter().rev();
                let passes =
                    outer.fold(1.0, |passes, (bound, residual)| real(*residual) + real(*bound) * (passes - 1.0));
                is_whole &= residual == bound;
                units *= (real(residual) + real(bound) * (passes - 1.0)) / passes;
            }
        }
        Self { per_unit: last / real(if is_full { inner.0 } else { inner.1 }), units, is_whole }
    }

    /// Operations before anything is truncated.
    pub(super) fn product(self) -> f64 {
        self.per_unit * self.units
    }

    /// Together with another dimension.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            per_unit: self.per_unit * other.per_unit,
            units: self.units * other.units,
            is_whole: self.is_whole && other.is_whole,
        }
    }

    /// Operations of the whole at least, of all dimensions together.
    pub(super) fn computes(self) -> f64 {
        let units = if self.is_whole { self.units } else { (self.units * (1.0 - SLACK)).floor().max(1.0) };
        (self.per_unit * units * (1.0 - SLACK)).floor()
    }
}

/// Share of the average units that is left at least when it is truncated, if it is not below `units`.
pub(super) fn truncated_share(units: f64) -> f64 {
    let whole = (units * (1.0 - SLACK)).floor().max(1.0);
    whole / (whole + 1.0)
}

/// Share of a layer's operations that the loops of any mapping count at least before anything is truncated. A dimension counts
/// less than it has only where a loop over instances whose last pass is one instance stands between temporal loops: with `s`
/// instances, of five iterations or more at least the share `(s + 1) / 2s` (docs/search.md section 7.3). That is more than a half and more than
/// `s^-log2(4/3)`, and the instances of all dimensions together are at most the units.
pub(super) fn counted_share(bounds: impl Iterator<Item = u64>, units: u64) -> f64 {
    let by_dimensions = bounds.filter(|bound| *bound > 4).fold(1.0, |share, _| share / 2.0);
    let by_units = real(units.max(1)).powf(-(4.0f64 / 3.0).log2());
    f64::max(by_dimensions, by_units * (1.0 - SLACK))
}
