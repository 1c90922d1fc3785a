//! The model against the real Timeloop: evaluated cases and files.
#![allow(
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "counts are small; what was compared is worth saying"
)]

mod cases;
mod closed;
mod compare;
mod cost;
mod footprint;
mod hostile;
mod invariants;
mod simulator;
mod sparse;
