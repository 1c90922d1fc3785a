//! The pipeline: the library with a mapper of its own, and the command line.

mod command;
mod pipeline;
mod support;
