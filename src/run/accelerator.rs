//! An accelerator as it was described, and what it is for one problem.

use crate::architecture::{Architecture, EnergySource};
use crate::mapspace::Constraints;
use crate::timeloop::files::constraints::Scope;
use crate::timeloop::files::specification::{Purpose, Specification, SpecificationError, SpecificationOptions};
use crate::timeloop::files::stats::StatsOptions;
use crate::timeloop::files::{EnergyTables, ProblemHeader, TimeloopVersion, write_problem};
use crate::timeloop::frontend::Source;
use crate::workload::Problem;

/// An accelerator: its description, and where its energies come from.
#[derive(Clone, Debug)]
pub struct Accelerator {
    /// Its name in results, unique in a run, and its folder's.
    pub name: String,
    /// The description.
    pub sources: Vec<Source>,
    /// Energies and areas.
    pub tables: EnergyTables,
    /// How the description is read.
    pub frontend_quirks: bool,
}

/// An accelerator and the constraints on mappings of one problem.
#[derive(Clone, Debug)]
pub struct ProblemOnArchitecture {
    /// The accelerator.
    pub architecture: Architecture,
    /// The problem, as the front end hands it on.
    pub problem: Problem,
    /// The constraints.
    pub constraints: Constraints,
    /// How statistics are printed.
    pub stats: StatsOptions,
    /// What has no effect, or another one than its writer may think.
    pub warnings: Vec<String>,
}

impl Accelerator {
    /// What the description says for a problem; its own problem and mapping, if it has any, count for nothing.
    ///
    /// # Errors
    ///
    /// Where the description departs from its form, or its constraints name what the problem does not have.
    pub fn for_problem(&self, problem: &Problem) -> Result<ProblemOnArchitecture, SpecificationError> {
        let text = write_problem(problem, &ProblemHeader::default(), TimeloopVersion::V04);
        let source = Source::Text { name: "the layer's problem".to_owned(), text };
        let options = SpecificationOptions { frontend_quirks: self.frontend_quirks, purpose: Purpose::Mapper };
        let specification = Specification::load_for(&self.sources, &source, options)?;
        let (architecture, more) = specification.architecture(&self.tables)?;
        let mut warnings = specification.warnings.clone();
        warnings.extend(more);
        let (problem, more) = specification.problem()?;
        warnings.extend(more);
        let (constraints, more) = specification.constraints(&architecture, &problem, Scope::All)?;
        warnings.extend(more);
        Ok(ProblemOnArchitecture { architecture, problem, constraints, stats: specification.stats_options(), warnings })
    }

    /// The sources of an architecture's energies, in words: tables first, then what no table states.
    pub fn energy_source(&self, architecture: &Architecture) -> String {
        let stores = architecture.levels().iter().filter(|level| level.class != "dummy_storage");
        let units = architecture.arithmetic();
        let components = std::iter::once((units.name.as_str(), &units.energy.source))
            .chain(stores.map(|level| (level.name.as_str(), &level.energy.read.source)));
        let mut tables: Vec<&str> = Vec::new();
        let (mut stated, mut guessed) = (Vec::new(), Vec::new());
        for (name, source) in components {
            match source {
                EnergySource::Ert(_) => {
                    let source = self.tables.energy_source(name).unwrap_or("a table");
                    if !tables.contains(&source) {
                        tables.push(source);
                    }
                }
                EnergySource::User => stated.push(name),
                EnergySource::Pat | EnergySource::Absent => guessed.push(name),
            }
        }
        let mut parts: Vec<String> = tables.into_iter().map(str::to_owned).collect();
        if !stated.is_empty() {
            parts.push(format!("attributes of {}", stated.join(", ")));
        }
        if !guessed.is_empty() {
            parts.push(format!("Timeloop's built-in formulas (PAT) for {}", guessed.join(", ")));
        }
        parts.join("; ")
    }

    /// Components whose energy no table and no attribute states.
    pub fn guessed(&self, architecture: &Architecture) -> Vec<String> {
        let units = architecture.arithmetic();
        let unit = (units.energy.source == EnergySource::Pat).then(|| units.name.clone());
        let stores = architecture.levels().iter().filter(|level| level.class != "dummy_storage");
        let guessed = stores.filter(|level| level.energy.read.source == EnergySource::Pat);
        unit.into_iter().chain(guessed.map(|level| level.name.clone())).collect()
    }
}
