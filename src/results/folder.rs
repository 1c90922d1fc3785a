//! Finished runs read back from their folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use walkdir::WalkDir;

use super::json::{ReadError, from_json};
use super::record::NetworkResults;

/// The file of a network on an accelerator.
pub const FILE: &str = "results.json";

/// A file of results, and what is in it.
pub(crate) type ReadFile = (PathBuf, Result<NetworkResults, FolderError>);

/// Why a folder has no results that can be read.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum FolderError {
    #[error("cannot read `{path}`: {error}")]
    Io { path: PathBuf, error: io::Error },
    #[error("`{path}`: {error}")]
    Results { path: PathBuf, error: ReadError },
    #[error("`{path}`: {reason}")]
    Statistics { path: PathBuf, reason: String },
}

/// All results in a folder of `run` and below it, in the order of their paths, each read or why not; an empty list if no file has the name.
/// Hidden folders are skipped.
///
/// # Errors
///
/// If a folder cannot be read.
pub fn read_folder(folder: &Path) -> Result<Vec<Result<NetworkResults, FolderError>>, FolderError> {
    Ok(read_files(folder)?.into_iter().map(|(_, results)| results).collect())
}

/// [`read_folder`] with the path of each file.
pub(crate) fn read_files(folder: &Path) -> Result<Vec<ReadFile>, FolderError> {
    let is_hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
    let walk = WalkDir::new(folder).sort_by_file_name().into_iter();
    let mut all = Vec::new();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name())) {
        let entry = entry.map_err(|error| FolderError::Io {
            path: error.path().unwrap_or(folder).to_path_buf(),
            error: error.into_io_error().unwrap_or_else(|| io::Error::other("a link leads to itself")),
        })?;
        if entry.file_name() == FILE && entry.file_type().is_file() {
            all.push((entry.path().to_path_buf(), read_file(entry.path())));
        }
    }
    Ok(all)
}

fn read_file(path: &Path) -> Result<NetworkResults, FolderError> {
    let path = || path.to_path_buf();
    let text = fs::read_to_string(path()).map_err(|error| FolderError::Io { path: path(), error })?;
    from_json(&text).map_err(|error| FolderError::Results { path: path(), error })
}
