//! Paths that were given to the wrong command, which are told with the command that takes them, or given twice.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::printer::Printer;
use crate::names::DistinctPaths;

/// Refuses Timeloop's files where networks are read.
pub(super) fn refuse_descriptions(paths: &[PathBuf]) -> anyhow::Result<()> {
    match paths.iter().find(|path| has_extension(path, &["yaml", "yml"])) {
        None => Ok(()),
        Some(path) => bail!(
            "`{}` is not an ONNX file\nhint: Timeloop's files are for `map`, `evaluate` and `arch check`; an architecture of your \
             own is for `--arch`",
            path.display()
        ),
    }
}

/// Refuses a network where Timeloop's files are read.
pub(super) fn refuse_network(path: &Path) -> anyhow::Result<()> {
    if !has_extension(path, &["onnx"]) {
        return Ok(());
    }
    let path = path.display();
    bail!(
        "`{path}` is a network, not a file of Timeloop\nhint: `onnx2timeloop run {path}` finds the best mapping of each of its \
         layers; `onnx2timeloop convert {path} -o DIR` writes the problem of each"
    )
}

/// Drops paths that were given before, and says so.
pub(super) fn drop_repeated(paths: &mut Vec<PathBuf>, printer: &Printer) {
    let mut given = DistinctPaths::default();
    paths.retain(|path| {
        let is_new = given.insert(path);
        if !is_new {
            printer.warning(format!("`{}` is given twice; it is read once", path.display()));
        }
        is_new
    });
}

/// Refuses networks where folders of finished runs are read.
pub(super) fn refuse_unfinished(paths: &[PathBuf]) -> anyhow::Result<()> {
    match paths.iter().find(|path| has_extension(path, &["onnx"]) && !path.is_dir()) {
        None => Ok(()),
        Some(path) => bail!(
            "`{0}` is a network, not the folder of a finished run\nhint: `onnx2timeloop run {0} -o DIR` makes such a folder, \
             report included",
            path.display()
        ),
    }
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let own = path.extension().map(|own| own.to_string_lossy().to_lowercase());
    own.is_some_and(|own| extensions.contains(&own.as_str()))
}
