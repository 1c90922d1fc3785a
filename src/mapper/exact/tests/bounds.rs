//! No bound exceeds the exact value.

use proptest::prelude::*;

use super::super::evaluate::Evaluator;
use super::*;
use crate::mapper::NoProgress;

/// Bounds on the way to random mappings of a random job, against each metric; how many were compared.
fn check(seed: u64) -> usize {
    let owned = random(seed, Kinds { networks: seed.is_multiple_of(5), ..Kinds::default() });
    let metrics = [Metric::Edp, Metric::Energy, Metric::Delay, Metric::Accesses(0), Metric::Accesses(1)];
    compare_bounds(seed, owned.job(), &metrics)
}

/// The same of a given job.
pub(super) fn compare_bounds(seed: u64, job: Job, metrics: &[Metric]) -> usize {
    let space = Mapspace::new(job.architecture, job.problem, job.constraints);
    let Some(all) = brute::mappings(job, &space, 3_000).filter(|all| !all.is_empty() && space.is_perfect()) else {
        return 0;
    };
    let mut compared = 0;
    let mut random = Random(seed);
    for &metric in metrics {
        let objective = Objective::single(metric);
        let prepared = PreparedJob::new(job, &space, objective.clone());
        let mut search = Search::new(&prepared, Budget::default(), &NoProgress);
        let mut evaluator = Evaluator::new(job, &objective);
        for _ in 0..20 {
            let mapping = &all[random.below(all.len())];
            let Some(figures) = evaluator.mapping(mapping) else { continue };
            let rank = objective.rank(&figures);
            for (stage, bound) in search.trace(mapping) {
                assert!(
                    bound.is_below(&rank),
                    "seed {seed}, {metric:?}, {stage}: {bound:?} above {rank:?}\n{:?}\n{mapping:?}",
                    job.problem
                );
                // Counts are compared exactly: a bound above by its rounding would refuse an equal mapping of lower cost.
                assert!(
                    metric.noise() > 0.0 || bound.value <= rank.value,
                    "seed {seed}, {metric:?}, {stage}: {:e} above {:e}",
                    bound.value,
                    rank.value
                );
                compared += 1;
            }
        }
    }
    compared
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 150 } else { 20_000 }))]

    #[test]
    fn no_bound_exceeds_the_exact_value(seed in any::<u32>()) {
        check(u64::from(seed));
    }
}

/// Jobs of which some bound was once too high: boxes around tiles with strides, unequal groups of children that neighbours serve.
#[test]
fn bounds_that_were_once_too_high_are_not() {
    for seed in [3_530_473_498, 2_465_794_972] {
        assert!(check(seed) > 0);
    }
}

/// The property above is about something.
#[test]
fn many_bounds_are_compared() {
    let compared: usize = (0..60).map(check).sum();
    assert!(compared > 5_000, "{compared}");
}

/// Of all jobs the bounds of the whole are below every mapping, and the value of mappings that were found elsewhere is that of the best.
#[test]
fn bounds_of_a_job_are_below_the_best_of_each_metric() {
    let (mut energy_shares, mut cycle_shares, mut jobs) = (0.0, 0.0, 0);
    for seed in 0..400 {
        let owned = random(seed, Kinds { networks: seed.is_multiple_of(5), ..Kinds::default() });
        let job = owned.job();
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        let Some(all) = brute::mappings(job, &space, 2_000).filter(|_| space.is_perfect()) else { continue };
        let bounds = job.lower_bounds(Template::Uber);
        let figures = brute::figures(job, &all, Metric::Edp);
        let Some(best) = brute::best(&figures, Metric::Edp) else { continue };
        let value = job.least_value(Metric::Edp, &all).unwrap();
        assert!((value - best.value).abs() <= 1e-9 * best.value, "seed {seed}: {value:e} {:e}", best.value);
        let energy = figures.iter().map(|figures| figures.cost.energy_pj).fold(f64::INFINITY, f64::min);
        let cycles = figures.iter().map(|figures| figures.cost.cycles).min().unwrap();
        assert!(bounds.energy_pj <= energy && bounds.cycles <= cycles, "seed {seed}: {bounds:?} {energy:e} {cycles}");
        energy_shares += bounds.energy_pj / energy.max(f64::MIN_POSITIVE);
        cycle_shares += bounds.cycles as f64 / cycles as f64;
        jobs += 1;
    }
    let mean = |sum: f64| sum / f64::from(jobs);
    assert!(
        jobs > 100 && mean(energy_shares) > 0.6 && mean(cycle_shares) > 0.8,
        "{jobs} {energy_shares} {cycle_shares}"
    );
}
