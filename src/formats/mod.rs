//! Files that people and other tools read and write: Timeloop's problems, and expectations of layers.

mod expectation;
mod problem_reader;
mod problem_writer;
mod yaml;

pub use expectation::{Difference, Expectation, write_expectation};
pub use problem_reader::{FormatError, ReadProblem, read_problem};
pub use problem_writer::{ProblemHeader, TimeloopVersion, write_problem};
