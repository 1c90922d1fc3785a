//! The order of the house: which folder may use which, how long a file may be, and that what documents refer to exists.

mod citations;
mod colors;
mod layers;
mod links;
mod sizes;
mod sources;
mod wording;

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files with an extension below some folders of the repository, in order, as paths from its root with `/` in them.
pub(crate) fn files(folders: &[&str], extension: &str) -> Vec<String> {
    let mut files: Vec<String> = folders
        .iter()
        .flat_map(|folder| WalkDir::new(root().join(folder)))
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.is_file() && path.extension().is_some_and(|found| found == extension))
        .map(|path| name(&path))
        .collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    let parts = path.strip_prefix(root()).unwrap().iter().map(|part| part.to_str().unwrap());
    parts.collect::<Vec<_>>().join("/")
}

pub(crate) fn read(file: &str) -> String {
    let path: PathBuf = root().join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The documents at the root and all below `docs/`.
fn documents() -> Vec<String> {
    let at_root = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let at_root = at_root.filter(|path| path.extension().is_some_and(|found| found == "md")).map(|path| name(&path));
    let mut documents: Vec<String> = at_root.chain(files(&["docs"], "md")).collect();
    documents.sort();
    documents
}
