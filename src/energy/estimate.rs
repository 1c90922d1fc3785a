//! What is known of a component.

use std::fmt;

use indexmap::IndexMap;

use super::attributes::Attributes;
use super::source::Source;

/// The energies and the area of one component.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Its name without range.
    pub name: String,
    /// Its class.
    pub class: String,
    /// The attributes that the numbers depend on.
    pub attributes: Attributes,
    /// pJ of each action, of `leak` pJ per cycle of the design's clock.
    pub actions: IndexMap<String, Figure>,
    /// um2 of one instance.
    pub area_um2: Figure,
    /// What a reader may not expect.
    pub notes: Vec<Note>,
}

/// A number with its source.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Rounded to six significant digits, as Accelergy writes it.
    pub value: f64,
    /// Where it is from.
    pub source: Source,
}

impl Estimate {
    /// What all its numbers were made of.
    pub fn source(&self) -> Source {
        let mut all = self.area_um2.source.clone();
        self.actions.values().for_each(|figure| all.merge(&figure.source));
        all
    }
}

/// Something about an estimate that a reader may not expect.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// An attribute of the component without effect on its numbers.
    Unused {
        /// The attribute.
        attribute: String,
        /// Its value.
        value: String,
        /// The class that does not use it.
        class: String,
    },
    /// A memory whose number of banks the user did not choose.
    DefaultBanks,
    /// A memory that is slower than the clock (both in ns).
    SlowMemory {
        /// The shortest cycle.
        cycle_ns: f64,
        /// The clock's.
        clock_ns: f64,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unused { attribute, value, class } => {
                write!(f, "`{attribute}: {value}` has no effect: the class `{class}` does not use it")
            }
            Self::DefaultBanks => f.write_str("estimated with 2 banks, which is the default of `n_banks`"),
            Self::SlowMemory { cycle_ns, clock_ns } => write!(
                f,
                "CACTI's shortest cycle of this memory is {} ns, longer than the clock's {} ns",
                six_digits(*cycle_ns),
                six_digits(*clock_ns)
            ),
        }
    }
}

/// A number rounded to six significant digits, as Accelergy writes its numbers.
pub(crate) fn six_digits(value: f64) -> f64 {
    if !value.is_finite() || value == 0.0 {
        return value;
    }
    format!("{value:.5e}").parse().unwrap_or(value)
}
