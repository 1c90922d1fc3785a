//! Exact evaluation of complete mappings.

use super::objective::{Figures, Objective};
use crate::mapper::{Job, Metric};
use crate::mapping::{LevelMapping, LevelPolicy, Loop, Mapping, SpatialLoop};
use crate::model::{CompactMapping, Cost, Evaluation, FastModel, Model, Scratch};
use crate::numbers::real;

/// Evaluates mappings, by the fast path where it covers the job.
#[derive(Debug)]
pub(super) struct Evaluator<'a> {
    fast: Option<FastModel>,
    full: Model<'a>,
    scratch: Scratch,
    compact: CompactMapping,
    /// The level whose accesses count, if any.
    level: Option<usize>,
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
        let all = std::iter::once(objective.metric).chain(objective.limits.iter().map(|limit| limit.0));
        let mut counted =
            all.filter_map(|metric| if let Metric::Accesses(level) = metric { Some(level) } else { None });
        Self {
            fast: FastModel::new(job.architecture, job.problem),
            full: Model::new(job.architecture, job.problem),
            scratch: Scratch::default(),
            compact: CompactMapping::default(),
            level: counted.next_back(),
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
        let accesses = self.level.map_or(0.0, |level| real(model.accesses(level, &self.scratch)));
        Some(Figures { cost, accesses })
    }

    /// The figures of any mapping.
    pub(super) fn mapping(&mut self, mapping: &Mapping) -> Option<Figures> {
        let (Some(model), Some(compact)) = (&self.fast, CompactMapping::of(mapping)) else { return self.slow(mapping) };
        let cost = model.cost(&compact, &mut self.scratch)?;
        let accesses = self.level.map_or(0.0, |level| real(model.accesses(level, &self.scratch)));
        Some(Figures { cost, accesses })
    }

    fn slow(&self, mapping: &Mapping) -> Option<Figures> {
        let Evaluation { energy_pj, cycles, levels, .. } = self.full.evaluate(mapping).ok()?;
        let accesses = self.level.map_or(0, |level| levels[level].accesses());
        Some(Figures { cost: Cost { energy_pj, cycles }, accesses: real(accesses) })
    }
}
