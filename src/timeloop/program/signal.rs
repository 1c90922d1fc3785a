//! Telling a program to stop, with everything that it has started.

use std::io;
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};

/// The programs that run: the numbers of their groups.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Remembers a program that was started.
pub(super) fn started(child: &Child) {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).push(child.id());
}

/// Ends what a program that has ended has left running, and forgets it.
pub(super) fn ended(child: &Child) {
    #[cfg(unix)]
    let _ = send(child.id(), nix::sys::signal::Signal::SIGKILL);
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).retain(|id| *id != child.id());
}

/// Ends all programs at once, with what they have started.
pub fn kill_all() {
    #[cfg(unix)]
    for id in RUNNING.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let _ = send(*id, nix::sys::signal::Signal::SIGKILL);
    }
}

/// Makes the program the first of a group of its own. Ctrl-C at the terminal then reaches it by way of us alone: told twice, it
/// would throw away what it has.
#[cfg(unix)]
pub(super) fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
pub(super) fn own_group(_: &mut Command) {}

/// SIGINT: the mapper ends its search and writes its best.
#[cfg(unix)]
pub(super) fn interrupt(child: &Child) -> io::Result<()> {
    send(child.id(), nix::sys::signal::Signal::SIGINT)
}

#[cfg(not(unix))]
pub(super) fn interrupt(_: &Child) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Ends the program at once, with what it has started.
pub(super) fn kill(child: &mut Child) {
    #[cfg(unix)]
    let _ = send(child.id(), nix::sys::signal::Signal::SIGKILL);
    let _ = child.kill();
}

#[cfg(unix)]
fn send(group: u32, signal: nix::sys::signal::Signal) -> io::Result<()> {
    let group = i32::try_from(group).map_err(io::Error::other)?;
    Ok(nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group), signal)?)
}
