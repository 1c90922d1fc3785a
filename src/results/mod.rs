//! What a run found: per network, architecture and layer. This is what is stored, compared, drawn and printed.

pub(crate) mod area;
mod density;
mod folder;
mod json;
mod mapped;
mod moved;
mod proof;
pub mod quantity;
mod record;
mod roof;
mod schedule;
mod select;
pub mod sweep;
mod totals;
mod zeros;

pub use density::{DensityResult, DensityResults};
pub(crate) use folder::read_files;
pub use folder::{FILE, FolderError, read_folder};
pub use json::{ReadError, from_json, to_json};
pub use moved::{MovedSpace, MovedSum, moved_spaces, sparse_spaces};
pub use proof::ProofSummary;
pub use record::{
    ComponentKind, ComponentResult, DataSpaceResult, LayerOutcome, LayerResult, LimitResult, LoopResult, MappedLayer,
    MappingLevel, NetworkResults, OptimalityResult, ProofResult, ProofStepResult, Sums, Totals,
};
pub use roof::{Roof, RoofPoint};
pub use schedule::{LayerRun, Schedule, ScheduledRun, Sequential};
pub use select::{component_names, distinct_layers, is_main_memory};
pub(crate) use zeros::{NOT_BEGUN, stored_share};
pub use zeros::{SparseResult, SparseSpaceResult, SparseWords};

/// Version of the form of [`NetworkResults`].
pub const SCHEMA: u32 = 1;
