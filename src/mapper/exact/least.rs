//! Bounds of a whole job, and values of mappings that were found elsewhere.

use super::bound::{Bounds, PartialTiling};
use super::counted::Counted;
use super::evaluate::Evaluator;
use super::imperfect::relaxed::Relaxed;
use super::objective::Objective;
use super::prepared_job::PreparedJob;
use super::search::{Search, keep_choices};
use super::spatial::SpatialFactors;
use super::subspace::{Machine, Subspace};
use crate::mapper::{Budget, Job, Metric, NoProgress, StopReason, Template};
use crate::mapping::Mapping;
use crate::mapspace::{KeepChoice, Mapspace};
use crate::model::{Cost, SparseModel};
use crate::numbers::{real, truncated};

/// Of more subspaces only what holds for all of them is told.
const MOST_SUBSPACES: usize = 50_000;

/// Choices of what is kept that are looked at one by one; of more, each data space counts its own least.
const MOST_CHOICES: usize = 64;

/// Bounds computed of energy, and of cycles, where factors need not divide.
const IMPERFECT_BOUNDS: u64 = 2_000;

const NOTHING: Cost = Cost { energy_pj: 0.0, cycles: 0 };

/// The least energy and the least cycles over the bounds of all subspaces (docs/search.md section 5), or of all imperfect mappings where
/// factors need not divide (section 7.5). `None` if nothing is known.
pub(in crate::mapper) fn least_costs(job: Job, template: Template) -> Option<Cost> {
    let space = Mapspace::new(job.architecture, job.problem, job.constraints);
    let prepared = PreparedJob::new(job, &space, Objective::single(Metric::Edp));
    if job.sparse.is_some() && (template == Template::Ruby || !space.is_perfect()) {
        return Some(of_compute_units(&job));
    }
    if template == Template::Ruby || !space.is_perfect() {
        let mut relaxed = Relaxed::new(&prepared)?;
        let mut least = |metric| relaxed.least(metric, f64::INFINITY, IMPERFECT_BOUNDS, &|| false);
        let (energy_pj, cycles) = (least(Metric::Energy), least(Metric::Delay));
        // Infinite where nothing is valid, which only the search says well.
        let is_known = energy_pj.is_finite() && cycles.is_finite();
        return Some(if is_known { Cost { energy_pj, cycles: truncated(cycles) } } else { NOTHING });
    }
    let least = Search::new(&prepared, Budget::default(), &NoProgress).least_costs();
    // Without any subspace nothing is valid, which only the search says well.
    Some(least.unwrap_or_else(|| of_compute_units(&job)))
}

/// Operations alone, with every compute unit at work.
fn of_compute_units(job: &Job) -> Cost {
    let units = job.architecture.arithmetic();
    let macs = real(job.problem.macs());
    let computes = job.sparse.map(SparseModel::least_computes);
    let (energy_pj, busy) = computes.map_or((units.energy.pj, 1.0), |computes| (computes.energy_pj, computes.cycles));
    Cost { energy_pj: macs * energy_pj, cycles: truncated(macs * busy / real(units.instances.max(1))) }
}

/// The least value of the mappings that the job admits and the model accepts.
pub(in crate::mapper) fn admitted_value<'m>(
    job: Job,
    metric: Metric,
    mappings: impl IntoIterator<Item = &'m Mapping>,
) -> Option<f64> {
    let objective = Objective::single(metric);
    let mut evaluator = Evaluator::new(job, &objective);
    let levels = job.architecture.levels().len();
    let value = |mapping: &Mapping| {
        if mapping.levels.len() != levels || job.admits(mapping).is_err() {
            return None;
        }
        let figures = evaluator.mapping(mapping)?;
        Some(objective.rank(&figures).value)
    };
    let values = mappings.into_iter().filter_map(value);
    values.filter(|value| value.is_finite()).min_by(f64::total_cmp)
}

impl Search<'_> {
    /// The least energy and cycles over the bounds of the subspaces; `None` if there are too many of them, or none.
    fn least_costs(&mut self) -> Option<Cost> {
        if self.prepared.space.factors.iter().any(|factors| factors.count() == 0) {
            return None;
        }
        let choices = keep_choices(self.prepared.space)?;
        let combinations = choices.iter().fold(1, |count, choices| choices.len().saturating_mul(count));
        let codes = (combinations <= MOST_CHOICES).then(|| codes(&choices));
        let mut left = MOST_SUBSPACES;
        let mut least: Option<Cost> = None;
        self.visit_spatial_factors(&mut |search, factors| {
            let costs = match &codes {
                Some(codes) => search.costs_of_each(factors, codes),
                None => search.cost_of_all(factors, &choices).into_iter().collect(),
            };
            for next in costs {
                let known = least.get_or_insert(next);
                known.energy_pj = known.energy_pj.min(next.energy_pj);
                known.cycles = known.cycles.min(next.cycles);
            }
            left = left.saturating_sub(codes.as_ref().map_or(1, Vec::len));
            if left == 0 {
                search.stop = Some(StopReason::OwnLimit);
            }
        });
        least.filter(|_| self.stop.is_none())
    }

    /// Bounds of every choice of what is kept, for some spatial factors, where the smallest tiles fit.
    fn costs_of_each(&self, factors: &SpatialFactors, codes: &[u64]) -> Vec<Cost> {
        let prepared = self.prepared;
        let mut root = vec![PartialTiling::default()];
        let mut cost = |code: &u64| {
            let keep = prepared.space.kept_by(*code);
            if !self.smallest_tiles_fit(factors, &keep) {
                return None;
            }
            let subspace = Subspace::new(prepared, factors, keep)?;
            let bounds = Bounds { prepared, subspace: &subspace, spatial: &factors.spatial };
            bounds.root(&factors.rest, &mut root[0]);
            let counted = bounds.partial(0, &root);
            Some(subspace.machine.lower_bounds(prepared, counted, subspace.min_cycles).cost)
        };
        codes.iter().filter_map(&mut cost).collect()
    }

    /// A bound of all choices of what is kept, for some spatial factors.
    fn cost_of_all(&self, factors: &SpatialFactors, choices: &[Vec<KeepChoice>]) -> Option<Cost> {
        let prepared = self.prepared;
        let machine = Machine::new(prepared, factors);
        let mut counted = Machine::constant(prepared);
        for (space, choices) in choices.iter().enumerate() {
            let bounds =
                choices.iter().map(|choice| machine.part(prepared, factors, space, &choice.levels).bound(prepared));
            counted += bounds.reduce(Counted::min)?;
        }
        Some(machine.lower_bounds(prepared, counted, machine.cycles).cost)
    }
}

/// The codes of all combinations of the choices of the data spaces.
fn codes(choices: &[Vec<KeepChoice>]) -> Vec<u64> {
    choices.iter().fold(vec![0], |codes, choices| {
        codes.iter().flat_map(|code| choices.iter().map(move |choice| code + choice.code)).collect()
    })
}
