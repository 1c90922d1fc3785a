//! The search of sparse designs against every mapping, and its bounds against random ones.
//!
//! ```text
//! SEED=1 JOBS=20000 cargo test --release --lib sparse_searches -- --ignored --nocapture
//! ```

use proptest::prelude::*;

use super::*;

const KINDS: Kinds = Kinds {
    networks: false,
    spread_tiles: false,
    imperfect: false,
    constrained: false,
    dear_computes: false,
    uneven: false,
    odd: false,
    sparse: true,
};

fn kinds(seed: u64) -> Kinds {
    let mut random = Random(seed ^ 0x5ba5_5e00);
    random.below(2);
    Kinds {
        networks: random.one_in(8),
        constrained: random.one_in(4),
        dear_computes: random.one_in(3),
        odd: random.one_in(3),
        ..KINDS
    }
}

fn metric(seed: u64, levels: usize) -> Metric {
    let mut random = Random(seed ^ 0x0a11_ce00);
    random.below(2);
    match random.below(6) {
        0 => Metric::Energy,
        1 => Metric::Delay,
        2 => Metric::Accesses(random.below(levels)),
        _ => Metric::Edp,
    }
}

/// What was looked at.
#[derive(Debug, Default)]
struct Tally {
    jobs: usize,
    mappings: usize,
    valid: usize,
    proved: usize,
    infeasible: usize,
    compared: usize,
    evaluations: u64,
}

/// The search of a seed's job against every mapping.
fn check_search(seed: u64, limit: usize, tally: &mut Tally) {
    let owned = random(seed, kinds(seed));
    let sparse = owned.sparse_model();
    let job = owned.sparse_job(sparse.as_ref());
    let space = Mapspace::new(job.architecture, job.problem, job.constraints);
    if !space.is_perfect() {
        return;
    }
    let Some(all) = brute::mappings(job, &space, limit) else { return };
    let metric = metric(seed, job.architecture.levels().len());
    let figures = brute::figures(job, &all, metric);
    let best = brute::best(&figures, metric);
    tally.jobs += 1;
    tally.mappings += all.len();
    tally.valid += figures.len();
    let outcome = search(job, metric);
    tally.evaluations += outcome.effort.evaluations;
    match outcome.best {
        Some(found) => {
            let rank = metric.rank(&brute::full(job, &found.mapping).unwrap());
            let context = || format!("seed {seed}, {metric}: {rank:?}, best of {} {best:?}", all.len());
            assert!(space.contains(&found.mapping), "{}", context());
            assert!(is_equal(rank, best.unwrap()), "{}", context());
            assert_eq!(outcome.status, Status::Optimal, "{}", context());
            tally.proved += 1;
        }
        None => {
            assert!(matches!(outcome.status, Status::Infeasible(_)), "seed {seed}: {outcome:?}");
            assert!(figures.is_empty(), "seed {seed}: {} valid mappings", figures.len());
            tally.infeasible += 1;
        }
    }
}

/// Bounds on the way to random mappings of a seed's job; how many were compared.
fn check_bounds(seed: u64) -> usize {
    let owned = random(seed, kinds(seed));
    let sparse = owned.sparse_model();
    let metrics = [Metric::Edp, Metric::Energy, Metric::Delay, Metric::Accesses(0)];
    bounds::compare_bounds(seed, owned.sparse_job(sparse.as_ref()), &metrics)
}

/// Jobs of which some bound was once too high: words that are lost to rounding, tensors that are almost all in one tile, options, levels
/// that overbook, tiles that decide and are smaller than what is kept, blocks of compressed tiles, metadata of levels that keep nothing.
#[test]
fn bounds_of_sparse_designs_that_were_once_too_high_are_not() {
    for seed in [53_001_930, 53_004_748, 53_005_615, 53_008_780, 53_009_158, 53_012_243] {
        assert!(check_bounds(seed) > 0, "seed {seed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 100 } else { 20_000 }))]

    #[test]
    fn no_bound_of_a_sparse_design_exceeds_the_exact_value(seed in any::<u32>()) {
        check_bounds(u64::from(seed));
    }
}

#[test]
fn sparse_searches_find_the_best_of_all_mappings() {
    let (jobs, limit) = if cfg!(debug_assertions) { (80, 1_500) } else { (2_000, 20_000) };
    let mut tally = Tally::default();
    let mut seeds = 40_000_000..;
    while tally.jobs < jobs {
        check_search(seeds.next().unwrap(), limit, &mut tally);
    }
    assert!(tally.proved * 4 > tally.jobs && tally.valid > 1_000, "{tally:?}");
}

#[test]
#[allow(clippy::print_stdout, reason = "who starts it by hand wants to see what was looked at")]
#[ignore = "takes as long as it is told to: SEED is the first seed, JOBS how many are looked at"]
fn sparse_searches_are_right_about_every_mapping_of_random_jobs() {
    let variable = |name: &str, default: u64| {
        std::env::var(name)
            .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
    };
    let (first, jobs) = (variable("SEED", 50_000_000), variable("JOBS", 2_000));
    let mut tally = Tally::default();
    let mut seeds = first..;
    while (tally.jobs as u64) < jobs {
        let seed = seeds.next().unwrap();
        check_search(seed, 20_000, &mut tally);
        tally.compared += check_bounds(seed);
    }
    println!("seeds {first} to {}: {tally:?}", seeds.start - 1);
    assert!(tally.proved > 0, "{tally:?}");
}
