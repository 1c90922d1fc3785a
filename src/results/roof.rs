//! Layers under the roofs of one design, for charts and pages.

use super::record::{ComponentKind, LayerOutcome, LayerResult, MappedLayer, NetworkResults};
use super::select::distinct_layers;
use crate::numbers::real;

/// The roofs of a design, and the distinct layers of all its runs. At 1 GHz.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roof<'a> {
    /// The outermost level.
    pub level: Option<&'a str>,
    /// Operations per nanosecond of all compute units; `None` if their number is not known.
    pub peak: Option<f64>,
    /// Bytes per nanosecond of the outermost level; `None` if not stated.
    pub bandwidth: Option<f64>,
    /// What can be placed.
    pub points: Vec<RoofPoint<'a>>,
}

/// One distinct layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoofPoint<'a> {
    /// Name of its network.
    pub network: &'a str,
    /// The first layer of its distinct problem.
    pub layer: &'a LayerResult,
    /// Its mapping and what that costs.
    pub mapped: &'a MappedLayer,
    /// Executions of all layers like it.
    pub times: u64,
    /// Operations per byte at the outermost level.
    pub intensity: f64,
}

impl<'a> Roof<'a> {
    /// Of runs on one design.
    pub fn new(runs: &[&'a NetworkResults]) -> Self {
        let mut roof = Self::default();
        for (run, layer, times) in
            runs.iter().flat_map(|run| distinct_layers(run).into_iter().map(move |(layer, times)| (*run, layer, times)))
        {
            let LayerOutcome::Mapped(mapped) = &layer.outcome else { continue };
            let units = mapped.components.iter().find(|component| component.kind == ComponentKind::Arithmetic);
            roof.peak = roof.peak.or(units.and_then(|units| units.instances).map(|instances| 2.0 * real(instances)));
            let outermost = mapped.components.iter().rfind(|component| component.kind == ComponentKind::Storage);
            let Some(outermost) = outermost else { continue };
            roof.level = roof.level.or(Some(&outermost.name));
            let bytes = outermost.word_bits.map_or(1.0, |bits| real(bits) / 8.0);
            roof.bandwidth = roof.bandwidth.or(outermost.bandwidth_words_per_cycle.map(|words| words * bytes));
            let is_place = |value: f64| value > 0.0 && value.is_finite();
            let intensity = outermost.operations_per_byte.filter(|value| is_place(*value));
            if let Some(intensity) = intensity.filter(|_| is_place(mapped.gflops)) {
                roof.points.push(RoofPoint { network: &run.network, layer, mapped, times, intensity });
            }
        }
        roof.peak = roof.peak.filter(|peak| *peak > 0.0);
        roof.bandwidth = roof.bandwidth.filter(|bandwidth| *bandwidth > 0.0 && bandwidth.is_finite());
        roof
    }

    /// Why a roof is missing.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.bandwidth.is_none() {
            let level = self.level.unwrap_or("the outermost level");
            notes.push(format!("No sloped roof: the architecture states no bandwidth of {level}."));
        }
        if self.peak.is_none() {
            notes.push("No flat roof: the number of compute units is not known.".to_owned());
        }
        notes
    }
}
