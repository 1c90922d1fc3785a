//! The best mapping of every layer of a network on an own architecture: `cargo run --example best_mapping`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it finds")]

use onnx2timeloop::api::{Architecture, Error, ExactMapper, Network, Status};

/// Weights stay in the registers of 8 x 8 PEs: input channels across X, filters across Y. Energies are Timeloop's estimates, except
/// for those that the attributes state.
const ARCHITECTURE: &str = "
architecture:
  version: 0.4
  nodes:
  - !Component
    name: DRAM
    class: DRAM
    attributes: {width: 64, datawidth: 8, vector_access_energy: 512}
  - !Component
    name: buffer
    class: SRAM
    attributes: {depth: 16384, width: 64, datawidth: 8}
  - !Container
    name: PE
    spatial: {meshX: 8, meshY: 8}
    constraints:
      spatial: {permutation: [C, M], factors: [R=1, S=1, P=1, Q=1, N=1], split: 1}
  - !Component
    name: register
    class: regfile
    attributes: {depth: 16, width: 8, datawidth: 8}
    constraints:
      dataspace: {keep: [Weights], bypass: [Inputs, Outputs]}
  - !Component
    name: mac
    class: intmac
    attributes: {datawidth: 8}
";

fn main() -> Result<(), Error> {
    let network = Network::open(concat!(env!("CARGO_MANIFEST_DIR"), "/models/resnet18__ts_rbn.onnx"))?;
    let architecture = Architecture::from_text("weight_stationary_8x8", ARCHITECTURE)?;
    architecture.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    println!("estimated energies: {}\n", architecture.guessed_energies().join(", "));
    for distinct in network.problems() {
        let best = architecture.for_problem(&distinct.problem)?.search(&ExactMapper::default())?;
        let proof = match best.status {
            Status::Optimal => "no mapping is better".to_owned(),
            Status::Gap(gap) => format!("at most {:.1} % of its energy-delay product to gain", 100.0 * gap),
            Status::Infeasible(_) | Status::Unknown => "not proved".to_owned(),
        };
        let evaluation = &best.evaluation;
        println!(
            "{:<32} {:>10} cycles, {:>8.1} uJ, {:>5.1} % of the multipliers; {proof}",
            distinct.id,
            evaluation.cycles,
            evaluation.energy_pj / 1e6,
            100.0 * evaluation.utilization
        );
    }
    Ok(())
}
