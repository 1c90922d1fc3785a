//! Parts of results that tables, charts and pages have in common.

use super::record::{ComponentKind, LayerOutcome, LayerResult, NetworkResults};
use crate::model::Footprint;

impl NetworkResults {
    /// The architecture; with the mapper and the footprint, unless they are the usual ones.
    pub fn label(&self) -> String {
        let mut name = self.architecture.clone();
        if self.mapper != "exact" {
            name = format!("{name} ({})", self.mapper);
        }
        if self.footprint == Footprint::Exact.name() {
            name += " (exact footprints)";
        }
        name
    }
}

/// Layers of a run, one per distinct problem, with the number of executions of all that share it.
pub fn distinct_layers(run: &NetworkResults) -> Vec<(&LayerResult, u64)> {
    let mut found: Vec<(&LayerResult, u64)> = Vec::new();
    for layer in &run.layers {
        match found.iter_mut().find(|(known, _)| known.problem == layer.problem) {
            Some((_, times)) => *times = times.saturating_add(layer.executions),
            None => found.push((layer, layer.executions)),
        }
    }
    found
}

/// Every component of any run: compute units first, then from the innermost level outwards, main memory last of the levels,
/// then networks.
pub fn component_names(results: &[NetworkResults]) -> Vec<String> {
    // In an order of their own, so that components have the same colours wherever results come from.
    let mut runs: Vec<&NetworkResults> = results.iter().collect();
    runs.sort_by_key(|run| (run.label(), run.network.clone()));
    let layers = runs.into_iter().flat_map(|run| &run.layers);
    let all: Vec<_> = layers
        .filter_map(|layer| match &layer.outcome {
            LayerOutcome::Mapped(mapped) => Some(&mapped.components),
            LayerOutcome::Failed { .. } => None,
        })
        .flatten()
        .collect();
    let mut names: Vec<String> = Vec::new();
    let mut add = |kind, memory: Option<bool>| {
        for component in &all {
            let fits = component.kind == kind && memory.is_none_or(|memory| memory == is_main_memory(&component.name));
            if fits && !names.contains(&component.name) {
                names.push(component.name.clone());
            }
        }
    };
    add(ComponentKind::Arithmetic, None);
    add(ComponentKind::Storage, Some(false));
    add(ComponentKind::Storage, Some(true));
    add(ComponentKind::Network, None);
    names
}

/// Whether a component is the main memory, which has a place and a colour of its own.
pub fn is_main_memory(name: &str) -> bool {
    name.eq_ignore_ascii_case("dram")
}
