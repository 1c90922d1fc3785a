//! Values of what a sweep varies.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that a design has for a parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SweepValue {
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// A text, or an expression that the design itself evaluates.
    Text(String),
}

impl SweepValue {
    /// The number that it is; `None` for texts and truth values.
    pub fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "for axes of charts")]
            Self::Integer(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            Self::Flag(_) | Self::Text(_) => None,
        }
    }
}

impl fmt::Display for SweepValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(value) => value.fmt(formatter),
            Self::Integer(value) => value.fmt(formatter),
            Self::Real(value) => value.fmt(formatter),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}
