//! Sums over the layers of a network.

use super::record::{ComponentKind, DataSpaceResult, LayerOutcome, LayerResult, MappedLayer, Totals};
use super::schedule::{LayerRun, Schedule, ScheduledRun, Sequential};
use crate::model::Cost;
use crate::numbers::real;

impl Totals {
    /// Sums over the layers that have a mapping, each times its executions, where the layers run one after the other.
    /// `cycle_seconds` is the time of a cycle, if the description states it.
    pub fn of(layers: &[LayerResult], cycle_seconds: Option<f64>) -> Self {
        Self::scheduled(&Sequential, layers, cycle_seconds)
    }

    /// Sums over the layers that have a mapping under a schedule. Rates are those of whole networks. Throughput and utilization are means over its cycles: a layer
    /// does the same work whenever it runs.
    pub fn scheduled(schedule: &impl Schedule, layers: &[LayerResult], cycle_seconds: Option<f64>) -> Self {
        let mut totals = Self::default();
        let (mut operations, mut used_cycles, mut bytes) = (0.0, 0.0, Some(0.0));
        let mut runs = Vec::with_capacity(layers.len());
        for layer in layers {
            let LayerOutcome::Mapped(mapped) = &layer.outcome else {
                totals.failed += 1;
                continue;
            };
            let MappedLayer { cycles, utilization, gflops, area_um2, .. } = &**mapped;
            let times = real(layer.executions);
            totals.macs = totals.macs.saturating_add(layer.macs.unwrap_or(0).saturating_mul(layer.executions));
            operations += gflops * real(*cycles) * times;
            used_cycles += utilization * real(*cycles) * times;
            bytes = bytes.zip(main_memory_bytes(mapped)).map(|(sum, bytes)| sum + bytes * times);
            totals.area_um2 = totals.area_um2.or(*area_um2);
            runs.push(LayerRun { layer: layer.index, executions: layer.executions, mapped });
        }
        let ScheduledRun { cycles, energy_pj, component_pj } = schedule.run(&runs);
        (totals.cycles, totals.energy_pj) = (cycles, energy_pj);
        if cycles > 0 {
            totals.gflops = operations / real(cycles);
            totals.utilization = used_cycles / real(cycles);
            totals.edp_j_cycle = Cost { energy_pj, cycles }.edp();
        }
        if totals.macs > 0 {
            let per_compute = |(name, pj): (String, f64)| (name, pj * 1000.0 / real(totals.macs));
            totals.fj_per_compute = component_pj.into_iter().map(per_compute).collect();
        }
        if totals.failed == 0 && cycles > 0 {
            let known = |value: f64| Some(value).filter(|value| value.is_finite() && *value > 0.0);
            totals.tops_per_watt = known(operations / energy_pj);
            totals.time_seconds = cycle_seconds.and_then(|seconds| known(seconds * real(cycles)));
            totals.frames_per_second = totals.time_seconds.and_then(|seconds| known(1.0 / seconds));
            let rate = bytes.zip(totals.time_seconds).map(|(bytes, seconds)| bytes / seconds * 1e-9);
            totals.main_memory_gb_per_second = rate.filter(|rate| rate.is_finite());
        }
        totals
    }
}

/// Bytes that the outermost level reads and takes for one execution of a layer; `None` if the record does not tell.
fn main_memory_bytes(mapped: &MappedLayer) -> Option<f64> {
    let outermost = mapped.components.iter().rfind(|component| component.kind == ComponentKind::Storage)?;
    let moved = |space: &DataSpaceResult| real(space.reads) + real(space.fills) + real(space.updates);
    let words: f64 = outermost.data_spaces.iter().map(moved).sum();
    let is_known = !outermost.data_spaces.is_empty();
    is_known.then_some(words * real(outermost.word_bits?) / 8.0)
}
