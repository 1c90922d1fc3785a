//! The command line as a user meets it: what it prints, writes and returns.

mod arch;
mod convert;
mod dilation;
mod evaluate;
mod map;
mod run;
