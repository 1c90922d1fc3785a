//! How many elements of a tensor are not zero, and how these are spread (docs/model.md section 9.2).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use thiserror::Error;

use super::Problem;
use crate::names::suggestion;

/// How the non-zeros of one data space are spread.
#[derive(Clone, Copy, Debug)]
pub enum Density {
    /// Every tile has this share of non-zeros, as nearly as its size admits.
    FixedStructured(f64),
    /// This share of the whole tensor is not zero, each place as likely as any other.
    Hypergeometric(f64),
    /// The non-zeros of a square matrix stand at most so far from its diagonal.
    Banded(u64),
}

/// A kind of [`Density`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// That of [`Density::FixedStructured`].
    FixedStructured,
    /// That of [`Density::Hypergeometric`].
    Hypergeometric,
    /// That of [`Density::Banded`].
    Banded,
}

impl Distribution {
    /// Their names, the first of each being the one that is written.
    const NAMES: [(&'static str, Self); 5] = [
        ("fixed_structured", Self::FixedStructured),
        ("hypergeometric", Self::Hypergeometric),
        ("banded", Self::Banded),
        ("fixed", Self::FixedStructured),
        ("diagonal", Self::Banded),
    ];

    /// The distribution of a name, hyphens being as good as underscores.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.replace('-', "_");
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, distribution)| *distribution)
    }

    /// Its name in files of Timeloop.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, distribution)| *distribution == self).map_or("", |(name, _)| name)
    }
}

/// Why a text is no density.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum DensityError {
    #[error("`{0}` is no share of elements that are not zero: it must be a number above 0 and at most 1")]
    Share(String),
    #[error("`{0}` is no half width of a band: it must be a whole number")]
    BandWidth(String),
    #[error("`{name}` is no distribution: it must be fixed-structured, hypergeometric or banded{hint}")]
    Distribution { name: String, hint: String },
}

impl Density {
    /// No zeros.
    pub const DENSE: Self = Self::FixedStructured(1.0);

    /// A density of a distribution, whose number (a share, of a band its half width) is a text.
    ///
    /// # Errors
    ///
    /// If the share is not above 0 and at most 1, or the half width is no whole number.
    pub fn new(distribution: Distribution, number: &str) -> Result<Self, DensityError> {
        let number = number.trim();
        let share = || {
            let share = number.parse().ok().filter(|share: &f64| *share > 0.0 && *share <= 1.0);
            share.ok_or_else(|| DensityError::Share(number.to_owned()))
        };
        match distribution {
            Distribution::FixedStructured => share().map(Self::FixedStructured),
            Distribution::Hypergeometric => share().map(Self::Hypergeometric),
            Distribution::Banded => {
                number.parse().map(Self::Banded).map_err(|_| DensityError::BandWidth(number.to_owned()))
            }
        }
    }

    /// How its non-zeros are spread.
    pub fn distribution(self) -> Distribution {
        match self {
            Self::FixedStructured(_) => Distribution::FixedStructured,
            Self::Hypergeometric(_) => Distribution::Hypergeometric,
            Self::Banded(_) => Distribution::Banded,
        }
    }

    /// Share of the elements that are not zero, from 0 to 1. That of a band depends on the size of the matrix.
    pub fn share(self) -> Option<f64> {
        match self {
            Self::FixedStructured(share) | Self::Hypergeometric(share) => Some(share),
            Self::Banded(_) => None,
        }
    }

    /// The density where only this part of the places is left for elements, and zeros lie at regular distances between.
    /// `None` of a band.
    pub(super) fn among_zeros(self, part: f64) -> Option<Self> {
        match self {
            Self::FixedStructured(share) => Some(Self::FixedStructured(share * part)),
            Self::Hypergeometric(share) => Some(Self::Hypergeometric(share * part)),
            Self::Banded(_) => None,
        }
    }

    /// Equal where the densities are, and of a form that can be hashed.
    fn bits(self) -> (u8, u64) {
        match self {
            Self::FixedStructured(share) => (0, share.to_bits()),
            Self::Hypergeometric(share) => (1, share.to_bits()),
            Self::Banded(half_width) => (2, half_width),
        }
    }
}

impl PartialEq for Density {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

impl Eq for Density {}

impl Hash for Density {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits().hash(state);
    }
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
            Self::FixedStructured(_) | Self::Hypergeometric(_) => out.write_str(self.distribution().name()),
            Self::Banded(half_width) => write!(out, "banded-{half_width}"),
        }
    }
}

/// `0.3`, which is fixed-structured as in files of Timeloop, or `DISTRIBUTION:NUMBER`.
impl FromStr for Density {
    type Err = DensityError;

    fn from_str(text: &str) -> Result<Self, DensityError> {
        let Some((name, number)) = text.split_once(':') else { return Self::new(Distribution::FixedStructured, text) };
        let distribution = Distribution::named(name).ok_or_else(|| {
            let hint = suggestion(name, Distribution::NAMES.map(|(known, _)| known));
            DensityError::Distribution { name: name.to_owned(), hint }
        })?;
        Self::new(distribution, number)
    }
}

/// A tensor of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LayerTensor {
    /// The first operand: activations, as a rule.
    Inputs,
    /// The second operand: weights, as a rule.
    Weights,
    /// What it computes.
    Outputs,
}

impl LayerTensor {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Inputs, Self::Weights, Self::Outputs];

    /// The name of its data space in every problem of a layer.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inputs => "Inputs",
            Self::Weights => "Weights",
            Self::Outputs => "Outputs",
        }
    }

    /// The tensor of a name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tensor| tensor.name().eq_ignore_ascii_case(name))
    }
}

/// At most `nonzeros` of every `group` neighbours along the sums of a layer are not zero, such as 2 of 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// Elements of a group that may be other than zero.
    pub nonzeros: u64,
    /// Elements of a group.
    pub group: u64,
}

impl fmt::Display for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.nonzeros, self.group)
    }
}

/// What was counted in the elements of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Counted {
    /// Elements that are not zero.
    pub nonzeros: u64,
    /// All elements.
    pub elements: u64,
    /// The pattern that they keep to, if there is one.
    pub pattern: Option<Pattern>,
}

/// What is known of the zeros of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TensorDensity {
    /// What the model takes.
    pub density: Density,
    /// Where it comes from, unless somebody has stated it.
    pub counted: Option<Counted>,
}

impl TensorDensity {
    /// A density that somebody states.
    pub fn stated(density: Density) -> Self {
        Self { density, counted: None }
    }
}

/// What is known of the zeros of a layer's tensors; `None` where nothing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LayerDensities([Option<TensorDensity>; 3]);

impl LayerDensities {
    /// That of a tensor.
    pub fn of(&self, tensor: LayerTensor) -> Option<&TensorDensity> {
        self.0[tensor as usize].as_ref()
    }

    /// Sets that of a tensor.
    pub fn set(&mut self, tensor: LayerTensor, density: TensorDensity) {
        self.0[tensor as usize] = Some(density);
    }

    /// The tensors of which something is known.
    pub fn known(&self) -> impl Iterator<Item = (LayerTensor, &TensorDensity)> {
        LayerTensor::ALL.into_iter().filter_map(|tensor| Some((tensor, self.of(tensor)?)))
    }
}

/// The densities of all data spaces of a problem, in its order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Densities(Vec<Density>);

impl Densities {
    /// Data without zeros.
    pub fn dense(problem: &Problem) -> Self {
        Self::common(problem, Density::DENSE)
    }

    /// One density for all data spaces.
    pub fn common(problem: &Problem, density: Density) -> Self {
        Self(vec![density; problem.data_spaces().len()])
    }

    /// Those of a layer, whose problem this is.
    pub fn of_layer(problem: &Problem, known: &LayerDensities) -> Self {
        let mut densities = Self::dense(problem);
        for (tensor, known) in known.known() {
            let spaces = problem.data_spaces();
            if let Some(space) = spaces.iter().position(|space| space.name == tensor.name()) {
                densities.set(space, known.density);
            }
        }
        densities
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

    /// Whether no data space has zeros.
    pub fn is_dense(&self) -> bool {
        self.0.iter().all(|density| *density == Density::DENSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_are_read_from_texts() {
        let read = |text: &str| text.parse::<Density>();
        assert_eq!(read("0.3"), Ok(Density::FixedStructured(0.3)));
        assert_eq!(read("fixed-structured:0.5"), Ok(Density::FixedStructured(0.5)));
        assert_eq!(read("hypergeometric:1"), Ok(Density::Hypergeometric(1.0)));
        assert_eq!(read("banded:2"), Ok(Density::Banded(2)));
        for share in ["0", "-0.1", "1.01", "NaN", "inf", "", "30%"] {
            assert_eq!(read(share), Err(DensityError::Share(share.to_owned())));
        }
        assert!(read("banded:0.5").is_err());
        let misspelt = read("hypergeometrc:0.5").unwrap_err().to_string();
        assert!(misspelt.contains("did you mean \"hypergeometric\"?"), "{misspelt}");
    }

    #[test]
    fn tensors_are_named_in_any_case() {
        assert_eq!(LayerTensor::named("weights"), Some(LayerTensor::Weights));
        assert_eq!(LayerTensor::named("Outputs"), Some(LayerTensor::Outputs));
        assert_eq!(LayerTensor::named("weight"), None);
    }
}
