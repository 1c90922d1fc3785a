//! What a mapping that was written by hand costs: `cargo run --example cost_of_a_mapping`.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use onnx2timeloop::api::{Architecture, Error, Network};

/// Main memory, a buffer of 64 KB, and 16 multipliers in a row, as timeloop-model reads it.
const ARCHITECTURE: &str = "
architecture:
  version: 0.3
  subtree:
  - name: system
    local:
    - {name: DRAM, class: DRAM, attributes: {width: 64, word-bits: 16}}
    subtree:
    - name: chip
      local:
      - {name: buffer, class: SRAM, attributes: {depth: 8192, width: 64, word-bits: 16}}
      - {name: 'mac[0..15]', class: intmac, attributes: {datawidth: 16, meshX: 16}}
";

/// From the outermost level inwards: rows of the output and filters in main memory, 16 filters side by side, and in the buffer a row
/// of the output with its kernels.
const MAPPING: &str = "
mapping:
- {target: DRAM, type: temporal, factors: [P=112, M=4], permutation: [M, P]}
- {target: buffer, type: spatial, factors: [M=16]}
- {target: buffer, type: temporal, factors: [R=7, S=7, C=3, Q=112], permutation: [R, S, C, Q]}
";

fn main() -> Result<(), Error> {
    let network = Network::open(concat!(env!("CARGO_MANIFEST_DIR"), "/models/resnet18__ts_rbn.onnx"))?;
    let first_layer = &network.problems()[0].problem;
    let on_architecture = Architecture::from_text("row_of_16", ARCHITECTURE)?.for_problem(first_layer)?;
    let mapping = on_architecture.read_mapping(MAPPING)?.value;
    let evaluation = on_architecture.evaluate(&mapping)?;
    println!("{} cycles, {:.2} uJ", evaluation.cycles, evaluation.energy_pj / 1e6);
    for (level, used) in on_architecture.architecture.levels().iter().zip(&evaluation.levels) {
        println!("{:<8} {} accesses an instance", level.name, used.accesses());
    }
    let [_, (_, loop_nest), _] = on_architecture.files(&mapping, &evaluation);
    println!("\n{loop_nest}");
    Ok(())
}
