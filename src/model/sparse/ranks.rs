//! Which loops make the ranks of a representation (docs/model.md section 9.4).

use super::SparseReason;
use super::boxes::TileBox;
use super::context::Context;
use super::settings::{Rank, RankOrder, Representation};

/// The ranks of a data space at one level, innermost first.
#[derive(Clone, Debug)]
pub(super) struct RankedTile {
    /// Coordinates of a fibre of each rank.
    pub(super) fibres: Vec<u64>,
    /// One more than ranks: `boxes[j]` is an element of a fibre of rank `j`, `boxes[j + 1]` the whole fibre.
    pub(super) boxes: Vec<TileBox>,
    /// Whether ranks took loops from the inside.
    order: RankOrder,
}

impl RankedTile {
    pub(super) fn len(&self) -> usize {
        self.fibres.len()
    }

    /// Whether a rank of this position says nothing because its fibres have one coordinate.
    pub(super) fn is_silent(&self, rank: usize) -> bool {
        let speaks = match self.order {
            RankOrder::OuterToInner => rank + 1 == self.len(),
            RankOrder::InnerToOuter => rank == 0,
        };
        self.fibres[rank] == 1 && !speaks
    }
}

/// A loop that a rank may take.
#[derive(Clone)]
struct Candidate {
    dimension: usize,
    bound: u64,
    /// The tile of the loop and all inner ones.
    through: TileBox,
}

/// The loops that one rank took, and the tile of them and all inner ones.
#[derive(Clone)]
struct Group {
    loops: Vec<(usize, u64)>,
    through: TileBox,
}

/// The ranks of all levels that keep a data space, in their order; `None` elsewhere.
pub(super) fn ranks(context: &Context, space: usize) -> Result<Vec<Option<RankedTile>>, (usize, SparseReason)> {
    let mut all: Vec<Option<RankedTile>> = vec![None; context.levels()];
    for level in (0..context.levels()).filter(|level| context.keeps(*level, space)) {
        let ranked = of_level(context, level, space, &all).map_err(|reason| (level, reason))?;
        all[level] = Some(ranked);
    }
    Ok(all)
}

fn of_level(
    context: &Context,
    level: usize,
    space: usize,
    inner: &[Option<RankedTile>],
) -> Result<RankedTile, SparseReason> {
    let child = context.child(level, space);
    let mut candidates = candidates(context, level, space, child);
    let representation = context.representation(level, space);
    let reused = match child.zip(child.and_then(|child| inner[child].as_ref())) {
        Some((child, ranked)) if is_pretiled(context, level, space, child) => {
            let aligned = representation.is_some_and(|representation| {
                is_aligned(representation, context.representation(child, space), ranked.len())
            });
            if !aligned {
                let (level, child) = (context.level_name(level), context.level_name(child));
                return Err(SparseReason::Pretiling { data_space: context.space_name(space), level, child });
            }
            Some(ranked)
        }
        _ => {
            if let Some(child) = child {
                absorb(context, child, &mut candidates);
            }
            None
        }
    };
    let unit = context.tile_box(space, context.nest.inside(0));
    let innermost = candidates.first().map_or(unit, |candidate| candidate.through);
    let groups = match representation {
        None => vec![everything(&candidates, innermost)],
        Some(Representation { ranks, order }) => {
            let free = &ranks[reused.map_or(0, RankedTile::len)..];
            let mut assignment = Assignment { candidates: &candidates, innermost, unit, groups: Vec::new() };
            let is_complete = match order {
                RankOrder::OuterToInner => assignment.outermost_first(free),
                RankOrder::InnerToOuter => assignment.innermost_first(free),
            };
            if !is_complete {
                return Err(SparseReason::Ranks { data_space: context.space_name(space) });
            }
            assignment.groups
        }
    };
    let (mut fibres, mut boxes) =
        reused.map_or_else(|| (Vec::new(), vec![unit]), |ranked| (ranked.fibres.clone(), ranked.boxes.clone()));
    for group in groups {
        fibres.push(fibre(context, space, &group));
        boxes.push(group.through);
    }
    Ok(RankedTile {
        fibres,
        boxes,
        order: representation.map(|representation| representation.order).unwrap_or_default(),
    })
}

/// Whether the ranks of a level begin with those of the next inner one: a tile that leaves the level as it is.
fn is_pretiled(context: &Context, level: usize, space: usize, child: usize) -> bool {
    context.is_compressed(level, space) && context.tiles[space][child].size > 1
}

fn is_aligned(own: &Representation, inner: Option<&Representation>, inner_ranks: usize) -> bool {
    let agrees = |inner: &Representation| {
        !inner.is_compressed() || inner.ranks.iter().zip(&own.ranks).all(|(inner, own)| inner.format == own.format)
    };
    inner_ranks <= own.ranks.len() && inner.is_none_or(agrees)
}

/// The loops outside the next inner level up to those of a level that move a data space, innermost first.
fn candidates(context: &Context, level: usize, space: usize, child: Option<usize>) -> Vec<Candidate> {
    let from = child.map_or(0, |child| child + 1);
    let indices = context.nest.between(from, level);
    let moving = indices.filter(|index| context.moves(space, context.nest.loops[*index].dimension));
    let candidate = |index: usize| {
        let sparse_loop = context.nest.loops[index];
        Candidate {
            dimension: sparse_loop.dimension,
            bound: sparse_loop.bound,
            through: context.tile_box(space, context.nest.through(index)),
        }
    };
    moving.map(candidate).collect()
}

/// What lies inside is part of the innermost loop of each dimension.
fn absorb(context: &Context, child: usize, candidates: &mut [Candidate]) {
    for (dimension, extent) in context.nest.tile(child).iter().enumerate() {
        if let Some(first) = candidates.iter_mut().find(|candidate| candidate.dimension == dimension) {
            first.bound = first.bound.saturating_mul(*extent);
        }
    }
}

/// One rank of all loops.
fn everything(candidates: &[Candidate], innermost: TileBox) -> Group {
    let loops = candidates.iter().map(|candidate| (candidate.dimension, candidate.bound)).collect();
    let through = candidates.last().map_or(innermost, |candidate| candidate.through);
    Group { loops, through }
}

fn fibre(context: &Context, space: usize, group: &Group) -> u64 {
    let mut extents = vec![1u64; context.problem.dimensions().len()];
    for (dimension, bound) in &group.loops {
        extents[*dimension] = extents[*dimension].saturating_mul(*bound);
    }
    context.tile_box(space, &extents).words()
}

struct Assignment<'a> {
    candidates: &'a [Candidate],
    innermost: TileBox,
    unit: TileBox,
    /// Innermost first.
    groups: Vec<Group>,
}

impl Assignment<'_> {
    /// Whether all loops are taken if the outermost rank chooses first.
    fn outermost_first(&mut self, ranks: &[Rank]) -> bool {
        let outwards: Vec<&Candidate> = self.candidates.iter().rev().filter(|candidate| candidate.bound > 1).collect();
        let mut rest = outwards.as_slice();
        for rank in ranks.iter().rev() {
            let taken = take(rank, rest);
            let is_refused = taken == 0 && !rest.is_empty();
            let group = group(&rest[..taken], self.innermost);
            rest = &rest[taken..];
            // A rank that refuses a loop is put outside of all others.
            if is_refused { self.groups.push(group) } else { self.groups.insert(0, group) }
        }
        rest.is_empty()
    }

    /// Whether all loops are taken if the innermost rank chooses first.
    fn innermost_first(&mut self, ranks: &[Rank]) -> bool {
        let inwards: Vec<&Candidate> = self.candidates.iter().filter(|candidate| candidate.bound > 1).collect();
        let mut rest = inwards.as_slice();
        for rank in ranks {
            let taken = take(rank, rest);
            let otherwise = if rest.is_empty() { self.innermost } else { self.unit };
            let group = group(&rest[..taken], otherwise);
            rest = &rest[taken..];
            self.groups.push(group);
        }
        rest.is_empty()
    }
}

/// The loops that a rank took. Their tile is that of the one which was taken first, from whichever side.
fn group(taken: &[&Candidate], otherwise: TileBox) -> Group {
    Group {
        loops: taken.iter().map(|candidate| (candidate.dimension, candidate.bound)).collect(),
        through: taken.first().map_or(otherwise, |candidate| candidate.through),
    }
}

/// How many of the next loops a rank takes.
fn take(rank: &Rank, rest: &[&Candidate]) -> usize {
    let Some(next) = rest.first() else { return 0 };
    if rank.rules.is_empty() {
        return 1;
    }
    let Some(rule) = rank.rules.iter().find(|rule| rule.contains(&next.dimension)) else { return 0 };
    rest.iter().take_while(|candidate| rule.contains(&candidate.dimension)).count()
}
