//! The recorded jobs of the real mapper, each searched to the proved optimum on one core.

use std::fs;
use std::path::Path;

use divan::Bencher;
use onnx2timeloop::mapper::{ExactMapper, Job, Mapper, NoProgress, Status};
use onnx2timeloop::timeloop::files::constraints::Scope;
use onnx2timeloop::timeloop::files::{architecture, constraints, parse_document, problem};

fn main() {
    divan::main();
}

fn jobs() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mapper");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

#[divan::bench(sample_count = 3, sample_size = 1, args = jobs())]
fn proved(bencher: Bencher, name: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mapper").join(name).join("in.yaml");
    let document = parse_document(&fs::read_to_string(file).unwrap()).unwrap();
    let (architecture, _) = architecture::read(&document).unwrap();
    let (problem, _) = problem::read(&document).unwrap();
    let constraints = constraints::read(&document, &architecture, &problem, Scope::All).unwrap().constraints;
    let job = Job::new(&architecture, &problem, &constraints);
    bencher.bench_local(|| {
        let outcome = ExactMapper::default().search(job, &NoProgress).unwrap();
        assert_eq!(outcome.status, Status::Optimal);
        outcome.best.unwrap().cost.edp()
    });
}
