//! Charts of results: data, table and picture of each.
//!
//! ```text
//! [NetworkResults] --make--> [Chart] --csv, render--> CHART.csv, CHART.svg, CHART.png
//! ```

mod canvas;
mod data;
mod fit;
mod gap;
mod make;
mod metric;
mod names;
mod palette;
mod render;
mod scale;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use plotters::prelude::{BitMapBackend, SVGBackend};
use rayon::prelude::*;
use thiserror::Error;

pub use data::{Bar, BarGroup, Bars, Chart, ChartKind, Line, Lines, Point, Quantity, Roofline};
pub(crate) use make::finished as bar_chart;
pub use metric::Metric;
pub use names::Names;
use render::Page;

use crate::output::write_whole;
use crate::results::NetworkResults;

/// Why a chart cannot be drawn.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ChartError {
    #[error("metric {0}")]
    Metric(String),
    #[error("cannot draw: {0}")]
    Draw(String),
    #[error("cannot write a table: {0}")]
    Table(#[from] csv::Error),
    #[error(transparent)]
    Write(#[from] std::io::Error),
}

/// A form of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// Vectors.
    Svg,
    /// Pixels.
    Png,
}

/// How wide pictures are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureSize {
    /// 960 pixels; PNG has twice as many.
    #[default]
    Screen,
    /// A column of a paper with two: 88 mm; PNG at 300 dots per inch.
    OneColumn,
    /// A page of a paper with two columns: 180 mm; PNG at 300 dots per inch.
    TwoColumn,
}

/// Which layers charts by layer show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LayerChoice {
    /// One per distinct problem, with the number of executions.
    #[default]
    Distinct,
    /// Every layer.
    All,
}

/// How charts are drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartOptions {
    /// The forms of every picture.
    pub formats: Vec<PictureFormat>,
    /// Its width.
    pub size: PictureSize,
    /// Which layers.
    pub layers: LayerChoice,
    /// Metrics that are drawn besides the usual charts: each a name, or several of one unit with commas between.
    pub metrics: Vec<String>,
}

impl Default for ChartOptions {
    fn default() -> Self {
        Self {
            formats: vec![PictureFormat::Svg, PictureFormat::Png],
            size: PictureSize::default(),
            layers: LayerChoice::default(),
            metrics: Vec::new(),
        }
    }
}

/// Pixels of one picture at most: some tens of megabytes while it is drawn.
const MOST_PIXELS: f64 = 24e6;

/// Lengths of a picture.
#[derive(Clone, Copy, Debug)]
struct Measures {
    /// Width in points of 12-point text.
    width: f64,
    /// Height of a page at most, in points.
    highest: f64,
    /// Pixels of a PNG per point.
    scale: f64,
    /// Width on paper.
    millimetres: Option<f64>,
}

impl PictureSize {
    fn measures(self) -> Measures {
        // A page of a journal has a column of 240 mm.
        let paper = |millimetres: f64, width: f64| Measures {
            width,
            highest: 240.0 / millimetres * width,
            scale: millimetres / 25.4 * 300.0 / width,
            millimetres: Some(millimetres),
        };
        match self {
            Self::Screen => Measures { width: 960.0, highest: 4000.0, scale: 2.0, millimetres: None },
            Self::OneColumn => paper(88.0, 430.0),
            Self::TwoColumn => paper(180.0, 880.0),
        }
    }
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
        charts.extend(make::of_names(&several(metric), &results, options.layers)?);
    }
    Ok(numbered(charts))
}

/// Whether metrics are known by these names: earlier than [`charts`], which needs results.
///
/// # Errors
///
/// If one is unknown, or units are mixed.
pub fn check(metrics: &[String], names: &Names) -> Result<(), ChartError> {
    metrics.iter().try_for_each(|metric| make::named(&several(metric), names).map(|_| ()))
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

/// Draws charts into a folder, a table beside each; gives the files in order. What is too high for one page has several, with
/// numbers behind their names.
///
/// # Errors
///
/// If a file cannot be written.
pub fn draw(charts: &[Chart], options: &ChartOptions, folder: &Path) -> Result<Vec<PathBuf>, ChartError> {
    canvas::register();
    let mut taken: HashSet<String> = charts.iter().map(|chart| chart.stem.to_lowercase()).collect();
    let named: Vec<(&Chart, Vec<Bars>, Vec<String>)> = charts
        .iter()
        .map(|chart| {
            let pages = render::pages(chart, options.size.measures());
            let stems = (1..=pages.len().max(1)).map(|page| {
                if pages.len() < 2 {
                    return chart.stem.clone();
                }
                let mut stem = format!("{}_{page}", chart.stem);
                while !taken.insert(stem.to_lowercase()) {
                    stem.push('_');
                }
                stem
            });
            let stems = stems.collect();
            (chart, pages, stems)
        })
        .collect();
    let one = |(chart, pages, stems): &(&Chart, Vec<Bars>, Vec<String>)| -> Result<Vec<PathBuf>, ChartError> {
        let mut files = vec![folder.join(format!("{}.csv", chart.stem))];
        write_whole(&files[0], chart.csv()?.as_bytes())?;
        for (index, stem) in stems.iter().enumerate() {
            let page = Page { chart, bars: pages.get(index), number: (index + 1, stems.len()) };
            for format in &options.formats {
                let (extension, bytes) = match format {
                    PictureFormat::Svg => ("svg", svg_of(page, options.size)?.into_bytes()),
                    PictureFormat::Png => ("png", png_of(page, options.size)?),
                };
                let file = folder.join(format!("{stem}.{extension}"));
                write_whole(&file, &bytes)?;
                files.push(file);
            }
        }
        Ok(files)
    };
    let files: Vec<Vec<PathBuf>> = named.par_iter().map(one).collect::<Result<_, _>>()?;
    Ok(files.concat())
}

/// A chart as SVG, one for each page.
///
/// # Errors
///
/// If plotters refuses to draw it.
pub fn svg(chart: &Chart, size: PictureSize) -> Result<Vec<String>, ChartError> {
    all_pages(chart, size, svg_of)
}

/// A chart as PNG, one for each page.
///
/// # Errors
///
/// If plotters refuses to draw it.
pub fn png(chart: &Chart, size: PictureSize) -> Result<Vec<Vec<u8>>, ChartError> {
    all_pages(chart, size, png_of)
}

fn all_pages<T>(
    chart: &Chart,
    size: PictureSize,
    draw: fn(Page, PictureSize) -> Result<T, ChartError>,
) -> Result<Vec<T>, ChartError> {
    canvas::register();
    let pages = render::pages(chart, size.measures());
    let count = pages.len().max(1);
    (0..count).map(|at| draw(Page { chart, bars: pages.get(at), number: (at + 1, count) }, size)).collect()
}

fn svg_of(page: Page, size: PictureSize) -> Result<String, ChartError> {
    let Measures { width, millimetres, .. } = size.measures();
    let height = render::height(page, width);
    let mut out = String::new();
    let pixels = (pixels(width), pixels(height));
    render::draw(page, canvas::Canvas::new(SVGBackend::with_string(&mut out, pixels), (width, height), 1.0)?)?;
    if let Some(millimetres) = millimetres {
        let (from, to) = (
            format!("width=\"{}\" height=\"{}\"", pixels.0, pixels.1),
            format!("width=\"{millimetres}mm\" height=\"{:.1}mm\"", millimetres * height / width),
        );
        out = out.replacen(&from, &to, 1);
    }
    Ok(out)
}

fn png_of(page: Page, size: PictureSize) -> Result<Vec<u8>, ChartError> {
    let Measures { width, scale, millimetres, .. } = size.measures();
    let height = render::height(page, width);
    // A single group of very many bars: smaller rather than none.
    let scale = scale.min((MOST_PIXELS / (width * height)).sqrt()).min(60_000.0 / height);
    let (columns, rows) = (pixels(width * scale), pixels(height * scale));
    let mut buffer = vec![0; columns as usize * rows as usize * 3];
    let backend = BitMapBackend::with_buffer(&mut buffer, (columns, rows));
    render::draw(page, canvas::Canvas::new(backend, (width, height), scale)?)?;
    encoded(&buffer, (columns, rows), millimetres.map(|millimetres| f64::from(columns) / millimetres * 1000.0))
}

/// The file; it says how many pixels make a metre on paper.
fn encoded(buffer: &[u8], (columns, rows): (u32, u32), per_metre: Option<f64>) -> Result<Vec<u8>, ChartError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, columns, rows);
    encoder.set_color(png::ColorType::Rgb);
    let dimensions = per_metre.map(|pixels_per_metre| {
        let count = pixels(pixels_per_metre.round());
        png::PixelDimensions { xppu: count, yppu: count, unit: png::Unit::Meter }
    });
    encoder.set_pixel_dims(dimensions);
    let failed = |error: png::EncodingError| ChartError::Draw(error.to_string());
    encoder.write_header().and_then(|mut writer| writer.write_image_data(buffer)).map_err(failed)?;
    Ok(bytes)
}

fn pixels(length: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths of pages")]
    let pixels = length.ceil().clamp(1.0, 65_000.0) as u32;
    pixels
}
