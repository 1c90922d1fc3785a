//! Colours that colour-blind readers tell apart, and that differ in lightness when printed grey. After Okabe and Ito, "Color
//! Universal Design" (2008); their yellow and sky are darkened a little to stand on white.

use plotters::style::RGBColor;

pub(super) const INK: RGBColor = RGBColor(27, 31, 36);
pub(super) const SOFT: RGBColor = RGBColor(91, 100, 112);
pub(super) const LINE: RGBColor = RGBColor(217, 222, 229);
pub(super) const PAPER: RGBColor = RGBColor(255, 255, 255);

const COLORS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(213, 94, 0),
    RGBColor(204, 190, 40),
    RGBColor(70, 70, 70),
];

/// The colour of a series. Beyond eight they come again, lighter.
pub(super) fn color(index: usize) -> RGBColor {
    let RGBColor(r, g, b) = COLORS[index % COLORS.len()];
    let rounds = u16::try_from((index / COLORS.len()).min(3)).unwrap_or(3);
    let lighter = |part: u8| u8::try_from(u16::from(part) + (255 - u16::from(part)) * rounds / 4).unwrap_or(255);
    RGBColor(lighter(r), lighter(g), lighter(b))
}
