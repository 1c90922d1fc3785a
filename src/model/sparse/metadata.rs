//! What metadata a tile needs (docs/model.md section 9.4).

use super::abort::Abort;
use super::context::Context;
use super::density::Within;
use super::occupancy::Occupancy;
use super::ranks::RankedTile;
use super::settings::{RankFormat, Representation};
use crate::numbers::real;

/// Words of metadata and payload of one rank, and their bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct RankUnits {
    pub(super) metadata: f64,
    pub(super) payload: f64,
    /// Bits of a word of each.
    pub(super) bits: (u64, u64),
}

impl RankUnits {
    /// Bits of all words.
    pub(super) fn total_bits(&self) -> f64 {
        self.metadata * real(self.bits.0) + self.payload * real(self.bits.1)
    }
}

/// The metadata of a tile of a level that has so many non-zeros, per rank, innermost first.
pub(super) fn of_tile(
    context: &Context,
    (level, space): (usize, usize),
    ranked: &RankedTile,
    representation: &Representation,
    nonzeros: u64,
) -> Result<Vec<RankUnits>, Abort> {
    let (model, tile) = (&context.models[space], context.level_tile(level, space));
    let within = Within { tile, words: context.tiles[space][level].size, nonzeros };
    let mut units = vec![RankUnits::default(); ranked.len()];
    let mut outer = 1.0;
    let mut current = tile;
    for (index, rank) in representation.ranks.iter().enumerate().take(ranked.len()).rev() {
        let fibre = real(ranked.fibres[index]);
        let element = ranked.boxes[index];
        if !ranked.is_silent(index) {
            let fibres = outer * (1.0 - model.probability(current, 0, Some(within))?);
            let filled = fibre * (1.0 - model.probability(element, 0, Some(within))?);
            let (metadata, payload) = match rank.format {
                RankFormat::OffsetPairs => (0.0, fibres * (fibre + 1.0)),
                RankFormat::UncompressedBitmask => (outer * fibre, outer * fibre),
                RankFormat::RunLengths => (fibres * filled, fibres * filled),
                RankFormat::Coordinates => (fibres * filled.ceil(), fibres * filled.ceil()),
                RankFormat::Bitmask => (fibres * fibre, fibres * filled.ceil()),
            };
            units[index] = RankUnits { metadata, payload, bits: (rank.metadata_bits, rank.payload_bits) };
        }
        outer *= fibre;
        current = element;
    }
    // The payload of the innermost rank is the data.
    if let Some(innermost) = units.iter_mut().find(|units| units.metadata != 0.0 || units.payload != 0.0) {
        innermost.payload = 0.0;
    }
    Ok(units)
}

/// The metadata of a tile of a level on average; nothing if no number of non-zeros is listed.
pub(super) fn expected(
    context: &Context,
    place: (usize, usize),
    ranked: &RankedTile,
    representation: &Representation,
    occupancy: &Occupancy,
) -> Result<Vec<RankUnits>, Abort> {
    let mut sum: Vec<RankUnits> = Vec::new();
    for (nonzeros, probability) in &occupancy.entries {
        let units = of_tile(context, place, ranked, representation, *nonzeros)?;
        if sum.is_empty() {
            sum = units.iter().map(|units| RankUnits { bits: units.bits, ..RankUnits::default() }).collect();
        }
        for (sum, units) in sum.iter_mut().zip(units) {
            sum.metadata += probability * units.metadata;
            sum.payload += probability * units.payload;
        }
    }
    Ok(sum)
}
