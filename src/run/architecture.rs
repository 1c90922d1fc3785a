//! An architecture as it was described, and what it is for one problem.

use std::sync::Arc;

use thiserror::Error;

use crate::architecture::{Architecture, EnergySource, ZeroUse};
use crate::energy::DesignEstimates;
use crate::mapper::Job;
use crate::mapping::{LoopOrder, Mapping};
use crate::mapspace::Constraints;
use crate::model::{Evaluation, Footprint, Rejection, SparseDesign, SparseModel, evaluate_design};
use crate::report::phrases::listed;
use crate::timeloop::files::constraints::Scope;
use crate::timeloop::files::specification::{
    AtDatawidth, Purpose, ReadSources, Specification, SpecificationError, SpecificationOptions,
};
use crate::timeloop::files::stats::StatsOptions;
use crate::timeloop::files::{EnergyTables, ProblemHeader, TimeloopVersion, cycle_seconds, write_problem};
use crate::timeloop::frontend::Source;
use crate::workload::{Densities, OperandNumbers, Problem};

/// The description of an architecture, and where its energies come from.
#[derive(Clone, Debug)]
pub struct NamedArchitecture {
    /// Its name in results, unique in a run, and its folder's.
    pub name: String,
    /// The description, read once.
    pub sources: ReadSources,
    /// Energies and areas.
    pub tables: Arc<EnergyTables>,
    /// Those that are no estimates, where estimates fill in the others: they are made anew for layers of other widths.
    pub stated: Option<Arc<EnergyTables>>,
    /// How the description is read.
    pub frontend_quirks: bool,
    /// What is made of zeros in weights, of a design whose description makes nothing of them.
    pub zero_use: Option<ZeroUse>,
}

/// Why an architecture cannot run a problem at all.
#[derive(Debug, Error)]
pub enum FitError {
    /// The description, or its constraints.
    #[error(transparent)]
    Specification(#[from] SpecificationError),
    /// Components that cannot be estimated for the widths of the layer, a text each with its place.
    #[error("at the widths of this layer: {}", .0.join("\n"))]
    Components(Vec<String>),
}

/// An architecture and the constraints on mappings of one problem.
#[derive(Clone, Debug)]
pub struct ProblemOnArchitecture {
    /// Levels, arithmetic and energies.
    pub architecture: Architecture,
    /// Where the energies come from.
    pub tables: Arc<EnergyTables>,
    /// The problem, as the front end hands it on.
    pub problem: Problem,
    /// Its densities and what the architecture makes of them, of a sparse design.
    pub design: Option<SparseDesign>,
    /// Constraints on its mappings.
    pub constraints: Constraints,
    /// How statistics are printed.
    pub stats: StatsOptions,
    /// Seconds of a cycle, if the description states them.
    pub cycle_seconds: Option<f64>,
    /// What has no effect, or another one than its writer may think.
    pub warnings: Vec<String>,
}

impl ProblemOnArchitecture {
    /// What counts its mappings, of a sparse design.
    pub fn sparse_model(&self) -> Option<SparseModel<'_>> {
        self.design.as_ref().map(|design| SparseModel::new(&self.architecture, &self.problem, design))
    }

    /// What is searched; `sparse` is [`Self::sparse_model`].
    pub fn job<'a>(&'a self, sparse: Option<&'a SparseModel<'a>>) -> Job<'a> {
        Job { sparse, ..Job::new(&self.architecture, &self.problem, &self.constraints) }
    }

    /// What a mapping costs, as the model counts it.
    pub(crate) fn costs(&self, mapping: &Mapping, footprint: Footprint) -> Result<Evaluation, Rejection> {
        let Self { architecture, problem, design, .. } = self;
        let order = LoopOrder::of(mapping, problem.dimensions().len());
        evaluate_design(architecture, problem, design.as_ref(), (mapping, &order), footprint)
    }
}

/// A description with the energies of its components.
struct Described {
    specification: Specification,
    tables: Arc<EnergyTables>,
    /// Components that are others than the machine's, for a layer of other widths.
    changed: Vec<String>,
}

impl Described {
    /// A warning of energies that are those of the machine's own widths. Of tables that say what they were made for, the reader of
    /// the architecture tells every difference.
    fn unchanged_energies(&self, architecture: &Architecture) -> Option<String> {
        let units = architecture.arithmetic();
        let is_own = |name: &&String| {
            let level = architecture.level_index(name).map(|index| &architecture.levels()[index].energy.read.source);
            let source = if **name == units.name { Some(&units.energy.source) } else { level };
            match source {
                Some(EnergySource::User) => true,
                Some(EnergySource::Ert(_)) => !self.tables.says_what_for(name),
                _ => false,
            }
        };
        let own: Vec<String> = self.changed.iter().filter(is_own).map(|name| format!("`{name}`")).collect();
        (!own.is_empty()).then(|| {
            format!(
                "the stated energies of {} are those of the machine's own widths; layers of other widths use them unchanged",
                listed(&own)
            )
        })
    }
}

impl NamedArchitecture {
    /// What the description says for a problem; its own problem and mapping, if it has any, count for nothing. With the numbers
    /// of its operands, for the machine that has such words (docs/architectures.md). Densities count for sparse designs.
    ///
    /// # Errors
    ///
    /// Where the description departs from its form, its constraints name what the problem does not have, or the machine cannot
    /// hold such numbers.
    pub fn for_problem(
        &self,
        problem: &Problem,
        densities: &Densities,
        operands: Option<OperandNumbers>,
    ) -> Result<ProblemOnArchitecture, FitError> {
        let dense = Densities::dense(problem);
        let stated = if self.sources.mentions_zeros() { densities } else { &dense };
        let text = write_problem(problem, stated, &ProblemHeader::default(), TimeloopVersion::V04);
        let source = Source::Text { name: "the layer's problem".to_owned(), text };
        let options = SpecificationOptions {
            frontend_quirks: self.frontend_quirks,
            purpose: Purpose::Mapper,
            ..SpecificationOptions::default()
        };
        let specification = Specification::for_problem(&self.sources, &source, &options)?;
        let mut warnings = specification.warnings.clone();
        let described = match operands {
            Some(operands) => self.at_datawidth(&specification, operands)?,
            None => Described { specification, tables: Arc::clone(&self.tables), changed: Vec::new() },
        };
        let architecture = described.specification.architecture(&described.tables)?.unpack_into(&mut warnings);
        warnings.extend(described.unchanged_energies(&architecture));
        let Described { specification, tables, .. } = described;
        let problem = specification.problem()?.unpack_into(&mut warnings);
        let design = specification.sparse_design(&architecture, &problem)?;
        let design = design.map(|design| design.unpack_into(&mut warnings));
        let (architecture, design) = match (design, self.zero_use) {
            (None, Some(zero_use)) => {
                let architecture = architecture.making_use_of_zeros(zero_use);
                let design = SparseDesign::of_zero_use(&architecture, &problem, densities, zero_use);
                (architecture, design)
            }
            (design, _) => (architecture, design),
        };
        let constraints = specification.constraints(&architecture, &problem, Scope::All)?.unpack_into(&mut warnings);
        Ok(ProblemOnArchitecture {
            architecture,
            tables,
            problem,
            design,
            constraints,
            stats: specification.stats_options(),
            cycle_seconds: cycle_seconds(specification.document()),
            warnings,
        })
    }

    /// The description for the numbers of a layer, with estimates for it.
    fn at_datawidth(&self, machine: &Specification, operands: OperandNumbers) -> Result<Described, FitError> {
        let architecture = machine.architecture(&self.tables)?.value;
        let problem = machine.problem()?.value;
        let constraints = machine.constraints(&architecture, &problem, Scope::All)?.value;
        let AtDatawidth { specification, changed } =
            machine.at_datawidth(operands, &architecture, &problem, &constraints)?;
        let Some(stated) = &self.stated else {
            return Ok(Described { specification, tables: Arc::clone(&self.tables), changed });
        };
        let mut tables = EnergyTables::clone(stated);
        let estimates = DesignEstimates::beside(&tables, &specification).map_err(FitError::Components)?;
        let errors = estimates.errors(&specification);
        if !errors.is_empty() {
            return Err(FitError::Components(errors));
        }
        estimates.add_to(&mut tables);
        Ok(Described { specification, tables: Arc::new(tables), changed })
    }
}
