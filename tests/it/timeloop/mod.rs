//! The real tools' files and the real mapper.
#![allow(clippy::print_stderr, reason = "what is not tested is worth saying")]

#[cfg(unix)]
mod driver;
mod folders;
mod inputs;
mod stats;
