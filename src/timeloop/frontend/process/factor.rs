//! Loop factors: `C=4`, `M<=16`, `R>=2`; 0 stands for the whole dimension.

use super::problem::Problem;
use crate::timeloop::frontend::error::ErrorKind;
use std::fmt;

/// How a factor limits the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Exactly,
    AtMost,
    AtLeast,
}

impl Bound {
    fn symbol(self) -> &'static str {
        match self {
            Self::Exactly => "=",
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
        }
    }
}

/// A limit on the loop over one dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Factor {
    pub(super) dimension: String,
    pub(super) bound: Bound,
    pub(super) value: u64,
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.dimension, self.bound.symbol(), self.value)
    }
}

impl Factor {
    pub(super) fn exactly(dimension: &str, value: u64) -> Self {
        Self { dimension: dimension.into(), bound: Bound::Exactly, value }
    }

    /// Reads `C=4`, `C<=4` or `C>=4`.
    pub(super) fn parse(text: &str) -> Result<Self, ErrorKind> {
        let bad = || ErrorKind::BadFactor(crate::timeloop::frontend::load::shorten(text));
        let bounds = [Bound::AtMost, Bound::AtLeast, Bound::Exactly];
        let split = bounds.into_iter().find_map(|bound| Some((bound, text.split_once(bound.symbol())?)));
        let (bound, (dimension, value)) = split.ok_or_else(bad)?;
        let dimension = dimension.trim();
        let named = !dimension.is_empty() && dimension.chars().all(|c| c.is_alphanumeric() || c == '_');
        let value = value.trim().parse().map_err(|_| bad())?;
        if named { Ok(Self { dimension: dimension.into(), bound, value }) } else { Err(bad()) }
    }

    /// Whether only one iteration is possible.
    pub(super) fn pins_to_one(&self) -> bool {
        self.value == 1 && self.bound != Bound::AtLeast
    }

    /// The number of iterations meant; 0 stands for the bound.
    pub(super) fn iterations(&self, problem: &Problem) -> u64 {
        if self.value == 0 { problem.bound(&self.dimension) } else { self.value }
    }

    fn agrees(&self, other: &Self) -> bool {
        let opposite =
            matches!((self.bound, other.bound), (Bound::AtLeast, Bound::AtMost) | (Bound::AtMost, Bound::AtLeast));
        self.dimension != other.dimension || self.value == other.value || opposite
    }
}

/// The factors of one constraint, in the order given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Factors(pub(super) Vec<Factor>);

impl Factors {
    /// Adds factors. Of equal ones the last stays; two that cannot both hold are an error.
    pub(super) fn add(&mut self, more: impl IntoIterator<Item = Factor>) -> Result<(), ErrorKind> {
        self.0.extend(more);
        let mut index = 0;
        while index < self.0.len() {
            if self.0[index + 1..].contains(&self.0[index]) {
                self.0.remove(index);
            } else {
                index += 1;
            }
        }
        for (index, factor) in self.0.iter().enumerate() {
            if let Some(earlier) = self.0[..index].iter().find(|earlier| !earlier.agrees(factor)) {
                return Err(ErrorKind::Contradiction(format!("{earlier} and {factor}")));
            }
        }
        Ok(())
    }

    pub(super) fn constrains(&self, dimension: &str) -> bool {
        self.0.iter().any(|factor| factor.dimension == dimension)
    }

    /// `C=4,M<=16`.
    pub(super) fn text(&self) -> String {
        self.0.iter().map(Factor::to_string).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_read_and_written() {
        for text in ["C=4", "M<=16", "R>=2", "S=0"] {
            assert_eq!(Factor::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Factor::parse(" C = 4 ").unwrap(), Factor::exactly("C", 4));
        for text in ["C4", "C", "=4", "C=x", "C=-1", "C==4", "", "C<4", "C=4.0"] {
            assert!(Factor::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn factors_of_one_dimension_are_combined_or_refused() {
        let parse = |texts: &[&str]| texts.iter().map(|text| Factor::parse(text).unwrap()).collect::<Vec<_>>();
        let mut factors = Factors::default();
        factors.add(parse(&["A=1", "B=2", "A=1"])).unwrap();
        assert_eq!(factors.text(), "B=2,A=1");
        factors.add(parse(&["C>=2", "C<=8"])).unwrap();
        assert!(factors.clone().add(parse(&["A=2"])).unwrap_err().to_string().contains("A=1 and A=2"));
        assert!(factors.add(parse(&["C<=4"])).is_err());
    }
}
