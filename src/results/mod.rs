//! What a run found: per network, architecture and layer. This is what is stored, compared, drawn and printed.

pub mod foreign;
mod mapped;
pub mod quantity;
mod record;
mod totals;

pub use record::{
    ComponentKind, ComponentResult, DataSpaceResult, LayerOutcome, LayerResult, LimitResult, LoopResult, MappedLayer,
    MappingLevel, NetworkResults, OptimalityResult, Totals,
};
