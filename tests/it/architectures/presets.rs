//! The shipped designs against what is published of the machines, and small layers on each of them.

use onnx2timeloop::api::{Architecture, ExactMapper, Network, NetworkOptions, Status};
use onnx2timeloop::architecture::presets::PRESETS;
use onnx2timeloop::workload::Problem;
use prost::Message;

use crate::kit::onnx::{FLOAT, dims, graph, info, int, int_list, model_of, node, tensor};

/// Published figures of a machine.
struct Published {
    name: &'static str,
    macs: u64,
    clock_hz: f64,
    dram_bytes_per_second: f64,
    /// Bytes of all instances of a buffer together.
    buffers: &'static [(&'static str, u64)],
}

const KIB: u64 = 1024;

const MACHINES: [Published; 7] = [
    Published {
        name: "tpu_v1_like",
        macs: 65_536,
        clock_hz: 700e6,
        dram_bytes_per_second: 30e9,
        buffers: &[
            ("unified_buffer", 24 * 1024 * KIB),
            ("accumulators", 4 * 1024 * KIB),
            ("weight_fifo", 4 * 64 * KIB),
        ],
    },
    Published {
        name: "nvdla_like",
        macs: 2048,
        clock_hz: 1e9,
        dram_bytes_per_second: 20e9,
        buffers: &[("cbuf", 512 * KIB), ("cacc", 136 * 128)],
    },
    Published {
        name: "eyeriss_v2_like",
        macs: 192 * 2,
        clock_hz: 200e6,
        dram_bytes_per_second: 25.6e9,
        // 192 KiB together; in a PE without the bits of run lengths 16, 192, and 32 x 20 bits.
        buffers: &[
            ("iact_glb", 16 * 3 * 1536),
            ("psum_glb", 16 * 4 * 1920),
            ("iact_spad", 192 * 16),
            ("weight_spad", 192 * 192),
            ("psum_spad", 192 * 80),
        ],
    },
    Published {
        name: "ethos_u65_like",
        macs: 256,
        clock_hz: 1e9,
        dram_bytes_per_second: 3.75e9,
        buffers: &[("sram", 384 * KIB), ("activation_buffer", 24 * KIB), ("sum_buffer", 24 * KIB)],
    },
    Published {
        name: "a100_like",
        macs: 108 * 4 * 256,
        clock_hz: 1410e6,
        dram_bytes_per_second: 1555e9,
        buffers: &[
            ("l2", 40 * 1024 * KIB),
            ("shared_memory", 108 * 164 * KIB),
            ("operand_registers", 108 * 4 * 32 * KIB),
            ("sum_registers", 108 * 4 * 32 * KIB),
        ],
    },
    Published {
        name: "eyeriss_gated_like",
        macs: 168,
        clock_hz: 200e6,
        // A link of 64 bits at 60 MHz.
        dram_bytes_per_second: 480e6,
        buffers: &[
            ("shared_glb", 25 * 4 * KIB),
            ("ifmap_spad", 168 * 24),
            ("weights_spad", 168 * 448),
            ("psum_spad", 168 * 48),
        ],
    },
    Published {
        name: "a100_sparse_like",
        macs: 108 * 4 * 256,
        clock_hz: 1410e6,
        dram_bytes_per_second: 1555e9,
        buffers: &[
            ("l2", 40 * 1024 * KIB),
            ("shared_memory", 108 * 164 * KIB),
            ("weight_registers", 108 * 4 * 16 * KIB),
            ("input_registers", 108 * 4 * 16 * KIB),
            ("sum_registers", 108 * 4 * 32 * KIB),
        ],
    },
];

#[test]
fn machines_are_as_large_and_as_fast_as_published() {
    for machine in MACHINES {
        let name = machine.name;
        let opened = Architecture::open(name).unwrap();
        let design = opened.resolved();
        assert_eq!(design.arithmetic().mesh.product(), machine.macs, "{name}");
        for &(buffer, bytes) in machine.buffers {
            let level = &design.levels()[design.level_index(buffer).unwrap_or_else(|| panic!("{name}: {buffer}"))];
            let words = level.size.unwrap() * level.instances;
            assert_eq!(words * level.word_bits, bytes * 8, "{name}: bits of {buffer}");
        }
        let dram = design.levels().last().unwrap();
        let words_per_cycle = machine.dram_bytes_per_second * 8.0 / dram.word_bits as f64 / machine.clock_hz;
        let stated = dram.bandwidth.shared.unwrap();
        assert!((stated / words_per_cycle - 1.0).abs() < 1e-9, "{name}: {stated} words a cycle, not {words_per_cycle}");
    }
}

#[test]
fn presets_open_without_remarks_and_name_their_sources() {
    for preset in PRESETS {
        let opened = Architecture::open(preset.name).unwrap();
        assert_eq!(opened.warnings, Vec::<String>::new(), "{}", preset.name);
        if preset.energy.is_empty() {
            let head: Vec<&str> = preset.text.lines().take_while(|line| line.starts_with('#')).collect();
            for part in ["# Source: ", "# Memory: ", "# Assumed: ", "# What this language cannot say: "] {
                assert!(head.iter().any(|line| line.starts_with(part)), "{}: {part}", preset.name);
            }
        }
    }
}

/// A convolution, a depthwise one, a dilated one with a stride, and a matrix product.
fn problems() -> Vec<(String, Problem)> {
    let conv = |input: &str, weight: &str, output: &str, attributes| {
        node("Conv", &format!("{input} {weight}"), output, attributes)
    };
    let nodes = vec![
        conv("x", "dense", "a", vec![int_list("pads", &[1; 4])]),
        conv("a", "depthwise", "b", vec![int_list("pads", &[1; 4]), int("group", 16)]),
        conv(
            "b",
            "dilated",
            "c",
            vec![int_list("pads", &[2; 4]), int_list("dilations", &[2, 2]), int_list("strides", &[2, 2])],
        ),
        node("Flatten", "c", "d", vec![]),
        node("Gemm", "d full", "y", vec![]),
    ];
    let weights = vec![
        tensor("dense", FLOAT, &[16, 8, 3, 3]),
        tensor("depthwise", FLOAT, &[16, 1, 3, 3]),
        tensor("dilated", FLOAT, &[8, 16, 3, 3]),
        tensor("full", FLOAT, &[128, 12]),
    ];
    let model = model_of(17, graph(vec![info("x", FLOAT, &dims(&[1, 8, 8, 8]))], weights, nodes, "y"));
    let network = Network::from_bytes(model.encode_to_vec(), "small", &NetworkOptions::default()).unwrap();
    network.problems().iter().map(|distinct| (distinct.id.clone(), distinct.problem.clone())).collect()
}

#[test]
fn small_layers_are_proved_on_every_preset() {
    let problems = problems();
    assert_eq!(problems.len(), 4);
    for preset in PRESETS {
        let architecture = Architecture::open(preset.name).unwrap();
        for (id, problem) in &problems {
            let best = architecture.for_problem(problem).unwrap().search(&ExactMapper::default()).unwrap();
            assert_eq!(best.status, Status::Optimal, "{}: {id}", preset.name);
            let macs: u64 = problem.dimensions().iter().map(|(_, bound)| bound).product();
            assert_eq!(best.evaluation.arithmetic.computes, macs, "{}: {id}", preset.name);
        }
    }
}
