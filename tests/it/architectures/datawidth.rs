//! `--datawidth from-network`: a machine for the numbers of a layer.

use onnx2timeloop::api::{Architecture, ExactMapper, ProblemOnArchitecture};
use onnx2timeloop::architecture::Level;
use onnx2timeloop::workload::{
    Axis, Convolution, Densities, DistinctProblem, Number, OperandNumbers, Operation, Problem, ProblemStyle,
};
use proptest::prelude::*;

const SINGLE: Number = Number::float(8, 23);
const HALF: Number = Number::float(5, 10);
const BYTE: Number = Number::integer(8);

/// 8-bit operands and 16-bit sums at 45 nm and 1 ns.
const MACHINE: &str = "
variables: {version: 0.4, technology: \"45nm\", global_cycle_seconds: 1e-9}
architecture:
  version: 0.4
  nodes:
  - !Component
    name: DRAM
    class: DRAM
    attributes: {type: \"LPDDR4\", width: 64, datawidth: 8, read_bandwidth: 8, write_bandwidth: 8}
  - !Component
    name: buffer
    class: smartbuffer_SRAM
    attributes: {depth: 1024, width: 64, datawidth: 8, read_bandwidth: 16, write_bandwidth: 16}
    constraints: {dataspace: {keep: [Inputs, Outputs], bypass: [Weights]}}
  - !Component
    name: weights
    class: smartbuffer_RF
    attributes: {depth: 64, width: 16, datawidth: 8}
    constraints: {dataspace: {keep: [Weights], bypass: [Inputs, Outputs]}}
  - !Component
    name: sums
    class: smartbuffer_RF
    attributes: {depth: 16, width: 16, datawidth: 16}
    constraints: {dataspace: {keep: [Outputs], bypass: [Inputs, Weights]}}
  - !Component
    name: mac
    class: intmac
    attributes: {multiplier_width: 8, adder_width: 16}
";

/// A convolution of 4 channels to 2, 1 x 1 on one pixel: 8 multiply-accumulates, 8 weights.
fn layer(input: Number, weight: Number) -> DistinctProblem {
    let axis = Axis { kernel: 1, stride: 1, dilation: 1, pad_before: 0, pad_after: 0, input: 1, output: 1 };
    let convolution = Convolution {
        batch: 1,
        groups: 1,
        in_channels_per_group: 4,
        out_channels_per_group: 2,
        window: vec![axis; 2],
        transposed: false,
    };
    let problem = Problem::of(&Operation::Convolution(convolution), ProblemStyle::Conv2d).unwrap();
    let operands = Some(OperandNumbers { input, weight });
    let densities = Densities::dense(&problem);
    DistinctProblem { id: "001_layer".into(), problem, operands, densities, layers: vec![0], count: 1 }
}

fn fitted(machine: &str, input: Number, weight: Number) -> ProblemOnArchitecture {
    Architecture::from_text("machine", machine).unwrap().for_distinct(&layer(input, weight)).unwrap()
}

fn level<'a>(fitted: &'a ProblemOnArchitecture, name: &str) -> &'a Level {
    &fitted.architecture.levels()[fitted.architecture.level_index(name).unwrap()]
}

/// Bits of a word, words of a row, words in all.
fn words(fitted: &ProblemOnArchitecture, name: &str) -> (u64, u64, Option<u64>) {
    let level = level(fitted, name);
    (level.word_bits, level.block_size, level.size)
}

#[test]
fn a_layer_of_the_machines_own_numbers_changes_nothing() {
    let design = Architecture::from_text("machine", MACHINE).unwrap();
    let own = design.for_problem(&layer(BYTE, BYTE).problem).unwrap();
    let fitted = design.for_distinct(&layer(BYTE, BYTE)).unwrap();
    assert_eq!(fitted.architecture, own.architecture);
    assert_eq!((fitted.constraints, fitted.warnings), (own.constraints, own.warnings));
}

#[test]
fn buffers_hold_more_or_fewer_words() {
    let single = fitted(MACHINE, SINGLE, SINGLE);
    assert_eq!(words(&single, "DRAM"), (32, 2, None));
    assert_eq!(words(&single, "buffer"), (32, 2, Some(2048)));
    // A row of 16 bits grows to one word, and half of the rows are left. Sums of floats have 32 bits.
    assert_eq!(words(&single, "weights"), (32, 1, Some(32)));
    assert_eq!(words(&single, "sums"), (32, 1, Some(8)));
    // Half precision is added up in single precision.
    let half = fitted(MACHINE, HALF, HALF);
    assert_eq!((words(&half, "buffer"), words(&half, "sums")), ((16, 4, Some(4096)), (32, 1, Some(8))));
    // Sums of integers keep their ratio to the operands; weights of 4 bits beside inputs of 8.
    let four = fitted(MACHINE, BYTE, Number::integer(4));
    assert_eq!((words(&four, "weights"), words(&four, "buffer")), ((4, 4, Some(256)), (8, 8, Some(8192))));
    assert_eq!(words(&four, "sums"), (16, 1, Some(16)));
    let two = fitted(MACHINE, Number::integer(2), Number::integer(2));
    assert_eq!((words(&two, "DRAM"), words(&two, "sums")), ((2, 32, None), (4, 4, Some(64))));
    // 12 bits divide no row of 64 or 16.
    let twelve = fitted(MACHINE, Number::integer(12), Number::integer(12));
    assert_eq!((words(&twelve, "buffer"), words(&twelve, "weights")), ((16, 4, Some(4096)), (16, 1, Some(64))));
}

#[test]
fn bits_of_a_cycle_stay() {
    let (single, four) = (fitted(MACHINE, SINGLE, SINGLE), fitted(MACHINE, Number::integer(4), Number::integer(4)));
    let of = |fitted: &ProblemOnArchitecture| level(fitted, "DRAM").bandwidth.read;
    assert_eq!((of(&single), of(&four)), (Some(2.0), Some(16.0)));
}

#[test]
fn a_level_without_the_bits_of_a_word_is_told_with_its_place() {
    let tiny = MACHINE.replace("depth: 16, width: 16, datawidth: 16", "depth: 1, width: 16, datawidth: 8");
    let design = Architecture::from_text("machine", &tiny).unwrap();
    let error = design.for_distinct(&layer(SINGLE, SINGLE)).unwrap_err().to_string();
    assert!(error.contains("machine:") && error.contains("`sums` has not the bits of one word of 32 bits"), "{error}");
}

#[test]
fn a_register_of_one_word_holds_one_of_any_width() {
    let register = MACHINE.replace("depth: 16, width: 16, datawidth: 16", "depth: 1, width: 16, datawidth: 16");
    assert_eq!(words(&fitted(&register, SINGLE, SINGLE), "sums"), (32, 1, Some(1)));
    assert_eq!(words(&fitted(&register, BYTE, BYTE), "sums"), (16, 1, Some(1)));
}

fn energy(fitted: &ProblemOnArchitecture, component: &str) -> f64 {
    let solution = fitted.search(&ExactMapper::default()).unwrap();
    solution.mapped.components.iter().find(|own| own.name == component).unwrap().energy_pj
}

#[test]
fn units_and_memory_cost_what_the_numbers_cost() {
    let [single, half, byte] = [SINGLE, HALF, BYTE].map(|number| fitted(MACHINE, number, number));
    // Aladdin's single precision at 1 ns: 16.679 pJ for the adder and 35.3 pJ for the multiplier; half of the width is half of the
    // one and a quarter of the other. The library's integers are scaled from 40 to 45 nm by 1.2652.
    let unit = |fitted: &ProblemOnArchitecture| fitted.architecture.arithmetic().energy.pj;
    assert!((unit(&single) - 51.979).abs() < 1e-9, "{}", unit(&single));
    assert!((unit(&half) - 17.1645).abs() < 1e-9, "{}", unit(&half));
    assert!((unit(&byte) - 1.2652 * (0.21 * 16.0 / 32.0 + 12.68 / 16.0)).abs() < 1e-4, "{}", unit(&byte));
    assert!((energy(&single, "mac") - 8.0 * 51.979).abs() < 1e-9);
    // A 64-bit access of LPDDR4 is 512 pJ. 8 weights, 4 inputs and 2 outputs are accesses of 8, 4 or 2 words, outputs written once.
    assert_eq!(energy(&byte, "DRAM"), 512.0 * (1.0 + 1.0 + 1.0));
    assert_eq!(energy(&half, "DRAM"), 512.0 * (2.0 + 1.0 + 1.0));
    assert_eq!(energy(&single, "DRAM"), 512.0 * (4.0 + 2.0 + 1.0));
}

#[test]
fn floats_off_aladdins_nodes_are_scaled_and_say_so() {
    let at = |node: &str| fitted(&MACHINE.replace("45nm", node), SINGLE, SINGLE);
    let source = |fitted: &ProblemOnArchitecture| fitted.tables.action_source("mac", "compute").unwrap();
    assert_eq!(source(&at("45nm")), "Aladdin tables, 40 and 45 nm");
    let scaled = at("65nm");
    assert_eq!(source(&scaled), "Aladdin's floating-point units, 40 nm scaled to 65 nm (Accelergy has none)");
    assert!(scaled.architecture.arithmetic().energy.pj > 51.979);
}

#[test]
fn integers_on_a_machine_of_floats_get_units_of_integers() {
    let floats = MACHINE
        .replace("class: intmac", "class: fpmac")
        .replace("multiplier_width: 8, adder_width: 16", "exponent: 4, mantissa: 4");
    let eight = Number::float(4, 3);
    let design = Architecture::from_text("machine", &floats).unwrap();
    let own = design.for_problem(&layer(eight, eight).problem).unwrap();
    assert_eq!(design.for_distinct(&layer(eight, eight)).unwrap().architecture, own.architecture);
    // Another format of eight bits is another unit of the same width.
    let other = design.for_distinct(&layer(Number::float(5, 2), Number::float(5, 2))).unwrap();
    assert_eq!(other.architecture.levels(), own.architecture.levels());
    let units = design.for_distinct(&layer(BYTE, BYTE)).unwrap().architecture.arithmetic().clone();
    assert_eq!((units.class.as_str(), units.word_bits), ("intmac", own.architecture.arithmetic().word_bits));
    assert!(units.energy.pj < own.architecture.arithmetic().energy.pj);
}

#[test]
fn stated_energies_of_other_rows_are_used_unchanged_with_a_warning() {
    let stated = |name: &str| {
        let actions = "actions: [{name: read, energy: 3.0}, {name: write, energy: 3.0}, {name: compute, energy: 3.0}]";
        format!("{MACHINE}ERT: {{version: 0.4, tables: [{{name: \"s.{name}[1..1]\", {actions}}}]}}\n")
    };
    let warned = |machine: &str, number| {
        let warnings = fitted(machine, number, number).warnings;
        warnings.into_iter().filter(|warning| warning.contains("machine's own widths")).collect::<Vec<_>>()
    };
    assert_eq!(warned(&stated("weights"), BYTE), Vec::<String>::new());
    for name in ["weights", "mac"] {
        let [warning] = &warned(&stated(name), SINGLE)[..] else { panic!("one warning") };
        let expected = format!("the stated energies of `{name}` are those of the machine's own widths");
        assert!(warning.starts_with(&expected), "{warning}");
    }
    assert_eq!(level(&fitted(&stated("weights"), SINGLE, SINGLE), "weights").energy.read.pj, 3.0);
    // Its rows are as long as before, with other words in them.
    assert_eq!(warned(&stated("buffer"), SINGLE), Vec::<String>::new());
    assert_eq!(warned(MACHINE, SINGLE), Vec::<String>::new());
    let attribute = MACHINE.replace("depth: 64, width: 16,", "depth: 64, width: 16, vector_access_energy: 2.0,");
    assert_eq!(warned(&attribute, SINGLE).len(), 1);
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![(1u32..128).prop_map(Number::integer), (0u32..12, 0u32..60).prop_map(|(e, m)| Number::float(e, m))]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Rows, bits of a cycle and bits of a level are never more than before, but for rows that grew to one word.
    #[test]
    fn any_numbers_fit_the_same_memories(input in number(), weight in number()) {
        let design = Architecture::from_text("machine", MACHINE).unwrap();
        let distinct = layer(input, weight);
        let own = design.for_problem(&distinct.problem).unwrap();
        let fitted = design.for_distinct(&distinct).unwrap();
        for (level, before) in fitted.architecture.levels().iter().zip(own.architecture.levels()) {
            let row = level.word_bits * level.block_size;
            let old = before.word_bits * before.block_size;
            prop_assert!(row == old || (level.block_size == 1 && row > old), "{}: {row} {old}", level.name);
            if let (Some(size), Some(old)) = (level.size, before.size) {
                prop_assert!(size > 0 && size * level.word_bits <= old * before.word_bits, "{}", level.name);
            }
            if let (Some(words), Some(old)) = (level.bandwidth.read, before.bandwidth.read) {
                #[expect(clippy::cast_precision_loss, reason = "words are short")]
                let bits = (words * level.word_bits as f64, old * before.word_bits as f64);
                prop_assert!((bits.0 - bits.1).abs() < 1e-9 * bits.1);
            }
        }
        prop_assert!(fitted.architecture.arithmetic().energy.pj > 0.0);
    }
}
