//! ONNX files that paths name, folders searched.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::folder::OWN_NAMES;
use super::{Error, ErrorKind, Warned};
use crate::names::{DistinctPaths, UniqueNames, safe_name};
use crate::onnx::{Phase, Source};

/// A model that has not been read yet.
#[derive(Clone, Debug)]
pub struct NetworkFile {
    /// Where it is.
    pub source: Source,
    /// As the user knows it.
    pub shown: String,
    /// The network's name, and its folder below that of results.
    pub name: String,
    /// The phase of a language model, if it is one.
    pub phase: Option<Phase>,
}

impl NetworkFile {
    /// A file, named after itself; `-` is standard input.
    pub fn of_path(path: &Path) -> Self {
        if path.as_os_str() == "-" {
            return Self { source: Source::Stdin, shown: "standard input".into(), name: "stdin".into(), phase: None };
        }
        Self::below(path, None)
    }

    /// Bytes in memory.
    pub fn of_bytes(bytes: Vec<u8>, name: &str) -> Self {
        Self { source: Source::Bytes(bytes.into()), shown: name.to_owned(), name: safe_name(name), phase: None }
    }

    /// The files that the paths name, folders searched (every `.onnx` below them; hidden folders are skipped), in a fixed
    /// order, each once and with a name of its own. What cannot be searched is a warning, and so is what is given twice.
    ///
    /// # Errors
    ///
    /// If a folder has no model, or standard input is named twice.
    pub fn find(paths: &[PathBuf]) -> Result<Warned<Vec<Self>>, Error> {
        let mut files = Vec::new();
        let mut warnings = Vec::new();
        let mut given = DistinctPaths::default();
        for path in paths {
            if path.as_os_str() != "-" && !given.insert(path) {
                warnings.push(format!("`{}` is given twice; it is read once", path.display()));
                continue;
            }
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
        warnings.extend(drop_repeated(&mut files));
        let mut names = UniqueNames::default();
        names.reserve(&OWN_NAMES);
        for file in &mut files {
            file.name = names.claim_safe(&file.name);
        }
        Ok(Warned { value: files, warnings })
    }

    /// Every file once in each phase, named after both; the files as they are where there is no phase.
    ///
    /// # Errors
    ///
    /// If standard input would have to be read twice.
    pub fn in_phases(files: Vec<Self>, phases: &[Phase]) -> Result<Vec<Self>, Error> {
        if phases.is_empty() {
            return Ok(files);
        }
        if phases.len() > 1 && files.iter().any(|file| matches!(file.source, Source::Stdin)) {
            return Err(ErrorKind::TwiceStandardInput.into());
        }
        let mut names = UniqueNames::default();
        names.reserve(&OWN_NAMES);
        let mut in_phases = Vec::with_capacity(files.len() * phases.len());
        for (file, phase) in files.iter().flat_map(|file| phases.iter().map(move |phase| (file, phase))) {
            let name = names.claim_safe(&format!("{}_{}", file.name, safe_name(&phase.name)));
            in_phases.push(Self { name, phase: Some(phase.clone()), ..file.clone() });
        }
        Ok(in_phases)
    }

    /// What messages call it: the file, and the phase if it has one.
    pub fn label(&self) -> String {
        self.phase.as_ref().map_or_else(|| self.shown.clone(), |phase| format!("{} ({})", self.shown, phase.name))
    }

    /// A file below `root` is named after its path from there, so that equal names in several folders stay apart.
    fn below(path: &Path, root: Option<&Path>) -> Self {
        let relative = root.and_then(|root| path.strip_prefix(root).ok()).map(Path::to_path_buf);
        let named =
            relative.unwrap_or_else(|| path.file_name().map(PathBuf::from).unwrap_or_default()).with_extension("");
        let parts: Vec<String> = named.iter().map(|part| safe_name(&part.to_string_lossy())).collect();
        let (source, shown) = (Source::Path(path.to_owned()), path.display().to_string());
        Self { source, shown, name: parts.join("/"), phase: None }
    }
}

/// Drops files that were found before, such as one that is named beside its folder. Says so.
fn drop_repeated(files: &mut Vec<NetworkFile>) -> Option<String> {
    let mut found = DistinctPaths::default();
    let mut repeated = Vec::new();
    files.retain(|file| {
        let is_new = !matches!(&file.source, Source::Path(path) if !found.insert(path));
        if !is_new {
            repeated.push(file.shown.clone());
        }
        is_new
    });
    match &repeated[..] {
        [] => None,
        [file] => Some(format!("`{file}` is given twice; it is read once")),
        [file, rest @ ..] => {
            Some(format!("{} files are given twice, such as `{file}`; each is read once", rest.len() + 1))
        }
    }
}

fn is_model(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("onnx")) && path.is_file()
}
