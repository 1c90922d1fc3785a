//! Mappings of equal value: the one of lower cost counts, in every search.

use onnx2timeloop::mapper::{ExactMapper, Mapper, Metric, NoProgress, RandomMapper, SearchSettings, Status};
use onnx2timeloop::model::evaluate;

use crate::kit::Input;

/// A one-dimensional convolution on one unit: a memory, a buffer and registers, with energies far apart. One compute per cycle is
/// reached by mappings of very different energy.
fn input() -> Input {
    Input::parse(
        "
architecture:
  version: 0.4
  subtree:
  - name: system
    local:
    - {name: memory, class: DRAM, attributes: {width: 256, word_bits: 8, block_size: 32}}
    - {name: buffer, class: SRAM, attributes: {entries: 262144, word_bits: 8, block_size: 8}}
    - {name: registers, class: regfile, attributes: {entries: 64, word_bits: 8}}
    - {name: mac, class: intmac, attributes: {word_bits: 8}}
ERT:
  version: 0.4
  tables:
  - {name: system.memory, actions: [{name: read, energy: 2048}, {name: write, energy: 2048}, {name: update, energy: 2048}]}
  - name: system.buffer
    actions: [{name: read, energy: 43.353}, {name: write, energy: 30.878}, {name: update, energy: 30.878}, {name: leak, energy: 0.008}]
  - name: system.registers
    actions: [{name: read, energy: 0.42564}, {name: write, energy: 0.42564}, {name: update, energy: 0.42564}, {name: leak, energy: 0.00086}]
  - {name: system.mac, actions: [{name: compute, energy: 0.845}]}
problem:
  version: 0.4
  instance: {K: 32, R: 3, P: 16}
  shape:
    name: row
    dimensions: [K, R, P]
    data_spaces:
    - {name: Weights, projection: [[[K]], [[R]]]}
    - {name: Inputs, projection: [[[R], [P]]]}
    - {name: Outputs, projection: [[[K]], [[P]]], read_write: true}
",
    )
}

/// Energy per compute in pJ, and cycles, of what a search for `metrics` finds.
fn best(input: &Input, metrics: &[Metric]) -> (f64, u64) {
    let mapper = ExactMapper { metrics: metrics.to_vec(), ..ExactMapper::default() };
    let outcome = mapper.search(input.job(), &NoProgress).unwrap();
    assert_eq!(outcome.status, Status::Optimal);
    let found = outcome.best.unwrap();
    let evaluation = evaluate(&input.architecture, &input.problem, &found.mapping).unwrap();
    (evaluation.energy_pj / 1536.0, evaluation.cycles)
}

#[test]
fn of_mappings_of_equal_delay_the_one_of_least_energy_is_found() {
    let input = input();
    let (energy, cycles) = best(&input, &[Metric::Delay]);
    assert_eq!(cycles, 1536);
    assert_eq!((energy, cycles), best(&input, &[Metric::Energy]));
    assert!((28.0..30.0).contains(&energy), "{energy}");
}

#[test]
fn of_mappings_of_equal_accesses_the_one_of_least_cost_is_found() {
    let input = input();
    let outermost = best(&input, &[Metric::LastLevelAccesses]);
    assert_eq!(outermost, best(&input, &[Metric::LastLevelAccesses, Metric::Edp]));
}

/// The random search keeps the cheaper of two equal mappings, without calling it an improvement.
#[test]
fn random_search_keeps_the_cheaper_of_equal_mappings() {
    let input = input();
    let energy = |metric: Metric| {
        let settings = SearchSettings {
            metrics: vec![metric],
            search_size: 2_000,
            victory_condition: 0,
            ..SearchSettings::default()
        };
        let mapper = RandomMapper { settings, seed: 1, budget: onnx2timeloop::mapper::Budget::default() };
        mapper.search(input.job(), &NoProgress).unwrap().best.unwrap().cost
    };
    // Every mapping takes the same cycles, so that the least energy is the best of both.
    assert_eq!(energy(Metric::Delay), energy(Metric::Energy));
}
