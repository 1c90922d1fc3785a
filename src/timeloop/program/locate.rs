//! Where the real mapper is, and whether it runs.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use thiserror::Error;

use super::run::{Limits, Stream, run};

/// File name of the program.
pub const NAME: &str = "timeloop-mapper";

/// The environment variable that may say where it is.
pub const VARIABLE: &str = "TIMELOOP_MAPPER";

/// Where a place comes from that the caller states.
const STATED: &str = "the options";

const HOW_TO_GET_IT: &str = "timeloop-mapper is part of Timeloop: build it from https://github.com/NVlabs/timeloop, or use the \
    image timeloopaccelergy/accelergy-timeloop-infrastructure with a small script that calls it; then put it on PATH, or say \
    where it is in TIMELOOP_MAPPER";

/// How long the program may take to say that it is there.
const CHECK: Limits = Limits { time: Some(Duration::from_secs(10)), grace: Duration::from_secs(1) };

/// Why the mapper cannot be run. The message says what was tried, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{tried}\nhint: {HOW_TO_GET_IT}")]
pub struct ProgramError {
    tried: String,
}

/// The real mapper, which was started once to see that it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    path: PathBuf,
    hash: String,
}

impl Program {
    /// Looks for the program: where `stated` says, else where `TIMELOOP_MAPPER` says, else on PATH. Each may
    /// be the program or its folder. What is stated and does not run is an error: nothing else is tried then. It is started once to
    /// see whether it runs, until `is_cancelled`.
    ///
    /// # Errors
    ///
    /// If it is not found, or does not start.
    pub fn find(stated: Option<&Path>, is_cancelled: &dyn Fn() -> bool) -> Result<Self, ProgramError> {
        let (variable, path) = (std::env::var_os(VARIABLE), std::env::var_os("PATH"));
        Self::find_with(stated, variable.as_deref(), path.as_deref(), is_cancelled)
    }

    /// The same with the environment's variables given.
    ///
    /// # Errors
    ///
    /// If it is not found, or does not start.
    pub fn find_with(
        stated: Option<&Path>,
        variable: Option<&OsStr>,
        path: Option<&OsStr>,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Self, ProgramError> {
        let variable = variable.filter(|value| !value.is_empty());
        let named = stated.map(|stated| (STATED, stated));
        let named = named.or_else(|| variable.map(|value| (VARIABLE, Path::new(value))));
        match named {
            Some((source, place)) => {
                let found = resolve(place, path).map_err(|reason| ProgramError {
                    tried: format!("`{}` (from {source}): {reason}", place.display()),
                })?;
                Self::checked(found, source, is_cancelled)
            }
            None => match on_path(NAME, path) {
                Some(found) => Self::checked(found, "PATH", is_cancelled),
                None => Err(ProgramError { tried: not_found(path) }),
            },
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// BLAKE3 of the file, which tells one build from another.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Starts the program with an input that says nothing. It complains, which is expected; it is an error if the system cannot start it.
    fn checked(path: PathBuf, source: &str, is_cancelled: &dyn Fn() -> bool) -> Result<Self, ProgramError> {
        let failed = |reason: String| ProgramError {
            tried: format!("`{}` (from {source}) does not run: {reason}", path.display()),
        };
        let bytes = fs::read(&path).map_err(|error| failed(error.to_string()))?;
        let hash = blake3::hash(&bytes).to_hex().to_string();
        let folder = tempfile::tempdir().map_err(|error| failed(format!("no folder to try it in: {error}")))?;
        let input = "check.yaml";
        fs::write(folder.path().join(input), "{}\n").map_err(|error| failed(error.to_string()))?;
        let ended = run(&path, &[input], folder.path(), CHECK, &mut |_: Stream, _: &str| {}, is_cancelled);
        let ended = ended.map_err(|error| failed(reason_of(&error)))?;
        if let Some(code) = shells_refusal(ended.status) {
            let mut reason = format!("it ended with exit code {code}, which means that it could not be started");
            if let Some(line) = ended.stderr.text().lines().find(|line| !line.trim().is_empty()) {
                let _ = write!(reason, ": {}", line.trim());
            }
            return Err(failed(reason));
        }
        Ok(Self { path, hash })
    }
}

/// 126 and 127 are what shells and the dynamic linker say of programs and libraries that are not there.
fn shells_refusal(status: ExitStatus) -> Option<i32> {
    status.code().filter(|code| [126, 127].contains(code))
}

fn reason_of(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("{error} (if the file is there: the interpreter that it names is not)"),
        io::ErrorKind::PermissionDenied => format!("{error} (may it be executed? `chmod +x`)"),
        _ => error.to_string(),
    }
}

/// The program that a stated place means: a file, a folder that holds it, or a bare name on PATH.
fn resolve(place: &Path, path: Option<&OsStr>) -> Result<PathBuf, String> {
    if place.is_dir() {
        let inside = place.join(NAME);
        return if inside.is_file() { absolute(&inside) } else { Err(format!("the folder holds no `{NAME}`")) };
    }
    if place.is_file() {
        return absolute(place);
    }
    if let Some(name) = place.to_str().filter(|name| !name.contains(['/', '\\']))
        && let Some(found) = on_path(name, path)
    {
        return Ok(found);
    }
    Err("there is no such file".to_owned())
}

/// Jobs run in folders of their own, so a relative path would mean something else there.
fn absolute(file: &Path) -> Result<PathBuf, String> {
    std::path::absolute(file).map_err(|error| error.to_string())
}

fn on_path(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    let folders = std::env::split_paths(path?);
    let files = folders.map(|folder| folder.join(name));
    files.filter(|file| is_program(file)).find_map(|file| absolute(&file).ok())
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

fn not_found(path: Option<&OsStr>) -> String {
    let folders = path.map_or(0, |path| std::env::split_paths(path).count());
    format!("no place of `{NAME}` is stated, {VARIABLE} is not set, and none of the {folders} folders on PATH has it")
}
