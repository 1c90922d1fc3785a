//! Exact evaluation of complete mappings.

use super::objective::{Figures, Objective};
use crate::mapper::Job;
use crate::mapper::job::JobModel;
use crate::mapping::{LevelMapping, LevelPolicy, Loop, Mapping, SpatialLoop};
use crate::model::{CompactMapping, FastModel, Scratch};
use crate::numbers::real;

/// Evaluates mappings, by the fast path where it covers the job.
#[derive(Debug)]
pub(super) struct Evaluator<'a> {
    fast: Option<FastModel>,
    full: JobModel<'a>,
    scratch: Scratch,
    compact: CompactMapping,
    levels: usize,
    /// Whether some metric counts accesses.
    counts_accesses: bool,
}

/// A complete mapping in parts: per level, spatial loops, temporal loops as (dimension, factor), policy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    pub(super) spatial: &'a [Vec<SpatialLoop>],
    pub(super) temporal: &'a [Vec<(usize, u64)>],
    pub(super) policies: &'a [LevelPolicy],
}

impl Parts<'_> {
    pub(super) fn mapping(&self) -> Mapping {
        let level = |level: usize| {
            let temporal = self.temporal[level].iter().filter(|iteration| iteration.1 > 1);
            LevelMapping {
                temporal: temporal.map(|&(dimension, factor)| Loop::perfect(dimension, factor)).collect(),
                spatial: self.spatial[level].clone(),
                policy: self.policies[level],
            }
        };
        Mapping { levels: (0..self.policies.len()).map(level).collect() }
    }
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(job: Job<'a>, objective: &Objective) -> Self {
        Self {
            fast: JobModel::fast(job),
            full: JobModel::new(job),
            scratch: Scratch::default(),
            compact: CompactMapping::default(),
            levels: job.architecture.levels().len(),
            counts_accesses: objective.counted_level().is_some(),
        }
    }

    /// Whether the fast path covers the job.
    pub(super) fn is_fast(&self) -> bool {
        self.fast.is_some()
    }

    /// The figures of a mapping; `None` if it is rejected.
    pub(super) fn parts(&mut self, parts: Parts) -> Option<Figures> {
        let Some(model) = &self.fast else { return self.slow(&parts.mapping()) };
        self.compact.clear();
        for ((spatial, temporal), policy) in parts.spatial.iter().zip(parts.temporal).zip(parts.policies) {
            for spatial_loop in spatial {
                self.compact.push_spatial(
                    spatial_loop.iteration.dimension,
                    spatial_loop.iteration.bound,
                    spatial_loop.axis,
                );
            }
            for &(dimension, factor) in temporal {
                self.compact.push_temporal(dimension, factor);
            }
            self.compact.finish_level(*policy);
        }
        let cost = model.cost(&self.compact, &mut self.scratch)?;
        Some(Figures { cost, accesses: self.accesses(model) })
    }

    /// The figures of a mapping that is written in the form that the model at hand reads.
    pub(super) fn point(
        &mut self,
        write: impl FnOnce(&mut CompactMapping),
        mapping: impl FnOnce() -> Mapping,
    ) -> Option<Figures> {
        let Some(model) = &self.fast else { return self.slow(&mapping()) };
        write(&mut self.compact);
        let cost = model.cost(&self.compact, &mut self.scratch)?;
        Some(Figures { cost, accesses: self.accesses(model) })
    }

    /// The figures of any mapping.
    pub(super) fn mapping(&mut self, mapping: &Mapping) -> Option<Figures> {
        let (Some(model), Some(compact)) = (&self.fast, CompactMapping::of(mapping)) else { return self.slow(mapping) };
        let cost = model.cost(&compact, &mut self.scratch)?;
        Some(Figures { cost, accesses: self.accesses(model) })
    }

    /// Accesses of all levels by the mapping that was evaluated last, if some metric counts them.
    fn accesses(&self, model: &FastModel) -> Vec<f64> {
        let levels = if self.counts_accesses { self.levels } else { 0 };
        (0..levels).map(|level| real(model.accesses(level, &self.scratch))).collect()
    }

    fn slow(&self, mapping: &Mapping) -> Option<Figures> {
        let evaluation = self.full.valid(mapping)?;
        let levels = evaluation.levels.iter().filter(|_| self.counts_accesses);
        let accesses = levels.map(|level| real(level.accesses())).collect();
        Some(Figures { cost: evaluation.cost(), accesses })
    }
}
