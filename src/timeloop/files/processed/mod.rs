//! Writes one complete input of timeloop-mapper: the processed form, which needs neither the front end nor Accelergy.
//!
//! What is written reads back as the same architecture, problem, constraints and settings. What has no such form, such as a
//! level whose name would hide its energies, is an error.

mod architecture;
mod constraints;
mod networks;
mod settings;
mod tables;

use thiserror::Error;

use super::problem_writer::{ProblemHeader, TimeloopVersion, write_problem};
use super::yaml;
use crate::architecture::Architecture;
use crate::mapper::SearchSettings;
use crate::mapspace::Constraints;
use crate::workload::{Densities, Problem};

/// Everything that a search is told.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the types say it")]
pub struct Processed<'a> {
    pub architecture: &'a Architecture,
    pub problem: &'a Problem,
    pub constraints: &'a Constraints,
    pub settings: &'a SearchSettings,
}

/// Why something cannot be told to Timeloop's programs.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ProcessedError {
    #[error("the name `{0}` cannot be written: tables of energies cut names at `.` and `[`")]
    Name(String),
    #[error("`{name}` of class `{class}`: Timeloop would not read that class as {expected}")]
    Class { name: String, class: String, expected: &'static str },
    #[error("`{name}`: {what} is {value}, which no file can state")]
    Number { name: String, what: String, value: String },
    #[error("`{name}`: Timeloop's files cannot state that {what}")]
    Switch { name: String, what: String },
    #[error("the constraints are for {found} levels and the architecture has {expected}")]
    Levels { found: usize, expected: usize },
    #[error("level `{0}`: a constraint names a dimension that the problem does not have")]
    Dimension(String),
}

/// The text of the input.
///
/// # Errors
///
/// Where something has no form that Timeloop's programs read.
pub fn write(processed: Processed<'_>) -> Result<String, ProcessedError> {
    let Processed { architecture, problem, constraints, settings: stated } = processed;
    let parts = [
        // For the published front end, which then passes the file on as it is.
        "dumped_by_timeloop_front_end: true\n".to_owned(),
        architecture::write(architecture)?,
        constraints::write(constraints, architecture, problem)?,
        write_problem(problem, &Densities::dense(problem), &ProblemHeader::default(), TimeloopVersion::V04),
        settings::write(stated, constraints.max_temporal_loops),
        tables::write(architecture)?,
    ];
    Ok(parts.concat())
}

/// A number with all its digits.
fn real(name: &str, what: &str, value: f64) -> Result<String, ProcessedError> {
    if value.is_finite() {
        Ok(format!("{value:?}"))
    } else {
        Err(ProcessedError::Number { name: name.to_owned(), what: what.to_owned(), value: value.to_string() })
    }
}

/// `"name[1..count]"`.
fn with_count(prefix: &str, name: &str, count: u64) -> Result<String, ProcessedError> {
    if name.is_empty() || name.contains(['.', '[']) || name.trim() != name {
        return Err(ProcessedError::Name(name.to_owned()));
    }
    Ok(yaml::text(&format!("{prefix}{name}[1..{count}]")))
}

#[cfg(test)]
mod tests;
