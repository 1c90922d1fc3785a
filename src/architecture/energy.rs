//! Energies and areas, each with the source it came from.

use super::{ActionEnergies, Technology};

/// Where an energy came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnergySource {
    /// The energy reference table, this action.
    Ert(String),
    /// An attribute of the description.
    User,
    /// The fallback formula of Timeloop's public PAT library.
    Pat,
    /// Nothing states it; it is 0.
    Absent,
}

/// An energy in pJ.
#[derive(Clone, Debug, PartialEq)]
pub struct Energy {
    /// The value, in pJ.
    pub pj: f64,
    /// Where it came from.
    pub source: EnergySource,
}

/// Energies of a storage level, per vector access of a whole cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelEnergy {
    /// Energy of a read.
    pub read: Energy,
    /// Energy of a fill from the outer level.
    pub fill: Energy,
    /// Energy of an update by the inner level.
    pub update: Energy,
    /// Energy of leakage, per cycle and instance.
    pub leak: Energy,
    /// What Timeloop prints as "Vector access energy": the largest of the level's table, per instance.
    pub vector_access: Energy,
    /// Energies of what only sparse designs do.
    pub sparse: SparseEnergy,
}

/// What is done with words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Action {
    Read,
    Fill,
    Update,
}

impl Action {
    /// All, in Timeloop's order.
    pub const ALL: [Self; 3] = [Self::Read, Self::Fill, Self::Update];
}

/// How an access of a sparse design happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is done.
    Actual,
    /// It takes its time and is not done.
    Gated,
    /// It is left out.
    Skipped,
}

impl Kind {
    /// All, in Timeloop's order.
    pub const ALL: [Self; 3] = [Self::Actual, Self::Gated, Self::Skipped];
}

/// Energies of what only sparse designs do, in pJ of a vector access (docs/model.md section 9.1). Lists are in the order of
/// [`Action::ALL`]; what nothing states costs nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SparseEnergy {
    /// Accesses of data that are gated.
    pub gated: [f64; 3],
    /// Accesses of data that are skipped.
    pub skipped: [f64; 3],
    /// Accesses of metadata: those that are done, gated ones, skipped ones.
    pub metadata: [[f64; 3]; 3],
    /// One word decompressed.
    pub decompression: f64,
    /// One word compressed.
    pub compression: f64,
}

/// Where an area came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AreaSource {
    /// The area reference table, or an attribute.
    Stated,
    /// Nothing states it; it is 0.
    Absent,
}

/// An area in square micrometres; single precision, as Timeloop keeps it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// The value, in square micrometres.
    pub um2: f32,
    /// Where it came from.
    pub source: AreaSource,
}

impl Area {
    pub(super) fn stated(um2: Option<f64>) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "Timeloop keeps areas in single precision")]
        um2.map_or(Self { um2: 0.0, source: AreaSource::Absent }, |um2| Self {
            um2: um2 as f32,
            source: AreaSource::Stated,
        })
    }
}

/// Names of the actions behind each operation, best first (TL topology.hpp `storageOperationMappings`; docs/model.md section 5.3).
const READ: [&str; 2] = ["random_read", "read"];
const FILL: [&str; 4] = ["random_fill", "random_write", "fill", "write"];
const UPDATE: [&str; 4] = ["random_update", "random_write", "update", "write"];
const LEAK: [&str; 1] = ["leak"];
const COMPUTE: [&str; 5] = ["mac_random", "mult_random", "mac", "mult", "compute"];

/// Names behind the actions of sparse designs, best first, where `X` is `read`, `fill` or `update`. A fill or an update falls
/// back to a write (TL topology.hpp `storageOperationMappings`).
const GATED: [&str; 1] = ["gated_X"];
const SKIPPED: [&str; 2] = ["skipped_X", "gated_X"];
const METADATA: [&[&str]; 3] =
    [&["random_metadata_X", "metadata_X"], &["gated_metadata_X"], &["skipped_metadata_X", "gated_metadata_X"]];
const GATED_COMPUTE: [&str; 6] = ["mac_gated", "mult_gated", "compute_gated", "mac", "mult", "compute"];
const SKIPPED_COMPUTE: [&str; 9] = [
    "mac_skipped",
    "mult_skipped",
    "compute_skipped",
    "mac_gated",
    "mult_gated",
    "compute_gated",
    "mac",
    "mult",
    "compute",
];

/// The energies of reads, fills and updates behind names.
fn of_actions(actions: &ActionEnergies, names: &[&str]) -> [f64; 3] {
    let stated = |name: &str, action: &str| actions.get(&name.replace('X', action)).copied();
    ["read", "fill", "update"].map(|action| {
        let mut found = names.iter().filter_map(|name| {
            stated(name, action).or_else(|| if action == "read" { None } else { stated(name, "write") })
        });
        found.next().unwrap_or(0.0)
    })
}

impl SparseEnergy {
    fn of(actions: &ActionEnergies) -> Self {
        let one = |name: &str| actions.get(name).copied().unwrap_or(0.0);
        Self {
            gated: of_actions(actions, &GATED),
            skipped: of_actions(actions, &SKIPPED),
            metadata: METADATA.map(|names| of_actions(actions, names)),
            decompression: one("decompression_count"),
            compression: one("compression_count"),
        }
    }
}

fn pick(actions: Option<&ActionEnergies>, names: &[&str]) -> Option<Energy> {
    names.iter().find_map(|name| {
        let pj = *actions?.get(*name)?;
        Some(Energy { pj, source: EnergySource::Ert((*name).to_owned()) })
    })
}

/// What the fallback formula needs to know of a level.
pub(super) struct Geometry {
    pub(super) technology: Technology,
    pub(super) word_bits: f64,
    pub(super) block_size: f64,
    pub(super) cluster_size: f64,
    pub(super) size: Option<f64>,
}

impl Geometry {
    /// Energy of one vector access in pJ where no table states it (docs/model.md section 5.3; TL pat-public/src/pat/pat.cpp).
    fn pat(&self) -> f64 {
        let block_bits = self.word_bits * self.block_size;
        if self.technology == Technology::Dram {
            return 200.0 * block_bits / 16.0;
        }
        let Some(size) = self.size.filter(|size| *size > 0.0) else { return 0.0 };
        let width = block_bits * self.cluster_size;
        let height = (size / self.block_size).ceil();
        let kilobytes = width * height / 8192.0;
        ((6.0 - 1.0) / (100.0 - 0.5) * (kilobytes - 0.5) + 1.0) * width / 16.0 / self.cluster_size
    }
}

/// Energies of a storage level: the user's, else the table's, else the fallback formula's.
pub(super) fn of_level(actions: Option<&ActionEnergies>, user: Option<f64>, geometry: &Geometry) -> LevelEnergy {
    if let Some(pj) = user {
        let energy = || Energy { pj, source: EnergySource::User };
        let leak = Energy { pj: 0.0, source: EnergySource::Absent };
        let (vector_access, sparse) = (energy(), SparseEnergy::default());
        return LevelEnergy { read: energy(), fill: energy(), update: energy(), leak, vector_access, sparse };
    }
    let pat = || Energy { pj: geometry.pat(), source: EnergySource::Pat };
    let largest = actions.and_then(|actions| actions.iter().max_by(|a, b| a.1.total_cmp(b.1)));
    LevelEnergy {
        read: pick(actions, &READ).unwrap_or_else(pat),
        fill: pick(actions, &FILL).unwrap_or_else(pat),
        update: pick(actions, &UPDATE).unwrap_or_else(pat),
        leak: pick(actions, &LEAK).unwrap_or(Energy { pj: 0.0, source: EnergySource::Absent }),
        vector_access: largest.map_or_else(pat, |(name, pj)| Energy {
            pj: pj / geometry.cluster_size,
            source: EnergySource::Ert(name.clone()),
        }),
        sparse: actions.map(SparseEnergy::of).unwrap_or_default(),
    }
}

/// Energy of one compute: the table's, else the user's, else `(word_bits / 16)^2` (docs/model.md section 5.3).
pub(super) fn of_compute(actions: Option<&ActionEnergies>, user: Option<f64>, word_bits: f64) -> Energy {
    let user = user.map(|pj| Energy { pj, source: EnergySource::User });
    let pat = || Energy { pj: (word_bits / 16.0).powi(2), source: EnergySource::Pat };
    pick(actions, &COMPUTE).or(user).unwrap_or_else(pat)
}

/// Energies of computes that are gated and skipped: those of a whole compute unless the table says less.
pub(super) fn of_idle_compute(actions: Option<&ActionEnergies>, compute: &Energy) -> (f64, f64) {
    let stated = |names: &[&str]| pick(actions, names).map_or(compute.pj, |energy| energy.pj);
    (stated(&GATED_COMPUTE), stated(&SKIPPED_COMPUTE))
}
