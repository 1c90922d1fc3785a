//! What may be typed about whole runs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::{NetworkArgs, Shape, Version, parse_number, parse_threads};
use super::density_args::DensityArgs;
use super::energy_args::EnergyArgs;
use super::map_args::{MapspaceChoice, SearchChoice, metric_help};
use super::model_args::{FootprintArg, VariableArgs};
use crate::mapper::Budget;
use crate::report::charts::{ChartOptions, LayerChoice, PictureFormat, PictureSize};
use crate::workload::Datawidth;

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// ONNX files, folders (every .onnx below them; hidden folders are skipped), or `-` for standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Architecture: a preset (`arch list`), or description files separated by commas; may repeat
    /// [default: eyeriss_like, simple_weight_stationary, simple_output_stationary].
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) arch: Vec<String>,
    /// Output folder.
    #[arg(short, long, value_name = "DIR", default_value = "onnx2timeloop-out")]
    pub(super) output: PathBuf,
    #[command(flatten)]
    pub(super) search: SearchArgs,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = parse_threads)]
    pub(super) threads: Option<u16>,
    /// Number of layers mapped at the same time [default: as many as threads].
    #[arg(long, value_name = "N", value_parser = parse_threads)]
    pub(super) jobs: Option<u16>,
    #[command(flatten)]
    pub(super) cache: CacheArgs,
    /// How tiles of strided or dilated data are counted.
    #[arg(long, value_name = "FOOTPRINT", default_value = "hull")]
    pub(super) footprint: FootprintArg,
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
    /// Form of the problem files.
    #[arg(long, value_name = "VERSION", default_value = "0.4")]
    pub(super) timeloop_version: Version,
    #[command(flatten)]
    pub(super) charts: ChartArgs,
    #[command(flatten)]
    pub(super) energy: EnergyArgs,
    #[command(flatten)]
    pub(super) network: NetworkArgs,
}

/// How descriptions and the layers that run on them are read.
#[derive(Debug, Args)]
pub(super) struct ReadingArgs {
    /// Reproduce the published v0.4 front end where it differs from its documentation: `split` counts the dimensions that it inserts.
    #[arg(long)]
    pub(super) frontend_quirks: bool,
    #[command(flatten)]
    pub(super) variables: VariableArgs,
    /// Whose widths of numbers count.
    #[arg(long, value_name = "WHOSE", default_value = "machine")]
    pub(super) datawidth: DatawidthArg,
    /// Dimensions of the problems: the presets' constraints name those of a convolution.
    #[arg(long, value_name = "STYLE", default_value = "conv2d")]
    pub(super) problem_shape: Shape,
    #[command(flatten)]
    pub(super) densities: DensityArgs,
}

/// Where results of searches are kept.
#[derive(Debug, Args)]
pub(super) struct CacheArgs {
    /// Cache directory for search results [default: onnx2timeloop in the user's cache folder].
    #[arg(long = "cache", value_name = "DIR", conflicts_with = "no_cache")]
    pub(super) folder: Option<PathBuf>,
    /// Neither read nor write the cache of search results.
    #[arg(long)]
    pub(super) no_cache: bool,
}

/// How the best mapping is looked for.
#[derive(Debug, Args)]
pub(super) struct SearchArgs {
    /// Mapper to use.
    #[arg(long, value_name = "MAPPER", default_value = "exact", help_heading = "Search")]
    pub(super) mapper: MapperChoice,
    /// Path of timeloop-mapper, or of the folder that contains it [default: what TIMELOOP_MAPPER says, else timeloop-mapper on PATH].
    #[arg(long, value_name = "FILE", help_heading = "Search")]
    pub(super) timeloop_bin: Option<PathBuf>,
    /// How the mapper of this tool searches.
    #[arg(long, value_name = "HOW", default_value = "exact", help_heading = "Search")]
    pub(super) search: SearchChoice,
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "edp",
        help_heading = "Search",
        help = metric_help("Objective to minimize")
    )]
    pub(super) metric: Vec<String>,
    /// End the search of a layer after a time (10s, 2m), or after a number of evaluated mappings (5000mappings), with the best so
    /// far. What is found in a time depends on the machine.
    #[arg(long, value_name = "TIME|COUNT", help_heading = "Search")]
    pub(super) budget: Option<Budget>,
    /// Seed of the random search [default: 0].
    #[arg(long, value_name = "N", value_parser = parse_number, help_heading = "Search")]
    pub(super) seed: Option<u64>,
    /// Mapspace template (perfect or imperfect factors).
    #[arg(long, value_name = "TEMPLATE", default_value = "uber", help_heading = "Search")]
    pub(super) mapspace: MapspaceChoice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DatawidthArg {
    /// The machine's, for every layer, as the description states them.
    Machine,
    /// The network's: each layer runs at the widths of its own operands, on words, buffers and compute units made for them.
    FromNetwork,
}

impl From<DatawidthArg> for Datawidth {
    fn from(datawidth: DatawidthArg) -> Self {
        match datawidth {
            DatawidthArg::Machine => Self::Machine,
            DatawidthArg::FromNetwork => Self::FromNetwork,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum MapperChoice {
    /// The built-in mapper (formerly `embedded`).
    #[value(alias = "embedded")]
    Exact,
    /// The program timeloop-mapper, with the settings of Timeloop's exercises; a time in `--budget` stops it, too.
    Timeloop,
    /// Both mappers, each in its own folder.
    Both,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Folders written by `run` or by Timeloop.
    #[arg(required = true, value_name = "DIR")]
    pub(super) folders: Vec<PathBuf>,
    /// Write totals.csv, report.html and charts into this folder.
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) charts: ChartArgs,
    /// What to print on standard output.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: ReportFormat,
    /// Compare, layer by layer, the first with each of the others, and write comparison.csv and comparison.json with -o
    /// [default: what two or more folders differ in].
    #[arg(long, value_name = "WHAT")]
    pub(super) compare: Option<CompareChoice>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CompareChoice {
    /// Networks on the same architecture; also runs of the same network in several folders.
    Networks,
    /// Architectures, mappers or footprints for the same network.
    Architectures,
    /// No comparison.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// One line per network and architecture.
    Table,
    /// The same with all digits, and the energy of every component.
    Csv,
    /// Every layer: a list of results.json records.
    Json,
}

/// What pictures there are, in the folder `charts`, a table beside each.
#[derive(Debug, Args)]
#[command(next_help_heading = "Charts")]
pub(super) struct ChartArgs {
    /// File formats of the charts.
    #[arg(long = "chart-format", value_name = "FORMATS", value_delimiter = ',', default_value = "svg,png")]
    pub(super) formats: Vec<ChartFormat>,
    /// Width of the charts.
    #[arg(long = "chart-size", value_name = "SIZE", default_value = "screen")]
    pub(super) size: ChartSize,
    /// Layers shown in charts by layer.
    #[arg(long = "chart-layers", value_name = "LAYERS", default_value = "distinct")]
    pub(super) layers: ChartLayers,
    /// Additional metric to draw: macs, cycles, energy, edp, utilization, gflops, area, fj_per_compute, total, a component
    /// (its energy a multiply-accumulate), energy:COMPONENT, reads|fills|updates:COMPONENT:DATASPACE, or any text of stats.txt with
    /// a number on its line ("Op per Byte", "LEVEL:Op per Byte"). Several with commas between share an axis; may repeat.
    #[arg(long = "chart-metric", value_name = "METRIC")]
    pub(super) metrics: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ChartFormat {
    /// Vector graphics.
    Svg,
    /// Pictures of pixels.
    Png,
    /// No charts, and no CSV files of their data.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ChartSize {
    /// 960 pixels; PNG has twice as many.
    Screen,
    /// A column of a paper with two: 88 mm; PNG at 300 dots per inch.
    OneColumn,
    /// A page of a paper with two columns: 180 mm; PNG at 300 dots per inch.
    TwoColumn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ChartLayers {
    /// One for each distinct problem, with the number of executions.
    Distinct,
    /// Every layer.
    All,
}

impl ChartArgs {
    /// `None` if no pictures are wanted.
    pub(super) fn options(&self) -> Option<ChartOptions> {
        let format = |format: &ChartFormat| match format {
            ChartFormat::Svg => Some(PictureFormat::Svg),
            ChartFormat::Png => Some(PictureFormat::Png),
            ChartFormat::None => None,
        };
        let mut formats: Vec<PictureFormat> = self.formats.iter().filter_map(format).collect();
        formats.dedup();
        let size = match self.size {
            ChartSize::Screen => PictureSize::Screen,
            ChartSize::OneColumn => PictureSize::OneColumn,
            ChartSize::TwoColumn => PictureSize::TwoColumn,
        };
        let layers = match self.layers {
            ChartLayers::Distinct => LayerChoice::Distinct,
            ChartLayers::All => LayerChoice::All,
        };
        (!formats.is_empty()).then(|| ChartOptions {
            formats,
            size,
            layers,
            metrics: self.metrics.clone(),
            ..ChartOptions::default()
        })
    }
}
