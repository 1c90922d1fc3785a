//! The ways to run a dilated layer.

use crate::architecture::ZeroUse;
use crate::workload::Variant;

/// A way to run a dilated layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A variant of the layer on the architecture as it is.
    Variant(Variant),
    /// The zero-inserted kernel on an architecture that makes use of its zeros.
    OnZeros(ZeroUse),
}

impl Way {
    /// All, in the order of the study.
    pub const ALL: [Self; 6] = [
        Self::Variant(Variant::Native),
        Self::Variant(Variant::SameSize),
        Self::Variant(Variant::ZeroInserted),
        Self::OnZeros(ZeroUse::Gating),
        Self::OnZeros(ZeroUse::Skipping),
        Self::Variant(Variant::PhaseDecomposed),
    ];

    /// The variant of the layer that runs.
    pub fn variant(self) -> Variant {
        match self {
            Self::Variant(variant) => variant,
            Self::OnZeros(_) => Variant::ZeroInserted,
        }
    }

    /// What the hardware does with zeros.
    pub fn zero_use(self) -> Option<ZeroUse> {
        match self {
            Self::Variant(_) => None,
            Self::OnZeros(zero_use) => Some(zero_use),
        }
    }

    /// Its name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Variant(variant) => variant.name(),
            Self::OnZeros(ZeroUse::Gating) => "zero-inserted, gating",
            Self::OnZeros(ZeroUse::Skipping) => "zero-inserted, skipping",
        }
    }
}

impl From<Variant> for Way {
    fn from(variant: Variant) -> Self {
        Self::Variant(variant)
    }
}
