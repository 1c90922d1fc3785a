//! Every result of every search is within the constraints.

use super::*;
use crate::mapper::{RandomMapper, SearchSettings};

/// Outcomes of the exact search with perfect and with imperfect factors, and of the random search.
fn outcomes(job: Job, seed: u64) -> Vec<(&'static str, Outcome)> {
    let budget = Budget { evaluations: Some(300), seconds: None };
    let exact = |template| ExactMapper { template, budget, ..ExactMapper::default() }.search(job, &NoProgress);
    let settings = SearchSettings { timeout: 300, victory_condition: 100, ..SearchSettings::default() };
    let random = RandomMapper { settings, seed, budget }.search(job, &NoProgress);
    let outcomes = [("uber", exact(Template::Uber)), ("ruby", exact(Template::Ruby)), ("random", random)];
    outcomes.into_iter().map(|(name, outcome)| (name, outcome.unwrap())).collect()
}

/// Random jobs with partial and whole orders, splits, fixed and bounded factors, kept and bypassed data spaces, `no_reuse` and
/// its like.
#[test]
fn results_of_all_searches_are_within_the_constraints() {
    let mut found = [0; 3];
    for seed in 0..if cfg!(debug_assertions) { 90 } else { 20_000 } {
        let kinds = Kinds { constrained: true, imperfect: seed % 3 == 0, networks: seed % 7 == 0, ..Kinds::default() };
        let owned = random(50_000 + seed, kinds);
        let job = owned.job();
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        for (index, (name, outcome)) in outcomes(job, seed).into_iter().enumerate() {
            let Some(best) = outcome.best else { continue };
            found[index] += 1;
            let admitted = job.admits(&best.mapping);
            assert_eq!(admitted, Ok(()), "seed {seed}, {name}: {:?}\n{:?}", best.mapping, job.constraints);
            // Factors that do not divide are cut; the rest of the definition holds for all mappings.
            let levels = 0..best.mapping.levels.len();
            assert!(levels.clone().all(|level| space.allows_level(&best.mapping, level)), "seed {seed}, {name}");
            assert!(levels.clone().all(|level| space.allows_kept(&best.mapping, level)), "seed {seed}, {name}");
            // Where any factors may be had, a fixed one may also be cut to nothing by perfect loops inside.
            let is_of_uber = best.mapping.is_perfect() && space.is_perfect() && name != "ruby";
            assert!(!is_of_uber || space.contains(&best.mapping), "seed {seed}, {name}");
        }
    }
    assert!(found.iter().all(|count| *count > 30), "{found:?}");
}

/// Where the order of the innermost loops changes nothing, the one that is stated is taken: a whole one, and a partial one.
#[test]
fn the_innermost_level_keeps_the_stated_order() {
    let mut stated = 0;
    for seed in 0..30 {
        let mut owned = random(60_000 + seed, Kinds::default());
        let dimensions: Vec<usize> = (0..owned.problem.dimensions().len()).collect();
        owned.constraints = Constraints::none(&owned.architecture, &owned.problem);
        let level = &mut owned.constraints.levels[0];
        let mut order = dimensions.clone();
        Random(seed).shuffle(&mut order);
        let middle = if seed % 2 == 0 { 1 } else { order.len() };
        level.temporal.innermost = order[..middle].to_vec();
        level.temporal.outermost = order[middle..].iter().copied().skip(1).collect();
        level.policy.no_temporal_reuse = (0..owned.problem.data_spaces().len()).collect();
        let job = owned.job();
        for (name, outcome) in outcomes(job, seed) {
            let Some(best) = outcome.best else { continue };
            assert_eq!(job.admits(&best.mapping), Ok(()), "seed {seed}, {name}");
            stated += usize::from(best.mapping.levels[0].temporal.len() > 1);
        }
    }
    assert!(stated > 5, "{stated}");
}
