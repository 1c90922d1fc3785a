//! What stays the same while temporal loops are chosen: the spatial loops, and what each level keeps.

use super::counted::Counted;
use super::geometry::Geometry;
use super::objective::{LowerBounds, NOISE};
use super::prepared_job::PreparedJob;
use crate::mapping::{DataSpaceSet, SpatialLoop};
use crate::model::Cost;
use crate::model::level::Demand;
use crate::numbers::{real, truncated};

/// Factors of all spatial levels.
#[derive(Clone, Debug)]
pub(super) struct SpatialFactors {
    /// Per level; over the dimensions of the search.
    pub(super) spatial: Vec<Vec<u64>>,
    /// Compute units in use.
    pub(super) units: u64,
    /// Per dimension: index of what remains for temporal loops.
    pub(super) rest: Vec<u32>,
}

/// Words that go from one level that keeps a data space to the next inner one that does, or to the compute units.
#[derive(Clone, Debug)]
pub(super) struct Boundary {
    pub(super) space: usize,
    /// The innermost level whose temporal loops lie outside the tile that is delivered.
    pub(super) above: usize,
    /// The level that serves.
    pub(super) parent: usize,
    /// What is counted per word that arrives in all tiles together.
    pub(super) cost: Counted,
    /// Words that arrive per word that leaves.
    pub(super) multicast: f64,
    /// Whether every visit delivers the whole tile.
    pub(super) no_temporal_reuse: bool,
    /// Largest factor by which neighbours may lessen the words; 1 if they cannot.
    pub(super) width: f64,
    /// Whether every visit delivers the whole tile, but neighbours may help with all of it.
    pub(super) links_without_reuse: bool,
    /// Bound of what is counted while the tile is not known.
    pub(super) unknown: Counted,
    /// Levels further out that pass the words on and whose children may lie within reach of each other.
    pub(super) bypassed_with_links: Vec<usize>,
    /// Whether one of them has children that remember nothing: there, neighbours may help at every visit.
    pub(super) bypassed_without_reuse: bool,
}

/// Spatial loops and what each level keeps: everything that temporal loops do not change.
#[derive(Clone, Debug)]
pub(super) struct Subspace {
    pub(super) spatial_factors: usize,
    pub(super) keep: Vec<DataSpaceSet>,
    pub(super) instances: Vec<f64>,
    /// Iterations of all temporal loops.
    pub(super) cycles: f64,
    /// What is counted whatever the temporal loops; may be below 0 where it is what partial sums save.
    pub(super) constant: Counted,
    /// Energy per cycle.
    pub(super) leak: f64,
    /// Whether some data space has no bounds: then every order and place may matter to it.
    pub(super) has_no_bound: bool,
    pub(super) boundaries: Vec<Boundary>,
    /// Reads and writes per level and instance that are the same for all temporal loops; for levels of limited bandwidth.
    pub(super) traffic: Vec<Demand>,
    /// Cycles that these take.
    pub(super) min_cycles: f64,
}

impl Subspace {
    /// `None` if a data space is kept nowhere.
    pub(super) fn new(
        prepared: &PreparedJob,
        spatial_factors: &SpatialFactors,
        index: usize,
        keep: &[DataSpaceSet],
    ) -> Option<Self> {
        let levels = prepared.levels.len();
        let spatial = &spatial_factors.spatial;
        let mut instances = vec![1.0; levels];
        for level in (0..levels - 1).rev() {
            instances[level] = instances[level + 1] * product(spatial[level + 1].iter());
        }
        let cycles = (prepared.macs / real(spatial_factors.units)).round();
        let leak = (0..levels).map(|level| prepared.levels[level].leakage(1.0, instances[level])).sum::<f64>();
        let mut subspace = Self {
            spatial_factors: index,
            keep: keep.to_vec(),
            instances,
            cycles,
            constant: Counted { energy_pj: prepared.macs * prepared.compute_pj, accesses: 0.0 },
            leak,
            has_no_bound: false,
            boundaries: Vec::new(),
            traffic: vec![Demand::default(); levels],
            min_cycles: cycles,
        };
        for (space, geometry) in prepared.spaces.iter().enumerate() {
            let kept: Vec<usize> = (0..levels).filter(|level| keep[*level].contains(space)).collect();
            if kept.is_empty() {
                return None;
            }
            subspace.add_data_space(prepared, spatial_factors, space, geometry, &kept);
        }
        subspace.min_cycles = subspace.throttled(prepared, &subspace.traffic);
        Some(subspace)
    }

    /// Adds one data space (docs/model.md section 4.6, "simple consequence").
    fn add_data_space(
        &mut self,
        prepared: &PreparedJob,
        spatial_factors: &SpatialFactors,
        space: usize,
        geometry: &Geometry,
        kept: &[usize],
    ) {
        let policies = &prepared.space.policies;
        // Bounds of 0 for what they do not cover.
        if !geometry.is_regular || policies.iter().any(|level| level.no_coalesce.contains(space)) {
            self.has_no_bound = true;
            return;
        }
        let spatial = &spatial_factors.spatial;
        let word = |level: usize| prepared.per_word(level, space, self.instances[level]);
        // Most words of the whole that one instance holds in turn, in all instances together.
        let partition = |level: usize| {
            let parts = spatial[level + 1..]
                .iter()
                .flat_map(|factors| geometry.singles.iter().map(|dimension| &factors[*dimension]));
            real(geometry.whole) / product(parts) * self.instances[level]
        };
        let saves =
            |level: usize| if policies[level].rmw_first_update.contains(space) { 0.0 } else { partition(level) };
        let mut constant = Counted::default();
        let mut saved_traffic = vec![Demand::default(); kept[kept.len() - 1] + 1];
        let outermost = kept[kept.len() - 1];
        if geometry.read_write {
            for &level in kept {
                let saved = saves(level) / self.instances[level] * prepared.levels[level].bandwidth_scale(space);
                constant -= word(level).read * saves(level);
                saved_traffic[level].reads -= saved;
                if level != outermost {
                    constant -= word(level).fill * saves(level);
                    saved_traffic[level].writes -= saved;
                }
            }
        }
        let served = |level: usize| word(level).served(geometry.read_write);
        let mut inner: Option<usize> = None;
        let (mut datapath, mut boundaries) = (None, Vec::new());
        for &parent in kept {
            let above = inner.map_or(0, |inner| inner + 1);
            let levels = above..=parent;
            let multicast: f64 =
                levels.clone().map(|level| multicast(prepared, geometry, space, level, &spatial[level])).product();
            let arriving = inner.map_or(Counted::default(), |inner| word(inner).fill);
            let candidates = product(spatial[above].iter());
            let links = !policies[above].no_link_transfer.contains(space);
            let links_without_reuse = inner.is_none_or(|inner| policies[inner].no_temporal_reuse.contains(space));
            let in_windows = |factors: &[u64]| -> f64 {
                (0..factors.len())
                    .filter(|dimension| geometry.window_of[*dimension].is_some())
                    .map(|dimension| real(factors[dimension]))
                    .product()
            };
            let width = if links { in_windows(&spatial[above]) } else { 1.0 };
            let has_copies = multicast_of(geometry, &spatial[above]) > 1.0;
            let has_links = links && candidates > 1.0 && (width > 1.0 || (links_without_reuse && has_copies));
            let cost = arriving + served(parent) / multicast;
            let may_link = |level: &usize| !policies[*level].no_link_transfer.contains(space);
            let passing = (above + 1..=parent).filter(may_link);
            let bypassed_with_links: Vec<usize> =
                passing.clone().filter(|level| in_windows(&spatial[*level]) > 1.0).collect();
            let bypassed_without_reuse = passing.clone().any(|level| {
                policies[level - 1].no_temporal_reuse.contains(space) && product(spatial[level].iter()) > 1.0
            });
            if inner.is_none() && !has_links && bypassed_with_links.is_empty() && !bypassed_without_reuse {
                // Compute units remember nothing: every operation asks.
                constant += cost * prepared.macs;
                datapath = Some((parent, multicast));
            } else {
                // Neighbours may share words unevenly: each count of an instance is rounded by less than one word.
                if has_links || !bypassed_with_links.is_empty() || bypassed_without_reuse {
                    let received = inner.map(|inner| word(inner).fill * self.instances[inner]);
                    constant -= received.unwrap_or_default() + served(parent) * self.instances[parent];
                }
                let copies: f64 = spatial[above..].iter().map(|factors| multicast_of(geometry, factors)).product();
                let width = if has_links { width } else { 1.0 };
                let boundary = Boundary {
                    space,
                    above,
                    parent,
                    cost,
                    multicast,
                    no_temporal_reuse: links_without_reuse && !has_links,
                    width,
                    links_without_reuse: links_without_reuse && has_links,
                    unknown: cost * (real(geometry.points) * copies / width),
                    bypassed_with_links,
                    bypassed_without_reuse,
                };
                boundaries.push(boundary);
            }
            inner = Some(parent);
        }
        self.constant += constant;
        self.boundaries.append(&mut boundaries);
        if let Some((parent, multicast)) = datapath {
            self.add_words(prepared, space, None, parent, prepared.macs, multicast);
        }
        for (traffic, saved) in self.traffic.iter_mut().zip(saved_traffic) {
            traffic.reads += saved.reads;
            traffic.writes += saved.writes;
        }
    }

    /// Adds words to the traffic of the levels on both sides.
    fn add_words(
        &mut self,
        prepared: &PreparedJob,
        space: usize,
        inner: Option<usize>,
        parent: usize,
        words: f64,
        multicast: f64,
    ) {
        let mut traffic = std::mem::take(&mut self.traffic);
        self.add_traffic(prepared, &mut traffic, space, inner, parent, words, multicast);
        self.traffic = traffic;
    }

    /// Adds what arrives in all tiles to the traffic per instance of the levels on both sides. What partial sums save
    /// the first time is in [`Self::traffic`] already.
    #[expect(clippy::too_many_arguments, reason = "the parts of one boundary")]
    pub(super) fn add_traffic(
        &self,
        prepared: &PreparedJob,
        traffic: &mut [Demand],
        space: usize,
        inner: Option<usize>,
        parent: usize,
        words: f64,
        multicast: f64,
    ) {
        let scale = |level: usize| prepared.levels[level].bandwidth_scale(space);
        if let Some(inner) = inner {
            traffic[inner].receive(words / self.instances[inner] * scale(inner));
        }
        let served = words / multicast / self.instances[parent] * scale(parent);
        traffic[parent].serve(served, prepared.spaces[space].read_write);
    }

    /// Cycles that traffic takes at least (docs/model.md section 5.2).
    pub(super) fn throttled(&self, prepared: &PreparedJob, traffic: &[Demand]) -> f64 {
        let limits = prepared.levels.iter().map(|level| &level.bandwidth);
        let limited = limits.zip(traffic).filter(|(limits, _)| limits.is_limited());
        limited.fold(self.cycles, |cycles, (limits, traffic)| cycles.max(limits.min_cycles(*traffic)))
    }

    /// Bounds of all metrics, from one of what is counted.
    pub(super) fn lower_bounds(&self, prepared: &PreparedJob, counted: Counted, cycles: f64) -> LowerBounds {
        let energy_pj = (counted.energy_pj + self.leak * cycles).max(0.0);
        let cost = Cost { energy_pj, cycles: truncated(cycles).saturating_add(prepared.latency) };
        // Accesses are whole numbers, compared exactly: a sum that is too high by its rounding would refuse mappings of equal value.
        let accesses = (counted.accesses * (1.0 - NOISE)).ceil().max(0.0);
        LowerBounds { cost, accesses: prepared.counted_level.map(|level| (level, accesses)) }
    }
}

impl SpatialFactors {
    /// Loops of all levels, each in its first allowed place.
    pub(super) fn first_places(&self, prepared: &PreparedJob) -> Vec<Vec<SpatialLoop>> {
        let mut places = vec![Vec::new(); self.spatial.len()];
        for (level, placement) in &prepared.placements {
            places[*level] = placement.first(&prepared.all_dimensions(&self.spatial[*level])).unwrap_or_default();
        }
        places
    }

    /// Loops of all levels in all allowed places.
    pub(super) fn all_places(&self, prepared: &PreparedJob) -> Vec<Vec<Vec<SpatialLoop>>> {
        let mut all = vec![vec![Vec::new(); self.spatial.len()]];
        for (level, placement) in &prepared.placements {
            let places_of_level = placement.all(&prepared.all_dimensions(&self.spatial[*level]));
            let with = |places: &Vec<Vec<SpatialLoop>>| {
                let places = places.clone();
                let level = *level;
                places_of_level.clone().into_iter().map(move |loops| {
                    let mut places = places.clone();
                    places[level] = loops;
                    places
                })
            };
            all = all.iter().flat_map(with).collect();
        }
        all
    }
}

fn product<'a>(factors: impl Iterator<Item = &'a u64>) -> f64 {
    factors.map(|factor| real(*factor)).product()
}

/// Copies that the spatial loops of one level make.
fn multicast_of(geometry: &Geometry, factors: &[u64]) -> f64 {
    (0..factors.len())
        .filter(|dimension| !geometry.matters[*dimension])
        .map(|dimension| real(factors[dimension]))
        .product()
}

/// At most as many children as one word of a level serves on average: all children over the groups with different tiles. Along
/// one window with several loops there are at least as many different places as the longest of them has.
fn multicast(prepared: &PreparedJob, geometry: &Geometry, space: usize, level: usize, factors: &[u64]) -> f64 {
    let candidates = product(factors.iter());
    if prepared.space.policies[level].no_multicast.contains(space) {
        return 1.0;
    }
    let singles = product(geometry.singles.iter().map(|dimension| &factors[*dimension]));
    let windows = geometry.windows.iter();
    let groups: f64 = windows
        .map(|window| window.terms.iter().map(|(dimension, _)| real(factors[*dimension])).fold(1.0, f64::max))
        .product();
    candidates / (singles * groups)
}
