//! Evaluations per second, on one core: a dilated layer of DeepLabv3 on eyeriss_like.

use std::fs;
use std::path::Path;

use divan::Bencher;
use divan::counter::ItemsCount;
use onnx2timeloop::architecture::Architecture;
use onnx2timeloop::mapping::Mapping;
use onnx2timeloop::model::{CompactMapping, Cost, FastModel, Model, Scratch, evaluate};
use onnx2timeloop::timeloop::files::{architecture, mapping, parse_document, problem};
use onnx2timeloop::workload::Problem;

/// Shows the allocations of every benchmark: `cost` has none.
#[global_allocator]
static ALLOCATIONS: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

const LAYERS: [&str; 3] = [
    "eyeriss_like-shipped-layer3_3x3_d2_256",
    "eyeriss_like-shipped-aspp_3x3_d12_2048_256",
    "simple_weight_stationary-intended-layer3_3x3_d2_256",
];

struct Job {
    architecture: Architecture,
    problem: Problem,
    mappings: Vec<Mapping>,
}

/// The layer, and valid variants of the real mapper's best mapping: other loop orders, factors of two moved outwards.
fn job(layer: &str) -> Job {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mapper").join(layer);
    let read = |file: &str| parse_document(&fs::read_to_string(folder.join(file)).unwrap()).unwrap();
    let input = read("in.yaml");
    let (architecture, _) = architecture::read(&input).unwrap();
    let (problem, _) = problem::read(&input).unwrap();
    let (best, _) = mapping::read(&read("timeloop-mapper.map.yaml"), &architecture, &problem).unwrap();
    let mut state = 1u64;
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit.max(1)
    };
    let mut mappings = vec![best.clone()];
    while mappings.len() < 128 {
        let mut mapping = mappings[below(mappings.len())].clone();
        for level in &mut mapping.levels {
            let loops = level.temporal.len();
            (0..loops).for_each(|at| level.temporal.swap(at, below(loops)));
        }
        let outermost = mapping.levels.len() - 1;
        let from = below(outermost);
        if let Some(at) = mapping.levels[from].temporal.iter().position(|each| each.bound % 2 == 0) {
            let moved = mapping.levels[from].temporal[at].dimension;
            let outer = &mut mapping.levels[outermost].temporal;
            if let Some(outer) = outer.iter_mut().find(|each| each.dimension == moved) {
                (outer.bound, outer.residual) = (outer.bound * 2, outer.residual * 2);
                let inner = &mut mapping.levels[from].temporal[at];
                (inner.bound, inner.residual) = (inner.bound / 2, inner.residual / 2);
                mapping.levels[from].temporal.retain(|each| each.bound > 1);
            }
        }
        if evaluate(&architecture, &problem, &mapping).is_ok() {
            mappings.push(mapping);
        }
    }
    Job { architecture, problem, mappings }
}

#[divan::bench(max_time = 2, args = LAYERS)]
fn cost(bencher: Bencher, layer: &str) {
    let Job { architecture, problem, mappings } = job(layer);
    let model = FastModel::new(&architecture, &problem).unwrap();
    let mappings: Vec<CompactMapping> = mappings.iter().filter_map(CompactMapping::of).collect();
    let mut scratch = Scratch::default();
    bencher.counter(ItemsCount::new(mappings.len())).bench_local(|| {
        mappings.iter().filter_map(|mapping| model.cost(mapping, &mut scratch)).map(Cost::edp).sum::<f64>()
    });
}

#[divan::bench(max_time = 2, args = LAYERS)]
fn full(bencher: Bencher, layer: &str) {
    let Job { architecture, problem, mappings } = job(layer);
    let model = Model::new(&architecture, &problem);
    bencher.counter(ItemsCount::new(mappings.len())).bench_local(|| {
        mappings.iter().filter_map(|mapping| model.evaluate(mapping).ok()).map(|all| all.edp()).sum::<f64>()
    });
}
