//! Why a mapping cannot run.

use thiserror::Error;

use super::sparse::{Abort, SparseReason};
use crate::mapping::{Axis, MappingError};

/// Why a mapping cannot run on its architecture. The messages are timeloop-model's, without its leading `ERROR: `.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Rejection {
    /// Its loops, levels or data spaces are not those of the problem and the architecture.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// A data space or the number of computes is beyond what the model can count exactly.
    #[error("{0} is too large: the model counts to 2^52")]
    TooLarge(String),
    /// Exact footprints only: a tile is not a product of one set of points per rank.
    #[error(
        "data space {data_space}: its exact footprint cannot be counted: dimension {dimension} is in more than one rank"
    )]
    SharedDimension {
        /// The data space.
        data_space: String,
        /// Letter of the dimension.
        dimension: char,
    },
    /// Exact footprints only: one rank of a tile has too many pieces to count.
    #[error(
        "data space {data_space}: its exact footprint cannot be counted: rank {rank} is a sum of {pieces} progressions, \
         more than {limit}"
    )]
    ScatteredRank {
        /// The data space.
        data_space: String,
        /// Index of the rank.
        rank: usize,
        /// Product of the bounds of all its dimensions but the longest.
        pieces: u64,
        /// Most that the model counts.
        limit: u64,
    },
    /// A data space is kept by no level.
    #[error("couldn't map level {arithmetic}: one of the tensors is bypassed in all storage levels")]
    KeptNowhere {
        /// The arithmetic level, which Timeloop names.
        arithmetic: String,
        /// The data spaces that no level keeps.
        data_spaces: Vec<String>,
    },
    /// The tiles of a level do not fit.
    #[error("couldn't map level {level}: mapped tile size {words} exceeds buffer capacity {capacity}")]
    Capacity {
        /// Name of the level.
        level: String,
        /// The data spaces it keeps, and the words of each tile.
        tiles: Vec<(String, u64)>,
        /// Words of all tiles.
        words: u64,
        /// The effective size of the level, in words.
        capacity: u64,
    },
    /// The tiles of a level are smaller than its `min_utilization` asks.
    #[error("couldn't map level {level}: mapped tile size {words} is less than constrained minimum utilization {}", short(*min_words))]
    Utilization {
        /// Name of the level.
        level: String,
        /// Words of all tiles.
        words: u64,
        /// Words it must hold at least.
        min_words: f64,
    },
    /// A level cannot do what a sparse design asks.
    #[error("couldn't map level {level}: {reason}")]
    Sparse {
        /// Name of the level, or of the compute units.
        level: String,
        /// Why.
        reason: SparseReason,
    },
    /// Exact footprints of a sparse design.
    #[error(
        "exact footprints are counted of dense designs only; leave `--footprint exact` out, or `sparse_optimizations`"
    )]
    SparseFootprint,
    /// A sparse design cannot be counted. The real program aborts.
    #[error(transparent)]
    Abort(#[from] Abort),
    /// More compute units are used than there are.
    #[error(
        "couldn't map level {level}: mapped max Arithmetic instances {used} exceeds hardware instances {available}"
    )]
    ComputeInstances {
        /// The arithmetic level.
        level: String,
        /// Product of all spatial loops.
        used: u64,
        /// Compute units that the hardware has.
        available: u64,
    },
    /// More compute units are used along one axis than there are.
    #[error(
        "couldn't map level {level}: mapped max Arithmetic {axis:?} expansion {used} exceeds hardware instances {available}"
    )]
    ComputeExpansion {
        /// The arithmetic level.
        level: String,
        /// Axis of the mesh that is too short.
        axis: Axis,
        /// Product of the spatial loops along it.
        used: u64,
        /// Units along it.
        available: u64,
    },
    /// More instances of a storage level are used than there are.
    #[error("couldn't map level {level}: mapped instances {used} exceeds available hardware instances {available}")]
    Instances {
        /// Name of the level.
        level: String,
        /// Instances that the mapping needs.
        used: u64,
        /// Instances that the hardware has.
        available: u64,
    },
    /// More instances of a storage level are used along one axis than there are.
    #[error(
        "couldn't map level {level}: mapped {axis:?} expansion {used} exceeds available hardware instances {available}"
    )]
    Expansion {
        /// Name of the level.
        level: String,
        /// Axis of the mesh that is too short.
        axis: Axis,
        /// Product of the spatial loops outside the level along it.
        used: u64,
        /// Instances along it.
        available: u64,
    },
    /// Distributed multicast where a tile is sent in groups of several sizes.
    #[error(
        "complex multicast signature detected, and we cannot yet compute a distributed multicast pattern for this: the \
         network of {level} is of type M:N, and data space {data_space} is sent in groups of several sizes, or not at all"
    )]
    ComplexMulticast {
        /// The level whose network is of type `M:N`.
        level: String,
        /// The data space.
        data_space: String,
    },
    /// The energy of a network is negative or no number.
    #[error("network {network} takes {energy_pj} pJ; its energies and lengths must not add up to less than 0")]
    NetworkEnergy {
        /// Name of the network.
        network: String,
        /// What it takes in all.
        energy_pj: f64,
    },
    /// A `SimpleMulticast` network without energies.
    #[error(
        "network {network} carries words and has no energy reference table; state one of its name, with action {action}"
    )]
    NoNetworkTable {
        /// Name of the network.
        network: String,
        /// Its action.
        action: String,
    },
    /// A `SimpleMulticast` network that does not say which of several entries of its table counts.
    #[error(
        "network {network}: action {action} has {entries} entries in its table; state multicast_factor_argument, the argument \
         that tells them apart"
    )]
    NoMulticastArgument {
        /// Name of the network.
        network: String,
        /// The action.
        action: String,
        /// How many there are.
        entries: usize,
    },
    /// One of several entries of an action has no arguments.
    #[error(
        "network {network}: one of the entries of action {action} in its table has no arguments; state them for each"
    )]
    NoArguments {
        /// Name of the network.
        network: String,
        /// The action.
        action: String,
    },
}

/// A number as C's `%g`: six significant digits, no trailing zeros.
pub(super) fn short(value: f64) -> String {
    let scientific = format!("{value:.5e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    if (-4..6).contains(&exponent) {
        let decimals = usize::try_from(5 - exponent).unwrap_or(0);
        return trim(&format!("{value:.decimals$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trim(digits), exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn numbers_are_printed_like_percent_g() {
        let texts = [819.2, 0.0, 13107.2, 1_310_720.5, 0.000_012_345_67, 100_000.0].map(short);
        assert_eq!(texts, ["819.2", "0", "13107.2", "1.31072e+06", "1.23457e-05", "100000"]);
    }
}
