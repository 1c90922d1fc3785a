//! What may be typed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use thiserror::Error;

use super::density_args::DensityArgs;
use super::map_args::MapArgs;
use super::model_args::{ArchArgs, ArchCommand, EvaluateArgs, VariableArgs};
use super::run_args::{ReportArgs, RunArgs};
use super::sweep_args::SweepArgs;
use crate::api::NetworkOptions;
use crate::names::suggestion;
use crate::onnx::{Bindings, InputShape, InputValue, MoeBalance, Phase};
use crate::report::layers::FORMATS;
use crate::timeloop::files::TimeloopVersion;
use crate::workload::{ProblemStyle, Variant};

/// Any ONNX network as exact Timeloop problems: stride, dilation and groups, layer by layer.
#[derive(Debug, Parser)]
#[command(
    name = "onnx2timeloop",
    version,
    about,
    max_term_width = 100,
    after_help = "`onnx2timeloop MODEL.onnx` is short for `onnx2timeloop run MODEL.onnx`.\n\n\
                  Exit codes: 0 everything done; 1 part failed or a check differs; 2 bad usage or input, nothing \
                  written; 130 interrupted."
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) global: Global,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Find the best mapping of every layer of ONNX networks on one or more architectures.
    Run(Box<RunArgs>),
    /// Derive every layer's shape and Timeloop problem from ONNX files.
    Convert(ConvertArgs),
    /// Compare the cost of dilated layers: native, same-size without dilation, zero-inserted, phase-decomposed.
    ///
    /// Each variant runs on every architecture, with tiles counted as bounding boxes (as Timeloop does) and as exact points.
    #[command(mut_arg("footprint", |arg| arg.hide(true)))]
    Dilation(Box<RunArgs>),
    /// Find the best mapping of every layer on many designs: one architecture with values varied, and what is best in energy, cycles and area.
    Sweep(Box<SweepArgs>),
    /// Print the totals of finished runs, compare them, and write their report.
    Report(ReportArgs),
    /// Compare a network's layers with a committed expectation (for CI).
    ///
    /// Sizes of inputs that the file leaves open, and that no option binds, are those that the expectation states.
    Check(CheckArgs),
    /// Find the best mapping of one problem; reads and writes the files of timeloop-mapper.
    Map(MapArgs),
    /// Evaluate the cost of one mapping; reads and writes the files of timeloop-model.
    Evaluate(EvaluateArgs),
    /// List and print the presets, and check architecture descriptions.
    Arch(ArchArgs),
    /// Print a completion script for a shell.
    Completions {
        /// Shell that will read the script.
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program or of a command, in roff: `onnx2timeloop man run | man -l -`.
    Man {
        /// A command; without it, the page of the whole program.
        command: Option<String>,
    },
}

impl Command {
    /// Values given from outside of the files, where the command reads descriptions.
    pub(super) fn variables(&self) -> Option<&VariableArgs> {
        match self {
            Self::Run(args) | Self::Dilation(args) => Some(&args.reading.variables),
            Self::Sweep(args) => Some(&args.reading.variables),
            Self::Map(args) => Some(&args.variables),
            Self::Evaluate(args) => Some(&args.variables),
            Self::Arch(args) => match &args.command {
                ArchCommand::Check { variables, .. } => Some(variables),
                ArchCommand::List | ArchCommand::Show { .. } | ArchCommand::Schema => None,
            },
            Self::Convert(_) | Self::Report(_) | Self::Check(_) | Self::Completions { .. } | Self::Man { .. } => None,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Global {
    /// Print errors only.
    #[arg(short, long, global = true, help_heading = "Messages", conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Print details: nodes that did not become layers, energy by component, what a search did.
    #[arg(short, long, global = true, help_heading = "Messages")]
    pub(super) verbose: bool,
    /// Do not show progress bars or progress lines.
    #[arg(long, global = true, help_heading = "Messages")]
    pub(super) no_progress: bool,
    /// When to color messages.
    #[arg(long, global = true, help_heading = "Messages", value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    Always,
    Never,
}

#[derive(Debug, Args)]
pub(super) struct ConvertArgs {
    /// ONNX files, folders (every .onnx below them; hidden folders are skipped), or `-` for standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Write MODEL/layers.json, MODEL/layers.csv and MODEL/problems/NNN_NAME.yaml into this folder.
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// What to print on standard output [default: table].
    #[arg(long, value_name = "FORMAT", value_parser = format_names())]
    pub(super) format: Option<String>,
    /// Form of the problem files.
    #[arg(long, value_name = "VERSION", default_value = "0.4")]
    pub(super) timeloop_version: Version,
    /// Dimensions of the problems.
    #[arg(long, value_name = "STYLE", default_value = "native")]
    pub(super) problem_shape: Shape,
    /// Number of files converted at the same time [default: one per core].
    #[arg(long, value_name = "N", value_parser = parse_threads)]
    pub(super) threads: Option<u16>,
    #[command(flatten)]
    pub(super) densities: DensityArgs,
    #[command(flatten)]
    pub(super) network: NetworkArgs,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The ONNX file, or `-` for standard input.
    #[arg(value_name = "MODEL.onnx")]
    pub(super) model: PathBuf,
    /// The expectation (YAML).
    #[arg(long, value_name = "FILE")]
    pub(super) expect: PathBuf,
    /// Write the expectation instead of comparing with it.
    #[arg(long)]
    pub(super) update: bool,
    #[command(flatten)]
    pub(super) network: NetworkArgs,
}

/// How a network is read.
#[derive(Debug, Args)]
pub(super) struct NetworkArgs {
    /// Size of the first dimension of every input that leaves it open.
    #[arg(long, value_name = "N", value_parser = parse_number, help_heading = "Dynamic shapes")]
    pub(super) batch: Option<u64>,
    /// Size of a named dimension, wherever in the network it stands; may repeat.
    #[arg(long, value_name = "NAME=SIZE", value_parser = parse_dim, help_heading = "Dynamic shapes")]
    pub(super) dim: Vec<(String, u64)>,
    /// Shape of an input, such as `1,3,513,513` or `image=1,3,513,513`; may repeat.
    #[arg(long, value_name = "[NAME=]SHAPE", value_parser = parse_shape, help_heading = "Dynamic shapes")]
    pub(super) input_shape: Vec<InputShape>,
    /// Elements of a small input that shapes or conditions depend on, such as `sr=16000` or `size=64,96`; may repeat.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_value, help_heading = "Dynamic shapes")]
    pub(super) input_value: Vec<InputValue>,
    /// Shape of a value between nodes that depends on data, such as `boxes=1000,4`; may repeat.
    #[arg(long, value_name = "NAME=SHAPE", value_parser = parse_shape_of_value, help_heading = "Dynamic shapes")]
    pub(super) shape: Vec<(String, Vec<u64>)>,
    /// Phases of a language model, each a network of its own: the tokens read at once and, behind @, the tokens kept from before,
    /// such as `prefill:2048,decode:1@4096`.
    #[arg(long, value_name = "NAME:TOKENS[@PAST]", value_delimiter = ',', value_parser = parse_phase, help_heading = "Dynamic shapes")]
    pub(super) phase: Vec<Phase>,
    /// How the tokens of a mixture of experts are shared.
    #[arg(long, value_name = "BALANCE", default_value = "uniform", value_parser = moe_balances())]
    pub(super) moe_balance: MoeBalance,
    /// Treatment of dilated convolutions.
    #[arg(long, value_name = "VARIANT", default_value = "native")]
    pub(super) variant: VariantArg,
}

impl NetworkArgs {
    /// How networks are read. Of several, not every one has to have each name.
    pub(super) fn options(&self, problem_style: ProblemStyle, ignore_unknown_names: bool) -> NetworkOptions {
        let bindings = Bindings {
            batch: self.batch,
            dims: self.dim.clone(),
            input_shapes: self.input_shape.clone(),
            shapes: self.shape.clone(),
            input_values: self.input_value.clone(),
            phase: None,
            usual_shapes: Vec::new(),
            moe_balance: self.moe_balance,
            ignore_unknown_names,
        };
        NetworkOptions { bindings, variant: self.variant.into(), problem_style, ..NetworkOptions::default() }
    }
}

/// The ways in which tokens are shared, with what each is.
fn moe_balances() -> impl TypedValueParser<Value = MoeBalance> {
    let about = |balance| match balance {
        MoeBalance::Uniform => "Evenly among all experts",
        MoeBalance::Skewed => "All to the same ones",
    };
    let values = MoeBalance::ALL.map(|balance| PossibleValue::new(balance.name()).help(about(balance)));
    PossibleValuesParser::new(values).try_map(|text| {
        MoeBalance::ALL.into_iter().find(|balance| balance.name() == text).ok_or("it is not a way to share tokens")
    })
}

/// The names of the formats of layers, with what each is.
fn format_names() -> PossibleValuesParser {
    FORMATS.map(|format| PossibleValue::new(format.name).help(format.about)).into()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Version {
    #[value(name = "0.4")]
    V04,
    #[value(name = "0.3")]
    V03,
}

impl From<Version> for TimeloopVersion {
    fn from(version: Version) -> Self {
        match version {
            Version::V04 => Self::V04,
            Version::V03 => Self::V03,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Shape {
    /// As few as the layer has: a matrix product is M, N, K, a 1-D convolution has no S and Q.
    Native,
    /// The seven of a 2-D convolution, for architectures whose constraints name them: a matrix product is a 1x1 convolution.
    Conv2d,
}

impl From<Shape> for ProblemStyle {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Native => Self::Native,
            Shape::Conv2d => Self::Conv2d,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum VariantArg {
    /// As stated in the file.
    Native,
    /// Dilation 1 everywhere, with padding changed so that output sizes stay: the undilated twin.
    SameSize,
    /// Kernels with their holes filled by zeros: what a machine without dilation runs.
    ZeroInserted,
    /// One dense convolution per phase of the dilation grid, on sub-sampled inputs.
    PhaseDecomposed,
}

impl From<VariantArg> for Variant {
    fn from(variant: VariantArg) -> Self {
        match variant {
            VariantArg::Native => Self::Native,
            VariantArg::SameSize => Self::SameSize,
            VariantArg::ZeroInserted => Self::ZeroInserted,
            VariantArg::PhaseDecomposed => Self::PhaseDecomposed,
        }
    }
}

/// A number of things.
pub(super) fn parse_number(text: &str) -> Result<u64, String> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let reason = if is_number { "it is too large" } else { "it must be a whole number" };
    text.parse().map_err(|_| reason.to_owned())
}

/// A number of threads, or of what goes on at the same time.
pub(super) fn parse_threads(text: &str) -> Result<u16, String> {
    let threads = parse_number(text).ok().and_then(|number| u16::try_from(number).ok()).filter(|number| *number > 0);
    threads.ok_or_else(|| format!("it must be a whole number from 1 to {}", u16::MAX))
}

fn parse_dim(text: &str) -> Result<(String, u64), String> {
    let (name, size) = text.rsplit_once('=').ok_or("it must be NAME=SIZE, such as height=513")?;
    let size = size.trim().parse().map_err(|_| format!("`{size}` is not a size"))?;
    Ok((name.to_owned(), size))
}

fn parse_shape(text: &str) -> Result<InputShape, String> {
    let (name, shape) = match text.rsplit_once('=') {
        Some((name, shape)) => (Some(name.to_owned()), shape),
        None => (None, text),
    };
    Ok(InputShape { name, dims: parse_sizes(shape)? })
}

fn parse_sizes(shape: &str) -> Result<Vec<u64>, String> {
    let size =
        |size: &str| size.trim().parse().map_err(|_| format!("`{size}` is not a size; write a shape as 1,3,513,513"));
    shape.split([',', 'x']).map(size).collect()
}

fn parse_shape_of_value(text: &str) -> Result<(String, Vec<u64>), String> {
    let (name, shape) = text.rsplit_once('=').ok_or("it must be NAME=SHAPE, such as boxes=1000,4")?;
    Ok((name.to_owned(), parse_sizes(shape)?))
}

fn parse_phase(text: &str) -> Result<Phase, String> {
    const FORM: &str = "it must be NAME:TOKENS or NAME:TOKENS@PAST, such as decode:1@4096";
    let (name, sizes) = text.rsplit_once(':').filter(|(name, _)| !name.is_empty()).ok_or(FORM)?;
    let (tokens, past) = sizes.split_once('@').unwrap_or((sizes, "0"));
    let number =
        |text: &str| text.trim().parse::<u64>().map_err(|_| format!("`{text}` is no number of tokens; {FORM}"));
    let (tokens, past) = (number(tokens)?, number(past)?);
    if tokens == 0 {
        return Err("a phase reads at least one token".to_owned());
    }
    Ok(Phase { name: name.to_owned(), tokens, past })
}

fn parse_value(text: &str) -> Result<InputValue, String> {
    let (name, elements) = text.rsplit_once('=').ok_or("it must be NAME=VALUE, such as sr=16000")?;
    let element = |element: &str| match element.trim() {
        "true" => Ok(1.0),
        "false" => Ok(0.0),
        number => number
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .ok_or_else(|| format!("`{number}` is no number, true or false")),
    };
    Ok(InputValue { name: name.to_owned(), elements: elements.split(',').map(element).collect::<Result<_, _>>()? })
}

/// A first word that is neither a command nor a path.
#[derive(Debug, PartialEq, Eq, Error)]
#[error(
    "`{word}` is neither a command nor a file{did_you_mean}\nhint: the commands are {commands}; `onnx2timeloop --help` \
     describes them",
    did_you_mean = suggestion(word, commands.iter().map(String::as_str)),
    commands = commands.join(", ")
)]
pub(super) struct UnknownCommand {
    word: String,
    commands: Vec<String>,
}

/// Puts `run` in front of arguments that name no verb but a path.
///
/// # Errors
///
/// If the first word is neither a verb nor looks like a path.
pub(super) fn with_default_verb(mut arguments: Vec<OsString>) -> Result<Vec<OsString>, UnknownCommand> {
    let commands = command_names();
    let mut position = 1;
    // Behind an option of a command a word may be the option's value.
    let mut may_be_a_value = false;
    while let Some(argument) = arguments.get(position) {
        let text = argument.to_string_lossy();
        match text.as_ref() {
            // The next argument is its value, not a path.
            "--color" => position += 2,
            "-" | "--" => break,
            option if option.starts_with('-') => {
                may_be_a_value |= !GLOBAL.contains(&option) && !option.starts_with("--color=");
                position += 1;
            }
            verb if verb == "help" || commands.iter().any(|known| known == verb) => return Ok(arguments),
            word if may_be_a_value || looks_like_a_path(word) => break,
            word => return Err(UnknownCommand { word: word.to_owned(), commands }),
        }
    }
    if position < arguments.len() {
        arguments.insert(1, "run".into());
    }
    Ok(arguments)
}

/// Options of all commands that take no value, and those that the program answers itself.
const GLOBAL: [&str; 9] = ["-q", "--quiet", "-v", "--verbose", "--no-progress", "-h", "--help", "-V", "--version"];

/// The names of the commands, in the order of the help.
pub(super) fn command_names() -> Vec<String> {
    Cli::command().get_subcommands().map(|verb| verb.get_name().to_owned()).collect()
}

/// Whether a word is a path, or would be one if its file were there.
fn looks_like_a_path(word: &str) -> bool {
    word.contains(['.', '/', '\\']) || Path::new(word).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_accepts_the_definition() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_path_without_a_verb_is_run() {
        let with = |text: &str| {
            let arguments = text.split(' ').map(OsString::from).collect();
            let result = with_default_verb(arguments).unwrap();
            result.iter().map(|part| part.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(with("tool m.onnx"), "tool run m.onnx");
        assert_eq!(with("tool -q --color never m.onnx --batch 1"), "tool run -q --color never m.onnx --batch 1");
        assert_eq!(with("tool -"), "tool run -");
        // The value of an option is no command.
        assert_eq!(with("tool --batch 1 m.onnx"), "tool run --batch 1 m.onnx");
        assert_eq!(with("tool src"), "tool run src");
        assert_eq!(with("tool --color never check m.onnx"), "tool --color never check m.onnx");
        assert_eq!(with("tool --help"), "tool --help");
        assert_eq!(with("tool"), "tool");
    }

    #[test]
    fn a_word_that_is_no_path_is_an_unknown_command() {
        let message =
            |text: &str| with_default_verb(text.split(' ').map(OsString::from).collect()).unwrap_err().to_string();
        assert!(
            message("tool frob").starts_with("`frob` is neither a command nor a file\nhint: the commands are run, ")
        );
        assert!(message("tool -q --color never rum m.onnx").contains("nor a file; did you mean \"run\"?\n"));
    }

    /// Lines of the pages that begin with the program; what follows a pipe or two blanks is for people.
    #[test]
    fn every_command_in_the_documentation_is_taken() {
        let mut taken = 0;
        for page in ["README.md", "docs/cli.md", "docs/file-formats.md", "docs/from-the-notebook.md", "docs/guide.md"] {
            let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
            let lines = text.lines().map(|line| line.trim_start().trim_start_matches("$ "));
            for line in lines.filter(|line| line.starts_with("onnx2timeloop ") && !line.ends_with(" frob")) {
                let command = line.split(['|', '>']).next().and_then(|line| line.split("  ").next()).unwrap();
                let words = with_default_verb(command.split_whitespace().map(OsString::from).collect()).unwrap();
                let parsed = Cli::try_parse_from(words);
                assert!(parsed.is_ok(), "{page}: {command}: {}", parsed.unwrap_err());
                taken += 1;
            }
        }
        assert!(taken > 40, "{taken}");
    }

    #[test]
    fn numbers() {
        assert_eq!((parse_number("0"), parse_threads("65535")), (Ok(0), Ok(65_535)));
        for text in ["x", "-1", "1.5", ""] {
            assert!(parse_number(text).unwrap_err().contains("a whole number"), "{text}");
        }
        assert!(parse_number("99999999999999999999").unwrap_err().contains("too large"));
        assert!(parse_threads("0").is_err() && parse_threads("65536").is_err());
    }

    #[test]
    fn sizes_of_dimensions_and_inputs_are_parsed() {
        assert_eq!(parse_dim("height=513"), Ok(("height".into(), 513)));
        assert_eq!(parse_dim("a=b=2"), Ok(("a=b".into(), 2)));
        assert!(parse_dim("height").is_err() && parse_dim("height=x").is_err() && parse_dim("h=-1").is_err());
        assert_eq!(parse_shape("x:0=1,3,2").unwrap(), InputShape { name: Some("x:0".into()), dims: vec![1, 3, 2] });
        assert_eq!(parse_shape("1x3").unwrap(), InputShape { name: None, dims: vec![1, 3] });
        assert!(parse_shape("1,?").is_err());
    }
}
