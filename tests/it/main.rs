//! Files and command line, in one binary (linking tract takes long). Folders are those of `src/`: the tests
//! of `src/timeloop` are in `timeloop`. `kit` is what they share, and `house` reads the sources themselves.

#![allow(clippy::pedantic, reason = "a test is a list of cases with small numbers")]

mod api;
mod architectures;
mod cli;
mod documentation;
mod energy;
mod house;
mod kit;
mod mapper;
mod mapspace;
mod model;
mod onnx;
mod report;
mod results;
mod run;
mod schemas;
mod sweep;
mod timeloop;
