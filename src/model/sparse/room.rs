//! Room for compressed tiles, and tiles that are too large now and then (docs/model.md section 9.9).

use super::SparseReason;
use super::abort::Abort;
use super::analysis::{Analysis, SpaceAnalysis};
use super::context::Context;
use super::metadata::{self, RankUnits};
use super::saving::Failure;
use crate::model::Rejection;
use crate::numbers::{real, wrapped};

/// What a level holds of a data space at most.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    pub(super) words: u64,
    /// Words of metadata, per rank, innermost first.
    pub(super) units: Vec<RankUnits>,
    pub(super) metadata_bits: u64,
    /// Share of its tiles that fit.
    pub(super) confidence: f64,
    /// Whether the real program reads beyond its table of occupancies here; it is told if nothing else is wrong.
    pub(super) is_undefined: bool,
}

/// Interval of confidences at which the search for the largest ends.
const STEP: f64 = 0.01;

/// The confidence that timeloop-model asks of every tile of a level that overbooks.
const LEAST_CONFIDENCE: f64 = 0.0;

/// What a level holds of each data space that it keeps.
pub(super) fn held(context: &Context, level: usize, analysis: &Analysis) -> Result<Vec<Option<Held>>, Failure> {
    let description = &context.architecture.levels()[level];
    let overbooked = description.effective_size.filter(|_| description.metadata.overbooks);
    let confidence = if overbooked.is_some() { LEAST_CONFIDENCE } else { 1.0 };
    let mut all = Vec::new();
    let mut weights = Vec::new();
    for (space, of_space) in analysis.spaces.iter().enumerate() {
        let Some(own) = &of_space[level] else {
            all.push(None);
            weights.push(0.0);
            continue;
        };
        all.push(Some(at(context, (level, space), own, confidence)?));
        let is_compressed = context.is_compressed(level, space);
        weights.push(if is_compressed { own.occupancy.expected } else { real(context.tiles[space][level].size) });
    }
    let Some(size) = overbooked else { return Ok(all) };
    let bits = description.metadata.capacity_bits(description.multiple_buffering);
    let sum: f64 = weights.iter().sum();
    for (space, weight) in weights.into_iter().enumerate() {
        let (Some(own), Some(entry)) = (&analysis.spaces[space][level], &mut all[space]) else { continue };
        if !context.is_compressed(level, space) {
            continue;
        }
        let share = |room: u64| wrapped((real(room) * weight / sum).ceil());
        let (words, bits) = (share(size), share(bits));
        if entry.words >= words || entry.metadata_bits >= bits {
            continue;
        }
        let (mut low, mut high) = (confidence, 1.0);
        while high - low > STEP {
            let middle = f64::midpoint(low, high);
            let tried = at(context, (level, space), own, middle)?;
            if tried.words < words && tried.metadata_bits < bits {
                low = middle;
                *entry = tried;
            } else if tried.words > words || tried.metadata_bits > bits {
                high = middle;
            } else {
                let (level, data_space) = (context.level_name(level), context.space_name(space));
                return Err(Abort::Overbooking { level, data_space }.into());
            }
        }
    }
    Ok(all)
}

/// What is held of a tile that is not exceeded with this probability.
fn at(context: &Context, (level, space): (usize, usize), own: &SpaceAnalysis, confidence: f64) -> Result<Held, Abort> {
    let Some(representation) = context.representation(level, space) else {
        let words = context.tiles[space][level].size;
        return Ok(Held { words, units: Vec::new(), metadata_bits: 0, confidence: 1.0, is_undefined: false });
    };
    let model = &context.models[space];
    let tile = context.level_tile(level, space);
    let (words, is_undefined) = match model.most(tile, confidence) {
        // What it reads there is the length of the table.
        Err(Abort::EndOfTable { entries }) => (entries, true),
        most => (most?, false),
    };
    let mut units = metadata::of_tile(context, (level, space), &own.ranked, representation, words)?;
    if own.occupancy.entries.is_empty() {
        units.clear();
    }
    let bits = units.iter().map(RankUnits::total_bits).sum::<f64>();
    Ok(Held { words, units, metadata_bits: wrapped(bits.ceil()), confidence, is_undefined })
}

/// Whether what a level holds fits, and fills it as much as it asks.
pub(super) fn check(context: &Context, level: usize, held: &[Option<Held>]) -> Result<(), Rejection> {
    let description = &context.architecture.levels()[level];
    let Some(capacity) = description.effective_size else { return Ok(()) };
    let name = || context.level_name(level);
    let words = held.iter().flatten().fold(0u64, |sum, held| sum.saturating_add(held.words));
    let bits = held.iter().flatten().fold(0u64, |sum, held| sum.saturating_add(held.metadata_bits));
    let bits_capacity = description.metadata.capacity_bits(description.multiple_buffering);
    if words > capacity {
        if description.metadata.overbooks {
            let data_spaces = context.spaces();
            return Err(Rejection::Sparse { level: name(), reason: SparseReason::Confidence { data_spaces } });
        }
        let tiles =
            held.iter().enumerate().filter_map(|(space, held)| Some((context.space_name(space), held.as_ref()?.words)));
        return Err(Rejection::Capacity { level: name(), tiles: tiles.collect(), words, capacity });
    }
    if bits > bits_capacity && !description.metadata.overbooks {
        let reason = SparseReason::MetadataCapacity { bits, capacity: bits_capacity };
        return Err(Rejection::Sparse { level: name(), reason });
    }
    let min_words = real(capacity) * description.min_utilization;
    if real(words) < min_words {
        return Err(Rejection::Utilization { level: name(), words, min_words });
    }
    Ok(())
}
