//! Charts laid out: where bars, roofs and points lie. Pictures and the page draw them from here, each in its own medium.

mod bars;
mod roofline;

pub(super) use bars::cut;
pub(crate) use bars::{BarAxis, BarPiece, PlacedBar};
pub(crate) use roofline::{PlacedPoint, RooflinePlot};
