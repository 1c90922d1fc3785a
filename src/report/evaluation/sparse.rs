//! What a sparse design makes of a mapping, for programs.

use serde::Serialize;

use super::Evaluated;
use crate::architecture::{Action, Kind};
use crate::model::{SparseAccesses, SparseDataSpaceUse, SparseUse};
use crate::numbers::real;

/// What becomes of the computes and accesses of a sparse design.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names of the fields are those of the statistics")]
pub struct SparseRecord {
    /// Multiply-accumulates of dense data.
    pub algorithmic_computes: u64,
    pub actual_computes: u64,
    pub gated_computes: u64,
    pub skipped_computes: u64,
    /// Innermost first.
    pub levels: Vec<SparseLevelRecord>,
}

/// A storage level.
#[derive(Clone, Debug, Serialize)]
pub struct SparseLevelRecord {
    /// Its name.
    pub name: String,
    /// Those that it keeps.
    pub data_spaces: Vec<SparseDataSpaceRecord>,
}

/// A data space that a level keeps; counts are words of one instance.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names of the fields are those of the statistics")]
pub struct SparseDataSpaceRecord {
    pub name: String,
    pub density_distribution: String,
    /// Words of a tile, zeros included.
    pub tile_words: u64,
    /// Words that are held of it at most.
    pub held_words: u64,
    /// Formats of the ranks, outermost first; empty without metadata.
    pub formats: Vec<&'static str>,
    pub utilized_instances_average: f64,
    pub actual: SparseAccessesRecord,
    pub gated: SparseAccessesRecord,
    pub skipped: SparseAccessesRecord,
    pub decompressions: u64,
    pub compressions: u64,
    /// Part of the energy of the data space, of all instances.
    pub metadata_energy_pj: f64,
}

/// Accesses of one kind.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct SparseAccessesRecord {
    pub reads: u64,
    pub fills: u64,
    pub updates: u64,
    pub metadata_read_bits: u64,
    pub metadata_fill_bits: u64,
    pub metadata_update_bits: u64,
}

pub(super) fn sparse_record(evaluated: &Evaluated<'_>, sparse: &SparseUse) -> SparseRecord {
    let spaces = evaluated.problem.data_spaces();
    let levels = evaluated.architecture.levels().iter().zip(&sparse.levels).map(|(level, used)| SparseLevelRecord {
        name: level.name.clone(),
        data_spaces: spaces
            .iter()
            .zip(used)
            .filter_map(|(space, used)| Some(data_space(&space.name, used.as_ref()?)))
            .collect(),
    });
    SparseRecord {
        algorithmic_computes: sparse.computes.algorithmic,
        actual_computes: sparse.computes.actual,
        gated_computes: sparse.computes.gated,
        skipped_computes: sparse.computes.skipped,
        levels: levels.collect(),
    }
}

fn data_space(name: &str, used: &SparseDataSpaceUse) -> SparseDataSpaceRecord {
    SparseDataSpaceRecord {
        name: name.to_owned(),
        density_distribution: used.density.to_string(),
        tile_words: used.shape,
        held_words: used.held,
        formats: used.formats.iter().rev().map(|format| format.name()).collect(),
        utilized_instances_average: used.instances,
        actual: accesses(&used.accesses, Kind::Actual),
        gated: accesses(&used.accesses, Kind::Gated),
        skipped: accesses(&used.accesses, Kind::Skipped),
        decompressions: used.decompressions,
        compressions: used.compressions,
        metadata_energy_pj: used.metadata_energy_per_instance_pj * used.instances,
    }
}

fn accesses(accesses: &SparseAccesses, kind: Kind) -> SparseAccessesRecord {
    let [reads, fills, updates] = Action::ALL.map(|action| accesses.words(kind, action));
    let bits = Action::ALL.map(|action| accesses.format_bits(kind, action));
    let [metadata_read_bits, metadata_fill_bits, metadata_update_bits] = bits;
    SparseAccessesRecord { reads, fills, updates, metadata_read_bits, metadata_fill_bits, metadata_update_bits }
}

/// Shares of the computes in words, such as `25.00% are done, 75.00% are skipped`.
pub(super) fn shares(sparse: &SparseUse) -> String {
    let computes = &sparse.computes;
    let all = real(computes.algorithmic);
    let parts = [(computes.actual, "done"), (computes.gated, "gated"), (computes.skipped, "skipped")];
    let named = parts.into_iter().map(|(count, word)| format!("{:.2}% {word}", real(count) / all * 100.0));
    named.collect::<Vec<_>>().join(", ")
}
