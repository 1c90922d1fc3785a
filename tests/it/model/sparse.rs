//! What must hold of every sparse design, whatever the real program printed.

use onnx2timeloop::mapping::{LoopOrder, MappingError};
use onnx2timeloop::model::{Choice, LevelSettings, Rejection, SparseDesign, SparseModel, SparseSettings, evaluate};
use onnx2timeloop::workload::{Densities, Density, Problem};

use crate::kit::{Case, architectures, cases, printed_design};

/// Settings of an architecture of so many levels that change nothing.
fn settings(levels: usize, problem: &Problem) -> SparseSettings {
    let spaces = problem.data_spaces().len();
    let level = LevelSettings { formats: vec![None; spaces], ..LevelSettings::default() };
    SparseSettings { is_active: true, levels: vec![level; levels], ..SparseSettings::default() }
}

/// Recorded dense mappings of problems with two operands.
fn dense_cases() -> Vec<Case> {
    let all = ["cases-1.jsonl.gz", "cases-imperfect.jsonl.gz"].into_iter().flat_map(cases);
    let has_two = |case: &Case| case.problem.data_spaces().iter().filter(|space| !space.read_write).count() == 2;
    all.step_by(3).filter(has_two).collect()
}

#[test]
fn designs_without_zeros_cost_what_dense_ones_cost() {
    let mut compared = 0;
    for Case { id, arch, problem, mapping, .. } in dense_cases() {
        let architecture = &architectures()[&arch];
        let order = LoopOrder::of(&mapping, problem.dimensions().len());
        let settings = settings(architecture.levels().len(), &problem);
        let design = SparseDesign { densities: Densities::dense(&problem), settings };
        let sparse = SparseModel::new(architecture, &problem, &design).evaluate(&mapping, &order);
        match (evaluate(architecture, &problem, &mapping), sparse) {
            (Ok(dense), Ok(sparse)) => {
                assert_eq!((dense.cycles, dense.outputs), (sparse.cycles, sparse.outputs), "{id}");
                assert!((dense.energy_pj - sparse.energy_pj).abs() <= 1e-12 * dense.energy_pj, "{id}");
                let accesses = sparse.sparse.as_ref().unwrap().levels.iter().zip(&dense.levels);
                for (sparse, dense) in accesses {
                    for (sparse, dense) in sparse.iter().zip(&dense.data_spaces) {
                        let counts = dense.as_ref().map(|dense| {
                            let accesses = dense.accesses;
                            [accesses.reads, accesses.fills, accesses.updates]
                        });
                        assert_eq!(sparse.as_ref().map(|sparse| sparse.accesses.words[0]), counts, "{id}");
                    }
                }
                compared += 1;
            }
            (Err(dense), Err(sparse)) => assert_eq!(dense, sparse, "{id}"),
            (dense, sparse) => panic!("{id}: {:?} and {:?}", dense.err(), sparse.err()),
        }
    }
    assert!(compared > 400, "{compared}");
}

/// The more zeros the leader has, the fewer computes and reads are left; and what is not done is gated or skipped.
#[test]
fn more_zeros_leave_less_to_do() {
    let mut compared = 0;
    for Case { id, arch, problem, mapping, .. } in dense_cases().into_iter().step_by(5) {
        let architecture = &architectures()[&arch];
        let order = LoopOrder::of(&mapping, problem.dimensions().len());
        let operands: Vec<usize> =
            (0..problem.data_spaces().len()).filter(|space| !problem.data_spaces()[*space].read_write).collect();
        let mut before = u64::MAX;
        for share in [1.0, 0.5, 0.25] {
            let mut densities = Densities::dense(&problem);
            densities.set(operands[0], Density::FixedStructured(share));
            let mut settings = settings(architecture.levels().len(), &problem);
            let choice = Choice { target: operands[1], leaders: vec![operands[0]] };
            settings.levels[0].skipping = vec![vec![choice]];
            let design = SparseDesign { densities, settings };
            let Ok(evaluation) = SparseModel::new(architecture, &problem, &design).evaluate(&mapping, &order) else {
                continue;
            };
            let computes = evaluation.sparse.unwrap().computes;
            assert!(computes.actual <= before && computes.actual <= computes.algorithmic, "{id}: {computes:?}");
            before = computes.actual;
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn an_order_of_other_dimensions_is_refused() {
    let Case { arch, problem, mapping, .. } = dense_cases().swap_remove(0);
    let architecture = &architectures()[&arch];
    let settings = settings(architecture.levels().len(), &problem);
    let design = SparseDesign { densities: Densities::dense(&problem), settings };
    let model = SparseModel::new(architecture, &problem, &design);
    let mut order = LoopOrder::of(&mapping, problem.dimensions().len());
    order.levels[0].temporal[0] = 99;
    let refused = Err(Rejection::Mapping(MappingError::Order));
    assert_eq!(model.evaluate(&mapping, &order).map(|_| ()), refused);
    assert_eq!(model.evaluate(&mapping, &LoopOrder::default()).map(|_| ()), refused);
}

/// Sizes and densities that no design has are refused or counted, in a moment.
#[test]
fn hostile_densities_and_sizes_are_refused_or_counted() {
    let densities = [0.0, 1e-300, 0.5, 1.0, 7.0, -3.0, 1e300]
        .into_iter()
        .flat_map(|share| [Density::FixedStructured(share), Density::Hypergeometric(share)])
        .chain([0, 1, u64::MAX].map(Density::Banded));
    let cases = dense_cases();
    for density in densities {
        for Case { arch, problem, mapping, .. } in cases.iter().step_by(97) {
            let architecture = &architectures()[arch];
            let order = LoopOrder::of(mapping, problem.dimensions().len());
            let mut settings = settings(architecture.levels().len(), problem);
            settings.gates_computes = true;
            settings.skips_computes = true;
            let all: Vec<usize> = (0..problem.data_spaces().len()).collect();
            for level in &mut settings.levels {
                level.gating =
                    vec![all.iter().map(|target| Choice { target: *target, leaders: all.clone() }).collect()];
                level.spatial_skipping = vec![Choice { target: 0, leaders: all.clone() }];
            }
            let design = SparseDesign { densities: Densities::common(problem, density), settings };
            let _ = SparseModel::new(architecture, problem, &design).evaluate(mapping, &order);
        }
    }
}

/// docs/model.md section 9.11, worked out by hand.
#[test]
fn ranks_of_a_pretiled_level_have_the_metadata_of_the_worked_example() {
    let input = "
architecture: {version: 0.4, subtree: [{name: system, local: [
  {name: outer, class: DRAM, attributes: {}},
  {name: inner, class: storage, attributes: {entries: 1024}},
  {name: mac, class: intmac, attributes: {}}]}]}
problem:
  instance: {M: 8, K: 8, N: 1, densities: {A: 0.25}}
  shape: {dimensions: [M, K, N], data_spaces: [{name: A, projection: [M, K]}, {name: B, projection: [K, N]},
    {name: Z, projection: [M, N], read_write: true}]}
mapping:
- {target: inner, type: temporal, factors: M=2 K=4, permutation: KMN}
- {target: outer, type: temporal, factors: M=4 K=2, permutation: KMN}
sparse_optimizations: {targets: [
  {name: inner, representation_format: {data_spaces: [{name: A, ranks: [{format: UOP}, {format: CP}]}]}},
  {name: outer, representation_format: {data_spaces: [
    {name: A, ranks: [{format: UOP}, {format: UOP}, {format: UOP}, {format: CP}]}]}}]}";
    let evaluation = printed_design(input).unwrap().evaluation;
    let outer = evaluation.sparse.as_ref().unwrap().levels[1][0].as_ref().unwrap();
    let words: Vec<(u64, u64)> = outer.held_metadata.iter().map(|words| (words.metadata, words.payload)).collect();
    assert_eq!((outer.held, words), (16, vec![(16, 0), (0, 24), (0, 12), (0, 5)]));
    let expected: Vec<(u64, u64)> = outer
        .accesses
        .ranks
        .iter()
        .map(|rank| {
            let reads = rank.words[0][0];
            (reads.metadata, reads.payload)
        })
        .collect();
    assert_eq!(expected, [(16, 0), (0, 24), (0, 12), (0, 5)], "each tile is read once");
}
