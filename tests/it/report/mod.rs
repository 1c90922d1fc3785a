//! What is made of results: charts, the page, the study of dilation.

mod charts;
mod dilation;
mod page;
mod sweep;
mod zeros;
