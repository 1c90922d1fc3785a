//! A value with what was noticed on the way to it.

/// A value, and remarks on what was read that do not stop anything: keys without effect, values that mean something else than
/// their writer may think. The remarks are sentences, or (`W`) something that knows its place.
///
/// Values that are structs of their own carry the same in a field `warnings`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warned<T, W = String> {
    /// The value.
    pub value: T,
    /// The remarks, in the order in which they were noticed.
    pub warnings: Vec<W>,
}

impl<T> Warned<T> {
    /// A value with remarks of any form.
    pub(crate) fn new(value: T, warnings: impl IntoIterator<Item = impl ToString>) -> Self {
        Self { value, warnings: warnings.into_iter().map(|warning| warning.to_string()).collect() }
    }
}

impl<T, W> Warned<T, W> {
    /// The value alone; its remarks go to the end of `warnings`.
    pub fn unpack_into(self, warnings: &mut Vec<W>) -> T {
        warnings.extend(self.warnings);
        self.value
    }

    /// The same with the remarks as sentences.
    pub(crate) fn in_words(self) -> Warned<T>
    where
        W: ToString,
    {
        Warned::new(self.value, self.warnings)
    }
}
