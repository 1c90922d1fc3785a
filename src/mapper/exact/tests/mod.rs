//! The search against every mapping of small mapspaces, and its bounds against random mappings.

#![allow(clippy::pedantic, reason = "a test is a list of cases with small numbers")]

mod admitted;
mod bounds;
mod brute;
mod imperfect;
mod jobs;
mod local;
mod rules;
mod sparse;
mod sweep;
mod trace;

use super::prepared_job::PreparedJob;
use super::search::Search;
use super::*;
use crate::mapper::NoProgress;
use crate::mapper::objective::Rank;
use crate::mapping::Mapping;
use crate::mapspace::Constraints;
use jobs::{Kinds, Random, random};

fn mapper(metrics: &[Metric]) -> ExactMapper {
    ExactMapper { metrics: metrics.to_vec(), ..ExactMapper::default() }
}

fn search(job: Job, metric: Metric) -> Outcome {
    mapper(&[metric]).search(job, &NoProgress).unwrap()
}

/// Whether two mappings are equally good in every respect that is ranked, but for rounding.
fn is_equal(found: Rank, best: Rank) -> bool {
    let is_near = |found: f64, best: f64| (found - best).abs() <= 1e-9 * best.abs();
    is_near(found.value, best.value)
        && is_near(found.cost.energy_pj, best.cost.energy_pj)
        && found.cost.cycles == best.cost.cycles
}

/// Looks at jobs until `points` mappings were compared.
fn compare(mut seed: u64, points: usize, limit: usize, kinds: Kinds) {
    let (mut compared, mut jobs, mut infeasible, mut evaluated) = (0, 0, 0, 0);
    while compared < points {
        seed += 1;
        let owned = random(seed, kinds);
        let job = owned.job();
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        if !space.is_perfect() && !kinds.imperfect {
            continue;
        }
        let Some(all) = brute::mappings(job, &space, limit) else { continue };
        let levels = job.architecture.levels().len();
        let metric = match Random(seed).below(6) {
            0 => Metric::Energy,
            1 => Metric::Delay,
            2 => Metric::LastLevelAccesses,
            3 => Metric::Accesses(Random(seed + 1).below(levels)),
            _ => Metric::Edp,
        };
        let counted = if metric == Metric::LastLevelAccesses { Metric::Accesses(levels - 1) } else { metric };
        let figures = brute::figures(job, &all, counted);
        let best = brute::best(&figures, counted);
        compared += all.len();
        jobs += 1;
        let outcome = search(job, metric);
        match outcome.best {
            Some(found) => {
                let rank = counted.rank(&brute::full(job, &found.mapping).unwrap());
                evaluated += outcome.effort.evaluations;
                assert!(
                    space.contains(&found.mapping),
                    "seed {seed}: {:?} {:?} {:?}",
                    found.mapping,
                    job.constraints,
                    job.problem
                );
                assert!(
                    is_equal(rank, best.unwrap()),
                    "seed {seed}, {metric:?} of {}: found {rank:?}, best of {} is {best:?}",
                    job.problem.name(),
                    all.len()
                );
                assert_eq!(outcome.status, Status::Optimal, "seed {seed}");
                assert_eq!(outcome.stop, StopReason::Complete, "seed {seed}");
            }
            None => {
                assert!(matches!(outcome.status, Status::Infeasible(_)), "seed {seed}: {outcome:?}");
                assert!(figures.is_empty(), "seed {seed}: {} valid mappings", figures.len());
                infeasible += 1;
            }
        }
    }
    assert!(jobs > infeasible && evaluated > 0, "{jobs} jobs, {infeasible} infeasible, {compared} mappings");
}

#[test]
fn search_finds_the_best_of_all_mappings() {
    let (points, limit) = if cfg!(debug_assertions) { (60_000, 6_000) } else { (8_000_000, 600_000) };
    compare(std::env::var("SEED").map_or(0, |seed| seed.parse().unwrap()), points, limit, Kinds::default());
}

/// Levels that pass words on have children in groups of different sizes: what is asked of the outer level depends on the order.
#[test]
fn search_finds_the_best_where_groups_are_uneven() {
    let (points, limit) = if cfg!(debug_assertions) { (60_000, 6_000) } else { (4_000_000, 100_000) };
    compare(5_000_000, points, limit, Kinds { uneven: true, ..Kinds::default() });
}

/// Imperfect factors are never worse than perfect ones, never below their bound, and evaluate to what was said.
#[test]
fn ruby_is_never_worse() {
    let (mut better, mut seen) = (0, 0);
    for seed in 0..if cfg!(debug_assertions) { 24 } else { 2_000 } {
        let owned = random(30_000 + seed, Kinds::default());
        let job = owned.job();
        let Some(uber) = search(job, Metric::Edp).best else { continue };
        let mapper = ExactMapper { template: Template::Ruby, ..ExactMapper::default() };
        let outcome = mapper.search(job, &NoProgress).unwrap();
        let found = outcome.best.unwrap();
        let full = brute::full(job, &found.mapping).unwrap();
        assert!((full.cost.energy_pj - found.cost.energy_pj).abs() <= 1e-9 * full.cost.energy_pj, "seed {seed}");
        assert_eq!(full.cost.cycles, found.cost.cycles, "seed {seed}");
        assert!(found.cost.edp() <= uber.cost.edp() * (1.0 + 1e-12), "seed {seed}");
        let is_ours = |mapping| job.constraints.admits(mapping, job.architecture, job.problem);
        assert_eq!(is_ours(&found.mapping), is_ours(&uber.mapping), "seed {seed}");
        match outcome.status {
            Status::Gap(gap) => {
                assert_eq!(outcome.stop, StopReason::Exhausted, "seed {seed}");
                assert!((0.0..=1.0).contains(&gap), "seed {seed}: {gap}");
            }
            Status::Optimal => assert_eq!(outcome.stop, StopReason::Complete, "seed {seed}"),
            status => panic!("seed {seed}: {status:?}"),
        }
        seen += 1;
        better += usize::from(found.cost.edp() < uber.cost.edp() * 0.999);
    }
    assert!(seen > 8 && better > 0, "{better} of {seen} are better");
}

/// Where networks cost energy, the full model evaluates, and every place of the spatial loops counts.
#[test]
fn search_finds_the_best_with_networks() {
    let (points, limit) = if cfg!(debug_assertions) { (3_000, 500) } else { (150_000, 10_000) };
    compare(10_000, points, limit, Kinds { networks: true, ..Kinds::default() });
}

/// Where instances of a level hold parts of a tile for one another, levels do less than their loops say.
#[test]
fn search_finds_the_best_where_tiles_are_spread() {
    let (points, limit) = if cfg!(debug_assertions) { (2_000, 400) } else { (100_000, 10_000) };
    compare(20_000, points, limit, Kinds { networks: true, spread_tiles: true, ..Kinds::default() });
}
