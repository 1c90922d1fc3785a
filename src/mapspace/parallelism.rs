//! The share of the compute units that work (docs/model.md section 3.2, "Parallelism").

use crate::architecture::Architecture;
use crate::mapping::{LevelMapping, Mapping};
use crate::numbers::real;

/// Share of the compute units that work, if of the fan-out below each instance of a level so many instances work. `levels` are
/// (used, fan-out), from the innermost outwards: Timeloop multiplies their quotients in this order, in doubles, and the last
/// bit decides whether a constraint is met.
pub(crate) fn parallelism(levels: impl IntoIterator<Item = (u64, u64)>) -> f64 {
    levels.into_iter().fold(1.0, |share, (used, fan_out)| share * (real(used) / real(fan_out)))
}

/// The same of a mapping.
pub(crate) fn parallelism_of(mapping: &Mapping, architecture: &Architecture) -> f64 {
    let used = |level: &LevelMapping| {
        level.spatial.iter().fold(1u64, |used, spatial| used.saturating_mul(spatial.iteration.bound))
    };
    let levels = mapping.levels.iter().take(architecture.levels().len()).enumerate();
    parallelism(levels.map(|(index, level)| (used(level), architecture.fan_out(index).product())))
}

#[cfg(test)]
mod tests {
    use super::parallelism;

    /// 7 of 100 are a share of 0.07, though 7 is less than 0.07 * 100 in doubles.
    #[test]
    fn parallelism_is_used_over_available_instances() {
        assert!(parallelism([(7, 100)]) >= 0.07);
        assert!(parallelism([(6, 100)]) < 0.07);
    }

    /// The order decides the last bit: one of 3, one of 3 and one of 5 are a little more from the one end than from the other.
    #[test]
    fn levels_are_multiplied_from_the_innermost() {
        let stated = 0.022_222_222_222_222_223;
        assert!(parallelism([(1, 3), (1, 3), (1, 5)]) >= stated);
        let reordered = parallelism([(1, 5), (1, 3), (1, 3)]);
        assert!(reordered < stated && stated.to_bits() - reordered.to_bits() == 1, "{reordered}");
    }

    /// Levels without fan-out change nothing.
    #[test]
    fn levels_without_fan_out_do_not_count() {
        assert_eq!(parallelism([(1, 1), (7, 100), (1, 1)]).to_bits(), parallelism([(7, 100)]).to_bits());
        assert_eq!(parallelism([]).to_bits(), 1f64.to_bits());
    }
}
