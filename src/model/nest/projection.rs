//! From loop indices to the coordinates of a data space (docs/model.md section 1.2).

use crate::model::nest::region::{Cuboid, Vector};
use crate::workload::{DataSpace, Problem};

/// The projection of one data space: per rank, the dimensions and what they are multiplied with.
#[derive(Clone, Debug)]
pub(crate) struct Projection {
    pub(crate) ranks: Vec<Vec<(usize, i64)>>,
}

/// Points that a data space may have, and products of a coefficient and a bound: beyond, a problem is refused, so that no sum
/// or product of the model overflows.
const LIMIT: i128 = 1 << 52;

impl Projection {
    pub(crate) fn of(problem: &Problem, space: &DataSpace) -> Self {
        let coefficient = |index: Option<usize>| index.map_or(1, |index| problem.coefficients()[index].value);
        let terms = space.projection.iter();
        let ranks = terms.map(|rank| rank.iter().map(|term| (term.dimension, coefficient(term.coefficient))).collect());
        Self { ranks: ranks.collect() }
    }

    /// The part of the given dimensions, which get their index in the list as their number. All others have one iteration, and
    /// move nothing; nor do terms with a coefficient of 0.
    pub(crate) fn restricted(&self, dimensions: &[usize]) -> Self {
        let number = |dimension: usize| dimensions.iter().position(|kept| *kept == dimension);
        let terms = |rank: &Vec<(usize, i64)>| {
            let moving = rank.iter().filter(|(_, coefficient)| *coefficient != 0);
            moving.filter_map(|&(dimension, coefficient)| Some((number(dimension)?, coefficient))).collect()
        };
        Self { ranks: self.ranks.iter().map(terms).collect() }
    }

    /// The dimension that makes a rank alone, one point per iteration; `None` if several do, or one leaves holes.
    pub(crate) fn single(rank: &[(usize, i64)]) -> Option<usize> {
        if let [(dimension, 1 | -1)] = *rank { Some(dimension) } else { None }
    }

    /// Whether a tile of these extents stays within what the model can count.
    pub(crate) fn is_countable(&self, extents: &[u64]) -> bool {
        let extent = |rank: &Vec<(usize, i64)>| {
            rank.iter().try_fold(1i128, |extent, &(dimension, coefficient)| {
                let reach = i128::from(coefficient).abs().checked_mul(extents[dimension].into())?;
                (reach <= LIMIT).then(|| extent + reach)
            })
        };
        let points = self
            .ranks
            .iter()
            .try_fold(1i128, |points, rank| points.checked_mul(extent(rank)?).filter(|points| *points <= LIMIT));
        points.is_some()
    }

    /// How far a tile moves when `dimension` advances by `steps`.
    pub(crate) fn movement(&self, dimension: usize, steps: u64) -> Vector {
        let along = |rank: &Vec<(usize, i64)>| {
            rank.iter().filter(|term| term.0 == dimension).map(|term| term.1 * steps.cast_signed()).sum()
        };
        self.ranks.iter().map(along).collect()
    }

    /// Words of a tile with the given extents per dimension.
    pub(crate) fn volume(&self, extents: &[u64]) -> u64 {
        let reach = |&(dimension, coefficient): &(usize, i64)| coefficient.unsigned_abs() * (extents[dimension] - 1);
        let extent = |rank: &Vec<(usize, i64)>| 1 + rank.iter().map(reach).sum::<u64>();
        self.ranks.iter().fold(1, |words, rank| words.saturating_mul(extent(rank)))
    }

    /// The box of a tile at the origin with the given extents per dimension.
    pub(crate) fn tile(&self, extents: &[u64]) -> Cuboid {
        let mut tile = Cuboid { low: vec![0; self.ranks.len()], high: vec![1; self.ranks.len()] };
        for (rank, terms) in self.ranks.iter().enumerate() {
            for &(dimension, coefficient) in terms {
                let reach = coefficient * (extents[dimension] - 1).cast_signed();
                if reach < 0 {
                    tile.low[rank] += reach;
                } else {
                    tile.high[rank] += reach;
                }
            }
        }
        tile
    }
}
