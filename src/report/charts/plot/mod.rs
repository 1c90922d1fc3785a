//! Charts laid out: where bars, roofs and points lie. Pictures and the page draw them from here, each in its own medium.

mod bars;
mod heat_map;
mod roofline;
mod scatter;

pub(super) use bars::cut;
pub(crate) use bars::{BarAxis, BarPiece, PlacedBar};
pub(crate) use heat_map::{SHADES, placed_cells};
pub(crate) use roofline::{PlacedPoint, RooflinePlot};
pub(crate) use scatter::ScatterPlot;
