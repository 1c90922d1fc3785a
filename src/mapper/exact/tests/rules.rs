//! What the search promises beside the best value.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::mapper::NoProgress;
use crate::mapping::LevelPolicy;
use crate::mapspace::LevelConstraints;
use crate::model::Cost;

fn jobs(count: usize) -> impl Iterator<Item = (u64, jobs::Owned, Vec<Mapping>)> {
    let small = |seed: u64| {
        let owned = random(seed, Kinds::default());
        let job = owned.job();
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        let all = space.is_perfect().then(|| brute::mappings(job, &space, 3_000)).flatten()?;
        let is_feasible = !brute::figures(job, &all, Metric::Edp).is_empty();
        is_feasible.then_some((seed, owned, all))
    };
    (20_000..).filter_map(small).take(count)
}

/// Every step of the rule for lists, over all mappings.
#[test]
fn lists_of_metrics_are_minimised_step_by_step() {
    for (seed, owned, all) in jobs(25) {
        let job = owned.job();
        let lists: [&[Metric]; 6] = [
            &[Metric::Delay, Metric::Energy],
            &[Metric::Energy, Metric::Delay],
            &[Metric::Edp, Metric::LastLevelAccesses],
            &[Metric::LastLevelAccesses, Metric::Delay, Metric::Energy],
            &[Metric::Accesses(1), Metric::Accesses(0)],
            &[Metric::Accesses(0), Metric::Accesses(1), Metric::Edp],
        ];
        for metrics in lists {
            let last = job.architecture.levels().len() - 1;
            let mut left = brute::figures(job, &all, Metric::Accesses(last));
            for metric in metrics.iter().chain(&metrics[..1]) {
                let min_value = left.iter().map(|figures| metric.value(figures)).fold(f64::INFINITY, f64::min);
                left.retain(|figures| metric.value(figures) <= min_value * (1.0 + TOLERANCE));
            }
            let min_value = left.iter().map(|figures| metrics[0].value(figures)).fold(f64::INFINITY, f64::min);
            let Outcome { best, status, .. } = mapper(metrics).search(job, &NoProgress).unwrap();
            let found = best.unwrap();
            let figures = brute::full(job, &found.mapping).unwrap();
            let value = metrics[0].value(&figures);
            assert!(
                (value - min_value).abs() <= 1e-9 * min_value,
                "seed {seed}, {metrics:?}: {value}, expected {min_value}"
            );
            assert!(left.iter().any(|figures_left| {
                metrics.iter().all(|metric| {
                    let (found_value, other_value) = (metric.value(&figures), metric.value(figures_left));
                    (found_value - other_value).abs() <= TOLERANCE * 1.01 * found_value.max(other_value)
                })
            }));
            assert_eq!(status, Status::Optimal);
        }
    }
}

/// A bound known beforehand changes nothing, whether it is reached, loose or wrong.
#[test]
fn an_upper_bound_changes_nothing() {
    let mut random = Random(3);
    let mut faster = 0;
    for (seed, owned, all) in jobs(25) {
        let job = owned.job();
        for metric in [Metric::Edp, Metric::Delay, Metric::LastLevelAccesses] {
            let expected = search(job, metric);
            let mapping = &expected.best.as_ref().unwrap().mapping;
            let optimum = metric.value(&brute::full(job, mapping).unwrap());
            let some_value = &all[random.below(all.len())];
            let some_value = brute::full(job, some_value).map_or(f64::INFINITY, |figures| metric.value(&figures));
            for upper_bound in [optimum, some_value, optimum * 1.5, optimum * 0.5, 0.0, -1.0, f64::NAN] {
                let found = search(Job { upper_bound: Some(upper_bound), ..job }, metric);
                let same = |outcome: &Outcome| (outcome.best.clone(), outcome.status.clone(), outcome.stop);
                assert_eq!(same(&found), same(&expected), "seed {seed}, {metric:?}: {upper_bound} of {optimum}");
                faster += usize::from(found.effort.evaluations < expected.effort.evaluations);
            }
        }
    }
    assert!(faster > 0, "no bound has cut anything");
}

/// The result, and what is evaluated on the way, do not depend on how lists are cut into portions.
#[test]
fn small_portions_change_nothing() {
    let mut evaluations = 0;
    for (seed, owned, _) in jobs(25) {
        let job = owned.job();
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        for metric in [Metric::Edp, Metric::Accesses(0)] {
            let prepared = PreparedJob::new(job, &space, Objective::single(metric));
            let whole = |size: usize| {
                let search = Search::new(&prepared, Budget::default(), &NoProgress);
                let mut search = search.with_portions(size, size);
                assert_eq!(search.run(), None, "seed {seed}");
                let SearchCounts { evaluations, valid, .. } = search.counts;
                (search.best.into_best().map(|best| best.mapping), evaluations, valid)
            };
            let expected = whole(1 << 20);
            evaluations += expected.1;
            // Subspaces beyond the first 24 are not probed.
            assert_eq!(whole(24), expected, "seed {seed}, {metric:?}");
            for size in 1..4 {
                assert_eq!(whole(size).0, expected.0, "seed {seed}, {metric:?}, portions of {size}");
            }
        }
    }
    assert!(evaluations > 1_000, "{evaluations}");
}

/// With every number of evaluations: valid, never better than the optimum, the gap true, the same again.
#[test]
fn budgets_end_a_search_with_a_true_gap() {
    let mut gaps = 0;
    for (seed, owned, _) in jobs(20) {
        let job = owned.job();
        let best = search(job, Metric::Edp).best.unwrap();
        for evaluations in [0, 1, 2, 5, 20, 100] {
            let mapper = ExactMapper {
                metrics: vec![Metric::Edp],
                budget: Budget { evaluations: Some(evaluations), seconds: None },
                ..ExactMapper::default()
            };
            let outcome = mapper.search(job, &NoProgress).unwrap();
            assert_eq!(outcome, mapper.search(job, &NoProgress).unwrap(), "seed {seed}");
            match outcome.best {
                Some(found) => {
                    assert!(brute::full(job, &found.mapping).is_some());
                    let (share, stop) = match outcome.status {
                        Status::Optimal => (1.0, StopReason::Complete),
                        Status::Gap(gap) => (1.0 - gap, StopReason::Evaluations),
                        status => unreachable!("the exact search knows: {status:?}"),
                    };
                    assert_eq!(outcome.stop, stop, "seed {seed}");
                    gaps += usize::from(share < 1.0);
                    assert!(best.cost.edp() >= found.cost.edp() * share * (1.0 - 1e-9), "seed {seed}: {found:?}");
                    assert!(best.cost.edp() <= found.cost.edp() * (1.0 + 1e-12));
                }
                None => {
                    assert_eq!((outcome.status, outcome.stop), (Status::Unknown, StopReason::Evaluations));
                    assert!(evaluations < 100 && outcome.explanation.is_some(), "seed {seed}");
                }
            }
        }
        let over = ExactMapper {
            metrics: vec![Metric::Edp],
            budget: Budget { seconds: Some(0.0), evaluations: None },
            ..ExactMapper::default()
        };
        let outcome = over.search(job, &NoProgress).unwrap();
        assert!(outcome.best.is_some() || outcome.status == Status::Unknown, "{outcome:?}");
    }
    assert!(gaps > 10, "{gaps}");
}

/// Where levels have more choices of what they keep than are looked at, nothing is known of the others, however the search ends.
#[test]
fn choices_that_are_not_looked_at_have_no_bound() {
    let owned = jobs::deep(14);
    for evaluations in [1, 50] {
        let budget = Budget { evaluations: Some(evaluations), seconds: None };
        let outcome = ExactMapper { budget, ..mapper(&[Metric::Edp]) }.search(owned.job(), &NoProgress).unwrap();
        assert!(outcome.best.is_some(), "{outcome:?}");
        assert_eq!(outcome.status, Status::Gap(1.0), "{outcome:?}");
    }
}

/// Ends at the first look.
struct Impatient(AtomicBool);

impl Progress for Impatient {
    fn improved(&self, _: &Mapping, _: Cost) {}

    fn advanced(&self, _: f64) {}

    fn is_cancelled(&self) -> bool {
        self.0.store(true, Ordering::Relaxed);
        true
    }
}

#[test]
fn a_search_can_be_cancelled() {
    let mut asked = 0;
    for (_, owned, _) in jobs(20) {
        let progress = Impatient(AtomicBool::new(false));
        let outcome = ExactMapper::default().search(owned.job(), &progress).unwrap();
        let was_asked = progress.0.load(Ordering::Relaxed);
        asked += usize::from(was_asked);
        if was_asked {
            assert!(!matches!(outcome.status, Status::Infeasible(_)));
            assert!(outcome.best.is_none() || outcome.status != Status::Unknown);
        }
    }
    assert!(asked > 0, "{asked}");
}

/// Fixed factors that do not divide: every mapping, with residuals, by the full model.
#[test]
fn results_with_fixed_factors_that_do_not_divide_are_valid() {
    let (mut found, mut tried) = (0, 0);
    for seed in 30_000.. {
        let owned = random(seed, Kinds { imperfect: true, ..Kinds::default() });
        let job = owned.job();
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        let size = space.size();
        if space.is_perfect() || size.index_factorization > 100 || size.datatype_bypass > 8 {
            continue;
        }
        let mapper = ExactMapper {
            metrics: vec![Metric::Edp],
            budget: Budget { evaluations: Some(3_000), seconds: None },
            ..ExactMapper::default()
        };
        tried += 1;
        let outcome = mapper.search(job, &NoProgress).unwrap();
        if let Some(best) = outcome.best {
            let value = brute::full(job, &best.mapping).unwrap();
            assert_eq!(value.cost, best.cost);
            assert!(best.mapping.check(job.architecture, job.problem).is_ok());
            found += usize::from(outcome.status == Status::Optimal && !best.mapping.is_perfect());
        }
        if tried == 20 {
            break;
        }
    }
    assert!(found > 3, "{found} of {tried}");
}

/// The message names the level, the data space, the figure that is needed; and with that change there is a mapping.
#[test]
fn infeasible_jobs_are_explained_with_what_would_help() {
    let (_, mut owned, _) = jobs(1).next().unwrap();
    let levels = owned.architecture.levels().len();
    let message = |owned: &jobs::Owned| match search(owned.job(), Metric::Edp).status {
        Status::Infeasible(text) => text,
        other => panic!("{other:?}"),
    };
    let plain = Constraints::none(&owned.architecture, &owned.problem);
    // Bypassed everywhere.
    owned.constraints = plain.clone();
    for level in &mut owned.constraints.levels {
        *level = LevelConstraints {
            policy: LevelPolicy::keeping([1, 2].into_iter().collect()),
            bypass: [0].into_iter().collect(),
            ..level.clone()
        };
    }
    let name = &owned.problem.data_spaces()[0].name;
    assert!(message(&owned).contains(&format!("bypass {name} at every level")), "{}", message(&owned));
    // No factors.
    owned.constraints = plain.clone();
    owned.constraints.levels[0].temporal.factors[0].at_least = Some(1_000);
    assert!(message(&owned).contains(">=1000 at level0 (temporal)"), "{}", message(&owned));
    // Loops.
    owned.constraints = plain;
    owned.constraints.max_temporal_loops = Some(0);
    assert!(message(&owned).contains("at most 0 temporal loops are allowed"), "{}", message(&owned));
    assert!(levels >= 2);
}
