//! Colours that colour-blind readers tell apart, and that differ in lightness when printed grey. After Okabe and Ito, "Color
//! Universal Design" (2008); their yellow and sky are darkened a little to stand on white.

use plotters::style::RGBColor;

use crate::results::is_main_memory;

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

/// Of main memory, wherever it appears.
const MAIN_MEMORY: usize = 5;

/// The colours of series. When there are no more they come again, lighter.
pub(super) fn colors(series: &[String]) -> Vec<RGBColor> {
    let has_memory = series.iter().any(|name| is_main_memory(name));
    let others: Vec<RGBColor> = COLORS
        .into_iter()
        .enumerate()
        .filter(|(index, _)| !has_memory || *index != MAIN_MEMORY)
        .map(|(_, color)| color)
        .collect();
    let mut next = 0;
    let color = |name: &String| {
        if is_main_memory(name) {
            return COLORS[MAIN_MEMORY];
        }
        next += 1;
        lighter(others[(next - 1) % others.len()], (next - 1) / others.len())
    };
    series.iter().map(color).collect()
}

fn lighter(RGBColor(red, green, blue): RGBColor, rounds: usize) -> RGBColor {
    let rounds = u16::try_from(rounds.min(3)).unwrap_or(3);
    let part = |part: u8| u8::try_from(u16::from(part) + (255 - u16::from(part)) * rounds / 4).unwrap_or(255);
    RGBColor(part(red), part(green), part(blue))
}
