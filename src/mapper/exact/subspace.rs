//! What stays the same while temporal loops are chosen: the spatial loops, and what each level keeps.

use super::counted::{Counted, WordPrice};
use super::geometry::Geometry;
use super::objective::LowerBounds;
use super::prepared_job::PreparedJob;
use super::raised::Chain;
use super::spatial::SpatialFactors;
use crate::mapping::DataSpaceSet;
use crate::model::level::Demand;
use crate::model::{LevelShares, Watched};
use crate::numbers::real;

/// Words that go from one level that keeps a data space to the next inner one that does, or to the compute units.
#[derive(Clone, Debug)]
pub(super) struct Boundary {
    pub(super) space: usize,
    /// The innermost level whose temporal loops lie outside the tile that is delivered.
    pub(super) above: usize,
    /// The level that serves.
    pub(super) parent: usize,
    /// What is counted per word that arrives in all tiles together, if no neighbour hands it on.
    pub(super) cost: Counted,
    /// The same, if a neighbour does.
    handed_on: Counted,
    /// Words that arrive per word that leaves.
    pub(super) multicast: f64,
    /// Whether every visit delivers the whole tile.
    pub(super) no_temporal_reuse: bool,
    /// Largest factor by which neighbours may lessen the words; 1 if they cannot.
    pub(super) width: f64,
    /// Whether every visit delivers the whole tile, but neighbours may help with all of it.
    pub(super) links_without_reuse: bool,
    /// What is counted at least, whatever the tile and the loops: every word of the whole arrives.
    pub(super) least: Counted,
    /// Words that are filled at least, in all inner instances together, and asked of all parents together.
    filled: f64,
    asked: f64,
    /// Levels further out that pass the words on and whose children may lie within reach of each other.
    pub(super) bypassed_with_links: Vec<usize>,
    /// Whether one of them has children that remember nothing: there, neighbours may help at every visit.
    pub(super) bypassed_without_reuse: bool,
}

impl Boundary {
    /// Whether neighbours may hand words on; not where some loop that does not move the tile stands directly outside it, unless nothing is
    /// remembered.
    #[inline]
    pub(super) fn may_hand_on(&self, stationary: bool) -> bool {
        self.width > 1.0 && (!stationary || self.links_without_reuse)
    }
}

/// Spatial loops and what each level keeps: everything that temporal loops do not change.
#[derive(Clone, Debug)]
pub(super) struct Subspace {
    pub(super) keep: Vec<DataSpaceSet>,
    pub(super) machine: Machine,
    /// What is counted whatever the temporal loops; may be below 0 where it is what partial sums save.
    pub(super) constant: Counted,
    /// Whether some data space has no bounds: then every order and place may matter to it.
    pub(super) has_no_bound: bool,
    pub(super) boundaries: Vec<Boundary>,
    /// Reads and writes per level and instance that are the same for all temporal loops; for levels of limited bandwidth.
    pub(super) traffic: Vec<Demand>,
    /// Cycles that these take.
    pub(super) min_cycles: f64,
    /// Of sparse designs: loops whose order decides beside dense accesses, and what bounds count of each data space.
    pub(super) watched: Vec<Watched>,
    pub(super) chains: Vec<Chain>,
}

/// What follows from the spatial loops alone.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// In use, per level.
    pub(super) instances: Vec<f64>,
    /// Iterations of all temporal loops.
    pub(super) iterations: f64,
    /// Those that take their time, at least.
    pub(super) cycles: f64,
    /// Energy per cycle.
    leak: f64,
}

/// What one data space adds to a subspace, by the levels that keep it.
#[derive(Clone, Debug)]
pub(super) struct SpacePart {
    /// What is counted whatever the temporal loops; may be below 0 where it is what partial sums save.
    constant: Counted,
    boundaries: Vec<Boundary>,
    /// Reads and writes per level and instance that are the same for all temporal loops.
    traffic: Vec<Demand>,
    has_no_bound: bool,
    /// Operations per word that the innermost level serves, where the compute units ask at every one.
    units: Option<f64>,
}

/// Words of all instances together.
struct LeastWords {
    filled: f64,
    asked: f64,
}

/// What words of a data space add at the levels that keep it.
struct WordPrices<'p> {
    prepared: &'p PreparedJob<'p>,
    machine: &'p Machine,
    space: usize,
    kept: &'p [usize],
    /// Of sparse designs: what is left of dense accesses, per level of `kept`.
    shares: Option<Vec<LevelShares>>,
}

impl WordPrices<'_> {
    fn share_of(&self, level: usize) -> Option<LevelShares> {
        let index = self.kept.iter().position(|own| *own == level)?;
        Some(self.shares.as_ref()?[index])
    }

    fn of(&self, level: usize) -> WordPrice {
        self.prepared.per_dense_word(level, self.space, self.machine.instances[level], self.share_of(level))
    }
}

impl SpacePart {
    /// A bound of what is counted, whatever the temporal loops.
    pub(super) fn bound(&self, prepared: &PreparedJob) -> Counted {
        let outside = self.boundaries.iter().filter(|boundary| boundary.above > 0);
        self.bound_of_units(prepared) + outside.map(|boundary| boundary.least).sum()
    }

    /// Words that each instance of each level reads and writes at least.
    pub(super) fn least_traffic(&self, prepared: &PreparedJob, machine: &Machine) -> Vec<Demand> {
        let mut traffic = self.traffic.clone();
        self.boundaries.iter().for_each(|boundary| machine.add_traffic(prepared, &mut traffic, boundary, 0.0));
        traffic
    }

    /// The same without the boundaries of levels: only what reaches the compute units.
    pub(super) fn bound_of_units(&self, prepared: &PreparedJob) -> Counted {
        let of_units = self.boundaries.iter().filter(|boundary| boundary.above == 0);
        let counted = |boundary: &Boundary| {
            if boundary.no_temporal_reuse { boundary.counted(prepared.macs, 1.0) } else { boundary.least }
        };
        self.constant + of_units.map(counted).sum()
    }
}

impl Boundary {
    /// What is counted at least if so many words arrive, of which at least the share `unserved` comes from the parent, the others
    /// from neighbours.
    #[inline]
    pub(super) fn counted(&self, words: f64, unserved: f64) -> Counted {
        let cost = if unserved < 1.0 {
            (self.cost * unserved + self.handed_on * (1.0 - unserved)).min(self.cost)
        } else {
            self.cost
        };
        (cost * words).max(self.least)
    }
}

impl Boundary {
    /// Takes the lower prices of two that differ in them alone.
    pub(super) fn lower_to(&mut self, other: &Self) {
        self.cost = self.cost.min(other.cost);
        self.handed_on = self.handed_on.min(other.handed_on);
        self.least = self.least.min(other.least);
    }

    /// Words that are asked of all parents together, at least, if so many arrive from them.
    pub(super) fn asked_of(&self, words: f64) -> f64 {
        (words / self.multicast).max(self.asked).max(0.0)
    }

    /// Words that are filled in all inner instances together, at least.
    pub(super) fn filled_of(&self, words: f64) -> f64 {
        words.max(self.filled).max(0.0)
    }
}

impl Machine {
    pub(super) fn new(prepared: &PreparedJob, spatial_factors: &SpatialFactors) -> Self {
        let levels = prepared.levels.len();
        let mut instances = vec![1.0; levels];
        for level in (0..levels - 1).rev() {
            instances[level] = instances[level + 1] * product(spatial_factors.spatial[level + 1].iter());
        }
        let iterations = (prepared.macs / real(spatial_factors.units)).round();
        let cycles = if prepared.busy < 1.0 { iterations * prepared.busy } else { iterations };
        // One instance is switched on at least.
        let powered = |level: usize| (instances[level] * prepared.used_share(level)).max(1.0);
        let leak = (0..levels).map(|level| prepared.levels[level].leakage(1.0, powered(level))).sum::<f64>();
        Self { instances, iterations, cycles, leak }
    }

    /// What every choice of kept data spaces counts.
    pub(super) fn constant(prepared: &PreparedJob) -> Counted {
        Counted { energy_pj: prepared.macs * prepared.compute_pj, load: 0.0 }
    }

    /// Bounds of all metrics, from one of what is counted.
    pub(super) fn lower_bounds(&self, prepared: &PreparedJob, counted: Counted, cycles: f64) -> LowerBounds {
        prepared.lower_bounds(counted, cycles, self.leak)
    }

    /// What one data space adds where these levels keep it, at least one (docs/model.md section 4.6, "simple form").
    pub(super) fn part(
        &self,
        prepared: &PreparedJob,
        spatial_factors: &SpatialFactors,
        space: usize,
        kept: &[usize],
    ) -> SpacePart {
        let (policies, geometry) = (&prepared.space.policies, &prepared.spaces[space]);
        let mut part = SpacePart {
            constant: Counted::default(),
            boundaries: Vec::new(),
            traffic: vec![Demand::default(); prepared.levels.len()],
            has_no_bound: false,
            units: None,
        };
        // Bounds of 0 for what they do not cover.
        if !geometry.is_regular || policies.iter().any(|level| level.no_coalesce.contains(space)) {
            part.has_no_bound = true;
            return part;
        }
        let spatial = &spatial_factors.spatial;
        let prices =
            WordPrices { prepared, machine: self, space, kept, shares: prepared.shares_of(space, kept, spatial) };
        let word = |level: usize| prices.of(level);
        if geometry.read_write {
            self.save_first_visits(&mut part, &prices, spatial);
        }
        let mut constant = part.constant;
        let served = |level: usize| word(level).served(geometry.read_write);
        let mut inner: Option<usize> = None;
        let mut datapath = None;
        for &parent in kept {
            let above = inner.map_or(0, |inner| inner + 1);
            let levels = above..=parent;
            let may_link = |level: usize| !policies[level].no_link_transfer.contains(space);
            let multicast = |level: usize| {
                let is_passed_by_neighbours = level > above && may_link(level);
                multicast(prepared, geometry, space, level, &spatial[level], is_passed_by_neighbours)
            };
            let multicast: f64 = levels.clone().map(multicast).product();
            let arriving = inner.map_or(Counted::default(), |inner| word(inner).fill);
            let candidates = product(spatial[above].iter());
            let links = !policies[above].no_link_transfer.contains(space);
            let links_without_reuse = inner.is_none_or(|inner| policies[inner].no_temporal_reuse.contains(space));
            let width = if links { in_windows(geometry, &spatial[above]) } else { 1.0 };
            let has_copies = multicast_of(geometry, &spatial[above]) > 1.0;
            let has_links = links && candidates > 1.0 && (width > 1.0 || (links_without_reuse && has_copies));
            let cost = arriving + served(parent) / multicast;
            let passing = (above + 1..=parent).filter(|level| may_link(*level));
            let bypassed_with_links: Vec<usize> =
                passing.clone().filter(|level| in_windows(geometry, &spatial[*level]) > 1.0).collect();
            let bypassed_without_reuse = passing.clone().any(|level| {
                policies[level - 1].no_temporal_reuse.contains(space) && product(spatial[level].iter()) > 1.0
            });
            if inner.is_none() && !has_links && bypassed_with_links.is_empty() && !bypassed_without_reuse {
                // Compute units remember nothing: every operation asks.
                constant += cost * prepared.macs;
                datapath = Some((parent, multicast));
            } else {
                // Neighbours may share words unevenly: each count of an instance is rounded by less than one word.
                let is_uneven = has_links || !bypassed_with_links.is_empty() || bypassed_without_reuse;
                if is_uneven {
                    let received = inner.map(|inner| word(inner).fill * self.instances[inner]);
                    constant -= received.unwrap_or_default() + served(parent) * self.instances[parent];
                }
                let width = if has_links { width } else { 1.0 };
                let parents = self.instances[above];
                let is_passed_evenly = bypassed_with_links.is_empty() && !bypassed_without_reuse;
                let LeastWords { filled, asked } = self.least_words(geometry, spatial, (above, parent), has_links);
                let equal_sums = (above + 1..=parent).map(|level| most_equal_sums(geometry, &spatial[level]));
                let asked = if is_passed_evenly { asked } else { asked / equal_sums.product::<f64>() };
                let boundary = Boundary {
                    space,
                    above,
                    parent,
                    cost,
                    handed_on: (arriving + inner.map(|inner| word(inner).read).unwrap_or_default()) / parents,
                    multicast,
                    no_temporal_reuse: links_without_reuse && !has_links,
                    width,
                    links_without_reuse: links_without_reuse && has_links,
                    least: arriving * filled + served(parent) * asked,
                    filled: filled - if is_uneven { inner.map_or(0.0, |inner| self.instances[inner]) } else { 0.0 },
                    asked: asked - if is_uneven { self.instances[parent] } else { 0.0 },
                    bypassed_with_links,
                    bypassed_without_reuse,
                };
                part.boundaries.push(boundary);
            }
            inner = Some(parent);
        }
        part.constant = constant;
        part.units = datapath.map(|(_, multicast)| multicast);
        if let Some((parent, multicast)) = datapath {
            self.add_served(prepared, &mut part.traffic, space, parent, prepared.macs / multicast);
        }
        part
    }

    /// What bounds count of a data space of a sparse design.
    fn chain(
        &self,
        prepared: &PreparedJob,
        spatial_factors: &SpatialFactors,
        (space, kept): (usize, &[usize]),
        part: &SpacePart,
    ) -> Option<Chain> {
        let spatial = &spatial_factors.spatial;
        let counted = prepared.shares_of(space, kept, spatial)?;
        let counted = (!part.has_no_bound).then_some(counted);
        let read_write = prepared.spaces[space].read_write;
        let saves = |level: &usize| if read_write { self.first_visits(prepared, space, spatial, *level) } else { 0.0 };
        Some(Chain::new((space, kept), counted, kept.iter().map(saves).collect(), part.units))
    }

    /// Words that a level need not read because partial sums are visited for the first time, at most: what one instance holds in turn, in
    /// all instances together.
    fn first_visits(&self, prepared: &PreparedJob, space: usize, spatial: &[Vec<u64>], level: usize) -> f64 {
        let geometry = &prepared.spaces[space];
        if prepared.space.policies[level].rmw_first_update.contains(space) {
            return 0.0;
        }
        let parts = spatial[level + 1..]
            .iter()
            .flat_map(|factors| geometry.singles.iter().map(|dimension| &factors[*dimension]));
        real(geometry.whole) / product(parts) * self.instances[level]
    }

    /// What partial sums save: their first visit is neither read nor filled.
    fn save_first_visits(&self, part: &mut SpacePart, prices: &WordPrices, spatial: &[Vec<u64>]) {
        let WordPrices { prepared, space, kept, .. } = *prices;
        for &level in kept {
            let saves = self.first_visits(prepared, space, spatial, level);
            let saved = saves / self.instances[level] * prepared.bandwidth_scale(level, space);
            part.constant -= prices.of(level).read * saves;
            part.traffic[level].reads -= saved;
            if prices.share_of(level).is_some_and(|shares| shares.rounds_reads) {
                part.constant -= prepared.whole_read(level, space, self.instances[level]);
                part.traffic[level].reads -= prepared.levels[level].bandwidth_scale(space);
            }
            if level != kept[kept.len() - 1] {
                part.constant -= prices.of(level).fill * saves;
                part.traffic[level].writes -= saved;
            }
        }
    }

    /// Words that every boundary between these levels carries at least: each of the whole arrives (docs/search.md section 5.5).
    fn least_words(
        &self,
        geometry: &Geometry,
        spatial: &[Vec<u64>],
        (above, parent): (usize, usize),
        has_links: bool,
    ) -> LeastWords {
        // Copies of the whole that the instances inside a level, or those further out, hold together.
        let copies =
            |level: usize| -> f64 { spatial[level..].iter().map(|factors| multicast_of(geometry, factors)).product() };
        let points = real(geometry.points);
        let (all, sent) = (points * copies(above), points * copies(above + 1));
        let filled = if has_links { sent + (all - sent) / self.instances[above] } else { all };
        LeastWords { filled, asked: points * copies(parent + 1) }
    }

    /// Cycles that traffic takes at least (docs/model.md section 5.2).
    pub(super) fn throttled(&self, prepared: &PreparedJob, traffic: &[Demand]) -> f64 {
        let limits = prepared.levels.iter().map(|level| &level.bandwidth);
        let limited = limits.zip(traffic).filter(|(limits, _)| limits.is_limited());
        limited.fold(self.cycles, |cycles, (limits, traffic)| cycles.max(limits.min_cycles(*traffic)))
    }

    /// Adds the words of a boundary to the traffic per instance of the levels on both sides, if at least so many arrive. What
    /// partial sums save the first time is in [`Subspace::traffic`] already.
    pub(super) fn add_traffic(&self, prepared: &PreparedJob, traffic: &mut [Demand], boundary: &Boundary, words: f64) {
        if let Some(inner) = boundary.above.checked_sub(1) {
            let scale = prepared.bandwidth_scale(inner, boundary.space);
            traffic[inner].receive(boundary.filled_of(words) / self.instances[inner] * scale);
        }
        self.add_served(prepared, traffic, boundary.space, boundary.parent, boundary.asked_of(words));
    }

    /// Adds words that a level serves.
    fn add_served(&self, prepared: &PreparedJob, traffic: &mut [Demand], space: usize, parent: usize, words: f64) {
        let served = words / self.instances[parent] * prepared.bandwidth_scale(parent, space);
        traffic[parent].serve(served, prepared.spaces[space].read_write);
    }
}

impl Subspace {
    /// Of its parts, one per data space.
    pub(super) fn of_parts<'p>(
        prepared: &PreparedJob,
        machine: &Machine,
        keep: Vec<DataSpaceSet>,
        parts: impl IntoIterator<Item = &'p SpacePart>,
    ) -> Self {
        let mut subspace = Self {
            keep,
            machine: machine.clone(),
            constant: Machine::constant(prepared),
            has_no_bound: false,
            boundaries: Vec::new(),
            traffic: vec![Demand::default(); prepared.levels.len()],
            min_cycles: machine.cycles,
            watched: Vec::new(),
            chains: Vec::new(),
        };
        for part in parts {
            subspace.constant += part.constant;
            subspace.has_no_bound |= part.has_no_bound;
            subspace.boundaries.extend_from_slice(&part.boundaries);
            for (traffic, added) in subspace.traffic.iter_mut().zip(&part.traffic) {
                traffic.add(*added);
            }
        }
        subspace.min_cycles = subspace.cycles_of(prepared, |_| 0.0);
        subspace
    }

    /// `None` if a data space is kept nowhere.
    pub(super) fn new(
        prepared: &PreparedJob,
        spatial_factors: &SpatialFactors,
        keep: Vec<DataSpaceSet>,
    ) -> Option<Self> {
        let machine = Machine::new(prepared, spatial_factors);
        let mut parts = Vec::with_capacity(prepared.spaces.len());
        let (mut watched, mut chains) = (Vec::new(), Vec::new());
        for space in 0..prepared.spaces.len() {
            let kept: Vec<usize> = (0..keep.len()).filter(|level| keep[*level].contains(space)).collect();
            if kept.is_empty() {
                return None;
            }
            let part = machine.part(prepared, spatial_factors, space, &kept);
            chains.extend(machine.chain(prepared, spatial_factors, (space, &kept), &part));
            parts.push(part);
            watched.extend(prepared.job.sparse.into_iter().flat_map(|sparse| sparse.watched(space, &kept)));
        }
        Some(Self { watched, chains, ..Self::of_parts(prepared, &machine, keep, &parts) })
    }

    /// What the boundaries of levels count at least, whatever their tiles.
    pub(super) fn least_outside(&self) -> Counted {
        self.boundaries.iter().filter(|boundary| boundary.above > 0).map(|boundary| boundary.least).sum()
    }

    /// Cycles at least, if so many words arrive at each boundary.
    pub(super) fn cycles_of(&self, prepared: &PreparedJob, words: impl Fn(usize) -> f64) -> f64 {
        if !prepared.is_throttled {
            return self.machine.cycles;
        }
        let mut traffic = self.traffic.clone();
        for (index, boundary) in self.boundaries.iter().enumerate() {
            self.machine.add_traffic(prepared, &mut traffic, boundary, words(index));
        }
        self.machine.throttled(prepared, &traffic)
    }
}

fn product<'a>(factors: impl Iterator<Item = &'a u64>) -> f64 {
    factors.map(|factor| real(*factor)).product()
}

/// Product of the factors along windows.
fn in_windows(geometry: &Geometry, factors: &[u64]) -> f64 {
    let along = |dimension: &usize| geometry.window_of[*dimension].is_some();
    (0..factors.len()).filter(along).map(|dimension| real(factors[dimension])).product()
}

/// Copies that the spatial loops of one level make.
fn multicast_of(geometry: &Geometry, factors: &[u64]) -> f64 {
    (0..factors.len())
        .filter(|dimension| !geometry.matters[*dimension])
        .map(|dimension| real(factors[dimension]))
        .product()
}

/// At most as many children of one level as have equal tiles, copies apart.
fn most_equal_sums(geometry: &Geometry, factors: &[u64]) -> f64 {
    geometry.most_equal_sums(|dimension| factors[dimension])
}

/// At most as many children as one word of a level serves on average: all children over the groups with different tiles. Where
/// neighbours may serve some of the children, the others may be those of the largest groups.
fn multicast(
    prepared: &PreparedJob,
    geometry: &Geometry,
    space: usize,
    level: usize,
    factors: &[u64],
    may_be_largest: bool,
) -> f64 {
    if prepared.space.policies[level].no_multicast.contains(space) {
        return 1.0;
    }
    if may_be_largest {
        return multicast_of(geometry, factors) * most_equal_sums(geometry, factors);
    }
    let candidates = product(factors.iter());
    let singles = product(geometry.singles.iter().map(|dimension| &factors[*dimension]));
    candidates / (singles * geometry.fewest_sums(|dimension| factors[dimension]))
}
