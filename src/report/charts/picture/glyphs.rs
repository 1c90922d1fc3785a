//! The letters of a picture of pixels, each drawn once for each of its sizes.

use std::collections::HashMap;

use ab_glyph::{Font, FontRef, ScaleFont};

use super::color_table::LEVELS;

/// The letters drawn so far.
pub(super) struct Glyphs {
    font: Option<FontRef<'static>>,
    /// By letter and size: the bits of the size.
    known: HashMap<(char, u32), Glyph>,
}

/// A letter as pixels.
#[derive(Clone, Default)]
pub(super) struct Glyph {
    /// Distance of its first row from the middle of its line.
    pub(super) top: i32,
    /// Pixels of a row.
    pub(super) columns: usize,
    /// How much of every pixel it covers, in so many levels; row by row.
    pub(super) levels: Vec<u8>,
}

/// A text in a line.
pub(super) struct Line {
    /// Its letters with their distances from the left.
    pub(super) letters: Vec<(char, i32)>,
    /// From the left to the right.
    pub(super) width: i32,
    /// From its upper to its lower edge.
    pub(super) height: i32,
}

impl Glyphs {
    /// The letters of a font. Of a file that is no font, there are none.
    pub(super) fn new(font: &'static [u8]) -> Self {
        Self { font: FontRef::try_from_slice(font).ok(), known: HashMap::new() }
    }

    /// Where the letters of a text stand, in pixels. As plotters lays it out where it draws a text itself.
    pub(super) fn line(&self, text: &str, size: f32) -> Line {
        let mut line = Line { letters: Vec::new(), width: 0, height: pixels(size / 1.24) };
        let Some(font) = &self.font else { return line };
        let font = font.as_scaled(size);
        let (mut x, mut previous) = (0.0, None);
        for letter in text.chars() {
            let glyph = font.glyph_id(letter);
            x += previous.map_or(0.0, |previous| font.kern(previous, glyph));
            line.letters.push((letter, pixels(x)));
            x += font.h_advance(glyph);
            previous = Some(glyph);
        }
        line.width = pixels(x);
        line
    }

    /// A letter in a size.
    pub(super) fn glyph(&mut self, letter: char, size: f32) -> &Glyph {
        let font = &self.font;
        let draw = || font.as_ref().map_or_else(Glyph::default, |font| draw(font, letter, size));
        self.known.entry((letter, size.to_bits())).or_insert_with(draw)
    }
}

/// A letter without an outline, such as a space, has no pixels.
fn draw(font: &FontRef<'static>, letter: char, size: f32) -> Glyph {
    let scaled = font.as_scaled(size);
    let Some(outline) = scaled.outline_glyph(scaled.scaled_glyph(letter)) else { return Glyph::default() };
    let bounds = outline.px_bounds();
    let [columns, rows] = [bounds.width(), bounds.height()].map(|length| usize::try_from(pixels(length)).unwrap_or(0));
    let mut levels = vec![0; columns * rows];
    outline.draw(|x, y, covered| {
        let place = y as usize * columns + x as usize;
        if let Some(level) = levels.get_mut(place).filter(|_| (x as usize) < columns) {
            *level = self::level(covered);
        }
    });
    Glyph { top: pixels(size / 2.0 + bounds.min.y), columns, levels }
}

/// The level of a share from 0 to 1.
pub(super) fn level(share: f32) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the number of levels")]
    let level = (share.clamp(0.0, 1.0) * f32::from(LEVELS)).round() as u8;
    level
}

fn pixels(length: f32) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "pictures are smaller than a million pixels")]
    let pixels = length.clamp(-1e6, 1e6) as i32;
    pixels
}
