//! From dense tiles to the accesses of a sparse design: the steps in their order (docs/model.md section 9).

use super::abort::Abort;
use super::computes::{SparseComputes, computes};
use super::context::Context;
use super::counts::{ComputesLeft, Savings, SparseAccesses, in_format, save};
use super::metadata::{RankUnits, expected};
use super::occupancy::{Occupancy, occupancy};
use super::ranks::{RankedTile, ranks};
use super::saving::{Expected, Failure, savings};
use super::spatial::{Instances, instances};
use crate::model::nest::Nest;
use crate::numbers::{real, wrapped};

/// What the analysis says of a data space at a level.
#[derive(Clone, Debug)]
pub(super) struct SpaceAnalysis {
    pub(super) ranked: RankedTile,
    pub(super) occupancy: Occupancy,
    pub(super) accesses: SparseAccesses,
    pub(super) temporal_reductions: u64,
    pub(super) decompressions: u64,
    pub(super) compressions: u64,
}

/// What the analysis says of a mapping.
#[derive(Clone, Debug)]
pub(super) struct Analysis {
    /// Per data space and level; `None` where it is bypassed.
    pub(super) spaces: Vec<Vec<Option<SpaceAnalysis>>>,
    pub(super) computes: SparseComputes,
    pub(super) instances: Instances,
    /// Per data space and level, bypassed ones too: the instances in use on average.
    pub(super) averages: Vec<Vec<f64>>,
}

/// Computes before anything is saved.
#[derive(Clone, Copy)]
pub(super) struct DenseComputes {
    pub(super) computes: u64,
    pub(super) instances: f64,
}

pub(super) fn analyse(context: &Context, nest: &Nest, dense: DenseComputes) -> Result<Analysis, Failure> {
    let (levels, spaces) = (context.levels(), context.spaces());
    let held = |level: usize, space: usize| context.tiles[space][level].size > 0;
    let ranked = all_ranks(context)?;
    if !context.settings.is_active {
        return Ok(dense_analysis(context, nest, dense, ranked));
    }
    let mut occupancies: Vec<Vec<Option<Occupancy>>> = vec![vec![None; levels]; spaces];
    let mut units: Vec<Vec<Vec<RankUnits>>> = vec![vec![Vec::new(); levels]; spaces];
    for space in 0..spaces {
        for level in (0..levels).filter(|level| held(*level, space)) {
            let own = occupancy(context, level, space)?;
            if let (Some(ranked), Some(representation)) = (&ranked[space][level], context.representation(level, space))
            {
                units[space][level] = expected(context, (level, space), ranked, representation, &own)?;
            }
            occupancies[space][level] = Some(own);
        }
    }
    let replication = |level: usize, space: usize| real(context.tiles[space][level].replication);
    let mut averages: Vec<Vec<f64>> =
        (0..spaces).map(|space| (0..levels).map(|level| replication(level, space)).collect()).collect();
    for (averages, occupancies) in averages.iter_mut().zip(&occupancies) {
        for (average, occupancy) in averages.iter_mut().zip(occupancies) {
            *average *= occupancy.as_ref().map_or(1.0, |occupancy| occupancy.present);
        }
    }
    let marks = savings(context, &Expected { occupancies: &occupancies, units: &units })?;
    let instances = instances(context, nest, dense.instances)?;
    for (averages, skipped) in averages.iter_mut().zip(&instances.averages) {
        for (average, skipped) in averages.iter_mut().zip(skipped) {
            *average = skipped.unwrap_or(*average);
        }
    }
    let mut left = ComputesLeft { computes: dense.computes, saved: vec![None; spaces] };
    let mut all = Vec::new();
    for space in 0..spaces {
        let mut accesses: Vec<Option<SparseAccesses>> = vec![None; levels];
        for (level, entry) in accesses.iter_mut().enumerate() {
            if let Some(occupancy) = &occupancies[space][level] {
                *entry = Some(in_format(context, (level, space), occupancy, &units[space][level]));
            }
        }
        let own: Vec<Savings> = (0..levels)
            .map(|level| Savings { temporal: marks[space][level], spatial: instances.skipped[space][level] })
            .collect();
        save(context, space, &own, &mut accesses, &mut left)?;
        let mut of_space = Vec::new();
        for (level, accesses) in accesses.into_iter().enumerate() {
            let (Some(accesses), Some(occupancy), Some(ranked)) =
                (accesses, occupancies[space][level].take(), ranked[space][level].clone())
            else {
                of_space.push(None);
                continue;
            };
            of_space.push(Some(SpaceAnalysis {
                ranked,
                temporal_reductions: reductions(context, (level, space), &accesses),
                decompressions: 0,
                compressions: 0,
                occupancy,
                accesses,
            }));
        }
        conversions(context, space, &mut of_space)?;
        all.push(of_space);
    }
    let computes = computes(context, dense.computes, &left)?;
    Ok(Analysis { spaces: all, computes, instances, averages })
}

/// The ranks of all data spaces and levels.
fn all_ranks(context: &Context) -> Result<Vec<Vec<Option<RankedTile>>>, Failure> {
    let of_space = |space: usize| {
        ranks(context, space).map_err(|(level, reason)| Failure::Level(context.level_name(level), reason))
    };
    (0..context.spaces()).map(of_space).collect()
}

/// Without any setting everything is as of dense data.
fn dense_analysis(
    context: &Context,
    nest: &Nest,
    dense: DenseComputes,
    ranked: Vec<Vec<Option<RankedTile>>>,
) -> Analysis {
    let of_level = |space: usize, level: usize, ranked: Option<RankedTile>| {
        let tile = &context.tiles[space][level];
        let ranked = ranked.filter(|_| tile.size > 0)?;
        let words = real(tile.size);
        Some(SpaceAnalysis {
            ranked,
            occupancy: Occupancy { entries: Vec::new(), expected: words, density: 1.0, present: 1.0 },
            accesses: SparseAccesses::dense(tile.accesses),
            temporal_reductions: tile.temporal_reductions,
            decompressions: 0,
            compressions: 0,
        })
    };
    let spaces = ranked.into_iter().enumerate().map(|(space, levels)| {
        levels.into_iter().enumerate().map(|(level, ranked)| of_level(space, level, ranked)).collect()
    });
    let computes = SparseComputes { algorithmic: dense.computes, actual: dense.computes, gated: 0, skipped: 0 };
    let averages =
        context.tiles.iter().map(|tiles| tiles.iter().map(|tile| real(tile.replication)).collect()).collect();
    let instances = Instances::dense(context, nest, dense.instances);
    Analysis { spaces: spaces.collect(), computes, instances, averages }
}

/// Additions to what is stored: as many of the dense ones as updates are left.
fn reductions(context: &Context, (level, space): (usize, usize), accesses: &SparseAccesses) -> u64 {
    let tile = &context.tiles[space][level];
    if !context.is_read_write(space) || tile.accesses.updates == 0 {
        return 0;
    }
    let updates = accesses.words[0][2];
    wrapped((real(tile.temporal_reductions) * real(updates) / real(tile.accesses.updates)).ceil())
}

/// Words that change between compressed and not on their way.
fn conversions(context: &Context, space: usize, levels: &mut [Option<SpaceAnalysis>]) -> Result<(), Abort> {
    for level in 0..levels.len() {
        if levels[level].is_none() {
            continue;
        }
        let Some(parent) = context.parent(level, space).filter(|parent| levels[*parent].is_some()) else { continue };
        match (context.is_compressed(parent, space), context.is_compressed(level, space)) {
            (true, false) => {
                let updates = levels[parent].as_ref().map_or(0, |parent| parent.accesses.words[0][2]);
                if let Some(own) = &mut levels[level] {
                    own.decompressions = own.accesses.words[0][1];
                    own.compressions = if context.is_read_write(space) { updates } else { 0 };
                }
            }
            (false, true) => {
                let (level, parent) = (context.level_name(level), context.level_name(parent));
                return Err(Abort::CompressedInside { level, parent, data_space: context.space_name(space) });
            }
            _ => {}
        }
    }
    Ok(())
}
