//! The shipped designs that make use of zeros do with one mapping what is published of the machines.

use assert_cmd::assert::OutputAssertExt;
use serde_json::Value;

use crate::kit::{folder, json, program};

/// A convolution with these densities.
fn problem(densities: &str) -> String {
    format!(
        "problem:
  version: 0.4
  instance: {{C: 16, M: 32, R: 3, S: 3, N: 1, P: 8, Q: 8, densities: {densities}}}
  shape:
    name: conv2d
    dimensions: [C, M, R, S, N, P, Q]
    data_spaces:
    - {{name: Weights, projection: [[[C]], [[M]], [[R]], [[S]]]}}
    - {{name: Inputs, projection: [[[N]], [[C]], [[R], [P]], [[S], [Q]]]}}
    - {{name: Outputs, projection: [[[N]], [[M]], [[Q]], [[P]]], read_write: true}}
"
    )
}

const MACS: u64 = 16 * 32 * 9 * 64;

/// Filters inside channels and taps in a PE; rows of outputs one after the other.
const ROW_STATIONARY: &str = "
mapping:
- {target: psum_spad, type: datatype, keep: [Outputs], bypass: [Weights, Inputs]}
- {target: weights_spad, type: datatype, keep: [Weights], bypass: [Inputs, Outputs]}
- {target: ifmap_spad, type: datatype, keep: [Inputs], bypass: [Weights, Outputs]}
- {target: shared_glb, type: datatype, keep: [Inputs, Outputs], bypass: [Weights]}
- {target: psum_spad, type: temporal, factors: M8, permutation: M}
- {target: weights_spad, type: temporal, factors: C4 R3, permutation: CR}
- {target: inter_PE_spatial, type: spatial, factors: S3 C4, permutation: SC, split: 0}
- {target: inter_PE_column_spatial, type: spatial, factors: M4, permutation: M, split: 1}
- {target: shared_glb, type: temporal, factors: P8 Q2, permutation: PQ}
- {target: DRAM, type: temporal, factors: Q4, permutation: Q}
";

/// Filters and positions over the quarters and cores of eight multiprocessors, taps one after the other.
const BLOCKS: &str = "
mapping:
- {target: input_registers, type: datatype, keep: [Inputs], bypass: [Weights, Outputs]}
- {target: weight_registers, type: datatype, keep: [Weights], bypass: [Inputs, Outputs]}
- {target: sum_registers, type: datatype, keep: [Outputs], bypass: [Weights, Inputs]}
- {target: shared_memory, type: datatype, keep: [Weights, Inputs], bypass: [Outputs]}
- {target: l2, type: datatype, keep: [Weights, Inputs, Outputs], bypass: []}
- {target: inter_mac_spatial, type: spatial, factors: C8, permutation: C, split: 0}
- {target: inter_dot_product_spatial, type: spatial, factors: M8, permutation: M, split: 1}
- {target: input_registers, type: temporal, factors: Q2, permutation: Q}
- {target: inter_position_spatial, type: spatial, factors: Q4, permutation: Q, split: 0}
- {target: inter_quarter_spatial, type: spatial, factors: M4, permutation: M, split: 1}
- {target: shared_memory, type: temporal, factors: C2 R3 S3, permutation: CRS}
- {target: inter_SM_spatial, type: spatial, factors: P8, permutation: P, split: 1}
";

/// The record of an evaluation; levels that stand for a fan-out keep nothing.
fn evaluated(preset: &str, mapping: &str, densities: &str) -> Value {
    let fan_outs = mapping.lines().filter(|line| line.contains("type: spatial"));
    let passing: String = fan_outs
        .map(|line| {
            let target = line.split(',').next().unwrap();
            format!("{target}, type: datatype, keep: [], bypass: [Weights, Inputs, Outputs]}}\n")
        })
        .collect();
    let mapping = format!("{mapping}{passing}");
    let files = folder(&[("problem.yaml", &problem(densities)), ("map.yaml", &mapping)]);
    let path = files.path();
    let mut command = program();
    command.args(["evaluate", "--arch", preset, "--problem"]).arg(path.join("problem.yaml"));
    command.arg("--mapping").arg(path.join("map.yaml")).arg("-o").arg(path.join("out")).assert().success().stderr("");
    json(&path.join("out/timeloop-model.json"))
}

const DENSE: &str = "{}";

fn fixed(space: &str, density: f64) -> String {
    format!("{{{space}: {{distribution: fixed_structured, density: {density}}}}}")
}

/// A quarter of the activations is not zero.
fn quarter() -> String {
    fixed("Inputs", 0.25).replace("}}", &format!("}}, {}", &fixed("Outputs", 0.25)[1..]))
}

fn named<'r>(list: &'r Value, name: &str) -> &'r Value {
    list.as_array().unwrap().iter().find(|each| each["name"] == name).unwrap_or_else(|| panic!("{name}"))
}

/// What becomes of a data space at a level.
fn space<'r>(record: &'r Value, level: &str, space: &str) -> &'r Value {
    named(&named(&record["sparse"]["levels"], level)["data_spaces"], space)
}

fn energy(record: &Value) -> f64 {
    record["energy_pj"].as_f64().unwrap()
}

#[test]
fn gating_saves_energy_and_no_time() {
    let dense = evaluated("eyeriss_gated_like", ROW_STATIONARY, DENSE);
    let quarter = evaluated("eyeriss_gated_like", ROW_STATIONARY, &quarter());
    // A PE reads a weight for each multiplication, gated or not.
    let cycles = MACS / (12 * 4);
    assert_eq!((&dense["arithmetic"]["cycles"], &quarter["cycles"]), (&cycles.into(), &cycles.into()));
    assert!(energy(&quarter) < energy(&dense));
    let multiplied = |record: &Value| record["arithmetic"]["energy_pj"].as_f64().unwrap();
    assert!((multiplied(&quarter) / multiplied(&dense) - 0.25).abs() < 1e-9);
    assert_eq!(quarter["sparse"]["actual_computes"], MACS / 4);
    let weights = space(&quarter, "weights_spad", "Weights");
    assert_eq!(weights["gated"]["reads"].as_u64().unwrap(), 3 * weights["actual"]["reads"].as_u64().unwrap());
    // Zero weights are read and multiplied.
    let pruned = evaluated("eyeriss_gated_like", ROW_STATIONARY, &fixed("Weights", 0.25));
    assert_eq!((energy(&pruned), &pruned["cycles"]), (energy(&dense), &dense["cycles"]));
}

/// 5 bits of run with each value that is not zero, in DRAM only.
#[test]
fn activations_lie_run_length_coded_in_dram() {
    let quarter = evaluated("eyeriss_gated_like", ROW_STATIONARY, &quarter());
    let dense = evaluated("eyeriss_gated_like", ROW_STATIONARY, DENSE);
    let outputs = &space(&quarter, "DRAM", "Outputs")["actual"];
    assert_eq!((&outputs["updates"], &outputs["metadata_update_bits"]), (&512.into(), &(5 * 512).into()));
    // Tiles of inputs share rows; runs are coded for each: a quarter of 640 words, four times.
    let inputs = &space(&quarter, "DRAM", "Inputs")["actual"];
    assert_eq!((&inputs["reads"], &inputs["metadata_read_bits"]), (&400.into(), &(5 * 640).into()));
    assert_eq!(space(&dense, "DRAM", "Inputs")["actual"]["reads"], 1600);
    assert_eq!(space(&quarter, "shared_glb", "Inputs")["formats"], Value::Array(Vec::new()));
    assert_eq!(space(&quarter, "shared_glb", "Inputs")["decompressions"], 1600);
    assert_eq!(space(&quarter, "DRAM", "Weights")["formats"], Value::Array(Vec::new()));
}

#[test]
fn two_of_four_weights_take_half_the_time_and_fewer_not_less() {
    let at = |density: f64| evaluated("a100_sparse_like", BLOCKS, &fixed("Weights", density));
    let (dense, half, quarter) = (evaluated("a100_sparse_like", BLOCKS, DENSE), at(0.5), at(0.25));
    let cycles = MACS / (8 * 8 * 4 * 4 * 8);
    let all = [&dense, &half, &quarter];
    let computing = all.map(|record| record["arithmetic"]["cycles"].as_u64().unwrap());
    assert_eq!(computing, [cycles, cycles / 2, cycles / 4]);
    // Registers give what twice the speed takes, and no more.
    let fed = all.map(|record| named(&record["levels"], "input_registers")["cycles"].as_u64().unwrap());
    assert_eq!(fed, [cycles, cycles / 2, cycles / 2]);
    assert_eq!(
        (&half["sparse"]["actual_computes"], &half["sparse"]["skipped_computes"]),
        (&(MACS / 2).into(), &(MACS / 2).into())
    );
    assert!(energy(&half) < energy(&dense) && energy(&quarter) < energy(&half));
    // Zero inputs are multiplied.
    let zeros = evaluated("a100_sparse_like", BLOCKS, &fixed("Inputs", 0.5));
    assert_eq!((energy(&zeros), &zeros["cycles"]), (energy(&dense), &dense["cycles"]));
}

/// 2 bits with each weight that is not zero, at every level.
#[test]
fn structured_weights_carry_their_places() {
    let half = evaluated("a100_sparse_like", BLOCKS, &fixed("Weights", 0.5));
    for level in ["DRAM", "l2", "shared_memory", "weight_registers"] {
        let weights = space(&half, level, "Weights");
        let (held, tile) = (weights["held_words"].as_u64().unwrap(), weights["tile_words"].as_u64().unwrap());
        assert_eq!(2 * held, tile, "{level}");
        let (words, bits) = (&weights["actual"]["reads"], &weights["actual"]["metadata_read_bits"]);
        assert_eq!(bits.as_u64().unwrap(), 2 * words.as_u64().unwrap(), "{level}");
        assert!(weights["metadata_energy_pj"].as_f64().unwrap() > 0.0, "{level}");
    }
}
