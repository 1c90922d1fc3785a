//! Random mappings, from a generator of our own so that every run sees the same.

use onnx2timeloop::architecture::Architecture;
use onnx2timeloop::mapping::{Axis, DataSpaceSet, LevelMapping, Loop, Mapping, SpatialLoop};
use onnx2timeloop::workload::Problem;

/// A linear congruential generator (Knuth's MMIX constants).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    fn set(&mut self, spaces: usize, one_in: usize) -> DataSpaceSet {
        (0..spaces).filter(|_| self.one_in(one_in)).collect()
    }
}

/// A mapping with perfect factors that fits the meshes (not always the capacities).
pub(crate) fn mapping(architecture: &Architecture, problem: &Problem, random: &mut Random) -> Mapping {
    let levels = architecture.levels().len();
    let spaces = problem.data_spaces().len();
    let dimensions = problem.dimensions();
    let mut temporal = vec![vec![1u64; dimensions.len()]; levels];
    let mut spatial = vec![vec![(1u64, Axis::X); dimensions.len()]; levels];
    for (dimension, &(_, bound)) in dimensions.iter().enumerate() {
        let mut rest = bound;
        let mut prime = 2;
        while rest > 1 {
            while rest % prime != 0 {
                prime += 1;
            }
            rest /= prime;
            let level = random.below(levels);
            let fan_out = architecture.fan_out(level);
            let axis = if random.one_in(2) { Axis::X } else { Axis::Y };
            let limit = if axis == Axis::X { fan_out.x } else { fan_out.y };
            let used: u64 = spatial[level].iter().filter(|each| each.1 == axis).map(|each| each.0).product();
            let (bound, placed) = &mut spatial[level][dimension];
            if used * prime <= limit && (*bound == 1 || *placed == axis) {
                (*bound, *placed) = (*bound * prime, axis);
            } else {
                temporal[level][dimension] *= prime;
            }
        }
    }
    let level = |level: usize| {
        let mut order: Vec<usize> = (0..dimensions.len()).collect();
        random.shuffle(&mut order);
        let loops = order.iter().map(|&dimension| Loop::perfect(dimension, temporal[level][dimension]));
        let temporal = loops.filter(|each| each.bound > 1).collect();
        random.shuffle(&mut order);
        let on = |axis: Axis| {
            let here =
                order.iter().filter(|&&dimension| spatial[level][dimension].1 == axis).copied().collect::<Vec<_>>();
            here.into_iter().map(move |dimension| (dimension, axis))
        };
        let placed = on(Axis::X).chain(on(Axis::Y)).map(|(dimension, axis)| SpatialLoop {
            iteration: Loop::perfect(dimension, spatial[level][dimension].0),
            axis,
        });
        let dummy = architecture.levels()[level].class.contains("dummy");
        let keep = if level + 1 == levels {
            DataSpaceSet::all(spaces)
        } else if dummy {
            DataSpaceSet::default()
        } else {
            (0..spaces).filter(|_| !random.one_in(3)).collect()
        };
        let switch =
            |random: &mut Random| if random.one_in(8) { random.set(spaces, 2) } else { DataSpaceSet::default() };
        LevelMapping {
            temporal,
            spatial: placed.filter(|each| each.iteration.bound > 1).collect(),
            keep,
            no_temporal_reuse: switch(random),
            no_multicast: switch(random),
            no_link_transfer: switch(random),
            rmw_first_update: switch(random),
            no_coalesce: switch(random),
        }
    };
    Mapping { levels: (0..levels).map(level).collect() }
}
