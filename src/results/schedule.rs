//! How the layers of a network share an accelerator: what their cycles and energies add up to.

use super::record::MappedLayer;
use crate::numbers::real;

/// A layer with a mapping, as a schedule sees it.
#[derive(Clone, Copy, Debug)]
pub struct LayerRun<'a> {
    /// Index of the layer in the network; its place in the [`crate::workload::NetworkGraph`].
    pub layer: usize,
    /// How often one run of the network executes it.
    pub executions: u64,
    /// What one execution costs when the layer has the accelerator for itself.
    pub mapped: &'a MappedLayer,
}

/// What one run of the network costs under a schedule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScheduledRun {
    /// Cycles from the first layer's first to the last layer's last, stalls included.
    pub cycles: u64,
    /// Energy of everything, in pJ.
    pub energy_pj: f64,
    /// Of that, each component's, by name in the order in which the layers name them, in pJ.
    pub component_pj: Vec<(String, f64)>,
}

/// Says how the figures of layers combine; everything that is derived from their sums ([`super::Totals`]) follows from that.
///
/// An implementation decides what overlaps and what is saved: layers in a pipeline run at the same time (cycles of a stage are
/// those of its slowest layer), fused layers hand their tensors on without main memory (that component's energy and cycles
/// shrink). It must
///
/// * depend on nothing but its own fields and the layers, which come in graph order, each once;
/// * count each layer as often as it is executed;
/// * give component energies that are parts of `energy_pj`;
/// * saturate instead of overflowing.
pub trait Schedule {
    /// The cost of one run of the network; zero for no layers.
    fn run(&self, layers: &[LayerRun]) -> ScheduledRun;
}

/// One layer after the other, each with the accelerator for itself: cycles and energies add.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sequential;

impl Schedule for Sequential {
    fn run(&self, layers: &[LayerRun]) -> ScheduledRun {
        let mut run = ScheduledRun::default();
        for LayerRun { executions, mapped, .. } in layers {
            let times = real(*executions);
            run.cycles = run.cycles.saturating_add(mapped.cycles.saturating_mul(*executions));
            run.energy_pj += mapped.energy_pj * times;
            for component in &mapped.components {
                let energy_pj = component.energy_pj * times;
                match run.component_pj.iter_mut().find(|(name, _)| *name == component.name) {
                    Some((_, sum)) => *sum += energy_pj,
                    None => run.component_pj.push((component.name.clone(), energy_pj)),
                }
            }
        }
        run
    }
}
