//! Estimates of components, on one core.

use divan::Bencher;
use divan::counter::ItemsCount;
use onnx2timeloop::energy::{Attributes, Estimator, Query, State, Value, Wanted, ask};

/// Shows the allocations of every benchmark: a query has none.
#[global_allocator]
static ALLOCATIONS: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// Attributes besides the technology and the clock.
type Others = &'static [(&'static str, i128)];

/// Class, action, technology (nm), further attributes.
const QUERIES: [(&str, &str, i128, Others); 6] = [
    ("SRAM", "read", 45, &[("width", 64), ("depth", 5000)]),
    ("SRAM", "leak", 28, &[("width", 72), ("depth", 5000)]),
    ("SRAM", "read", 65, &[("width", 64), ("depth", 5000), ("n_banks", 8)]),
    ("aladdin_multiplier", "read", 28, &[("width_a", 8), ("width_b", 8)]),
    ("intadder", "add", 28, &[("n_bits", 13)]),
    ("DRAM", "read", 45, &[("width", 64)]),
];

fn attributes(technology: i128, others: Others) -> Attributes {
    let mut attributes = Attributes::default();
    for (name, value) in others {
        attributes.set(*name, Value::Int(*value));
    }
    attributes.set("technology", Value::Int(technology));
    attributes.set("global_cycle_seconds", Value::Float(1e-9));
    attributes
}

/// One number of a primitive component.
#[divan::bench(args = 0..QUERIES.len())]
fn query(bencher: Bencher, at: usize) {
    let (class, action, technology, others) = QUERIES[at];
    let (attributes, arguments) = (attributes(technology, others), Attributes::default());
    bencher.bench_local(|| {
        let wanted = Wanted::Energy(divan::black_box(action));
        let query = Query { class, wanted, attributes: &attributes, arguments: &arguments, state: State::Today };
        ask(&query).expect("an answer").value
    });
}

/// All numbers of a component of a compound class.
#[divan::bench(args = ["smartbuffer_SRAM", "smartbuffer_RF", "intmac"])]
fn component(bencher: Bencher, class: &str) {
    let text = format!(
        "architecture: {{subtree: [{{attributes: {{technology: 65nm, global_cycle_seconds: 1e-9}}, local: [{{name: part, class: {class}, \
         attributes: {{width: 64, depth: 512, multiplier_width: 8, adder_width: 16}}}}]}}]}}"
    );
    let document = serde_yaml::from_str(&text).expect("YAML");
    let component = Estimator::read(&document).remove(0).expect("a component");
    let estimator = Estimator::default();
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| estimator.component(&component).expect("an estimate"));
}
