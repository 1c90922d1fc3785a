//! One distinct layer on one architecture: its loop nest, its place on the mesh, what moves and what it costs.

use serde::Serialize;

use super::distinct_layers;
use super::layers::{optimality, shape};
use super::number::Number;
use super::zeros::{Stored, computes, stored};
use crate::report::charts::Series;
use crate::report::phrases::{cycle_limit, run_name};
use crate::results::quantity::{grouped, percent, si, significant};
use crate::results::{ComponentKind, ComponentResult, LayerResult, MappedLayer, MappingLevel, NetworkResults};

#[derive(Debug, Serialize)]
pub(super) struct Detail {
    /// Number of the run, and its distinct problem.
    run: usize,
    problem: String,
    name: String,
    run_name: String,
    shape: String,
    times: u64,
    facts: Vec<(String, String)>,
    levels: Vec<Level>,
    meshes: Vec<Mesh>,
    components: Vec<Component>,
    /// What levels do with zeros; empty of a dense design.
    stored: Vec<Stored>,
}

/// One level of the loop nest.
#[derive(Debug, Serialize)]
struct Level {
    name: String,
    /// `Inputs 1 032 words`.
    keeps: Vec<String>,
    loops: Vec<Step>,
}

/// One line of the loop nest.
#[derive(Debug, Serialize)]
struct Step {
    /// How far it is set in.
    depth: usize,
    text: String,
    /// `X` or `Y`, or nothing.
    axis: String,
}

/// Instances below one level, and which of them work.
#[derive(Debug, Serialize)]
struct Mesh {
    level: String,
    x: u64,
    y: u64,
    used_x: u64,
    used_y: u64,
    along_x: String,
    along_y: String,
    /// Edge of a cell in the picture; 0 where there are too many to draw.
    cell: u64,
}

/// Energy of one component.
#[derive(Debug, Serialize)]
struct Component {
    name: String,
    class: String,
    energy: Number,
    share: String,
    leakage: String,
    instances: String,
    spaces: Vec<Space>,
}

#[derive(Debug, Serialize)]
struct Space {
    name: String,
    tile: String,
    reads: Number,
    fills: Number,
    updates: Number,
    energy: Number,
    multicast: String,
}

/// Most instances of a mesh along one axis that are drawn one by one.
const DRAWN: u64 = 32;

impl Detail {
    /// One per distinct layer with a mapping, run after run.
    pub(super) fn all(results: &[NetworkResults], components: &[Series]) -> Vec<Self> {
        let details = |(run, results): (usize, &NetworkResults)| {
            let name = run_name(results);
            let layers = distinct_layers(results);
            layers
                .map(|(layer, mapped, times)| Self::new(run, &name, layer, mapped, times, components))
                .collect::<Vec<_>>()
        };
        results.iter().enumerate().flat_map(details).collect()
    }

    pub(super) fn is_of(&self, run: usize, problem: &str) -> bool {
        self.run == run && self.problem == problem
    }

    fn new(
        run: usize,
        name: &str,
        layer: &LayerResult,
        mapped: &MappedLayer,
        times: u64,
        components: &[Series],
    ) -> Self {
        let mut facts = vec![
            ("Cycles".to_owned(), grouped(mapped.cycles)),
            ("Energy".to_owned(), si(mapped.energy_pj * 1e-12, "J")),
            ("Energy-delay product".to_owned(), format!("{} J·cycle", significant(mapped.edp_j_cycle))),
            ("Utilization".to_owned(), percent(mapped.utilization)),
            ("Limited by".to_owned(), limits(mapped)),
            ("Mapping".to_owned(), optimality(mapped.optimality)),
        ];
        if let Some(sparse) = &mapped.sparse {
            facts.push(("Computes of dense data".to_owned(), computes(sparse)));
        }
        if !mapped.mapspace.is_empty() {
            let sizes: Vec<String> = mapped.mapspace.iter().map(|(name, size)| format!("{name} {size}")).collect();
            facts.push(("Mapspace".to_owned(), sizes.join(" × ")));
        }
        if let Some(evaluations) = mapped.evaluations {
            facts.push(("Mappings evaluated".to_owned(), grouped(evaluations)));
        }
        Self {
            run,
            problem: layer.problem.clone(),
            name: layer.name.clone(),
            run_name: name.to_owned(),
            shape: shape(layer),
            times,
            facts,
            levels: levels(mapped),
            meshes: mapped.mapping.iter().filter_map(mesh).collect(),
            components: mapped.components.iter().map(|part| component(part, mapped.energy_pj, components)).collect(),
            stored: stored(&mapped.components),
        }
    }
}

fn limits(mapped: &MappedLayer) -> String {
    let wanted = mapped.limited_by.iter().map(|limit| {
        format!(" ({} wanted of {} words per cycle)", significant(limit.wanted), significant(limit.available))
    });
    let wanted: String = wanted.collect();
    if wanted.is_empty() { "the compute units that the mapping uses".to_owned() } else { cycle_limit(mapped) + &wanted }
}

fn levels(mapped: &MappedLayer) -> Vec<Level> {
    let mut depth = 0;
    let level = |level: &MappingLevel| {
        let component = mapped.components.iter().find(|component| component.name == level.name);
        let tile = |name: &String| {
            let space = component.and_then(|component| component.data_spaces.iter().find(|space| space.name == *name));
            space.map_or_else(|| name.clone(), |space| format!("{name} {}", words(space.tile_words)))
        };
        let loops = level.loops.iter().map(|step| {
            let residual = if step.residual == step.bound {
                String::new()
            } else {
                format!(", {} in the last pass", step.residual)
            };
            let text = format!("for {} in 0..{}{residual}", step.dimension, step.bound);
            depth += 1;
            Step { depth: depth - 1, text, axis: step.axis.clone().unwrap_or_default() }
        });
        Level { name: level.name.clone(), loops: loops.collect(), keeps: level.keeps.iter().map(tile).collect() }
    };
    mapped.mapping.iter().map(level).collect()
}

fn words(count: u64) -> String {
    format!("{} word{}", grouped(count), if count == 1 { "" } else { "s" })
}

fn mesh(level: &MappingLevel) -> Option<Mesh> {
    let [x, y] = level.mesh?;
    let along = |axis: &str| {
        let loops: Vec<_> = level.loops.iter().filter(|step| step.axis.as_deref() == Some(axis)).collect();
        let used = loops.iter().fold(1u64, |product, step| product.saturating_mul(step.bound));
        let text: Vec<String> = loops.iter().map(|step| format!("{} {}", step.dimension, step.bound)).collect();
        (used, text.join(" × "))
    };
    let ((used_x, along_x), (used_y, along_y)) = (along("X"), along("Y"));
    let longest = x.max(y);
    let cell = if longest > DRAWN { 0 } else { (192 / longest.max(1)).clamp(6, 14) };
    Some(Mesh { level: level.name.clone(), x, y, used_x, used_y, along_x, along_y, cell })
}

fn component(part: &ComponentResult, whole_pj: f64, components: &[Series]) -> Component {
    let spaces = part.data_spaces.iter().map(|space| Space {
        name: space.name.clone(),
        tile: grouped(space.tile_words),
        reads: Number::count(space.reads, ""),
        fills: Number::count(space.fills, ""),
        updates: Number::count(space.updates, ""),
        energy: Number::new(space.energy_pj, si(space.energy_pj * 1e-12, "J")),
        multicast: space.multicast.map(significant).unwrap_or_default(),
    });
    let used = match (part.utilized_instances, part.instances) {
        (Some(used), Some(all)) => format!("{} of {}", grouped(used), grouped(all)),
        (None, Some(all)) => grouped(all),
        _ => String::new(),
    };
    let series = components.iter().find(|series| series.name == part.name);
    Component {
        name: part.name.clone(),
        class: series.map(|series| series.swatch.css_class()).unwrap_or_default(),
        energy: Number::new(part.energy_pj, si(part.energy_pj * 1e-12, "J")),
        share: percent(part.energy_pj / whole_pj),
        leakage: part.leakage_pj.filter(|pj| *pj > 0.0).map(|pj| si(pj * 1e-12, "J")).unwrap_or_default(),
        instances: if part.kind == ComponentKind::Network { String::new() } else { used },
        spaces: spaces.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::LoopResult;

    #[test]
    fn used_part_of_a_mesh_is_the_product_of_its_spatial_loops() {
        let on = |dimension: &str, bound, axis: &str| LoopResult {
            dimension: dimension.into(),
            bound,
            residual: bound,
            axis: Some(axis.into()),
        };
        let level = MappingLevel {
            name: "columns".into(),
            keeps: Vec::new(),
            mesh: Some([14, 12]),
            loops: vec![on("S", 3, "Y"), on("C", 4, "Y"), on("Q", 13, "X")],
        };
        let mesh = mesh(&level).unwrap();
        assert_eq!((mesh.used_x, mesh.used_y, mesh.along_y.as_str()), (13, 12, "S 3 × C 4"));
        assert_eq!(mesh.cell, 13);
    }
}
