//! The area of an accelerator, where everything of it has one.

use crate::architecture::{Architecture, AreaSource};
use crate::numbers::real;

/// In square micrometres; `None` where a part states none, for a sum without it is not the accelerator's. The dummies of meshes
/// may go without.
pub(crate) fn known(architecture: &Architecture) -> Option<f64> {
    let units = architecture.arithmetic();
    let parts = architecture.levels().iter().map(|level| (&level.class, level.area, level.instances));
    let parts = parts.chain([(&units.class, units.area, units.instances)]);
    let areas = parts.map(|(class, area, instances)| match area.source {
        AreaSource::Stated => Some(f64::from(area.um2) * real(instances)),
        AreaSource::Absent if class.contains("dummy") => Some(0.0),
        AreaSource::Absent => None,
    });
    areas.sum::<Option<f64>>().filter(|area| *area > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::{ArithmeticSpec, LevelSpec, SizeSpec};

    #[test]
    fn one_part_without_an_area_leaves_the_whole_unknown() {
        let of = |memory: Option<f64>, mac: Option<f64>| {
            let level = LevelSpec { area_um2: memory, size: SizeSpec::Words(1), ..LevelSpec::new("memory", "DRAM", 1) };
            let units =
                ArithmeticSpec { class: "mac".into(), instances: 4, area_um2: mac, ..ArithmeticSpec::default() };
            known(&Architecture::new(vec![level], units).unwrap())
        };
        assert_eq!(of(Some(0.0), Some(0.5)), Some(2.0));
        assert_eq!((of(None, Some(0.5)), of(Some(3.0), None), of(None, None)), (None, None, None));
    }
}
