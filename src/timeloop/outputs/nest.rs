//! The loop nest of a run: from `map.txt`, else from statistics that have it.

use std::fs;

use super::scan::Run;
use crate::architecture::{Architecture, Mesh};
use crate::mapping::Axis;
use crate::results::{LoopResult, MappingLevel};
use crate::timeloop::files::nest_text::{self, LoopLine};
use crate::timeloop::files::stats_reader::Statistics;

/// The loop nest, outermost level first; empty if nothing tells it. Levels that neither keep nor loop are left out.
pub(super) fn read(run: &Run, statistics: &Statistics, architecture: Option<&Architecture>) -> Vec<MappingLevel> {
    let text = run.file("map.txt").and_then(|file| fs::read_to_string(file).ok());
    let of_text = text.map(|text| nest_text::read(&text)).filter(|levels| !levels.is_empty());
    let levels: Vec<(String, Vec<String>, Vec<LoopLine>)> = if let Some(levels) = of_text {
        let keeps = |tiles: Vec<(String, u64)>| tiles.into_iter().map(|(space, _)| space).collect();
        levels.into_iter().map(|level| (level.name, keeps(level.tiles), level.loops)).collect()
    } else {
        let of_stats = statistics.storage().rev().map(|level| {
            let keeps = level.data_spaces.iter().map(|space| space.name.clone()).collect();
            Some((level.name.clone(), keeps, level.loops.clone()?))
        });
        of_stats.collect::<Option<_>>().unwrap_or_default()
    };
    let names: Vec<String> = levels.iter().map(|(name, ..)| name.clone()).collect();
    let levels = levels.into_iter().enumerate().map(|(index, (name, keeps, loops))| {
        let mesh = architecture
            .and_then(|system| fan_out(system, &name))
            .or_else(|| printed_fan_out(statistics, &names, index));
        MappingLevel { name, keeps, mesh, loops: loops.into_iter().map(iteration).collect() }
    });
    levels.filter(|level| !level.keeps.is_empty() || !level.loops.is_empty()).collect()
}

fn iteration(line: LoopLine) -> LoopResult {
    LoopResult {
        dimension: line.dimension.to_string(),
        bound: line.bound,
        residual: line.residual,
        axis: line.axis.map(|axis| if axis == Axis::X { "X" } else { "Y" }.to_owned()),
    }
}

fn fan_out(architecture: &Architecture, level: &str) -> Option<[u64; 2]> {
    mesh(architecture.fan_out(architecture.level_index(level)?))
}

/// From the meshes of a level and the next inner one, where both are printed.
fn printed_fan_out(statistics: &Statistics, names: &[String], index: usize) -> Option<[u64; 2]> {
    let printed = |name: &String| statistics.storage().find(|level| level.name == *name)?.mesh;
    let own = printed(names.get(index)?)?;
    let inner = match names.get(index + 1) {
        Some(inner) => printed(inner)?,
        None => statistics.arithmetic()?.mesh?,
    };
    let divided = |inner: u64, own: u64| (own > 0 && inner.is_multiple_of(own)).then(|| inner / own);
    mesh(Mesh { x: divided(inner.x, own.x)?, y: divided(inner.y, own.y)? })
}

fn mesh(mesh: Mesh) -> Option<[u64; 2]> {
    (mesh.product() > 1).then_some([mesh.x, mesh.y])
}
