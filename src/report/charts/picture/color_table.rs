//! The colours of a picture of pixels: few enough that a byte names each.

use crate::report::charts::palette::Rgb;

/// Steps from a colour to the one that is laid over it: the edges of letters and of slanting lines.
pub(super) const LEVELS: u8 = 15;

/// Colours at most.
const COLORS: usize = 256;

/// Pairs of a colour below and a level.
const BLENDS: usize = COLORS << 4;

/// No blend is known.
const UNKNOWN: u16 = u16::MAX;

/// Colours in the order in which they were asked for.
pub(super) struct ColorTable {
    colors: Vec<Rgb>,
    /// For each colour above, if it was ever blended: the blends with every colour below, by [`slot`].
    blends: Vec<Option<Box<[u16]>>>,
}

impl ColorTable {
    /// A table whose colour 0 is that of the paper.
    pub(super) fn new(paper: Rgb) -> Self {
        Self { colors: vec![paper], blends: Vec::new() }
    }

    /// Red, green and blue of every colour.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.colors.iter().flat_map(|Rgb(red, green, blue)| [*red, *green, *blue]).collect()
    }

    /// The index of a colour. Of a colour for which there is no room left, that of the nearest.
    pub(super) fn index(&mut self, color: Rgb) -> u8 {
        let known = self.colors.iter().position(|known| *known == color);
        let index = known.unwrap_or_else(|| {
            if self.colors.len() < COLORS {
                self.colors.push(color);
                return self.colors.len() - 1;
            }
            let nearest = self.colors.iter().enumerate().min_by_key(|(_, known)| distance(**known, color));
            nearest.map_or(0, |(index, _)| index)
        });
        u8::try_from(index).unwrap_or(0)
    }

    /// The index of a colour with another laid over it, so many [`LEVELS`] of it.
    pub(super) fn blended(&mut self, below: u8, above: u8, level: u8) -> u8 {
        match level {
            0 => return below,
            LEVELS.. => return above,
            _ => {}
        }
        if self.blends.len() <= usize::from(above) {
            self.blends.resize(usize::from(above) + 1, None);
        }
        let blends = self.blends[usize::from(above)].get_or_insert_with(|| vec![UNKNOWN; BLENDS].into());
        if let Ok(known) = u8::try_from(blends[slot(below, level)]) {
            return known;
        }
        let (Rgb(red, green, blue), above_color) = (self.colors[usize::from(below)], self.colors[usize::from(above)]);
        let Rgb(above_red, above_green, above_blue) = above_color;
        let part = |below: u8, above: u8| between(below, above, level);
        let index = self.index(Rgb(part(red, above_red), part(green, above_green), part(blue, above_blue)));
        if let Some(blends) = &mut self.blends[usize::from(above)] {
            blends[slot(below, level)] = index.into();
        }
        index
    }
}

fn slot(below: u8, level: u8) -> usize {
    (usize::from(below) << 4) | usize::from(level)
}

/// A part of a colour, so many [`LEVELS`] from one to another.
fn between(below: u8, above: u8, level: u8) -> u8 {
    let (below, above, level) = (u16::from(below), u16::from(above), u16::from(level));
    let all = u16::from(LEVELS);
    u8::try_from((below * (all - level) + above * level + all / 2) / all).unwrap_or(u8::MAX)
}

fn distance(Rgb(red, green, blue): Rgb, other: Rgb) -> u32 {
    let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    square(red, other.0) + square(green, other.1) + square(blue, other.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blends_lie_between_their_colours() {
        let mut table = ColorTable::new(Rgb(255, 255, 255));
        let ink = table.index(Rgb(0, 30, 255));
        assert_eq!((table.blended(0, ink, 0), table.blended(0, ink, LEVELS), ink), (0, 1, 1));
        let third = table.blended(0, ink, 5);
        assert_eq!((third, table.blended(0, ink, 5)), (2, 2), "the second time it is known");
        assert_eq!(table.bytes(), [255, 255, 255, 0, 30, 255, 170, 180, 255]);
    }

    /// A table takes as many colours as a byte tells apart; others become the nearest of these.
    #[test]
    fn a_full_table_gives_the_nearest_colour() {
        let mut table = ColorTable::new(Rgb(0, 0, 0));
        let greys: Vec<u8> = (0..=255).map(|grey| table.index(Rgb(grey, grey, grey))).collect();
        assert_eq!(greys, (0..=255).collect::<Vec<u8>>());
        assert_eq!(table.index(Rgb(101, 100, 99)), 100);
        assert_eq!(table.bytes().len(), 3 * 256);
    }
}
