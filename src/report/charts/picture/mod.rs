//! Pictures of charts: SVG and PNG files, drawn by plotters.

mod axes;
mod bars;
mod canvas;
mod color_table;
mod encode;
mod fit;
mod glyphs;
mod heat_map;
mod lines;
mod pixels;
mod roofline;
mod scatter;
mod sheet;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use plotters::prelude::SVGBackend;
use rayon::prelude::*;

use super::ChartError;
use super::data::{Bars, Chart};
use super::options::{ChartOptions, PictureFormat, PictureSize};
use crate::output::write_unflushed;
use pixels::Pixels;
use sheet::Sheet;

/// Pixels of one picture at most: some tens of megabytes while it is drawn.
const MAX_PIXELS: f64 = 24e6;

/// Lengths of a picture.
#[derive(Clone, Copy, Debug)]
struct Measures {
    /// Width in points of 12-point text.
    width: f64,
    /// Height of a sheet at most, in points.
    max_height: f64,
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
            max_height: 240.0 / millimetres * width,
            scale: millimetres / 25.4 * 300.0 / width,
            millimetres: Some(millimetres),
        };
        match self {
            Self::Screen => Measures { width: 960.0, max_height: 4000.0, scale: 2.0, millimetres: None },
            Self::OneColumn => paper(88.0, 430.0),
            Self::TwoColumn => paper(180.0, 880.0),
        }
    }
}

/// Draws charts into a folder, a table beside each; gives the files in order. What is too high for one sheet has several, with
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
            let sheets = sheet::sheets(chart, options.size.measures());
            let stems = (1..=sheets.len().max(1)).map(|number| {
                if sheets.len() < 2 {
                    return chart.stem.clone();
                }
                let mut stem = format!("{}_{number}", chart.stem);
                while !taken.insert(stem.to_lowercase()) {
                    stem.push('_');
                }
                stem
            });
            let stems = stems.collect();
            (chart, sheets, stems)
        })
        .collect();
    let written = |(chart, sheets, stems): &(&Chart, Vec<Bars>, Vec<String>)| -> Result<Vec<PathBuf>, ChartError> {
        let mut files = vec![folder.join(format!("{}.csv", chart.stem))];
        write_unflushed(&files[0], chart.csv()?.as_bytes())?;
        for (index, stem) in stems.iter().enumerate() {
            let sheet = Sheet { chart, bars: sheets.get(index), number: (index + 1, stems.len()) };
            for format in &options.formats {
                let (extension, bytes) = match format {
                    PictureFormat::Svg => ("svg", svg_of(sheet, options.size)?.into_bytes()),
                    PictureFormat::Png => ("png", png_of(sheet, options.size)?),
                };
                let file = folder.join(format!("{stem}.{extension}"));
                write_unflushed(&file, &bytes)?;
                files.push(file);
            }
        }
        Ok(files)
    };
    let files: Vec<Vec<PathBuf>> = named.par_iter().map(written).collect::<Result<_, _>>()?;
    Ok(files.concat())
}

/// A chart as SVG, one for each sheet.
///
/// # Errors
///
/// If plotters refuses to draw it.
pub fn svg(chart: &Chart, size: PictureSize) -> Result<Vec<String>, ChartError> {
    all_sheets(chart, size, svg_of)
}

/// A chart as PNG, one for each sheet.
///
/// # Errors
///
/// If plotters refuses to draw it.
pub fn png(chart: &Chart, size: PictureSize) -> Result<Vec<Vec<u8>>, ChartError> {
    all_sheets(chart, size, png_of)
}

fn all_sheets<T>(
    chart: &Chart,
    size: PictureSize,
    draw: fn(Sheet, PictureSize) -> Result<T, ChartError>,
) -> Result<Vec<T>, ChartError> {
    canvas::register();
    let sheets = sheet::sheets(chart, size.measures());
    let count = sheets.len().max(1);
    (0..count).map(|index| draw(Sheet { chart, bars: sheets.get(index), number: (index + 1, count) }, size)).collect()
}

fn svg_of(sheet: Sheet, size: PictureSize) -> Result<String, ChartError> {
    let Measures { width, millimetres, .. } = size.measures();
    let height = sheet::height(sheet, width);
    let mut out = String::new();
    let pixels = (pixels(width), pixels(height));
    sheet::draw(sheet, canvas::Canvas::new(SVGBackend::with_string(&mut out, pixels), (width, height), 1.0)?)?;
    if let Some(millimetres) = millimetres {
        let (from, to) = (
            format!("width=\"{}\" height=\"{}\"", pixels.0, pixels.1),
            format!("width=\"{millimetres}mm\" height=\"{:.1}mm\"", millimetres * height / width),
        );
        out = out.replacen(&from, &to, 1);
    }
    Ok(out)
}

fn png_of(sheet: Sheet, size: PictureSize) -> Result<Vec<u8>, ChartError> {
    let Measures { width, scale, millimetres, .. } = size.measures();
    let height = sheet::height(sheet, width);
    // A single group of very many bars: smaller rather than none.
    let scale = scale.min((MAX_PIXELS / (width * height)).sqrt()).min(60_000.0 / height);
    let mut picture = Pixels::new((pixels(width * scale), pixels(height * scale)));
    sheet::draw(sheet, canvas::Canvas::new(&mut picture, (width, height), scale)?)?;
    let per_metre = millimetres.map(|millimetres| pixels((f64::from(picture.size().0) / millimetres * 1000.0).round()));
    encode::png(&picture, per_metre)
}

fn pixels(length: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths of pages")]
    let pixels = length.ceil().clamp(1.0, 65_000.0) as u32;
    pixels
}
