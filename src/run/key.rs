//! Content addresses of results.

use std::fmt::{self, Write as _};

use super::ProblemOnArchitecture;
use crate::mapper::Mapper;
use crate::workload::Problem;

/// Counts up when the same job may get another result without the tool's version changing.
const GENERATION: u32 = 3;

/// The BLAKE3 of everything that decides a job's result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// The key of a job: tool, mapper and its settings, problem, architecture with its energies, constraints. Not the footprint:
    /// mappers know hulls only, and costs are computed anew.
    pub fn of(fitted: &ProblemOnArchitecture, mapper: &dyn Mapper) -> Self {
        Self(blake3::hash(canonical(fitted, mapper).as_bytes()).to_hex().to_string())
    }

    /// 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The text behind a key. Numbers are written so that different ones differ (`{:?}` of a float reads back as itself).
fn canonical(fitted: &ProblemOnArchitecture, mapper: &dyn Mapper) -> String {
    let ProblemOnArchitecture { architecture, problem, design, constraints, .. } = fitted;
    let mut text = String::new();
    let _ = writeln!(text, "onnx2timeloop {} results {GENERATION}", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(text, "mapper {}\n{}", mapper.name(), mapper.settings());
    text.push_str(&problem_text(problem));
    let _ = writeln!(text, "{architecture:?}\n{constraints:?}");
    if let Some(design) = design {
        let _ = writeln!(text, "{design:?}");
    }
    text
}

/// A problem without its name and without the defaults of its coefficients, which mean nothing.
pub(super) fn problem_text(problem: &Problem) -> String {
    let coefficients: Vec<(&str, i64)> =
        problem.coefficients().iter().map(|coefficient| (coefficient.name.as_str(), coefficient.value)).collect();
    format!("problem {:?} {coefficients:?} {:?}\n", problem.dimensions(), problem.data_spaces())
}
