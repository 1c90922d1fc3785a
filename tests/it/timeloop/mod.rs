//! Timeloop's programs' files and the real mapper.
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "what was tested and what was not is worth saying")]

mod frontend;
mod networks;
mod outputs;
mod printed;
mod processed;
#[cfg(unix)]
mod program;
mod sparse;
mod sparse_descriptions;
mod statistics;
mod texts;
mod typos;
mod variables;
