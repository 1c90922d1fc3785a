//! Limits on what a load may read and build.
//!
//! Configurations are small. A template loop or a ladder of YAML aliases can still describe gigabytes in a few lines;
//! every file, node and byte of a load is therefore counted against one budget.

use crate::timeloop::frontend::error::ErrorKind;
use std::sync::atomic::{AtomicU64, Ordering};

/// The largest single file or rendered text.
pub(super) const FILE_BYTES: u64 = 4 << 20;
/// Instructions the template engine may execute per file.
#[cfg(feature = "templates")]
pub(super) const TEMPLATE_FUEL: u64 = 500_000;
/// Files inside files.
pub(super) const INCLUDE_DEPTH: usize = 32;
/// Nesting of an included document: the parser limits that of one file, not that of files in files.
pub(super) const NODE_DEPTH: usize = 100;
const FILES: u64 = 2_000;
const NODES: u64 = 1_000_000;
const TEXT_BYTES: u64 = 64 << 20;

/// What is left to spend.
#[derive(Debug)]
pub(super) struct Budget {
    files: AtomicU64,
    nodes: AtomicU64,
    bytes: AtomicU64,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { files: AtomicU64::new(FILES), nodes: AtomicU64::new(NODES), bytes: AtomicU64::new(TEXT_BYTES) }
    }

    /// Counts one file of this many bytes.
    pub(super) fn file(&self, bytes: u64) -> Result<(), ErrorKind> {
        spend(&self.files, 1, "the number of included files", FILES)?;
        if bytes > FILE_BYTES {
            return Err(too_large("the size of a file in bytes", FILE_BYTES));
        }
        self.text(bytes)
    }

    /// Counts document nodes.
    pub(super) fn nodes(&self, count: u64) -> Result<(), ErrorKind> {
        spend(&self.nodes, count, "the number of YAML values", NODES)
    }

    /// Counts bytes of text.
    pub(super) fn text(&self, bytes: u64) -> Result<(), ErrorKind> {
        spend(&self.bytes, bytes, "the amount of text in bytes", TEXT_BYTES)
    }
}

pub(super) fn too_large(what: &str, limit: u64) -> ErrorKind {
    ErrorKind::TooLarge { what: what.into(), limit }
}

fn spend(left: &AtomicU64, amount: u64, what: &str, limit: u64) -> Result<(), ErrorKind> {
    let take = |rest: u64| rest.checked_sub(amount);
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).map(|_| ()).map_err(|_| too_large(what, limit))
}
