//! The closed form of the nest analysis for perfect factors (docs/model.md section 4.9): no recursion, two passes over the loops and
//! one per boundary. Both the full statistics and the cost alone are built on it.

mod boundary;
mod children;
mod compact;
mod delivery;
mod layout;
mod shape;

pub(crate) use boundary::Boundary;
pub(crate) use children::Children;
pub use compact::CompactMapping;
pub(crate) use delivery::ClosedForm;
pub(crate) use layout::Layout;
pub(crate) use shape::Shape;
