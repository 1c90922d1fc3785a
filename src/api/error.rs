//! Errors of the library's face.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::densities::DensityFileError;
use crate::architecture::presets;
use crate::mapper::UnknownMetric;
use crate::mapspace::Violation;
use crate::model::Rejection;
use crate::names::suggestion;
use crate::onnx::ImportError;
#[cfg(feature = "charts")]
use crate::report::charts::ChartError;
use crate::report::evaluation::rejection;
use crate::report::layers::ExportError;
use crate::results::FolderError;
use crate::results::sweep::SweepReadError;
use crate::run::{FitError, JobError};
use crate::sweep::{MergeError, SpaceError};
use crate::timeloop::files::FormatError;
use crate::timeloop::files::map_txt::MapTextError;
use crate::timeloop::files::specification::SpecificationError;
use crate::timeloop::frontend::Errors;
use crate::timeloop::outputs::ForeignError;
use crate::timeloop::program::{AccelergyError, ProgramError};
use crate::workload::{ProblemError, VariantError};

/// Why something cannot be done, and what was noticed before.
///
/// Its debug form is for people, too, so that `fn main() -> Result<(), Error>` ends with a message that can be read.
pub struct Error {
    /// What is wrong.
    pub kind: Box<ErrorKind>,
    /// Remarks from before, of which one may be the cause.
    pub warnings: Vec<String>,
}

/// What is wrong. The messages say where, and what to do.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum ErrorKind {
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("layer `{layer}`: {error}")]
    Variant { layer: String, error: VariantError },
    #[error(transparent)]
    Densities(#[from] DensityFileError),
    #[error(transparent)]
    Problem(#[from] ProblemError),
    #[error("there is no .onnx file in `{}`", .0.display())]
    NoNetworks(PathBuf),
    #[error("standard input can be read only once")]
    TwiceStandardInput,
    /// A bug of this crate, caught.
    #[error("onnx2timeloop failed on this file; this is a bug, please report it")]
    Fault,
    #[error(
        "`{0}` is neither a file nor a preset{did_you_mean}\nhint: the presets are {names}",
        did_you_mean = suggestion(.0, presets::names()),
        names = preset_names()
    )]
    UnknownArchitecture(String),
    #[error(
        "there is no preset `{0}`{did_you_mean}\nhint: the presets are {names}",
        did_you_mean = suggestion(.0, presets::names()),
        names = preset_names()
    )]
    UnknownPreset(String),
    /// More than one error in v0.4 descriptions, a line each.
    #[error("{count} errors in the description:\n{0}", count = .0.errors.len())]
    Descriptions(Errors),
    #[error(transparent)]
    Specification(SpecificationError),
    #[error(transparent)]
    Format(#[from] FormatError),
    #[error("`{file}` is not an energy reference table")]
    EnergyTable { file: String, source: FormatError },
    #[error("`{file}` is not an area reference table")]
    AreaTable { file: String, source: FormatError },
    /// Components that cannot be estimated for what is said of them, a text each with its place.
    #[error("{}", .0.join("\n"))]
    Components(Vec<String>),
    #[error(transparent)]
    Accelergy(#[from] AccelergyError),
    #[error(transparent)]
    Metric(#[from] UnknownMetric),
    #[error(transparent)]
    Search(#[from] JobError),
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error("two loop nests are given, `{0}` and `{1}`; pass only one")]
    TwoLoopNests(String, String),
    #[error("{file}")]
    LoopNest { file: String, source: MapTextError },
    #[error("no mapping is given, and the constraints do not fix one")]
    NoMapping(#[source] SpecificationError),
    #[error(
        "mapping violates architecture constraints: {0}\nhint: remove the constraints from the files to evaluate it \
         anyway"
    )]
    OutsideConstraints(Violation),
    #[error("{}", rejection(.0))]
    Rejected(Rejection),
    #[error(transparent)]
    Sweep(SpaceError),
    #[error("`{}`", file.display())]
    SweepFile { file: PathBuf, source: SweepReadError },
    #[error(transparent)]
    Merge(MergeError),
    #[error("the random search samples perfect factors only; the mapspace `ruby` needs the exact one")]
    RandomRuby,
    #[error(
        "`{}` is not a manifest of onnx2timeloop; choose another output folder, or move that file away",
        file.display()
    )]
    Manifest { file: PathBuf, source: serde_json::Error },
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    TimeloopOutputs(#[from] ForeignError),
    #[cfg(feature = "charts")]
    #[error(transparent)]
    Chart(#[from] ChartError),
    #[cfg(feature = "page")]
    #[error("cannot write the page")]
    Page(#[from] minijinja::Error),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Yaml(#[from] serde_yaml::Error),
    #[error(transparent)]
    Csv(#[from] csv::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Error {
    /// The same error, with what was noticed before it.
    pub(super) fn after(mut self, warnings: &[String]) -> Self {
        self.warnings.splice(0..0, warnings.iter().cloned());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(formatter)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")?;
        let causes = std::iter::successors(std::error::Error::source(self), |cause| cause.source());
        causes.into_iter().try_for_each(|cause| write!(formatter, ": {cause}"))?;
        self.warnings.iter().try_for_each(|warning| write!(formatter, "\nnote: earlier warning: {warning}"))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&*self.kind)
    }
}

impl<E: Into<ErrorKind>> From<E> for Error {
    fn from(error: E) -> Self {
        Self { kind: Box::new(error.into()), warnings: Vec::new() }
    }
}

impl From<SpecificationError> for ErrorKind {
    fn from(error: SpecificationError) -> Self {
        match error {
            SpecificationError::Frontend(errors) if errors.errors.len() > 1 => Self::Descriptions(errors),
            other => Self::Specification(other),
        }
    }
}

impl From<FitError> for ErrorKind {
    fn from(error: FitError) -> Self {
        match error {
            FitError::Specification(error) => error.into(),
            FitError::Components(texts) => Self::Components(texts),
        }
    }
}

impl From<Rejection> for ErrorKind {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

fn preset_names() -> String {
    presets::names().collect::<Vec<_>>().join(", ")
}
