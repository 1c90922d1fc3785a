//! Whether a mapping fits the hardware (docs/model.md section 5.1). timeloop-model's order, found from the mappings it refuses:
//! kept somewhere, compute units, capacity of the levels from the innermost, instances of the levels.

use super::level::{LevelCosts, Room};
use super::nest::projection::Projection;
use super::nest::{MAX_DIMENSIONS, Nest};
use super::rejection::Rejection;
use crate::architecture::{Architecture, Level, Mesh};
use crate::mapping::{Axis, Mapping};
use crate::workload::Problem;

/// Largest product of all loop bounds, and so of everything counted in computes. It bounds the depth of the nest, too.
pub(super) const MAX_COMPUTES: u64 = 1 << 52;
/// Most children of one instance that a mapping may use: each has a place in memory.
pub(super) const MAX_CHILDREN: u64 = 1 << 20;

/// Whether the model can count a problem at all, whatever the mapping.
pub(crate) fn countable_problem(problem: &Problem) -> Result<(), Rejection> {
    few_dimensions(problem)?;
    if problem.macs() > MAX_COMPUTES {
        return Err(Rejection::TooLarge("the number of computes".to_owned()));
    }
    let bounds: Vec<u64> = problem.dimensions().iter().map(|(_, bound)| *bound).collect();
    match problem.data_spaces().iter().find(|space| !Projection::of(problem, space).is_countable(&bounds)) {
        Some(space) => Err(Rejection::TooLarge(format!("data space {}", space.name))),
        None => Ok(()),
    }
}

/// Whether every number of the model fits its type.
pub(super) fn countable(nest: &Nest, problem: &Problem, projections: &[Projection]) -> Result<(), Rejection> {
    let refuse = |what: &str| Err(Rejection::TooLarge(what.to_owned()));
    if nest.all_bounds() > MAX_COMPUTES {
        return refuse("the number of computes");
    }
    for level in 0..nest.blocks.len() {
        let children =
            nest.spatial(level).iter().fold(1u64, |product, spatial| product.saturating_mul(spatial.iteration.bound));
        if children > MAX_CHILDREN {
            return refuse("the number of instances below one instance");
        }
    }
    for (projection, space) in projections.iter().zip(problem.data_spaces()) {
        if !projection.is_countable(nest.whole()) {
            return refuse(&format!("data space {}", space.name));
        }
    }
    Ok(())
}

/// Whether the dimensions of a problem can be told apart in a bit set.
pub(super) fn few_dimensions(problem: &Problem) -> Result<(), Rejection> {
    if problem.dimensions().len() > MAX_DIMENSIONS {
        return Err(Rejection::TooLarge("the number of dimensions".to_owned()));
    }
    Ok(())
}

/// Whether some level keeps each data space.
pub(super) fn kept(architecture: &Architecture, problem: &Problem, mapping: &Mapping) -> Result<(), Rejection> {
    let nowhere = problem
        .data_spaces()
        .iter()
        .enumerate()
        .filter(|(index, _)| !mapping.levels.iter().any(|level| level.policy.keep.contains(*index)));
    let data_spaces: Vec<String> = nowhere.map(|(_, space)| space.name.clone()).collect();
    if data_spaces.is_empty() {
        return Ok(());
    }
    Err(Rejection::KeptNowhere { arithmetic: architecture.arithmetic().name.clone(), data_spaces })
}

/// Whether the tiles of one level fit, and fill it as much as it asks. `size` gives the words of a data space's tile.
pub(super) fn capacity(
    architecture: &Architecture,
    problem: &Problem,
    mapping: &Mapping,
    (level, costs): (usize, &LevelCosts),
    size: impl Fn(usize) -> u64,
) -> Result<(), Rejection> {
    let name = || architecture.levels()[level].name.clone();
    let keep = mapping.levels[level].policy.keep;
    let words = costs.held(keep, &size);
    match costs.room(words) {
        Room::Fits => Ok(()),
        Room::TooLarge => {
            let kept = problem.data_spaces().iter().enumerate().filter(|(index, _)| keep.contains(*index));
            let tiles = kept.map(|(index, space)| (space.name.clone(), size(index))).collect();
            Err(Rejection::Capacity { level: name(), tiles, words, capacity: costs.capacity })
        }
        Room::TooSmall => Err(Rejection::Utilization { level: name(), words, min_words: costs.min_words }),
    }
}

/// Whether there are enough compute units for the expansion of all loops.
pub(super) fn compute_units(architecture: &Architecture, all: Mesh) -> Result<(), Rejection> {
    let units = architecture.arithmetic();
    if all.product() > units.instances {
        let (level, used, available) = (units.name.clone(), all.product(), units.instances);
        return Err(Rejection::ComputeInstances { level, used, available });
    }
    if let Some((axis, used, available)) = overflow(all, units.mesh) {
        return Err(Rejection::ComputeExpansion { level: units.name.clone(), axis, used, available });
    }
    Ok(())
}

/// Whether there are enough instances of a storage level for the expansion outside it.
pub(super) fn instances(level: &Level, outside: Mesh) -> Result<(), Rejection> {
    if outside.product() > level.instances {
        let (used, available) = (outside.product(), level.instances);
        return Err(Rejection::Instances { level: level.name.clone(), used, available });
    }
    if let Some((axis, used, available)) = overflow(outside, level.mesh) {
        return Err(Rejection::Expansion { level: level.name.clone(), axis, used, available });
    }
    Ok(())
}

fn overflow(expansion: Mesh, mesh: Mesh) -> Option<(Axis, u64, u64)> {
    let axes = [(Axis::X, expansion.x, mesh.x), (Axis::Y, expansion.y, mesh.y)];
    axes.into_iter().find(|(_, used, available)| used > available)
}
