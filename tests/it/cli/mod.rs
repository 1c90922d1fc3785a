//! The command line as a user meets it: what it prints, writes and returns.

mod arch;
mod check;
mod convert;
mod datawidth;
mod density;
mod dilation;
mod evaluate;
mod map;
pub(crate) mod place;
mod report;
mod run;
mod usage;

use crate::kit::{Ran, model, program};

fn run(arguments: &[&str]) -> Ran {
    Ran::of(program().args(arguments))
}

fn path(name: &str) -> String {
    model(name).display().to_string()
}
