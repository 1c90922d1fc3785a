//! The report that `run` and `report` make of results, with progress shown.

use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, anyhow};

use super::printer::Printer;
use super::run_args::ChartArgs;
use crate::api;
use crate::report::charts::{self, MetricNames, Statistics};
use crate::report::sweep::sweep_charts;
use crate::results::NetworkResults;
use crate::results::sweep::SweepResults;

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

/// Draws the charts of results while `write` writes the files beside them: the disk is slow, and drawing needs none.
pub(super) fn draw_beside(
    folder: &Path,
    results: &[NetworkResults],
    statistics: &[(usize, String, PathBuf)],
    args: &ChartArgs,
    printer: &Printer,
    write: impl FnOnce() -> anyhow::Result<()> + Send,
) -> anyhow::Result<()> {
    let Some(mut options) = args.options() else { return write() };
    options.statistics = located(results, statistics);
    // What an architecture has may still be missing in every mapping.
    let mut warnings = Vec::new();
    let charts = api::charts(results, &options).map(|charts| charts.unpack_into(&mut warnings));
    printer.warnings(warnings.iter().map(|warning| format!("`--chart-metric`: {warning}")));
    let charts = match charts {
        Ok(charts) => charts,
        Err(error) => return write().and(Err(error.into())),
    };
    let (written, drawn) = printer.meanwhile(&format!("drawing {} charts", charts.len()), || {
        thread::scope(|scope| {
            // No thread of those that draw: it would wait for the disk most of its time.
            let writing = scope.spawn(write);
            let drawn = api::draw_charts(&folder.join("charts"), &charts, &options);
            (writing.join(), drawn)
        })
    });
    written.unwrap_or_else(|_| Err(anyhow!("the thread that writes the report has failed")))?;
    Ok(drawn?)
}

/// Writes the page of a sweep, and draws its charts.
pub(super) fn write_sweep_report(
    folder: &Path,
    results: &SweepResults,
    args: &ChartArgs,
    printer: &Printer,
) -> anyhow::Result<()> {
    api::write_sweep_page(folder, results)?;
    let Some(options) = args.options() else { return Ok(()) };
    let charts = sweep_charts(results);
    printer.meanwhile(&format!("drawing {} charts", charts.len()), || {
        api::draw_charts(&folder.join("charts"), &charts, &options)
    })?;
    Ok(())
}
