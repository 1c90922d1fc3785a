//! Files and command line, in one binary (linking tract takes long). What a test is about is its module's name.

mod build;
mod cli;
mod graphs;
mod hostile;
mod operators;
mod oracle;
mod support;
