//! What a reader noticed and went past.

use std::fmt;

use crate::names::nearest;

/// Something in a file that has no effect, though its writer may think it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where: the path of keys from the top of the document.
    pub path: String,
    /// What.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.message)
    }
}

/// ` (did you mean `x`?)`, or nothing.
pub(super) fn suggestion<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(unknown, known).map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}
