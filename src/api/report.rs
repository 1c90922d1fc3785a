//! Reports of results: totals, the page, charts.

use std::path::Path;

use super::Error;
#[cfg(feature = "page")]
use super::manifest::TOOL;
use crate::output::write_whole;
#[cfg(feature = "charts")]
use crate::report::charts::{self, ChartOptions, MetricNames};
use crate::report::{self, Provenance};
use crate::results::NetworkResults;
#[cfg(feature = "page")]
use crate::results::sweep::{SweepDesign, SweepResults};

#[cfg(feature = "charts")]
use super::Warned;

/// Writes `totals.csv` and, with the feature `page`, `report.html` into a folder.
///
/// # Errors
///
/// The file system's, with the path in front.
pub fn write_report(folder: &Path, results: &[NetworkResults], provenance: &Provenance) -> Result<(), Error> {
    write_whole(&folder.join("totals.csv"), report::totals::totals_csv(results)?.as_bytes())?;
    #[cfg(feature = "page")]
    write_whole(&folder.join("report.html"), report::page::write(results, provenance)?.as_bytes())?;
    #[cfg(not(feature = "page"))]
    let _ = provenance;
    Ok(())
}

/// Writes `sweep.html` of a sweep into a folder, with links to the full results of its best designs where they lie there.
///
/// # Errors
///
/// The file system's, with the path in front.
#[cfg(feature = "page")]
pub fn write_sweep_page(folder: &Path, results: &SweepResults) -> Result<(), Error> {
    let mut provenance = Provenance { tool: TOOL.to_owned(), ..Provenance::default() };
    for input in &results.inputs {
        provenance.add_input(&input.source, input.blake3.as_deref());
    }
    let link = |design: &SweepDesign, network: &str| {
        let own = format!("best/{network}/{}", design.name());
        folder.join(&own).is_dir().then_some(own)
    };
    let page = report::sweep::write(results, &provenance, &link)?;
    Ok(write_whole(&folder.join("sweep.html"), page.as_bytes())?)
}

/// The charts of results, to be [drawn](draw_charts). A metric of the options that no result has is left out with a warning.
///
/// # Errors
///
/// If a metric mixes units.
#[cfg(feature = "charts")]
pub fn charts(results: &[NetworkResults], options: &ChartOptions) -> Result<Warned<Vec<charts::Chart>>, Error> {
    let known_names = MetricNames::of_results(results).with_statistics(&options.statistics);
    let mut options = options.clone();
    let mut warnings = Vec::new();
    options.metrics.retain(|metric| {
        let known = charts::check(std::slice::from_ref(metric), &known_names);
        known.inspect_err(|error| warnings.push(error.to_string())).is_ok()
    });
    Ok(Warned { value: charts::charts(results, &options)?, warnings })
}

/// Draws charts into a folder, a table in CSV beside each.
///
/// # Errors
///
/// If a chart cannot be drawn or written.
#[cfg(feature = "charts")]
pub fn draw_charts(folder: &Path, charts: &[charts::Chart], options: &ChartOptions) -> Result<(), Error> {
    charts::draw(charts, options, folder)?;
    Ok(())
}
