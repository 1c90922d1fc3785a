//! An accelerator as Timeloop sees it: storage levels from the innermost outwards, and the arithmetic below them.

mod build;
mod connections;
mod energy;
mod error;
mod floor_plan;
mod metadata;
mod network;
pub mod presets;
mod spec;
mod zero_use;

pub use energy::{Action, Area, AreaSource, Energy, EnergySource, Kind, LevelEnergy, SparseEnergy};
pub use error::{ArchitectureError, ConnectionEnd, DifferentEnds};
pub use metadata::Metadata;
pub use network::{
    Directions, InferredNetwork, Multicast, MulticastEntry, MulticastTable, Network, NetworkClass, NetworkEnds,
    NetworkSpec, NetworkType, Tree, Wiring,
};
pub use spec::{ActionEnergies, ArithmeticSpec, LevelSpec, Mesh, SizeSpec};
pub use zero_use::ZeroUse;

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
    /// What it can hold and do of compressed data.
    pub metadata: Metadata,
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
    /// What is inferred of the network towards the next inner level, where no explicit one is named.
    pub network: InferredNetwork,
    /// The networks that it names.
    pub ends: NetworkEnds,
    /// Whether its children can be reached from other instances of it, too: its network is of type `M:N`
    /// (docs/model.md section 4.7.5).
    pub is_distributed: bool,
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
    /// Energy of one whose operands are there and of which one is zero, in pJ.
    pub gated_pj: f64,
    /// Energy of one that is left out, in pJ.
    pub skipped_pj: f64,
    /// Area of one unit.
    pub area: Area,
    /// The networks that they name.
    pub ends: NetworkEnds,
}

/// An accelerator. Immutable, and consistent by construction.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    levels: Vec<Level>,
    arithmetic: Arithmetic,
    fan_outs: Vec<Mesh>,
    networks: Vec<Network>,
    network_latency: u64,
}

impl Architecture {
    /// An architecture from the descriptions of its levels, innermost first.
    pub fn new(levels: Vec<LevelSpec>, arithmetic: ArithmeticSpec) -> Result<Self, ArchitectureError> {
        Self::with_networks(levels, arithmetic, Vec::new())
    }

    /// The same with explicit networks, which levels and compute units name at their ends.
    pub fn with_networks(
        levels: Vec<LevelSpec>,
        arithmetic: ArithmeticSpec,
        networks: Vec<NetworkSpec>,
    ) -> Result<Self, ArchitectureError> {
        build::architecture(levels, arithmetic, networks)
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

    /// The networks, in the order in which connections are walked: from the inside outwards, reads and fills before updates.
    pub fn networks(&self) -> &[Network] {
        &self.networks
    }

    /// Cycles to fill and drain all connections, which are added to every run.
    pub fn network_latency(&self) -> u64 {
        self.network_latency
    }

    /// Index of a level, by its name.
    pub fn level_index(&self, name: &str) -> Option<usize> {
        self.levels.iter().position(|level| level.name == name)
    }
}
