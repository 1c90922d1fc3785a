//! What a run found: per network, architecture and layer. This is what is stored, compared, drawn and printed.

mod area;
mod csv;
mod folder;
pub mod foreign;
mod json;
mod mapped;
pub mod quantity;
mod record;
mod roof;
mod select;
mod table;
mod totals;

pub use csv::{layers_csv, totals_csv};
pub use folder::{FILE, FolderError, read_folder};
pub use json::{ReadError, from_json, to_json};
pub use record::{
    ComponentKind, ComponentResult, DataSpaceResult, LayerOutcome, LayerResult, LimitResult, LoopResult, MappedLayer,
    MappingLevel, NetworkResults, OptimalityResult, Totals,
};
pub use roof::{Roof, RoofPoint};
pub use select::{component_names, distinct_layers, is_main_memory};
pub use table::totals_table;

/// Version of the form of [`NetworkResults`].
pub const SCHEMA: u32 = 1;
