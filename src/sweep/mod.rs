//! Sweeps: networks on many designs, which are one architecture with values set by path.
//!
//! ```text
//!  --set PATH=VALUES, --where, sweep.yaml
//!          │ values, space, file
//!          ▼
//!     SweepSpace ── number of a design ──► Settings ── DesignSource ──► NamedArchitecture, area
//!                                                                           │ run::Plan: its jobs
//!          ┌────────────────────────────────────────────────────────────────┤
//!          ▼ bounds (Job::lower_bounds)                                     ▼ searches (run::execute_job)
//!     DesignCost of every design ─► order, what is skipped ─►  mappings of other designs as upper bounds
//!                                            │                              │
//!                                            └──────► SweepDesign ◄─────────┘ sums over the layers
//!                                                         │ settle, fronts, best
//!                                                         ▼
//!                                           SweepResults ── csv, JSON, merge of shards
//! ```
//!
//! * [`SweepSpace`]: which designs there are; everything that is wrong with values, paths and conditions is found before any work.
//! * [`execute`]: the searches, on several threads. A design is one row of memory; mappings are kept in the [cache](crate::run::Cache) only.
//! * [`finish`]: the one form of the results, whatever was searched in which order (docs/search.md section 10).
//! * [`merge`]: the results of shards as those of one run.

mod csv;
mod design;
mod execute;
mod file;
mod finish;
mod known;
mod shard;
mod space;
mod table;
mod values;

pub use csv::sweep_csv;
pub use design::{DesignSource, NamedDesign};
pub use execute::{SweepSearch, SweepWatcher, execute};
pub use file::{SweepFile, SweepFileError};
pub use finish::{MergeError, finish, merge};
pub use shard::{ShardError, array_job, shard_of_environment};
pub use space::{MANY_DESIGNS, SpaceError, SweepSpace, Variation, VariedValues, label};
pub use table::{sweep_summary, sweep_table};
pub use values::ValuesError;
