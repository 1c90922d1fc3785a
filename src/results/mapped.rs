//! From the model's evaluation of a mapping to its record.

use super::area;
use super::record::{
    ComponentKind, ComponentResult, DataSpaceResult, LimitResult, LoopResult, MappedLayer, MappingLevel,
    OptimalityResult, ProofResult, ProofStepResult,
};
use super::zeros::{SparseResult, SparseSpaceResult};
use crate::architecture::{Architecture, Level, Mesh};
use crate::mapper::{Effort, Outcome, Proof, ProofStep, Status, StopReason};
use crate::mapping::{Axis, Loop, Mapping};
use crate::model::{DataSpaceUse, Evaluation};
use crate::model::{Limit, limits, roofline};
use crate::numbers::real;
use crate::workload::{DataSpace, Problem};

impl MappedLayer {
    /// The record of a mapping and its evaluation, with what the search said of it.
    pub fn new(
        architecture: &Architecture,
        problem: &Problem,
        mapping: &Mapping,
        evaluation: &Evaluation,
        outcome: &Outcome,
    ) -> Self {
        let Effort { mapspace, evaluations, .. } = &outcome.effort;
        Self {
            cycles: evaluation.cycles,
            energy_pj: evaluation.energy_pj,
            edp_j_cycle: evaluation.edp(),
            utilization: evaluation.utilization,
            gflops: real(evaluation.operations()) / real(evaluation.cycles),
            area_um2: area::known(architecture).map(|_| evaluation.area_um2),
            components: components(architecture, problem, evaluation),
            limited_by: limits(architecture, evaluation).into_iter().filter_map(limit).collect(),
            mapping: nest(architecture, problem, mapping),
            optimality: (&outcome.status).into(),
            mapspace: mapspace.iter().map(|(name, size)| (name.clone(), size.to_string())).collect(),
            evaluations: (*evaluations > 0).then_some(*evaluations),
            stop: (outcome.stop != StopReason::Unstated).then(|| outcome.stop.name().to_owned()),
            proof: outcome.proof.as_ref().map(|proof| ProofResult::new(proof, &outcome.effort)),
            sparse: evaluation.sparse.as_deref().map(SparseResult::new),
            computes: Some(evaluation.arithmetic.computes).filter(|computes| *computes != problem.macs()),
        }
    }
}

impl ProofResult {
    fn new(proof: &Proof, effort: &Effort) -> Self {
        Self {
            settings: proof.settings.clone(),
            steps: proof.steps.iter().map(Into::into).collect(),
            valid: effort.valid,
            cuts: effort.cuts.clone(),
        }
    }
}

impl From<&ProofStep> for ProofStepResult {
    fn from(step: &ProofStep) -> Self {
        Self { metric: step.metric.to_string(), value: step.value, lower_bound: step.lower_bound }
    }
}

impl From<&Status> for OptimalityResult {
    fn from(status: &Status) -> Self {
        match status {
            Status::Optimal => Self::Proved,
            Status::Gap(gap) => Self::Gap(*gap),
            Status::Unknown | Status::Infeasible(_) => Self::Unknown,
        }
    }
}

fn limit(limit: Limit) -> Option<LimitResult> {
    match limit {
        Limit::Compute => None,
        Limit::Bandwidth { level, bandwidth, wanted, available } => {
            Some(LimitResult { level, bandwidth: bandwidth.name().to_owned(), wanted, available })
        }
    }
}

fn components(architecture: &Architecture, problem: &Problem, evaluation: &Evaluation) -> Vec<ComponentResult> {
    let computes = real(evaluation.arithmetic.computes);
    let component = |name: String, kind, energy_pj: f64| ComponentResult {
        name,
        kind,
        energy_pj,
        leakage_pj: None,
        fj_per_compute: energy_pj * 1000.0 / computes,
        instances: None,
        utilized_instances: None,
        cycles: None,
        operations_per_byte: None,
        bandwidth_words_per_cycle: None,
        word_bits: None,
        data_spaces: Vec::new(),
    };
    let units = architecture.arithmetic();
    let mut all = vec![ComponentResult {
        instances: Some(units.instances),
        utilized_instances: Some(evaluation.arithmetic.utilized_instances),
        cycles: Some(evaluation.arithmetic.cycles),
        word_bits: Some(units.word_bits),
        ..component(units.name.clone(), ComponentKind::Arithmetic, evaluation.arithmetic.energy_pj)
    }];
    let roofs = roofline(architecture, evaluation).roofs;
    for (index, (level, used)) in architecture.levels().iter().zip(&evaluation.levels).enumerate() {
        let spaces = problem.data_spaces().iter().enumerate();
        let data_spaces: Vec<_> =
            spaces.filter_map(|(number, space)| data_space(evaluation, index, number, space)).collect();
        if data_spaces.is_empty() && used.energy_pj == 0.0 {
            // A dummy of a mesh.
            continue;
        }
        let roof = roofs.iter().find(|roof| roof.level == level.name);
        all.push(ComponentResult {
            leakage_pj: Some(used.leakage_pj),
            instances: Some(level.instances),
            utilized_instances: used.data_spaces.iter().flatten().map(|space| space.utilized_instances).max(),
            cycles: Some(used.cycles),
            operations_per_byte: roof.map(|roof| roof.intensity),
            bandwidth_words_per_cycle: bandwidth(level),
            word_bits: Some(level.word_bits),
            data_spaces,
            ..component(level.name.clone(), ComponentKind::Storage, used.energy_pj)
        });
    }
    let networks = evaluation.networks.iter().filter(|network| network.energy_pj != 0.0);
    all.extend(networks.map(|network| component(network.name.clone(), ComponentKind::Network, network.energy_pj)));
    all
}

/// Words per cycle that all instances can read, write or both: the smallest limit that is stated.
fn bandwidth(level: &Level) -> Option<f64> {
    let limits = [level.bandwidth.read, level.bandwidth.write, level.bandwidth.shared];
    limits.into_iter().flatten().reduce(f64::min).map(|words| words * real(level.instances))
}

fn data_space(evaluation: &Evaluation, level: usize, index: usize, space: &DataSpace) -> Option<DataSpaceResult> {
    let used_at = |level: usize| evaluation.levels[level].data_spaces[index].as_ref();
    let used = used_at(level)?;
    let sparse = evaluation.sparse.as_ref().and_then(|sparse| sparse.levels.get(level)?.get(index)?.as_ref());
    let all = |words: u64| words.saturating_mul(used.utilized_instances);
    let delivered = (0..level).rev().find_map(used_at).map_or(evaluation.arithmetic.computes, received);
    Some(DataSpaceResult {
        name: space.name.clone(),
        tile_words: used.tile,
        reads: all(used.accesses.reads),
        fills: all(used.accesses.fills),
        updates: all(used.accesses.updates),
        energy_pj: used.energy_pj,
        multicast: (!space.read_write && used.accesses.reads > 0)
            .then(|| real(delivered) / real(all(used.accesses.reads))),
        sparse: sparse.map(SparseSpaceResult::new),
    })
}

/// Words that all instances of a level receive from outside.
fn received(used: &DataSpaceUse) -> u64 {
    used.accesses.fills.saturating_mul(used.utilized_instances)
}

/// The loop nest, outermost level first; levels that neither keep nor loop are left out.
fn nest(architecture: &Architecture, problem: &Problem, mapping: &Mapping) -> Vec<MappingLevel> {
    let loop_result = |iteration: &Loop, axis: Option<Axis>| LoopResult {
        dimension: problem
            .dimensions()
            .get(iteration.dimension)
            .map(|(letter, _)| letter.to_string())
            .unwrap_or_default(),
        bound: iteration.bound,
        residual: iteration.residual,
        axis: axis.map(|axis| if axis == Axis::X { "X" } else { "Y" }.to_owned()),
    };
    let levels = architecture.levels().iter().zip(&mapping.levels).enumerate().rev();
    let levels = levels.map(|(index, (level, nest))| {
        let Mesh { x, y } = architecture.fan_out(index);
        let spaces = problem.data_spaces().iter().enumerate();
        let temporal = nest.temporal.iter().rev().map(|iteration| loop_result(iteration, None));
        let spatial = nest.spatial.iter().rev().map(|spatial| loop_result(&spatial.iteration, Some(spatial.axis)));
        MappingLevel {
            name: level.name.clone(),
            keeps: spaces
                .filter(|(index, _)| nest.policy.keep.contains(*index))
                .map(|(_, space)| space.name.clone())
                .collect(),
            mesh: (x.saturating_mul(y) > 1).then_some([x, y]),
            loops: temporal.chain(spatial).collect(),
        }
    });
    levels.filter(|level| !level.keeps.is_empty() || !level.loops.is_empty()).collect()
}
