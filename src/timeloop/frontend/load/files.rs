//! The chain of files being read: where relative paths start, what was added to the search path, what is open.

use super::Variables;
use super::budget::{Budget, FILE_BYTES, INCLUDE_DEPTH, NODE_DEPTH, too_large};
use super::lines::Texts;
use crate::timeloop::frontend::error::{ErrorKind, FrontendError, Place};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What all files of one load share.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) budget: Budget,
    #[cfg_attr(not(feature = "templates"), expect(dead_code, reason = "only templates use values"))]
    pub(super) variables: Variables,
    /// Names of variables that some template uses.
    pub(super) used: Mutex<BTreeSet<String>>,
    /// The directory includes must stay in, if the caller set one (canonical).
    pub(super) root: Option<PathBuf>,
    /// Every file that was read, once, in the order of reading.
    pub(super) read: Mutex<Vec<PathBuf>>,
    /// The texts of these files.
    pub(super) texts: Mutex<Texts>,
}

impl Session {
    /// Remembers names that a template uses.
    #[cfg(feature = "templates")]
    pub(super) fn note_used(&self, names: impl IntoIterator<Item = String>) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
    }
}

/// One file being read.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) session: Arc<Session>,
    /// The file's name for messages.
    pub(super) name: String,
    pub(super) directory: PathBuf,
    /// The canonical paths of this file and of those that include it, outermost first.
    stack: Vec<PathBuf>,
    /// How deep the place this file is included at is nested, over all including files.
    nesting: usize,
    /// Directories added by `add_to_path`.
    pub(super) added: Mutex<Vec<PathBuf>>,
}

impl Frame {
    /// A file named by the caller.
    pub(super) fn top(session: &Arc<Session>, name: String, path: Option<&Path>) -> Arc<Self> {
        let directory = path.and_then(Path::parent).map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        let stack = path.map(Path::to_path_buf).into_iter().collect();
        Arc::new(Self { session: Arc::clone(session), name, directory, stack, nesting: 0, added: Mutex::default() })
    }

    /// A file included by this one, from inside that many lists and mappings.
    pub(super) fn enter(&self, path: &Path, nesting: usize) -> Result<Arc<Self>, FrontendError> {
        let fail = |kind| FrontendError::new(Place::file(&self.name), kind);
        if self.stack.iter().any(|open| open == path) {
            let names = self.stack.iter().map(PathBuf::as_path).chain([path]).map(|p| p.display().to_string());
            return Err(fail(ErrorKind::IncludeCycle(names.collect::<Vec<_>>().join(" -> "))));
        }
        if self.stack.len() >= INCLUDE_DEPTH {
            return Err(fail(too_large("the depth of includes", INCLUDE_DEPTH as u64)));
        }
        let nesting = self.nesting + nesting;
        if nesting > NODE_DEPTH {
            return Err(fail(too_large("the nesting of included documents", NODE_DEPTH as u64)));
        }
        let mut stack = self.stack.clone();
        stack.push(path.to_path_buf());
        Ok(Arc::new(Self {
            session: Arc::clone(&self.session),
            name: path.display().to_string(),
            directory: path.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf),
            stack,
            nesting,
            added: Mutex::new(self.added.lock().unwrap_or_else(PoisonError::into_inner).clone()),
        }))
    }

    /// Where relative paths are looked up.
    #[cfg(feature = "templates")]
    pub(super) fn search(&self) -> Vec<PathBuf> {
        let added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(self.directory.clone()).chain(added.iter().cloned()).collect()
    }
}

/// Reads a regular file of permitted size inside the permitted directory; also gives its canonical path.
pub(super) fn read_text(path: &Path, session: &Session) -> Result<(String, PathBuf), FrontendError> {
    let fail = |kind| FrontendError::new(Place::file(path.display().to_string()), kind);
    let io = |error: std::io::Error| fail(ErrorKind::Read(error.to_string()));
    let real = path.canonicalize().map_err(io)?;
    if session.root.as_ref().is_some_and(|root| !real.starts_with(root)) {
        return Err(fail(ErrorKind::OutsideRoot(path.display().to_string())));
    }
    if !std::fs::metadata(&real).map_err(io)?.is_file() {
        return Err(fail(ErrorKind::Read("not a regular file".into())));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(&real).map_err(io)?.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
    session.budget.file(bytes.len() as u64).map_err(fail)?;
    let text = String::from_utf8(bytes).map_err(|_| fail(ErrorKind::Read("not UTF-8 text".into())))?;
    let mut read = session.read.lock().unwrap_or_else(PoisonError::into_inner);
    if !read.iter().any(|known| known == path) {
        read.push(path.to_path_buf());
    }
    Ok((text, real))
}
