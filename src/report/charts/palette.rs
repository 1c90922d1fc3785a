//! The colours of pictures and of the page.
//!
//! The colours of series are such that colour-blind readers tell them apart, after Okabe and Ito, "Color Universal Design"
//! (2008). Dark and light ones alternate, so that neighbours differ when printed grey.

use std::fmt;

/// A colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u8, pub(crate) u8, pub(crate) u8);

/// As CSS writes it: `#0072b2`.
impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(red, green, blue) = self;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// Number of colours of series.
pub(super) const COLORS: usize = 8;

/// The colour of main memory, wherever it appears.
pub(super) const MAIN_MEMORY: usize = 5;

/// The colours of a picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    /// Background of a picture.
    pub(crate) paper: Rgb,
    /// Of text, axes and roofs.
    pub(crate) ink: Rgb,
    /// Of labels and notes.
    pub(crate) soft: Rgb,
    /// Of the lines at ticks.
    pub(crate) line: Rgb,
    /// Colours of series, in the order in which series take them.
    pub(crate) series: [Rgb; COLORS],
}

/// Pictures, the page on paper, and the page unless its reader prefers a dark one.
pub(crate) const LIGHT: Theme = Theme {
    paper: Rgb(255, 255, 255),
    ink: Rgb(27, 31, 36),
    soft: Rgb(91, 100, 112),
    line: Rgb(217, 222, 229),
    series: [
        Rgb(0, 114, 178),
        Rgb(230, 159, 0),
        Rgb(0, 120, 90),
        Rgb(86, 180, 233),
        Rgb(138, 74, 128),
        Rgb(222, 115, 40),
        Rgb(204, 190, 40),
        Rgb(70, 70, 70),
    ],
};

/// The page for readers who prefer a dark one: the same hues.
pub(crate) const DARK: Theme = Theme {
    paper: Rgb(20, 23, 27),
    ink: Rgb(232, 235, 239),
    soft: Rgb(160, 169, 181),
    line: Rgb(51, 58, 67),
    series: [
        Rgb(61, 155, 224),
        Rgb(240, 180, 41),
        Rgb(44, 194, 149),
        Rgb(143, 208, 245),
        Rgb(199, 127, 181),
        Rgb(239, 125, 60),
        Rgb(217, 203, 74),
        Rgb(166, 166, 166),
    ],
};

impl Theme {
    /// The theme as CSS variables: `--bg:#ffffff;--fg:...;--soft:...;--line:...;--c0:...;...`.
    pub(crate) fn css_variables(&self) -> String {
        let named = [("bg", self.paper), ("fg", self.ink), ("soft", self.soft), ("line", self.line)];
        let named = named.map(|(name, color)| format!("--{name}:{color}"));
        let series = self.series.iter().enumerate().map(|(index, color)| format!("--c{index}:{color}"));
        named.into_iter().chain(series).collect::<Vec<_>>().join(";")
    }
}

/// A step from pale to dark of so many, in the first colour of series.
pub(crate) fn shade(step: u8, steps: u8) -> Rgb {
    let Rgb(red, green, blue) = LIGHT.series[0];
    let share = shade_percent(step, steps);
    let mixed = |part: u8| u8::try_from((u16::from(part) * share + 255 * (100 - share)) / 100).unwrap_or(u8::MAX);
    Rgb(mixed(red), mixed(green), mixed(blue))
}

/// How much of the first colour of series is in a step of so many, in percent.
pub(crate) fn shade_percent(step: u8, steps: u8) -> u16 {
    10 + 90 * u16::from(step) / u16::from(steps.max(2) - 1)
}

/// The classes of series, for elements and for shapes: `.c0{background:var(--c0);fill:var(--c0)}...`.
pub(crate) fn css_classes() -> String {
    let class = |index: usize| format!(".c{index}{{background:var(--c{index});fill:var(--c{index})}}");
    (0..COLORS).map(class).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::series::Series;

    /// Lightness (CIE L*) of a colour.
    fn lightness(Rgb(red, green, blue): Rgb) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        116.0 * (0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)).cbrt() - 16.0
    }

    #[test]
    fn neighbours_differ_in_lightness() {
        let mut names: Vec<String> = (0..12).map(|index| format!("level {index}")).collect();
        for min in [10.0, 20.0] {
            // Without main memory its colour stands between two others.
            if min > 10.0 {
                names.push("DRAM".into());
                names.truncate(13);
            }
            let swatches: Vec<_> = Series::in_order(names.clone()).iter().map(|series| series.swatch).collect();
            let pairs = swatches.windows(2).filter(|pair| pair.iter().all(|swatch| swatch.color() != MAIN_MEMORY));
            for pair in pairs {
                let [first, second] = [pair[0], pair[1]].map(|swatch| lightness(LIGHT.series[swatch.color()]));
                let difference = (first - second).abs();
                assert!(difference > min || pair[0].is_hatched() != pair[1].is_hatched(), "{pair:?}: {difference}");
            }
            let hatched = swatches.iter().filter(|swatch| swatch.is_hatched()).count();
            assert_eq!(hatched, if min > 10.0 { 5 } else { 4 });
        }
    }

    #[test]
    fn colours_are_written_as_css_variables() {
        let css = LIGHT.css_variables();
        assert!(css.starts_with("--bg:#ffffff;--fg:#1b1f24;") && css.ends_with(";--c7:#464646"), "{css}");
    }
}
