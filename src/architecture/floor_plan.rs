//! Areas of tiles, which say how long wires are (docs/model.md section 4.7; TL topology.cpp `FloorPlan`).

use super::{Arithmetic, Level};
use crate::numbers::real;

/// Length of a hop below each level in micrometres, innermost level first: the square root of the area of one inner tile. The
/// tile of a level is one instance and the tiles inside it.
pub(super) fn hop_lengths_um(levels: &[Level], arithmetic: &Arithmetic) -> Vec<f64> {
    let (mut tile_um2, mut instances) = (f64::from(arithmetic.area.um2), arithmetic.instances);
    let length = |level: &Level| {
        let length = tile_um2.sqrt();
        tile_um2 = f64::from(level.area.um2) + tile_um2 * real(instances / level.instances);
        instances = level.instances;
        length
    };
    levels.iter().map(length).collect()
}
