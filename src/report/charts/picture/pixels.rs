//! A picture of pixels that plotters draws on. It has few colours: a byte a pixel, which is drawn and compressed in a fraction of the
//! time that three take.

use std::convert::Infallible;
use std::ops::Range;

use plotters_backend::rasterizer;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};

use super::canvas::FONT;
use super::color_table::{ColorTable, LEVELS};
use super::glyphs::{Glyphs, level};
use crate::report::charts::palette::{LIGHT, Rgb};

/// A picture of pixels; empty paper at first.
pub(super) struct Pixels {
    size: (u32, u32),
    /// Row by row the index of every pixel's colour.
    indices: Vec<u8>,
    colors: ColorTable,
    glyphs: Glyphs,
    /// Whether nothing was drawn yet.
    is_empty: bool,
}

impl Pixels {
    /// Columns and rows of paper.
    pub(super) fn new(size: (u32, u32)) -> Self {
        let indices = vec![0; size.0 as usize * size.1 as usize];
        Self { size, indices, colors: ColorTable::new(LIGHT.paper), glyphs: Glyphs::new(FONT), is_empty: true }
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Row by row the index of every pixel's colour.
    pub(super) fn indices(&self) -> &[u8] {
        &self.indices
    }

    /// Red, green and blue of every colour.
    pub(super) fn colors(&self) -> Vec<u8> {
        self.colors.bytes()
    }

    fn fill(&mut self, columns: Range<i32>, rows: Range<i32>, color: BackendColor) {
        let (columns, rows) = (within(&columns, self.size.0), within(&rows, self.size.1));
        let level = level_of(color);
        let color = self.color(color);
        if self.is_empty && color == 0 {
            return;
        }
        self.is_empty = false;
        for row in rows {
            let row = &mut self.indices[row * self.size.0 as usize..][columns.clone()];
            if level == LEVELS {
                row.fill(color);
            } else {
                for pixel in row {
                    *pixel = self.colors.blended(*pixel, color, level);
                }
            }
        }
    }

    fn lay(&mut self, (x, y): BackendCoord, color: u8, level: u8) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
        if x < self.size.0 && y < self.size.1 {
            self.is_empty = false;
            let pixel = &mut self.indices[y as usize * self.size.0 as usize + x as usize];
            *pixel = self.colors.blended(*pixel, color, level);
        }
    }

    fn color(&mut self, color: BackendColor) -> u8 {
        let (red, green, blue) = color.rgb;
        self.colors.index(Rgb(red, green, blue))
    }

    fn write<S: BackendTextStyle>(&mut self, text: &str, style: &S, place: BackendCoord) {
        #[expect(clippy::cast_possible_truncation, reason = "sizes of text in pixels")]
        let size = style.size() as f32;
        let line = self.glyphs.line(text, size);
        let left = match style.anchor().h_pos {
            HPos::Left => 0,
            HPos::Right => -line.width,
            HPos::Center => -line.width / 2,
        };
        let top = match style.anchor().v_pos {
            VPos::Top => 0,
            VPos::Center => -line.height / 2,
            VPos::Bottom => -line.height,
        };
        let (color, turn) = (self.color(style.color()), style.transform());
        let mut glyphs = std::mem::replace(&mut self.glyphs, Glyphs::new(&[]));
        for (letter, x) in line.letters {
            let glyph = glyphs.glyph(letter, size);
            for (row, y) in glyph.levels.chunks_exact(glyph.columns.max(1)).zip(top + glyph.top..) {
                for (level, x) in row.iter().zip(left + x..).filter(|(level, _)| **level > 0) {
                    let (x, y) = turn.transform(x, y);
                    self.lay((place.0 + x, place.1 + y), color, *level);
                }
            }
        }
        self.glyphs = glyphs;
    }
}

/// What of a range lies between 0 and an end.
fn within(range: &Range<i32>, end: u32) -> Range<usize> {
    let bound = |value: i32| u32::try_from(value).unwrap_or(0).min(end) as usize;
    bound(range.start)..bound(range.end).max(bound(range.start))
}

fn level_of(color: BackendColor) -> u8 {
    #[expect(clippy::cast_possible_truncation, reason = "a share")]
    let share = color.alpha as f32;
    level(share)
}

/// Columns and rows of a broad line along an axis: those that plotters fills where it takes the line for any polygon.
fn stroke_area(from: BackendCoord, to: BackendCoord, stroke: u32) -> (Range<i32>, Range<i32>) {
    let half = f64::from(stroke) / 2.0;
    let across = |place: i32| {
        #[expect(clippy::cast_possible_truncation, reason = "pictures are smaller than a million pixels")]
        let ends = [f64::from(place) - half, f64::from(place) + half].map(|end| end.round() as i32);
        ends
    };
    let (mut columns, mut rows) = ([from.0.min(to.0), from.0.max(to.0)], [from.1.min(to.1), from.1.max(to.1)]);
    if from.0 == to.0 {
        columns = across(from.0);
    } else {
        rows = across(from.1);
    }
    let (wide, high) = (columns[1] - columns[0], rows[1] - rows[0]);
    // It goes along the longer side, and leaves out the end of a line that is broader than a pixel.
    let is_along_columns = wide > high;
    let end = |is_along: bool, across: i32| i32::from(!(is_along && across > 1));
    (columns[0]..columns[1] + end(is_along_columns, high), rows[0]..rows[1] + end(!is_along_columns, wide))
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for &mut Pixels {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        let index = self.color(color);
        self.lay(point, index, level_of(color));
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        if style.stroke_width() != 1 || (from.0 != to.0 && from.1 != to.1) {
            return rasterizer::draw_line(self, from, to, style);
        }
        let pixels = |from: i32, to: i32| from.min(to)..from.max(to) + 1;
        self.fill(pixels(from.0, to.0), pixels(from.1, to.1), style.color());
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, fill: bool) -> Drawn {
        if !fill {
            return rasterizer::draw_rect(self, from, to, style, fill);
        }
        self.fill(from.0.min(to.0)..from.0.max(to.0), from.1.min(to.1)..from.1.max(to.1), style.color());
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let (path, stroke) = (path.into_iter().collect::<Vec<_>>(), style.stroke_width());
        match (&path[..], stroke) {
            ([from, to], 2..) if from != to && (from.0 == to.0 || from.1 == to.1) => {
                let (columns, rows) = stroke_area(*from, *to, stroke);
                self.fill(columns, rows, style.color());
                Ok(())
            }
            (_, 1) => path.windows(2).try_for_each(|ends| self.draw_line(ends[0], ends[1], style)),
            _ => self.fill_polygon(rasterizer::polygonize(&path, stroke), &style.color()),
        }
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, place: BackendCoord) -> Drawn {
        self.write(text, style, place);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use plotters::prelude::*;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Lines along an axis are the polygons that plotters makes of them.
        #[test]
        fn broad_lines_are_polygons(x in -5..60, y in -5..60, length in 1..50, stroke in 2u32..7, is_flat: bool) {
            let to = if is_flat { (x + length, y) } else { (x, y + length) };
            let style = ShapeStyle::from(&BLUE).stroke_width(stroke);
            let (mut own, mut other) = (Pixels::new((50, 50)), Pixels::new((50, 50)));
            (&mut own).draw_path([to, (x, y)], &style).unwrap();
            let corners = rasterizer::polygonize(&[(x, y), to], stroke);
            rasterizer::fill_polygon(&mut &mut other, &corners, &style.color()).unwrap();
            prop_assert_eq!(own.indices, other.indices);
        }
    }

    /// Of a text the letters are where plotters puts them itself, in all places and directions.
    #[test]
    fn texts_are_those_of_plotters() {
        super::super::canvas::register();
        for (h_pos, turn) in [
            (HPos::Left, FontTransform::None),
            (HPos::Center, FontTransform::Rotate270),
            (HPos::Right, FontTransform::None),
        ] {
            let style = TextStyle::from(("sans-serif", 22.5))
                .color(&RED)
                .transform(turn)
                .pos(plotters::style::text_anchor::Pos::new(h_pos, VPos::Center));
            let (mut own, mut other) = (Pixels::new((200, 200)), Pixels::new((200, 200)));
            (&mut own).draw_text("Wave, AV 12.5 µJ…", &style, (110, 90)).unwrap();
            Plain(&mut other).draw_text("Wave, AV 12.5 µJ…", &style, (110, 90)).unwrap();
            assert!(own.indices == other.indices && own.indices.iter().any(|index| *index != 0));
        }
    }

    /// Draws texts as plotters does.
    struct Plain<'a>(&'a mut Pixels);

    impl DrawingBackend for Plain<'_> {
        type ErrorType = Infallible;

        fn get_size(&self) -> (u32, u32) {
            self.0.size
        }

        fn ensure_prepared(&mut self) -> Drawn {
            Ok(())
        }

        fn present(&mut self) -> Drawn {
            Ok(())
        }

        fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
            self.0.draw_pixel(point, color)
        }
    }
}
