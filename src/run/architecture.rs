//! An architecture as it was described, and what it is for one problem.

use crate::architecture::Architecture;
use crate::mapspace::Constraints;
use crate::timeloop::files::constraints::Scope;
use crate::timeloop::files::specification::{Purpose, Specification, SpecificationError, SpecificationOptions};
use crate::timeloop::files::stats::StatsOptions;
use crate::timeloop::files::{EnergyTables, ProblemHeader, TimeloopVersion, cycle_seconds, write_problem};
use crate::timeloop::frontend::{Source, Variables};
use crate::workload::Problem;

/// The description of an architecture, and where its energies come from.
#[derive(Clone, Debug)]
pub struct NamedArchitecture {
    /// Its name in results, unique in a run, and its folder's.
    pub name: String,
    /// Texts of the description.
    pub sources: Vec<Source>,
    /// Energies and areas.
    pub tables: EnergyTables,
    /// How the description is read.
    pub frontend_quirks: bool,
    /// Values given from outside.
    pub variables: Variables,
}

/// An architecture and the constraints on mappings of one problem.
#[derive(Clone, Debug)]
pub struct ProblemOnArchitecture {
    /// Levels, arithmetic and energies.
    pub architecture: Architecture,
    /// The problem, as the front end hands it on.
    pub problem: Problem,
    /// Constraints on its mappings.
    pub constraints: Constraints,
    /// How statistics are printed.
    pub stats: StatsOptions,
    /// Seconds of a cycle, if the description states them.
    pub cycle_seconds: Option<f64>,
    /// What has no effect, or another one than its writer may think.
    pub warnings: Vec<String>,
}

impl NamedArchitecture {
    /// What the description says for a problem; its own problem and mapping, if it has any, count for nothing.
    ///
    /// # Errors
    ///
    /// Where the description departs from its form, or its constraints name what the problem does not have.
    pub fn for_problem(&self, problem: &Problem) -> Result<ProblemOnArchitecture, SpecificationError> {
        let text = write_problem(problem, &ProblemHeader::default(), TimeloopVersion::V04);
        let source = Source::Text { name: "the layer's problem".to_owned(), text };
        let options = SpecificationOptions {
            frontend_quirks: self.frontend_quirks,
            purpose: Purpose::Mapper,
            variables: self.variables.clone(),
        };
        let specification = Specification::load_for(&self.sources, &source, &options)?;
        let mut warnings = specification.warnings.clone();
        let architecture = specification.architecture(&self.tables)?.unpack_into(&mut warnings);
        let problem = specification.problem()?.unpack_into(&mut warnings);
        let constraints = specification.constraints(&architecture, &problem, Scope::All)?.unpack_into(&mut warnings);
        Ok(ProblemOnArchitecture {
            architecture,
            problem,
            constraints,
            stats: specification.stats_options(),
            cycle_seconds: cycle_seconds(specification.document()),
            warnings,
        })
    }
}
