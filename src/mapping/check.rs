//! Whether a mapping fits its problem and architecture (docs/model.md section 3.1).

use thiserror::Error;

use super::{Axis, DataSpaceSet, Loop, Mapping};
use crate::architecture::Architecture;
use crate::workload::Problem;

/// Why a mapping does not fit its problem and architecture.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum MappingError {
    #[error("the mapping has {found} levels, the architecture {expected}")]
    Levels { found: usize, expected: usize },
    #[error("the problem has {0} data spaces; the model takes at most {max}", max = DataSpaceSet::CAPACITY)]
    DataSpaces(usize),
    #[error("level `{level}`: a loop over dimension number {index}, but the problem has {count}")]
    Dimension { level: String, index: usize, count: usize },
    #[error("level `{level}`: dimension {dimension} is in two {kind} loops")]
    Repeated { level: String, dimension: char, kind: &'static str },
    #[error(
        "level `{level}`: dimension {dimension} has factor {bound} with residual {residual}; both must be at least 1, and \
         the residual at most the factor"
    )]
    Factor { level: String, dimension: char, bound: u64, residual: u64 },
    #[error("level `{level}`: a loop along X lies outside one along Y")]
    AxisOrder { level: String },
    /// Timeloop's own words (docs/model.md section 3.1).
    #[error(
        "cannot find spatial tiling level associated with storage level {level}. This is because the number of instances of \
         the next-inner level {}is the same as this level, which means there cannot be a spatial fanout.",
        inner.as_ref().map(|name| format!("({name}) ")).unwrap_or_default()
    )]
    NoFanOut { level: String, inner: Option<String> },
    /// Timeloop's own words.
    #[error(
        "parsing mapping: product of all factors of dimension {dimension} is {product}, which is not equal to the dimension \
         size of the workload {bound}."
    )]
    Product { dimension: char, product: u128, bound: u64 },
    #[error("the order of loops is none of all dimensions of the problem, once at each level")]
    Order,
    #[error(
        "level `{level}`: the spatial loop over {dimension} has a residual, but no outer loop of {dimension} has a last pass"
    )]
    SpatialResidual { level: String, dimension: char },
}

impl Mapping {
    /// Whether this is a mapping of `problem` onto `architecture`: the fan-outs exist and every dimension's factors make its
    /// bound. Capacity and the number of instances are the model's business.
    pub fn check(&self, architecture: &Architecture, problem: &Problem) -> Result<(), MappingError> {
        let (found, expected) = (self.levels.len(), architecture.levels().len());
        if found != expected {
            return Err(MappingError::Levels { found, expected });
        }
        let data_spaces = problem.data_spaces().len();
        if data_spaces > DataSpaceSet::CAPACITY {
            return Err(MappingError::DataSpaces(data_spaces));
        }
        for level in 0..found {
            self.check_level(level, architecture, problem)?;
        }
        for (dimension, &(letter, bound)) in problem.dimensions().iter().enumerate() {
            let product = self.product(dimension);
            if product != u128::from(bound) {
                return Err(MappingError::Product { dimension: letter, product, bound });
            }
        }
        Ok(())
    }

    fn check_level(&self, index: usize, architecture: &Architecture, problem: &Problem) -> Result<(), MappingError> {
        let mapping = &self.levels[index];
        let level = || architecture.levels()[index].name.clone();
        let spatial: Vec<Loop> = mapping.spatial.iter().map(|spatial| spatial.iteration).collect();
        if spatial.iter().any(|iteration| iteration.bound > 1) && architecture.fan_out(index).product() == 1 {
            return Err(no_fan_out(architecture, index));
        }
        if mapping.spatial.windows(2).any(|pair| pair[0].axis == Axis::Y && pair[1].axis == Axis::X) {
            return Err(MappingError::AxisOrder { level: level() });
        }
        for (kind, loops) in [("temporal", &mapping.temporal), ("spatial", &spatial)] {
            for (position, iteration) in loops.iter().enumerate() {
                let Loop { dimension, bound, residual } = *iteration;
                let count = problem.dimensions().len();
                let Some(&(letter, _)) = problem.dimensions().get(dimension) else {
                    return Err(MappingError::Dimension { level: level(), index: dimension, count });
                };
                if residual == 0 || residual > bound {
                    return Err(MappingError::Factor { level: level(), dimension: letter, bound, residual });
                }
                if loops[..position].iter().any(|earlier| earlier.dimension == dimension) {
                    return Err(MappingError::Repeated { level: level(), dimension: letter, kind });
                }
            }
        }
        for iteration in spatial.iter().filter(|iteration| !iteration.is_perfect()) {
            if !self.has_outer_loop(index, iteration.dimension) {
                let dimension = problem.dimensions()[iteration.dimension].0;
                return Err(MappingError::SpatialResidual { level: level(), dimension });
            }
        }
        Ok(())
    }

    /// Whether a loop over `dimension` lies outside the spatial loops of level `index`.
    fn has_outer_loop(&self, index: usize, dimension: usize) -> bool {
        let over = |iteration: &Loop| iteration.dimension == dimension && iteration.bound > 1;
        self.levels[index].temporal.iter().any(over)
            || self.levels[index + 1..].iter().any(|level| {
                level.temporal.iter().any(over) || level.spatial.iter().any(|spatial| over(&spatial.iteration))
            })
    }

    /// Iterations of a dimension that the loops run in all: outer to inner `p = p * bound + residual - 1` from `p = 0`, and
    /// one more. Saturating.
    fn product(&self, dimension: usize) -> u128 {
        let mut last = 0u128;
        for level in self.levels.iter().rev() {
            let spatial = level.spatial.iter().rev().map(|spatial| &spatial.iteration);
            for iteration in
                level.temporal.iter().rev().chain(spatial).filter(|iteration| iteration.dimension == dimension)
            {
                last = last.saturating_mul(iteration.bound.into()).saturating_add(u128::from(iteration.residual) - 1);
            }
        }
        last.saturating_add(1)
    }
}

pub(crate) fn no_fan_out(architecture: &Architecture, index: usize) -> MappingError {
    let name = |index: usize| architecture.levels()[index].name.clone();
    MappingError::NoFanOut { level: name(index), inner: index.checked_sub(1).map(name) }
}
