//! Where energies and areas come from: tables in files, the description's own, estimates, a preset's recorded table, Timeloop's
//! formulas.

use std::path::{Path, PathBuf};

use super::description::Description;
use super::{Error, ErrorKind};
use crate::architecture::presets;
use crate::energy::{DesignEstimates, Estimate};
use crate::timeloop::files::specification::{Specification, read_yaml};
use crate::timeloop::files::{EnergyTables, parse_document};
use crate::timeloop::program::{add_estimates, has_accelergy};

/// Sources of energies and areas, besides attributes in the description. Of several that state a component the first counts, in
/// the order of the fields. What none states is computed by Timeloop's built-in estimates (PAT).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Energies {
    /// Files of energy reference tables (ERT), as Accelergy writes them.
    pub ert: Vec<PathBuf>,
    /// Files of area reference tables (ART), as Accelergy writes them.
    pub art: Vec<PathBuf>,
    /// What else states them.
    pub source: EnergySource,
}

/// What states energies besides tables in files of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnergySource {
    /// The tables in the description, then [estimates](crate::energy) from the attributes of each component.
    Estimates {
        /// Classes that only a plug-in of the user knows are asked of the program `accelergy`, if it is on PATH; its log and its
        /// tables are kept in this folder. Without a folder no program is started.
        accelergy: Option<PathBuf>,
    },
    /// The tables in the description, then the preset's recorded table of May 2024.
    Recorded,
    /// The program `accelergy` on PATH, then the tables in the description. Its log and its tables are kept in this folder.
    Accelergy(PathBuf),
    /// Nothing: Timeloop's formulas alone.
    Formulas,
}

impl Default for EnergySource {
    fn default() -> Self {
        Self::Estimates { accelergy: None }
    }
}

/// The energies and areas of a description.
pub(super) struct ReadEnergies {
    pub(super) tables: EnergyTables,
    /// Those that are no estimates, where estimates fill in the others.
    pub(super) stated: Option<EnergyTables>,
    /// What was estimated, also of components whose energies a table states.
    pub(super) estimates: Vec<Estimate>,
    /// Components of classes that nothing knows.
    pub(super) warnings: Vec<String>,
}

impl Energies {
    /// All energies and areas, each with its source. `prefix` begins the names of Accelergy's files.
    pub(super) fn read(
        &self,
        specification: &Specification,
        description: &Description,
        prefix: &str,
    ) -> Result<ReadEnergies, Error> {
        let mut tables = EnergyTables::default();
        for file in &self.ert {
            let error = |source| ErrorKind::EnergyTable { file: shown(file), source };
            tables.add_ert(&read_yaml(file)?, &shown(file)).map_err(error)?;
        }
        for file in &self.art {
            let error = |source| ErrorKind::AreaTable { file: shown(file), source };
            tables.add_art(&read_yaml(file)?, &shown(file)).map_err(error)?;
        }
        if let EnergySource::Accelergy(folder) = &self.source {
            add_estimates(&mut tables, specification, &description.sources, folder, prefix)?;
        }
        if self.source != EnergySource::Formulas {
            tables.add(specification.document(), "the input files")?;
        }
        let mut read = ReadEnergies { tables, stated: None, estimates: Vec::new(), warnings: Vec::new() };
        match &self.source {
            EnergySource::Recorded => {
                if let Some(preset) = description.preset.filter(|preset| !preset.energy.is_empty()) {
                    let source = format!("preset {}: {}", preset.name, presets::ENERGY_SOURCE);
                    read.tables.add(&parse_document(preset.energy)?, &source)?;
                }
            }
            EnergySource::Estimates { accelergy } => {
                let program = accelergy.as_deref().map(|folder| Program { description, folder, prefix });
                read.estimate(specification, program.as_ref())?;
            }
            EnergySource::Accelergy(_) | EnergySource::Formulas => {}
        }
        Ok(read)
    }
}

/// The program `accelergy` for one description.
struct Program<'a> {
    description: &'a Description,
    folder: &'a Path,
    prefix: &'a str,
}

impl ReadEnergies {
    /// Adds estimates of what no table states.
    fn estimate(&mut self, specification: &Specification, accelergy: Option<&Program<'_>>) -> Result<(), Error> {
        let mut design = DesignEstimates::beside(&self.tables, specification).map_err(ErrorKind::Components)?;
        if let Some(program) = accelergy.filter(|_| design.has_unknown_classes() && has_accelergy()) {
            let mut theirs = EnergyTables::default();
            let Program { description, folder, prefix } = program;
            add_estimates(&mut theirs, specification, &description.sources, folder, prefix)?;
            design.refusals.retain(|refusal| {
                !(refusal.is_of_unknown_class() && self.tables.take(&refusal.component, &mut theirs))
            });
        }
        let errors = design.errors(specification);
        if !errors.is_empty() {
            // What is wrong with the levels themselves says more.
            specification.architecture(&self.tables)?;
            return Err(ErrorKind::Components(errors).into());
        }
        self.warnings.extend(design.warnings(specification));
        self.stated = Some(self.tables.clone());
        design.add_to(&mut self.tables);
        self.estimates = design.estimates;
        Ok(())
    }
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}
