//! What may be typed about whole runs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::{NetworkArgs, Shape, Version};
use super::map_args::{MapspaceChoice, SearchChoice};
use super::model_args::{EnergyArgs, FootprintArg};
use crate::mapper::Budget;

#[derive(Debug, Args)]
pub(super) struct Run {
    /// ONNX files, folders (every .onnx below them; hidden folders are skipped), or `-` for standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// An accelerator: a shipped design (`arch list`), or the files of a description, with commas between them; may repeat
    /// [default: eyeriss_like, simple_weight_stationary, simple_output_stationary].
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) arch: Vec<String>,
    /// Write everything into this folder.
    #[arg(short, long, value_name = "DIR", default_value = "onnx2timeloop-out")]
    pub(super) output: PathBuf,
    #[command(flatten)]
    pub(super) search: SearchArgs,
    /// Threads in all [default: one per core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) threads: Option<u16>,
    /// Layers mapped at the same time [default: as many as threads].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// Keep results for other runs in this folder, and take theirs [default: onnx2timeloop in the user's cache folder].
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    pub(super) cache: Option<PathBuf>,
    /// Neither keep results for other runs nor take theirs.
    #[arg(long)]
    pub(super) no_cache: bool,
    /// What a dilated or strided tile takes and moves.
    #[arg(long, value_name = "FOOTPRINT", default_value = "hull")]
    pub(super) footprint: FootprintArg,
    /// Do what the published v0.4 front end does, also where it departs from the description: `split` counts the
    /// dimensions that it inserts.
    #[arg(long)]
    pub(super) frontend_quirks: bool,
    /// Dimensions of the problems: the shipped designs' constraints name those of a convolution.
    #[arg(long, value_name = "STYLE", default_value = "conv2d")]
    pub(super) problem_shape: Shape,
    /// Form of the problem files.
    #[arg(long, value_name = "VERSION", default_value = "0.4")]
    pub(super) timeloop_version: Version,
    #[command(flatten)]
    pub(super) energy: EnergyArgs,
    #[command(flatten)]
    pub(super) network: NetworkArgs,
}

/// How the best mapping is looked for.
#[derive(Debug, Args)]
pub(super) struct SearchArgs {
    /// Who searches.
    #[arg(long, value_name = "MAPPER", default_value = "embedded", help_heading = "Search")]
    pub(super) mapper: MapperChoice,
    /// The real mapper, or the folder that it is in [default: what TIMELOOP_MAPPER says, else timeloop-mapper on PATH].
    #[arg(long, value_name = "FILE", help_heading = "Search")]
    pub(super) timeloop_bin: Option<PathBuf>,
    /// How the embedded mapper searches.
    #[arg(long, value_name = "HOW", default_value = "exact", help_heading = "Search")]
    pub(super) search: SearchChoice,
    /// What shall be least: edp, energy, delay, last_level_accesses, accesses-K (storage level K from the innermost),
    /// ordered_accesses. Of several, the first that differs by more than 0.1 % decides.
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "edp", help_heading = "Search")]
    pub(super) metric: Vec<String>,
    /// End the search of a layer after a time (10s, 2m), or after a number of evaluated mappings (100000), with the best so
    /// far. What is found in a time depends on the machine.
    #[arg(long, value_name = "TIME|N", help_heading = "Search")]
    pub(super) budget: Option<Budget>,
    /// Decides the draws of `--search random`.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Search")]
    pub(super) seed: u64,
    /// Which factors there are.
    #[arg(long, value_name = "TEMPLATE", default_value = "uber", help_heading = "Search")]
    pub(super) mapspace: MapspaceChoice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum MapperChoice {
    /// The one in this tool.
    Embedded,
    /// The real timeloop-mapper, with the settings of Timeloop's exercises; a time in `--budget` ends it, too.
    Timeloop,
    /// Each in a folder of its own, side by side.
    Both,
}

#[derive(Debug, Args)]
pub(super) struct Report {
    /// Folders that `run` wrote, or the real tool.
    #[arg(required = true, value_name = "DIR")]
    pub(super) folders: Vec<PathBuf>,
    /// Write totals.csv and report.html into this folder.
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// What to print on standard output.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: ReportFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// One line a network and accelerator.
    Table,
    /// The same with all digits, and the energy of every component.
    Csv,
    /// Every layer, as results.json has it: a list.
    Json,
}
