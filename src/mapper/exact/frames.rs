//! Subspaces by ascending bound: spatial factors, and for each what levels may keep, both listed in portions.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::bound::Bounds;
use super::bounded::Bounded;
use super::counted::Counted;
use super::keep_bounds::KeepBounds;
use super::portion::Portion;
use super::prepared_job::PreparedJob;
use super::search::{Flow, Mode, Search};
use super::spatial::{SpatialCode, SpatialFactors};
use super::subspace::{Machine, SpacePart, Subspace};
use crate::mapper::objective::Rank;
use crate::mapping::DataSpaceSet;
use crate::mapspace::KeepChoice;
use crate::model::level::{Demand, Room};

/// So few choices of what levels keep are searched sooner than bounded together.
const FEW_CHOICES: usize = 32;

/// Spatial factors in few words, with a bound that holds whatever levels keep.
pub(super) type Frame = Bounded<SpatialCode>;

/// What levels keep, as a sum of the codes of the choices of all data spaces, with a bound.
pub(super) type KeepFrame = Bounded<u64>;

/// One choice of the levels that keep a data space, with what follows for given spatial factors.
pub(super) struct Kept<'l> {
    pub(super) choice: &'l KeepChoice,
    pub(super) part: SpacePart,
    bound: Counted,
}

/// The choices of all data spaces for given spatial factors.
pub(super) struct Listing<'l> {
    pub(super) factors: &'l SpatialFactors,
    pub(super) machine: Machine,
    /// Per data space.
    pub(super) kept: Vec<Vec<Kept<'l>>>,
    /// Per data space: the least that it and all later ones count.
    least: Vec<Counted>,
    /// At least, whatever is kept.
    pub(super) cycles: f64,
}

impl<'l> Listing<'l> {
    pub(super) fn new(search: &Search, factors: &'l SpatialFactors, choices: &'l [Vec<KeepChoice>]) -> Self {
        let prepared = search.prepared;
        let machine = Machine::new(prepared, factors);
        let kept = |(space, choices): (usize, &'l Vec<KeepChoice>)| -> Vec<Kept<'l>> {
            let kept = |choice: &'l KeepChoice| {
                let part = machine.part(prepared, factors, space, &choice.levels);
                Kept { choice, bound: part.bound(prepared), part }
            };
            choices.iter().map(kept).collect()
        };
        let kept: Vec<Vec<Kept>> = choices.iter().enumerate().map(kept).collect();
        let mut least = vec![Counted::default(); kept.len() + 1];
        for (space, choices) in kept.iter().enumerate().rev() {
            let fewest = choices.iter().fold(Counted::INFINITE, |fewest, kept| fewest.min(kept.bound));
            least[space] = least[space + 1] + fewest;
        }
        let mut listing = Self { factors, cycles: machine.cycles, machine, kept, least };
        if prepared.is_throttled {
            listing.cycles = listing.throttled(prepared);
        }
        listing
    }

    /// Cycles that the traffic takes, of each data space and level the least over all choices.
    fn throttled(&self, prepared: &PreparedJob) -> f64 {
        let mut traffic = vec![Demand::default(); prepared.levels.len()];
        for choices in &self.kept {
            let of_choices = choices.iter().map(|kept| kept.part.least_traffic(prepared, &self.machine));
            let least = of_choices.reduce(|mut least, other| {
                least.iter_mut().zip(&other).for_each(|(least, other)| *least = least.min(*other));
                least
            });
            traffic.iter_mut().zip(least.iter().flatten()).for_each(|(sum, added)| sum.add(*added));
        }
        self.machine.throttled(prepared, &traffic)
    }

    /// How many combinations of the choices there are.
    pub(super) fn combinations(&self) -> usize {
        self.kept.iter().fold(1, |count, choices| choices.len().saturating_mul(count))
    }

    /// The subspace of one choice of each data space.
    fn subspace(&self, search: &Search, chosen: &[usize]) -> Subspace {
        let parts = || self.kept.iter().zip(chosen).map(|(kept, index)| &kept[*index]);
        let keep = search.prepared.space.kept_by(parts().map(|kept| kept.choice.code).sum());
        Subspace::of_parts(search.prepared, &self.machine, keep, parts().map(|kept| &kept.part))
    }
}

/// The choices of what is kept, under enumeration.
struct Combination<'c, 'l> {
    listing: &'c Listing<'l>,
    /// What levels hold together; `None` where data spaces are bounded apart.
    joint: Option<&'c KeepBounds>,
    portion: &'c mut Portion<KeepFrame>,
    /// The choice of each data space so far.
    chosen: Vec<usize>,
}

impl Search<'_> {
    /// Lists the next portion of spatial factors.
    pub(super) fn list_frames(&mut self, choices: &[Vec<KeepChoice>], portion: &mut Portion<Frame>) {
        self.visit_spatial_factors(&mut |search, factors| {
            let listing = Listing::new(search, factors, choices);
            let bound = search.bound_of_all(&listing);
            search.counts.subspaces += 1;
            if search.is_refused(&bound) {
                search.counts.subspaces_by_bound += 1;
            } else {
                portion.offer(Frame { bound, code: factors.code(search.prepared) });
            }
        });
        portion.finish();
    }

    /// A bound for some spatial factors, each data space kept where it counts least.
    fn bound_of_all(&self, listing: &Listing) -> Rank {
        let counted = Machine::constant(self.prepared) + listing.least[0];
        self.rank_of(&listing.machine.lower_bounds(self.prepared, counted, listing.cycles))
    }

    /// A bound for the spatial factors of a frame that knows what levels hold, if there are many choices of what they keep; no smaller than
    /// the one that is known.
    pub(super) fn sharper_bound(&mut self, frame: &Frame, choices: &[Vec<KeepChoice>]) -> Rank {
        let factors = SpatialFactors::of_code(self.prepared, &frame.code);
        let listing = Listing::new(self, &factors, choices);
        let bound = self.keep_bounds(&listing).map(|joint| {
            let counted = joint.least(self.prepared, &listing);
            self.rank_of(&listing.machine.lower_bounds(self.prepared, counted, listing.cycles))
        });
        bound.filter(|bound| !bound.is_below(&frame.bound)).unwrap_or(frame.bound)
    }

    /// What levels count together for each choice of what they keep, where it can be told.
    pub(super) fn keep_bounds(&mut self, listing: &Listing) -> Option<KeepBounds> {
        if self.mode != Mode::All || listing.combinations() < FEW_CHOICES {
            return None;
        }
        let bounds = KeepBounds::new(self.prepared, listing)?;
        self.work(bounds.visited());
        Some(bounds)
    }

    /// Searches everything with the spatial factors of a frame.
    pub(super) fn search_frame(&mut self, frame: &Frame, choices: &[Vec<KeepChoice>]) -> Flow {
        let factors = SpatialFactors::of_code(self.prepared, &frame.code);
        let listing = Listing::new(self, &factors, choices);
        let joint = self.keep_bounds(&listing);
        self.enter(&factors);
        let mut keeps = std::mem::replace(&mut self.keeps, Portion::of(1));
        keeps.restart();
        let flow = loop {
            let portion = &mut keeps;
            let mut combination = Combination { listing: &listing, joint: joint.as_ref(), portion, chosen: Vec::new() };
            self.combine(&mut combination, Machine::constant(self.prepared));
            keeps.finish();
            // A list that was cut short has no line for the rest.
            if self.stop.is_some() {
                break ControlFlow::Break(keeps.after().map_or(0.0, |after| after.bound.value));
            }
            let flow = self.search_kept(&factors, &keeps.items);
            if flow.is_break() || !keeps.go_on() {
                break flow;
            }
        };
        self.keeps = keeps;
        flow
    }

    /// Adds the choices of the next data space to those of the data spaces before it, which count so much.
    fn combine(&mut self, combination: &mut Combination, counted: Counted) {
        self.tick();
        if self.stop.is_some() {
            return;
        }
        let listing = combination.listing;
        let space = combination.chosen.len();
        let bounds = listing.machine.lower_bounds(self.prepared, counted + listing.least[space], listing.cycles);
        let bound = self.rank_of(&bounds);
        let is_later = |ceiling: &KeepFrame| bound.total_cmp(&ceiling.bound) == Ordering::Greater;
        if self.is_refused(&bound) || combination.portion.ceiling().is_some_and(is_later) {
            self.counts.subspaces_by_bound += 1;
            return;
        }
        if space == listing.kept.len() {
            self.add_kept(combination);
            return;
        }
        for index in 0..listing.kept[space].len() {
            combination.chosen.push(index);
            self.combine(combination, counted + listing.kept[space][index].bound);
            combination.chosen.pop();
        }
    }

    /// Adds one subspace, if its own bound does not speak against it.
    fn add_kept(&mut self, combination: &mut Combination) {
        let Combination { listing, joint, portion, chosen } = combination;
        let parts = || listing.kept.iter().zip(chosen.iter()).map(|(kept, index)| &kept[*index]);
        let code = parts().map(|kept| kept.choice.code).sum();
        let keep = self.prepared.space.kept_by(code);
        if !self.smallest_tiles_fit(listing.factors, &keep) {
            self.counts.by_capacity += 1;
            return;
        }
        let subspace = listing.subspace(self, chosen);
        let bounds = Bounds { prepared: self.prepared, subspace: &subspace, spatial: &listing.factors.spatial };
        let outside = joint.map_or_else(|| subspace.least_outside(), |joint| joint.of(chosen));
        let bound = self.rank(&subspace, bounds.root_counted() + outside);
        self.counts.subspaces += 1;
        if self.is_refused(&bound) {
            self.counts.subspaces_by_bound += 1;
        } else {
            portion.offer(KeepFrame { bound, code });
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
