//! Neutral descriptions from which an architecture is built: what a file states, before anything is derived.

use indexmap::IndexMap;

use super::{Bandwidth, InferredNetwork, Metadata, NetworkEnds, Technology};

/// Counts along the two axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mesh {
    /// Along X.
    pub x: u64,
    /// Along Y.
    pub y: u64,
}

impl Mesh {
    /// `x * y`, saturating.
    pub fn product(self) -> u64 {
        self.x.saturating_mul(self.y)
    }
}

/// How the capacity of a level is stated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SizeSpec {
    /// The size is not stated: the level is unlimited, which only DRAM may be.
    #[default]
    Unspecified,
    /// A number of words.
    Words(u64),
    /// A number of rows, each as long as one block.
    Depth(u64),
    /// A number of KiB.
    Kibibytes(u64),
}

/// Energy of each action of a component, in pJ per vector access (per cycle, for `leak`).
pub type ActionEnergies = IndexMap<String, f64>;

/// A storage level as described. Absent values take Timeloop's defaults (docs/model.md section 2.2).
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of `Level`, before derivation")]
pub struct LevelSpec {
    pub name: String,
    pub class: String,
    pub technology: Option<Technology>,
    pub instances: u64,
    pub mesh_x: Option<u64>,
    pub mesh_y: Option<u64>,
    pub word_bits: Option<u64>,
    /// Bits of one vector access of a whole cluster.
    pub width_bits: Option<u64>,
    pub block_size: Option<u64>,
    pub cluster_size: Option<u64>,
    pub size: SizeSpec,
    pub multiple_buffering: Option<f64>,
    pub min_utilization: Option<f64>,
    pub metadata: Metadata,
    pub bandwidth: Bandwidth,
    pub bandwidth_scale: IndexMap<String, f64>,
    /// Default: true, except for DRAM.
    pub reduction_supported: Option<bool>,
    /// Name of a level.
    pub power_gated_at: Option<String>,
    /// Energies that the ERT states for the level; `None` without an entry.
    pub actions: Option<ActionEnergies>,
    /// The user's energy of every vector access, which overrides the table.
    pub vector_access_energy_pj: Option<f64>,
    pub address_energy_pj: Option<f64>,
    /// The level's ART entry, of one instance.
    pub area_um2: Option<f64>,
    pub network: InferredNetwork,
    pub ends: NetworkEnds,
}

impl LevelSpec {
    /// A level of which everything else is left to the defaults.
    pub fn new(name: impl Into<String>, class: impl Into<String>, instances: u64) -> Self {
        Self { name: name.into(), class: class.into(), instances, ..Self::default() }
    }
}

/// The compute units as described.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of `Arithmetic`, before derivation")]
pub struct ArithmeticSpec {
    pub name: String,
    pub class: String,
    pub instances: u64,
    pub mesh_x: Option<u64>,
    pub mesh_y: Option<u64>,
    pub word_bits: Option<u64>,
    /// Energies that the ERT states for the component; `None` without an entry.
    pub actions: Option<ActionEnergies>,
    /// The user's energy of one compute; used where the table has none.
    pub energy_pj: Option<f64>,
    /// The component's ART entry, or else the user's area, of one unit.
    pub area_um2: Option<f64>,
    pub ends: NetworkEnds,
}
