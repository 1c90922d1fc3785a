//! What may be typed about energies.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::api::{Energies, EnergySource};

/// Where energies and areas come from.
#[derive(Debug, Args)]
pub(super) struct EnergyArgs {
    /// Energies: an energy reference table, as Accelergy writes it; may repeat, the first that states a component counts.
    #[arg(long, value_name = "FILE", help_heading = "Energy")]
    ert: Vec<PathBuf>,
    /// Areas: an area reference table; may repeat.
    #[arg(long, value_name = "FILE", help_heading = "Energy")]
    art: Vec<PathBuf>,
    /// What else states energies and areas.
    #[arg(long, value_name = "SOURCE", default_value = "auto", help_heading = "Energy")]
    energy: EnergyChoice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EnergyChoice {
    /// The tables in the files, then the shipped design's, then Timeloop's built-in formulas.
    Auto,
    /// What the program `accelergy` on PATH estimates; its log is kept in the output folder.
    Accelergy,
    /// Timeloop's built-in formulas alone.
    Pat,
}

impl EnergyArgs {
    /// The sources; Accelergy leaves its files in `folder`.
    pub(super) fn energies(&self, folder: &Path) -> Energies {
        let source = match self.energy {
            EnergyChoice::Auto => EnergySource::Description,
            EnergyChoice::Accelergy => EnergySource::Accelergy(folder.to_owned()),
            EnergyChoice::Pat => EnergySource::Formulas,
        };
        Energies { ert: self.ert.clone(), art: self.art.clone(), source }
    }
}

/// Tables of energies and areas.
#[derive(Debug, Args)]
pub(super) struct TableArgs {
    /// An energy reference table; may repeat.
    #[arg(long, value_name = "FILE")]
    ert: Vec<PathBuf>,
    /// An area reference table; may repeat.
    #[arg(long, value_name = "FILE")]
    art: Vec<PathBuf>,
}

impl TableArgs {
    /// The tables, then what the description states.
    pub(super) fn energies(&self) -> Energies {
        Energies { ert: self.ert.clone(), art: self.art.clone(), ..Energies::default() }
    }
}

/// A warning of energies that nothing states, if there are any.
pub(super) fn guessed_energies(components: &[String]) -> Option<String> {
    (!components.is_empty()).then(|| {
        format!(
            "no energy table covers {}; using Timeloop's built-in estimates (PAT, rough). Pass `--ert FILE` or `--energy accelergy`",
            components.join(", ")
        )
    })
}
