//! No bound exceeds the exact value.

use proptest::prelude::*;

use super::super::evaluate::Evaluator;
use super::*;
use crate::mapper::NoProgress;

/// Bounds on the way to one random mapping of a random job, against each metric; how many were compared.
fn check(seed: u64) -> usize {
    let owned = random(seed, Kinds { networks: seed.is_multiple_of(5), ..Kinds::default() });
    let job = owned.job();
    let space = Mapspace::new(job.architecture, job.problem, job.constraints);
    let Some(all) = brute::mappings(job, &space, 3_000).filter(|all| !all.is_empty() && space.is_perfect()) else {
        return 0;
    };
    let mut compared = 0;
    let mut random = Random(seed);
    for metric in [Metric::Edp, Metric::Energy, Metric::Delay, Metric::Accesses(0), Metric::Accesses(1)] {
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

/// The property above is about something.
#[test]
fn many_bounds_are_compared() {
    let compared: usize = (0..60).map(check).sum();
    assert!(compared > 5_000, "{compared}");
}
