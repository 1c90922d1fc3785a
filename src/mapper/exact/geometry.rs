//! Data spaces as the bounds see them: which dimensions matter, sizes of tiles, new words per step.

use crate::model::Projection;
use crate::numbers::real;
use crate::workload::{DataSpace, Problem};

/// A rank that several dimensions move along, or one with a step: `R + 2 P`.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// Dimensions with their coefficients, all above 0.
    pub(super) terms: Vec<(usize, u64)>,
}

impl Window {
    /// Points between the first and the last, both included, that a tile of these extents touches.
    pub(super) fn extent(&self, extents: &[u64]) -> u64 {
        self.terms.iter().fold(1, |sum, (dimension, coefficient)| sum + coefficient * (extents[*dimension] - 1))
    }

    /// At most as many points as a tile of these extents touches, holes left by strides and dilations not counted: dimensions by ascending
    /// coefficient fill a gapless range until one steps over it; from there on the copies of the range are disjoint, and
    /// further dimensions are not counted.
    pub(super) fn points(&self, extents: &[u64]) -> u64 {
        let mut terms = self.terms.clone();
        terms.sort_unstable_by_key(|term| term.1);
        let mut width = 1;
        for (dimension, coefficient) in terms {
            if coefficient > width {
                return width * extents[dimension];
            }
            width += coefficient * (extents[dimension] - 1);
        }
        width
    }

    /// Points without a gap that the dimensions other than one fill, at least.
    pub(super) fn gapless_without(&self, left_out: usize, extents: &[u64]) -> u64 {
        let mut terms: Vec<(usize, u64)> = self.terms.iter().copied().filter(|term| term.0 != left_out).collect();
        terms.sort_unstable_by_key(|term| term.1);
        let mut width = 1;
        for (dimension, coefficient) in terms {
            if coefficient <= width {
                width += coefficient * (extents[dimension] - 1);
            }
        }
        width
    }
}

/// A data space over the dimensions of the search.
#[derive(Clone, Debug)]
pub(super) struct Geometry {
    pub(super) read_write: bool,
    /// Whether the bounds cover it: no coefficient below 0 in a sum, no dimension twice.
    pub(super) is_regular: bool,
    /// Per dimension: whether the data space moves with it.
    pub(super) matters: Vec<bool>,
    /// Dimensions that are a rank of their own.
    pub(super) singles: Vec<usize>,
    pub(super) windows: Vec<Window>,
    /// Per dimension: its window and its coefficient there.
    pub(super) window_of: Vec<Option<(usize, u64)>>,
    /// Words of the whole.
    pub(super) whole: u64,
    /// At most as many words as there are points that some operation touches.
    pub(super) points: u64,
    /// Over the dimensions of the search.
    projection: Projection,
}

impl Geometry {
    /// `dimensions` are those of the search, `bounds` their iterations. All others have one iteration.
    pub(super) fn new(problem: &Problem, space: &DataSpace, dimensions: &[usize], bounds: &[u64]) -> Self {
        let projection = Projection::of(problem, space);
        let mut geometry = Self {
            read_write: space.read_write,
            is_regular: true,
            matters: vec![false; dimensions.len()],
            singles: Vec::new(),
            windows: Vec::new(),
            window_of: vec![None; dimensions.len()],
            whole: 1,
            points: 1,
            projection: projection.restricted(dimensions),
        };
        for (rank, terms) in projection.ranks.iter().zip(&geometry.projection.ranks) {
            for &(dimension, coefficient) in terms {
                geometry.is_regular &= !geometry.matters[dimension] && (coefficient > 0 || rank.len() == 1);
                geometry.matters[dimension] = true;
            }
            if let Some(dimension) = Projection::single(terms) {
                geometry.singles.push(dimension);
            } else if !terms.is_empty() {
                let terms: Vec<(usize, u64)> =
                    terms.iter().map(|(dimension, coefficient)| (*dimension, coefficient.unsigned_abs())).collect();
                for (dimension, coefficient) in &terms {
                    geometry.window_of[*dimension] = Some((geometry.windows.len(), *coefficient));
                }
                geometry.windows.push(Window { terms });
            }
        }
        geometry.whole = geometry.words(bounds);
        geometry.points = geometry.points_of(bounds);
        geometry
    }

    /// At most as many words as there are points that the operations of a tile touch.
    pub(super) fn points_of(&self, extents: &[u64]) -> u64 {
        let singles = self.singles.iter().map(|dimension| extents[*dimension]);
        singles.chain(self.windows.iter().map(|window| window.points(extents))).product()
    }

    /// Words of a tile.
    #[inline]
    pub(super) fn words(&self, extents: &[u64]) -> u64 {
        if !self.is_regular {
            return self.projection.volume(extents);
        }
        let singles = self.singles.iter().fold(1, |words, dimension| words * extents[*dimension]);
        self.windows.iter().fold(singles, |words, window| words * window.extent(extents))
    }

    /// At least as many places along the windows as loops with these iterations move a tile to: sums of several progressions of n1, n2, ...
    /// terms are at least n1 + n2 - 1, ... different ones.
    pub(super) fn fewest_sums(&self, iterations: impl Fn(usize) -> u64) -> f64 {
        let more = |sums: f64, (dimension, _): &(usize, u64)| sums + real(iterations(*dimension)) - 1.0;
        self.windows.iter().map(|window| window.terms.iter().fold(1.0, more)).product()
    }

    /// At most as many combinations of indices of loops with these iterations as move a tile equally far: along a window the indices of all
    /// but the longest loop decide that of the longest.
    pub(super) fn most_equal_sums(&self, iterations: impl Fn(usize) -> u64) -> f64 {
        let of_window = |window: &Window| {
            let terms = || window.terms.iter().map(|(dimension, _)| real(iterations(*dimension)));
            terms().product::<f64>() / terms().fold(1.0, f64::max)
        };
        self.windows.iter().map(of_window).product()
    }

    /// Share of a tile's words that is new after one step of `dimension`, `step` long; of a dimension that matters.
    #[inline]
    pub(super) fn fresh(&self, extents: &[u64], dimension: usize, step: u64) -> f64 {
        match self.window_of[dimension] {
            None => 1.0,
            Some((window, coefficient)) => {
                let extent = self.windows[window].extent(extents);
                let moved = coefficient.saturating_mul(step);
                if moved >= extent { 1.0 } else { real(moved) / real(extent) }
            }
        }
    }
}
