//! What people look at: the files that `run` and `report` make of results.

use std::path::Path;

use anyhow::Context;

use super::printer::Printer;
use super::run_args::ChartArgs;
use crate::output::write_whole;
use crate::report::page::{self, Provenance};
use crate::report::{
    self,
    charts::{self, MetricNames},
};
use crate::results::NetworkResults;

/// Says early which metrics of charts nothing has.
pub(super) fn check(args: &ChartArgs, names: &MetricNames) -> anyhow::Result<()> {
    let Some(options) = args.options() else { return Ok(()) };
    charts::check(&options.metrics, names).context("`--chart-metric`")
}

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
    write_whole(&folder.join("totals.csv"), report::totals::totals_csv(results)?.as_bytes())?;
    write_whole(&folder.join("report.html"), page::write(results, &provenance)?.as_bytes())?;
    let Some(mut options) = args.options() else { return Ok(()) };
    // What a design has may still be missing in every mapping.
    options.metrics.retain(|metric| {
        let known = charts::check(std::slice::from_ref(metric), &MetricNames::of_results(results));
        known.inspect_err(|error| printer.warning(format!("`--chart-metric`: {error}"))).is_ok()
    });
    let charts = charts::charts(results, &options)?;
    printer.meanwhile(&format!("drawing {} charts", charts.len()), || {
        charts::draw(&charts, &options, &folder.join("charts"))
    })?;
    Ok(())
}
