//! Telling a program to stop, with everything that it has started.

use std::io;
use std::process::{Child, Command};

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
    send(child, nix::sys::signal::Signal::SIGINT)
}

#[cfg(not(unix))]
pub(super) fn interrupt(_: &Child) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Ends the program at once, with what it has started.
pub(super) fn kill(child: &mut Child) {
    #[cfg(unix)]
    let _ = send(child, nix::sys::signal::Signal::SIGKILL);
    let _ = child.kill();
}

#[cfg(unix)]
fn send(child: &Child, signal: nix::sys::signal::Signal) -> io::Result<()> {
    let group = i32::try_from(child.id()).map_err(io::Error::other)?;
    Ok(nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group), signal)?)
}
