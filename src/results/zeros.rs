//! What a sparse design makes of the zeros of a layer.

use serde::{Deserialize, Serialize};

use crate::architecture::{Action, Kind};
use crate::model::{SparseComputes, SparseDataSpaceUse, SparseUse};
use crate::numbers::{real, truncated};

/// The word for computes whose operand is not read.
pub(crate) const NOT_BEGUN: &str = "not begun";

/// What becomes of the multiply-accumulates of a sparse design, and what its metadata take.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SparseResult {
    /// Multiply-accumulates of dense data.
    pub algorithmic_computes: u64,
    /// Those that are done.
    pub actual_computes: u64,
    /// Those whose time passes and that are not done.
    pub gated_computes: u64,
    /// Those that are left out.
    pub skipped_computes: u64,
    /// Those that are not begun, since reads of an operand are gated or skipped.
    pub computes_without_operand: u64,
    /// Energy of all accesses to metadata, in pJ; part of that of the levels.
    pub metadata_energy_pj: f64,
}

/// What a sparse design makes of one data space at one level. Words and bits are of all instances together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SparseSpaceResult {
    /// Formats of the ranks, outermost first; empty without metadata.
    pub formats: Vec<String>,
    /// Words of a tile with its zeros, in one instance.
    pub dense_tile_words: u64,
    /// Bits of metadata that one instance holds of it at most.
    pub tile_metadata_bits: u64,
    /// Accesses that are done.
    pub actual: SparseWords,
    /// Accesses whose time passes and that are not done.
    pub gated: SparseWords,
    /// Accesses that are left out.
    pub skipped: SparseWords,
    /// Bits of metadata that are read, filled and updated.
    pub metadata_bits: u64,
    /// Energy of metadata, in pJ; part of that of the data space.
    pub metadata_energy_pj: f64,
}

/// Words of one kind of accesses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct SparseWords {
    pub reads: u64,
    pub fills: u64,
    pub updates: u64,
}

impl SparseWords {
    /// All accesses.
    pub fn total(&self) -> u64 {
        self.reads.saturating_add(self.fills).saturating_add(self.updates)
    }
}

impl SparseResult {
    /// Of one execution of a layer.
    pub fn new(sparse: &SparseUse) -> Self {
        let SparseComputes { algorithmic, actual, gated, skipped } = sparse.computes;
        let spaces = sparse.levels.iter().flatten().flatten();
        Self {
            algorithmic_computes: algorithmic,
            actual_computes: actual,
            gated_computes: gated,
            skipped_computes: skipped,
            computes_without_operand: sparse.computes.without_operand(),
            metadata_energy_pj: spaces.map(metadata_energy).sum(),
        }
    }

    /// Adds another one, so often.
    pub fn add(&mut self, other: &Self, times: u64) {
        let sum = |own: &mut u64, other: u64| *own = own.saturating_add(other.saturating_mul(times));
        sum(&mut self.algorithmic_computes, other.algorithmic_computes);
        sum(&mut self.actual_computes, other.actual_computes);
        sum(&mut self.gated_computes, other.gated_computes);
        sum(&mut self.skipped_computes, other.skipped_computes);
        sum(&mut self.computes_without_operand, other.computes_without_operand);
        self.metadata_energy_pj += other.metadata_energy_pj * real(times);
    }

    /// What becomes of the multiply-accumulates, in one order everywhere: the word and their share.
    pub fn shares(&self) -> [(&'static str, f64); 4] {
        let all = real(self.algorithmic_computes).max(1.0);
        let share = |count: u64| real(count) / all;
        [
            ("done", share(self.actual_computes)),
            ("gated", share(self.gated_computes)),
            ("skipped", share(self.skipped_computes)),
            (NOT_BEGUN, share(self.computes_without_operand)),
        ]
    }
}

impl SparseSpaceResult {
    /// Of the data space of a level.
    pub(crate) fn new(used: &SparseDataSpaceUse) -> Self {
        let all = |words: u64| truncated(real(words) * used.instances);
        let words = |kind: Kind| {
            let [reads, fills, updates] = Action::ALL.map(|action| all(used.accesses.words(kind, action)));
            SparseWords { reads, fills, updates }
        };
        let bits = Action::ALL.map(|action| all(used.accesses.format_bits(Kind::Actual, action)));
        Self {
            formats: used.formats.iter().rev().map(|format| format.name().to_owned()).collect(),
            dense_tile_words: used.shape,
            tile_metadata_bits: used.held_metadata_bits,
            actual: words(Kind::Actual),
            gated: words(Kind::Gated),
            skipped: words(Kind::Skipped),
            metadata_bits: bits.into_iter().fold(0, u64::saturating_add),
            metadata_energy_pj: metadata_energy(used),
        }
    }
}

/// Bits that a tile takes, metadata included, over those of the tile with its zeros; unknown of an empty one.
pub(crate) fn stored_share(word_bits: u64, dense: u64, held: u64, metadata_bits: u64) -> Option<f64> {
    let bits = |words: u64| real(words) * real(word_bits);
    (dense > 0).then(|| (bits(held) + real(metadata_bits)) / bits(dense))
}

fn metadata_energy(used: &SparseDataSpaceUse) -> f64 {
    used.metadata_energy_per_instance_pj * used.instances
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_all_computes() {
        let computes = SparseComputes { algorithmic: 16, actual: 4, gated: 2, skipped: 1 };
        let sparse = SparseUse { is_active: true, computes, compute_instances: 1.0, levels: Vec::new() };
        let result = SparseResult::new(&sparse);
        assert_eq!(result.computes_without_operand, 9);
        assert!((result.shares().iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-12);
        let mut sum = SparseResult::default();
        sum.add(&result, 3);
        assert_eq!((sum.algorithmic_computes, sum.computes_without_operand), (48, 27));
        assert_eq!(sum.shares(), result.shares());
    }
}
