//! Factors that do not divide: what the model counts, bounds, and results, against every mapping of small mapspaces.

use std::cmp::Ordering;

use super::super::computes::{DimensionCount, counted_share};
use super::super::evaluate::Evaluator;
use super::super::imperfect::relaxed::Relaxed;
use super::*;
use crate::mapping::Loop;
use crate::mapspace::Kind;
use crate::model::Model;
use brute::Division;

/// Iterations and residuals of each dimension, per tiling level.
fn parts(space: &Mapspace, mapping: &Mapping, dimension: usize) -> Vec<(u64, u64)> {
    let part = |loops: Vec<Loop>| {
        let found = loops.into_iter().find(|iteration| iteration.dimension == dimension);
        found.map_or((1, 1), |iteration| (iteration.bound, iteration.residual))
    };
    let tiling = space.tiling.iter().map(|tiling| {
        let level = &mapping.levels[tiling.level];
        match tiling.kind {
            Kind::Spatial => part(level.spatial.iter().map(|spatial| spatial.iteration).collect()),
            Kind::Temporal => part(level.temporal.clone()),
        }
    });
    tiling.collect()
}

/// Jobs with few imperfect mappings, and these; energies are mostly those of compute units.
fn jobs(first: u64, division: Division, limit: usize) -> impl Iterator<Item = (u64, jobs::Owned, Vec<Mapping>)> {
    (first..).filter_map(move |seed| {
        let kinds = Kinds { imperfect: true, dear_computes: seed % 2 == 0, ..Kinds::default() };
        let owned = random(seed, kinds);
        let job = owned.job();
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        let all = brute::imperfect_mappings(job, &space, division, limit)?;
        let is_imperfect = all.iter().any(|mapping| !mapping.is_perfect());
        is_imperfect.then_some((seed, owned, all))
    })
}

#[test]
fn operations_are_counted_as_the_model_counts_them() {
    let (mut less, mut more, mut equal) = (0, 0, 0);
    for (seed, owned, all) in jobs(70_000, Division::Any, 4_000).take(60) {
        let job = owned.job();
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        let model = Model::new(job.architecture, job.problem);
        let dimensions = 0..job.problem.dimensions().len();
        let units = job.architecture.arithmetic().instances;
        let share = counted_share(job.problem.dimensions().iter().map(|dimension| dimension.1), units);
        for mapping in all.iter().step_by(all.len().div_ceil(40)) {
            let Ok(evaluation) = model.evaluate(mapping) else { continue };
            let computes = evaluation.arithmetic.computes;
            let counts = dimensions.clone().map(|at| DimensionCount::of(&parts(&space, mapping, at), &space.tiling));
            let count = counts.fold(DimensionCount::ONE, DimensionCount::and);
            let (bound, macs) = (count.computes(), job.problem.macs());
            assert!(bound <= computes as f64, "seed {seed}: {bound} of {computes}, {mapping:?}");
            // Where the average is whole it may be truncated to it, or to the number below.
            let is_whole = (count.units - count.units.round()).abs() < 1e-9;
            let is_near = (computes as f64 - bound).abs() <= 2.0;
            assert!(is_near || is_whole, "seed {seed}: {bound} of {computes}, {mapping:?}");
            assert!(count.product() >= share * macs as f64 * (1.0 - 1e-9), "seed {seed}: {count:?} of {macs}");
            match computes.cmp(&macs) {
                Ordering::Less => less += 1,
                Ordering::Equal => equal += 1,
                Ordering::Greater => more += 1,
            }
        }
    }
    assert!(less > 20 && more > 20 && equal > 20, "{less} less, {more} more, {equal} equal");
}

#[test]
fn no_imperfect_mapping_is_below_the_bound() {
    let mut mappings = 0;
    for (seed, owned, all) in jobs(80_000, Division::Any, 20_000).take(if cfg!(debug_assertions) { 40 } else { 2_000 })
    {
        let job = owned.job();
        let all = brute::figures(job, &all, Metric::Edp);
        for metric in [Metric::Edp, Metric::Energy, Metric::Delay] {
            let bound = ruby::bound(job, &Objective::single(metric));
            for figures in &all {
                assert!(metric.value(figures) >= bound, "seed {seed}: {figures:?} below {bound}");
                mappings += 1;
            }
        }
    }
    assert!(mappings > 10_000, "{mappings}");
}

/// Of every mapping alone, and of all together (`SEED` is the first seed, `JOBS` how many are looked at).
#[test]
fn no_imperfect_mapping_is_below_its_bound() {
    let variable = |name: &str, default: usize| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (mut compared, mut shares, mut least_shares, mut jobs_seen) = (0, 0.0, 0.0, 0);
    let first = variable("SEED", 200_000) as u64;
    for (seed, owned, all) in jobs(first, Division::Any, 4_000).take(variable("JOBS", 16)) {
        let job = owned.job();
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        let bounds = job.lower_bounds(Template::Ruby);
        let mut least = (f64::INFINITY, u64::MAX);
        for metric in [Metric::Edp, Metric::Energy, Metric::Delay, Metric::Accesses(0), Metric::Accesses(1)] {
            let objective = Objective::single(metric);
            let prepared = PreparedJob::new(job, &space, objective.clone());
            let Some(mut relaxed) = Relaxed::new(&prepared) else { continue };
            let mut evaluator = Evaluator::new(job, &objective);
            let mut best = f64::INFINITY;
            for mapping in all.iter() {
                let Some(figures) = evaluator.mapping(mapping) else { continue };
                let rank = objective.rank(&figures);
                let bound = relaxed.bound_of(mapping).rank(&objective);
                assert!(bound.is_below(&rank), "seed {seed}, {metric}: {bound:?} above {rank:?}: {mapping:?}");
                best = best.min(rank.value);
                least = (least.0.min(rank.cost.energy_pj), least.1.min(rank.cost.cycles));
                compared += 1;
                shares += if rank.value > 0.0 { bound.value / rank.value } else { 1.0 };
            }
            if best.is_finite() {
                let found = relaxed.least(metric, f64::INFINITY, 20_000, &|| false);
                assert!(found <= best * (1.0 + 1e-9), "seed {seed}, {metric}: {found:e} above {best:e}");
                least_shares += if best > 0.0 { found / best } else { 1.0 };
                jobs_seen += 1;
            }
        }
        assert!(bounds.energy_pj <= least.0 && bounds.cycles <= least.1, "seed {seed}: {bounds:?}, {least:?}");
    }
    let mean = |sum: f64, count: usize| sum / count as f64;
    let (share, least_share) = (mean(shares, compared), mean(least_shares, jobs_seen));
    let seen = format!("{compared} bounds, {share}; {jobs_seen} searches, {least_share}");
    assert!(compared > 5_000 && share > 0.7 && least_share > 0.6, "{seen}");
}

/// Fixed factors that do not divide: what is called proved is the best of all, and a gap is true.
#[test]
fn imperfect_results_are_what_they_are_called() {
    let (mut proved, mut gaps) = (0, 0);
    for (seed, owned, all) in
        jobs(90_000, Division::FixedFirst, 4_000).take(if cfg!(debug_assertions) { 50 } else { 2_000 })
    {
        let job = owned.job();
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        if space.is_perfect() {
            continue;
        }
        let metric = Random(seed).pick(&[Metric::Edp, Metric::Energy, Metric::Delay, Metric::Accesses(1)]);
        let best = brute::best(&brute::figures(job, &all, metric), metric);
        let outcome = search(job, metric);
        let Some(found) = outcome.best else {
            assert!(best.is_none(), "seed {seed}: {outcome:?}, {best:?}");
            continue;
        };
        let (rank, best) = (metric.rank(&brute::full(job, &found.mapping).unwrap()), best.unwrap());
        match outcome.status {
            Status::Optimal => {
                assert!(is_equal(rank, best), "seed {seed}, {metric}: {rank:?}, best {best:?}");
                proved += 1;
            }
            Status::Gap(gap) => {
                assert!(
                    best.value >= rank.value * (1.0 - gap) * (1.0 - 1e-9),
                    "seed {seed}, {metric}: {rank:?}, {best:?}, {gap}"
                );
                gaps += 1;
            }
            status => panic!("seed {seed}: {status:?}"),
        }
    }
    assert!(proved > 20, "{proved} proved, {gaps} with a gap");
}

/// Factors of any size: a gap is true, what is called proved is the best of all mappings, and what is found is one of them.
#[test]
fn results_of_ruby_are_what_they_are_called() {
    let (mut proved, mut gaps, mut imperfect) = (0, 0, 0);
    for (seed, owned, all) in jobs(100_000, Division::Any, 6_000).take(if cfg!(debug_assertions) { 8 } else { 3_000 }) {
        let job = owned.job();
        for metric in [Metric::Edp, Metric::Energy, Metric::Delay, Metric::Accesses(1)] {
            let Some(best) = brute::best(&brute::figures(job, &all, metric), metric) else { continue };
            let mapper = ExactMapper { metrics: vec![metric], template: Template::Ruby, ..ExactMapper::default() };
            let outcome = mapper.search(job, &NoProgress).unwrap();
            let Some(found) = outcome.best else { continue };
            let rank = metric.rank(&brute::full(job, &found.mapping).unwrap());
            let value = rank.value;
            assert!(best.value <= value * (1.0 + 1e-9), "seed {seed}, {metric}: {value}, best {best:?}");
            match outcome.status {
                Status::Optimal => {
                    assert!(is_equal(rank, best), "seed {seed}, {metric}: {rank:?}, best {best:?}");
                    proved += 1;
                    imperfect += usize::from(!found.mapping.is_perfect());
                }
                Status::Gap(gap) => {
                    assert!(
                        best.value >= value * (1.0 - gap) * (1.0 - 1e-9),
                        "seed {seed}, {metric}: {value}, {best:?}, {gap}"
                    );
                    gaps += 1;
                }
                status => panic!("seed {seed}: {status:?}"),
            }
        }
    }
    assert!(proved > 10 && imperfect > 2, "{proved} proved, {imperfect} of them imperfect, {gaps} with a gap");
}

/// A budget may end the passes before the last metric: what is compared then is the first.
#[test]
fn ruby_compares_values_of_one_metric() {
    let mut compared = 0;
    for seed in 0..20 {
        let owned = random(110_000 + seed, Kinds::default());
        let job = owned.job();
        for evaluations in [20, 60, 200, 1_000] {
            let budget = Budget { evaluations: Some(evaluations), seconds: None };
            let metrics = vec![Metric::Delay, Metric::Energy];
            let search = |template| {
                let mapper = ExactMapper { metrics: metrics.clone(), budget, template };
                mapper.search(job, &NoProgress).unwrap().best
            };
            if let (Some(uber), Some(ruby)) = (search(Template::Uber), search(Template::Ruby)) {
                assert!(ruby.cost.cycles <= uber.cost.cycles, "seed {seed}, {evaluations}: {ruby:?}, {uber:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 20, "{compared}");
}
