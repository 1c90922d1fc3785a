//! Folders with what a run has left.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::natural_order;

/// The end of the names of statistics.
const STATS: &str = ".stats.txt";

/// Beginnings of the names of what Timeloop's programs write, best first.
const PREFIXES: [&str; 2] = ["timeloop-mapper", "timeloop-model"];

/// What the front end leaves, and what we write for the real mapper.
const INPUTS: [&str; 3] = ["parsed-processed-input.yaml", "input.yaml", "in.yaml"];

/// A folder of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// The folder that holds the files.
    pub(super) path: PathBuf,
    /// The beginning of its files' names, which is the name of the tool.
    pub(super) prefix: String,
    /// Path of its statistics.
    pub(super) stats: Option<PathBuf>,
    /// What the tool was given.
    pub(super) input: Option<PathBuf>,
}

impl Run {
    /// One of the tool's other files, if it is there.
    pub(super) fn file(&self, end: &str) -> Option<PathBuf> {
        let file = self.path.join(format!("{}.{end}", self.prefix));
        file.is_file().then_some(file)
    }
}

/// All runs in a folder and below it, in the order of their names. What cannot be looked into is a warning.
pub(super) fn folders(root: &Path, warnings: &mut Vec<String>) -> Vec<Run> {
    let mut found = Vec::new();
    let by_name = |a: &walkdir::DirEntry, b: &walkdir::DirEntry| {
        natural_order::compare(&a.file_name().to_string_lossy(), &b.file_name().to_string_lossy())
    };
    for entry in WalkDir::new(root).follow_links(true).sort_by(by_name) {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => found.extend(run(entry.path())),
            Ok(_) => {}
            Err(error) => warnings.push(format!("left out: {error}")),
        }
    }
    found
}

/// What a folder holds, if it is the folder of a run.
fn run(path: &Path) -> Option<Run> {
    // One that cannot be read is told by the walk.
    let entries = path.read_dir().ok()?;
    let names = entries.filter_map(Result::ok).filter(|entry| !entry.path().is_dir());
    let mut names: Vec<String> = names.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    let prefixes = || names.iter().filter_map(|name| name.strip_suffix(STATS)).filter(|prefix| !prefix.is_empty());
    let of_tool = PREFIXES.into_iter().find(|prefix| prefixes().any(|found| found == *prefix));
    let prefix = of_tool.or_else(|| prefixes().next()).map(str::to_owned);
    let input = INPUTS.into_iter().find(|name| names.iter().any(|found| found == name)).map(|name| path.join(name));
    if let Some(prefix) = prefix {
        let stats = Some(path.join(format!("{prefix}{STATS}")));
        return Some(Run { path: path.to_owned(), prefix, stats, input });
    }
    // A run that came to no end has left something else.
    let left = PREFIXES
        .into_iter()
        .find(|prefix| names.iter().any(|name| name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'))));
    let dumped = names.iter().any(|name| name == INPUTS[0]).then_some(PREFIXES[0]);
    left.or(dumped).map(|prefix| Run { path: path.to_owned(), prefix: prefix.to_owned(), stats: None, input })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_a_run() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        file("layer10/timeloop-mapper.stats.txt");
        file("layer2/timeloop-model.stats.txt");
        file("layer2/timeloop-mapper.stats.txt");
        file("layer2/parsed-processed-input.yaml");
        file("own/prefix.stats.txt");
        file("died/timeloop-mapper.accelergy.log");
        file("killed/parsed-processed-input.yaml");
        file("problems/input.yaml");
        file("else/.stats.txt");
        let mut warnings = Vec::new();
        let found = folders(folder.path(), &mut warnings);
        let shown = |run: &Run| {
            let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
            (name(&run.path), run.prefix.clone(), run.stats.as_ref().map(name), run.input.is_some())
        };
        let expected = [
            ("died", "timeloop-mapper", None, false),
            ("killed", "timeloop-mapper", None, true),
            ("layer2", "timeloop-mapper", Some("timeloop-mapper.stats.txt"), true),
            ("layer10", "timeloop-mapper", Some("timeloop-mapper.stats.txt"), false),
            ("own", "prefix", Some("prefix.stats.txt"), false),
        ];
        let expected = expected.map(|(a, b, c, d)| (a.to_owned(), b.to_owned(), c.map(str::to_owned), d));
        assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), expected);
        assert_eq!(warnings, [""; 0]);
    }
}
