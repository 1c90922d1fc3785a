//! How many elements of a tensor are not zero, and how these are spread (docs/model.md section 9.2).

use std::fmt;

use super::Problem;

/// How the non-zeros of one data space are spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Density {
    /// Every tile has this share of non-zeros, as nearly as its size admits.
    FixedStructured(f64),
    /// This share of the whole tensor is not zero, each place as likely as any other.
    Hypergeometric(f64),
    /// The non-zeros of a square matrix stand at most so far from its diagonal.
    Banded(u64),
}

impl Density {
    /// No zeros.
    pub const DENSE: Self = Self::FixedStructured(1.0);
}

impl Default for Density {
    fn default() -> Self {
        Self::DENSE
    }
}

/// The name that statistics print.
impl fmt::Display for Density {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FixedStructured(_) => out.write_str("fixed_structured"),
            Self::Hypergeometric(_) => out.write_str("hypergeometric"),
            Self::Banded(half_width) => write!(out, "banded-{half_width}"),
        }
    }
}

/// The densities of all data spaces of a problem, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct Densities(Vec<Density>);

impl Densities {
    /// Data without zeros.
    pub fn dense(problem: &Problem) -> Self {
        Self(vec![Density::DENSE; problem.data_spaces().len()])
    }

    /// One density for all data spaces.
    pub fn common(problem: &Problem, density: Density) -> Self {
        Self(vec![density; problem.data_spaces().len()])
    }

    /// Sets the density of a data space; one that the problem does not have is ignored.
    pub fn set(&mut self, space: usize, density: Density) {
        if let Some(entry) = self.0.get_mut(space) {
            *entry = density;
        }
    }

    /// The density of a data space.
    pub fn of(&self, space: usize) -> Density {
        self.0.get(space).copied().unwrap_or_default()
    }
}
