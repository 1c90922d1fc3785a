use std::collections::HashMap;

use super::*;
use crate::architecture::Architecture;
use crate::mapper::{Metric, NoProgress};
use crate::mapspace::Constraints;
use crate::timeloop::files::constraints::{self, Scope};
use crate::timeloop::files::{architecture, parse_document, problem};
use crate::workload::Problem;

struct Small {
    architecture: Architecture,
    problem: Problem,
    constraints: Constraints,
}

/// A matrix product on 4 x 2 units below a buffer.
fn small(words: u64, instance: &str, constraints: &str) -> Small {
    let text = format!(
        "
architecture:
  version: 0.4
  subtree:
  - name: system
    local:
    - {{name: DRAM, class: DRAM}}
    - {{name: glb, class: SRAM, attributes: {{entries: {words}}}}}
    - {{name: 'mac[0..7]', class: mac, attributes: {{meshX: 4}}}}
problem:
  instance: {{{instance}}}
  shape:
    dimensions: [M, N, K]
    data_spaces:
    - {{name: A, projection: [M, K]}}
    - {{name: B, projection: [K, N]}}
    - {{name: Z, projection: [M, N], read_write: true}}
architecture_constraints: [{constraints}]
"
    );
    let document = parse_document(&text).unwrap();
    let architecture = architecture::read(&document).unwrap().value;
    let problem = problem::read(&document).unwrap().value;
    let constraints = constraints::read(&document, &architecture, &problem, Scope::All).unwrap().constraints;
    Small { architecture, problem, constraints }
}

impl Small {
    fn job(&self) -> Job<'_> {
        Job::new(&self.architecture, &self.problem, &self.constraints)
    }
}

fn settings(threads: usize) -> SearchSettings {
    SearchSettings { threads, timeout: 100_000, victory_condition: 200, ..SearchSettings::default() }
}

fn mapper(settings: SearchSettings) -> RandomMapper {
    RandomMapper { settings, seed: 1, budget: Budget::default() }
}

const EIGHT: &str = "M: 8, N: 8, K: 8";

#[test]
fn samples_are_within_the_constraints() {
    let fixed = "{target: glb, type: spatial, factors: 'M<=2 K=2', permutation: K_N, split: 1, no_reuse: [A]}, \
        {target: glb, type: temporal, factors: N>=2}, {target: glb, type: bypass, bypass: [B]}, \
        {target: DRAM, type: temporal, permutation: NM}";
    for constraints in ["", fixed] {
        let small = small(64, EIGHT, constraints);
        let space = Mapspace::new(&small.architecture, &small.problem, &small.constraints);
        let sampler = MapspaceSampler::new(&space).unwrap();
        let mut generator = Generator::new(1, 0);
        let mut fitting = 0;
        for _ in 0..500 {
            let Some(mapping) = sampler.sample(&mut generator).mapping(&space) else { continue };
            fitting += 1;
            assert!(space.contains(&mapping), "{mapping:?}");
            assert_eq!(small.constraints.admits(&mapping, &small.architecture, &small.problem), Ok(()));
            mapping.check(&small.architecture, &small.problem).unwrap();
        }
        assert!(fitting > 20, "{fitting}");
    }
}

/// Each of the ten factorisations of 8 over three tiling levels a tenth of the time.
#[test]
fn factorisations_are_drawn_uniformly() {
    let small = small(64, "M: 8, N: 1, K: 1", "");
    let space = Mapspace::new(&small.architecture, &small.problem, &small.constraints);
    let sampler = MapspaceSampler::new(&space).unwrap();
    let mut generator = Generator::new(1, 0);
    let mut seen = HashMap::new();
    for _ in 0..5000 {
        *seen.entry(sampler.sample(&mut generator).factors).or_insert(0) += 1;
    }
    assert_eq!(seen.len() as u128, space.size().index_factorization);
    assert_eq!(seen.len(), 10);
    assert!(seen.values().all(|count| (400..600).contains(count)), "{seen:?}");
}

/// Fixed factors that do not divide: 16 of 24 below leave a loop of two passes, the second of 8.
#[test]
fn fixed_factors_that_do_not_divide_are_sampled_with_residuals() {
    let small = small(
        640,
        "M: 24, N: 4, K: 4",
        "{target: glb, type: temporal, factors: M=16}, {target: glb, type: spatial, factors: M=1}",
    );
    let found = mapper(settings(2)).search(small.job(), &NoProgress).unwrap().best.unwrap();
    assert!(!found.mapping.is_perfect());
    let inner = found.mapping.levels[0].temporal.iter().find(|iteration| iteration.dimension == 0).unwrap();
    assert_eq!((inner.bound, inner.residual), (16, 8));
    crate::model::evaluate(&small.architecture, &small.problem, &found.mapping).unwrap();
}

/// The seed and the streams decide, the threads do not; another seed draws others.
#[test]
fn results_depend_on_seed_and_streams_alone() {
    let small = small(64, EIGHT, "");
    let run = |seed: u64, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mapper = RandomMapper { seed, ..mapper(settings(4)) };
        pool.install(|| mapper.search(small.job(), &NoProgress).unwrap())
    };
    let first = run(1, 1);
    for threads in 1..4 {
        let again = run(1, threads);
        assert_eq!(again, first);
    }
    assert_ne!(run(2, 1).effort, first.effort);
    assert_eq!(first.status, Status::Unknown);
    assert_eq!(first.effort.mapspace[0], ("IndexFactorization".to_owned(), 1000));
}

#[test]
fn each_limit_ends_a_stream() {
    let all_fit = small(4096, EIGHT, "{target: glb, type: spatial, factors: 'M=1 N=1 K=1'}");
    let effort = |settings: SearchSettings| mapper(settings).search(all_fit.job(), &NoProgress).unwrap().effort;
    let base = SearchSettings { victory_condition: 0, ..settings(3) };
    // Each of three streams finds a third, rounded up.
    assert_eq!(effort(SearchSettings { search_size: 100, ..base.clone() }).valid, 102);
    let victory = effort(SearchSettings { victory_condition: 10, ..settings(1) });
    assert!(victory.valid > 10 && victory.valid < 1000, "{victory:?}");
    let budget = Budget { evaluations: Some(50), seconds: None };
    let counted = RandomMapper { settings: base, seed: 1, budget }.search(all_fit.job(), &NoProgress).unwrap();
    assert_eq!(counted.effort.evaluations, 51);

    // Nothing fits: the time-out ends it, after the first draw at 0.
    let none_fits = small(2, EIGHT, "{target: glb, type: datatype, keep: [A, B, Z]}");
    for (timeout, samples) in [(0, 2), (10, 20)] {
        let outcome = mapper(SearchSettings { timeout, ..settings(2) }).search(none_fits.job(), &NoProgress).unwrap();
        assert_eq!((&outcome.status, outcome.stop), (&Status::Unknown, StopReason::Timeout));
        let text = outcome.reason().unwrap();
        assert!(text.starts_with(&format!("no valid mapping among {samples} samples (")), "{text}");
        assert!(text.contains("stopped by `timeout`"), "{text}");
    }
    let contradiction = small(
        64,
        EIGHT,
        "{target: glb, type: spatial, factors: 'M<=1'}, \
        {target: glb, type: temporal, factors: 'M<=2'}, {target: DRAM, type: temporal, factors: 'M<=2'}",
    );
    let outcome = mapper(settings(1)).search(contradiction.job(), &NoProgress).unwrap();
    assert!(
        matches!(&outcome.status, Status::Infeasible(text) if text.starts_with("dimension M: no factors of 8")),
        "{outcome:?}"
    );
}

/// With nothing drawn twice a small space is exhausted, and its best is found whatever the metric.
#[test]
fn a_small_mapspace_is_exhausted() {
    let small = small(
        16,
        "M: 4, N: 2, K: 2",
        "{target: glb, type: temporal, permutation: MNK}, \
        {target: DRAM, type: temporal, permutation: MNK}, {target: glb, type: spatial, permutation: MNK, split: 2}",
    );
    let space = Mapspace::new(&small.architecture, &small.problem, &small.constraints);
    for metrics in [vec![Metric::Edp], vec![Metric::LastLevelAccesses, Metric::Delay], vec![Metric::Accesses(0)]] {
        let settings = SearchSettings {
            filter_revisits: true,
            victory_condition: 0,
            timeout: u64::MAX,
            metrics: metrics.clone(),
            ..settings(1)
        };
        let run =
            |seed: u64| RandomMapper { seed, ..mapper(settings.clone()) }.search(small.job(), &NoProgress).unwrap();
        let (first, second) = (run(1), run(2));
        let fanout_failures: u64 =
            first.effort.cuts.iter().filter(|(name, _)| name == "fan-out or parallelism").map(|cut| cut.1).sum();
        assert_eq!(u128::from(first.effort.evaluations + fanout_failures), space.size().total());
        assert_eq!((first.stop, second.stop), (StopReason::Exhausted, StopReason::Exhausted));
        let best = |outcome: &Outcome| {
            let found = outcome.best.as_ref().unwrap();
            let evaluation = crate::model::evaluate(&small.architecture, &small.problem, &found.mapping).unwrap();
            let values = metrics.iter().map(|metric| metric.value(&evaluation));
            (values.collect::<Vec<f64>>(), outcome.effort.valid)
        };
        assert_eq!(best(&first), best(&second), "{metrics:?}");
    }
}

/// A buffer of two words never keeps all three data spaces, which is the first choice, and always fits another: no mapping counts for
/// the victory condition then, nor for the timeout.
#[test]
fn a_stream_ends_where_the_first_choice_of_what_is_kept_never_fits() {
    let small = small(2, "M: 2, N: 2, K: 2", "");
    let outcome = mapper(settings(1)).search(small.job(), &NoProgress).unwrap();
    assert!(outcome.best.is_some(), "{outcome:?}");
    assert_eq!(outcome.stop, StopReason::OwnLimit);
    assert!(outcome.effort.valid > 10 * 200, "{outcome:?}");
    let penalized = SearchSettings { penalize_consecutive_bypass_fails: true, ..settings(1) };
    let outcome = mapper(penalized).search(small.job(), &NoProgress).unwrap();
    assert_eq!(outcome.stop, StopReason::VictoryCondition);
}
