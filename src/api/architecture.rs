//! Architectures: what presets, files and texts describe.

use std::path::Path;
use std::sync::Arc;

use super::InputFile;
use super::description::Description;
use super::energies::ReadEnergies;
use super::{Energies, EnergySource, Error, ErrorKind};
use crate::architecture::Architecture as Resolved;
use crate::architecture::presets;
use crate::energy::Estimate;
use crate::report::components::{ComponentRecord, component_records};
use crate::report::energies::guessed;
use crate::report::energy_table::energy_table;
use crate::run::{JOB_PREFIX, NamedArchitecture, ProblemOnArchitecture};
use crate::timeloop::files::constraints::Scope;
use crate::timeloop::files::specification::{Purpose, ReadSources, Specification, SpecificationOptions};
use crate::timeloop::files::{EnergyTables, parse_document};
use crate::timeloop::frontend;
use crate::workload::{Densities, DistinctProblem, Problem};

/// The name of the recorded tables of presets.
pub const RECORDED: &str = "recorded-2024-05";

/// How an architecture is read.
#[derive(Clone, Debug, Default)]
pub struct ArchitectureOptions {
    /// Its name in results; if absent, that of its [description](Description::name).
    pub name: Option<String>,
    /// Where its energies come from.
    pub energies: Energies,
    /// Reproduce the published v0.4 front end where it differs from its documentation: `split` counts the dimensions that it inserts.
    pub frontend_quirks: bool,
}

/// An architecture with its energies, for any problem.
#[derive(Clone, Debug)]
pub struct Architecture {
    /// The description, and the tables of energies.
    pub(super) named: NamedArchitecture,
    resolved: Resolved,
    energies: EnergySource,
    estimates: Vec<Estimate>,
    /// What it was read from, with hashes.
    pub(super) inputs: Vec<InputFile>,
    /// Tables of energies in files of their own.
    pub(super) tables: Vec<InputFile>,
    /// What has no effect, or another one than its writer may think; without what depends on the problem.
    pub warnings: Vec<String>,
    /// Components whose energies cannot be estimated because nothing knows their class.
    pub energy_warnings: Vec<String>,
}

impl Architecture {
    /// A preset by its name, or Timeloop's files with commas between them.
    ///
    /// # Errors
    ///
    /// If no preset or file has the name, or where a file departs from its form.
    pub fn open(name_or_files: &str) -> Result<Self, Error> {
        Self::read(&Description::named(name_or_files)?, &ArchitectureOptions::default())
    }

    /// Timeloop's files: their keys are merged.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read or departs from its form.
    pub fn from_files(files: &[impl AsRef<Path>]) -> Result<Self, Error> {
        let mut description = Description::default();
        for file in files {
            description.add_file(file);
        }
        Self::read(&description, &ArchitectureOptions::default())
    }

    /// A description in YAML, of any of Timeloop's forms; `name` is its name in messages and results.
    ///
    /// # Errors
    ///
    /// Where it departs from its form.
    pub fn from_text(name: &str, text: &str) -> Result<Self, Error> {
        let mut description = Description::default();
        description.add_text(name, text);
        Self::read(&description, &ArchitectureOptions::default())
    }

    /// An architecture from any sources. Only Accelergy, if it is asked for, writes anything.
    ///
    /// # Errors
    ///
    /// Where the description or a table departs from its form, or Accelergy fails.
    pub fn read(description: &Description, options: &ArchitectureOptions) -> Result<Self, Error> {
        let sources = ReadSources::read(&description.sources, &description.variables)?;
        let inputs = description.inputs(&sources);
        let energies = &options.energies;
        let tables = energies.ert.iter().chain(&energies.art).map(|path| InputFile::of(path, path)).collect();
        Self::of_sources(sources, description, options, (inputs, tables))
    }

    /// An architecture whose sources were read before; the inputs and the tables in files are those of its record.
    pub(super) fn of_sources(
        sources: ReadSources,
        description: &Description,
        options: &ArchitectureOptions,
        (inputs, tables_in_files): (Vec<InputFile>, Vec<InputFile>),
    ) -> Result<Self, Error> {
        let ArchitectureOptions { name, energies, frontend_quirks } = options;
        let specification = inspected(&sources, *frontend_quirks)?;
        let mut warnings = specification.warnings.clone();
        let read = || -> Result<_, Error> {
            let read = energies.read(&specification, description, JOB_PREFIX)?;
            Ok((specification.architecture(&read.tables)?, read))
        };
        let (levels, read) = read().map_err(|error| error.after(&warnings))?;
        let ReadEnergies { tables, stated, estimates, warnings: energy_warnings } = read;
        let resolved = levels.unpack_into(&mut warnings);
        let named = NamedArchitecture {
            name: name.clone().unwrap_or_else(|| description.name()),
            sources,
            tables: Arc::new(tables),
            stated: stated.map(Arc::new),
            frontend_quirks: *frontend_quirks,
            zero_use: None,
        };
        Ok(Self {
            named,
            resolved,
            energies: energies.source.clone(),
            estimates,
            inputs,
            tables: tables_in_files,
            warnings,
            energy_warnings,
        })
    }

    /// All presets, in the order of their names.
    pub fn presets() -> impl Iterator<Item = presets::Preset> {
        presets::PRESETS.into_iter()
    }

    /// The preset of a name.
    ///
    /// # Errors
    ///
    /// If no preset has the name.
    pub fn preset(name: &str) -> Result<presets::Preset, Error> {
        presets::find(name).ok_or_else(|| ErrorKind::UnknownPreset(name.to_owned()).into())
    }

    /// JSON Schema of description files of version 0.4, for editors.
    pub fn schema() -> &'static str {
        frontend::SCHEMA
    }

    /// Its energies and areas as a table for `--ert` and `--art`, with the attributes that they were made for. Comments compare
    /// with the recorded table of a preset.
    ///
    /// # Errors
    ///
    /// If the recorded table departs from its form.
    pub fn energy_table(&self, preset: Option<presets::Preset>) -> Result<String, Error> {
        let recorded = preset.filter(|preset| !preset.energy.is_empty()).map(|preset| {
            let mut tables = EnergyTables::default();
            tables.add(&parse_document(preset.energy)?, preset.name)?;
            Ok::<_, Error>(tables)
        });
        let recorded = recorded.transpose()?;
        Ok(energy_table(&self.components(), recorded.as_ref().map(|tables| (RECORDED, tables))))
    }

    /// Its name in results.
    pub fn name(&self) -> &str {
        &self.named.name
    }

    /// The description with its name and its tables of energies.
    pub fn named(&self) -> &NamedArchitecture {
        &self.named
    }

    /// Its storage levels and compute units, as they are for a dense convolution: meshes may depend on the problem.
    pub fn resolved(&self) -> &Resolved {
        &self.resolved
    }

    /// Components whose energies are Timeloop's built-in estimates because nothing states them; none if estimates were asked
    /// for.
    pub fn guessed_energies(&self) -> Vec<String> {
        if self.energies == EnergySource::Formulas { Vec::new() } else { guessed(&self.resolved, None) }
    }

    /// Its components, outermost first: class, energies, area, and where each number comes from.
    pub fn components(&self) -> Vec<ComponentRecord> {
        component_records(&self.resolved, &self.named.tables, &self.estimates)
    }

    /// What the architecture is for a problem: levels and constraints on mappings. A problem or a mapping among its own files
    /// counts for nothing.
    ///
    /// # Errors
    ///
    /// If its constraints name what the problem does not have.
    pub fn for_problem(&self, problem: &Problem) -> Result<ProblemOnArchitecture, Error> {
        Ok(self.named.for_problem(problem, &Densities::dense(problem), None)?)
    }

    /// The same for a problem of a network; where that was read with [`Datawidth::FromNetwork`](crate::workload::Datawidth), at
    /// the widths of its operands.
    ///
    /// # Errors
    ///
    /// As [`Architecture::for_problem`]; also if the machine cannot hold such numbers.
    pub fn for_distinct(&self, distinct: &DistinctProblem) -> Result<ProblemOnArchitecture, Error> {
        Ok(self.named.for_problem(&distinct.problem, &distinct.densities, distinct.operands)?)
    }

    /// Reads the constraints of a description for its own problem, or for a dense convolution if it has none.
    ///
    /// # Errors
    ///
    /// Where a constraint departs from its form. That the constraints do not fit the convolution is a warning.
    pub fn check_constraints(&mut self) -> Result<(), Error> {
        let specification = inspected(&self.named.sources, self.named.frontend_quirks)?;
        let earlier = self.warnings.clone();
        let with_warnings = |error: Error| error.after(&earlier);
        let problem = specification.problem().map_err(|error| with_warnings(error.into()))?.value;
        match specification.sparse_design(&self.resolved, &problem) {
            Ok(design) => self.warnings.extend(design.into_iter().flat_map(|design| design.warnings)),
            Err(error) if specification.has_example_problem => self.warnings.push(format!(
                "the sparse optimizations do not fit a convolution ({error}); if they are meant for another problem, give that, \
                 too"
            )),
            Err(error) => return Err(with_warnings(error.into())),
        }
        match specification.constraints(&self.resolved, &problem, Scope::All) {
            Ok(constraints) => self.warnings.extend(constraints.warnings),
            Err(error) if specification.has_example_problem => self.warnings.push(format!(
                "the constraints do not fit a convolution ({error}); if they are meant for another problem, give that, \
                 too"
            )),
            Err(error) => return Err(with_warnings(error.into())),
        }
        Ok(())
    }
}

fn inspected(sources: &ReadSources, frontend_quirks: bool) -> Result<Specification, Error> {
    let options = SpecificationOptions { frontend_quirks, purpose: Purpose::Inspection, ..Default::default() };
    Ok(Specification::of_sources(sources, &options)?)
}
