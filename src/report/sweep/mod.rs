//! What people read of a sweep: charts, findings, and a page.
//!
//! ```text
//! SweepResults ── best: the best known design of a part, and what the skipped ones are at least
//!       │             ├── charts: [Chart], drawn by the one kit
//!       │             └── findings: sentences
//!       └──────────────── page: sweep.html, from both and every design
//! ```

mod best;
#[cfg(any(feature = "charts", feature = "page"))]
mod charts;
mod findings;
#[cfg(feature = "page")]
mod page;

#[cfg(any(feature = "charts", feature = "page"))]
pub use charts::sweep_charts;
pub use findings::findings;
#[cfg(feature = "page")]
pub use page::write;
