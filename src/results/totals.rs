//! Sums over the layers of a network.

use super::record::{ComponentKind, DataSpaceResult, LayerOutcome, LayerResult, MappedLayer, Sums, Totals};
use super::schedule::{LayerRun, Schedule, ScheduledRun, Sequential};
use crate::model::Cost;
use crate::numbers::real;

impl Totals {
    /// Of layers that run one after the other, each as often as it is executed. `cycle_seconds` is the time of a cycle, if the
    /// description states it.
    pub fn of(layers: &[LayerResult], cycle_seconds: Option<f64>) -> Self {
        Self::scheduled(&Sequential, layers, cycle_seconds)
    }

    /// Of layers under a schedule. Without sums if a layer has no mapping, or if there are no layers.
    pub fn scheduled(schedule: &impl Schedule, layers: &[LayerResult], cycle_seconds: Option<f64>) -> Self {
        let mut mapped: Vec<(&LayerResult, &MappedLayer)> = Vec::with_capacity(layers.len());
        for layer in layers {
            if let LayerOutcome::Mapped(outcome) = &layer.outcome {
                mapped.push((layer, outcome));
            }
        }
        let failed = layers.len() - mapped.len();
        let reason = match (failed, layers.len()) {
            (_, 0) => Some("the network has no layers".to_owned()),
            (0, _) => None,
            (1, all) => Some(format!("1 of {all} layers has no mapping: sums over the others are not the network's")),
            (_, all) => {
                Some(format!("{failed} of {all} layers have no mapping: sums over the others are not the network's"))
            }
        };
        let sums = reason.is_none().then(|| Sums::of(schedule, &mapped, cycle_seconds));
        let area_um2 = mapped.iter().find_map(|(_, mapped)| mapped.area_um2);
        Self { failed, reason, area_um2, sums }
    }

    /// Sums that say something: those of a network that takes time.
    pub fn known(&self) -> Option<&Sums> {
        self.sums.as_ref().filter(|sums| sums.cycles > 0)
    }
}

impl Sums {
    /// Throughput and utilization are means over the cycles: a layer does the same work whenever it runs.
    fn of(schedule: &impl Schedule, layers: &[(&LayerResult, &MappedLayer)], cycle_seconds: Option<f64>) -> Self {
        let mut sums = Self::default();
        let (mut operations, mut used_cycles, mut bytes) = (0.0, 0.0, Some(0.0));
        let mut runs = Vec::with_capacity(layers.len());
        for &(layer, mapped) in layers {
            let MappedLayer { cycles, utilization, gflops, .. } = mapped;
            let times = real(layer.executions);
            sums.macs = sums.macs.saturating_add(layer.macs.unwrap_or(0).saturating_mul(layer.executions));
            operations += gflops * real(*cycles) * times;
            used_cycles += utilization * real(*cycles) * times;
            if let Some(sparse) = &mapped.sparse {
                sums.sparse.get_or_insert_default().add(sparse, layer.executions);
            }
            bytes = bytes.zip(main_memory_bytes(mapped)).map(|(sum, bytes)| sum + bytes * times);
            runs.push(LayerRun { layer: layer.index, executions: layer.executions, mapped });
        }
        let ScheduledRun { cycles, energy_pj, component_pj } = schedule.run(&runs);
        (sums.cycles, sums.energy_pj) = (cycles, energy_pj);
        if sums.macs > 0 {
            let per_compute = |(name, pj): (String, f64)| (name, pj * 1000.0 / real(sums.macs));
            sums.fj_per_compute = component_pj.into_iter().map(per_compute).collect();
        }
        if cycles > 0 {
            sums.gflops = operations / real(cycles);
            sums.utilization = used_cycles / real(cycles);
            sums.edp_j_cycle = Cost { energy_pj, cycles }.edp();
            let known = |value: f64| Some(value).filter(|value| value.is_finite() && *value > 0.0);
            sums.tops_per_watt = known(operations / energy_pj);
            sums.time_seconds = cycle_seconds.and_then(|seconds| known(seconds * real(cycles)));
            sums.frames_per_second = sums.time_seconds.and_then(|seconds| known(1.0 / seconds));
            let rate = bytes.zip(sums.time_seconds).map(|(bytes, seconds)| bytes / seconds * 1e-9);
            sums.main_memory_gb_per_second = rate.filter(|rate| rate.is_finite());
        }
        sums
    }
}

/// Bytes that the outermost level reads and takes for one execution of a layer; `None` if the record does not tell.
fn main_memory_bytes(mapped: &MappedLayer) -> Option<f64> {
    let outermost = mapped.components.iter().rfind(|component| component.kind == ComponentKind::Storage)?;
    let word_bits = real(outermost.word_bits?);
    let bits = |space: &DataSpaceResult| match &space.sparse {
        Some(sparse) => real(sparse.actual.total()) * word_bits + real(sparse.metadata_bits),
        None => (real(space.reads) + real(space.fills) + real(space.updates)) * word_bits,
    };
    let is_known = !outermost.data_spaces.is_empty();
    is_known.then(|| outermost.data_spaces.iter().map(bits).sum::<f64>() / 8.0)
}
