//! Non-zeros of the tiles of a level (docs/model.md section 9.3).

use super::abort::Abort;
use super::context::Context;
use crate::numbers::{real, wrapped};

/// Numbers that are listed at most.
const MAX_ENTRIES: u64 = 1 << 28;

/// How many non-zeros the tiles of one data space at one level have.
#[derive(Clone, Debug, Default)]
pub(super) struct Occupancy {
    /// Numbers of non-zeros, ascending, each with its probability.
    pub(super) entries: Vec<(u64, f64)>,
    /// Their mean, in words.
    pub(super) expected: f64,
    /// Its share of the tile.
    pub(super) density: f64,
    /// Share of instances that hold a tile at all.
    pub(super) present: f64,
}

pub(super) fn occupancy(context: &Context, level: usize, space: usize) -> Result<Occupancy, Abort> {
    let (model, tile) = (&context.models[space], context.level_tile(level, space));
    let shape = context.tiles[space][level].size;
    let least = wrapped((model.least_share(tile) * real(shape)).floor());
    let most = model.most(tile, 1.0)?;
    if least > most && most.wrapping_sub(least) > MAX_ENTRIES {
        let (level, data_space) = (context.level_name(level), context.space_name(space));
        return Err(Abort::Occupancies { level, data_space });
    }
    let mut entries = if least > most { Vec::new() } else { model.distribution(tile, least)? };
    let mut present = 1.0;
    let arrives_compressed = context.parent(level, space).is_some_and(|parent| context.has_metadata(parent, space));
    if arrives_compressed && least == 0 {
        // Empty tiles are never sent. What is listed first counts as the empty one.
        if let Some(&(_, empty)) = entries.first() {
            present = 1.0 - empty;
            for (_, probability) in &mut entries {
                *probability /= present;
            }
            entries[0].1 = 0.0;
        }
    }
    let expected = entries.iter().fold(0.0, |sum, (nonzeros, probability)| sum + probability * real(*nonzeros));
    Ok(Occupancy { entries, expected, density: expected / real(shape), present })
}
