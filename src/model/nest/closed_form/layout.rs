//! The loops of a mapping, laid out: how often each boundary is crossed and what lies below it (docs/model.md section 4.1).
//!
//! Two passes, each over every loop once: [`Layout::count`] from the outermost loop inwards, [`Layout::measure`] outwards.
//! What is known per data space lies in arrays of fixed size, so that no loop is a loop at run time.

use super::Shape;
use super::compact::CompactMapping;
use super::shape::{PerRank, PerSpace, RANKS, SPACES};
use crate::architecture::Mesh;
use crate::mapping::Axis;
use crate::model::feasible::MAX_CHILDREN;
use crate::numbers::real;

/// One temporal loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Temporal {
    pub(super) dimension: usize,
    pub(super) bound: u64,
    /// How far one iteration advances its dimension.
    pub(super) step: u64,
    /// Product of the bounds of the temporal loops outside it.
    pub(super) above: f64,
}

/// One level, and its lower boundary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LevelAt {
    /// Products of the spatial loops outside it.
    pub(crate) outside: Mesh,
    /// Instances in use.
    pub(crate) instances: u64,
    /// Its children per instance.
    pub(crate) children: u64,
    /// Their mesh: what the hardware has, or more if the mapping has more.
    pub(super) mesh: Mesh,
    /// How often its lower boundary is visited: iterations of the temporal loops outside.
    pub(super) visits: f64,
    /// Number of these loops.
    pub(super) loops: usize,
    /// Words of the tile of the next inner level.
    pub(crate) tile: PerSpace<u64>,
    /// Words of all tiles of the next inner level that one instance feeds at a time.
    pub(crate) working_set: PerSpace<u64>,
    /// Groups of children with equal tiles; 0 if only their places tell.
    pub(super) groups: PerSpace<u64>,
    /// How often the tile changes: iterations of the innermost temporal loop that matters and of all outside it; 1 if none does.
    pub(super) changes: PerSpace<f64>,
    /// Temporal loops up to that one, from the outermost; 0 without such a loop.
    pub(super) first: PerSpace<usize>,
    /// Extents of the tile along the windows of all data spaces.
    pub(super) extents: PerRank<u64>,
}

impl LevelAt {
    /// A place for the numbers.
    fn blank() -> Self {
        Self {
            outside: Mesh { x: 1, y: 1 },
            instances: 1,
            children: 1,
            mesh: Mesh { x: 1, y: 1 },
            visits: 1.0,
            loops: 0,
            tile: PerSpace::default(),
            working_set: PerSpace::default(),
            groups: PerSpace::default(),
            changes: PerSpace::default(),
            first: PerSpace::default(),
            extents: PerRank::default(),
        }
    }
}

/// A mapping, laid out. Keeps its memory from one mapping to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// All temporal loops, outermost first.
    pub(super) temporal: Vec<Temporal>,
    /// Per loop of the mapping: how far one iteration advances its dimension.
    pub(super) steps: Vec<u64>,
    pub(crate) levels: Vec<LevelAt>,
    /// Iterations of all temporal loops.
    pub(crate) cycles: f64,
    /// Per dimension: iterations of the tile so far.
    extents: Vec<u64>,
}

impl Layout {
    /// Iterations and instances, from the outermost loop inwards; the products of all spatial loops. `None` if the loops are
    /// none of this problem and architecture.
    pub(crate) fn count(&mut self, shape: &Shape, mapping: &CompactMapping) -> Option<Mesh> {
        if mapping.levels.len() != shape.fan_outs.len() {
            return None;
        }
        self.levels.resize_with(mapping.levels.len(), LevelAt::blank);
        self.temporal.clear();
        let mut cycles = 1.0;
        let (mut changes, mut first) = ([1.0; SPACES], [0; SPACES]);
        let mut outside = Mesh { x: 1, y: 1 };
        let mut end = mapping.loops.len();
        for (index, level) in self.levels.iter_mut().enumerate().rev() {
            let (start, middle) = (mapping.start(index), mapping.levels[index].temporal);
            for iteration in mapping.loops[middle..end].iter().rev() {
                let dimension = shape.dimensions.get(iteration.dimension)?;
                self.temporal.push(Temporal {
                    dimension: iteration.dimension,
                    bound: iteration.bound,
                    step: 1,
                    above: cycles,
                });
                cycles *= real(iteration.bound);
                let loops = self.temporal.len();
                for space in 0..SPACES {
                    changes[space] = if dimension.matters[space] { cycles } else { changes[space] };
                    first[space] = if dimension.matters[space] { loops } else { first[space] };
                }
            }
            level.outside = outside;
            level.instances = outside.product();
            (level.visits, level.loops) = (cycles, self.temporal.len());
            (level.changes, level.first) = (changes, first);
            level.children = 1;
            if start < middle {
                let mut used = Mesh { x: 1, y: 1 };
                for iteration in &mapping.loops[start..middle] {
                    match iteration.axis {
                        Some(Axis::X) => used.x = used.x.saturating_mul(iteration.bound),
                        Some(Axis::Y) => used.y = used.y.saturating_mul(iteration.bound),
                        None => return None,
                    }
                }
                let fan_out = shape.fan_outs[index];
                if fan_out.product() == 1 {
                    return None;
                }
                level.children = used.x.saturating_mul(used.y);
                if level.children > MAX_CHILDREN {
                    return None;
                }
                level.mesh = Mesh { x: fan_out.x.max(used.x), y: fan_out.y.max(used.y) };
                outside = Mesh { x: outside.x.saturating_mul(used.x), y: outside.y.saturating_mul(used.y) };
            }
            end = start;
        }
        self.cycles = cycles;
        Some(outside)
    }

    /// Steps and tiles, from the innermost loop outwards. `None` if the loops do not make the problem's bounds, or a level has two
    /// loops of a kind over one dimension.
    pub(crate) fn measure(&mut self, shape: &Shape, mapping: &CompactMapping) -> Option<()> {
        self.extents.clear();
        self.extents.resize(shape.dimensions.len(), 1);
        self.steps.clear();
        let mut tile = Tile { factors: [1; SPACES], extents: [1; RANKS] };
        let mut sizes = tile.factors;
        let mut temporal = self.temporal.iter_mut().rev();
        let mut start = 0;
        for (level, mapped) in self.levels.iter_mut().zip(&mapping.levels) {
            (level.tile, level.extents) = (sizes, tile.extents);
            level.groups = [1; SPACES];
            if start < mapped.temporal {
                let (mut seen, mut moved) = (0, 0);
                for iteration in &mapping.loops[start..mapped.temporal] {
                    self.steps.push(tile.advance(
                        shape,
                        &mut self.extents,
                        &mut seen,
                        iteration.dimension,
                        iteration.bound,
                    )?);
                    let dimension = &shape.dimensions[iteration.dimension];
                    let meets = dimension.moved & moved;
                    for (space, groups) in level.groups.iter_mut().enumerate() {
                        let new = if meets & shape.ranks[space] == 0 { *groups * iteration.bound } else { 0 };
                        *groups = if dimension.matters[space] { new } else { *groups };
                    }
                    moved |= dimension.moved;
                }
                sizes = tile.sizes(shape);
            }
            level.working_set = sizes;
            if mapped.temporal < mapped.end {
                let mut seen = 0;
                for (iteration, outer) in mapping.loops[mapped.temporal..mapped.end].iter().zip(&mut temporal) {
                    outer.step =
                        tile.advance(shape, &mut self.extents, &mut seen, iteration.dimension, iteration.bound)?;
                    self.steps.push(outer.step);
                }
                sizes = tile.sizes(shape);
            }
            start = mapped.end;
        }
        let whole = self.extents.iter().zip(&shape.dimensions).all(|(extent, dimension)| *extent == dimension.bound);
        whole.then_some(())
    }
}

/// The tile of the loops so far.
struct Tile {
    /// Product of the ranks that are single dimensions.
    factors: PerSpace<u64>,
    /// Extents along the windows.
    extents: PerRank<u64>,
}

impl Tile {
    /// One more loop; its step.
    #[inline]
    fn advance(
        &mut self,
        shape: &Shape,
        extents: &mut [u64],
        seen: &mut u64,
        dimension: usize,
        bound: u64,
    ) -> Option<u64> {
        let description = shape.dimensions.get(dimension)?;
        let extent = &mut extents[dimension];
        let step = *extent;
        *extent = step.checked_mul(bound).filter(|extent| *extent <= description.bound && *extent > 0)?;
        if *seen >> dimension & 1 != 0 {
            return None;
        }
        *seen |= 1 << dimension;
        for (space, factor) in self.factors.iter_mut().enumerate() {
            *factor *= if description.scales[space] { bound } else { 1 };
        }
        if description.moved != 0 {
            let further = *extent - step;
            for (rank, extent) in self.extents.iter_mut().enumerate() {
                *extent += description.reach[rank] * further;
            }
        }
        Some(step)
    }

    /// Words per data space (docs/model.md section 1.2).
    fn sizes(&self, shape: &Shape) -> PerSpace<u64> {
        let mut sizes = self.factors;
        for &(space, rank) in &shape.windows {
            sizes[space] *= self.extents[rank];
        }
        sizes
    }
}
