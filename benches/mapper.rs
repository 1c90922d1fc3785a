//! The recorded jobs of the real mapper, each searched to the proved optimum on one core.

#[path = "../tests/it/kit/files.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod files;
#[path = "../tests/it/kit/jobs.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod jobs;

use divan::Bencher;
use onnx2timeloop::mapper::{ExactMapper, Mapper, NoProgress, Status};

use jobs::{RecordedJob, recorded_jobs};

fn main() {
    divan::main();
}

fn jobs() -> Vec<String> {
    recorded_jobs().into_iter().map(|job| job.name).collect()
}

#[divan::bench(sample_count = 3, sample_size = 1, args = jobs())]
fn proved(bencher: Bencher, name: &str) {
    let input = RecordedJob::named(name).input();
    bencher.bench_local(|| {
        let outcome = ExactMapper::default().search(input.job(), &NoProgress).unwrap();
        assert_eq!(outcome.status, Status::Optimal);
        outcome.best.unwrap().cost.edp()
    });
}
