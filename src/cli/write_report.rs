//! The report that `run` and `report` make of results, with progress shown.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::printer::Printer;
use super::run_args::ChartArgs;
use crate::api;
use crate::report::Provenance;
use crate::report::charts::{self, MetricNames, Statistics};
use crate::results::NetworkResults;

/// Says early which metrics of charts nothing has.
pub(super) fn check(args: &ChartArgs, names: &MetricNames) -> anyhow::Result<()> {
    let Some(options) = args.options() else { return Ok(()) };
    charts::check(&options.metrics, names).context("`--chart-metric`")
}

/// The statistics of results.
pub(super) fn located(results: &[NetworkResults], files: &[(usize, String, PathBuf)]) -> Statistics {
    let mut statistics = Statistics::default();
    for (index, problem, file) in files {
        statistics.add(&results[*index], problem, file.clone());
    }
    statistics
}

/// Writes totals.csv, report.html, and the charts.
pub(super) fn write_report(
    folder: &Path,
    results: &[NetworkResults],
    statistics: &[(usize, String, PathBuf)],
    provenance: &Provenance,
    args: &ChartArgs,
    printer: &Printer,
) -> anyhow::Result<()> {
    api::write_report(folder, results, provenance)?;
    let Some(mut options) = args.options() else { return Ok(()) };
    options.statistics = located(results, statistics);
    // What an architecture has may still be missing in every mapping.
    let mut warnings = Vec::new();
    let charts = api::charts(results, &options)?.unpack_into(&mut warnings);
    printer.warnings(warnings.iter().map(|warning| format!("`--chart-metric`: {warning}")));
    printer.meanwhile(&format!("drawing {} charts", charts.len()), || {
        api::draw_charts(&folder.join("charts"), &charts, &options)
    })?;
    Ok(())
}
