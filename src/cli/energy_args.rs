//! What may be typed about energies.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::api::{Energies, EnergySource};

/// Where energies and areas come from.
#[derive(Debug, Args)]
pub(super) struct EnergyArgs {
    /// Energy reference table (ERT) as Accelergy writes it; may repeat: the first table that states a component is used.
    #[arg(long, value_name = "FILE", help_heading = "Energy")]
    ert: Vec<PathBuf>,
    /// Area reference table (ART) as Accelergy writes it; may repeat.
    #[arg(long, value_name = "FILE", help_heading = "Energy")]
    art: Vec<PathBuf>,
    /// Source of energies and areas that `--ert` and `--art` do not state.
    #[arg(long, value_name = "SOURCE", default_value = "auto", help_heading = "Energy")]
    energy: EnergyChoice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EnergyChoice {
    /// The tables in the input files, then the preset's, then Timeloop's built-in estimates (PAT).
    Auto,
    /// Estimates of the program `accelergy` on PATH; its log is kept in the output folder.
    Accelergy,
    /// Timeloop's built-in estimates (PAT) only.
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
    /// Energy reference table (ERT) as Accelergy writes it; may repeat.
    #[arg(long, value_name = "FILE")]
    ert: Vec<PathBuf>,
    /// Area reference table (ART) as Accelergy writes it; may repeat.
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
            "no energy table covers {}; using Timeloop's built-in estimates (PAT, rough). Pass `--ert FILE` or `--energy \
             accelergy`",
            components.join(", ")
        )
    })
}
