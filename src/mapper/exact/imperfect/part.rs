//! What the loops of one dimension contribute to the traffic of a mapping, whatever the other dimensions do (docs/search.md section 7.4).

use super::super::computes::DimensionCount;
use crate::mapspace::{Kind, TilingLevel};
use crate::numbers::real;

/// A quantity, and its product with the cycles of the same loops; both are least values of their own where several loops are meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Timed {
    pub(super) plain: f64,
    pub(super) timed: f64,
}

impl Timed {
    pub(super) const ONE: Self = Self { plain: 1.0, timed: 1.0 };
    pub(super) const ZERO: Self = Self { plain: 0.0, timed: 0.0 };

    pub(super) fn new(plain: f64, cycles: f64) -> Self {
        Self { plain, timed: plain * cycles }
    }

    pub(super) fn min(self, other: Self) -> Self {
        Self { plain: self.plain.min(other.plain), timed: self.timed.min(other.timed) }
    }

    pub(super) fn max(self, other: Self) -> Self {
        Self { plain: self.plain.max(other.plain), timed: self.timed.max(other.timed) }
    }

    #[inline]
    pub(super) fn and(self, other: Self) -> Self {
        Self { plain: self.plain * other.plain, timed: self.timed * other.timed }
    }

    pub(super) fn times(self, factor: f64) -> Self {
        Self { plain: self.plain * factor, timed: self.timed * factor }
    }
}

/// What the words of a boundary are counted for: those that arrive below `above`, at each instance of it (`at` is `above - 1`) or as
/// they are asked of the levels further out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Crossing {
    /// The innermost level whose temporal loops lie outside the tile that is delivered.
    pub(super) above: usize,
    /// One more than the level whose instances count.
    pub(super) outside: usize,
}

/// One dimension at a crossing, in all instances together, were averages of instances not truncated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Passing {
    /// Indices that arrive, if the data space moves with the dimension; asked of outer levels once per child that is another one.
    pub(super) indices: Timed,
    /// Instances, those counted less that are fewer in the last pass.
    pub(super) instances: Timed,
    /// The same as a share of all instances that the loops have.
    pub(super) share: Timed,
}

/// The loops of one dimension, or the least of several ways to have them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    /// Product of the temporal iterations.
    pub(super) cycles: f64,
    /// Operations before averages are truncated.
    pub(super) operations: Timed,
    /// Average compute units: least and most; and least of them times cycles.
    pub(super) units: (f64, f64),
    pub(super) busy: f64,
    /// Whether all loops over instances are perfect.
    pub(super) is_whole: bool,
    /// Per level.
    pub(super) levels: Vec<PartOfLevel>,
    /// Per crossing of the layout.
    pub(super) crossings: Vec<Passing>,
}

/// One dimension at one level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PartOfLevel {
    /// Extent of the tile that the level keeps: least.
    pub(super) extent: u64,
    /// Iterations of the first instance's temporal loops outside the level: least.
    pub(super) visits: f64,
    /// Instances of the level on average: least and most.
    pub(super) instances: (f64, f64),
    /// Instances times cycles: least.
    pub(super) powered: f64,
    /// Instances that the loops outside have: most.
    pub(super) expanded: f64,
    /// Parts of the whole dimension that all instances hold in turn, as the model counts them: most.
    pub(super) held: f64,
    /// Instances below one of the level: least and most.
    pub(super) fan_out: (u64, u64),
    /// Operations of the first instance of level 0 in all instances of this level.
    pub(super) asked: Timed,
    /// Share of the children that a last pass has: least.
    pub(super) last: f64,
    /// Share of the indices for which the temporal loop, if there is one, has more than one iteration: least.
    pub(super) firm: f64,
    /// Whether there surely is a temporal loop, and whether there may be one.
    pub(super) has_loop: bool,
    pub(super) may_have_loop: bool,
}

/// What is asked of every part.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) tiling: Vec<TilingLevel>,
    pub(super) levels: usize,
    pub(super) crossings: Vec<Crossing>,
}

impl Layout {
    pub(super) fn index(&self, above: usize, outside: usize) -> Option<usize> {
        self.crossings.binary_search(&Crossing { above, outside }).ok()
    }
}

/// A loop of one tiling level with what is inside and outside of it.
#[derive(Clone, Copy)]
struct Placed {
    bound: u64,
    residual: u64,
    level: usize,
    kind: Kind,
    /// Instances in use on average, if it is spatial.
    average: f64,
    /// Passes of the loops outside.
    passes: u64,
}

impl Part {
    /// Of loops with their residuals, one per tiling level from the innermost.
    pub(super) fn of(bound: u64, parts: &[(u64, u64)], layout: &Layout) -> Self {
        let mut left = bound;
        let mut lefts = vec![1; layout.levels];
        let mut loops = Vec::with_capacity(parts.len());
        for (&(bound, residual), tiling) in parts.iter().zip(&layout.tiling) {
            let before = left;
            left = left.div_ceil(bound);
            let average = if tiling.kind == Kind::Spatial { real(before) / real(left) } else { 1.0 };
            loops.push(Placed { bound, residual, level: tiling.level, kind: tiling.kind, average, passes: left });
            lefts[tiling.level] = left;
        }
        let temporal = loops.iter().filter(|one| one.kind == Kind::Temporal);
        let cycles = temporal.fold(1.0, |cycles, one| cycles * real(one.bound));
        let count = DimensionCount::of(parts, &layout.tiling);
        let spatial = || loops.iter().filter(|one| one.kind == Kind::Spatial);
        let averages = |level: usize| spatial().filter(|one| one.level > level).map(|one| one.average).product::<f64>();
        let all = |level: usize| spatial().filter(|one| one.level > level).map(|one| real(one.bound)).product::<f64>();
        let own = own_operations(&loops);
        let of_level = |level: usize| {
            let (instances, expanded) = (averages(level), all(level));
            let below = spatial().find(|one| one.level == level);
            let inside = loops.iter().filter(|one| one.level <= level);
            let has_loop = loops.iter().any(|one| one.level == level && one.kind == Kind::Temporal && one.bound > 1);
            PartOfLevel {
                extent: inside.fold(1, |extent: u64, one| extent.saturating_mul(one.bound)),
                visits: (real(lefts[level]) / expanded).ceil().max(1.0),
                instances: (instances, instances),
                powered: instances * cycles,
                expanded,
                held: held(&loops, level),
                fan_out: below.map_or((1, 1), |below| (below.bound, below.bound)),
                asked: Timed::new(own * instances, cycles),
                last: below.map_or(1.0, |below| real(below.residual) / real(below.bound)),
                firm: firm(&loops, level),
                has_loop,
                may_have_loop: has_loop,
            }
        };
        let crossing = |crossing: &Crossing| {
            let Crossing { above, outside } = *crossing;
            let counted = |one: &&Placed| one.level >= outside;
            let instances = spatial().filter(counted).map(|one| one.average).product::<f64>();
            let expanded = spatial().filter(counted).map(|one| real(one.bound)).product::<f64>();
            let children = spatial().filter(|one| one.level >= above && one.level < outside);
            let groups = children.map(|one| real(one.bound)).product::<f64>();
            let last = spatial().find(|one| one.level == above);
            let last = last.map_or(1.0, |one| real(one.residual) / real(one.bound));
            Passing {
                indices: Timed::new(arriving(&loops, above) * groups * instances, cycles),
                instances: Timed::new(last * instances, cycles),
                share: Timed::new(last * instances / expanded, cycles),
            }
        };
        Self {
            cycles,
            operations: Timed::new(count.product(), cycles),
            units: (count.units, count.units),
            busy: count.units * cycles,
            is_whole: count.is_whole,
            levels: (0..layout.levels).map(of_level).collect(),
            crossings: layout.crossings.iter().map(crossing).collect(),
        }
    }

    /// Becomes the least of itself and another.
    pub(super) fn merge(&mut self, other: &Self) {
        self.cycles = self.cycles.min(other.cycles);
        self.operations = self.operations.min(other.operations);
        self.units = (self.units.0.min(other.units.0), self.units.1.max(other.units.1));
        self.busy = self.busy.min(other.busy);
        self.is_whole &= other.is_whole;
        self.levels.iter_mut().zip(&other.levels).for_each(|(level, other)| level.merge(other));
        for (passing, other) in self.crossings.iter_mut().zip(&other.crossings) {
            passing.indices = passing.indices.min(other.indices);
            passing.instances = passing.instances.min(other.instances);
            passing.share = passing.share.min(other.share);
        }
    }

    /// Forgets how temporal loops are shared by levels: only what holds for every way is left.
    pub(super) fn open(&mut self) {
        let last = self.levels.len() - 1;
        let mut extent = 1u64;
        for (index, level) in self.levels.iter_mut().enumerate() {
            extent = extent.saturating_mul(level.fan_out.0);
            if index < last {
                level.extent = extent;
            }
            (level.visits, level.firm, level.has_loop, level.may_have_loop) = (1.0, 0.0, false, true);
        }
    }

    /// The least of several.
    pub(super) fn least<'p>(parts: impl IntoIterator<Item = &'p Self>) -> Option<Self> {
        let mut parts = parts.into_iter();
        let mut least = parts.next()?.clone();
        parts.for_each(|part| least.merge(part));
        Some(least)
    }
}

impl PartOfLevel {
    fn merge(&mut self, other: &Self) {
        self.extent = self.extent.min(other.extent);
        self.visits = self.visits.min(other.visits);
        self.instances = (self.instances.0.min(other.instances.0), self.instances.1.max(other.instances.1));
        self.powered = self.powered.min(other.powered);
        self.expanded = self.expanded.max(other.expanded);
        self.held = self.held.max(other.held);
        self.fan_out = (self.fan_out.0.min(other.fan_out.0), self.fan_out.1.max(other.fan_out.1));
        self.asked = self.asked.min(other.asked);
        self.last = self.last.min(other.last);
        self.firm = self.firm.min(other.firm);
        self.has_loop &= other.has_loop;
        self.may_have_loop |= other.may_have_loop;
    }
}

/// Indices that arrive at the first instance below `above` in the whole run if every visit brings its extent; where it has fewer
/// siblings in a last pass, what it gets is shared among as many as there could be (docs/model.md section 4.6, "share").
fn arriving(loops: &[Placed], above: usize) -> f64 {
    let (mut full, mut last) = (1.0, 1.0);
    for one in loops {
        let (bound, residual) = (real(one.bound), real(one.residual));
        if one.level < above || one.kind == Kind::Temporal {
            last += (residual - 1.0) * full;
            full *= bound;
        } else {
            last = if one.residual > 1 { full } else { last };
            last *= if one.level == above { residual / bound } else { 1.0 };
        }
    }
    last
}

/// What all instances of a level hold of a dimension in turn, over the whole: per loop over instances one tile of those that are there
/// together (docs/model.md section 4.6, "partition").
fn held(loops: &[Placed], level: usize) -> f64 {
    let (mut full, mut last, mut held) = (1.0, 1.0, 1.0);
    for one in loops {
        let (bound, residual) = (real(one.bound), real(one.residual));
        let tile = full;
        last += (residual - 1.0) * full;
        full *= bound;
        if one.kind == Kind::Spatial && one.level > level {
            // Of a single pass only the last one is seen.
            let together = if one.passes > 1 { full } else { last };
            held *= one.average * tile / together;
        }
    }
    held
}

/// Share of the first instance's indices for which the temporal loop of a level has more than one iteration: in a last pass of one
/// iteration it does not move anything.
fn firm(loops: &[Placed], level: usize) -> f64 {
    let Some(at) = loops.iter().position(|one| one.level == level && one.kind == Kind::Temporal) else { return 1.0 };
    if loops[at].residual > 1 || loops[at].bound == 1 {
        return 1.0;
    }
    // Passes of all its iterations.
    let (mut full, mut last) = (1.0, 0.0);
    for one in &loops[at + 1..] {
        if one.kind == Kind::Temporal {
            last += (real(one.residual) - 1.0) * full;
            full *= real(one.bound);
        } else if one.residual > 1 {
            last = full;
        }
    }
    let whole = last * real(loops[at].bound);
    whole / (whole + 1.0)
}

/// Operations of the first instance of level 0: those of all its compute units over the units that it could use.
fn own_operations(loops: &[Placed]) -> f64 {
    arriving(loops, 0)
}
