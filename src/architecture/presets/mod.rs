//! Well-known teaching designs, written as v0.4 descriptions of our own, each with its table of energies and areas.

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
    /// Energy and area reference tables (ERT, ART) of its levels.
    pub energy: &'static str,
}

macro_rules! preset {
    ($name:literal, $summary:literal) => {
        Preset {
            name: $name,
            summary: $summary,
            text: include_str!(concat!($name, ".yaml")),
            energy: include_str!(concat!($name, ".energy.yaml")),
        }
    };
}

/// All shipped designs.
pub const PRESETS: [Preset; 4] = [
    preset!("eyeriss_like", "row stationary, 8-bit operands, 16-bit sums"),
    preset!("simple_weight_stationary", "weight stationary, 16 bit"),
    preset!("simple_output_stationary", "output stationary, 16 bit"),
    preset!("simba_like", "weight stationary, 16 PEs of 4 x 4 MACs, 8-bit operands, 24-bit sums"),
];

/// The design of a name.
pub fn find(name: &str) -> Option<Preset> {
    PRESETS.into_iter().find(|preset| preset.name == name)
}

/// The names, for messages.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|preset| preset.name)
}
