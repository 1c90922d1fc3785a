//! Ctrl-C, and the signals that end a process politely: the first finishes what is being written, the second ends at once.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::timeloop::program::kill_all;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C asks instead of killing.
pub(super) fn listen() {
    // Where no handler can be set, Ctrl-C kills the process as it does by default.
    let _ = ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            kill_all();
            #[expect(clippy::exit, reason = "the user has asked twice")]
            std::process::exit(130);
        }
    });
}

/// Whether the user has asked to stop.
pub(super) fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}
