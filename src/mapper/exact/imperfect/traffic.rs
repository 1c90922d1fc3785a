//! What mappings with shorter last passes cost at least, by what their dimensions contribute (docs/search.md section 7.4).

use super::super::counted::Counted;
use super::super::geometry::{Geometry, Window};
use super::super::objective::{LowerBounds, NOISE};
use super::super::prepared_job::PreparedJob;
use super::part::{Layout, Part, Timed};
use crate::mapper::Metric;
use crate::mapspace::KeepChoice;
use crate::model::Cost;
use crate::model::level::Demand;
use crate::numbers::{real, truncated};

/// What is counted, and the energy times the cycles of the compute units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Counts {
    counted: Counted,
    timed: f64,
}

impl Counts {
    const INFINITE: Self = Self { counted: Counted::INFINITE, timed: f64::INFINITY };

    fn add(&mut self, price: Counted, words: Timed) {
        self.counted += price * words.plain;
        self.timed += price.energy_pj * words.timed;
    }

    fn plus(self, other: Self) -> Self {
        Self { counted: self.counted + other.counted, timed: self.timed + other.timed }
    }

    fn min(self, other: Self) -> Self {
        Self { counted: self.counted.min(other.counted), timed: self.timed.min(other.timed) }
    }

    fn max(self, other: Self) -> Self {
        Self { counted: self.counted.max(other.counted), timed: self.timed.max(other.timed) }
    }

    fn times(self, share: f64) -> Self {
        Self { counted: self.counted * share, timed: self.timed * share }
    }
}

/// Relative error of the sums and products.
const SLACK: f64 = 1e-9;

/// Per level whose order decides boundaries: their data spaces, with what each counts if the order favours it, and if not.
type Closing = Vec<Vec<(usize, Counts, Counts)>>;

/// Bounds of a job.
pub(super) struct Traffic<'a> {
    pub(super) prepared: &'a PreparedJob<'a>,
    pub(super) layout: &'a Layout,
    pub(super) choices: &'a [Vec<KeepChoice>],
}

/// What follows from the parts of all dimensions together.
struct Machine<'p> {
    parts: &'p [&'p Part],
    /// Cycles of the compute units.
    cycles: f64,
    /// Per level: instances in use on average, least and most; instances times cycles; instances that the loops have, most.
    instances: Vec<(f64, f64)>,
    powered: Vec<f64>,
    expanded: Vec<f64>,
    is_whole: bool,
}

impl<'p> Machine<'p> {
    fn new(parts: &'p [&'p Part], levels: usize) -> Self {
        let product = |of: &dyn Fn(&Part) -> f64| parts.iter().map(|part| of(part)).product::<f64>();
        let per_level = |of: &dyn Fn(&Part, usize) -> f64| -> Vec<f64> {
            (0..levels).map(|level| product(&|part| of(part, level))).collect()
        };
        let least = per_level(&|part, level| part.levels[level].instances.0);
        let most = per_level(&|part, level| part.levels[level].instances.1);
        Self {
            parts,
            cycles: product(&|part| part.cycles),
            instances: least.into_iter().zip(most).collect(),
            powered: per_level(&|part, level| part.levels[level].powered),
            expanded: per_level(&|part, level| part.levels[level].expanded),
            is_whole: parts.iter().all(|part| part.is_whole),
        }
    }

    /// A quantity of all instances together, of which so many are used on average: their number is truncated, and each may count `loss`
    /// words less for rounding. `powered` is their average times the cycles.
    fn truncated(&self, words: Timed, (least, most): (f64, f64), powered: f64, loss: f64) -> Timed {
        let Timed { plain, timed } = words;
        if plain <= 0.0 {
            return Timed::ZERO;
        }
        let (counted, timed) = if self.is_whole {
            (plain, timed)
        } else {
            let first = (least * (1.0 - SLACK)).floor().max(1.0);
            let last = (most * (1.0 + SLACK)).floor().max(first);
            // Just below one more than `whole`.
            let average = |whole: f64| most.max(whole).min(whole + 1.0);
            let balance = (plain * powered / timed.max(f64::MIN_POSITIVE)).floor();
            let with = |whole: f64| {
                let whole = whole.clamp(first, last);
                whole / average(whole) * timed.max(plain * powered / average(whole))
            };
            let candidates = [first, balance - 1.0, balance, balance + 1.0, last];
            (plain * first / average(first), candidates.map(with).into_iter().fold(f64::INFINITY, f64::min))
        };
        Timed { plain: (counted - loss).max(0.0), timed: timed * (1.0 - loss / counted).max(0.0) }
    }

    /// The words of a data space at a level.
    fn at(&self, level: usize, words: Timed, is_even: bool) -> Timed {
        let most = self.instances[level].1;
        let loss = if self.is_whole && is_even { 0.0 } else { most };
        self.truncated(words, self.instances[level], self.powered[level], loss)
    }

    /// Instances of a level times cycles.
    fn powered(&self, level: usize) -> f64 {
        let (least, _) = self.instances[level];
        let all = Timed { plain: least, timed: self.powered[level] };
        self.truncated(all, self.instances[level], self.powered[level], 0.0).timed
    }
}

/// A bound of a mapping, or of many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct Bound {
    pub(super) bounds: LowerBounds,
    /// Of the energy-delay product.
    pub(super) edp: f64,
}

impl Bound {
    /// The least value of a metric.
    pub(in super::super) fn value(&self, metric: Metric) -> f64 {
        if metric == Metric::Edp { self.edp } else { metric.value(&self.bounds) }
    }

    /// The rank, with limits on other metrics.
    pub(in super::super) fn rank(
        &self,
        objective: &super::super::objective::Objective,
    ) -> crate::mapper::objective::Rank {
        let rank = objective.bound(&self.bounds, SLACK);
        if objective.metric == Metric::Edp {
            let value = rank.value.max(self.edp);
            crate::mapper::objective::Rank { value, ..rank }
        } else {
            rank
        }
    }
}

/// The words of a boundary if loops outside some level are the first that bring words again.
#[derive(Clone, Copy)]
struct Repeated {
    filled: Timed,
    asked: Timed,
}

impl Repeated {
    fn times(self, share: f64) -> Self {
        Self { filled: self.filled.times(share), asked: self.asked.times(share) }
    }

    fn max(self, other: Self) -> Self {
        Self { filled: self.filled.max(other.filled), asked: self.asked.max(other.asked) }
    }
}

impl Traffic<'_> {
    /// A bound of all mappings with these parts; per data space the choice of the levels that keep it, if it is made.
    pub(super) fn bound(&self, kept: &[Option<usize>], parts: &[&Part]) -> Bound {
        let prepared = self.prepared;
        let levels = self.layout.levels;
        let machine = Machine::new(parts, levels);
        let mut sum = Counts::default();
        let operations = parts.iter().fold(Timed::ONE, |all, part| all.and(part.operations));
        let units = parts.iter().fold((1.0, 1.0), |all, part| (all.0 * part.units.0, all.1 * part.units.1));
        let busy = parts.iter().map(|part| part.busy).product::<f64>();
        let operations = machine.truncated(operations, units, busy, 1.0);
        sum.add(Counted { energy_pj: prepared.compute_pj, load: 0.0 }, operations);
        let mut traffic = vec![Demand::default(); levels];
        // Per level whose loops are the first to bring words again: what each data space counts if they favour it, and if not.
        let mut closing: Closing = vec![Vec::new(); levels];
        for (space, kept) in kept.iter().enumerate() {
            if self.has_no_bound(space) {
                continue;
            }
            let choices = &self.choices[space];
            if let Some(kept) = kept {
                let levels = &choices[*kept].levels;
                let mut own = Some(&mut closing);
                sum = sum.plus(self.of_space(&machine, space, levels, &mut own, &mut traffic));
            } else {
                let mut none = vec![Demand::default(); levels];
                let counts =
                    choices.iter().map(|choice| self.of_space(&machine, space, &choice.levels, &mut None, &mut none));
                sum = sum.plus(counts.reduce(Counts::min).unwrap_or_default());
            }
        }
        for (level, boundaries) in closing.iter().enumerate() {
            sum = sum.plus(self.closed(parts, level, boundaries));
        }
        self.with_time(&machine, sum, &traffic)
    }

    /// Data spaces that the bounds do not cover.
    fn has_no_bound(&self, space: usize) -> bool {
        let is_split = self.prepared.space.policies.iter().any(|level| level.no_coalesce.contains(space));
        is_split || !self.prepared.spaces[space].is_regular || self.prepared.networks.spread_tiles
    }

    /// The boundaries that the order of one level's loops decides: one dimension is innermost.
    fn closed(&self, parts: &[&Part], level: usize, boundaries: &[(usize, Counts, Counts)]) -> Counts {
        if boundaries.is_empty() {
            return Counts::default();
        }
        let innermost = (0..parts.len()).filter(|dimension| parts[*dimension].levels[level].may_have_loop);
        let with = |dimension: usize| {
            let counts = boundaries.iter().map(|(space, favoured, other)| {
                let is_moved = self.prepared.spaces[*space].matters[dimension];
                if is_moved { other.times(parts[dimension].levels[level].firm).max(*favoured) } else { *favoured }
            });
            counts.fold(Counts::default(), Counts::plus)
        };
        innermost.map(with).fold(Counts::INFINITE, Counts::min)
    }

    /// Adds leakage and cycles.
    fn with_time(&self, machine: &Machine, sum: Counts, traffic: &[Demand]) -> Bound {
        let prepared = self.prepared;
        let mut cycles = machine.cycles * (1.0 - NOISE);
        for (level, demand) in traffic.iter().enumerate() {
            let limits = &prepared.levels[level].bandwidth;
            if limits.is_limited() {
                let instances = machine.expanded[level];
                let demand = Demand { reads: demand.reads / instances, writes: demand.writes / instances };
                cycles = cycles.max(limits.min_cycles(demand));
            }
        }
        let mut energy_pj = sum.counted.energy_pj;
        let mut timed = sum.timed;
        for (level, costs) in prepared.levels.iter().enumerate() {
            let is_gated = prepared.job.architecture.levels()[level].power_gated_at.is_some();
            let (least, _) = machine.instances[level];
            let powered = if is_gated { 1.0 } else { (least * (1.0 - SLACK)).floor().max(1.0) };
            energy_pj += costs.leakage(cycles, powered);
            let powered = if is_gated { machine.cycles } else { machine.powered(level).max(powered * machine.cycles) };
            timed += costs.leakage(machine.cycles, powered);
        }
        let energy_pj = (energy_pj * (1.0 - SLACK)).max(0.0);
        let cost = Cost { energy_pj, cycles: truncated(cycles.ceil()).max(1).saturating_add(prepared.latency) };
        let accesses = (sum.counted.load * (1.0 - SLACK)).ceil().max(0.0);
        let bounds = LowerBounds { cost, accesses: prepared.counted_level().map(|level| (level, accesses)) };
        Bound { bounds, edp: cost.edp().max(timed * (1.0 - SLACK) / 1e12) }
    }

    /// What a data space counts where these levels keep it; boundaries that the order of a level decides are listed there, if they may be.
    fn of_space(
        &self,
        machine: &Machine,
        space: usize,
        kept: &[usize],
        closing: &mut Option<&mut Closing>,
        traffic: &mut [Demand],
    ) -> Counts {
        let prepared = self.prepared;
        let geometry = &prepared.spaces[space];
        let price = |level: usize| prepared.per_word(level, space, machine.expanded[level]);
        let mut sum = Counts::default();
        let mut child: Option<usize> = None;
        let last = self.layout.levels - 1;
        for &parent in kept {
            let count = |words: Repeated, traffic: &mut [Demand]| {
                let mut counts = Counts::default();
                let saved = |level: usize, words: Timed| self.without_first(machine, space, level, words);
                let scale = |level: usize| prepared.levels[level].bandwidth_scale(space);
                if let Some(child) = child {
                    let filled = saved(child, words.filled);
                    counts.add(price(child).fill, filled);
                    traffic[child].writes += filled.plain * scale(child);
                }
                let read = saved(parent, words.asked);
                counts.add(price(parent).read, read);
                traffic[parent].reads += read.plain * scale(parent);
                if geometry.read_write {
                    counts.add(price(parent).update, words.asked);
                    traffic[parent].writes += words.asked.plain * scale(parent);
                }
                counts
            };
            let mut none = vec![Demand::default(); traffic.len()];
            let above = child.map_or(0, |child| child + 1);
            let first = self.first_loops(machine, geometry, above);
            let is_forgotten =
                child.is_some_and(|child| prepared.space.policies[child].no_temporal_reuse.contains(space));
            match (child, first, closing.as_deref_mut()) {
                (Some(_), Some(level), closing) if !is_forgotten => {
                    let firm = Self::firm(machine, geometry, level);
                    let lasting = self.words(machine, space, (above, parent), last);
                    let favoured = self.words(machine, space, (above, parent), level).times(firm).max(lasting);
                    let favoured = count(favoured, traffic);
                    if let Some(closing) = closing {
                        let other = count(self.words(machine, space, (above, parent), level - 1), &mut none);
                        closing[level].push((space, favoured, other));
                    } else {
                        sum = sum.plus(favoured);
                    }
                }
                (Some(inner), _, _) if is_forgotten => {
                    sum = sum.plus(count(self.words(machine, space, (above, parent), inner), traffic));
                }
                _ => {
                    sum = sum.plus(count(self.words(machine, space, (above, parent), last), traffic));
                }
            }
            child = Some(parent);
        }
        sum
    }

    /// The level whose loops are surely not stationary, the innermost.
    fn first_loops(&self, machine: &Machine, geometry: &Geometry, above: usize) -> Option<usize> {
        (above..self.layout.levels).find(|level| {
            let mut parts = machine.parts.iter().zip(&geometry.matters);
            parts.any(|(part, matters)| *matters && part.levels[*level].has_loop)
        })
    }

    /// The share of the words for which the loops of that level move the tile.
    fn firm(machine: &Machine, geometry: &Geometry, level: usize) -> f64 {
        let parts = machine.parts.iter().zip(&geometry.matters);
        let moving = parts.filter(|(part, matters)| **matters && part.levels[level].has_loop);
        moving.map(|(part, _)| part.levels[level].firm).fold(0.0, f64::max)
    }

    /// Words without those that partial sums save: the first visit is neither read nor filled.
    fn without_first(&self, machine: &Machine, space: usize, level: usize, words: Timed) -> Timed {
        let geometry = &self.prepared.spaces[space];
        let is_saved = !self.prepared.space.policies[level].rmw_first_update.contains(space);
        if !geometry.read_write || !is_saved {
            return words;
        }
        let of_part = |(dimension, part): (usize, &&Part)| {
            let of_level = &part.levels[level];
            if geometry.singles.contains(&dimension) { of_level.held } else { of_level.instances.1 }
        };
        let first = real(geometry.whole) * machine.parts.iter().enumerate().map(of_part).product::<f64>();
        let plain = (words.plain - first * (1.0 + SLACK)).max(0.0);
        Timed { plain, timed: plain * machine.cycles }
    }

    /// Words of the boundary from `parent` down to the tile inside of `above`, if the temporal loops of `free` and of the levels inside it
    /// bring irrelevant dimensions nothing.
    fn words(&self, machine: &Machine, space: usize, (above, parent): (usize, usize), free: usize) -> Repeated {
        let (unserved, passed) = self.unserved(machine, space, above, parent);
        let has_links = unserved < 1.0 || passed < 1.0;
        let filled =
            if above == 0 { Timed::ZERO } else { self.crossing(machine, space, (above, above), free, has_links) };
        let asked = self.crossing(machine, space, (above, parent + 1), free, has_links);
        let filled = if unserved < 1.0 {
            let parents = machine.expanded.get(above).copied().unwrap_or(1.0).max(1.0);
            filled.times(unserved + (1.0 - unserved) / parents)
        } else {
            filled
        };
        let is_even = passed >= 1.0;
        let filled = if above == 0 { filled } else { machine.at(above - 1, filled, is_even) };
        Repeated { filled, asked: machine.at(parent, asked.times(unserved * passed), is_even) }
    }

    /// Words at one side of a boundary, before averages are truncated.
    fn crossing(
        &self,
        machine: &Machine,
        space: usize,
        (above, outside): (usize, usize),
        free: usize,
        has_links: bool,
    ) -> Timed {
        let geometry = &self.prepared.spaces[space];
        let Some(index) = self.layout.index(above, outside) else { return Timed::ZERO };
        let mut words = Timed::ONE;
        for (dimension, part) in machine.parts.iter().enumerate() {
            let level = outside.saturating_sub(1);
            if geometry.matters[dimension] {
                if geometry.window_of[dimension].is_none() {
                    words = words.and(part.crossings[index].indices);
                }
            } else if above == 0 {
                words = words.and(part.levels[level].asked);
            } else {
                let of_level = &part.levels[level];
                let copies = Timed { plain: of_level.instances.0, timed: of_level.powered };
                let visits = (part.levels[free].visits - 1.0 + part.levels[above].last).max(1.0);
                words = words.and(copies.times(visits));
            }
        }
        for window in &geometry.windows {
            words = words.and(self.along(machine, window, (above, outside), index, has_links));
        }
        words
    }

    /// Words along a window.
    fn along(
        &self,
        machine: &Machine,
        window: &Window,
        (above, outside): (usize, usize),
        index: usize,
        has_links: bool,
    ) -> Timed {
        let level = outside.saturating_sub(1);
        let bounds = &self.prepared.bounds;
        let mut best = Timed::ZERO;
        for &(chosen, coefficient) in &window.terms {
            let mut words = machine.parts[chosen].crossings[index].indices;
            let others = || window.terms.iter().map(|term| term.0).filter(|other| *other != chosen);
            for other in others() {
                let part = machine.parts[other];
                words = words.and(if above == 0 { part.levels[level].asked } else { part.crossings[index].instances });
            }
            if above == 0 {
                // Sums of several progressions are at least so many different places.
                let groups = |level: usize| {
                    let chosen = machine.parts[chosen].levels[level].fan_out;
                    let more =
                        others().map(|other| real(machine.parts[other].levels[level].fan_out.0 - 1)).sum::<f64>();
                    1.0 + more / real(chosen.1)
                };
                words = words.times((0..outside).map(groups).product());
            } else if others().all(|other| machine.parts[other].levels[above - 1].expanded <= 1.0) {
                let width = window.gapless_without(chosen, bounds);
                words = words.times(real(coefficient.min(width)));
            }
            best = best.max(words);
        }
        if above > 0 && !has_links {
            let shares = window.terms.iter().map(|term| machine.parts[term.0].crossings[index].share);
            best = best.max(shares.fold(Timed::ONE, Timed::and).times(real(window.points(bounds))));
        }
        best
    }

    /// The share of a boundary's words that neighbours do not serve, at least, and of those the share that levels which pass them on ask.
    fn unserved(&self, machine: &Machine, space: usize, above: usize, parent: usize) -> (f64, f64) {
        let (policies, geometry) = (&self.prepared.space.policies, &self.prepared.spaces[space]);
        let factor = |level: usize, dimension: usize| machine.parts[dimension].levels[level].fan_out.1;
        let all = 0..machine.parts.len();
        let along = |level: usize| -> f64 {
            let along = all.clone().filter(|dimension| geometry.window_of[*dimension].is_some());
            // After a pass of more children, all of the last pass may be served once: at most half of what they get.
            let served = |dimension: usize| {
                let part = machine.parts[dimension];
                real(factor(level, dimension)) * if part.is_whole || factor(level, dimension) == 1 { 1.0 } else { 2.0 }
            };
            along.map(served).product()
        };
        let candidates = |level: usize| all.clone().map(|dimension| real(factor(level, dimension))).product::<f64>();
        let has_copies =
            |level: usize| all.clone().any(|dimension| !geometry.matters[dimension] && factor(level, dimension) > 1);
        let forgets =
            |level: usize| level.checked_sub(1).is_none_or(|inner| policies[inner].no_temporal_reuse.contains(space));
        let may_link = |level: usize| !policies[level].no_link_transfer.contains(space);
        let share = |level: usize| {
            if !may_link(level) || candidates(level) <= 1.0 {
                return 1.0;
            }
            if forgets(level) {
                // Those that have what a neighbour had may all be served, but for a first delivery.
                return if along(level) > 1.0 || has_copies(level) { 0.0 } else { 1.0 };
            }
            1.0 / along(level)
        };
        // Those that are not served may be the children of the largest groups.
        let uneven = |level: usize| -> f64 {
            let in_windows = all.clone().filter(|dimension| geometry.window_of[*dimension].is_some());
            let children: f64 = in_windows.map(|dimension| real(factor(level, dimension))).product();
            let of_level = |dimension| factor(level, dimension);
            children / geometry.fewest_sums(of_level) / geometry.most_equal_sums(of_level)
        };
        let passed = (above..=parent).map(|level| if share(level) < 1.0 { uneven(level) } else { 1.0 });
        let (own, passed) = (share(above), passed.product::<f64>());
        (own, passed)
    }
}
