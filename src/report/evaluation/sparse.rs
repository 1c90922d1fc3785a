//! What a sparse design makes of a mapping, for programs.

use serde::Serialize;

use super::Evaluated;
use crate::architecture::{Action, Kind, Level};
use crate::model::{SparseAccesses, SparseDataSpaceUse, SparseUse};
use crate::numbers::real;
use crate::results::{NOT_BEGUN, SparseResult, SparseSpaceResult, stored_share};

/// What becomes of the computes and accesses of a sparse design.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names of the fields are those of the statistics")]
pub struct SparseRecord {
    /// Multiply-accumulates of dense data.
    pub algorithmic_computes: u64,
    pub actual_computes: u64,
    pub gated_computes: u64,
    pub skipped_computes: u64,
    /// Not begun, since reads of an operand are gated or skipped. All four together are the algorithmic ones.
    pub computes_without_operand: u64,
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
    /// Bits of metadata that are held of it at most.
    pub held_metadata_bits: u64,
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
        computes_without_operand: sparse.computes.without_operand(),
        levels: levels.collect(),
    }
}

fn data_space(name: &str, used: &SparseDataSpaceUse) -> SparseDataSpaceRecord {
    SparseDataSpaceRecord {
        name: name.to_owned(),
        density_distribution: used.density.to_string(),
        tile_words: used.shape,
        held_words: used.held,
        held_metadata_bits: used.held_metadata_bits,
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

/// Shares of the computes in words, such as `25.00% done, 0.00% gated, 75.00% skipped`; together they are all.
pub(super) fn shares(sparse: &SparseUse) -> String {
    let shares = SparseResult::new(sparse).shares();
    let named = shares.into_iter().filter(|(word, share)| *word != NOT_BEGUN || *share > 0.0);
    let named = named.map(|(word, share)| format!("{:.2}% {word}", share * 100.0)).collect::<Vec<_>>().join(", ");
    if sparse.computes.without_operand() > 0 { named + " (an operand is not read)" } else { named }
}

/// A row of the table of what levels do with zeros: how a tile is stored, what becomes of the accesses, what metadata cost. Words of
/// all instances together.
fn row(level: &Level, name: &str, used: &SparseDataSpaceUse) -> Vec<String> {
    let of_space = SparseSpaceResult::new(used);
    let (dense, held) = (used.shape, used.held);
    let percent = |words: u64| {
        let all =
            of_space.actual.total().saturating_add(of_space.gated.total()).saturating_add(of_space.skipped.total());
        if all > 0 { format!("{:.1}%", real(words) / real(all) * 100.0) } else { "-".to_owned() }
    };
    let formats = if of_space.formats.is_empty() { "-".to_owned() } else { of_space.formats.join(" ") };
    let stored = stored_share(level.word_bits, dense, held, used.held_metadata_bits);
    vec![
        level.name.clone(),
        name.to_owned(),
        formats,
        dense.to_string(),
        held.to_string(),
        used.held_metadata_bits.to_string(),
        stored.map_or_else(|| "-".to_owned(), |share| format!("{:.1}%", share * 100.0)),
        of_space.actual.total().to_string(),
        percent(of_space.gated.total()),
        percent(of_space.skipped.total()),
        of_space.metadata_bits.to_string(),
        format!("{:.2}", of_space.metadata_energy_pj),
    ]
}

/// The table of what levels do with zeros; nothing of a dense design.
pub(super) fn zeros(evaluated: &Evaluated<'_>) -> Option<Vec<Vec<String>>> {
    const HEADS: [&str; 12] = [
        "level",
        "data space",
        "formats",
        "tile",
        "held",
        "metadata bits",
        "stored",
        "accesses done",
        "gated",
        "skipped",
        "metadata bits moved",
        "metadata pJ",
    ];
    let sparse = evaluated.evaluation.sparse.as_ref()?;
    let mut rows = vec![HEADS.map(str::to_owned).to_vec()];
    for (level, used) in evaluated.architecture.levels().iter().zip(&sparse.levels) {
        let kept = evaluated.problem.data_spaces().iter().zip(used);
        rows.extend(kept.filter_map(|(space, used)| Some(row(level, &space.name, used.as_ref()?))));
    }
    Some(rows)
}
