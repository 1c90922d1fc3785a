//! Every mapping of a mapspace, without any bound and without the search's own lists.

use std::collections::HashSet;

use super::super::evaluate::Evaluator;
use super::super::objective::{Figures, Objective};
use crate::mapper::job::JobModel;
use crate::mapper::objective::Rank;
use crate::mapper::{Job, Metric};
use crate::mapping::{Axis, LevelMapping, Loop, Mapping, SpatialLoop};
use crate::mapspace::{FactorLimits, Mapspace};
use crate::numbers::real;

/// Which factors mappings have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Division {
    /// Those that divide.
    Perfect,
    /// Those of `uber`, where fixed factors may not divide: the others divide the quotient, rounded up.
    FixedFirst,
    /// Any: those of `ruby`.
    Any,
}

/// All mappings of a mapspace; `None` if there are more than `limit` to be looked at.
pub(super) fn mappings(job: Job, space: &Mapspace, limit: usize) -> Option<Vec<Mapping>> {
    let all = mappings_with(job, space, Division::Perfect, limit)?;
    Some(all.into_iter().filter(|mapping| space.contains(mapping)).collect())
}

/// All mappings with such factors that the constraints admit; `None` if there are more than `limit` to be looked at.
pub(super) fn imperfect_mappings(job: Job, space: &Mapspace, division: Division, limit: usize) -> Option<Vec<Mapping>> {
    let all = mappings_with(job, space, division, limit)?;
    Some(all.into_iter().filter(|mapping| job.admits(mapping).is_ok()).collect())
}

fn mappings_with(job: Job, space: &Mapspace, division: Division, limit: usize) -> Option<Vec<Mapping>> {
    let levels = job.architecture.levels().len();
    let bounds: Vec<u64> = job.problem.dimensions().iter().map(|(_, bound)| *bound).collect();
    let blank = Mapping { levels: vec![LevelMapping::default(); levels] };
    let mut tilings = vec![blank];
    for (dimension, bound) in bounds.iter().enumerate() {
        let mut next = Vec::new();
        for tiling in &tilings {
            match division {
                Division::Perfect => factors(job, dimension, *bound, 0, tiling.clone(), &mut next),
                _ => imperfect_factors(job, dimension, division, tiling, &mut next),
            }
            if next.len() > limit {
                return None;
            }
        }
        tilings = next;
    }
    let spaces = job.problem.data_spaces().len();
    let mut all = Vec::new();
    for tiling in tilings {
        let mut orders = vec![tiling];
        for level in 0..levels {
            let mut next = Vec::new();
            for mapping in &orders {
                for temporal in permutations(&mapping.levels[level].temporal) {
                    for spatial in permutations(&mapping.levels[level].spatial) {
                        for split in 0..=spatial.len() {
                            let mut mapping = mapping.clone();
                            mapping.levels[level].temporal.clone_from(&temporal);
                            mapping.levels[level].spatial = spatial
                                .iter()
                                .enumerate()
                                .map(|(position, spatial_loop)| SpatialLoop {
                                    axis: if position < split { Axis::X } else { Axis::Y },
                                    ..*spatial_loop
                                })
                                .collect();
                            if space.allows_level(&mapping, level) {
                                next.push(mapping);
                            }
                        }
                    }
                }
            }
            orders = next;
            if all.len() + orders.len() > limit {
                return None;
            }
        }
        for level in 0..levels {
            let stated = &job.constraints.levels[level];
            let mut next = Vec::new();
            for mapping in &orders {
                for keep in 0..1usize << spaces {
                    let keep = (0..spaces).filter(|space| keep >> space & 1 == 1).collect();
                    let mut mapping = mapping.clone();
                    mapping.levels[level].policy = stated.policy.with_keep(keep);
                    if space.allows_kept(&mapping, level) {
                        next.push(mapping);
                    }
                }
            }
            orders = next;
            if all.len() + orders.len() > limit {
                return None;
            }
        }
        all.extend(orders);
    }
    let distinct: HashSet<&Mapping> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
    Some(all)
}

/// All factorisations of one dimension over the levels from `level` on.
fn factors(job: Job, dimension: usize, rest: u64, level: usize, mapping: Mapping, found: &mut Vec<Mapping>) {
    if level == mapping.levels.len() {
        if rest == 1 {
            found.push(mapping);
        }
        return;
    }
    let stated = &job.constraints.levels[level];
    let bound = job.problem.dimensions()[dimension].1;
    let allowed = |limits: crate::mapspace::FactorLimits, factor: u64| {
        limits.exact.filter(|exact| *exact <= bound).is_none_or(|exact| exact == factor)
            && (limits.exact.is_some_and(|exact| exact <= bound)
                || (limits.at_most.is_none_or(|most| factor <= most)
                    && limits.at_least.is_none_or(|least| factor >= least)))
    };
    let has_fan_out = job.architecture.fan_out(level).product() > 1;
    for spatial in (1..=rest).filter(|factor| rest.is_multiple_of(*factor)) {
        if (spatial > 1 && !has_fan_out) || (has_fan_out && !allowed(stated.spatial.loops.factors[dimension], spatial))
        {
            continue;
        }
        for temporal in (1..=rest / spatial).filter(|factor| (rest / spatial).is_multiple_of(*factor)) {
            if !allowed(stated.temporal.factors[dimension], temporal) {
                continue;
            }
            let mut mapping = mapping.clone();
            if spatial > 1 {
                let iteration = Loop::perfect(dimension, spatial);
                mapping.levels[level].spatial.push(SpatialLoop { iteration, axis: Axis::X });
            }
            if temporal > 1 {
                mapping.levels[level].temporal.push(Loop::perfect(dimension, temporal));
            }
            factors(job, dimension, rest / spatial / temporal, level + 1, mapping, found);
        }
    }
}

/// Adds every way to factorise one dimension to a mapping, with residuals (docs/search.md section 1.1).
fn imperfect_factors(job: Job, dimension: usize, division: Division, mapping: &Mapping, found: &mut Vec<Mapping>) {
    let bound = job.problem.dimensions()[dimension].1;
    let fixed = |limits: FactorLimits| limits.exact.filter(|exact| *exact <= bound);
    let mut slots = Vec::new();
    for (level, stated) in job.constraints.levels.iter().enumerate() {
        if job.architecture.fan_out(level).product() > 1 {
            slots.push((level, true, stated.spatial.loops.factors[dimension]));
        }
        slots.push((level, false, stated.temporal.factors[dimension]));
    }
    let shared = slots.iter().filter_map(|(.., limits)| fixed(*limits)).fold(bound, u64::div_ceil);
    // Factors so far, and what is left: of the shared quotient, or of the iterations.
    let mut lists = vec![(Vec::new(), if division == Division::FixedFirst { shared } else { bound })];
    for (index, (.., limits)) in slots.iter().enumerate() {
        let mut next = Vec::new();
        for (list, rest) in lists {
            let choices: Vec<(u64, u64)> = match (fixed(*limits), division) {
                (Some(exact), Division::FixedFirst) => vec![(exact, rest)],
                (Some(exact), _) => vec![(exact, rest.div_ceil(exact.min(rest)))],
                (None, Division::Any) if index + 1 == slots.len() => vec![(rest, 1)],
                (None, Division::Any) => (1..=rest).map(|factor| (factor, rest.div_ceil(factor))).collect(),
                (None, _) => (1..=rest).filter(|part| rest % part == 0).map(|part| (part, rest / part)).collect(),
            };
            let is_allowed = |factor: u64| {
                fixed(*limits).is_some()
                    || (limits.at_most.is_none_or(|limit| factor <= limit)
                        && limits.at_least.is_none_or(|limit| factor >= limit))
            };
            for (factor, rest) in choices.into_iter().filter(|(factor, _)| is_allowed(*factor)) {
                next.push(([list.as_slice(), &[factor]].concat(), rest));
            }
        }
        lists = next;
    }
    let mut seen = HashSet::new();
    for (list, _) in lists.into_iter().filter(|(_, rest)| *rest == 1) {
        let (mut mapping, mut rest) = (mapping.clone(), bound);
        for (factor, (level, is_spatial, _)) in list.iter().zip(&slots) {
            let n = rest.min(*factor);
            let residual = if rest % n == 0 { n } else { rest % n };
            rest = rest.div_ceil(n);
            let iteration = Loop { dimension, bound: n, residual };
            if n > 1 && *is_spatial {
                mapping.levels[*level].spatial.push(SpatialLoop { iteration, axis: Axis::X });
            } else if n > 1 {
                mapping.levels[*level].temporal.push(iteration);
            }
        }
        if rest == 1 && seen.insert(mapping.clone()) {
            found.push(mapping);
        }
    }
}

fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for first in 0..items.len() {
        let rest: Vec<T> = items[..first].iter().chain(&items[first + 1..]).cloned().collect();
        for rest in permutations(&rest) {
            all.push(std::iter::once(items[first].clone()).chain(rest).collect());
        }
    }
    all
}

/// Figures of all valid mappings among `all`, as a search for `metric` needs them. Parallelism is the mapper's business.
pub(super) fn figures(job: Job, all: &[Mapping], metric: Metric) -> Vec<Figures> {
    let objective = Objective::single(metric);
    let mut evaluator = Evaluator::new(job, &objective);
    let is_parallel = |mapping: &&Mapping| {
        let mut share = 1.0;
        for (level, mapped) in mapping.levels.iter().enumerate() {
            let used: u64 = mapped.spatial.iter().map(|spatial| spatial.iteration.bound).product();
            share *= used as f64 / job.architecture.fan_out(level).product() as f64;
        }
        share >= job.constraints.min_parallelism
    };
    all.iter().filter(is_parallel).filter_map(|mapping| evaluator.mapping(mapping)).collect()
}

/// The best rank by a metric.
pub(super) fn best(figures: &[Figures], metric: Metric) -> Option<Rank> {
    let ranks = figures.iter().map(|figures| metric.rank(figures));
    ranks.reduce(|best, rank| if rank.is_before(&best, metric.noise()) { rank } else { best })
}

/// The figures by the full model.
pub(super) fn full(job: Job, mapping: &Mapping) -> Option<Figures> {
    let evaluation = JobModel::new(job).valid(mapping)?;
    let accesses = evaluation.levels.iter().map(|level| real(level.accesses())).collect();
    Some(Figures { cost: evaluation.cost(), accesses })
}
