//! Series and the rule that gives them their colours: once for a whole run.

use super::palette::{COLORS, MAIN_MEMORY};
use crate::report::phrases::distinct;
use crate::results::{NetworkResults, component_names, is_main_memory};

/// What has a colour of its own in a chart, such as a component or an architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Name in the legend.
    pub name: String,
    /// What tells it from the others.
    pub swatch: Swatch,
}

/// What tells a series from others: its colour; where colours come again, hatching; of points their marks, of lines their dashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swatch {
    number: usize,
    color: usize,
    is_hatched: bool,
}

impl Series {
    /// Series that get their colours in this order. Main memory always has the same; if there are more series than colours,
    /// colours come again, hatched.
    pub fn in_order(names: impl IntoIterator<Item = String>) -> Vec<Self> {
        let names: Vec<String> = names.into_iter().collect();
        let has_memory = names.iter().any(|name| is_main_memory(name));
        let colors: Vec<usize> = (0..COLORS).filter(|color| !has_memory || *color != MAIN_MEMORY).collect();
        let mut given = 0;
        let series = |(number, name): (usize, String)| {
            let swatch = if is_main_memory(&name) {
                Swatch { number, color: MAIN_MEMORY, is_hatched: false }
            } else {
                given += 1;
                let index = given - 1;
                Swatch { number, color: colors[index % colors.len()], is_hatched: index >= colors.len() }
            };
            Self { name, swatch }
        };
        names.into_iter().enumerate().map(series).collect()
    }
}

impl Swatch {
    /// Index into the series of the palette.
    pub(crate) fn color(self) -> usize {
        self.color
    }

    /// Whether areas are hatched.
    pub(crate) fn is_hatched(self) -> bool {
        self.is_hatched
    }

    /// Classes of its elements on a page: `c3`, `c3 hatched`.
    pub(crate) fn css_class(self) -> String {
        format!("c{}{}", self.color, if self.is_hatched { " hatched" } else { "" })
    }

    /// Corners of the mark of its points, relative to the centre, for a radius of 1: a square, a triangle or a diamond. A disc has
    /// none.
    pub(crate) fn mark(self) -> &'static [(f64, f64)] {
        const MARKS: [&[(f64, f64)]; 4] = [
            &[],
            &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            &[(-1.1, 0.9), (0.0, -1.2), (1.1, 0.9)],
            &[(-1.2, 0.0), (0.0, -1.2), (1.2, 0.0), (0.0, 1.2)],
        ];
        MARKS[self.number % MARKS.len()]
    }

    /// Radius of the mark of its points: of points at the same place, the ring of an earlier series remains to be seen.
    pub(crate) fn mark_radius(self) -> f64 {
        [5.5, 4.0, 2.5].get(self.number).copied().unwrap_or(2.0)
    }

    /// Lengths drawn and left out in turn along its line; a whole line has none.
    pub(crate) fn dashes(self) -> &'static [f64] {
        const DASHES: [&[f64]; 4] = [&[], &[7.0, 3.0], &[2.0, 2.5], &[8.0, 2.5, 2.0, 2.5]];
        DASHES[self.number % DASHES.len()]
    }
}

/// The colours of a run: the same in all its charts and on its page, whatever the order of its results.
#[derive(Clone, Debug)]
pub(crate) struct RunColors {
    /// Components of all architectures, from the compute units outwards.
    pub(crate) components: Vec<Series>,
    /// Architectures, by [`NetworkResults::label`].
    pub(crate) architectures: Vec<Series>,
    /// One series for each network of the run.
    pub(crate) networks: Vec<Series>,
}

impl RunColors {
    /// The colours of these results.
    pub(crate) fn new(results: &[NetworkResults]) -> Self {
        let sorted = |names: Vec<String>| {
            let mut names = distinct(names);
            names.sort();
            Series::in_order(names)
        };
        Self {
            components: Series::in_order(component_names(results)),
            architectures: sorted(results.iter().map(NetworkResults::label).collect()),
            networks: sorted(results.iter().map(|run| run.network.clone()).collect()),
        }
    }

    /// The architectures of some of the runs, with their colours.
    pub(crate) fn architectures_of(&self, runs: &[&NetworkResults]) -> Vec<Series> {
        let labels: Vec<String> = runs.iter().map(|run| run.label()).collect();
        self.architectures.iter().filter(|series| labels.contains(&series.name)).cloned().collect()
    }
}

/// Index of the series with a name; 0 if no series has it.
pub(crate) fn index_of(series: &[Series], name: &str) -> usize {
    series.iter().position(|series| series.name == name).unwrap_or(0)
}
