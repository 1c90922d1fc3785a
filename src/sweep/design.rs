//! One design: its jobs, their bounds, and the sums over the layers.

use std::sync::Arc;

use indexmap::IndexMap;

use super::known::Told;
use crate::mapper::{Mapper, Template};
use crate::model::Footprint;
use crate::numbers::real;
use crate::report::phrases::listed;
use crate::results::sweep::{DesignCost, DesignNetwork, SearchedDesign};
use crate::results::{LayerOutcome, LayerRun, NetworkResults, ProofSummary, Schedule, Sequential};
use crate::run::{Done, NamedArchitecture, NetworkProblems, Plan, PlannedJob, network_results};

/// Where designs come from: from their numbers.
pub trait DesignSource: Sync {
    /// The architecture of a design with the energies of its components.
    ///
    /// # Errors
    ///
    /// Why it is not valid.
    fn design(&self, number: usize) -> Result<NamedDesign, String>;
}

/// A valid design.
#[derive(Clone, Debug)]
pub struct NamedDesign {
    /// Its description with the values set.
    pub named: NamedArchitecture,
    /// Area of everything, in square micrometres, if every part states one.
    pub area_um2: Option<f64>,
}

/// The jobs of a design.
pub(super) struct DesignJobs {
    pub(super) plan: Plan,
    area_um2: Option<f64>,
}

impl DesignJobs {
    /// Fits a design to every problem.
    ///
    /// # Errors
    ///
    /// Why it cannot run a layer at all.
    pub(super) fn new(
        design: NamedDesign,
        networks: &[NetworkProblems],
        mapper: &Arc<dyn Mapper>,
    ) -> Result<Self, String> {
        let told: Arc<dyn Mapper> = Arc::new(Told(Arc::clone(mapper)));
        let mappers = [vec![told]];
        let plan = Plan::new(networks, &[design.named], &mappers, Footprint::default());
        for run in &plan.runs {
            let network = &plan.networks[run.network];
            let mut refused = run
                .jobs
                .iter()
                .zip(&network.problems)
                .filter_map(|(job, problem)| Some((job.as_ref().err()?, problem)));
            if let Some((error, problem)) = refused.next() {
                return Err(format!("{}/{}: {error}", network.network.name, problem.id));
            }
        }
        Ok(Self { plan, area_um2: design.area_um2 })
    }

    /// What all networks cost at least, by mappings of such a mapspace.
    pub(super) fn bounds(&self, template: Template) -> DesignCost {
        let mut sum = DesignCost { energy_pj: 0.0, cycles: 0, area_um2: self.area_um2 };
        let bound = |job: &PlannedJob| {
            let sparse = job.fitted.sparse_model();
            job.fitted.job(sparse.as_ref()).lower_bounds(template)
        };
        let bounds: Vec<_> = self.plan.jobs.iter().map(bound).collect();
        for run in &self.plan.runs {
            let network = &self.plan.networks[run.network];
            for (job, distinct) in run.jobs.iter().zip(&network.problems) {
                let Some(bound) = job.as_ref().ok().and_then(|job| bounds.get(*job)) else { continue };
                for layer in &distinct.layers {
                    let times = network.network.layers[*layer].executions;
                    sum.energy_pj += bound.energy_pj * real(times);
                    sum.cycles = sum.cycles.saturating_add(bound.cycles.saturating_mul(times));
                }
            }
        }
        sum
    }

    /// The sums over the layers; `done` are the jobs of the plan.
    ///
    /// # Errors
    ///
    /// Which layers have no mapping, and why.
    pub(super) fn summed(&self, done: &[Option<Done>]) -> Result<SearchedDesign, String> {
        let mut cost = DesignCost { energy_pj: 0.0, cycles: 0, area_um2: self.area_um2 };
        let mut networks = Vec::with_capacity(self.plan.runs.len());
        for run in &self.plan.runs {
            let network = summed(&network_results(&self.plan, run, done))?;
            cost.energy_pj += network.energy_pj;
            cost.cycles = cost.cycles.saturating_add(network.cycles);
            networks.push(network);
        }
        Ok(SearchedDesign { cost, networks })
    }
}

/// The row of a network, or why it has none.
fn summed(results: &NetworkResults) -> Result<DesignNetwork, String> {
    let Some(sums) = &results.totals.sums else { return Err(failures(results)) };
    let proof = ProofSummary::of(results);
    let runs: Vec<LayerRun> = results
        .layers
        .iter()
        .filter_map(|layer| match &layer.outcome {
            LayerOutcome::Mapped(mapped) => Some(LayerRun { layer: layer.index, executions: layer.executions, mapped }),
            LayerOutcome::Failed { .. } => None,
        })
        .collect();
    let components_pj: IndexMap<String, f64> = Sequential.run(&runs).component_pj.into_iter().collect();
    Ok(DesignNetwork {
        network: results.network.clone(),
        energy_pj: sums.energy_pj,
        cycles: sums.cycles,
        edp_j_cycle: sums.edp_j_cycle,
        utilization: sums.utilization,
        layers: results.layers.len(),
        proved: proof.proved,
        gap: proof.gap,
        components_pj,
    })
}

/// Layers without a mapping, with the reason of the first.
fn failures(results: &NetworkResults) -> String {
    let mut reason = None;
    let mut names = Vec::new();
    for layer in &results.layers {
        if let LayerOutcome::Failed { reason: own } = &layer.outcome {
            reason.get_or_insert(own.as_str());
            names.push(format!("{}/{}", results.network, layer.name));
        }
    }
    match reason {
        Some(reason) => format!("no mapping of {}: {reason}", listed(&names)),
        None => format!("{}: {}", results.network, results.totals.reason.as_deref().unwrap_or("it has no layers")),
    }
}
