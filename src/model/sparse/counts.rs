//! Accesses that happen, that are gated and that are skipped (docs/model.md section 9.7). Counts wrap as Timeloop's do.

use super::abort::Abort;
use super::context::Context;
use super::metadata::RankUnits;
use super::occupancy::Occupancy;
use super::saving::Saving;
use crate::architecture::{Action, Kind};
use crate::model::accesses::Accesses;
use crate::numbers::{real, wrapped};

const READ: usize = Action::Read as usize;
const FILL: usize = Action::Fill as usize;
const UPDATE: usize = Action::Update as usize;
const ACTUAL: usize = Kind::Actual as usize;

/// Words of metadata and payload of a rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FormatWords {
    /// Words of metadata.
    pub metadata: u64,
    /// Words of payload.
    pub payload: u64,
}

/// Accesses of the metadata of one rank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RankAccesses {
    /// By kind ([`Kind::ALL`]) and action ([`Action::ALL`]), per instance.
    pub words: [[FormatWords; 3]; 3],
    /// Bits of a word of metadata, and of payload.
    pub bits: (u64, u64),
}

/// Accesses of a data space at a level, per instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SparseAccesses {
    /// Words by kind ([`Kind::ALL`]) and action ([`Action::ALL`]).
    pub words: [[u64; 3]; 3],
    /// Of its metadata, per rank, innermost first.
    pub ranks: Vec<RankAccesses>,
}

impl SparseAccesses {
    /// Dense accesses, without metadata.
    pub(super) fn dense(accesses: Accesses) -> Self {
        let Accesses { reads, fills, updates } = accesses;
        Self { words: [[reads, fills, updates], [0; 3], [0; 3]], ranks: Vec::new() }
    }

    /// Words of one kind and action.
    pub fn words(&self, kind: Kind, action: Action) -> u64 {
        self.words[kind as usize][action as usize]
    }

    /// Bits of the metadata of one kind and action.
    pub fn format_bits(&self, kind: Kind, action: Action) -> u64 {
        self.ranks.iter().fold(0u64, |bits, rank| {
            let FormatWords { metadata, payload } = rank.words[kind as usize][action as usize];
            let of_rank = metadata.wrapping_mul(rank.bits.0).wrapping_add(payload.wrapping_mul(rank.bits.1));
            bits.wrapping_add(of_rank)
        })
    }
}

/// What gating and skipping leave of the computes.
#[derive(Clone, Debug)]
pub(super) struct ComputesLeft {
    pub(super) computes: u64,
    /// Per data space: the share of computes that savings of its accesses have left out.
    pub(super) saved: Vec<Option<f64>>,
}

/// Savings of a data space at a level.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Savings {
    /// In time.
    pub(super) temporal: Option<Saving>,
    /// Over instances: the share of those left out.
    pub(super) spatial: Option<f64>,
}

/// The accesses of a data space at a level before gating and skipping: compressed data have no accesses of zeros.
pub(super) fn in_format(
    context: &Context,
    (level, space): (usize, usize),
    occupancy: &Occupancy,
    units: &[RankUnits],
) -> SparseAccesses {
    let tile = &context.tiles[space][level];
    let mut accesses = SparseAccesses::dense(tile.accesses);
    if !context.has_metadata(level, space) {
        return accesses;
    }
    let dense = accesses.words[ACTUAL];
    for (count, action) in accesses.words[ACTUAL].iter_mut().zip(Action::ALL) {
        if action != Action::Update || context.is_read_write(space) {
            *count = without(*count, 1.0 - occupancy.density);
        }
    }
    let tiles = dense.map(|count| real(count) / real(tile.size));
    accesses.ranks = units
        .iter()
        .map(|units| {
            let words = tiles.map(|tiles| FormatWords {
                metadata: wrapped((units.metadata * tiles).ceil()),
                payload: wrapped((units.payload * tiles).ceil()),
            });
            RankAccesses { words: [words, Default::default(), Default::default()], bits: units.bits }
        })
        .collect();
    accesses
}

/// A count less a share of it.
fn without(count: u64, share: f64) -> u64 {
    count.wrapping_sub(wrapped((real(count) * share).floor()))
}

/// Moves a share of a count.
fn moved(from: &mut u64, to: &mut u64, words: u64) {
    *from = from.wrapping_sub(words);
    *to = to.wrapping_add(words);
}

/// Takes the savings of one data space off its accesses, per level, and off the computes.
pub(super) fn save(
    context: &Context,
    space: usize,
    savings: &[Savings],
    accesses: &mut [Option<SparseAccesses>],
    left: &mut ComputesLeft,
) -> Result<(), Abort> {
    let mut is_final = vec![false; context.levels()];
    for level in (0..context.levels()).rev() {
        let Savings { temporal, spatial } = savings[level];
        if let (Some(saving), Some(_)) = (temporal, spatial)
            && saving.probability != 0.0
        {
            return Err(Abort::TwoWays { level: context.level_name(level), data_space: context.space_name(space) });
        }
        let Some(share) = spatial.or(temporal.map(|saving| saving.probability)) else { continue };
        let has_one_rank = accesses[level].as_ref().is_some_and(|accesses| accesses.ranks.len() == 1);
        let mut is_met = false;
        for inner in (0..level).rev() {
            if let Some(accesses) = &mut accesses[inner] {
                pass_on(accesses, share, has_one_rank);
            }
            let Savings { temporal, spatial } = savings[inner];
            if temporal.is_some() || spatial.is_some() {
                if let (Some(saving), Some(accesses)) = (temporal, &mut accesses[inner]) {
                    if share >= 1.0 {
                        let (level, data_space) = (context.level_name(level), context.space_name(space));
                        return Err(Abort::AllSaved { level, data_space });
                    }
                    // Reads of metadata are those of updates here.
                    for rank in &mut accesses.ranks {
                        rank.words[ACTUAL][READ] = rank.words[ACTUAL][UPDATE];
                    }
                    let own = 1.0 - (1.0 - saving.probability) / (1.0 - share);
                    local(context, (inner, space), Saving { probability: own, ..saving }, accesses)?;
                    is_final[inner] = true;
                }
                is_met = true;
                break;
            }
        }
        if let (Some(saving), Some(accesses), false) = (temporal, &mut accesses[level], is_final[level]) {
            local(context, (level, space), saving, accesses)?;
        }
        if !is_met && !context.is_read_write(space) {
            left.computes = without(left.computes, share);
            left.saved[space] = Some(rounded(share));
        }
    }
    Ok(())
}

/// Six decimals.
pub(super) fn rounded(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

/// Accesses of an inner level that never happen.
fn pass_on(accesses: &mut SparseAccesses, share: f64, has_one_rank: bool) {
    accesses.words[ACTUAL].iter_mut().for_each(|count| *count = without(*count, share));
    if let Some(rank) = accesses.ranks.first_mut().filter(|_| has_one_rank) {
        for action in [READ, FILL] {
            let words = &mut rank.words[ACTUAL][action];
            (words.metadata, words.payload) = (without(words.metadata, share), without(words.payload, share));
        }
    }
}

/// Accesses of the level itself that are gated or skipped.
fn local(
    context: &Context,
    (level, space): (usize, usize),
    saving: Saving,
    accesses: &mut SparseAccesses,
) -> Result<(), Abort> {
    let Saving { probability, kind } = saving;
    let kind = kind as usize;
    let [actual, others @ ..] = &mut accesses.words;
    let saved = &mut others[kind - 1];
    let reads = real(actual[READ]) * probability;
    let reads = wrapped(if context.is_read_write(space) { reads.ceil() } else { reads.floor() });
    moved(&mut actual[READ], &mut saved[READ], reads);
    let updates = wrapped((real(actual[UPDATE]) * probability).floor());
    moved(&mut actual[UPDATE], &mut saved[UPDATE], updates);
    if !context.has_metadata(level, space) {
        return Ok(());
    }
    if accesses.ranks.is_empty() {
        return Err(Abort::NoOccupancy { level: context.level_name(level), data_space: context.space_name(space) });
    }
    let touched = match context.child(level, space) {
        None => accesses.ranks.len(),
        Some(child) => context.representation(child, space).map_or(0, |representation| representation.ranks.len()),
    };
    if touched > accesses.ranks.len() {
        return Err(Abort::MoreRanksInside { level: context.level_name(level), data_space: context.space_name(space) });
    }
    for rank in &mut accesses.ranks[..touched] {
        let [actual, others @ ..] = &mut rank.words;
        let saved = &mut others[kind - 1];
        for action in [READ, UPDATE] {
            let share = |count: u64| wrapped((real(count) * probability).floor());
            let FormatWords { metadata, payload } = actual[action];
            moved(&mut actual[action].metadata, &mut saved[action].metadata, share(metadata));
            moved(&mut actual[action].payload, &mut saved[action].payload, share(payload));
        }
    }
    Ok(())
}
