//! The area of an accelerator, where everything of it has one.

use crate::architecture::{Architecture, Area, AreaSource};
use crate::numbers::real;

/// Area of everything, in square micrometres; `None` where a part states none, for a sum without it is not the accelerator's.
/// Levels that only fan out ([`Level::is_fan_out`](crate::architecture::Level::is_fan_out)) take none.
pub(crate) fn known(architecture: &Architecture) -> Option<f64> {
    let units = architecture.arithmetic();
    let levels = architecture.levels().iter().map(|level| (level.area, level.instances, level.is_fan_out()));
    let areas = levels.chain([(units.area, units.instances, false)]).map(|part| match part {
        (Area { source: AreaSource::Stated, um2 }, instances, _) => Some(f64::from(um2) * real(instances)),
        (_, _, is_fan_out) => is_fan_out.then_some(0.0),
    });
    areas.sum::<Option<f64>>().filter(|area| *area > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::{ArithmeticSpec, LevelSpec, SizeSpec};

    #[test]
    fn one_part_without_an_area_leaves_the_whole_unknown() {
        let sum = |memory: Option<f64>, mac: Option<f64>| {
            let level = LevelSpec { area_um2: memory, size: SizeSpec::Words(1), ..LevelSpec::new("memory", "DRAM", 1) };
            let units =
                ArithmeticSpec { class: "mac".into(), instances: 4, area_um2: mac, ..ArithmeticSpec::default() };
            known(&Architecture::new(vec![level], units).unwrap())
        };
        assert_eq!(sum(Some(0.0), Some(0.5)), Some(2.0));
        assert_eq!((sum(None, Some(0.5)), sum(Some(3.0), None), sum(None, None)), (None, None, None));
    }
}
