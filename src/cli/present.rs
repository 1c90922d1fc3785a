//! What people look at: the files that `run` and `report` make of results.

use std::path::Path;

use anyhow::Context;

use super::printer::Printer;
use super::run_args::ChartArgs;
use crate::charts;
use crate::html::{self, Provenance};
use crate::output::write_whole;
use crate::results::{self, NetworkResults};

/// Writes totals.csv, report.html, and the charts.
pub(super) fn present(
    folder: &Path,
    results: &[NetworkResults],
    provenance: &Provenance,
    args: &ChartArgs,
    printer: &Printer,
) -> anyhow::Result<()> {
    let provenance =
        Provenance { tool: concat!("onnx2timeloop ", env!("CARGO_PKG_VERSION")).to_owned(), ..provenance.clone() };
    write_whole(&folder.join("totals.csv"), results::totals_csv(results)?.as_bytes())?;
    write_whole(&folder.join("report.html"), html::write(results, &provenance)?.as_bytes())?;
    let Some(options) = args.options() else { return Ok(()) };
    let charts = charts::charts(results, &options).context("`--chart-metric`")?;
    printer.meanwhile(&format!("drawing {} charts", charts.len()), || {
        charts::draw(&charts, &options, &folder.join("charts"))
    })?;
    Ok(())
}
