//! What levels count at least for each choice of the data spaces that they keep, each level for itself (docs/search.md section 5.9).

use super::bound::{Bounds, PartialTiling};
use super::counted::Counted;
use super::frames::Listing;
use super::prepared_job::PreparedJob;
use super::rests::Rests;
use super::subspace::{Boundary, Machine, Subspace};
use crate::mapping::DataSpaceSet;
use crate::numbers::real;

/// Most ways in which the data spaces of a level may be kept, by the levels that serve them; most tiles of all levels, times these ways;
/// and most choices of what all levels keep.
const MOST_WAYS: usize = 1 << 10;
const MOST_VALUES: usize = 1 << 24;
const MOST_CHOICES: usize = 1 << 14;

/// For given spatial factors, what the tiles of each level count at least.
#[derive(Clone, Debug)]
pub(super) struct KeepBounds {
    /// Per level and way, the least over all tiles that fit.
    least: Vec<Vec<Counted>>,
    /// Per data space, choice and level: what it adds to the number of the way.
    parts_of_way: Vec<Vec<Vec<usize>>>,
    visited: usize,
}

/// The boundaries that the tiles of one level may have: per data space, one for each level that may serve it.
struct Ways {
    boundaries: Vec<Vec<Boundary>>,
    /// Per way and data space: 0 where it is not kept, or else 1 and the index of its boundary.
    digits: Vec<Vec<usize>>,
    strides: Vec<usize>,
}

impl Ways {
    fn new(boundaries: &[Boundary], level: usize, spaces: usize) -> Option<Self> {
        let mut of_space: Vec<Vec<Boundary>> = vec![Vec::new(); spaces];
        for boundary in boundaries.iter().filter(|boundary| boundary.above == level + 1) {
            let known = &mut of_space[boundary.space];
            match known.iter_mut().find(|known| known.parent == boundary.parent) {
                // Of sparse designs the levels further out decide what is left of its words.
                Some(known) => known.lower_to(boundary),
                None => known.push(boundary.clone()),
            }
        }
        let mut strides = Vec::with_capacity(spaces);
        let mut count = 1usize;
        for known in &of_space {
            strides.push(count);
            count = count.saturating_mul(known.len() + 1);
        }
        if count > MOST_WAYS {
            return None;
        }
        let digits = |way: usize| {
            let digit = |(stride, known): (&usize, &Vec<Boundary>)| way / stride % (known.len() + 1);
            strides.iter().zip(&of_space).map(digit).collect()
        };
        let digits = (0..count).map(digits).collect();
        Some(Self { boundaries: of_space, digits, strides })
    }

    /// What a data space adds to the number of the way if it is kept, and served by `parent`.
    fn part(&self, space: usize, parent: usize) -> usize {
        let index = self.boundaries[space].iter().position(|boundary| boundary.parent == parent);
        index.map_or(0, |index| (index + 1) * self.strides[space])
    }
}

impl KeepBounds {
    /// `None` if there is too much to look at.
    pub(super) fn new(prepared: &PreparedJob, listing: &Listing) -> Option<Self> {
        let spaces = prepared.spaces.len();
        let last = prepared.levels.len() - 1;
        if listing.combinations() > MOST_CHOICES {
            return None;
        }
        let all = Subspace::of_parts(
            prepared,
            &listing.machine,
            vec![DataSpaceSet::default(); last + 1],
            listing.kept.iter().flatten().map(|kept| &kept.part),
        );
        let bounds = Bounds { prepared, subspace: &all, spatial: &listing.factors.spatial };
        let ways = (0..last).map(|level| Ways::new(&all.boundaries, level, spaces)).collect::<Option<Vec<_>>>()?;
        let rests = Rests::of_levels(prepared, &listing.factors.spatial);
        let values = ways.iter().zip(&rests[1..]).map(|(ways, rests)| ways.digits.len().saturating_mul(rests.entries));
        if values.fold(0, usize::saturating_add) > MOST_VALUES {
            return None;
        }
        let part = |kept: &[usize], space: usize, level: usize| {
            let outside = kept.iter().position(|kept| *kept == level).and_then(|index| kept.get(index + 1));
            outside.map_or(0, |parent| ways[level].part(space, *parent))
        };
        let parts_of_way = |(space, choices): (usize, &Vec<super::frames::Kept>)| {
            let parts =
                |kept: &super::frames::Kept| (0..last).map(|level| part(&kept.choice.levels, space, level)).collect();
            choices.iter().map(parts).collect()
        };
        let parts_of_way = listing.kept.iter().enumerate().map(parts_of_way).collect();
        let mut visited = 0;
        let levels = ways.iter().enumerate();
        let least = levels.map(|(level, ways)| least_of_ways(&bounds, level, &rests[level + 1], ways, &mut visited));
        Some(Self { least: least.collect(), parts_of_way, visited })
    }

    /// Tiles that were looked at.
    pub(super) fn visited(&self) -> usize {
        self.visited
    }

    /// What the boundaries of levels count at least, by the choice of each data space.
    pub(super) fn of(&self, chosen: &[usize]) -> Counted {
        let of_level = |(level, least): (usize, &Vec<Counted>)| {
            let parts = chosen.iter().zip(&self.parts_of_way).map(|(choice, parts)| parts[*choice][level]);
            least[parts.sum::<usize>()]
        };
        self.least.iter().enumerate().map(of_level).sum()
    }

    /// What is counted at least, over all choices.
    pub(super) fn least(&self, prepared: &PreparedJob, listing: &Listing) -> Counted {
        let of_units: Vec<Vec<Counted>> = listing
            .kept
            .iter()
            .map(|choices| choices.iter().map(|kept| kept.part.bound_of_units(prepared)).collect())
            .collect();
        let mut chosen = vec![0; of_units.len()];
        let mut least = Counted::INFINITE;
        loop {
            let units: Counted = of_units.iter().zip(&chosen).map(|(choices, choice)| choices[*choice]).sum();
            least = least.min(Machine::constant(prepared) + units + self.of(&chosen));
            let Some(space) = (0..chosen.len()).find(|space| chosen[*space] + 1 < of_units[*space].len()) else {
                return least;
            };
            chosen[space] += 1;
            chosen[..space].fill(0);
        }
    }
}

/// The least over all tiles of a level that fit, of each way to keep them.
fn least_of_ways(bounds: &Bounds, level: usize, rests: &Rests, ways: &Ways, visited: &mut usize) -> Vec<Counted> {
    let prepared = bounds.prepared;
    let (dimensions, spaces) = (prepared.count(), prepared.spaces.len());
    let mut least = vec![Counted::INFINITE; ways.digits.len()];
    least[0] = Counted::default();
    if ways.digits.len() == 1 {
        return least;
    }
    let capacity = prepared.levels[level].capacity;
    let of_space = |space: usize, extents: &[u64]| prepared.spaces[space].words(extents);
    let is_kept = |space: &usize| !ways.boundaries[*space].is_empty();
    let fits = |extents: &[u64]| {
        let held = |space: usize| prepared.held(level, space, of_space(space, extents));
        (0..spaces).filter(is_kept).map(held).min().is_some_and(|words| words <= capacity)
    };
    let mut shares = vec![(1.0, 1.0); dimensions];
    let mut words = vec![0; spaces];
    // Per data space, boundary and dimension.
    let mut counted: Vec<Vec<Counted>> = ways
        .boundaries
        .iter()
        .map(|boundaries| vec![Counted::default(); boundaries.len() * (dimensions + 1)])
        .collect();
    let mut tile = PartialTiling::default();
    rests.visit(prepared, bounds.spatial, level, &mut tile, &fits, &mut |_, tile| {
        *visited += 1;
        let volume = tile.extents.iter().fold(1.0, |product, extent| product * real(*extent));
        for space in (0..spaces).filter(is_kept) {
            words[space] = of_space(space, &tile.extents);
            let arriving = prepared.macs / volume * real(words[space]);
            let first = &ways.boundaries[space][0];
            if first.no_temporal_reuse {
                shares.fill((1.0, 1.0));
            } else {
                bounds.shares(first, tile, false, &tile.extents, &mut shares);
            }
            for (boundary, counted) in ways.boundaries[space].iter().zip(counted[space].chunks_mut(dimensions + 1)) {
                for (counted, (share, unserved)) in counted.iter_mut().zip(&shares) {
                    *counted = boundary.counted(arriving * share, *unserved);
                }
                counted[dimensions] = boundary.counted(arriving, 1.0);
            }
        }
        let is_last = tile.remaining.iter().all(|remaining| *remaining == 1);
        for (way, digits) in ways.digits.iter().enumerate().skip(1) {
            let kept = || digits.iter().enumerate().filter(|(_, digit)| **digit > 0);
            let held = |space: usize| prepared.held(level, space, words[space]);
            if kept().fold(0u64, |sum, (space, _)| sum.saturating_add(held(space))) > capacity {
                continue;
            }
            let with = |dimension: usize| -> Counted {
                kept().map(|(space, digit)| counted[space][(digit - 1) * (dimensions + 1) + dimension]).sum()
            };
            let sum = if is_last {
                with(dimensions)
            } else {
                let left = (0..dimensions).filter(|dimension| tile.remaining[*dimension] > 1);
                left.map(with).fold(Counted::INFINITE, Counted::min)
            };
            least[way] = least[way].min(sum);
        }
    });
    least
}
