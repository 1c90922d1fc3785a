//! Evaluations per second, on one core: a dilated layer of DeepLabv3 on eyeriss_like, and public sparse designs.

#[path = "../tests/it/kit/files.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod files;
#[path = "../tests/it/kit/jobs.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod jobs;
#[path = "../tests/it/kit/random.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod random;

use divan::Bencher;
use divan::counter::ItemsCount;
use onnx2timeloop::architecture::Architecture;
use onnx2timeloop::mapping::Mapping;
use onnx2timeloop::model::{CompactMapping, Cost, FastModel, Model, Scratch, SparseModel, evaluate};
use onnx2timeloop::timeloop::files::EnergyTables;
use onnx2timeloop::timeloop::files::specification::{Specification, SpecificationOptions};
use onnx2timeloop::timeloop::frontend::Source;
use onnx2timeloop::workload::Problem;

use jobs::{Input, RecordedJob};
use random::Random;

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
    let recorded = RecordedJob::named(layer);
    let input = recorded.input();
    let best = recorded.mapping(&input);
    let Input { architecture, problem, .. } = input;
    let mut random = Random(1);
    let mut mappings = vec![best.clone()];
    while mappings.len() < 128 {
        let mut mapping = mappings[random.below(mappings.len())].clone();
        for level in &mut mapping.levels {
            let loops = level.temporal.len();
            (0..loops).for_each(|at| level.temporal.swap(at, random.below(loops)));
        }
        let outermost = mapping.levels.len() - 1;
        let from = random.below(outermost);
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

/// Public sparse designs, and what they are of.
const SPARSE: [&str; 4] = [
    "01-model-micro22-eyerissv2-L07",
    "02-model-micro22-eyeriss-alexnet-conv3",
    "03-model-exercises-spMspM-tiled",
    "05-model-exercises-eyeriss-onchip-compression",
];

/// Everything that the model says of the recorded mapping of a sparse design.
#[divan::bench(max_time = 2, args = SPARSE)]
fn sparse(bencher: Bencher, run: &str) {
    let text = files::read(&files::data("sparse/raw").join(run).join("input.yaml"));
    let source = Source::Text { name: "input.yaml".to_owned(), text };
    let specification = Specification::load(&[source], &SpecificationOptions::default()).unwrap();
    let mut tables = EnergyTables::default();
    tables.add(specification.document(), "the input").unwrap();
    let architecture = specification.architecture(&tables).unwrap().value;
    let problem = specification.problem().unwrap().value;
    let design = specification.sparse_design(&architecture, &problem).unwrap().unwrap().value;
    let (mapping, order) = specification.mapping_with_order(&architecture, &problem).unwrap().value;
    let model = SparseModel::new(&architecture, &problem, &design);
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| model.evaluate(&mapping, &order).unwrap().edp());
}
