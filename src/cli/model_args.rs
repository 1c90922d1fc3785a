//! What may be typed about accelerators and mappings.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::bail;
use clap::{Args, Subcommand, ValueEnum};

use super::density_args::ProblemDensityArgs;
use super::energy_args::{EnergyArgs, TableArgs};
use super::given::refuse_network;
use super::printer::Printer;
use crate::api::{Architecture, Description, Footprint};
use crate::names::DistinctPaths;

#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// Timeloop's files, any number: problem, architecture, mapping, ERT, ART. Their keys are merged; v0.4 descriptions
    /// (`architecture.nodes`) are processed.
    #[arg(value_name = "FILE", required_unless_present_any = ["arch", "problem", "mapping"])]
    pub(super) files: Vec<PathBuf>,
    /// Architecture: a preset (`arch list`), or description files separated by commas.
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) arch: Option<PathBuf>,
    /// File of the problem.
    #[arg(long, value_name = "FILE")]
    pub(super) problem: Option<PathBuf>,
    /// The mapping: a map.yaml, or a loop nest as text (map.txt).
    #[arg(long, value_name = "FILE")]
    pub(super) mapping: Option<PathBuf>,
    /// Write timeloop-model.stats.txt, .map.txt, .map.yaml and .json into this folder.
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub(super) output: PathBuf,
    /// Reproduce the published v0.4 front end where it differs from its documentation: `split` counts the dimensions that it inserts.
    #[arg(long)]
    pub(super) frontend_quirks: bool,
    /// How tiles of strided or dilated data are counted.
    #[arg(long, value_name = "FOOTPRINT", default_value = "hull")]
    pub(super) footprint: FootprintArg,
    #[command(flatten)]
    pub(super) variables: VariableArgs,
    #[command(flatten)]
    pub(super) densities: ProblemDensityArgs,
    #[command(flatten)]
    pub(super) energy: EnergyArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FootprintArg {
    /// The axis-aligned bounding box of the points that a tile touches, holes included, as Timeloop counts.
    Hull,
    /// Only the points that a tile touches, as hardware that skips the holes would move. The search still counts bounding boxes.
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
    /// List the presets, one line each. Those that make use of zeros assume none where no densities are stated.
    List,
    /// Print the description of a preset, in YAML.
    Show {
        /// Name of the preset.
        name: String,
        /// Print its table of energies and areas (ERT, ART) instead: the estimates, and what the recorded table says.
        #[arg(long)]
        energy: bool,
    },
    /// Print the JSON Schema of description files, for editors.
    Schema,
    /// Check a description: print its levels, the energies and areas of its components with their sources, and everything in it
    /// that is wrong or has no effect.
    Check {
        /// Description files, or the name of a preset.
        #[arg(required = true, value_name = "NAME|FILE")]
        files: Vec<PathBuf>,
        /// Reproduce the published v0.4 front end where it differs from its documentation.
        #[arg(long)]
        frontend_quirks: bool,
        #[command(flatten)]
        variables: VariableArgs,
        #[command(flatten)]
        tables: TableArgs,
        /// Form of the output.
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: CheckFormat,
    },
}

/// Forms of what `arch check` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// Tables of levels and of components.
    Table,
    /// The components with all digits.
    Json,
}

/// Values given from outside of the files.
#[derive(Clone, Debug, Args)]
pub(super) struct VariableArgs {
    /// Give a variable of the files its value: a number, true, false, or a text. Templates use it by its name, and it takes the
    /// place of an entry of `variables`. May be given several times.
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<Variable>,
}

impl VariableArgs {
    /// Refuses two values for one name.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        for (at, Variable { name, value }) in self.variables.iter().enumerate() {
            let earlier = self.variables[..at].iter().find(|earlier| earlier.name == *name && earlier.value != *value);
            if let Some(earlier) = earlier {
                bail!("`--var` gives `{name}` two values: {} and {value}", earlier.value);
            }
        }
        Ok(())
    }

    /// Adds them to a description.
    pub(super) fn add_to(&self, description: &mut Description) {
        self.variables.iter().for_each(|Variable { name, value }| description.set_variable(name, value.clone()));
    }
}

/// `NAME=VALUE`.
#[derive(Clone, Debug)]
struct Variable {
    name: String,
    value: serde_json::Value,
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
        let mut letters = name.chars();
        let is_name = letters.next().is_some_and(|letter| letter.is_alphabetic() || letter == '_')
            && letters.all(|letter| letter.is_alphanumeric() || letter == '_');
        if !is_name {
            return Err(format!("`{name}` is no name of a variable: letters, digits and `_`"));
        }
        Ok(Self { name: name.to_owned(), value: variable_value(value) })
    }
}

/// A number, a truth value, or else a text.
fn variable_value(text: &str) -> serde_json::Value {
    match text {
        "true" | "True" => true.into(),
        "false" | "False" => false.into(),
        _ => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(integer), _) => integer.into(),
            (Err(_), Ok(real)) if real.is_finite() => real.into(),
            _ => text.into(),
        },
    }
}

/// What `evaluate` and `map` are given: the files that are named one by one come after the others. A file that is given twice
/// is read once.
pub(super) fn described(
    arch: Option<&Path>,
    files: &[PathBuf],
    (problem, mapping): (Option<&PathBuf>, Option<&PathBuf>),
    printer: &Printer,
) -> anyhow::Result<Description> {
    let is_preset = arch.is_some_and(|arch| Architecture::presets().any(|preset| arch == Path::new(preset.name)));
    if is_preset && files.is_empty() && problem.is_none() {
        bail!(
            "no problem is given\nhint: pass `--problem FILE`; `onnx2timeloop convert MODEL.onnx -o DIR` writes the problem of \
             each layer of a network"
        );
    }
    let mut description = match arch {
        Some(arch) => Description::named(&arch.to_string_lossy())?,
        None => Description::default(),
    };
    let mut given = DistinctPaths::default();
    if let Some(arch) = arch.filter(|_| !is_preset) {
        arch.to_string_lossy().split(',').for_each(|file| {
            given.insert(Path::new(file));
        });
    }
    for file in files.iter().chain(problem).chain(mapping) {
        refuse_network(file)?;
        if given.insert(file) {
            description.add_file(file);
        } else {
            printer.warning(format!("`{}` is given twice; it is read once", file.display()));
        }
    }
    Ok(description)
}
