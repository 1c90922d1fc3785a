//! What keeps a mapping from being faster: the compute units, or the bandwidth of which buffer.

use crate::architecture::{Architecture, Level};
use crate::model::level::{Bandwidth, BandwidthLimits, Demand};
use crate::model::{Evaluation, LevelUse};
use crate::numbers::real;

/// What decides the cycles.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// The compute units that the mapping uses.
    Compute,
    /// A level's bandwidth.
    Bandwidth {
        /// Name of the level.
        level: String,
        /// Which of its limits.
        bandwidth: Bandwidth,
        /// Words per cycle and instance that it would have to move.
        wanted: f64,
        /// Words per cycle and instance that it can move.
        available: f64,
    },
}

/// How much of its bandwidth a level would need for the compute units never to wait: the largest share, with its limit.
fn pressure(level: &Level, used: &LevelUse) -> Option<(Bandwidth, f64, f64)> {
    let spaces = || used.data_spaces.iter().flatten();
    // What the statistics state has been slowed down already.
    let reads = spaces().map(|space| space.read_bandwidth).sum::<f64>() / used.slowdown;
    let writes = spaces().map(|space| space.write_bandwidth).sum::<f64>() / used.slowdown;
    BandwidthLimits::new(level.bandwidth).bottleneck(Demand { reads, writes })
}

/// Everything that decides the cycles; one thing, unless several decide alike.
pub fn limits(architecture: &Architecture, evaluation: &Evaluation) -> Vec<Limit> {
    let slowest = evaluation.levels.iter().map(|level| level.cycles).fold(evaluation.arithmetic.cycles, u64::max);
    if evaluation.arithmetic.cycles == slowest {
        return vec![Limit::Compute];
    }
    let levels = architecture.levels().iter().zip(&evaluation.levels).filter(|(_, used)| used.cycles == slowest);
    let limit = |(level, used): (&Level, &LevelUse)| {
        let (bandwidth, wanted, available) = pressure(level, used)?;
        Some(Limit::Bandwidth { level: level.name.clone(), bandwidth, wanted, available })
    };
    levels.filter_map(limit).collect()
}

/// What one level's bandwidth would allow.
#[derive(Clone, Debug, PartialEq)]
pub struct Roof {
    /// Name of the level.
    pub level: String,
    /// Operations per byte read, filled and updated there.
    pub intensity: f64,
    /// Operations per cycle that its bandwidth allows; `None` is unlimited.
    pub operations_per_cycle: Option<f64>,
}

/// Operational intensity against throughput. A multiply-accumulate is two operations, the first of an output one.
#[derive(Clone, Debug, PartialEq)]
pub struct Roofline {
    /// Operations per cycle that the mapping reaches.
    pub reached: f64,
    /// Operations per cycle of all compute units.
    pub peak: f64,
    /// Operations per cycle of the compute units that the mapping uses.
    pub mapped: f64,
    /// Levels that move words, innermost first.
    pub roofs: Vec<Roof>,
}

/// The position of a mapping under its roofs.
pub fn roofline(architecture: &Architecture, evaluation: &Evaluation) -> Roofline {
    let operations = real(evaluation.operations());
    let roof = |(level, used): (&Level, &LevelUse)| {
        let words = used.accesses();
        (words > 0).then(|| {
            let cycles =
                pressure(level, used).map(|(_, wanted, limit)| wanted / limit * real(evaluation.arithmetic.cycles));
            Roof {
                level: level.name.clone(),
                intensity: operations / (real(words) * real(level.word_bits) / 8.0),
                operations_per_cycle: cycles.filter(|cycles| *cycles > 0.0).map(|cycles| operations / cycles),
            }
        })
    };
    Roofline {
        reached: operations / real(evaluation.cycles),
        peak: 2.0 * real(architecture.arithmetic().instances),
        mapped: 2.0 * real(evaluation.arithmetic.utilized_instances),
        roofs: architecture.levels().iter().zip(&evaluation.levels).filter_map(roof).collect(),
    }
}
