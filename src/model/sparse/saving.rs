//! How likely an access is saved: gating and skipping (docs/model.md section 9.5).

use std::collections::BTreeMap;

use super::SparseReason;
use super::abort::Abort;
use super::context::Context;
use super::metadata::RankUnits;
use super::occupancy::Occupancy;
use super::settings::Choice;
use crate::architecture::Kind;
use crate::numbers::{real, wrapped};

/// Reads of a data space at a level that are saved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Saving {
    pub(super) probability: f64,
    /// Gated or skipped.
    pub(super) kind: Kind,
}

/// Why savings cannot be told.
pub(super) enum Failure {
    /// The level of this name cannot do it.
    Level(String, SparseReason),
    /// It cannot be counted.
    Abort(Abort),
}

impl From<Abort> for Failure {
    fn from(abort: Abort) -> Self {
        Self::Abort(abort)
    }
}

/// What a choice saves, and where.
struct Saved {
    target: usize,
    source: usize,
    probability: f64,
}

/// What the choice between several savings looks at.
pub(super) struct Expected<'a> {
    /// Per data space and level.
    pub(super) occupancies: &'a [Vec<Option<Occupancy>>],
    /// Likewise, per rank.
    pub(super) units: &'a [Vec<Vec<RankUnits>>],
}

/// The savings per data space and level.
pub(super) fn savings(context: &Context, expected: &Expected) -> Result<Vec<Vec<Option<Saving>>>, Failure> {
    let mut all: Vec<Vec<Option<Saving>>> = vec![vec![None; context.levels()]; context.spaces()];
    for kind in [Kind::Gated, Kind::Skipped] {
        for (level, settings) in context.settings.levels.iter().enumerate() {
            let lists = if kind == Kind::Gated { &settings.gating } else { &settings.skipping };
            for choices in lists {
                let Some(Saved { target, source, probability }) = best(context, level, choices, expected)? else {
                    continue;
                };
                let entry = &mut all[target][source];
                if entry.is_none_or(|earlier| probability > earlier.probability) {
                    *entry = Some(Saving { probability, kind });
                }
            }
        }
    }
    Ok(all)
}

/// The choice that saves the most energy; of equal ones the last.
fn best(context: &Context, level: usize, choices: &[Choice], expected: &Expected) -> Result<Option<Saved>, Failure> {
    let mut best: Option<(f64, Saved)> = None;
    for choice in choices {
        let saved = saved(context, level, choice)?;
        let energy = if choices.len() > 1 { saved_energy(context, &saved, expected) } else { 0.0 };
        if best.as_ref().is_none_or(|(most, _)| energy >= *most) {
            best = Some((energy, saved));
        }
    }
    Ok(best.map(|(_, saved)| saved))
}

/// Energy of one tile that is not read, in pJ.
fn saved_energy(context: &Context, saved: &Saved, expected: &Expected) -> f64 {
    let Saved { target, source, probability } = *saved;
    let level = &context.architecture.levels()[source];
    let words = expected.occupancies[target][source].as_ref().map_or(0.0, |occupancy| occupancy.expected);
    let place = context.child(source, target).unwrap_or(source);
    let units = expected.units[target][place].iter().map(|units| units.metadata + units.payload).sum::<f64>();
    let per_word = level.metadata.word_bits.unwrap_or(0) / level.word_bits;
    level.energy.read.pj / real(level.block_size) * (words + units * real(per_word)) * probability
}

fn saved(context: &Context, level: usize, choice: &Choice) -> Result<Saved, Failure> {
    let target = choice.target;
    let Some(source) = context.source(level, target) else {
        let level = context.level_name(level);
        let reason = SparseReason::NoSource { data_space: context.space_name(target), level: level.clone() };
        return Err(Failure::Level(level, reason));
    };
    let tile = DecidingTile::new(context, target, source)?;
    let mut needed = 1.0;
    for leader in &choice.leaders {
        if let Some(extents) = tile.of_leader(context, target, source, *leader) {
            needed *= 1.0 - context.empty(*leader, &extents)?;
        }
    }
    Ok(Saved { target, source, probability: 1.0 - needed })
}

/// The loops under which one access of the target stands.
struct DecidingTile {
    /// Extents of the part of the target that is accessed at once.
    base: Vec<u64>,
    /// Extents of what happens during one access.
    extents: Vec<u64>,
    /// The loop that moves the target, and outer ones that run meanwhile.
    loops: Vec<usize>,
    /// Whether the target is one word of one compute unit.
    is_scalar: bool,
}

impl DecidingTile {
    fn new(context: &Context, target: usize, source: usize) -> Result<Self, Abort> {
        let (nest, child) = (&context.nest, context.child(source, target));
        let range = nest.between(child.map_or(0, |child| child + 1), source);
        let moves = |index: usize| {
            let sparse_loop = nest.loops[index];
            sparse_loop.bound > 1 && context.moves(target, sparse_loop.dimension)
        };
        let (first, is_scalar) = if child.is_some() {
            (range.clone().find(|index| moves(*index)).unwrap_or(range.end - 1), false)
        } else {
            let stops = |index: &usize| {
                let next_is_temporal = nest.loops.get(index + 1).is_some_and(|next| !next.is_spatial);
                next_is_temporal || (nest.loops[*index].is_spatial && moves(*index))
            };
            let stop = range.clone().find(stops).ok_or(Abort::OneDimension)?;
            (stop, !nest.loops[stop].is_spatial)
        };
        let base = if is_scalar { nest.inside(0) } else { nest.through(first) }.to_vec();
        let runs_over_instances = nest.loops[first].is_spatial;
        let (mut extents, mut loops, mut has_moved) = (base.clone(), vec![first], false);
        for index in first + 1..range.end {
            let sparse_loop = nest.loops[index];
            if sparse_loop.bound <= 1 {
                continue;
            }
            let waits = runs_over_instances && child.is_some() && !has_moved && !moves(index);
            if sparse_loop.is_spatial || waits {
                extents[sparse_loop.dimension] = extents[sparse_loop.dimension].saturating_mul(sparse_loop.bound);
                loops.push(index);
            }
            has_moved |= !sparse_loop.is_spatial && moves(index);
        }
        Ok(Self { base, extents, loops, is_scalar })
    }

    /// Extents of the tile of a leader that must be empty for an access to be saved; `None` if the leader has no effect.
    fn of_leader(&self, context: &Context, target: usize, source: usize, leader: usize) -> Option<Vec<u64>> {
        let nest = &context.nest;
        let first = nest.loops[self.loops[0]];
        let mut factors: BTreeMap<usize, u64> = BTreeMap::new();
        for index in if self.is_scalar { &[] } else { self.loops.as_slice() } {
            let sparse_loop = nest.loops[*index];
            let (of_target, of_leader) =
                (context.moves(target, sparse_loop.dimension), context.moves(leader, sparse_loop.dimension));
            if first.is_spatial && !factors.is_empty() && of_leader {
                return None;
            }
            if of_target && of_leader {
                *factors.entry(sparse_loop.dimension).or_insert(1) *= sparse_loop.bound;
            }
        }
        let mut extents = self.extents.clone();
        let words = real(context.tile_box(target, &self.base).words());
        let product: f64 = factors.values().map(|factor| real(*factor)).product();
        let block = real(context.architecture.levels()[source].block_size);
        // Accesses that one block holds.
        let mut joined = (block / (words / product)).ceil();
        for (dimension, factor) in factors {
            let factor = real(factor);
            extents[dimension] = wrapped((real(extents[dimension]) / (factor / joined)).ceil());
            joined /= factor;
        }
        if joined > 1.0 {
            extents[first.dimension] = wrapped(real(extents[first.dimension]) * joined);
        }
        Some(extents)
    }
}
