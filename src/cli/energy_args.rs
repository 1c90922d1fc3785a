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
    #[arg(long, value_name = "SOURCE", default_value = "estimate", help_heading = "Energy")]
    energy: EnergyChoice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EnergyChoice {
    /// The tables in the input files, then estimates from the attributes of each component, as Accelergy's usual plug-ins make
    /// them; for classes that only a plug-in of yours knows the program `accelergy`, if it is on PATH.
    #[value(alias = "auto")]
    Estimate,
    /// The tables in the input files, then the recorded table of the preset: Accelergy's numbers of May 2024, when its library
    /// took an adder for the multiplier.
    #[value(name = "recorded-2024-05")]
    Recorded,
    /// Estimates of the program `accelergy` on PATH; its log is kept in the output folder.
    Accelergy,
    /// Timeloop's built-in estimates (PAT) only.
    Pat,
}

impl EnergyArgs {
    /// The sources; Accelergy leaves its files in `folder`.
    pub(super) fn energies(&self, folder: &Path) -> Energies {
        let source = match self.energy {
            EnergyChoice::Estimate => EnergySource::Estimates { accelergy: Some(folder.to_owned()) },
            EnergyChoice::Recorded => EnergySource::Recorded,
            EnergyChoice::Accelergy => EnergySource::Accelergy(folder.to_owned()),
            EnergyChoice::Pat => EnergySource::Formulas,
        };
        Energies { ert: self.ert.clone(), art: self.art.clone(), source }
    }
}

/// Tables of energies and areas, where no program is started.
#[derive(Debug, Args)]
pub(super) struct TableArgs {
    /// Energy reference table (ERT) as Accelergy writes it; may repeat.
    #[arg(long, value_name = "FILE")]
    ert: Vec<PathBuf>,
    /// Area reference table (ART) as Accelergy writes it; may repeat.
    #[arg(long, value_name = "FILE")]
    art: Vec<PathBuf>,
    /// Source of energies and areas that `--ert` and `--art` do not state.
    #[arg(long, value_name = "SOURCE", default_value = "estimate")]
    energy: TableChoice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TableChoice {
    /// The tables in the input files, then estimates from the attributes of each component.
    Estimate,
    /// The tables in the input files, then the recorded table of the preset (May 2024).
    #[value(name = "recorded-2024-05")]
    Recorded,
    /// Timeloop's built-in estimates (PAT) only.
    Pat,
}

impl TableArgs {
    /// The tables, then what else is asked for.
    pub(super) fn energies(&self) -> Energies {
        let source = match self.energy {
            TableChoice::Estimate => EnergySource::default(),
            TableChoice::Recorded => EnergySource::Recorded,
            TableChoice::Pat => EnergySource::Formulas,
        };
        Energies { ert: self.ert.clone(), art: self.art.clone(), source }
    }
}

/// A warning of energies that nothing states, if there are any.
pub(super) fn guessed_energies(components: &[String]) -> Option<String> {
    (!components.is_empty()).then(|| {
        format!(
            "nothing states or estimates the energies of {}; using Timeloop's built-in estimates (PAT, rough). State \
             `technology` and `global_cycle_seconds` and use known classes, pass `--ert FILE`, or ask `--energy accelergy`",
            components.join(", ")
        )
    })
}
