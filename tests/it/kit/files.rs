//! Files of the repository, and folders for a test of its own.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

/// A file or folder of the repository.
pub(crate) fn path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A file or folder below `tests/data`.
pub(crate) fn data(name: &str) -> PathBuf {
    path("tests/data").join(name)
}

/// A model by name, of those shipped (`models/`) or those for tests only (`tests/models/`).
pub(crate) fn model(name: &str) -> PathBuf {
    let file = format!("{name}.onnx");
    ["models", "tests/models"]
        .into_iter()
        .map(|folder| path(folder).join(&file))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("no model {file}"))
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names of what lies in a folder, in order.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A temporary folder with files: name, text.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}
