//! The local search on random small jobs.

use super::*;
use crate::mapper::exact::local::{Limit, LocalSearch};

/// Rounds of a local search.
fn found(job: Job, space: &Mapspace, metric: Metric, rounds: usize) -> Option<Best> {
    let prepared = PreparedJob::new(job, space, Objective::single(metric));
    let mut local = LocalSearch::new(&prepared);
    for _ in 0..rounds {
        local.round(&Limit { evaluations: 2_000, is_stopped: &|| false });
    }
    local.best.into_best()
}

fn metric(seed: u64, levels: usize) -> Metric {
    match Random(seed).below(5) {
        0 => Metric::Energy,
        1 => Metric::Delay,
        2 => Metric::Accesses(Random(seed + 1).below(levels)),
        _ => Metric::Edp,
    }
}

/// On jobs of every kind: what is found is of the mapspace, and costs what the full model says.
#[test]
fn found_mappings_are_admitted_and_their_figures_are_those_of_the_model() {
    let mut valid = 0;
    for seed in 0..if cfg!(debug_assertions) { 120 } else { 6_000 } {
        let kinds = Kinds {
            networks: seed % 6 == 1,
            spread_tiles: seed % 12 == 1,
            constrained: seed % 3 == 0,
            odd: seed % 5 == 4,
            ..Kinds::default()
        };
        let owned = random(seed, kinds);
        let job = owned.job();
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        let has_factors = space.factors.iter().all(|factors| factors.count() > 0);
        if !space.is_perfect() || !has_factors {
            continue;
        }
        let metric = metric(seed, job.architecture.levels().len());
        let Some(best) = found(job, &space, metric, 2) else { continue };
        assert_eq!(job.admits(&best.mapping), Ok(()), "seed {seed}: {:?}", best.mapping);
        assert!(space.contains(&best.mapping), "seed {seed}: {:?}", best.mapping);
        let full = metric.rank(&brute::full(job, &best.mapping).unwrap());
        assert!(is_equal(best.score, full), "seed {seed}: {:?} {full:?}", best.score);
        valid += 1;
    }
    assert!(valid > 60, "{valid}");
}

/// Against every mapping: rarely worse than the best one, and never without a mapping where one is valid.
#[test]
fn found_mappings_are_near_the_best_of_small_mapspaces() {
    let (mut compared, mut worse, mut without) = (0, Vec::new(), 0);
    for seed in 1_000..if cfg!(debug_assertions) { 1_150 } else { 9_000 } {
        let owned = random(seed, Kinds { constrained: seed % 4 == 0, ..Kinds::default() });
        let job = owned.job();
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        if !space.is_perfect() {
            continue;
        }
        let Some(all) = brute::mappings(job, &space, 4_000) else { continue };
        let metric = metric(seed, job.architecture.levels().len());
        let Some(best) = brute::best(&brute::figures(job, &all, metric), metric) else { continue };
        compared += 1;
        match found(job, &space, metric, 3) {
            Some(found) if found.score.value > best.value * (1.0 + 1e-9) => worse.push(found.score.value / best.value),
            Some(_) => {}
            None => without += 1,
        }
    }
    worse.sort_by(f64::total_cmp);
    let seen =
        format!("{compared} jobs: {without} without a mapping, {} worse than the best: {worse:.3?}", worse.len());
    assert!(compared > 40 && without * 50 <= compared && worse.len() * 10 <= compared, "{seen}");
    assert!(worse.iter().all(|quotient| *quotient < 1.5), "{seen}");
}
