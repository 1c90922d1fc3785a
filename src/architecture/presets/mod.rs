//! Shipped designs, written as v0.4 descriptions of our own: teaching designs, each with its recorded table of energies and areas,
//! and machines from published figures.

/// Where the numbers of every preset's table come from.
pub const ENERGY_SOURCE: &str = "Accelergy with CACTI and table plug-ins";

/// A shipped design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// The name to ask for it by.
    pub name: &'static str,
    /// One line for lists.
    pub summary: &'static str,
    /// The v0.4 description.
    pub text: &'static str,
    /// Energy and area reference tables (ERT, ART) of its levels; empty where none were recorded.
    pub energy: &'static str,
}

macro_rules! preset {
    ($name:literal, $summary:literal) => {
        Preset { energy: include_str!(concat!($name, ".energy.yaml")), ..preset!($name, $summary, without a table) }
    };
    ($name:literal, $summary:literal, without a table) => {
        Preset { name: $name, summary: $summary, text: include_str!(concat!($name, ".yaml")), energy: "" }
    };
}

/// All shipped designs.
pub const PRESETS: [Preset; 11] = [
    preset!("eyeriss_like", "row stationary, 8-bit operands, 16-bit sums"),
    preset!("simple_weight_stationary", "weight stationary, 16 bit"),
    preset!("simple_output_stationary", "output stationary, 16 bit"),
    preset!("simba_like", "weight stationary, 16 PEs of 4 x 4 MACs, 8-bit operands, 24-bit sums"),
    preset!("eyeriss_v2_like", "row stationary, 16 clusters of 12 PEs of 2 MACs, 8-bit operands, 20-bit sums", without a table),
    preset!("tpu_v1_like", "weight stationary systolic array, 8-bit operands, 32-bit sums", without a table),
    preset!("nvdla_like", "32 cells of 64 MACs, 8-bit operands, 34-bit sums", without a table),
    preset!("ethos_u65_like", "for the edge, 2 x 2 positions of 8 channels of 8 MACs, 8 bit", without a table),
    preset!("a100_like", "108 SMs of 4 tensor cores of 256 MACs, 16-bit operands, 32-bit sums", without a table),
    preset!("eyeriss_gated_like", "row stationary, gated where inputs are zero, run-length codes in DRAM, 16 bit", without a table),
    preset!(
        "a100_sparse_like",
        "108 SMs of 4 tensor cores of 256 MACs that skip zero weights, 2 bits of metadata a weight, 16-bit operands, 32-bit sums",
        without a table
    ),
];

/// The design of a name.
pub fn find(name: &str) -> Option<Preset> {
    PRESETS.into_iter().find(|preset| preset.name == name)
}

/// The names, for messages.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|preset| preset.name)
}
