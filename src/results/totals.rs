//! Sums over the layers of a network.

use super::record::{LayerOutcome, LayerResult, MappedLayer, Totals};
use super::schedule::{LayerRun, Schedule, ScheduledRun, Sequential};
use crate::model::Cost;
use crate::numbers::real;

impl Totals {
    /// Sums over the layers that have a mapping, each times its executions, where the layers run one after the other.
    pub fn of(layers: &[LayerResult]) -> Self {
        Self::scheduled(&Sequential, layers)
    }

    /// Sums over the layers that have a mapping under a schedule. Throughput and utilization are means over its cycles: a layer
    /// does the same work whenever it runs.
    pub fn scheduled(schedule: &impl Schedule, layers: &[LayerResult]) -> Self {
        let mut totals = Self::default();
        let (mut operations, mut used_cycles) = (0.0, 0.0);
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
        totals
    }
}
