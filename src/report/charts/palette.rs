//! Colours that colour-blind readers tell apart, after Okabe and Ito, "Color Universal Design" (2008). Dark and light ones
//! alternate, so that neighbours differ when printed grey.

use plotters::style::RGBColor;

use crate::results::is_main_memory;

pub(super) const INK: RGBColor = RGBColor(27, 31, 36);
pub(super) const SOFT: RGBColor = RGBColor(91, 100, 112);
pub(super) const LINE: RGBColor = RGBColor(217, 222, 229);
pub(super) const PAPER: RGBColor = RGBColor(255, 255, 255);

const COLORS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 120, 90),
    RGBColor(86, 180, 233),
    RGBColor(138, 74, 128),
    RGBColor(222, 115, 40),
    RGBColor(204, 190, 40),
    RGBColor(70, 70, 70),
];

/// Of main memory, wherever it appears.
const MAIN_MEMORY: usize = 5;

/// A colour, and whether it is hatched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fill {
    pub(super) color: RGBColor,
    pub(super) is_hatched: bool,
}

/// The colours of series. When there are no more they come again, hatched.
pub(super) fn fills(series: &[String]) -> Vec<Fill> {
    let has_memory = series.iter().any(|name| is_main_memory(name));
    let others: Vec<RGBColor> = COLORS
        .into_iter()
        .enumerate()
        .filter(|(index, _)| !has_memory || *index != MAIN_MEMORY)
        .map(|(_, color)| color)
        .collect();
    let mut next = 0;
    let fill = |name: &String| {
        if is_main_memory(name) {
            return Fill { color: COLORS[MAIN_MEMORY], is_hatched: false };
        }
        next += 1;
        Fill { color: others[(next - 1) % others.len()], is_hatched: next > others.len() }
    };
    series.iter().map(fill).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lightness (CIE L*) of a colour.
    fn lightness(RGBColor(red, green, blue): RGBColor) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        116.0 * (0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)).cbrt() - 16.0
    }

    #[test]
    fn neighbours_differ_in_lightness() {
        let mut names: Vec<String> = (0..12).map(|index| format!("level {index}")).collect();
        for least in [10.0, 20.0] {
            // Without main memory its colour stands between two others.
            if least > 10.0 {
                names.push("DRAM".into());
                names.truncate(13);
            }
            let fills = fills(&names);
            let pairs = fills.windows(2).filter(|pair| pair.iter().all(|fill| fill.color != COLORS[MAIN_MEMORY]));
            for pair in pairs {
                let difference = (lightness(pair[0].color) - lightness(pair[1].color)).abs();
                assert!(difference > least || pair[0].is_hatched != pair[1].is_hatched, "{pair:?}: {difference}");
            }
            assert_eq!(fills.iter().filter(|fill| fill.is_hatched).count(), if least > 10.0 { 5 } else { 4 });
        }
    }
}
