//! A page to draw on: in points of 12-point text, whatever the size of the picture.

use std::sync::Once;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::ChartError;

/// The font of all charts: DejaVu Sans, bundled.
static FONT: &[u8] = include_bytes!("font/DejaVuSans.ttf");
static REGISTER: Once = Once::new();

/// Mean width of a letter, and height of a line, of 12-point text.
const LETTER: f64 = 7.1;

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
            // Fails only for bytes that are no font.
            let _ = register_font("sans-serif", style, FONT);
        }
    });
}

/// Width of a text of a size.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let letters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    f64::from(letters) * LETTER * size / 12.0
}

/// The text, shortened from the middle to fit a width.
pub(super) fn fitted(text: &str, room: f64, size: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive number of letters")]
    let keep = ((room / (LETTER * size / 12.0)) as usize).saturating_sub(1);
    let letters: Vec<char> = text.chars().collect();
    let (head, tail) = (keep.div_ceil(2), keep / 2);
    if keep >= letters.len() {
        return text.to_owned();
    }
    letters[..head].iter().chain(&['…']).chain(&letters[letters.len() - tail..]).collect()
}

impl<B: DrawingBackend> Canvas<'_, B> {
    pub(super) fn new(backend: B, size: (f64, f64), scale: f64) -> Result<Self, ChartError> {
        let area = backend.into_drawing_area();
        area.fill(&super::palette::PAPER).map_err(|error| ChartError::Draw(error.to_string()))?;
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
        at: (f64, f64),
        size: f64,
        color: RGBColor,
        align: Align,
    ) -> Result<(), ChartError> {
        let horizontal = match align {
            Align::Left => HPos::Left,
            Align::Middle => HPos::Center,
            Align::Right => HPos::Right,
        };
        let style =
            TextStyle::from(("sans-serif", size * self.scale)).color(&color).pos(Pos::new(horizontal, VPos::Center));
        Self::done(self.area.draw(&Text::new(text.to_owned(), self.place(at), style)))
    }

    /// A text that runs upwards.
    pub(super) fn upwards(&self, text: &str, at: (f64, f64), size: f64, color: RGBColor) -> Result<(), ChartError> {
        let style = TextStyle::from(("sans-serif", size * self.scale))
            .color(&color)
            .transform(FontTransform::Rotate270)
            .pos(Pos::new(HPos::Center, VPos::Center));
        Self::done(self.area.draw(&Text::new(text.to_owned(), self.place(at), style)))
    }

    pub(super) fn rectangle(&self, from: (f64, f64), to: (f64, f64), color: RGBColor) -> Result<(), ChartError> {
        Self::done(self.area.draw(&Rectangle::new([self.place(from), self.place(to)], color.filled())))
    }

    pub(super) fn line(&self, points: &[(f64, f64)], color: RGBColor, thick: f64) -> Result<(), ChartError> {
        let points: Vec<(i32, i32)> = points.iter().map(|point| self.place(*point)).collect();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few pixels")]
        let stroke = (thick * self.scale).round().max(1.0) as u32;
        Self::done(self.area.draw(&PathElement::new(points, color.stroke_width(stroke))))
    }

    pub(super) fn dot(&self, at: (f64, f64), radius: f64, color: RGBColor) -> Result<(), ChartError> {
        #[expect(clippy::cast_possible_truncation, reason = "a few pixels")]
        let radius = (radius * self.scale).round() as i32;
        Self::done(self.area.draw(&Circle::new(self.place(at), radius, color.filled())))
    }

    /// Names of colours in lines that wrap; gives the height that they take.
    pub(super) fn legend(&self, names: &[String], top: f64) -> Result<f64, ChartError> {
        let (left, right) = (MARGIN, self.size.0 - MARGIN);
        let (mut x, mut y) = (left, top);
        for (name, color) in names.iter().zip(super::palette::colors(names)) {
            let name = fitted(name, right - left - 20.0, SMALL);
            let wide = width(&name, SMALL) + 32.0;
            if x + wide > right + 16.0 && x > left {
                (x, y) = (left, y + LEGEND_LINE);
            }
            self.rectangle((x, y), (x + 10.0, y + 10.0), color)?;
            self.text(&name, (x + 15.0, y + 5.0), SMALL, super::palette::INK, Align::Left)?;
            x += wide;
        }
        Ok(if names.is_empty() { 0.0 } else { y - top + LEGEND_LINE })
    }

    pub(super) fn finish(self) -> Result<(), ChartError> {
        Self::done(self.area.present())
    }
}

/// Space around everything, and sizes of text, in points.
pub(super) const MARGIN: f64 = 14.0;
pub(super) const TITLE: f64 = 15.0;
pub(super) const NORMAL: f64 = 12.0;
pub(super) const SMALL: f64 = 11.0;
pub(super) const LEGEND_LINE: f64 = 18.0;

/// Lines that a legend takes at a width, as [`Canvas::legend`] draws it.
pub(super) fn legend_height(names: &[String], page: f64) -> f64 {
    let (left, right) = (MARGIN, page - MARGIN);
    let (mut x, mut lines) = (left, 1.0);
    for name in names {
        let wide = width(&fitted(name, right - left - 20.0, SMALL), SMALL) + 32.0;
        if x + wide > right + 16.0 && x > left {
            (x, lines) = (left, lines + 1.0);
        }
        x += wide;
    }
    if names.is_empty() { 0.0 } else { lines * LEGEND_LINE }
}

/// A text in lines of a width at most.
pub(super) fn wrapped(text: &str, room: f64, size: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut().filter(|line| width(&format!("{line} {word}"), size) <= room) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(fitted(word, room, size)),
        }
    }
    lines
}
