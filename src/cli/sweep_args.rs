//! What may be typed about sweeps.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::args::{NetworkArgs, parse_number, parse_threads};
use super::energy_args::TableArgs;
use super::map_args::MapspaceChoice;
use super::run_args::{CacheArgs, ChartArgs, ChartFormat, ChartLayers, ChartSize, ReadingArgs};
use crate::api::{Budget, SweepObjective};
use crate::names::suggestion;
use crate::results::sweep::Shard;
use crate::sweep::{ShardError, SweepFile, shard_of_environment};

#[derive(Debug, Args)]
#[command(
    after_help = "PATH is COMPONENT.KEY or the name of a variable of the description: shared_glb.depth, PE_column.meshX, rows. VALUES \
                  are values with commas between, expressions, and ranges: 8,14,28; 4096..131072*2; 12..48+12.\n\n\
                  Exit codes: 0 every design is searched, skipped or not valid; 1 no design is valid, or a network could not be \
                  read; 2 bad usage or input, nothing written; 130 interrupted: the same command goes on."
)]
pub(super) struct SweepArgs {
    /// ONNX files, folders (every .onnx below them; hidden folders are skipped), or one sweep file (YAML).
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// A sweep file: everything below as one YAML file. What stands on the command line counts instead of what the file says.
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Architecture whose values are varied: a preset (`arch list`), or description files separated by commas; may repeat
    /// [default: eyeriss_like].
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) arch: Vec<String>,
    /// Vary a value of the description: an attribute or a mesh of a component, or a variable. May repeat: every combination is a design.
    #[arg(long, value_name = "PATH=VALUES")]
    pub(super) set: Vec<PathAndText>,
    /// Leave out the designs for which an expression over paths is not true, such as "PE_column.meshX*PE.meshY <= 512"; may repeat.
    #[arg(long = "where", value_name = "EXPRESSION")]
    pub(super) conditions: Vec<String>,
    /// What decides which designs are the best, and what the mapping of each layer minimizes: edp, energy, delay, area, edap, eap, dap
    /// (products of energy, delay and area; layers are mapped by the part without the area) [default: edp].
    #[arg(long, value_name = "NAME")]
    pub(super) objective: Option<SweepObjective>,
    /// Write everything that `run` writes for the best K designs, into the folder `best`.
    #[arg(long, value_name = "K", value_parser = parse_number)]
    pub(super) best: Option<u64>,
    /// Search every design, also those that are proved to be worse than others in energy, cycles and area. The front is the same.
    #[arg(long)]
    pub(super) exhaustive: bool,
    /// Name a parameter in charts and tables; may repeat.
    #[arg(long, value_name = "PATH=TEXT")]
    pub(super) label: Vec<PathAndText>,
    /// Output folder.
    #[arg(short, long, value_name = "DIR", default_value = "onnx2timeloop-sweep")]
    pub(super) output: PathBuf,
    /// Go on with more than 100,000 designs.
    #[arg(long)]
    pub(super) yes: bool,
    /// Search only the I-th of N parts of the designs, into sweep.shard-I-of-N.json; `report DIR...` makes one sweep of all parts. `auto`
    /// takes I and N from the array job of Slurm or Kubernetes.
    #[arg(long, value_name = "I/N|auto", help_heading = "Several machines")]
    pub(super) shard: Option<ShardArg>,
    /// Print an array job of Slurm with so many tasks, which does this sweep, and do nothing else.
    #[arg(long, value_name = "TASKS", num_args = 0..=1, default_missing_value = "8", value_parser = parse_threads,
          help_heading = "Several machines")]
    pub(super) print_sbatch: Option<u16>,
    /// End the search of a layer after a time (10s, 2m), or after a number of evaluated mappings (5000mappings), with the best so
    /// far. What is found in a time depends on the machine.
    #[arg(long, value_name = "TIME|COUNT", help_heading = "Search")]
    pub(super) budget: Option<Budget>,
    /// Mapspace template (perfect or imperfect factors). With imperfect ones no design is skipped.
    #[arg(long, value_name = "TEMPLATE", default_value = "uber", help_heading = "Search")]
    pub(super) mapspace: MapspaceChoice,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = parse_threads)]
    pub(super) threads: Option<u16>,
    #[command(flatten)]
    pub(super) cache: CacheArgs,
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
    #[command(flatten)]
    pub(super) charts: SweepChartArgs,
    #[command(flatten)]
    pub(super) energy: TableArgs,
    #[command(flatten)]
    pub(super) network: NetworkArgs,
}

/// What pictures there are; a sweep file may say the same.
#[derive(Debug, Args)]
#[command(next_help_heading = "Charts")]
pub(super) struct SweepChartArgs {
    /// File formats of the charts [default: svg,png].
    #[arg(long = "chart-format", value_name = "FORMATS", value_delimiter = ',')]
    formats: Vec<ChartFormat>,
    /// Width of the charts [default: screen].
    #[arg(long = "chart-size", value_name = "SIZE")]
    size: Option<ChartSize>,
    /// Additional metric to draw of the best designs, as for `run`; may repeat.
    #[arg(long = "chart-metric", value_name = "METRIC")]
    metrics: Vec<String>,
}

impl SweepChartArgs {
    /// The charts: what is not typed is what the file says.
    pub(super) fn or(&self, file: &SweepFile) -> anyhow::Result<ChartArgs> {
        let formats =
            file.chart_format.iter().map(|name| named(name, "chart_format")).collect::<anyhow::Result<_>>()?;
        let size = file.chart_size.as_deref().map(|name| named(name, "chart_size")).transpose()?;
        let formats = if self.formats.is_empty() { formats } else { self.formats.clone() };
        Ok(ChartArgs {
            formats: if formats.is_empty() { vec![ChartFormat::Svg, ChartFormat::Png] } else { formats },
            size: self.size.or(size).unwrap_or(ChartSize::Screen),
            layers: ChartLayers::Distinct,
            metrics: if self.metrics.is_empty() { file.metrics.clone() } else { self.metrics.clone() },
        })
    }
}

/// A value of an option that stands in a sweep file.
fn named<T: ValueEnum>(name: &str, key: &str) -> anyhow::Result<T> {
    let known: Vec<String> =
        T::value_variants().iter().filter_map(|value| Some(value.to_possible_value()?.get_name().to_owned())).collect();
    T::from_str(name, false).map_err(|_| {
        let hint = suggestion(name, known.iter().map(String::as_str));
        anyhow!("`{key}` of the sweep file: `{name}` is none of {}{hint}", known.join(", "))
    })
}

/// `PATH=TEXT`.
#[derive(Clone, Debug)]
pub(super) struct PathAndText {
    pub(super) path: String,
    pub(super) text: String,
}

impl FromStr for PathAndText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, text) =
            text.split_once('=').ok_or("it must be PATH=VALUES, such as shared_glb.depth=4096..131072*2")?;
        let path = path.trim();
        if path.is_empty() {
            return Err("there is no path before `=`".to_owned());
        }
        Ok(Self { path: path.to_owned(), text: text.trim().to_owned() })
    }
}

/// A shard, or where to find which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShardArg {
    One(Shard),
    OfEnvironment,
}

impl FromStr for ShardArg {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        if text == "auto" { Ok(Self::OfEnvironment) } else { Ok(Self::One(text.parse()?)) }
    }
}

impl ShardArg {
    /// The shard of this process.
    pub(super) fn shard(self) -> Result<Shard, ShardError> {
        match self {
            Self::One(shard) => Ok(shard),
            Self::OfEnvironment => shard_of_environment(|name| std::env::var(name).ok()),
        }
    }
}

/// The words of a command without some of its options. `with_value`: those that have a value in the next word or behind `=`.
pub(super) fn words_without(
    words: impl IntoIterator<Item = OsString>,
    plain: &[&str],
    with_value: &[&str],
) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = words.into_iter().map(|word| word.to_string_lossy().into_owned()).peekable();
    while let Some(word) = words.next() {
        let (name, value) = word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        if with_value.contains(&name) {
            // The value may be left out.
            let is_value =
                |next: &String| !next.starts_with('-') && (name != "--print-sbatch" || next.parse::<u16>().is_ok());
            if value.is_none() && words.peek().is_some_and(is_value) {
                words.next();
            }
        } else if !plain.contains(&name) {
            kept.push(word);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_taken_out_with_their_values() {
        let text = "tool sweep m.onnx --print-sbatch 4 --set a.b=1,2 --shard=1/2 --threads 3 --no-progress --print-sbatch x.onnx";
        let words = text.split(' ').map(OsString::from);
        let kept = words_without(words, &["--no-progress"], &["--print-sbatch", "--shard", "--threads"]);
        assert_eq!(kept.join(" "), "tool sweep m.onnx --set a.b=1,2 x.onnx");
    }
}
