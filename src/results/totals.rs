//! Sums over the layers of a network.

use super::record::{LayerOutcome, LayerResult, MappedLayer, Totals};
use crate::model::Cost;
use crate::numbers::real;

impl Totals {
    /// Sums over the layers that have a mapping, each times its executions. The layers run one after the other: cycles add,
    /// and throughput and utilization are means over the cycles.
    pub fn of(layers: &[LayerResult]) -> Self {
        let mut totals = Self::default();
        let (mut operations, mut used_cycles) = (0.0, 0.0);
        let mut component_pj: Vec<(&str, f64)> = Vec::new();
        for layer in layers {
            let LayerOutcome::Mapped(mapped) = &layer.outcome else {
                totals.failed += 1;
                continue;
            };
            let MappedLayer { cycles, energy_pj, utilization, gflops, area_um2, components, .. } = &**mapped;
            let times = real(layer.executions);
            totals.macs = totals.macs.saturating_add(layer.macs.unwrap_or(0).saturating_mul(layer.executions));
            totals.cycles = totals.cycles.saturating_add(cycles.saturating_mul(layer.executions));
            totals.energy_pj += energy_pj * times;
            operations += gflops * real(*cycles) * times;
            used_cycles += utilization * real(*cycles) * times;
            totals.area_um2 = totals.area_um2.or(*area_um2);
            for component in components {
                match component_pj.iter_mut().find(|(name, _)| *name == component.name) {
                    Some((_, sum)) => *sum += component.energy_pj * times,
                    None => component_pj.push((&component.name, component.energy_pj * times)),
                }
            }
        }
        if totals.cycles > 0 {
            totals.gflops = operations / real(totals.cycles);
            totals.utilization = used_cycles / real(totals.cycles);
            totals.edp_j_cycle = Cost { energy_pj: totals.energy_pj, cycles: totals.cycles }.edp();
        }
        if totals.macs > 0 {
            let per_compute = |(name, pj): (&str, f64)| (name.to_owned(), pj * 1000.0 / real(totals.macs));
            totals.fj_per_compute = component_pj.into_iter().map(per_compute).collect();
        }
        totals
    }
}
