//! Random mappings.

use onnx2timeloop::architecture::Architecture;
use onnx2timeloop::mapping::{Axis, DataSpaceSet, LevelMapping, LevelPolicy, Loop, Mapping, SpatialLoop};
use onnx2timeloop::workload::Problem;

use super::Random;

fn axis(random: &mut Random) -> Axis {
    if random.one_in(2) { Axis::X } else { Axis::Y }
}

/// A mapping with perfect factors that fits the meshes (not always the capacities).
pub(crate) fn mapping(architecture: &Architecture, problem: &Problem, random: &mut Random) -> Mapping {
    let mut loops = Loops::none(architecture, problem);
    for (dimension, &(_, bound)) in problem.dimensions().iter().enumerate() {
        let mut rest = bound;
        let mut prime = 2;
        while rest > 1 {
            while rest % prime != 0 {
                prime += 1;
            }
            rest /= prime;
            let level = random.below(loops.temporal.len());
            let axis = axis(random);
            let free = loops.free(architecture, level, axis);
            let (spatial, placed) = &mut loops.spatial[level][dimension];
            if prime <= free && (spatial.bound == 1 || *placed == axis) {
                *spatial = Loop::perfect(dimension, spatial.bound * prime);
                *placed = axis;
            } else {
                let temporal = &mut loops.temporal[level][dimension];
                *temporal = Loop::perfect(dimension, temporal.bound * prime);
            }
        }
    }
    loops.arranged(architecture, problem, random)
}

/// The same with residuals: any number of iterations, up to what is left of the dimension.
pub(crate) fn imperfect(architecture: &Architecture, problem: &Problem, random: &mut Random) -> Mapping {
    let mut loops = Loops::none(architecture, problem);
    let levels = loops.temporal.len();
    for (dimension, &(_, bound)) in problem.dimensions().iter().enumerate() {
        let mut rest = bound;
        let take = |most: u64, rest: &mut u64, random: &mut Random| {
            let bound = if random.one_in(2) { 1 } else { 1 + random.below(most.min(*rest) as usize) as u64 };
            let residual = if rest.is_multiple_of(bound) { bound } else { *rest % bound };
            *rest = rest.div_ceil(bound);
            Loop { dimension, bound, residual }
        };
        // From the innermost loop outwards; the outermost one takes what is left.
        for level in 0..levels {
            let axis = axis(random);
            let free = loops.free(architecture, level, axis);
            loops.spatial[level][dimension] = (take(free, &mut rest, random), axis);
            let last = level + 1 == levels;
            loops.temporal[level][dimension] =
                if last { Loop::perfect(dimension, rest) } else { take(u64::MAX, &mut rest, random) };
        }
    }
    loops.arranged(architecture, problem, random)
}

/// Per level and dimension: the loop in time, and the one over instances with its axis.
struct Loops {
    temporal: Vec<Vec<Loop>>,
    spatial: Vec<Vec<(Loop, Axis)>>,
}

impl Loops {
    fn none(architecture: &Architecture, problem: &Problem) -> Self {
        let units: Vec<Loop> = (0..problem.dimensions().len()).map(|each| Loop::perfect(each, 1)).collect();
        let levels = architecture.levels().len();
        let spatial = units.iter().map(|each| (*each, Axis::X)).collect();
        Self { temporal: vec![units; levels], spatial: vec![spatial; levels] }
    }

    /// How far the mesh below a level can be filled further along an axis.
    fn free(&self, architecture: &Architecture, level: usize, axis: Axis) -> u64 {
        let fan_out = architecture.fan_out(level);
        let limit = if axis == Axis::X { fan_out.x } else { fan_out.y };
        let used: u64 = self.spatial[level].iter().filter(|each| each.1 == axis).map(|each| each.0.bound).product();
        limit / used
    }

    /// In a random order, with random data spaces kept and random switches.
    fn arranged(self, architecture: &Architecture, problem: &Problem, random: &mut Random) -> Mapping {
        let (levels, spaces) = (self.temporal.len(), problem.data_spaces().len());
        let level = |level: usize| {
            let mut order: Vec<usize> = (0..problem.dimensions().len()).collect();
            random.shuffle(&mut order);
            let loops = order.iter().map(|&dimension| self.temporal[level][dimension]);
            let temporal = loops.filter(|each| each.bound > 1).collect();
            random.shuffle(&mut order);
            let on = |axis: Axis| {
                let here = order.iter().map(|&dimension| self.spatial[level][dimension]);
                here.filter(move |(iteration, placed)| *placed == axis && iteration.bound > 1)
            };
            let placed = on(Axis::X).chain(on(Axis::Y)).map(|(iteration, axis)| SpatialLoop { iteration, axis });
            let spatial = placed.collect();
            let dummy = architecture.levels()[level].class.contains("dummy");
            let keep = if level + 1 == levels {
                DataSpaceSet::all(spaces)
            } else if dummy {
                DataSpaceSet::default()
            } else {
                (0..spaces).filter(|_| !random.one_in(3)).collect()
            };
            let switch = |random: &mut Random| {
                if random.one_in(8) {
                    (0..spaces).filter(|_| random.one_in(2)).collect()
                } else {
                    DataSpaceSet::default()
                }
            };
            LevelMapping {
                temporal,
                spatial,
                policy: LevelPolicy {
                    keep,
                    no_temporal_reuse: switch(random),
                    no_multicast: switch(random),
                    no_link_transfer: switch(random),
                    rmw_first_update: switch(random),
                    no_coalesce: switch(random),
                },
            }
        };
        Mapping { levels: (0..levels).map(level).collect() }
    }
}
