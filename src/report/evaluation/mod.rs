//! What one mapping costs, for people and programs.

mod record;
mod rejection;
mod sparse;
mod text;

pub use record::{EvaluationRecord, record};
pub use rejection::rejection;
pub use sparse::{SparseAccessesRecord, SparseDataSpaceRecord, SparseLevelRecord, SparseRecord};
pub use text::{details, levels_table, summary};

use crate::architecture::Architecture;
use crate::mapping::Mapping;
use crate::model::{Evaluation, Footprint};
use crate::timeloop::files::EnergyTables;
use crate::workload::Problem;

/// A mapping that was evaluated, and everything it refers to.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the types say it")]
pub struct Evaluated<'a> {
    pub architecture: &'a Architecture,
    pub problem: &'a Problem,
    pub mapping: &'a Mapping,
    pub evaluation: &'a Evaluation,
    /// Where energies and areas came from.
    pub tables: &'a EnergyTables,
    /// How tiles were counted.
    pub footprint: Footprint,
}
