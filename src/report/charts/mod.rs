//! The drawing kit: charts of results as data, laid out once, drawn as SVG and PNG and by [`super::page`].
//!
//! ```text
//! [NetworkResults] --make--> [Chart] --csv--> CHART.csv
//!                     |         +-----plot--> places on axes --picture--> CHART.svg, CHART.png
//!                     |                                      +--page----> report.html
//!                     +--RunColors: the colour of every component, architecture and network of the run
//! ```
//!
//! Only `draw`, `svg` and `png` need a drawing library; they are there with the feature `charts`.

mod axis;
mod data;
mod gap;
mod make;
mod metric;
mod metric_names;
mod options;
pub(crate) mod palette;
#[cfg(feature = "charts")]
mod picture;
pub(crate) mod plot;
mod scale;
mod series;
mod statistics;

use std::collections::HashSet;

use thiserror::Error;

pub(crate) use axis::ChartAxis;
pub use data::{
    Bar, BarGroup, Bars, Chart, ChartKind, HeatCell, HeatMap, Line, Lines, Point, Quantity, Roofline, Scatter,
};
pub(crate) use make::{bar_chart, energy_of_networks, energy_of_runs, fates, fates_of_networks, file_name, rooflines};
pub use metric::ChartMetric;
pub use metric_names::MetricNames;
pub use options::{ChartOptions, LayerChoice, PictureFormat, PictureSize};
#[cfg(feature = "charts")]
pub use picture::{draw, png, svg};
pub(crate) use series::RunColors;
pub use series::{Series, Swatch};
pub use statistics::{PrintedMetric, Statistics};

use crate::results::NetworkResults;

/// Why a chart cannot be drawn.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ChartError {
    #[error("{0}")]
    Metric(String),
    #[error("cannot draw: {0}")]
    Draw(String),
    #[error("cannot write a table: {0}")]
    Table(#[from] csv::Error),
    #[error(transparent)]
    Write(#[from] std::io::Error),
}

/// The charts of a run: energy by component, throughput, utilization, cycles, energy and energy-delay product of networks and
/// layers, sums over the depth, rooflines, and the metrics that were named.
///
/// # Errors
///
/// If a named metric is unknown, or units are mixed.
pub fn charts(results: &[NetworkResults], options: &ChartOptions) -> Result<Vec<Chart>, ChartError> {
    // As colours are: the same after a run and after a report of its folder, and bars as the legend has them.
    let mut results = results.to_vec();
    results.sort_by_key(NetworkResults::label);
    let mut charts = make::charts(&results, options.layers);
    for metric in &options.metrics {
        charts.extend(make::of_names(&several(metric), &results, options)?);
    }
    Ok(numbered(charts))
}

/// Whether metrics are known by these names: earlier than [`charts`], which needs results.
///
/// # Errors
///
/// If one is unknown, or units are mixed.
pub fn check(metrics: &[String], names: &MetricNames) -> Result<(), ChartError> {
    metrics.iter().try_for_each(|metric| make::parse_metrics(&several(metric), names).map(|_| ()))
}

/// Whether values are better shown on a logarithmic axis.
pub(crate) fn wants_log(values: impl Iterator<Item = f64>) -> bool {
    scale::Scale::wants_log(values)
}

fn several(metric: &str) -> Vec<&str> {
    metric.split(',').map(str::trim).collect()
}

/// Every chart once, under a name of its own, also where files' names have no case.
fn numbered(charts: Vec<Chart>) -> Vec<Chart> {
    let mut taken: HashSet<String> = HashSet::new();
    let mut kept: Vec<Chart> = Vec::new();
    let mut seen: Vec<Chart> = Vec::new();
    for chart in charts {
        if seen.contains(&chart) {
            continue;
        }
        seen.push(chart.clone());
        let mut stem = chart.stem.clone();
        for number in 2.. {
            if taken.insert(stem.to_lowercase()) {
                break;
            }
            stem = format!("{}_{number}", chart.stem);
        }
        kept.push(Chart { stem, ..chart });
    }
    kept
}
