//! The program `accelergy`: energies and areas as it estimates them.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use thiserror::Error;

use crate::output::write_whole;
use crate::timeloop::files::specification::{Specification, SpecificationError, read_yaml};
use crate::timeloop::files::{EnergyTables, FormatError};
use crate::timeloop::frontend::Source;

/// Why there are no estimates of Accelergy.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum AccelergyError {
    #[error("cannot make a temporary folder for `accelergy`")]
    Scratch(#[source] io::Error),
    #[error("cannot write the description for `accelergy`")]
    Description(#[source] serde_yaml::Error),
    #[error(
        "there is no program `accelergy` on PATH\nhint: install Accelergy \
         (https://github.com/Accelergy-Project/accelergy), or give its tables in files"
    )]
    NotFound,
    #[error("cannot run `accelergy`")]
    Start(#[source] io::Error),
    #[error("`accelergy` failed ({status}); its log is `{}`", log.display())]
    Failed { status: ExitStatus, log: PathBuf },
    #[error("`accelergy` wrote no `{file}`; its log is `{}`", log.display())]
    NoTable { file: String, log: PathBuf },
    #[error("`{file}` as `accelergy` wrote it")]
    Table { file: String, source: FormatError },
    #[error(transparent)]
    Read(Box<SpecificationError>),
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Whether a program `accelergy` lies on PATH.
pub fn has_accelergy() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("accelergy").is_file())
}

/// Runs Accelergy as timeloop-model does and adds its tables. `sources` are what the specification was read from. Its log and
/// its tables are kept in `folder`, their names beginning with `prefix`.
///
/// # Errors
///
/// If it cannot be run, fails, or writes no table of energies.
pub fn add_estimates(
    tables: &mut EnergyTables,
    specification: &Specification,
    sources: &[Source],
    folder: &Path,
    prefix: &str,
) -> Result<(), AccelergyError> {
    let scratch =
        tempfile::Builder::new().prefix("onnx2timeloop-accelergy-").tempdir().map_err(AccelergyError::Scratch)?;
    let mut command = Command::new("accelergy");
    command.args(inputs(specification, sources, scratch.path())?);
    command.arg("--oprefix").arg(format!("{prefix}.")).arg("-o").arg(scratch.path().join(""));
    let output = command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => AccelergyError::NotFound,
        _ => AccelergyError::Start(error),
    })?;
    let log = folder.join(format!("{prefix}.accelergy.log"));
    write_whole(&log, &[output.stdout.as_slice(), output.stderr.as_slice()].concat())?;
    if !output.status.success() {
        return Err(AccelergyError::Failed { status: output.status, log });
    }
    for kind in ["ERT", "ART"] {
        let file = format!("{prefix}.{kind}.yaml");
        let written = scratch.path().join(&file);
        let text = match fs::read(&written) {
            Ok(text) => text,
            Err(_) if kind == "ART" => continue,
            Err(_) => return Err(AccelergyError::NoTable { file, log }),
        };
        write_whole(&folder.join(&file), &text)?;
        let document = read_yaml(&written).map_err(|error| AccelergyError::Read(Box::new(error)))?;
        let added = match kind {
            "ERT" => tables.add_ert(&document, "accelergy"),
            _ => tables.add_art(&document, "accelergy"),
        };
        added.map_err(|source| AccelergyError::Table { file, source })?;
    }
    Ok(())
}

/// The files as they are, where Accelergy can read them itself; else the processed description, written into `scratch`.
fn inputs(specification: &Specification, sources: &[Source], scratch: &Path) -> Result<Vec<OsString>, AccelergyError> {
    let file = |source: &Source| match source {
        Source::File(path) => Some(path.clone().into_os_string()),
        Source::Text { .. } => None,
    };
    let files: Option<Vec<OsString>> = sources.iter().map(file).collect();
    if let Some(files) = files.filter(|_| !specification.from_user_form) {
        return Ok(files);
    }
    let processed = scratch.join("parsed-processed-input.yaml");
    let text = serde_yaml::to_string(specification.document()).map_err(AccelergyError::Description)?;
    write_whole(&processed, text.as_bytes())?;
    Ok(vec![processed.into_os_string()])
}
