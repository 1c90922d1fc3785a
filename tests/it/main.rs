//! Files and command line, in one binary (linking tract takes long). What a test is about is its module's name.

#![allow(clippy::pedantic, reason = "a test is a list of cases with small numbers")]

mod api;
mod arch;
mod build;
mod charts;
mod cli;
mod dilation;
mod evaluate;
mod frontend;
mod graph;
mod graphs;
mod hostile;
mod html;
mod map;
mod mapper;
mod model;
mod operators;
mod oracle;
mod results;
mod run;
mod study;
mod support;
mod timeloop;
