//! Hardware that makes use of zeros in weights, derived from a design that does not (docs/model.md section 9.13).

use super::{Action, Architecture, Kind};

/// What hardware does with the zeros of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ZeroUse {
    /// Compute units idle where the weight is zero, and partial sums are not accessed: energy is saved, and no time.
    Gating,
    /// Products with a zero weight are left out, with their accesses to inputs and partial sums: time is saved, too. A bit for
    /// each weight says whether it is zero.
    Skipping,
}

impl ZeroUse {
    /// Both, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Gating, Self::Skipping];

    /// `gating` or `skipping`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gating => "gating",
            Self::Skipping => "skipping",
        }
    }
}

impl Architecture {
    /// The same levels and units, made for zeros: a gated or skipped product costs nothing, and neither does an access. Where
    /// zeros are skipped, every level has room for a bit beside each of its words; these bits are accessed in rows as wide as a
    /// word, at the energy that a word has.
    #[must_use]
    pub fn making_use_of_zeros(&self, zero_use: ZeroUse) -> Self {
        let mut design = self.clone();
        (design.arithmetic.gated_pj, design.arithmetic.skipped_pj) = (0.0, 0.0);
        if zero_use == ZeroUse::Gating {
            return design;
        }
        for level in &mut design.levels {
            let width = level.word_bits.max(1);
            level.metadata.word_bits = Some(1);
            level.metadata.width_bits = Some(width);
            level.metadata.depth = level.size.map(|words| words.div_ceil(width));
            let energy = &mut level.energy;
            let word = |pj: f64| pj / crate::numbers::real(level.block_size.max(1));
            let done = &mut energy.sparse.metadata[Kind::Actual as usize];
            done[Action::Read as usize] = word(energy.read.pj);
            done[Action::Fill as usize] = word(energy.fill.pj);
            done[Action::Update as usize] = word(energy.update.pj);
        }
        design
    }
}
