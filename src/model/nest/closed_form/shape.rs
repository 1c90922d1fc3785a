//! A problem on an architecture as the closed form needs it: every translation is one number.

use std::ops::Range;

use crate::architecture::{Architecture, Mesh};
use crate::model::feasible::MAX_COMPUTES;
use crate::model::nest::MAX_DIMENSIONS;
use crate::model::nest::projection::Projection;
use crate::workload::Problem;

/// Most data spaces that the closed form covers. Every problem that this crate makes has three.
pub(super) const SPACES: usize = 4;
/// Most windows, of all data spaces together: a convolution has one per axis.
pub(super) const RANKS: usize = 4;

/// One value per data space; the rest is unused.
pub(crate) type PerSpace<T> = [T; SPACES];
/// One value per window.
pub(super) type PerRank<T> = [T; RANKS];

/// What the closed form needs of a problem on an architecture.
///
/// The ranks of a data space are of two kinds. Most are a single dimension, which is in no other rank: tiles never overlap along
/// it, and their size is proportional to its extent. The others, such as `R + P`, are called windows.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) dimensions: Vec<Dimension>,
    pub(crate) spaces: Vec<Space>,
    /// Data space and number of every window.
    pub(super) windows: Vec<(usize, usize)>,
    /// Per data space: its windows, as bits.
    pub(super) ranks: PerSpace<u8>,
    /// Per level: instances below each of its instances.
    pub(super) fan_outs: Vec<Mesh>,
}

/// A dimension, and what it does to the data spaces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dimension {
    pub(super) bound: u64,
    /// Whether the data space depends on it at all.
    pub(super) matters: PerSpace<bool>,
    /// Whether it is a rank of its own.
    pub(super) scales: PerSpace<bool>,
    /// The translation of one step, all ranks in one number. 0 where the dimension does not matter.
    keys: PerSpace<i64>,
    /// The absolute translation of one step along each window.
    pub(super) reach: PerRank<u64>,
    /// The windows it moves along, as bits.
    pub(super) moved: u8,
}

/// A data space.
#[derive(Clone, Debug)]
pub(crate) struct Space {
    pub(crate) read_write: bool,
    /// Words of the whole.
    pub(crate) whole: u64,
    /// Its windows; without any, tiles never overlap and never reach a neighbour.
    pub(super) ranks: Range<usize>,
}

impl Shape {
    /// `None` for problems that only the recursion covers: too large, with a dimension twice in one rank, or with too many data
    /// spaces or windows.
    pub(crate) fn new(architecture: &Architecture, problem: &Problem) -> Option<Self> {
        let bounds: Vec<u64> = problem.dimensions().iter().map(|(_, bound)| *bound).collect();
        let few = bounds.len() <= MAX_DIMENSIONS && problem.data_spaces().len() <= SPACES;
        if !few || problem.macs() > MAX_COMPUTES {
            return None;
        }
        let fan_outs = (0..architecture.levels().len()).map(|level| architecture.fan_out(level)).collect();
        let dimensions = bounds.iter().map(|&bound| Dimension { bound, ..Dimension::default() }).collect();
        let ranks = PerSpace::default();
        let mut shape = Self { dimensions, spaces: Vec::new(), windows: Vec::new(), ranks, fan_outs };
        for space in problem.data_spaces() {
            let projection = Projection::of(problem, space);
            if !projection.is_countable(&bounds) {
                return None;
            }
            shape.add(&projection, projection.tile(&bounds).volume(), space.read_write)?;
        }
        Some(shape)
    }

    fn add(&mut self, projection: &Projection, whole: u64, read_write: bool) -> Option<()> {
        let index = self.spaces.len();
        let first = self.windows.len();
        // Row-major numbering of a box four times as wide as the data space along each rank: sums and differences of
        // translations never run into the next rank.
        let mut radix = 1i64;
        for terms in &projection.ranks {
            let uses = |dimension: usize| {
                let terms = projection.ranks.iter().flatten();
                terms.filter(|term| term.0 == dimension && term.1 != 0).count()
            };
            let is_single = Projection::single(terms).is_some_and(|dimension| uses(dimension) == 1);
            let window = self.windows.len();
            if !is_single && window == RANKS {
                return None;
            }
            let mut extent = 1i64;
            for &(number, coefficient) in terms {
                let dimension = &mut self.dimensions[number];
                let reach = i64::try_from(dimension.bound).ok()?.checked_mul(coefficient.checked_abs()?)?;
                extent = extent.checked_add(reach)?;
                let key = &mut dimension.keys[index];
                *key = key.checked_add(radix.checked_mul(coefficient)?)?;
                dimension.matters[index] = *key != 0;
                if is_single {
                    dimension.scales[index] = true;
                } else if coefficient != 0 {
                    if dimension.reach[window] != 0 {
                        // Its terms may cancel; left to the recursion.
                        return None;
                    }
                    dimension.reach[window] = coefficient.unsigned_abs();
                    dimension.moved |= 1 << window;
                }
            }
            if !is_single {
                self.windows.push((index, window));
                self.ranks[index] |= 1 << window;
            }
            radix = radix.checked_mul(extent.checked_mul(4)?)?;
        }
        self.spaces.push(Space { read_write, whole, ranks: first..self.windows.len() });
        Some(())
    }

    /// The translation of a data space's tile by `steps` steps of a dimension.
    pub(super) fn key(&self, space: usize, dimension: usize, steps: u64) -> i64 {
        self.dimensions[dimension].keys[space] * steps.cast_signed()
    }
}
