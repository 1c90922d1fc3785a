//! An accelerator as Timeloop sees it: storage levels from the innermost outwards, and the arithmetic below them.

mod build;
mod energy;
mod error;
mod floor_plan;
pub mod presets;
mod spec;

pub use energy::{Area, AreaSource, Energy, EnergySource, LevelEnergy};
pub use error::ArchitectureError;
pub use spec::{ActionEnergies, ArithmeticSpec, LevelSpec, Mesh, SizeSpec};

use indexmap::IndexMap;

/// What a level is made of. It decides the fallback energies and whether a size must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Technology {
    /// Off-chip memory; may be unlimited in size.
    Dram,
    /// Every other memory, registers too.
    Sram,
}

/// Words per cycle and instance; `None` is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bandwidth {
    /// Bandwidth of reads.
    pub read: Option<f64>,
    /// Bandwidth of fills and updates together.
    pub write: Option<f64>,
    /// Bandwidth of reads, fills and updates together.
    pub shared: Option<f64>,
}

/// How many sources and destinations a network has. It is printed and decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkType {
    /// One source, one destination.
    OneToOne,
    /// One source, several destinations.
    OneToMany,
}

/// Properties of the inferred network between a level and the next inner one. Attributes of the outer level.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Network {
    /// Its type, if it is stated.
    pub kind: Option<NetworkType>,
    /// Energy of one word over one hop, in pJ.
    pub hop_energy_pj: Option<f64>,
    /// Bits of a word on its wires; those of the level where nothing else is stated.
    pub word_bits: Option<u64>,
    /// Energy of a wire, in pJ per bit and millimetre.
    pub wire_energy_pj: Option<f64>,
    /// Length of a hop, in micrometres. Where it is not stated, the floor plan gives it: [`Architecture::hop_length_um`].
    pub tile_width_um: Option<f64>,
    /// Energy of one word through one router, in pJ.
    pub router_energy_pj: Option<f64>,
    /// Energy of one word entering the network, in pJ.
    pub ingress_energy_pj: Option<f64>,
    /// Cycles added to every run for filling.
    pub fill_latency: u64,
    /// Cycles added to every run for draining.
    pub drain_latency: u64,
}

/// One storage level.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// Name of the level.
    pub name: String,
    /// Its class in the description.
    pub class: String,
    /// DRAM or SRAM.
    pub technology: Technology,
    /// Number of instances.
    pub instances: u64,
    /// Instances along X and Y; their product is `instances`.
    pub mesh: Mesh,
    /// Bits of a word.
    pub word_bits: u64,
    /// Words of one vector access.
    pub block_size: u64,
    /// Instances that one vector access serves.
    pub cluster_size: u64,
    /// Words; `None` is unlimited.
    pub size: Option<u64>,
    /// Copies of a tile that must fit (2 for double buffering).
    pub multiple_buffering: f64,
    /// `floor(size / multiple_buffering)`, in words.
    pub effective_size: Option<u64>,
    /// Smallest share of the effective size that a mapping must use.
    pub min_utilization: f64,
    /// Limits of the traffic of one instance.
    pub bandwidth: Bandwidth,
    /// Factors on the bandwidth consumption of single data spaces, by name; 1 where absent.
    pub bandwidth_scale: IndexMap<String, f64>,
    /// Whether partial sums arriving here are added here. Affects network statistics only (docs/model.md section 4.7).
    pub reduction_supported: bool,
    /// The level with whose instances this one's are switched off (index from the innermost); `None` is itself.
    pub power_gated_at: Option<usize>,
    /// Energies of its actions.
    pub energy: LevelEnergy,
    /// Energy of one address generation, in pJ.
    pub address_energy_pj: f64,
    /// Area of one instance.
    pub area: Area,
    /// The network towards the next inner level.
    pub network: Network,
}

/// The class of levels that hold nothing.
pub(crate) const FAN_OUT_CLASS: &str = "dummy_storage";

impl Level {
    /// Bits of a word on the wires towards the next inner level.
    pub fn network_word_bits(&self) -> u64 {
        self.network.word_bits.unwrap_or(self.word_bits)
    }

    /// Whether it only carries the loops of a fan-out, and holds nothing.
    pub fn is_fan_out(&self) -> bool {
        self.class == FAN_OUT_CLASS
    }
}

/// The compute units.
#[derive(Clone, Debug, PartialEq)]
pub struct Arithmetic {
    /// Name of the component.
    pub name: String,
    /// Its class in the description.
    pub class: String,
    /// Number of units.
    pub instances: u64,
    /// Units along X and Y.
    pub mesh: Mesh,
    /// Bits of a word.
    pub word_bits: u64,
    /// Energy of one multiply-accumulate.
    pub energy: Energy,
    /// Area of one unit.
    pub area: Area,
}

/// An accelerator. Immutable, and consistent by construction.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    levels: Vec<Level>,
    arithmetic: Arithmetic,
    fan_outs: Vec<Mesh>,
    hop_lengths_um: Vec<f64>,
}

impl Architecture {
    /// An architecture from the descriptions of its levels, innermost first.
    pub fn new(levels: Vec<LevelSpec>, arithmetic: ArithmeticSpec) -> Result<Self, ArchitectureError> {
        build::architecture(levels, arithmetic)
    }

    /// Storage levels, innermost first.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The compute units.
    pub fn arithmetic(&self) -> &Arithmetic {
        &self.arithmetic
    }

    /// Instances of the next inner level (compute units, for the innermost level) per instance of `level`, along X and Y
    /// (docs/model.md section 2.3). A level has spatial loops only where their product is above 1.
    pub fn fan_out(&self, level: usize) -> Mesh {
        self.fan_outs.get(level).copied().unwrap_or(Mesh { x: 1, y: 1 })
    }

    /// Length of a hop in the network below `level`, in micrometres, where no `tile_width` is stated: the side of a square of the
    /// area of one inner tile, all that lies inside it included (docs/model.md section 4.7).
    pub fn hop_length_um(&self, level: usize) -> f64 {
        self.hop_lengths_um.get(level).copied().unwrap_or(0.0)
    }

    /// Index of a level, by its name.
    pub fn level_index(&self, name: &str) -> Option<usize> {
        self.levels.iter().position(|level| level.name == name)
    }
}
