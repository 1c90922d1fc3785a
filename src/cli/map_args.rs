//! What may be typed about the search for a mapping.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::{parse_number, parse_threads};
use super::density_args::ProblemDensityArgs;
use super::energy_args::EnergyArgs;
use super::model_args::VariableArgs;
use crate::api::{Budget, SearchMethod};
use crate::mapper::{Metric, Template};

#[derive(Debug, Args)]
#[command(
    after_help = "timeloop-mapper writes further files that this command does not write: .map+stats.xml, .map.cpp, \
                        .map.tensella.txt, .orojenesis.csv, and without an ERT among its files Accelergy's (here with \
                        `--energy accelergy`).\n\n\
                        Exit codes: 0 a mapping was found; 1 no mapping exists, or none was found; 2 bad usage or input, \
                        nothing written; 130 interrupted, the best mapping so far is written."
)]
pub(super) struct MapArgs {
    /// Timeloop's files, any number: problem, architecture, constraints, mapper, ERT, ART. Their keys are merged; v0.4
    /// descriptions (`architecture.nodes`) are processed.
    #[arg(value_name = "FILE", required_unless_present_any = ["arch", "problem"])]
    pub(super) files: Vec<PathBuf>,
    /// Architecture: a preset (`arch list`), or description files separated by commas.
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) arch: Option<PathBuf>,
    /// File of the problem.
    #[arg(long, value_name = "FILE")]
    pub(super) problem: Option<PathBuf>,
    /// Write timeloop-mapper.stats.txt, .map.txt, .map.yaml and .json into this folder.
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub(super) output: PathBuf,
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        help_heading = "Search",
        help = metric_help("Objective to minimize, instead of what the files say")
    )]
    pub(super) metric: Vec<String>,
    /// Search algorithm.
    #[arg(long, value_name = "HOW", default_value = "exact", help_heading = "Search")]
    pub(super) search: SearchChoice,
    /// Seed of the random search [default: 0].
    #[arg(long, value_name = "N", value_parser = parse_number, help_heading = "Search")]
    pub(super) seed: Option<u64>,
    /// End the search after a time (10s, 2m), or after a number of evaluated mappings (5000mappings): the best so far is written.
    #[arg(long, value_name = "TIME|COUNT", help_heading = "Search")]
    pub(super) budget: Option<Budget>,
    /// Threads [default: one per core, at most `mapper.num_threads`]. The result does not depend on them.
    #[arg(long, value_name = "N", value_parser = parse_threads, help_heading = "Search")]
    pub(super) threads: Option<u16>,
    /// Mapspace template (perfect or imperfect factors), overrides the files.
    #[arg(long, value_name = "TEMPLATE", help_heading = "Search")]
    pub(super) mapspace: Option<MapspaceChoice>,
    /// Reproduce the published v0.4 front end where it differs from its documentation: `split` counts the dimensions that it inserts.
    #[arg(long)]
    pub(super) frontend_quirks: bool,
    #[command(flatten)]
    pub(super) variables: VariableArgs,
    #[command(flatten)]
    pub(super) densities: ProblemDensityArgs,
    #[command(flatten)]
    pub(super) energy: EnergyArgs,
}

/// The help of `--metric`: what it is, and which names there are.
pub(super) fn metric_help(what: &str) -> String {
    let names = Metric::names().join(", ");
    format!(
        "{what}: {names} (K: a storage level, 0 is the innermost). Of several, the first that differs by more than 0.1 % \
         decides"
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SearchChoice {
    /// Branch and bound over the whole mapspace: the best mapping, with a proof of optimality.
    Exact,
    /// Random sampling with the stopping rules of timeloop-mapper (`mapper.timeout`, `victory_condition`, `search_size`, for each of
    /// `num_threads` streams): for comparison.
    Random,
}

impl SearchChoice {
    pub(super) fn method(self, seed: Option<u64>) -> SearchMethod {
        match self {
            Self::Exact => SearchMethod::Exact,
            Self::Random => SearchMethod::Random { seed: seed.unwrap_or_default() },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum MapspaceChoice {
    /// Perfect factors: they multiply to the size of the dimension.
    Uber,
    /// Imperfect factors: the last pass of a loop may be shorter. Never worse than uber, with a gap where it is too large for a proof.
    Ruby,
}

impl From<MapspaceChoice> for Template {
    fn from(choice: MapspaceChoice) -> Self {
        match choice {
            MapspaceChoice::Uber => Self::Uber,
            MapspaceChoice::Ruby => Self::Ruby,
        }
    }
}
