//! A sheet to draw on: in points of 12-point text, whatever the size of the picture.

use std::sync::Once;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::fit::{fitted_all, width};
use crate::report::charts::ChartError;
use crate::report::charts::palette::{LIGHT, Rgb};
use crate::report::charts::series::{Series, Swatch};

/// The font of all charts: DejaVu Sans, bundled.
pub(super) static FONT: &[u8] = include_bytes!("font/DejaVuSans.ttf");
static REGISTER: Once = Once::new();

/// Where a text stands relative to its place.
#[derive(Clone, Copy)]
pub(super) enum Align {
    Left,
    Middle,
    Right,
}

/// What is drawn on.
pub(super) struct Canvas<'a, B: DrawingBackend> {
    area: DrawingArea<B, Shift>,
    scale: f64,
    /// Width and height in points.
    pub(super) size: (f64, f64),
    marker: std::marker::PhantomData<&'a ()>,
}

/// Makes the font known to plotters; must come before anything is drawn.
pub(super) fn register() {
    REGISTER.call_once(|| {
        for style in [FontStyle::Normal, FontStyle::Bold] {
            // It fails only where the bytes are not a font.
            let _ = register_font("sans-serif", style, FONT);
        }
    });
}

impl<B: DrawingBackend> Canvas<'_, B> {
    pub(super) fn new(backend: B, size: (f64, f64), scale: f64) -> Result<Self, ChartError> {
        let area = backend.into_drawing_area();
        area.fill(&plotters_color(LIGHT.paper)).map_err(|error| ChartError::Draw(error.to_string()))?;
        Ok(Self { area, scale, size, marker: std::marker::PhantomData })
    }

    fn place(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let pixel = |value: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "pictures are smaller than a million pixels")]
            let pixel = (value * self.scale).round().clamp(-1e6, 1e6) as i32;
            pixel
        };
        (pixel(x), pixel(y))
    }

    fn done<E: std::error::Error + Send + Sync>(result: Result<(), DrawingAreaErrorKind<E>>) -> Result<(), ChartError> {
        result.map_err(|error| ChartError::Draw(error.to_string()))
    }

    pub(super) fn text(
        &self,
        text: &str,
        place: (f64, f64),
        size: f64,
        color: Rgb,
        align: Align,
    ) -> Result<(), ChartError> {
        let horizontal = match align {
            Align::Left => HPos::Left,
            Align::Middle => HPos::Center,
            Align::Right => HPos::Right,
        };
        let color = plotters_color(color);
        let style =
            TextStyle::from(("sans-serif", size * self.scale)).color(&color).pos(Pos::new(horizontal, VPos::Center));
        Self::done(self.area.draw(&Text::new(text.to_owned(), self.place(place), style)))
    }

    /// A text that runs upwards.
    pub(super) fn upwards(&self, text: &str, place: (f64, f64), size: f64, color: Rgb) -> Result<(), ChartError> {
        let color = plotters_color(color);
        let style = TextStyle::from(("sans-serif", size * self.scale))
            .color(&color)
            .transform(FontTransform::Rotate270)
            .pos(Pos::new(HPos::Center, VPos::Center));
        Self::done(self.area.draw(&Text::new(text.to_owned(), self.place(place), style)))
    }

    pub(super) fn rectangle(&self, from: (f64, f64), to: (f64, f64), color: Rgb) -> Result<(), ChartError> {
        Self::done(self.area.draw(&Rectangle::new([self.place(from), self.place(to)], plotters_color(color).filled())))
    }

    /// A rectangle of a series, hatched where colours come again.
    pub(super) fn fill(&self, from: (f64, f64), to: (f64, f64), swatch: Swatch) -> Result<(), ChartError> {
        self.rectangle(from, to, LIGHT.series[swatch.color()])?;
        if !swatch.is_hatched() {
            return Ok(());
        }
        self.hatch(from, to, LIGHT.paper)
    }

    /// Lines at 45 degrees over a rectangle, cut at its sides.
    pub(super) fn hatch(&self, from: (f64, f64), to: (f64, f64), color: Rgb) -> Result<(), ChartError> {
        let height = to.1 - from.1;
        let mut foot = from.0 - height + HATCH / 2.0;
        let mut lines = 0;
        while foot < to.0 && lines < 1000 {
            let (left, right) = (foot.max(from.0), (foot + height).min(to.0));
            if left < right {
                self.line(&[(left, to.1 - (left - foot)), (right, to.1 - (right - foot))], color, 1.5)?;
            }
            (foot, lines) = (foot + HATCH, lines + 1);
        }
        Ok(())
    }

    /// A line of dashes: lengths drawn and left out in turn; a whole line for an empty list.
    pub(super) fn dashed(
        &self,
        points: &[(f64, f64)],
        color: Rgb,
        thick: f64,
        dashes: &[f64],
    ) -> Result<(), ChartError> {
        if dashes.is_empty() {
            return self.line(points, color, thick);
        }
        let (mut index, mut left) = (0, dashes[0]);
        for pair in points.windows(2) {
            let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
            let length = (to_x - x).hypot(to_y - y);
            let mut begin = 0.0;
            while begin < length {
                let end = (begin + left).min(length);
                let point = |begin: f64| (x + (to_x - x) * begin / length, y + (to_y - y) * begin / length);
                if index % 2 == 0 {
                    self.line(&[point(begin), point(end)], color, thick)?;
                }
                left -= end - begin;
                begin = end;
                // What rounding leaves of a dash would not move the end any more.
                if left <= 1e-3 {
                    index = (index + 1) % dashes.len();
                    left = dashes[index].max(0.5);
                }
            }
        }
        Ok(())
    }

    /// The mark of a point of a series.
    pub(super) fn mark(&self, (x, y): (f64, f64), radius: f64, swatch: Swatch) -> Result<(), ChartError> {
        let color = LIGHT.series[swatch.color()];
        if swatch.mark().is_empty() {
            return self.dot((x, y), radius, color);
        }
        let corners = swatch.mark().iter().map(|(dx, dy)| self.place((x + dx * radius, y + dy * radius)));
        Self::done(self.area.draw(&Polygon::new(corners.collect::<Vec<_>>(), plotters_color(color).filled())))
    }

    pub(super) fn line(&self, points: &[(f64, f64)], color: Rgb, thick: f64) -> Result<(), ChartError> {
        let points: Vec<(i32, i32)> = points.iter().map(|point| self.place(*point)).collect();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few pixels")]
        let stroke = (thick * self.scale).round().max(1.0) as u32;
        Self::done(self.area.draw(&PathElement::new(points, plotters_color(color).stroke_width(stroke))))
    }

    pub(super) fn dot(&self, place: (f64, f64), radius: f64, color: Rgb) -> Result<(), ChartError> {
        #[expect(clippy::cast_possible_truncation, reason = "a few pixels")]
        let radius = (radius * self.scale).round() as i32;
        Self::done(self.area.draw(&Circle::new(self.place(place), radius, plotters_color(color).filled())))
    }

    /// Names of series in lines that wrap, each behind its key.
    pub(super) fn legend(&self, series: &[Series], top: f64, key: LegendKey) -> Result<(), ChartError> {
        for (LegendEntry { x, line, name }, series) in legend_entries(series, self.size.0).into_iter().zip(series) {
            let (y, swatch) = (top + line * LEGEND_LINE, series.swatch);
            match key {
                LegendKey::Area => self.fill((x, y), (x + 10.0, y + 10.0), swatch)?,
                LegendKey::Line => {
                    let ends = [(x - 4.0, y + 5.0), (x + 12.0, y + 5.0)];
                    self.dashed(&ends, LIGHT.series[swatch.color()], 2.0, swatch.dashes())?;
                }
                LegendKey::Point => self.mark((x + 5.0, y + 5.0), 5.0, swatch)?,
            }
            self.text(&name, (x + 15.0, y + 5.0), SMALL, LIGHT.ink, Align::Left)?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), ChartError> {
        Self::done(self.area.present())
    }
}

fn plotters_color(Rgb(red, green, blue): Rgb) -> RGBColor {
    RGBColor(red, green, blue)
}

/// What a legend shows beside a name.
#[derive(Clone, Copy)]
pub(super) enum LegendKey {
    Area,
    Line,
    Point,
}

/// Between the lines of hatching.
const HATCH: f64 = 5.0;

/// Space around everything, and sizes of text, in points.
pub(super) const MARGIN: f64 = 14.0;
pub(super) const TITLE: f64 = 15.0;
pub(super) const NORMAL: f64 = 12.0;
pub(super) const SMALL: f64 = 11.0;
pub(super) const LEGEND_LINE: f64 = 18.0;

/// A name in a legend: from the left, its line from 0, and as much of the name as fits.
struct LegendEntry {
    x: f64,
    line: f64,
    name: String,
}

fn legend_entries(series: &[Series], sheet_width: f64) -> Vec<LegendEntry> {
    let (left, right) = (MARGIN, sheet_width - MARGIN);
    let names = fitted_all(series.iter().map(|series| series.name.as_str()), right - left - 20.0, SMALL);
    let (mut x, mut line) = (left, 0.0);
    let entry = |name: String| {
        let wide = width(&name, SMALL) + 32.0;
        if x + wide > right + 16.0 && x > left {
            (x, line) = (left, line + 1.0);
        }
        x += wide;
        LegendEntry { x: x - wide, line, name }
    };
    names.into_iter().map(entry).collect()
}

/// Height of a legend on a sheet of a width.
pub(super) fn legend_height(series: &[Series], sheet_width: f64) -> f64 {
    legend_entries(series, sheet_width).last().map_or(0.0, |entry| (entry.line + 1.0) * LEGEND_LINE)
}
