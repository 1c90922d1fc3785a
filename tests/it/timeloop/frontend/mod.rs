//! The v0.4 front end against the published one.

mod common;
mod loading;
mod processing;
mod recorded;
mod robustness;
