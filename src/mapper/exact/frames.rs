//! Subspaces by ascending bound: spatial factors with a choice of what each level keeps, listed in portions.

use std::cmp::Ordering;

use super::bound::{Bounds, PartialTiling};
use super::counted::Counted;
use super::portion::Portion;
use super::search::Search;
use super::spatial::{SpatialCode, SpatialFactors};
use super::subspace::{Machine, SpacePart, Subspace};
use crate::mapper::objective::Rank;
use crate::mapping::DataSpaceSet;
use crate::mapspace::KeepChoice;
use crate::model::level::Room;

/// A subspace in few words, with its bound.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) bound: Rank,
    pub(super) spatial: SpatialCode,
    /// What levels keep, as a sum of the codes of the choices of all data spaces.
    pub(super) keep: u64,
}

impl Ord for Frame {
    /// By bound; of equal ones the first in the order of enumeration.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_bound = self.bound.total_cmp(&other.bound);
        by_bound.then_with(|| self.spatial.cmp(&other.spatial)).then_with(|| self.keep.cmp(&other.keep))
    }
}

impl PartialOrd for Frame {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Frame {}

/// One choice of the levels that keep a data space, with what follows for given spatial factors.
struct Kept {
    code: u64,
    part: SpacePart,
    bound: Counted,
}

/// The choices of all data spaces for given spatial factors.
struct Listing<'l> {
    factors: &'l SpatialFactors,
    machine: Machine,
    /// Per data space.
    kept: Vec<Vec<Kept>>,
    /// Per data space: the least that it and all later ones count.
    least: Vec<Counted>,
    portion: &'l mut Portion<Frame>,
    /// For the bound of a whole subspace.
    root: Vec<PartialTiling>,
}

impl Search<'_> {
    /// Lists the next portion of subspaces.
    pub(super) fn list_frames(&mut self, choices: &[Vec<KeepChoice>], portion: &mut Portion<Frame>) {
        self.visit_spatial_factors(&mut |search, factors| search.list_kept(factors, choices, portion));
        portion.finish();
    }

    /// Lists what levels may keep, for these spatial factors. Data spaces add up, so that choices of some cut all choices of the others.
    fn list_kept(&mut self, factors: &SpatialFactors, choices: &[Vec<KeepChoice>], portion: &mut Portion<Frame>) {
        let prepared = self.prepared;
        let machine = Machine::new(prepared, factors);
        let kept = |(space, choices): (usize, &Vec<KeepChoice>)| -> Vec<Kept> {
            let kept = |choice: &KeepChoice| {
                let part = machine.part(prepared, factors, space, &choice.levels);
                Kept { code: choice.code, bound: part.bound(prepared), part }
            };
            choices.iter().map(kept).collect()
        };
        let kept: Vec<Vec<Kept>> = choices.iter().enumerate().map(kept).collect();
        let mut least = vec![Counted::default(); kept.len() + 1];
        for (space, choices) in kept.iter().enumerate().rev() {
            let fewest = choices.iter().fold(Counted::INFINITE, |fewest, kept| fewest.min(kept.bound));
            least[space] = least[space + 1] + fewest;
        }
        let root = vec![PartialTiling::default()];
        let mut listing = Listing { factors, machine, kept, least, portion, root };
        self.combine(&mut listing, &mut Vec::new(), Machine::constant(prepared));
    }

    /// Adds the choices of the next data space to those of the data spaces before it, which count so much.
    fn combine(&mut self, listing: &mut Listing, chosen: &mut Vec<usize>, counted: Counted) {
        self.tick();
        if self.stop.is_some() {
            return;
        }
        let prepared = self.prepared;
        let bounds =
            listing.machine.lower_bounds(prepared, counted + listing.least[chosen.len()], listing.machine.cycles);
        let bound = self.rank_of(&bounds);
        if self.is_refused(&bound) || is_beyond(listing.portion, &bound) {
            self.counts.subspaces_by_bound += 1;
            return;
        }
        if chosen.len() == listing.kept.len() {
            self.add_frame(listing, chosen);
            return;
        }
        for index in 0..listing.kept[chosen.len()].len() {
            let with = counted + listing.kept[chosen.len()][index].bound;
            chosen.push(index);
            self.combine(listing, chosen, with);
            chosen.pop();
        }
    }

    /// Adds one subspace, if its own bound does not speak against it.
    fn add_frame(&mut self, listing: &mut Listing, chosen: &[usize]) {
        let prepared = self.prepared;
        let parts = || listing.kept.iter().zip(chosen).map(|(kept, index)| &kept[*index]);
        let code = parts().map(|kept| kept.code).sum();
        let keep = prepared.space.kept_by(code);
        if !self.smallest_tiles_fit(listing.factors, &keep) {
            self.counts.by_capacity += 1;
            return;
        }
        let subspace = Subspace::of_parts(prepared, &listing.machine, keep, parts().map(|kept| &kept.part));
        let bounds = Bounds { prepared, subspace: &subspace, spatial: &listing.factors.spatial };
        bounds.root(&listing.factors.rest, &mut listing.root[0]);
        let bound = self.rank(&subspace, bounds.partial(0, &listing.root));
        self.counts.subspaces += 1;
        if self.is_refused(&bound) || is_beyond(listing.portion, &bound) {
            self.counts.subspaces_by_bound += 1;
        } else {
            listing.portion.offer(Frame { bound, spatial: listing.factors.code(prepared), keep: code });
        }
    }

    /// Whether the smallest tiles fit every level.
    pub(super) fn smallest_tiles_fit(&self, spatial_factors: &SpatialFactors, keep: &[DataSpaceSet]) -> bool {
        let prepared = self.prepared;
        let mut extents = vec![1; prepared.count()];
        let last = prepared.levels.len() - 1;
        for (level, kept) in keep.iter().enumerate().take(last) {
            for (extent, factor) in extents.iter_mut().zip(&spatial_factors.spatial[level]) {
                *extent *= factor;
            }
            if prepared.words(level, *kept, &extents) > prepared.levels[level].capacity {
                return false;
            }
        }
        let words = prepared.words(last, keep[last], &prepared.bounds);
        prepared.levels[last].room(words) == Room::Fits
    }
}

/// Whether a subspace with this bound, or a larger one, belongs to a later portion.
fn is_beyond(portion: &Portion<Frame>, bound: &Rank) -> bool {
    portion.ceiling().is_some_and(|ceiling| bound.total_cmp(&ceiling.bound) == Ordering::Greater)
}
