//! What people look at: the files that `run` and `report` make of results.

use std::path::Path;

use crate::html::{self, Provenance};
use crate::output::write_whole;
use crate::results::{self, NetworkResults};

/// Writes totals.csv and report.html.
pub(super) fn present(folder: &Path, results: &[NetworkResults], provenance: &Provenance) -> anyhow::Result<()> {
    let provenance =
        Provenance { tool: concat!("onnx2timeloop ", env!("CARGO_PKG_VERSION")).to_owned(), ..provenance.clone() };
    write_whole(&folder.join("totals.csv"), results::totals_csv(results)?.as_bytes())?;
    write_whole(&folder.join("report.html"), html::write(results, &provenance)?.as_bytes())?;
    Ok(())
}
