//! All ways to share the iterations of one dimension among the tiling levels, by the factors of its spatial loops, then by the iterations that
//! the temporal loops of each level leave, from the inside (docs/search.md section 7.5).

use super::super::prepared_job::PreparedJob;
use super::part::{Crossing, Layout, Part};
use crate::mapspace::{FactorLimits, KeepChoice, Kind, Mapspace};
use crate::numbers::real;

/// Steps in which the ways with given spatial factors are listed.
const MOST_STEPS: usize = 400_000;

/// Loops with short last passes have more iterations together than the dimension, but not so many times as many.
const PADDING: u64 = 1 << 10;

/// Spatial factors of a dimension.
const MOST_CLASSES: usize = 4_096;

/// The ways of one dimension that have the same spatial factors.
#[derive(Clone, Debug)]
pub(super) struct Class {
    /// Per level.
    pub(super) spatial: Vec<u64>,
    pub(super) least: Part,
}

/// All ways of one dimension.
#[derive(Clone, Debug)]
pub(super) struct Ways {
    pub(super) classes: Vec<Class>,
    pub(super) least: Part,
}

/// Ways that have all loops up to some level in common.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    /// The level at which they differ, if they do.
    pub(super) level: usize,
    pub(super) least: Part,
    /// Indices of branches.
    pub(super) inner: Vec<u32>,
    /// Ways that it has.
    pub(super) size: u32,
}

impl Layout {
    /// What the choices of the levels that keep data spaces ask of every part.
    pub(super) fn new(space: &Mapspace, choices: &[Vec<KeepChoice>]) -> Self {
        let mut crossings = Vec::new();
        for choice in choices.iter().flatten() {
            let mut above = 0;
            for &parent in &choice.levels {
                if above > 0 {
                    crossings.push(Crossing { above, outside: above });
                }
                crossings.push(Crossing { above, outside: parent + 1 });
                above = parent + 1;
            }
        }
        crossings.sort_unstable();
        crossings.dedup();
        Self { tiling: space.tiling.clone(), levels: space.orders.len(), crossings }
    }
}

/// The ways of a dimension of the search; `None` if there are too many, or none.
pub(super) fn ways(prepared: &PreparedJob, layout: &Layout, dimension: usize) -> Option<Ways> {
    let factors = &prepared.space.factors[prepared.dimensions[dimension]];
    let mut classes = Vec::new();
    for spatial in spatial_factors(prepared, layout, factors.bound, &factors.limits)? {
        let (slots, limits) = merged(layout, &factors.limits, &spatial);
        let mut listing = Listing {
            limits: &limits,
            slots: &slots,
            layout,
            bound: factors.bound,
            most: vec![u64::MAX; layout.levels],
            most_cycles: f64::INFINITY,
            spatial: &spatial,
            parts: vec![(1, 1); layout.tiling.len()],
            branches: Vec::new(),
            left: MOST_STEPS,
        };
        let root = listing.extend(0, factors.bound, 1, 1.0)?;
        if let Some(root) = root {
            let mut least = listing.branches.swap_remove(root as usize).least;
            least.open();
            classes.push(Class { spatial, least });
        }
    }
    let least = Part::least(classes.iter().map(|class| &class.least))?;
    Some(Ways { classes, least })
}

/// The ways with the spatial factors of a class that have so many cycles at most, the whole of them last; `None` if there are more branches
/// than `most`.
pub(super) fn branches(
    prepared: &PreparedJob,
    layout: &Layout,
    dimension: usize,
    class: &Class,
    most_cycles: f64,
    most: usize,
) -> Option<Vec<Branch>> {
    let factors = &prepared.space.factors[prepared.dimensions[dimension]];
    let slots: Vec<usize> = (0..layout.tiling.len()).collect();
    let mut listing = Listing {
        limits: &factors.limits,
        slots: &slots,
        layout,
        bound: factors.bound,
        most: most_extents(prepared, dimension),
        most_cycles,
        spatial: &class.spatial,
        parts: vec![(1, 1); layout.tiling.len()],
        branches: Vec::new(),
        left: most,
    };
    listing.extend(0, factors.bound, 1, 1.0)?;
    Some(listing.branches)
}

/// Per level, the largest extent with which the tiles that constraints keep there fit.
fn most_extents(prepared: &PreparedJob, dimension: usize) -> Vec<u64> {
    let of_level = |level: usize| {
        let keep = prepared.space.policies[level].keep;
        let fits = |extent: u64| {
            let mut extents = vec![1; prepared.count()];
            extents[dimension] = extent;
            prepared.words(level, keep, &extents) <= prepared.levels[level].capacity
        };
        // Words grow with the extent.
        let (mut low, mut high) = (0, prepared.bounds[dimension].saturating_mul(PADDING));
        while low < high {
            let middle = high - (high - low) / 2;
            if fits(middle) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        low
    };
    (0..prepared.levels.len()).map(of_level).collect()
}

/// Per level, the spatial factors that constraints and meshes may allow; `None` if there are too many.
fn spatial_factors(
    prepared: &PreparedJob,
    layout: &Layout,
    bound: u64,
    limits: &[FactorLimits],
) -> Option<Vec<Vec<u64>>> {
    let mut all = vec![(vec![1; layout.levels], bound)];
    for (tiling, limits) in layout.tiling.iter().zip(limits).filter(|(tiling, _)| tiling.kind == Kind::Spatial) {
        let fan_out = prepared.job.architecture.fan_out(tiling.level).product();
        let mut next = Vec::new();
        for (factors, left) in &all {
            // A fixed factor may be cut short by temporal loops inside.
            let most = (*left).min(fan_out).min(limits.exact.or(limits.at_most).unwrap_or(u64::MAX));
            for factor in 1..=most {
                let mut factors: Vec<u64> = factors.clone();
                factors[tiling.level] = factor;
                next.push((factors, left.div_ceil(factor)));
            }
            if next.len() > MOST_CLASSES {
                return None;
            }
        }
        all = next;
    }
    Some(all.into_iter().map(|(factors, _)| factors).collect())
}

/// The tiling levels that are looked at where temporal loops without a spatial one between them count as one, and their limits.
fn merged(layout: &Layout, limits: &[FactorLimits], spatial: &[u64]) -> (Vec<usize>, Vec<FactorLimits>) {
    let (mut slots, mut joint): (Vec<usize>, Vec<FactorLimits>) = (Vec::new(), Vec::new());
    let mut is_new = true;
    for (position, (tiling, limits)) in layout.tiling.iter().zip(limits).enumerate() {
        if tiling.kind == Kind::Spatial {
            slots.push(position);
            joint.push(*limits);
            is_new |= spatial[tiling.level] > 1;
            continue;
        }
        let most = limits.exact.or(limits.at_most);
        match joint
            .iter_mut()
            .rev()
            .zip(slots.iter().rev())
            .find(|(_, slot)| layout.tiling[**slot].kind == Kind::Temporal)
        {
            Some((before, _)) if !is_new => {
                before.at_most = before.at_most.zip(most).map(|(before, more)| before.saturating_mul(more));
            }
            _ => {
                slots.push(position);
                joint.push(FactorLimits { at_most: most, ..FactorLimits::default() });
                is_new = false;
            }
        }
    }
    (slots, joint)
}

/// Ways with given spatial factors, under construction. The ways in which the loops of each level leave the same iterations differ only in
/// the words of last passes: their least is at one end of each factor that leaves so much, as all quantities of a dimension, and their
/// products with the cycles, are linear in each factor, or concave.
struct Listing<'l> {
    /// Per slot.
    limits: &'l [FactorLimits],
    /// Tiling levels whose loops are chosen; the others have none.
    slots: &'l [usize],
    layout: &'l Layout,
    bound: u64,
    /// Per level.
    most: Vec<u64>,
    most_cycles: f64,
    spatial: &'l [u64],
    /// Least and largest factor of each tiling level.
    parts: Vec<(u64, u64)>,
    branches: Vec<Branch>,
    /// Branches that may still be made.
    left: usize,
}

impl Listing<'_> {
    /// The ways that go on after the first slots, outside of loops of this extent and these cycles that leave so many iterations; the inner
    /// `None` if there are none. The outer one: they are too many.
    #[expect(clippy::option_option, reason = "too many, or none")]
    fn extend(&mut self, slot: usize, left: u64, extent: u64, cycles: f64) -> Option<Option<u32>> {
        let Some(&position) = self.slots.get(slot) else {
            return if left == 1 { self.add(self.layout.levels, None, Vec::new()).map(Some) } else { Some(None) };
        };
        let tiling = self.layout.tiling[position];
        if tiling.kind == Kind::Spatial {
            let factor = self.spatial[tiling.level];
            let outside = extent.saturating_mul(factor);
            if factor > left || !self.limits[slot].allow_of(factor, left) || outside > self.most[tiling.level] {
                return Some(None);
            }
            self.parts[position] = (factor, factor);
            return self.extend(slot + 1, left.div_ceil(factor), outside, cycles);
        }
        let outer = || self.layout.tiling[position..].iter().filter(|tiling| tiling.kind == Kind::Spatial);
        let units = outer().fold(1u64, |units, tiling| units.saturating_mul(self.spatial[tiling.level]));
        let mut inner = Vec::new();
        let mut next = Some(self.first(slot, left));
        while let Some(factor) = next.filter(|factor| *factor <= left) {
            let rest = left.div_ceil(factor);
            let outside = extent.saturating_mul(factor);
            if outside > self.most[tiling.level] {
                break;
            }
            let cycles = cycles * real(factor);
            let is_slow = cycles * real(rest.div_ceil(units)) > self.most_cycles;
            if self.limits[slot].allow_of(factor, left) && !is_slow {
                // The largest factor that leaves as much; outside of all spatial loops the least has the least of everything.
                let largest = if rest > 1 { left.div_ceil(rest - 1) - 1 } else { left };
                let largest = largest.min(self.limits[slot].at_most.unwrap_or(u64::MAX)).max(factor);
                let is_inside = units > 1 && self.limits[slot].exact.is_none();
                self.parts[position] = (factor, if is_inside { largest } else { factor });
                if let Some(branch) = self.extend(slot + 1, rest, outside, cycles)? {
                    inner.push(branch);
                }
            }
            next = self.next(slot, left, factor);
        }
        self.parts[position] = (1, 1);
        match inner[..] {
            [] => Some(None),
            [only] => Some(Some(only)),
            // The one without a loop, and the others.
            [first, ref others @ ..] if self.branches[first as usize].least.levels[tiling.level].may_have_loop => {
                self.grouped(tiling.level, &[&[first], others].concat()).map(Some)
            }
            [first, ref others @ ..] => {
                let others = self.grouped(tiling.level, others)?;
                self.joined(tiling.level, vec![first, others]).map(Some)
            }
        }
    }

    /// Branches of neighbouring factors, in halves of halves: so a few decisions tell few from many.
    fn grouped(&mut self, level: usize, inner: &[u32]) -> Option<u32> {
        if let [only] = *inner {
            return Some(only);
        }
        let (few, many) = inner.split_at(inner.len() / 2);
        let halves = vec![self.grouped(level, few)?, self.grouped(level, many)?];
        self.joined(level, halves)
    }

    /// A branch of several.
    fn joined(&mut self, level: usize, inner: Vec<u32>) -> Option<u32> {
        let least = Part::least(inner.iter().map(|branch| &self.branches[*branch as usize].least));
        self.add(level, least, inner)
    }

    /// Adds a branch, by default of the factors chosen.
    fn add(&mut self, level: usize, least: Option<Part>, inner: Vec<u32>) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        let least = least.or_else(|| Part::least(&self.ends()))?;
        let of_inner = inner.iter().map(|branch| self.branches[*branch as usize].size).sum::<u32>();
        self.branches.push(Branch { level, least, inner, size: of_inner.max(1) });
        u32::try_from(self.branches.len() - 1).ok()
    }

    /// The parts of all combinations of least and largest factors.
    fn ends(&self) -> Vec<Part> {
        let open: Vec<usize> = (0..self.parts.len()).filter(|at| self.parts[*at].0 < self.parts[*at].1).collect();
        let mut loops = vec![(1, 1); self.parts.len()];
        let with = |set: u32| {
            let mut left = self.bound;
            for (at, (least, largest)) in self.parts.iter().enumerate() {
                let is_largest = open.iter().position(|open| *open == at).is_some_and(|bit| set >> bit & 1 == 1);
                loops[at] = crate::mapspace::next_loop(if is_largest { *largest } else { *least }, &mut left);
            }
            Part::of(self.bound, &loops, self.layout)
        };
        (0..1u32 << open.len().min(16)).map(with).collect()
    }

    /// The first temporal factor that is looked at.
    fn first(&self, slot: usize, left: u64) -> u64 {
        let limits = self.limits[slot];
        if slot + 1 == self.slots.len() {
            return left;
        }
        limits.exact.map_or_else(|| limits.at_least.unwrap_or(1).max(1), |exact| exact.min(left))
    }

    /// The least factor that leaves less than this one.
    fn next(&self, slot: usize, left: u64, factor: u64) -> Option<u64> {
        let limits = self.limits[slot];
        if slot + 1 == self.slots.len() || limits.exact.is_some() || factor >= left {
            return None;
        }
        let next = left.div_ceil(left.div_ceil(factor) - 1);
        Some(next).filter(|next| limits.at_most.is_none_or(|most| *next <= most))
    }
}
