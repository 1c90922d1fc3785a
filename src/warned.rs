//! A value with what was noticed on the way to it.

/// A value, and remarks on what was read that do not stop anything: keys without effect, values that mean something else than
/// their writer may think.
///
/// Values that are structs of their own carry the same in a field `warnings`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warned<T> {
    /// The value.
    pub value: T,
    /// The remarks, a sentence each.
    pub warnings: Vec<String>,
}

impl<T> Warned<T> {
    /// A value with remarks of any form.
    pub(crate) fn new(value: T, warnings: impl IntoIterator<Item = impl ToString>) -> Self {
        Self { value, warnings: warnings.into_iter().map(|warning| warning.to_string()).collect() }
    }

    /// The value alone; its remarks go to the end of `warnings`.
    pub fn unpack_into(self, warnings: &mut Vec<String>) -> T {
        warnings.extend(self.warnings);
        self.value
    }
}
