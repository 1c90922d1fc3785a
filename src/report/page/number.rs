//! Numbers of the page: how they read, and all their digits.

use serde::Serialize;

use crate::numbers::real;
use crate::results::quantity::{UNKNOWN, si};

/// A number that sorts, and how it reads.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Number {
    /// All digits, as in results.csv; empty if unknown.
    exact: String,
    text: String,
}

impl Number {
    pub(super) fn new(value: f64, text: String) -> Self {
        Self { exact: if value.is_finite() { value.to_string() } else { String::new() }, text }
    }

    pub(super) fn count(value: u64, unit: &str) -> Self {
        Self { exact: value.to_string(), text: si(real(value), unit) }
    }

    pub(super) fn unknown() -> Self {
        Self { exact: String::new(), text: UNKNOWN.to_owned() }
    }

    pub(super) fn is_unknown(&self) -> bool {
        self.exact.is_empty()
    }
}
