//! ONNX files that paths name, folders searched.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::folder::OWN_NAMES;
use super::{Error, ErrorKind, Warned};
use crate::names::{UniqueNames, safe_name};
use crate::onnx::Source;

/// A model that has not been read yet.
#[derive(Clone, Debug)]
pub struct NetworkFile {
    /// Where it is.
    pub source: Source,
    /// As the user knows it.
    pub shown: String,
    /// The network's name, and its folder below that of results.
    pub name: String,
}

impl NetworkFile {
    /// A file, named after itself; `-` is standard input.
    pub fn of_path(path: &Path) -> Self {
        if path.as_os_str() == "-" {
            return Self { source: Source::Stdin, shown: "standard input".into(), name: "stdin".into() };
        }
        Self::below(path, None)
    }

    /// Bytes in memory.
    pub fn of_bytes(bytes: Vec<u8>, name: &str) -> Self {
        Self { source: Source::Bytes(bytes.into()), shown: name.to_owned(), name: safe_name(name) }
    }

    /// The files that the paths name, folders searched (every `.onnx` below them; hidden folders are skipped), in a fixed
    /// order, each with a name of its own. What cannot be searched is a warning.
    ///
    /// # Errors
    ///
    /// If a folder has no model, or standard input is named twice.
    pub fn find(paths: &[PathBuf]) -> Result<Warned<Vec<Self>>, Error> {
        let mut files = Vec::new();
        let mut warnings = Vec::new();
        for path in paths {
            if !path.is_dir() {
                files.push(Self::of_path(path));
                continue;
            }
            let before = files.len();
            let hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
            let walk = WalkDir::new(path).sort_by_file_name().into_iter();
            for entry in walk.filter_entry(|entry| entry.depth() == 0 || !hidden(entry.file_name())) {
                match entry {
                    Ok(entry) if is_model(entry.path()) => files.push(Self::below(entry.path(), Some(path))),
                    Ok(_) => {}
                    Err(error) => warnings.push(format!("skipped: {error}")),
                }
            }
            if files.len() == before {
                return Err(Error::from(ErrorKind::NoNetworks(path.clone())).after(&warnings));
            }
        }
        if files.iter().filter(|file| matches!(file.source, Source::Stdin)).count() > 1 {
            return Err(Error::from(ErrorKind::TwiceStandardInput).after(&warnings));
        }
        let mut names = UniqueNames::default();
        names.reserve(&OWN_NAMES);
        for file in &mut files {
            file.name = names.claim_safe(&file.name);
        }
        Ok(Warned { value: files, warnings })
    }

    /// A file below `root` is named after its path from there, so that equal names in several folders stay apart.
    fn below(path: &Path, root: Option<&Path>) -> Self {
        let relative = root.and_then(|root| path.strip_prefix(root).ok()).map(Path::to_path_buf);
        let named =
            relative.unwrap_or_else(|| path.file_name().map(PathBuf::from).unwrap_or_default()).with_extension("");
        let parts: Vec<String> = named.iter().map(|part| safe_name(&part.to_string_lossy())).collect();
        Self { source: Source::Path(path.to_owned()), shown: path.display().to_string(), name: parts.join("/") }
    }
}

fn is_model(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("onnx")) && path.is_file()
}
