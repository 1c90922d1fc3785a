//! The binary as a user starts it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// The binary without what the environment may say about its output.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onnx2timeloop"));
    for variable in ["COLUMNS", "NO_COLOR", "TIMELOOP_HIDE_INCONSEQUENTIAL_STATS", "TIMELOOP_OUTPUT_STAT_SCIENTIFIC"] {
        command.env_remove(variable);
    }
    command
}

/// The binary in a folder, with its cache in `cache`. Words are separated by blanks.
pub(crate) fn program_in(folder: &Path, words: &str) -> Command {
    let mut command = program();
    command.args(words.split_whitespace()).current_dir(folder);
    command.env("XDG_CACHE_HOME", folder.join("cache"));
    command
}

/// A finished process.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(command: &mut Command) -> Self {
        command.output().unwrap().into()
    }

    /// What was printed, as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stderr))
    }
}

impl From<Output> for Ran {
    fn from(Output { status, stdout, stderr }: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code().expect("no signal"), stdout: text(stdout), stderr: text(stderr) }
    }
}

/// For snapshots: the repository's folder as `[repo]`, others by the names given.
pub(crate) fn without_paths(text: &str, others: &[(&Path, &str)]) -> String {
    let repository = (Path::new(env!("CARGO_MANIFEST_DIR")), "[repo]");
    let all = others.iter().chain([&repository]);
    all.fold(text.to_owned(), |text, (path, name)| text.replace(path.to_str().unwrap(), name))
}
