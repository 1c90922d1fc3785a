//! Public sparse designs, described anew in version 0.4: with the recorded problem, mapping and energies the statistics are the real
//! program's, byte for byte.

use assert_cmd::assert::OutputAssertExt;
use serde_yaml::{Mapping, Value};

use crate::kit::{data, folder, program, read};

/// Metadata of four bits in rows of four.
const FOUR_BITS: &str = "metadata_storage_width: 4, metadata_datawidth: 4";

/// Nodes of the designs: the name of the recording, and its levels.
fn designs() -> Vec<(&'static str, String)> {
    let head = "variables: {version: 0.4, technology: \"45nm\", global_cycle_seconds: 1e-9}
architecture:
  version: 0.4
  nodes:
";
    let mac = "  - !Component {name: mac, class: intmac, attributes: {multiplier_width: 8, adder_width: 16}}\n";
    let skipping = |entries: &[(&str, &str)]| -> String {
        let entry = |(target, leaders): &(&str, &str)| {
            format!("      - {{type: skipping, options: [{{target: {target}, condition_on: [{leaders}]}}]}}\n")
        };
        entries.iter().map(entry).collect()
    };
    let backing = format!(
        "  - !Container {{name: system}}
  - !Component
    name: BackingStorage
    class: smartbuffer_metadata
    attributes: {{depth: 512, width: 32, datawidth: 8, metadata_storage_depth: 128, {FOUR_BITS}}}
    sparse_optimizations:
      representation_format:
        data_spaces:
"
    );
    let buffer = |depth: u64, metadata_depth: u64, more: &str| {
        format!(
            "  - !Component
    name: Buffer
    class: storage
    subclass: regfile_metadata
    attributes: {{depth: {depth}, width: 8, datawidth: 8, metadata_storage_depth: {metadata_depth}, {FOUR_BITS}{more}}}
    sparse_optimizations:
      representation_format:
        data_spaces:
"
        )
    };
    let dot_product = format!(
        "  - !Container {{name: PE}}\n{}        - {{name: A, ranks: [{{format: CP}}]}}\n      action_optimization:\n{}",
        buffer(64, 32, ", read_bandwidth: 4, write_bandwidth: 3"),
        skipping(&[("B", "A"), ("Z", "A")])
    );
    let matrices = format!(
        "{backing}        - {{name: A, ranks: [{{format: UOP}}, {{format: CP}}]}}
        - {{name: B, ranks: [{{format: UOP}}, {{format: UOP}}, {{format: CP}}]}}
{}        - {{name: B, ranks: [{{format: UOP}}, {{format: CP}}]}}
        - {{name: A, ranks: [{{format: UOP}}, {{format: CP}}]}}
      action_optimization:\n{}",
        buffer(64, 64, ", read_bandwidth: 5, write_bandwidth: 5"),
        skipping(&[("A", "B"), ("B", "A"), ("Z", "A, B")])
    );
    let spatial = format!(
        "{backing}        - {{name: Weights, ranks: [{{format: UOP}}, {{format: UOP}}, {{format: RLE}}]}}
  - !Container {{name: PE, spatial: {{meshX: 4}}}}
{}        - {{name: Weights, ranks: [{{format: RLE}}]}}
      action_optimization:\n{}",
        buffer(128, 64, ""),
        skipping(&[("Inputs", "Weights"), ("Outputs", "Weights")])
    );
    let designs = [
        ("06-model-exercises-SCDU-dot-product", dot_product),
        ("03-model-exercises-spMspM-tiled", matrices),
        ("04-model-exercises-conv1d-oc-spatial", spatial),
        ("05-model-exercises-eyeriss-onchip-compression", row_stationary()),
    ];
    designs.into_iter().map(|(name, nodes)| (name, format!("{head}{nodes}{mac}"))).collect()
}

/// Activations are run-length coded from DRAM to the scratchpads, in ranks that take all loops.
fn row_stationary() -> String {
    let coded = |space: &str, outer: usize| {
        let ranks = vec!["{format: UOP, flattened_rankIDs: [['*']]}, "; outer].concat();
        format!("{{name: {space}, ranks: [{ranks}{{format: RLE, flattened_rankIDs: [['*']]}}]}}")
    };
    let (dram, glb, spad) = (coded("Inputs", 2), coded("Inputs", 1), coded("Inputs", 0));
    let outputs = coded("Outputs", 1);
    format!(
        "  - !Container {{name: eyeriss_168}}
  - !Component
    name: DRAM
    class: DRAM
    attributes: {{width: 64, datawidth: 16, metadata_storage_width: 60, metadata_datawidth: 5}}
    sparse_optimizations: {{representation_format: {{data_spaces: [{dram}, {outputs}]}}}}
  - !Component
    name: shared_glb
    class: storage
    subclass: smartbuffer_metadata
    attributes: {{depth: 12800, width: 64, n_banks: 1, read_bandwidth: 16, write_bandwidth: 16, datawidth: 16,
      metadata_storage_depth: 4096, metadata_storage_width: 32, metadata_datawidth: 4, metadata_counter_width: 9,
      decompression_supported: true, compression_supported: true}}
    sparse_optimizations: {{representation_format: {{data_spaces: [{glb}]}}}}
  - !Container {{name: PE_column, spatial: {{meshX: 14}}}}
  - !Container {{name: PE, spatial: {{meshY: 12}}}}
  - !Parallel
    nodes:
    - !Component
      name: ifmap_spad
      class: storage
      subclass: smartbuffer_RF
      attributes: {{depth: 12, width: 16, datawidth: 16, metadata_storage_width: 8, metadata_storage_depth: 4, metadata_datawidth: 4,
        read_bandwidth: 2, write_bandwidth: 2}}
      constraints: {{dataspace: {{keep: [Inputs]}}}}
      sparse_optimizations: {{representation_format: {{data_spaces: [{spad}]}}}}
    - !Component
      name: weights_spad
      class: storage
      subclass: smartbuffer_RF
      attributes: {{depth: 224, width: 16, datawidth: 16, read_bandwidth: 2, write_bandwidth: 2}}
      constraints: {{dataspace: {{keep: [Weights]}}}}
      sparse_optimizations: {{action_optimization: [{{type: skipping, options: [{{target: Weights, condition_on: [Inputs]}}]}}]}}
    - !Component
      name: psum_spad
      class: storage
      subclass: smartbuffer_RF
      attributes: {{depth: 224, width: 16, datawidth: 16}}
      constraints: {{dataspace: {{keep: [Outputs]}}}}
"
    )
}

#[test]
fn public_designs_in_version_04_have_the_recorded_statistics() {
    for (name, description) in designs() {
        let recording = data("sparse/raw").join(name);
        let input: Value = serde_yaml::from_str(&read(&recording.join("input.yaml"))).unwrap();
        let rest: Mapping =
            ["problem", "mapping", "ERT", "ART"].into_iter().map(|key| (key.into(), input[key].clone())).collect();
        let files = folder(&[("design.yaml", &description), ("rest.yaml", &serde_yaml::to_string(&rest).unwrap())]);
        let path = files.path();
        let mut command = program();
        command.env("TIMELOOP_HIDE_INCONSEQUENTIAL_STATS", "1").arg("evaluate").arg(path.join("design.yaml"));
        command.arg(path.join("rest.yaml")).arg("-o").arg(path.join("out")).assert().success();
        for text in ["stats.txt", "map.txt"] {
            let file = format!("timeloop-model.{text}");
            assert!(read(&path.join("out").join(&file)) == read(&recording.join(&file)), "{name}: {file}");
        }
    }
}
