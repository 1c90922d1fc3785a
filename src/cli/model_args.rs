//! What may be typed about accelerators and mappings.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::energy_args::{EnergyArgs, TableArgs};
use crate::api::{Description, Error, Footprint};

#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// Timeloop's files, any number: problem, architecture, mapping, ERT, ART. Their keys are merged; v0.4 descriptions
    /// (`architecture.nodes`) are processed.
    #[arg(value_name = "FILE", required_unless_present_any = ["arch", "problem", "mapping"])]
    pub(super) files: Vec<PathBuf>,
    /// The accelerator: a shipped design (`arch list`), or files with commas between them.
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) arch: Option<PathBuf>,
    /// The problem.
    #[arg(long, value_name = "FILE")]
    pub(super) problem: Option<PathBuf>,
    /// The mapping: a map.yaml, or a loop nest as text (map.txt).
    #[arg(long, value_name = "FILE")]
    pub(super) mapping: Option<PathBuf>,
    /// Write timeloop-model.stats.txt, .map.txt, .map.yaml and .json into this folder.
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub(super) output: PathBuf,
    /// Do what the published v0.4 front end does, also where it departs from the description: `split` counts the
    /// dimensions that it inserts.
    #[arg(long)]
    pub(super) frontend_quirks: bool,
    /// What a dilated or strided tile takes and moves.
    #[arg(long, value_name = "FOOTPRINT", default_value = "hull")]
    pub(super) footprint: FootprintArg,
    #[command(flatten)]
    pub(super) energy: EnergyArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FootprintArg {
    /// The box around the points that it touches, holes included: what Timeloop computes.
    Hull,
    /// The points that it touches: what hardware that skips the holes would do. Mappings are searched by hulls all the same.
    Exact,
}

impl From<FootprintArg> for Footprint {
    fn from(footprint: FootprintArg) -> Self {
        match footprint {
            FootprintArg::Hull => Self::BoundingBox,
            FootprintArg::Exact => Self::Exact,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct ArchArgs {
    #[command(subcommand)]
    pub(super) command: ArchCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ArchCommand {
    /// The shipped designs, one line each.
    List,
    /// The description of a shipped design, in YAML.
    Show {
        /// Its name.
        name: String,
        /// Its table of energies and areas (ERT, ART) instead.
        #[arg(long)]
        energy: bool,
    },
    /// Read a description: its levels, and everything in it that is wrong or has no effect.
    Check {
        /// The files, or the name of a shipped design.
        #[arg(required = true, value_name = "NAME|FILE")]
        files: Vec<PathBuf>,
        /// Do what the published v0.4 front end does.
        #[arg(long)]
        frontend_quirks: bool,
        #[command(flatten)]
        tables: TableArgs,
    },
}

/// What `evaluate` and `map` are given: the files that are named one by one come after the others.
pub(super) fn described<'a>(
    arch: Option<&Path>,
    files: &'a [PathBuf],
    single: impl IntoIterator<Item = &'a PathBuf>,
) -> Result<Description, Error> {
    let mut description = match arch {
        Some(arch) => Description::named(&arch.to_string_lossy())?,
        None => Description::default(),
    };
    files.iter().chain(single).for_each(|file| description.add_file(file));
    Ok(description)
}
