//! Where energies and areas come from: tables in files, the description's own, Accelergy, a preset's, Timeloop's formulas.

use std::path::{Path, PathBuf};

use super::description::Description;
use super::{Error, ErrorKind};
use crate::architecture::presets;
use crate::timeloop::files::specification::{Specification, read_yaml};
use crate::timeloop::files::{EnergyTables, parse_document};
use crate::timeloop::program::add_estimates;

/// Sources of energies and areas, besides attributes in the description. Of several that state a component the first counts, in
/// the order of the fields. What none states is computed by Timeloop's built-in estimates (PAT).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Energies {
    /// Files of energy reference tables (ERT), as Accelergy writes them.
    pub ert: Vec<PathBuf>,
    /// Files of area reference tables (ART).
    pub art: Vec<PathBuf>,
    /// What else states them.
    pub source: EnergySource,
}

/// What states energies besides tables in files of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EnergySource {
    /// The tables in the description, then the preset's.
    #[default]
    Description,
    /// The program `accelergy` on PATH, then the tables in the description and the preset's. Its log and its tables are kept
    /// in this folder.
    Accelergy(PathBuf),
    /// Nothing: Timeloop's formulas alone.
    Formulas,
}

impl Energies {
    /// All energies and areas, each with its source. `prefix` begins the names of Accelergy's files.
    pub(super) fn tables(
        &self,
        specification: &Specification,
        description: &Description,
        prefix: &str,
    ) -> Result<EnergyTables, Error> {
        let mut tables = EnergyTables::default();
        for file in &self.ert {
            let error = |source| ErrorKind::EnergyTable { file: shown(file), source };
            tables.add_ert(&read_yaml(file)?, &shown(file)).map_err(error)?;
        }
        for file in &self.art {
            let error = |source| ErrorKind::AreaTable { file: shown(file), source };
            tables.add_art(&read_yaml(file)?, &shown(file)).map_err(error)?;
        }
        match &self.source {
            EnergySource::Formulas => return Ok(tables),
            EnergySource::Accelergy(folder) => {
                add_estimates(&mut tables, specification, &description.sources, folder, prefix)?;
            }
            EnergySource::Description => {}
        }
        tables.add(specification.document(), "the input files")?;
        if let Some(preset) = description.preset {
            let source = format!("preset {}: {}", preset.name, presets::ENERGY_SOURCE);
            tables.add(&parse_document(preset.energy)?, &source)?;
        }
        Ok(tables)
    }
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}
